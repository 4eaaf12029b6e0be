/* shamir.c — secret sharing; see shamir.h. */
#include "sops/shamir.h"

#include <string.h>

#include "crypto/provider.h"

/* Bit by bit, with masks in place of branches and tables. */
unsigned char ml_shamir_multiply(unsigned char a, unsigned char b)
{
    unsigned product = 0, factor = a;
    unsigned bit;

    for (bit = 0; bit < 8; bit++) {
        product ^= factor & (0U - ((unsigned)b >> bit & 1U));
        factor = factor << 1 ^ (0x11BU & (0U - (factor >> 7 & 1U)));
    }
    return (unsigned char)product;
}

/* b^-1 is b^254, the product of b^2, b^4, … b^128. */
unsigned char ml_shamir_divide(unsigned char a, unsigned char b)
{
    unsigned char power = b, quotient = a;
    unsigned i;

    for (i = 1; i < 8; i++) {
        power = ml_shamir_multiply(power, power);
        quotient = ml_shamir_multiply(quotient, power);
    }
    return quotient;
}

static void free_shares(ml_secret *shares, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        ml_secret_free(&shares[i]);
}

static int check_split(size_t count, size_t threshold, ml_bytes secret, ml_err *e)
{
    if (count < threshold)
        return ml_fail(e, ML_E_ARGUMENT, "parts cannot be less than threshold");
    if (count > ML_SHAMIR_MAX)
        return ml_fail(e, ML_E_ARGUMENT, "parts cannot exceed %d", ML_SHAMIR_MAX);
    if (threshold < ML_SHAMIR_MIN)
        return ml_fail(e, ML_E_ARGUMENT, "threshold must be at least %d", ML_SHAMIR_MIN);
    if (secret.len == 0)
        return ml_fail(e, ML_E_ARGUMENT, "cannot split an empty secret");
    return 0;
}

/* One polynomial for each byte of the secret, which is its value at 0; all values are computed at
 * once by Horner's rule, highest coefficients first. */
int ml_shamir_split(ml_secret *shares, size_t count, size_t threshold, ml_bytes secret, ml_err *e)
{
    ml_secret coefficients = { 0 };
    size_t i, k, term;

    memset(shares, 0, count * sizeof *shares);
    if (check_split(count, threshold, secret, e) < 0 ||
        ml_secret_new(&coefficients, secret.len, e) < 0)
        return -1;
    for (i = 0; i < count; i++) {
        if (ml_secret_new(&shares[i], secret.len + 1, e) < 0) {
            free_shares(shares, i);
            ml_secret_free(&coefficients);
            return -1;
        }
        shares[i].p[secret.len] = (unsigned char)(i + 1);
    }
    for (term = threshold; term-- > 0;) {
        if (term > 0)
            ml_random(coefficients.p, coefficients.len);
        else
            memcpy(coefficients.p, secret.p, secret.len);
        for (i = 0; i < count; i++)
            for (k = 0; k < secret.len; k++)
                shares[i].p[k] =
                    ml_shamir_multiply(shares[i].p[k], (unsigned char)(i + 1)) ^ coefficients.p[k];
    }
    ml_secret_free(&coefficients);
    return 0;
}

/* The x of a share is no secret. */
static unsigned char x_of(ml_bytes share)
{
    return share.p[share.len - 1];
}

static int check_shares(const ml_bytes *shares, size_t count, ml_err *e)
{
    bool seen[ML_SHAMIR_MAX + 1] = { true }; /* x = 0 would be the secret itself */
    size_t i;

    if (count < ML_SHAMIR_MIN)
        return ml_fail(e, ML_E_FORMAT,
                       "less than two parts cannot be used to reconstruct the secret");
    if (shares[0].len < 2)
        return ml_fail(e, ML_E_FORMAT, "parts must be at least two bytes");
    for (i = 0; i < count; i++) {
        if (shares[i].len != shares[0].len)
            return ml_fail(e, ML_E_FORMAT, "all parts must be the same length");
        if (seen[x_of(shares[i])])
            return ml_fail(e, ML_E_FORMAT, "duplicate part detected");
        seen[x_of(shares[i])] = true;
    }
    return 0;
}

/* How much the i-th share counts at `x` (Lagrange). */
static unsigned char weight(const ml_bytes *shares, size_t count, size_t i, unsigned char x)
{
    unsigned char above = 1, below = 1;
    size_t k;

    for (k = 0; k < count; k++)
        if (k != i) {
            above = ml_shamir_multiply(above, x ^ x_of(shares[k]));
            below = ml_shamir_multiply(below, x_of(shares[i]) ^ x_of(shares[k]));
        }
    return ml_shamir_divide(above, below);
}

/* The values at `x` of the polynomials that go through the shares. */
static void interpolate(unsigned char *out, unsigned char x, const ml_bytes *shares, size_t count)
{
    size_t i, k;

    for (i = 0; i < count; i++) {
        const unsigned char factor = weight(shares, count, i, x);

        for (k = 0; k + 1 < shares[0].len; k++)
            out[k] ^= ml_shamir_multiply(shares[i].p[k], factor);
    }
}

int ml_shamir_combine(ml_secret *out, const ml_bytes *shares, size_t count, ml_err *e)
{
    if (check_shares(shares, count, e) < 0 || ml_secret_new(out, shares[0].len - 1, e) < 0)
        return -1;
    interpolate(out->p, 0, shares, count);
    return 0;
}

int ml_shamir_share(ml_secret *out, unsigned char x, const ml_bytes *shares, size_t count,
                    ml_err *e)
{
    if (check_shares(shares, count, e) < 0 || ml_secret_new(out, shares[0].len, e) < 0)
        return -1;
    interpolate(out->p, x, shares, count);
    out->p[out->len - 1] = x;
    return 0;
}
