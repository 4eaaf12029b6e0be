#ifndef ML_FORMAT_AGE_ARMOR_H
#define ML_FORMAT_AGE_ARMOR_H

/* age_armor.h — the text form of an age file: a strict PEM, whole or piece by piece. */
#include "base/buf.h"

#define ML_AGE_ARMOR_END "-----END AGE ENCRYPTED FILE-----"

/* Bytes that tell whether a text is armored: 1024 line ends of two bytes, and the BEGIN line. */
enum { ML_AGE_ARMOR_SNIFF = 2 * 1024 + 35 };

/* Whether the text begins, behind white space of that size, with the BEGIN line. */
bool ml_age_is_armored(ml_bytes text);

/* Appends the text form of `binary`: 64 columns, LF, a final LF. */
void ml_age_armor_write(ml_buf *out, ml_bytes binary);

/* The same piece by piece: begin, any number of adds, end. Zero-initialise the state ({0}). */
typedef struct ml_age_armor_writer {
    unsigned char held[48];
    size_t count;
} ml_age_armor_writer;

void ml_age_armor_begin(ml_buf *out);
void ml_age_armor_add(ml_age_armor_writer *w, ml_buf *out, ml_bytes binary);
void ml_age_armor_end(ml_age_armor_writer *w, ml_buf *out);

/* Appends the bytes inside the armor. Strict: canonical base64, full lines but the last, no empty
 * line, nothing but a little white space around. Lines end in LF or CRLF. Fails with "format",
 * part "armor", and the line. */
int ml_age_armor_read(ml_buf *out, ml_bytes text, ml_err *e);

/* The same piece by piece: any number of feeds, then finish, which says whether the END line came.
 * Zero-initialise the state ({0}). */
typedef struct ml_age_armor_reader {
    unsigned char line[68];
    size_t held;          /* bytes of the current line so far */
    size_t around;        /* bytes of white space before BEGIN or behind END so far */
    unsigned long number; /* of lines seen */
    bool indented;        /* white space on the line where BEGIN is expected */
    bool cr;              /* the last byte before BEGIN was CR */
    int part;             /* before, inside, behind a short line, behind END */
} ml_age_armor_reader;

int ml_age_armor_feed(ml_age_armor_reader *r, ml_buf *out, ml_bytes text, ml_err *e);
int ml_age_armor_finish(ml_age_armor_reader *r, ml_buf *out, ml_err *e);

#endif
