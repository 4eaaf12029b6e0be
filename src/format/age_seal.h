#ifndef ML_FORMAT_AGE_SEAL_H
#define ML_FORMAT_AGE_SEAL_H

/* age_seal.h — an age file in the making: a fresh file key and its header, of which some stanzas
 * may come from elsewhere (plugins). Then the contents, of any size. */
#include "format/age.h"
#include "format/age_header.h"
#include "format/age_stream.h"

/* What one recipient adds to the header. */
typedef struct ml_age_share {
    char *text;     /* of a recipient that a plugin must wrap to, empty of an identity; or NULL */
    ml_buf stanzas; /* as they stand in the header; empty as long as the plugin has not spoken */
} ml_age_share;

/* Zero-initialise ({0}). */
typedef struct ml_age_seal {
    ml_secret file_key;
    ml_age_share *shares; /* one for each recipient, in their order */
    size_t count;
    ml_buf labels; /* that all recipients must have, sorted, each with an LF behind it */
    bool labelled; /* a recipient has said which these are */
} ml_age_seal;

/* Begins a file for these recipients: those that need no plugin are wrapped to at once. Errors as
 * of ml_age_encrypt and ml_age_encrypt_passphrase. */
int ml_age_seal_begin(ml_age_seal *s, const ml_age_recipient *const *recipients, size_t count,
                      ml_err *e);
int ml_age_seal_begin_passphrase(ml_age_seal *s, ml_bytes passphrase, unsigned log_n, ml_err *e);

/* Gives the stanzas (parsed: their `words` and `body`) that a plugin made for the recipient at
 * `index`, and the words that are its labels. Fails with "argument" for labels other than those of
 * the other recipients. */
int ml_age_seal_give(ml_age_seal *s, size_t index, const ml_age_stanza *stanzas, size_t count,
                     ml_bytes labels, ml_err *e);

/* Appends the whole file, or sends it from source to sink. "unsupported" while a recipient waits
 * for its plugin. Once only: a file key is never used for two files. */
int ml_age_seal_text(ml_age_seal *s, ml_buf *out, ml_bytes text, bool armor, ml_err *e);
int ml_age_seal_stream(ml_age_seal *s, bool armor, const ml_age_source *source,
                       const ml_age_sink *sink, ml_err *e);

void ml_age_seal_free(ml_age_seal *s);

#endif
