#ifndef ML_LUA_WRITER_H
#define ML_LUA_WRITER_H

/* writer.h — the one way in which text reaches a person: diagnostics, plans, traces, the REPL.
 *
 * Bytes that were revealed are masked in it, and control characters, bidirectional marks and bytes
 * that are not UTF-8 are written as visible escapes, so that a name in a repository can neither
 * recolour, move nor rewrite what a terminal shows. */
#include "base/buf.h"
#include "base/secret.h"

enum { ML_WRITER_SHORTEST = 4 }; /* shorter secrets would mask half of every sentence */

/* Zero-initialise. */
typedef struct ml_writer {
    ml_secret *masked;
    size_t count, cap;
    bool status; /* a progress line stands on the terminal */
} ml_writer;

/* From now on `bytes`, and each of its lines of 8 bytes and more, is shown as "<secret>". */
int ml_writer_mask(ml_writer *w, ml_bytes bytes, ml_err *e);

/* Appends `text` masked and escaped. Line breaks stay only with `lines`. */
void ml_writer_text(const ml_writer *w, ml_bytes text, bool lines, ml_buf *out);

/* Only the escaping, and only the masking. */
void ml_writer_escape(ml_bytes text, bool lines, ml_buf *out);
void ml_writer_hide(const ml_writer *w, ml_bytes text, ml_buf *out);

/* Writes all bytes to a descriptor as they are. Fails with errno's code; "closed" for a pipe
 * whose reader went away. */
int ml_writer_put(int fd, ml_bytes bytes, ml_err *e);

void ml_writer_free(ml_writer *w);

#endif
