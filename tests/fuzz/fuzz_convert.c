/* fuzz_convert.c — a document written in another format has the same values there, and still when
 * it went back and there again; comments find other places. The first byte says from which format
 * to which. */
#include "tests/fuzz/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int convert(ml_sops_format from, ml_sops_format to, ml_bytes text, ml_secret *out)
{
    const ml_sops_output output = { .format = to };
    const ml_sops_new what = { .clear = text, .format = from, .path = "fuzz", .output = &output };
    ml_sops_notes notes = { 0 };
    ml_err e;
    const int status = ml_sops_convert(&what, &notes, out, &e);

    must(status == 0 || (e.code != NULL && e.message[0] != '\0'));
    ml_sops_notes_free(&notes);
    return status;
}

/* A value as the format spells it: there may be fewer types, and a whole float is read again as an
 * integer where there are both. */
static void list_value_as(ml_format format, const ml_tree *tree, ml_buf *out)
{
    ml_err e;
    size_t i;

    if (tree->kind == ML_KIND_SCALAR) {
        if (tree->type != ML_TYPE_FLOAT || format != ML_FORMAT_YAML ||
            ml_value_spell(ML_FORMAT_JSON, tree->type, tree->text, out, &e) < 0)
            must(ml_value_spell(format, tree->type, tree->text, out, &e) == 0);
        return;
    }
    ml_buf_byte(out, tree->kind == ML_KIND_MAP ? '{' : '[');
    for (i = 0; i < tree->count; i++) {
        /* INI has this section always */
        if (ml_bytes_is(tree->children[i].key, "DEFAULT") && tree->children[i].count == 0 &&
            tree->children[i].kind == ML_KIND_MAP && format == ML_FORMAT_INI)
            continue;
        if (tree->kind == ML_KIND_MAP) {
            ml_buf_add(out, tree->children[i].key);
            ml_buf_byte(out, '=');
        }
        list_value_as(format, &tree->children[i], out);
        ml_buf_byte(out, '\n');
    }
    ml_buf_byte(out, '}');
}

/* The values of the first document. */
static void list_document(ml_format format, ml_bytes text, ml_format as, ml_buf *out)
{
    ml_sops_tree tree;
    ml_doc *d;
    ml_err e;

    must(ml_doc_parse(&d, format, text, NULL, &e) == 0);
    must(ml_sops_tree_build(&tree, d, NULL, ml_doc_root(d, 0), false, &e) == 0);
    list_value_as(as, &tree.root, out);
    ml_sops_tree_free(&tree);
    ml_doc_free(d);
}

static void check_values(ml_sops_format from, ml_bytes before, ml_sops_format to, ml_bytes after)
{
    const ml_format format = ml_sops_doc_format(to);
    ml_buf left = { 0 }, right = { 0 };

    list_document(ml_sops_doc_format(from), before, format, &left);
    list_document(format, after, format, &right);
    if (!ml_bytes_equal(ml_buf_bytes(&left), ml_buf_bytes(&right)))
        fprintf(stderr, "%.*s\n---\n%.*s\n", (int)left.len, left.p, (int)right.len, right.p);
    must(ml_bytes_equal(ml_buf_bytes(&left), ml_buf_bytes(&right)));
    ml_buf_free(&left);
    ml_buf_free(&right);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ml_sops_format formats[] = { ML_SOPS_YAML, ML_SOPS_JSON, ML_SOPS_DOTENV,
                                              ML_SOPS_INI };
    const ml_bytes text = ml_bytes_slice(ml_bytes_of(data, size), 1, size);
    const ml_sops_format from = formats[size > 0 ? data[0] % 4 : 0];
    const ml_sops_format to = formats[size > 0 ? data[0] / 4 % 4 : 0];
    ml_secret there = { 0 }, back = { 0 }, again = { 0 };

    /* names of sops' own are metadata in some formats, and values in others */
    if (from != to && memmem(data, size, "sops", 4) == NULL &&
        convert(from, to, text, &there) == 0) {
        check_values(from, text, to, ml_secret_bytes(&there));
        if (convert(to, from, ml_secret_bytes(&there), &back) == 0) {
            must(convert(from, to, ml_secret_bytes(&back), &again) == 0);
            check_values(to, ml_secret_bytes(&there), to, ml_secret_bytes(&again));
        }
    }
    ml_secret_free(&there);
    ml_secret_free(&back);
    ml_secret_free(&again);
    return 0;
}
