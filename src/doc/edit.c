/* edit.c — a list of replaced spans, and how it is applied; see edit.h. */
#include "doc/edit.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "doc/dotenv_edit.h"
#include "doc/ini_edit.h"
#include "doc/json_edit.h"
#include "doc/value.h"
#include "doc/yaml_edit.h"

/* `with` must live until the edits are applied. */
static int replace_borrowed(ml_edits *es, size_t start, size_t end, ml_bytes with, ml_err *e)
{
    if (!ml_list_grow(&es->list, &es->cap, es->count, sizeof *es->list))
        return ml_fail_memory(e);
    es->list[es->count].start = start;
    es->list[es->count].end = end;
    es->list[es->count].order = es->count;
    es->list[es->count++].with = with;
    return 0;
}

int ml_edits_replace(ml_edits *es, size_t start, size_t end, ml_bytes with, ml_err *e)
{
    unsigned char *copy = ml_arena_take(&es->arena, with.len, e);

    if (copy == NULL)
        return -1;
    if (with.len > 0)
        memcpy(copy, with.p, with.len);
    return replace_borrowed(es, start, end, ml_bytes_of(copy, with.len), e);
}

int ml_edits_cut(ml_edits *es, size_t start, size_t end, ml_err *e)
{
    return start == end ? 0 : ml_edits_replace(es, start, end, ml_bytes_of(NULL, 0), e);
}

int ml_edits_put(ml_edits *es, size_t start, size_t end, ml_buf *written, int status, ml_err *e)
{
    if (status == 0)
        status = ml_buf_check(written, e);
    if (status == 0)
        status = ml_edits_replace(es, start, end, ml_buf_bytes(written), e);
    ml_buf_free(written);
    return status;
}

/* By place; at one place insertions come first, in the order they were made. */
static int compare(const void *left, const void *right)
{
    const ml_edit *a = left, *b = right;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if ((a->end == a->start) != (b->end == b->start))
        return a->end == a->start ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Most edits are made in the order of the text, and then there is nothing to sort. */
static bool in_order(const ml_edits *es)
{
    size_t i;

    for (i = 1; i < es->count; i++)
        if (compare(&es->list[i - 1], &es->list[i]) > 0)
            return false;
    return true;
}

/* Sorts, checks, and adds up the length of the new text. */
static int prepare(ml_edits *es, ml_bytes text, size_t *length, ml_err *e)
{
    size_t done = 0, i;

    if (!in_order(es))
        qsort(es->list, es->count, sizeof *es->list, compare);
    *length = text.len;
    for (i = 0; i < es->count; i++) {
        const ml_edit *edit = &es->list[i];

        if (edit->start < done || edit->end < edit->start || edit->end > text.len)
            return ml_fail(e, ML_E_CONFLICT, "two changes of the document overlap");
        done = edit->end;
        *length -= edit->end - edit->start;
        if (edit->with.len > SIZE_MAX / 2 - *length)
            return ml_fail_memory(e);
        *length += edit->with.len;
    }
    return 0;
}

static void write_text(const ml_edits *es, ml_bytes text, unsigned char *out)
{
    size_t done = 0, i;

    for (i = 0; i < es->count; i++) {
        const ml_edit *edit = &es->list[i];

        if (edit->start > done)
            memcpy(out, text.p + done, edit->start - done);
        out += edit->start - done;
        if (edit->with.len > 0)
            memcpy(out, edit->with.p, edit->with.len);
        out += edit->with.len;
        done = edit->end;
    }
    if (text.len > done)
        memcpy(out, text.p + done, text.len - done);
}

int ml_edits_apply_secret(ml_edits *es, ml_bytes text, ml_secret *out, ml_err *e)
{
    size_t length;

    if (prepare(es, text, &length, e) < 0 || ml_secret_new(out, length, e) < 0)
        return -1;
    write_text(es, text, out->p);
    return 0;
}

int ml_edits_apply(ml_edits *es, ml_bytes text, ml_buf *out, ml_err *e)
{
    size_t length;
    unsigned char *room;

    if (prepare(es, text, &length, e) < 0)
        return -1;
    room = ml_buf_room(out, length);
    if (room == NULL)
        return ml_fail_memory(e);
    write_text(es, text, room);
    out->len += length;
    return 0;
}

void ml_edits_free(ml_edits *es)
{
    free(es->list);
    ml_arena_free(&es->arena);
    memset(es, 0, sizeof *es);
}

bool ml_edit_is_done(const ml_doc *d, ml_node n, ml_type type, ml_bytes text)
{
    const ml_node_info *info = ml_doc_node(d, n);
    ml_buf canonical = { 0 };
    ml_err ignored;
    bool done;

    if (info->kind != ML_KIND_SCALAR || info->type != type)
        return false;
    if (type == ML_TYPE_STR)
        return ml_bytes_equal(ml_doc_scalar(d, n), text);
    done = ml_value_canonical(ml_doc_format(d), type, ml_doc_scalar(d, n), &canonical, &ignored) ==
               0 &&
           ml_bytes_equal(ml_buf_bytes(&canonical), text);
    ml_buf_free(&canonical);
    return done;
}

/* What each format does its own way. */
static const struct {
    int (*scalar)(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text, ml_err *e);
    int (*seal)(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e);
    int (*replace)(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e);
    int (*insert)(ml_edits *es, const ml_doc *d, ml_node into, ml_node after, const ml_tree *tree,
                  ml_err *e);
    int (*remove)(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e);
} editors[] = {
    [ML_FORMAT_YAML] = { ml_yaml_edit_scalar, ml_yaml_edit_seal, ml_yaml_edit_replace,
                         ml_yaml_edit_insert, ml_yaml_edit_remove },
    [ML_FORMAT_JSON] = { ml_json_edit_scalar, ml_json_edit_seal, ml_json_edit_replace,
                         ml_json_edit_insert, ml_json_edit_remove },
    [ML_FORMAT_DOTENV] = { ml_dotenv_edit_scalar, ml_dotenv_edit_seal, ml_dotenv_edit_replace,
                           ml_dotenv_edit_insert, ml_dotenv_edit_remove },
    [ML_FORMAT_INI] = { ml_ini_edit_scalar, ml_ini_edit_seal, ml_ini_edit_replace,
                        ml_ini_edit_insert, ml_ini_edit_remove },
};

int ml_edit_scalar(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text, ml_err *e)
{
    return editors[ml_doc_format(d)].scalar(es, d, n, type, text, e);
}

int ml_edit_seal(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e)
{
    return editors[ml_doc_format(d)].seal(es, d, n, enc, e);
}

int ml_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    return editors[ml_doc_format(d)].replace(es, d, n, tree, e);
}

