/* edit.c — a list of replaced spans, and how it is applied; see edit.h. */
#include "doc/edit.h"

#include <stdlib.h>
#include <string.h>

int ml_edits_replace_borrowed(ml_edits *es, size_t start, size_t end, ml_bytes with, ml_err *e)
{
    if (es->count == es->cap) {
        const size_t cap = es->cap == 0 ? 16 : es->cap * 2;
        ml_edit *grown =
            cap > SIZE_MAX / sizeof *grown ? NULL : realloc(es->list, cap * sizeof *grown);

        if (grown == NULL)
            return ml_fail_memory(e);
        es->list = grown;
        es->cap = cap;
    }
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
    return ml_edits_replace_borrowed(es, start, end, ml_bytes_of(copy, with.len), e);
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

/* Sorts, checks, and adds up the length of the new text. */
static int prepare(ml_edits *es, ml_bytes text, size_t *length, ml_err *e)
{
    size_t done = 0, i;

    if (es->count > 0)
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
