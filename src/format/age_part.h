#ifndef ML_FORMAT_AGE_PART_H
#define ML_FORMAT_AGE_PART_H

/* age_part.h — any part of the contents of an age file, without reading what stands before it. The
 * file must be one whose bytes can be reached by their place, without armor. */
#include "format/age_stream.h"

/* Such a file: `read` gives up to `room` bytes from `offset` on, fewer only at the end. */
typedef struct ml_age_place {
    int (*read)(void *context, uint64_t offset, unsigned char *p, size_t room, size_t *got,
                ml_err *e);
    void *context;
    uint64_t size;
} ml_age_place;

/* Zero-initialise ({0}). */
typedef struct ml_age_part {
    ml_age_place place;
    uint64_t begin; /* where the first chunk stands */
    uint64_t size;  /* of the contents */
    uint64_t held;  /* index of the chunk in `memory` */
    ml_secret memory;
} ml_age_part;

/* Prepares to read the payload that begins, with its nonce, at `payload`. Its last chunk is
 * authenticated first, and with it the size of the contents. Errors as of ml_age_stream_open. */
int ml_age_part_open(ml_age_part *p, const unsigned char file_key[ML_AGE_FILE_KEY],
                     const ml_age_place *place, uint64_t payload, ml_err *e);

/* Makes *out the owner of up to `len` bytes of the contents from `offset` on, fewer only at the
 * end. Each chunk that they come from was authenticated. */
int ml_age_part_read(ml_age_part *p, uint64_t offset, size_t len, ml_secret *out, ml_err *e);

void ml_age_part_free(ml_age_part *p);

#endif
