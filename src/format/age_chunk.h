#ifndef ML_FORMAT_AGE_CHUNK_H
#define ML_FORMAT_AGE_CHUNK_H

/* age_chunk.h — one chunk of the payload of an age file: ChaCha20-Poly1305 under the payload key,
 * the nonce made of its index and of whether it is the last one. Only the files of format/age_*
 * include this. */
#include "format/age_stream.h"

/* The key of all chunks. */
void ml_age_payload_key(unsigned char key[ML_CHACHA_KEY],
                        const unsigned char file_key[ML_AGE_FILE_KEY],
                        const unsigned char nonce[ML_AGE_NONCE]);

/* That key, as chunks are sealed and opened with it; nothing is owned. */
typedef struct ml_age_cipher {
    const unsigned char *key;
    ml_chacha_fast *fast; /* the same key, for large files; NULL = without */
} ml_age_cipher;

/* Writes text.len + ML_CHACHA_TAG bytes. */
void ml_age_chunk_seal(unsigned char *out, ml_age_cipher cipher, uint64_t index, bool last,
                       ml_bytes text);

/* Writes sealed.len - ML_CHACHA_TAG bytes and returns true; false when it is not authentic as what
 * it is taken for. */
bool ml_age_chunk_open(unsigned char *out, ml_age_cipher cipher, uint64_t index, bool last,
                       ml_bytes sealed);

/* Whether a chunk of `sealed` bytes may be the last one: only a file without contents ends in an
 * empty one. */
bool ml_age_chunk_may_be_last(uint64_t index, uint64_t sealed);

/* The number of chunks that `sealed` bytes make, or 0 when no contents have that many. */
uint64_t ml_age_chunk_count(uint64_t sealed);

/* The errors of a payload, and of a file that ends within the nonce. Return -1. */
int ml_age_no_nonce(ml_err *e);
int ml_age_payload_cut(ml_err *e);
int ml_age_payload_changed(ml_err *e);

#endif
