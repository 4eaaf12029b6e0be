/* edits.c — edits of a file's document and of its metadata, applied together. */
#include "sops/file_internal.h"

ml_edits *ml_sops_metadata_edits(ml_sops_edits *es, const ml_sops *s)
{
    return s->metadata == s->doc ? &es->document : &es->apart;
}

int ml_sops_edits_apply(ml_sops_edits *es, const ml_sops *s, ml_buf *out, ml_err *e)
{
    return ml_edits_apply(&es->document, ml_sops_text(s), out, e);
}

void ml_sops_edits_free(ml_sops_edits *es)
{
    ml_edits_free(&es->document);
    ml_edits_free(&es->apart);
}
