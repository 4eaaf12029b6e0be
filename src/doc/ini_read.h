#ifndef ML_DOC_INI_READ_H
#define ML_DOC_INI_READ_H

/* ini_read.h — one key and one value of an INI text, by the rules of the reader that sops has. What
 * that reader would drop without a word is an error here. */
#include "base/buf.h"
#include "doc/doc.h"

/* Where an INI text begins: behind a byte order mark. */
size_t ml_ini_begin(ml_bytes text);

/* A key: its name and what stands there with quotes; the value follows at `behind`. */
typedef struct ml_ini_key {
    ml_bytes name;
    size_t start, end, behind;
} ml_ini_key;

/* The key at `at`, which is no white space, of a line that ends at `line_end`. NULL, or what is
 * wrong with it. */
const char *ml_ini_read_key(ml_ini_key *out, ml_bytes text, size_t at, size_t line_end);

typedef struct ml_ini_value {
    size_t start, end; /* what stands there, with quotes */
    size_t next;       /* the line behind the value */
    ml_style style;
    ml_bytes text; /* of the source, or, when lines were joined, of the buffer */
    bool joined;
    size_t comment, comment_end; /* what stands behind it on its line; SIZE_MAX: nothing */
} ml_ini_value;

/* The value at `at`, behind a delimiter. `buf` (emptied first) is for joined lines. NULL, or what
 * is wrong. */
const char *ml_ini_read_value(ml_ini_value *out, ml_bytes text, size_t at, ml_buf *buf);

/* What stands in [start, end) behind a value or a header: a comment, or nothing. */
const char *ml_ini_read_rest(ml_bytes text, size_t start, size_t end, size_t *comment,
                             size_t *comment_end);

#endif
