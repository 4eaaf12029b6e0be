#ifndef ML_FORMAT_AGE_STREAM_H
#define ML_FORMAT_AGE_STREAM_H

/* age_stream.h — the payload of an age file: a nonce of 16 bytes, then chunks of 64 KiB under
 * ChaCha20-Poly1305, the last one marked. Whole in memory, or piece by piece in bounded memory. */
#include "base/buf.h"
#include "base/secret.h"
#include "crypto/provider.h"
#include "format/age.h"
#include "format/age_header.h"

enum {
    ML_AGE_NONCE = 16,
    ML_AGE_CHUNK = 65536,
    ML_AGE_SEALED_CHUNK = ML_AGE_CHUNK + ML_CHACHA_TAG
};

/* Appends a fresh nonce and the sealed chunks of text. A failure stays in *out (ml_buf_check). */
void ml_age_stream_seal(ml_buf *out, const unsigned char file_key[ML_AGE_FILE_KEY], ml_bytes text);

/* Makes *out the owner of the clear text of a whole payload (nonce and chunks). All or nothing:
 * fails with "format" when it is cut short, "auth" when it was changed; part "payload", but
 * "header" when not even the nonce is there. */
int ml_age_stream_open(ml_secret *out, const unsigned char file_key[ML_AGE_FILE_KEY],
                       ml_bytes payload, ml_err *e);

/* Where bytes come from: writes up to `room` bytes to p and their number to *got; 0 is the end. And
 * where they go: takes all of `part`, which is borrowed for the call. -1 with *e filled stops the
 * work. */
typedef struct ml_age_source {
    int (*read)(void *context, unsigned char *p, size_t room, size_t *got, ml_err *e);
    void *context;
} ml_age_source;

typedef struct ml_age_sink {
    int (*write)(void *context, ml_bytes part, ml_err *e);
    void *context;
} ml_age_sink;

/* Everything from the source, sealed, to the sink: a fresh nonce and the chunks. */
int ml_age_stream_encrypt(const unsigned char file_key[ML_AGE_FILE_KEY],
                          const ml_age_source *source, const ml_age_sink *sink, ml_err *e);

/* The other way, the nonce being read first. The sink gets authentic chunks only, but the file may
 * still turn out to be cut short or changed further on: what was written counts for nothing until
 * this has returned 0. Like age it releases every genuine chunk before the place where the file is
 * wrong, and a last chunk before it complains of bytes behind it. Errors as of ml_age_stream_open.
 */
int ml_age_stream_decrypt(const unsigned char file_key[ML_AGE_FILE_KEY],
                          const ml_age_source *source, const ml_age_sink *sink, ml_err *e);

#endif
