#ifndef ML_BASE_BUF_H
#define ML_BASE_BUF_H

/* buf.h — a growing run of bytes. It may hold anything: each block it leaves is wiped first. Bytes
 * that are secret by themselves belong in locked memory (secret.h); a buffer is for text that is
 * mostly public, or that is copied into locked memory at once. */
#include "base/bytes.h"
#include "base/err.h"

/* Zero-initialise ({0}). After an append fails `failed` stays set and further appends do nothing,
 * so that a writer checks once, at the end, with ml_buf_check. */
typedef struct ml_buf {
    unsigned char *p;
    size_t len, cap;
    bool failed;
} ml_buf;

void ml_buf_add(ml_buf *b, ml_bytes bytes);
void ml_buf_text(ml_buf *b, const char *text);
void ml_buf_byte(ml_buf *b, unsigned char byte);
void ml_buf_repeat(ml_buf *b, unsigned char byte, size_t count);
void ml_buf_format(ml_buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for `more` bytes and returns where they go (the caller then adds to len); NULL and
 * `failed` when memory is out. */
unsigned char *ml_buf_room(ml_buf *b, size_t more);

/* The contents, valid until the next append. */
ml_bytes ml_buf_bytes(const ml_buf *b);

/* 0, or -1 with "memory" in *e if any append failed. */
int ml_buf_check(const ml_buf *b, ml_err *e);

/* Wipes, frees and empties. Harmless any number of times. */
void ml_buf_free(ml_buf *b);

#endif
