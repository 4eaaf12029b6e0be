/* fuzz_shamir.c — shares from anywhere put together: the first byte is the length of a share, the
 * rest are shares. What combines has the length of its shares less one; shares made of it again
 * combine to the same, and give the shares that were used. */
#include <stdint.h>
#include <stdlib.h>

#include "sops/shamir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_shares(const ml_bytes *shares, size_t count, ml_bytes secret)
{
    ml_secret again = { 0 };
    size_t i;
    ml_err e;

    for (i = 0; i < count; i++) {
        const unsigned char x = shares[i].p[shares[i].len - 1];

        if (ml_shamir_share(&again, x, shares, count, &e) < 0 ||
            !ml_secret_equal(ml_secret_bytes(&again), shares[i]))
            abort();
        ml_secret_free(&again);
    }
    if (ml_shamir_combine(&again, shares, count, &e) < 0 ||
        !ml_secret_equal(ml_secret_bytes(&again), secret))
        abort();
    ml_secret_free(&again);
}

static void check_split(ml_bytes secret, size_t count)
{
    ml_secret made[ML_SHAMIR_MAX] = { { 0 } }, again = { 0 };
    ml_bytes shares[ML_SHAMIR_MAX];
    size_t i;
    ml_err e;

    if (ml_shamir_split(made, count, 2 + secret.p[0] % (count - 1), secret, &e) < 0)
        abort();
    for (i = 0; i < count; i++)
        shares[i] = ml_secret_bytes(&made[i]);
    if (ml_shamir_combine(&again, shares, count, &e) < 0 ||
        !ml_secret_equal(ml_secret_bytes(&again), secret))
        abort();
    ml_secret_free(&again);
    for (i = 0; i < count; i++)
        ml_secret_free(&made[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ml_bytes shares[ML_SHAMIR_MAX + 1];
    const size_t len = size > 0 ? data[0] : 0;
    ml_secret secret = { 0 };
    size_t count = 0, at;
    ml_err e;

    if (len == 0)
        return 0;
    for (at = 1; at < size && count <= ML_SHAMIR_MAX; at += len, count++)
        shares[count] = ml_bytes_of(data + at, size - at < len ? size - at : len);
    if (ml_shamir_combine(&secret, shares, count, &e) < 0)
        return 0;
    if (secret.len != len - 1)
        abort();
    check_shares(shares, count, ml_secret_bytes(&secret));
    check_split(ml_secret_bytes(&secret), count);
    ml_secret_free(&secret);
    return 0;
}
