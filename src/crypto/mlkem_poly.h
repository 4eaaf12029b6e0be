#ifndef ML_CRYPTO_MLKEM_POLY_H
#define ML_CRYPTO_MLKEM_POLY_H

/* mlkem_poly.h — the arithmetic of ML-KEM (FIPS 203 section 4): polynomials of 256 coefficients
 * modulo 3329, their samples, transforms and encodings.
 *
 * Constant time in the coefficients: no branch, index or division depends on them. The exception is
 * the uniform sample, which is public. */
#include "base/bytes.h"

enum { ML_POLY_SIZE = 256, ML_POLY_MODULUS = 3329, ML_POLY_SEED = 32, ML_POLY_EXACT = 12 };

/* Each coefficient is below the modulus, always. Whether they are those of a polynomial or of its
 * number-theoretic transform ("transformed") is told by the name of what holds it. */
typedef struct ml_poly {
    uint16_t c[ML_POLY_SIZE];
} ml_poly;

/* Element (row, column) of the public matrix that a seed stands for; transformed. Not constant
 * time. */
void ml_poly_sample_matrix(ml_poly *out, const unsigned char seed[ML_POLY_SEED], unsigned row,
                           unsigned column);

/* Small coefficients, -2 … 2, from the secret seed and a number that is used once with it. */
void ml_poly_sample_small(ml_poly *out, const unsigned char seed[ML_POLY_SEED],
                          unsigned char number);

void ml_poly_transform(ml_poly *p);
void ml_poly_transform_back(ml_poly *p);

void ml_poly_add(ml_poly *sum, const ml_poly *p);
void ml_poly_subtract(ml_poly *difference, const ml_poly *p);

/* sum += a · b, all three transformed. */
void ml_poly_add_product(ml_poly *sum, const ml_poly *a, const ml_poly *b);

/* `bits` bits of each coefficient, that is 32 * bits bytes; both return what follows them. Below
 * ML_POLY_EXACT bits the coefficients are compressed, which loses their lowest part. */
unsigned char *ml_poly_encode(unsigned char *out, const ml_poly *p, unsigned bits);
const unsigned char *ml_poly_decode(ml_poly *out, const unsigned char *bytes, unsigned bits);

#endif
