#ifndef ML_FORMAT_JSON_H
#define ML_FORMAT_JSON_H

/* json.h — JSON as public data (RFC 8259): key.json, manifests, `--json`. Never for secrets, whose
 * documents go through doc/ and keep their text.
 *
 * Stricter than the library below it: UTF-8 without byte order mark, exact grammar, keys that
 * differ in case are different, a repeated key is an error, no NUL in strings, nothing after the
 * value, no number that would change on the way. */
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

/* A value inside a parsed text. The one that ml_json_read gives owns all others; those live as
 * long as it does. */
typedef struct ml_json ml_json;

typedef enum ml_json_kind {
    ML_JSON_NULL,
    ML_JSON_BOOL,
    ML_JSON_NUMBER,
    ML_JSON_STRING,
    ML_JSON_ARRAY,
    ML_JSON_OBJECT
} ml_json_kind;

/* What happens to numbers from ±2^53 on, where a double no longer holds every integer, and to those
 * too small for a double. */
typedef enum ml_json_numbers {
    ML_JSON_EXACT,  /* they are an error that says "not representable" */
    ML_JSON_AS_TEXT /* they are fine: each number keeps its text */
} ml_json_numbers;

/* Parses `text`, which is one value, and gives the owner in *out, NULL on failure. Fails with
 * "format" (line and column set, but for a repeated key), "limit" (ML_LIMIT_FILE bytes,
 * ML_LIMIT_DEPTH levels, ML_LIMIT_JSON_NUMBER, ML_LIMIT_NODES values) or "memory". Messages quote
 * nothing of the text but a repeated key. */
int ml_json_read(ml_json **out, ml_bytes text, ml_json_numbers numbers, ml_err *e);

/* Frees the value that ml_json_read gave. Harmless for NULL. */
void ml_json_free(ml_json *root);

ml_json_kind ml_json_kind_of(const ml_json *v);

/* true only for the value `true`. */
bool ml_json_bool(const ml_json *v);

/* Whether v is a number without fraction that fits; then it is in *out, exactly. */
bool ml_json_integer(const ml_json *v, int64_t *out);

/* The nearest double; 0 when v is no number. Beyond the range of a double it is infinite (only with
 * ML_JSON_AS_TEXT). */
double ml_json_number(const ml_json *v);

/* A number as it was written, when parsed with ML_JSON_AS_TEXT; else no bytes. */
ml_bytes ml_json_number_text(const ml_json *v);

/* The decoded string in UTF-8, without NUL inside; no bytes when v is no string. */
ml_bytes ml_json_string(const ml_json *v);

/* The member of an object, NULL when there is none or v is no object (v may be NULL). */
const ml_json *ml_json_get(const ml_json *v, const char *key);

/* How many members or elements; 0 for scalars. */
size_t ml_json_count(const ml_json *v);

/* The children of an array or object in the order of the text, NULL at the end:
 * `for (c = ml_json_first(v); c != NULL; c = ml_json_next(c))`. Not for the root in ml_json_next.
 */
const ml_json *ml_json_first(const ml_json *v);
const ml_json *ml_json_next(const ml_json *v);

/* The key of an object's member, as UTF-8; no bytes for anything else. */
ml_bytes ml_json_key(const ml_json *member);

#endif
