#ifndef ML_SOPS_SHAMIR_H
#define ML_SOPS_SHAMIR_H

/* shamir.h — Shamir's secret sharing as sops has it.
 *
 * A share is one byte y for each byte of the secret and then one byte x; the shares of a split have
 * x = 1, 2, 3, … The field is GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. Time and memory accesses
 * depend on the sizes alone, never on a byte. */
#include "base/secret.h"

enum { ML_SHAMIR_MIN = 2, ML_SHAMIR_MAX = 255 }; /* shares, and the threshold */

/* Makes each of shares[0 … count) the owner of a share of `secret`, any `threshold` of which give
 * it back. Fails with "argument" for impossible numbers or an empty secret; then nothing is owned.
 */
int ml_shamir_split(ml_secret *shares, size_t count, size_t threshold, ml_bytes secret, ml_err *e);

/* Makes *out the owner of the secret behind these shares, all of which are used. Whether they were
 * enough, and belong together, nothing in them tells. Fails with "format": fewer than two, of
 * different lengths or too short, one twice, or one with x = 0. */
int ml_shamir_combine(ml_secret *out, const ml_bytes *shares, size_t count, ml_err *e);

/* The share with this x (not 0) of the split that these shares are from, to be wrapped for somebody
 * while all other shares stay. */
int ml_shamir_share(ml_secret *out, unsigned char x, const ml_bytes *shares, size_t count,
                    ml_err *e);

/* The field. Dividing by 0 gives 0. */
unsigned char ml_shamir_multiply(unsigned char a, unsigned char b);
unsigned char ml_shamir_divide(unsigned char a, unsigned char b);

#endif
