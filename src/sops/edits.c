/* edits.c — edits of a file's document and of its metadata, applied together. */
#include "sops/file_internal.h"
#include "sops/flat.h"

ml_edits *ml_sops_metadata_edits(ml_sops_edits *es, const ml_sops *s)
{
    return s->metadata == s->doc ? &es->document : &es->apart;
}

/* The edited metadata becomes edits of the lines that spell it. */
static int flatten(ml_sops_edits *es, const ml_sops *s, ml_err *e)
{
    ml_buf text = { 0 };
    ml_doc *metadata = NULL;
    int status = ml_edits_apply(&es->apart, ml_buf_bytes(&s->metadata_text), &text, e);

    if (status == 0)
        status = ml_doc_parse(&metadata, ML_FORMAT_JSON, ml_buf_bytes(&text), s->path, e);
    if (status == 0)
        status = ml_sops_flat_update(&es->document, s->doc, metadata, e);
    ml_doc_free(metadata);
    ml_buf_free(&text);
    return status;
}

int ml_sops_edits_apply(ml_sops_edits *es, const ml_sops *s, ml_buf *out, ml_err *e)
{
    if (es->apart.count > 0 && flatten(es, s, e) < 0)
        return -1;
    return ml_edits_apply(&es->document, ml_sops_text(s), out, e);
}

void ml_sops_edits_free(ml_sops_edits *es)
{
    ml_edits_free(&es->document);
    ml_edits_free(&es->apart);
}
