#ifndef ML_FORMAT_AGE_TYPE_H
#define ML_FORMAT_AGE_TYPE_H

/* age_type.h — the recipient types of age, one row each: how a file key gets into a stanza and out
 * of it again. A type lives in a file of its own (age_x25519.c, …); age_type.c is the table, and
 * what all types share. Only the files of format/age_* include this. */
#include "format/age.h"
#include "format/age_header.h"

enum {
    ML_AGE_BODY = ML_AGE_FILE_KEY + ML_CHACHA_TAG, /* bytes of a wrapped file key */
    ML_AGE_KEY_TEXT = 43,                          /* characters of 32 bytes in bare base64 */
    ML_AGE_TAG_TEXT = 6,                           /* characters of a tag of 4 bytes */
    ML_AGE_RECIPIENT_ROOM = 2048                   /* more than the longest text age1… has */
};

typedef struct ml_age_type {
    const char *word;   /* in messages and in Lua */
    const char *stanza; /* type of its stanzas; NULL for plugins, which have any */

    /* All recipients of one file must have the same label (NULL: none), so that a file for
     * post-quantum recipients is not opened through one that is none. */
    const char *label;

    /* Appends the stanza that wraps file_key to r. NULL: not by this program alone. */
    int (*wrap)(ml_buf *header, const ml_age_recipient *r,
                const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e);

    /* Tries a stanza of this type: 1 = file_key is filled, 0 = this identity does not open it (also
     * when its tag says so: another may), -1 = it is malformed, and the whole header refused. NULL:
     * this program has no identities of the type. */
    int (*unwrap)(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                  const ml_age_stanza *s, ml_err *e);
} ml_age_type;

const ml_age_type *ml_age_type_of(ml_age_kind kind);

/* The file key under a wrap key that is used once, as most types have it; `open` returns false when
 * it is another key. */
void ml_age_body_seal(unsigned char body[ML_AGE_BODY], const unsigned char wrap_key[ML_CHACHA_KEY],
                      const unsigned char file_key[ML_AGE_FILE_KEY]);
bool ml_age_body_open(unsigned char file_key[ML_AGE_FILE_KEY],
                      const unsigned char wrap_key[ML_CHACHA_KEY],
                      const unsigned char body[ML_AGE_BODY]);

/* The error of a stanza whose arguments or body are not what its type wants. */
int ml_age_stanza_bad(ml_err *e, const char *type);

/* Adds to an error that it is about this stanza. Returns -1. */
int ml_age_stanza_at(const ml_age_stanza *s, ml_err *e);

/* The `len` bytes of a recipient's text behind its prefix and '1'; `out` has room for
 * ML_AGE_RECIPIENT_ROOM. Fails with "format". */
int ml_age_recipient_decode(unsigned char *out, size_t len, const char *prefix, ml_bytes text,
                            ml_err *e);

/* Makes `text` the recipient's own; and `key`, for kinds with a large public key. */
int ml_age_recipient_text(ml_age_recipient *r, ml_bytes text, ml_err *e);
int ml_age_recipient_key(ml_age_recipient *r, ml_bytes key, ml_err *e);

/* age_x25519.c */
int ml_age_x25519_wrap(ml_buf *header, const ml_age_recipient *r,
                       const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e);
int ml_age_x25519_unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                         const ml_age_stanza *s, ml_err *e);

/* age_hpke.c: ML_AGE_HYBRID, ML_AGE_TAG and ML_AGE_TAG_HYBRID */
int ml_age_hpke_parse(ml_age_recipient *r, ml_age_kind kind, ml_bytes text, ml_err *e);
int ml_age_hpke_wrap(ml_buf *header, const ml_age_recipient *r,
                     const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e);
int ml_age_hybrid_unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                         const ml_age_stanza *s, ml_err *e);

/* age_rsa.c */
int ml_age_rsa_wrap(ml_buf *header, const ml_age_recipient *r,
                    const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e);
int ml_age_rsa_unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                      const ml_age_stanza *s, ml_err *e);

#endif
