#ifndef ML_FORMAT_JSON_WRITE_H
#define ML_FORMAT_JSON_WRITE_H

/* json_write.h — writing JSON piece by piece, with nothing between the caller's values and the
 * text.
 *
 * What is written is valid JSON that ml_json_read reads back; control characters (also DEL, C1 and
 * the line separators U+2028 and U+2029) are escaped, so that it may be shown on a terminal. */
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "format/json.h"

/* Fields are private. The first failure sticks and later calls do nothing: check once, with
 * ml_json_writer_end. */
typedef struct ml_json_writer {
    ml_buf *out;
    unsigned indent; /* spaces per level, 0 = all on one line */
    size_t depth;
    bool started;   /* the one value at the top is there */
    bool after_key; /* a key waits for its value */
    unsigned char
        level[ML_LIMIT_DEPTH];  /* per open container: '[' or '{', and whether it is empty */
    const char *code, *problem; /* static; NULL while all is well */
} ml_json_writer;

/* Starts one value at the end of `out`, which stays the caller's. `indent` is at most 8. */
void ml_json_writer_start(ml_json_writer *w, ml_buf *out, unsigned indent);

void ml_json_open_array(ml_json_writer *w);
void ml_json_open_object(ml_json_writer *w);
void ml_json_close(ml_json_writer *w); /* the innermost */

/* Names the next value; only, and always, inside an object. Keys given twice are not noticed. */
void ml_json_add_key(ml_json_writer *w, ml_bytes key);

void ml_json_add_null(ml_json_writer *w);
void ml_json_add_bool(ml_json_writer *w, bool value);
void ml_json_add_integer(ml_json_writer *w, int64_t value);
void ml_json_add_number(ml_json_writer *w, double value); /* shortest text that reads back equal */
void ml_json_add_string(ml_json_writer *w, ml_bytes text);

/* A parsed value with all below it; numbers that kept their text keep it again. */
void ml_json_add_value(ml_json_writer *w, const ml_json *v);

/* 0 when the value is whole. Else -1: "format" for text that is not UTF-8 or holds NUL and for a
 * number that is not finite, "limit" beyond ML_LIMIT_DEPTH, "argument" for calls out of order,
 * "memory". */
int ml_json_writer_end(const ml_json_writer *w, ml_err *e);

#endif
