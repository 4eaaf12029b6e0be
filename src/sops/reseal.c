/* reseal.c — a new clear text sealed over an old file: what did not change keeps its bytes. */
#include <string.h>

#include "sops/file_internal.h"

static ml_bytes nested_metadata(const ml_sops *s, bool *flow)
{
    const ml_node_info *map = ml_doc_node(s->doc, s->meta.map);
    const ml_bytes text = ml_sops_text(s);
    size_t end = map->end;

    *flow = ml_doc_node(s->doc, map->parent)->flow;
    if (!*flow && (end == 0 || text.p[end - 1] != '\n')) {
        const size_t line_break = ml_bytes_find(text, end, '\n');

        end = line_break == SIZE_MAX ? text.len : line_break;
    }
    while (end > map->start && (text.p[end - 1] == '\n' || text.p[end - 1] == '\r'))
        end--;
    return ml_bytes_slice(text, ml_doc_node(s->doc, map->key)->start, end);
}

/* The old metadata as it stands in the file: from its key to its last byte, no line break; or,
 * where it is flattened, the document that it stands for. */
static ml_bytes raw_metadata(const ml_sops *s, bool *flow)
{
    if (s->metadata != s->doc)
        return ml_buf_bytes(&s->metadata_text);
    return nested_metadata(s, flow);
}

static int reseal_document(ml_sops *s, ml_bytes clear, const ml_sops_change *change, ml_err *e)
{
    static const ml_sops_change nothing = { NULL, 0, false };
    ml_sops_fields fields = { .selectors = s->meta.selectors };
    ml_sops_making making = { .clear = clear,
                              .format = s->format,
                              .path = s->path,
                              .cipher = s->cipher,
                              .fields = &fields,
                              .change = change == NULL ? &nothing : change,
                              .notes = &s->notes };
    ml_buf text = { 0 };
    int status;

    making.raw = raw_metadata(s, &making.raw_flow);
    if (ml_sops_kept_new(&making.kept, s, e) < 0)
        return -1;
    status = ml_sops_make(&making, &text, e);
    ml_sops_kept_free(making.kept);
    if (status == 0)
        status = ml_sops_adopt(s, &text, e);
    if (status == 0)
        status = ml_sops_decrypt(s, false, e);
    ml_buf_free(&text);
    return status;
}

/* The bytes of a binary file, which no JSON string could hold in clear. */
static int reseal_bytes(ml_sops *s, ml_bytes clear, ml_err *e)
{
    const ml_node n = ml_doc_get(s->doc, ml_doc_root(s->doc, 0), ml_bytes_text("data"));
    ml_buf enc = { 0 }, text = { 0 };
    ml_edits es = { 0 };
    int status = ml_sops_value_seal(s->cipher, ML_TYPE_STR, clear, ml_bytes_text("data:"), &enc, e);

    if (status == 0)
        status = ml_sops_swap_enc(&es, s->doc, n, ml_buf_bytes(&enc), e);
    if (status == 0)
        status = ml_edits_apply(&es, ml_sops_text(s), &text, e);
    if (status == 0)
        status = ml_sops_adopt_changed(s, &text, e);
    ml_edits_free(&es);
    ml_buf_free(&enc);
    ml_buf_free(&text);
    return status;
}

int ml_sops_reseal(ml_sops *s, ml_bytes clear, const ml_sops_change *change, ml_err *e)
{
    const ml_tree data = { .kind = ML_KIND_SCALAR, .type = ML_TYPE_STR, .text = clear };
    ml_secret old = { 0 };
    bool same;

    if (ml_sops_may_change(s, e) < 0 || ml_sops_clear_text(s, &old, e) < 0)
        return -1;
    same = ml_secret_equal(ml_secret_bytes(&old), clear);
    ml_secret_free(&old);
    if (same)
        return 0;
    if (s->format == ML_SOPS_BINARY)
        return clear.len > 0 ? reseal_bytes(s, clear, e) : ml_sops_set(s, "data", &data, change, e);
    return reseal_document(s, clear, change, e);
}
