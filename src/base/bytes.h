#ifndef ML_BASE_BYTES_H
#define ML_BASE_BYTES_H

/* bytes.h — the one way a run of bytes is passed between functions: borrowed, sized, read only. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed span. It owns nothing and lives as long as what it points into. `p` may be NULL
 * only when `len` is 0. */
typedef struct ml_bytes {
    const unsigned char *p;
    size_t len;
} ml_bytes;

/* The span of a C string without its final NUL; NULL gives the empty span. */
ml_bytes ml_bytes_text(const char *text);

/* The span [p, p + len). */
ml_bytes ml_bytes_of(const void *p, size_t len);

/* The part [from, to) of `all`; bounds beyond the end are cut to it, from > to gives no bytes. */
ml_bytes ml_bytes_slice(ml_bytes all, size_t from, size_t to);

/* Equality of public bytes; secrets are compared with ml_secret_equal. */
bool ml_bytes_equal(ml_bytes a, ml_bytes b);
bool ml_bytes_is(ml_bytes a, const char *text);
bool ml_bytes_starts(ml_bytes a, const char *prefix);
bool ml_bytes_ends(ml_bytes a, const char *suffix);

/* Byte order, shorter first when one is the other's beginning: <0, 0, >0 as memcmp. */
int ml_bytes_compare(ml_bytes a, ml_bytes b);

/* Index of the first `byte` at or after `from`, or SIZE_MAX. */
size_t ml_bytes_find(ml_bytes all, size_t from, unsigned char byte);

/* Index of the last place in [from, to) where `mark`, which is not empty, stands, or SIZE_MAX. */
size_t ml_bytes_find_last(ml_bytes all, size_t from, size_t to, const char *mark);

/* For hash tables: with a seed that who chose the bytes does not know. */
uint64_t ml_bytes_hash(uint64_t seed, ml_bytes bytes);

#endif
