/* fuzz_flat.c — flattened metadata: what lines stand for, and the lines made of it again. */
#include "tests/fuzz/document.h"

#include "sops/flat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The metadata of a document as JSON, parsed; NULL when its lines contradict each other. */
static ml_doc *unflatten(const ml_doc *d, ml_buf *text)
{
    ml_doc *metadata;
    ml_err e;

    if (ml_sops_unflatten(text, d, &e) < 0) {
        must(strcmp(e.code, ML_E_FORMAT) == 0 && e.line > 0);
        return NULL;
    }
    if (ml_doc_parse(&metadata, ML_FORMAT_JSON, ml_buf_bytes(text), NULL, &e) < 0) {
        must(strcmp(e.code, ML_E_LIMIT) == 0); /* names nest as deep as they like */
        return NULL;
    }
    return metadata;
}

/* Applies edits to `d`; the metadata of what comes of it must be `metadata`, and there must be
 * nothing left to do. */
static void check_outcome(ml_edits *es, const ml_doc *d, const ml_doc *metadata)
{
    ml_buf out = { 0 }, text = { 0 };
    ml_doc *fresh = parse_edited(es, d, &out);
    ml_doc *found = unflatten(fresh, &text);
    ml_edits again = { 0 };
    ml_err e;

    must(found != NULL);
    must(ml_sops_flat_update(&again, fresh, metadata, &e) == 0 && again.count == 0);
    check_same_values(metadata, ML_NO_NODE, found, ML_NO_NODE);
    ml_doc_free(found);
    ml_doc_free(fresh);
    ml_edits_free(es);
    ml_buf_free(&out);
    ml_buf_free(&text);
}

/* The lines say the same when they are updated or made anew in an empty file, and go without a
 * trace. */
static void check_metadata(const ml_doc *d, const ml_doc *metadata)
{
    ml_edits es = { 0 };
    ml_buf out = { 0 };
    ml_doc *fresh, *empty;
    ml_err e;

    must(ml_sops_flat_update(&es, d, metadata, &e) == 0);
    check_outcome(&es, d, metadata);
    must(ml_doc_parse(&empty, ml_doc_format(d), ml_bytes_of(NULL, 0), NULL, &e) == 0);
    must(ml_sops_flat_append(&es, empty, metadata, &e) == 0);
    check_outcome(&es, empty, metadata);
    ml_doc_free(empty);
    must(ml_sops_flat_drop(&es, d, &e) == 0);
    fresh = parse_edited(&es, d, &out);
    must(ml_sops_unflatten(&out, fresh, &e) == 0 && ml_bytes_ends(ml_buf_bytes(&out), "{}"));
    ml_doc_free(fresh);
    ml_edits_free(&es);
    ml_buf_free(&out);
}

static void check_as(ml_format format, ml_bytes text)
{
    ml_buf json = { 0 };
    ml_doc *d, *metadata;
    ml_err e;

    /* three quotes that only the text's end keeps from being the beginning of a value */
    if (format == ML_FORMAT_INI && ml_bytes_ends(text, "\"\"\""))
        return;
    if (ml_doc_parse(&d, format, text, NULL, &e) < 0)
        return;
    metadata = unflatten(d, &json);
    if (metadata != NULL && ml_doc_node(metadata, ml_doc_root(metadata, 0))->count > 0)
        check_metadata(d, metadata);
    ml_doc_free(metadata);
    ml_doc_free(d);
    ml_buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_as(ML_FORMAT_DOTENV, ml_bytes_of(data, size));
    check_as(ML_FORMAT_INI, ml_bytes_of(data, size));
    return 0;
}
