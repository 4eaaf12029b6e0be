#ifndef ML_FORMAT_AGE_KEYFILE_H
#define ML_FORMAT_AGE_KEYFILE_H

/* age_keyfile.h — files of identities, such as sops' keys.txt: one line, one identity. Every line
 * is kept, so that such a file can be rewritten without losing what others put into it. */
#include "base/secret.h"
#include "format/age.h"

/* What a file given as a file of identities is, from its first bytes; white space may stand before
 * a text form. */
typedef enum ml_age_keyfile_form {
    ML_AGE_KEYFILE_LINES,  /* lines of identities, for ml_age_keyfile_parse */
    ML_AGE_KEYFILE_SEALED, /* an age file, by convention sealed with a passphrase; lines inside */
    ML_AGE_KEYFILE_PEM     /* an SSH or other PEM private key */
} ml_age_keyfile_form;

ml_age_keyfile_form ml_age_keyfile_sniff(ml_bytes file);

typedef enum ml_age_line_kind {
    ML_AGE_LINE_BLANK,   /* no characters at all */
    ML_AGE_LINE_COMMENT, /* '#' is the very first one */
    ML_AGE_LINE_X25519,  /* AGE-SECRET-KEY-1…: `identity` is filled */
    ML_AGE_LINE_HYBRID,  /* AGE-SECRET-KEY-PQ-1…: likewise */
    ML_AGE_LINE_PLUGIN   /* AGE-PLUGIN-…: likewise */
} ml_age_line_kind;

const char *ml_age_line_word(ml_age_line_kind kind); /* "blank", "comment", "x25519", … */

typedef struct ml_age_line {
    ml_age_line_kind kind;
    unsigned long number;     /* from 1 */
    ml_bytes text;            /* without its end */
    ml_bytes whole;           /* with its end (LF, CRLF or none): all of them make up the file */
    ml_bytes comment;         /* what stands behind '#' and one space; comments only */
    ml_age_identity identity; /* of the lines that are neither blank nor comment */
} ml_age_line;

/* The lines of one file. Owns a locked copy of it, which all spans point into. */
typedef struct ml_age_keyfile {
    ml_secret file;
    ml_age_line *lines;
    size_t count;
    size_t identities; /* lines that are neither blank nor comment */
} ml_age_keyfile;

/* Parses LF or CRLF lines into *f. Fails with "format" and the line number, never quoting it: a
 * line of no known kind, white space around an identity, a bad checksum, bytes that are not UTF-8;
 * with "limit" beyond ML_LIMIT_KEY_FILE. A file without identities parses (f->identities is 0):
 * whether that is an error depends on what it is wanted for. */
int ml_age_keyfile_parse(ml_age_keyfile *f, ml_bytes file, ml_err *e);

/* The same for what a variable holds: blanks, too, stand between identities, as line ends may have
 * become some on the way; only in comments they are kept. */
int ml_age_keyfile_parse_words(ml_age_keyfile *f, ml_bytes words, ml_err *e);
void ml_age_keyfile_free(ml_age_keyfile *f);

#endif
