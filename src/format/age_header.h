#ifndef ML_FORMAT_AGE_HEADER_H
#define ML_FORMAT_AGE_HEADER_H

/* age_header.h — the header of an age file: stanzas and MAC (format: age-encryption.org/v1). */
#include "format/age_stanza.h"

#define ML_AGE_VERSION "age-encryption.org/v1"

enum { ML_AGE_FILE_KEY = 16, ML_AGE_MAC = 32 };

typedef struct ml_age_header {
    ml_age_stanza *stanzas;
    size_t count;
    ml_buf bodies; /* what the bodies of the stanzas are spans of */
    unsigned char mac[ML_AGE_MAC];
    ml_bytes covered; /* what the MAC covers: up to and with the three dashes */
    size_t size;      /* bytes of the header: the payload begins here */
} ml_age_header;

/* Parses the header at the start of `file` into *h (zeroed or garbage before), whose spans point
 * into `file`. Strict: what is accepted re-encodes to the same bytes, and a passphrase stanza
 * stands alone. Fails with "format" or "limit", part "header". */
int ml_age_header_parse(ml_age_header *h, ml_bytes file, ml_err *e);
void ml_age_header_free(ml_age_header *h);

/* Appends the version line and one stanza each; then ml_age_header_finish appends the MAC line,
 * computed over all of out with the file key. */
void ml_age_header_begin(ml_buf *out);
void ml_age_header_stanza(ml_buf *out, const ml_age_stanza *s);
void ml_age_header_finish(ml_buf *out, const unsigned char file_key[ML_AGE_FILE_KEY]);

/* Bytes of the header at the start of `file`, or 0 while its MAC line is not complete yet; for a
 * reader that gets the file piece by piece. *seen, 0 at first: where the line begins that is to be
 * looked at next time. */
size_t ml_age_header_find(ml_bytes file, size_t *seen);

/* The MAC that `covered` (the bytes it covers) must have. */
void ml_age_header_mac(unsigned char mac[ML_AGE_MAC], const unsigned char file_key[ML_AGE_FILE_KEY],
                       ml_bytes covered);

#endif
