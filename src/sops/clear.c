/* clear.c — a decrypted file as clear text, byte for byte what it was sealed from. */
#include <string.h>

#include "base/text.h"
#include "doc/value.h"
#include "doc/yaml_text.h"
#include "sops/file_internal.h"
#include "sops/flat.h"
#include "sops/walk.h"

/* A comment line `#…` in place of [start, end). */
static int put_comment(ml_edits *es, size_t start, size_t end, ml_bytes text, ml_err *e)
{
    ml_buf line = { 0 };
    int status;

    ml_buf_byte(&line, '#');
    ml_buf_add(&line, text);
    status = ml_buf_check(&line, e);
    if (status == 0)
        status = ml_edits_replace(es, start, end, ml_buf_bytes(&line), e);
    ml_buf_free(&line);
    return status;
}

/* Whether element n is the first of a block list that holds nothing but comments. */
static bool empties_list(const ml_sops *s, ml_node n)
{
    const ml_node list = ml_doc_node(s->doc, n)->parent;
    ml_node first = ML_NO_NODE, item;

    if (list == ML_NO_NODE || ml_doc_node(s->doc, list)->key == ML_NO_NODE)
        return false;
    for (item = ml_doc_node(s->doc, list)->first; item != ML_NO_NODE;
         item = ml_doc_node(s->doc, item)->next) {
        if (ml_doc_node(s->doc, item)->kind == ML_KIND_COMMENT)
            continue;
        if (s->plain[item].type != ML_TYPE_COMMENT)
            return false;
        first = first == ML_NO_NODE ? item : first;
    }
    return first == n;
}

/* A list without elements must say so, or it would be null. */
static int write_empty_list(const ml_sops *s, ml_edits *es, ml_node n, ml_err *e)
{
    const ml_node key = ml_doc_node(s->doc, ml_doc_node(s->doc, n)->parent)->key;
    const size_t colon = ml_yaml_colon(ml_sops_text(s), ml_doc_node(s->doc, key)->end);

    return ml_edits_replace(es, colon + 1, colon + 1, ml_bytes_text(" []"), e);
}

/* An element of a list that holds a comment: its dash goes, too. */
static int clear_comment_element(ml_sops *s, ml_edits *es, ml_node n, ml_bytes text, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(s->doc, n);
    const ml_bytes all = ml_sops_text(s);
    size_t start = info->start, line;

    while (start > 0 && ml_text_is_blank(all.p[start - 1]))
        start--;
    if (info->flow || start == 0 || all.p[start - 1] != '-') {
        ml_sops_note_add(&s->notes, info->line, "a comment inside brackets is left out");
        return ml_edit_remove(es, s->doc, n, e);
    }
    start--;
    for (line = start; line > 0 && all.p[line - 1] == ' '; line--)
        ;
    if (line > 0 && all.p[line - 1] != '\n') {
        ml_sops_note_add(&s->notes, info->line, "a comment beside a dash is left out");
        return ml_edit_remove(es, s->doc, n, e);
    }
    if (empties_list(s, n) && write_empty_list(s, es, n, e) < 0)
        return -1;
    return put_comment(es, start, info->end, text, e);
}

static int clear_node(ml_sops *s, ml_edits *es, ml_node n, ml_err *e)
{
    const ml_sops_plain *p = &s->plain[n];
    const ml_node_info *info = ml_doc_node(s->doc, n);

    if (info->kind == ML_KIND_COMMENT && ml_sops_is_flat(ml_doc_format(s->doc)))
        return ml_edit_scalar(es, s->doc, n, ML_TYPE_COMMENT, p->text, e);
    if (info->kind == ML_KIND_COMMENT)
        return put_comment(es, info->start, info->end, p->text, e);
    if (p->type == ML_TYPE_COMMENT)
        return clear_comment_element(s, es, n, p->text, e);
    return ml_edit_scalar(es, s->doc, n, (ml_type)p->type, p->text, e);
}

/* Collects the edits that turn the sealed document into its clear one. */
static int clear_edits(ml_sops *s, ml_edits *es, ml_err *e)
{
    size_t i, start, end;
    ml_node n;

    for (n = 0; n < ml_doc_count(s->doc); n++)
        if (s->plain[n].sealed && clear_node(s, es, n, e) < 0)
            return -1;
    if (s->metadata != s->doc)
        return ml_sops_flat_drop(es, s->doc, e);
    for (i = 0; i < ml_doc_roots(s->doc); i++) {
        const ml_node map = ml_sops_map_of(s->doc, i);
        const ml_node_info *root;
        const char *instead = "";

        if (map == ML_NO_NODE)
            continue;
        ml_sops_metadata_span(s->doc, map, &start, &end);
        root = ml_doc_node(s->doc, ml_doc_node(s->doc, map)->parent);
        /* A map without braces needs them once it is empty; the line breaks around it stay. */
        if (!root->flow && root->count == 1) {
            start += ml_yaml_break(ml_sops_text(s), start);
            end -= ml_yaml_break_before(ml_sops_text(s), end);
            instead = "{}";
        }
        if (ml_edits_replace(es, start, end, ml_bytes_text(instead), e) < 0)
            return -1;
    }
    return 0;
}

/* The contents of a binary file: the one text under `data`. */
static int binary_text(const ml_sops *s, ml_secret *out, ml_err *e)
{
    const ml_node n = ml_doc_get(s->doc, ml_doc_root(s->doc, 0), ml_bytes_text("data"));

    if (n == ML_NO_NODE || !s->plain[n].known || s->plain[n].type != ML_TYPE_STR) {
        ml_fail(e, ML_E_FORMAT,
                "the file holds no text under 'data', as a sealed binary file does");
        return ml_err_at(e, s->path, 0, 0);
    }
    return ml_secret_copy(out, s->plain[n].text, e);
}

int ml_sops_clear_text(ml_sops *s, ml_secret *out, ml_err *e)
{
    ml_edits es = { 0 };
    int status;

    if (s->plain == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "the file must be decrypted first");
    if (s->format == ML_SOPS_BINARY)
        return binary_text(s, out, e);
    status = clear_edits(s, &es, e);
    if (status == 0)
        status = ml_edits_apply_secret(&es, ml_sops_text(s), out, e);
    ml_edits_free(&es);
    return status;
}