int ml_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after, const ml_tree *tree,
                   ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, into);
    const bool map = tree->key.p != NULL;

    if ((info->kind == ML_KIND_MAP && !map) || (info->kind == ML_KIND_LIST && map) ||
        info->kind == ML_KIND_ALIAS || info->kind == ML_KIND_COMMENT ||
        (info->kind == ML_KIND_SCALAR && info->type != ML_TYPE_NULL)) {
        ml_fail(e, ML_E_ARGUMENT,
                map ? "a key can be added to a map only"
                    : "an element can be added to a list only");
        return ml_doc_blame(d, into, e);
    }
    if (map && info->kind == ML_KIND_MAP && ml_doc_get(d, into, tree->key) != ML_NO_NODE) {
        ml_fail(e, ML_E_EXISTS, "the map has this key already");
        return ml_doc_blame(d, into, e);
    }
    if (after == ML_LAST)
        after = ml_doc_last(d, into);
    return editors[ml_doc_format(d)].insert(es, d, into, after, tree, e);
}

int ml_edit_remove(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);

    if (info->parent == ML_NO_NODE || info->is_key) {
        ml_fail(e, ML_E_ARGUMENT, "only elements of lists and values of maps can be removed");
        return ml_doc_blame(d, n, e);
    }
    return editors[ml_doc_format(d)].remove(es, d, n, e);
}

/* The letters that every reader of YAML takes in an anchor. */
static bool is_anchor(ml_bytes name)
{
    size_t i;

    for (i = 0; i < name.len; i++) {
        const unsigned char c = name.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return name.len > 0;
}

int ml_edit_rename_anchor(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes name, ml_err *e)
{
    const ml_bytes anchor = ml_doc_anchor(d, n), text = ml_doc_text(d);
    ml_node i;

    if (anchor.len == 0 || !is_anchor(name)) {
        ml_fail(e, ML_E_ARGUMENT,
                anchor.len == 0 ? "there is no anchor to rename"
                                : "an anchor is made of letters, digits, '-' and '_'");
        return ml_doc_blame(d, n, e);
    }
    if (ml_edits_replace(es, (size_t)(anchor.p - text.p), (size_t)(anchor.p - text.p) + anchor.len,
                         name, e) < 0)
        return -1;
    for (i = 0; i < ml_doc_count(d); i++) {
        const ml_node_info *info = ml_doc_node(d, i);

        if (info->kind == ML_KIND_ALIAS && info->target == n &&
            ml_edits_replace(es, info->start + 1, info->end, name, e) < 0)
            return -1;
    }
    return 0;
}
