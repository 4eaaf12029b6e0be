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
 * fails with "format" when it is cut short, "auth" when it was changed. */
int ml_age_stream_open(ml_secret *out, const unsigned char file_key[ML_AGE_FILE_KEY],
                       ml_bytes payload, ml_err *e);

/* The error of a file that ends before its nonce does, which belongs to the header. */
int ml_age_no_nonce(ml_err *e);

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

/* The chunks of one payload on their way, in either direction. Owns one chunk of locked memory. */
typedef struct ml_age_chunks {
    ml_secret work; /* key, chunk that is being gathered, result */
    uint64_t index;
    size_t held; /* bytes gathered */
    bool last;   /* when opening: the chunk marked as last was seen */
} ml_age_chunks;

/* Prepares for a payload with this nonce, which the caller writes or has read. */
int ml_age_chunks_begin(ml_age_chunks *c, const unsigned char file_key[ML_AGE_FILE_KEY],
                        const unsigned char nonce[ML_AGE_NONCE], ml_err *e);

/* Seals: gathers text and hands each full chunk to the sink; finish hands over the last one. */
int ml_age_chunks_seal(ml_age_chunks *c, ml_bytes text, const ml_age_sink *sink, ml_err *e);
int ml_age_chunks_seal_finish(ml_age_chunks *c, const ml_age_sink *sink, ml_err *e);

/* Opens: the sink gets authentic chunks only, but the file may still turn out to be cut short or
 * changed further on: what was written counts for nothing until finish has returned 0. */
int ml_age_chunks_open(ml_age_chunks *c, ml_bytes sealed, const ml_age_sink *sink, ml_err *e);
int ml_age_chunks_open_finish(ml_age_chunks *c, const ml_age_sink *sink, ml_err *e);

void ml_age_chunks_free(ml_age_chunks *c);

#endif
