#ifndef ML_FORMAT_AGE_STANZA_H
#define ML_FORMAT_AGE_STANZA_H

/* age_stanza.h — stanzas, line by line: what the header of an age file and the dialogue with a
 * plugin are made of.
 *
 *     -> TYPE ARGUMENT…
 *     the body in base64: lines of 64 columns, and one that is shorter, which may be empty */
#include "base/buf.h"

enum {
    ML_AGE_MAX_ARGUMENTS = 8,
    ML_AGE_STANZA_LINE = 51 /* room that the decoder of a line needs */
};

/* One way to the file key, or one command. The arguments are spans of the parsed text or of the
 * caller. A stanza may have more of them than the array holds; no type that this program knows
 * does. */
typedef struct ml_age_stanza {
    ml_bytes arguments[ML_AGE_MAX_ARGUMENTS]; /* the first is the type */
    size_t count;                             /* of all arguments, also those beyond the array */
    ml_bytes words;     /* of a parsed stanza: all arguments, single spaces between */
    ml_bytes body;      /* decoded */
    unsigned long line; /* of a parsed header: where it begins, from 1 */
} ml_age_stanza;

/* Parses the first line, without its end, into all but the body. -1 with what is wrong. */
int ml_age_stanza_parse(ml_age_stanza *s, ml_bytes line, const char **wrong);

/* Decodes a line of the body to `out`: 1 when more follow, 0 when it was the last, -1 with what is
 * wrong. */
int ml_age_stanza_decode(unsigned char out[ML_AGE_STANZA_LINE], size_t *len, ml_bytes line,
                         const char **wrong);

/* The word of `words` that begins at *at, which then is the beginning of the next; no bytes behind
 * the last. */
ml_bytes ml_age_stanza_word(ml_bytes words, size_t *at);

/* Writes a stanza of these arguments: ml_age_stanza_size bytes. */
size_t ml_age_stanza_size(const ml_bytes *arguments, size_t count, ml_bytes body);
void ml_age_stanza_write(unsigned char *out, const ml_bytes *arguments, size_t count,
                         ml_bytes body);

#endif
