/* buf.c — a growing run of bytes; see buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

enum { FIRST_BLOCK = 64 };

unsigned char *ml_buf_room(ml_buf *b, size_t more)
{
    size_t cap = b->cap == 0 ? FIRST_BLOCK : b->cap;
    unsigned char *grown;

    if (b->failed)
        return NULL;
    if (more <= b->cap - b->len && b->p != NULL)
        return b->p + b->len;
    if (more > SIZE_MAX / 2 - b->len) {
        b->failed = true;
        return NULL;
    }
    while (cap < b->len + more)
        cap *= 2;
    grown = malloc(cap); /* not realloc: the old block must be wiped */
    if (grown == NULL) {
        b->failed = true;
        return NULL;
    }
    if (b->len > 0)
        memcpy(grown, b->p, b->len);
    if (b->p != NULL) {
        ml_wipe(b->p, b->cap);
        free(b->p);
    }
    b->p = grown;
    b->cap = cap;
    return b->p + b->len;
}

void ml_buf_add(ml_buf *b, ml_bytes bytes)
{
    unsigned char *room = ml_buf_room(b, bytes.len);

    if (room == NULL || bytes.len == 0)
        return;
    memcpy(room, bytes.p, bytes.len);
    b->len += bytes.len;
}

void ml_buf_text(ml_buf *b, const char *text)
{
    ml_buf_add(b, ml_bytes_text(text));
}

void ml_buf_byte(ml_buf *b, unsigned char byte)
{
    ml_buf_add(b, ml_bytes_of(&byte, 1));
}

void ml_buf_repeat(ml_buf *b, unsigned char byte, size_t count)
{
    unsigned char *room = ml_buf_room(b, count);

    if (room == NULL || count == 0)
        return;
    memset(room, byte, count);
    b->len += count;
}

void ml_buf_format(ml_buf *b, const char *format, ...)
{
    va_list args, again;
    int wanted;
    unsigned char *room;

    va_start(args, format);
    va_copy(again, args);
    wanted = vsnprintf(NULL, 0, format, args);
    va_end(args);
    room = wanted < 0 ? NULL : ml_buf_room(b, (size_t)wanted + 1);
    if (room == NULL) {
        b->failed = true;
    } else {
        vsnprintf((char *)room, (size_t)wanted + 1, format, again);
        b->len += (size_t)wanted;
    }
    va_end(again);
}

ml_bytes ml_buf_bytes(const ml_buf *b)
{
    return ml_bytes_of(b->p, b->len);
}

int ml_buf_check(const ml_buf *b, ml_err *e)
{
    return b->failed ? ml_fail_memory(e) : 0;
}

void ml_buf_free(ml_buf *b)
{
    if (b->p != NULL) {
        ml_wipe(b->p, b->cap);
        free(b->p);
    }
    memset(b, 0, sizeof *b);
}
