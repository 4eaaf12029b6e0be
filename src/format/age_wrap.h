#ifndef ML_FORMAT_AGE_WRAP_H
#define ML_FORMAT_AGE_WRAP_H

/* age_wrap.h — how each recipient type puts the file key into a stanza. */
#include "format/age.h"
#include "format/age_header.h"

/* Appends the stanza that wraps file_key to r. Fails with "unsupported" for a plugin's.
 */
int ml_age_wrap(ml_buf *header, const ml_age_recipient *r,
                const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e);
int ml_age_wrap_passphrase(ml_buf *header, ml_bytes passphrase, unsigned log_n,
                           const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e);

/* Tries to unwrap: 1 = file_key is filled, 0 = this identity does not open this stanza, -1 = the
 * stanza is malformed (the whole header is then refused). `most` is the highest work factor of
 * scrypt that is taken. */
int ml_age_unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                  const ml_age_stanza *s, ml_err *e);
int ml_age_unwrap_passphrase(unsigned char file_key[ML_AGE_FILE_KEY], ml_bytes passphrase,
                             unsigned most, const ml_age_stanza *s, ml_err *e);

/* Whether one file may be for all of these: fails with "argument" when there is none or their
 * labels differ, "limit" beyond ML_LIMIT_AGE_RECIPIENTS. A passphrase is never mixed with anything.
 */
int ml_age_recipients_check(const ml_age_recipient *const *recipients, size_t count, ml_err *e);

/* Whether stanzas of this type hold against a quantum computer: 1, 0, or -1 when nobody here knows
 * the type. */
int ml_age_is_postquantum(ml_bytes type);

/* A fresh file key and, appended to `out`, the whole header that wraps it. */
int ml_age_filekey_new(unsigned char file_key[ML_AGE_FILE_KEY], ml_buf *out,
                       const ml_age_recipient *const *recipients, size_t count, ml_err *e);
int ml_age_filekey_new_passphrase(unsigned char file_key[ML_AGE_FILE_KEY], ml_buf *out,
                                  ml_bytes passphrase, unsigned log_n, ml_err *e);

/* The file key that the stanzas of a header give up to these keys; the MAC was checked. Native
 * identities are tried before those of SSH keys, as age does. Errors and *used as in
 * ml_age_decrypt. */
int ml_age_filekey_find(unsigned char file_key[ML_AGE_FILE_KEY], size_t *used,
                        const ml_age_keys *keys, const ml_age_header *h, ml_err *e);

/* Whether the header was made with this file key: "auth", part "mac", if not. */
int ml_age_filekey_check(const unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_header *h,
                         ml_err *e);

#endif
