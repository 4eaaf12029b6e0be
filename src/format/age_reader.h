#ifndef ML_FORMAT_AGE_READER_H
#define ML_FORMAT_AGE_READER_H

/* age_reader.h — an age file being opened, of any size: first its header, then a file key from
 * whoever has it, then the contents. */
#include "format/age.h"
#include "format/age_armor.h"
#include "format/age_header.h"
#include "format/age_part.h"
#include "format/age_stream.h"

/* Zero-initialise ({0}). */
typedef struct ml_age_reader {
    ml_age_header header; /* its spans point into `text` */
    bool armored;
    ml_secret file_key; /* once there is one that fits */
    ml_age_source source;
    ml_buf text;   /* of the header, armor taken off */
    ml_buf binary; /* read, armor taken off; used up to `at` */
    size_t at;
    uint64_t read; /* bytes that the source gave */
    ml_age_armor_reader armor;
    bool ended;
    int status; /* of the last reading, with its error */
    ml_err e;
} ml_age_reader;

/* Reads and parses the header; that of an armored file is told by its beginning. Whatever the
 * source needs must live as long as the reader. Errors: "format" and "limit" with the part, and
 * those of the source. */
int ml_age_reader_open(ml_age_reader *r, const ml_age_source *source, ml_err *e);

/* Looks for the file key, as ml_age_decrypt does; may be tried with other keys when it failed. */
int ml_age_reader_unlock(ml_age_reader *r, const ml_age_keys *keys, size_t *used, ml_err *e);

/* Takes a file key that was found elsewhere: "auth", part "mac", when it is not that of the file.
 */
int ml_age_reader_offer(ml_age_reader *r, ml_bytes file_key, ml_err *e);

/* Sends the contents to the sink; see ml_age_stream_decrypt. Once only. */
int ml_age_reader_decrypt(ml_age_reader *r, const ml_age_sink *sink, ml_err *e);

/* Prepares to read any part of the contents, of a file at `place` whose reader this is. The reader
 * itself moves nowhere. "unsupported" for an armored file. */
int ml_age_reader_part(const ml_age_reader *r, ml_age_part *part, const ml_age_place *place,
                       ml_err *e);

/* Whether the file holds against a quantum computer, whoever opens it: 1, 0, or -1 when that is not
 * known of one of its stanzas. */
int ml_age_reader_is_postquantum(const ml_age_reader *r);

/* What the bytes of a file are spent on, if it is authentic. */
typedef struct ml_age_sizes {
    uint64_t header, armor, overhead, text;
} ml_age_sizes;

/* Reads the rest without a key, and measures the file. Once only. */
int ml_age_reader_measure(ml_age_reader *r, ml_age_sizes *sizes, ml_err *e);

void ml_age_reader_free(ml_age_reader *r);

#endif
