#ifndef ML_DOC_NUMBER_H
#define ML_DOC_NUMBER_H

/* number.h — float64 in the spellings of Go's strconv, which sops hashes and writes. */
#include "base/buf.h"

/* A finite number as its shortest decimal digits that read back as the same float64:
 * 0.DIGITS × 10^point, without leading and trailing zeroes; zero has no digits. */
typedef struct ml_decimal {
    bool negative;
    int point;
    unsigned count;
    char digits[24];
} ml_decimal;

void ml_decimal_shortest(ml_decimal *out, double value);

/* The exact decimal that `text` ([+-]digits[.digits][e±digits]) spells, cut to 40 digits; false
 * when it has more digits than that (it then differs from any shortest float64). */
bool ml_decimal_equals(const ml_decimal *shortest, ml_bytes text);

/* Go's 'f' (never an exponent), and 'e' (d.ddde±dd). */
void ml_decimal_positional(ml_buf *out, const ml_decimal *d);
void ml_decimal_exponent(ml_buf *out, const ml_decimal *d, unsigned exponent_digits);

/* Reads a float64 from digits in the C locale whatever the process's locale is. -1 when `text` is
 * no decimal number; +-Inf when it overflows. */
int ml_decimal_read(double *out, ml_bytes text);

#endif
