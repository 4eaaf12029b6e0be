/* Secret sharing: the field, the vector of the real program, every choice of shares, refusals. */
#include "tests/c/test.h"

#include <stdio.h>
#include <string.h>

#include "sops/shamir.h"

/* Multiplication as school has it: a product of polynomials, and its remainder. */
static unsigned slow_product(unsigned a, unsigned b)
{
    unsigned product = 0, i;

    for (i = 0; i < 8; i++)
        if ((b >> i & 1U) != 0)
            product ^= a << i;
    for (i = 15; i >= 8; i--)
        if ((product >> i & 1U) != 0)
            product ^= 0x11BU << (i - 8);
    return product;
}

static void the_field_is_that_of_aes(void **state)
{
    unsigned a, b;

    (void)state;
    for (a = 0; a < 256; a++)
        for (b = 0; b < 256; b++) {
            const unsigned char product = ml_shamir_multiply((unsigned char)a, (unsigned char)b);

            assert_int_equal(product, slow_product(a, b));
            assert_int_equal(ml_shamir_divide(product, (unsigned char)b), b == 0 ? 0 : a);
        }
    assert_int_equal(ml_shamir_multiply(0x57, 0x83), 0xC1); /* of FIPS 197 */
    assert_int_equal(ml_shamir_divide(1, 0x53), 0xCA);
}

static const char *const vector[] = {
    "ac11c949a40b5777119fbe3d7b1538151fe31456a39bd92a1c1d584bb29a7c8501",
    "43218f975f19a4e73a3e7967e23d623b0eee1e996112936d10119ebb5b08da0b02",
    "ef3144ddff17f59723a8cd5195255421011c18dcd69c5c501415dcebf58fb87103",
};
static const char vector_secret[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";

static ml_bytes from_hex(const char *text, unsigned char *out)
{
    const size_t len = strlen(text) / 2;
    size_t i;
    unsigned byte;

    for (i = 0; i < len; i++) {
        assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
        out[i] = (unsigned char)byte;
    }
    return ml_bytes_of(out, len);
}

static void the_real_programs_shares_combine(void **state)
{
    unsigned char bytes[3][33], wanted[32];
    ml_bytes all[3], secret;
    unsigned chosen;

    (void)state;
    secret = from_hex(vector_secret, wanted);
    for (chosen = 0; chosen < 3; chosen++)
        all[chosen] = from_hex(vector[chosen], bytes[chosen]);
    for (chosen = 0; chosen < 4; chosen++) { /* each left out, and none */
        ml_bytes some[3];
        ml_secret out = { 0 };
        size_t count = 0, i;
        ml_err e;

        for (i = 0; i < 3; i++)
            if (i != chosen)
                some[count++] = all[i];
        assert_int_equal(ml_shamir_combine(&out, some, count, &e), 0);
        assert_true(ml_secret_equal(ml_secret_bytes(&out), secret));
        ml_secret_free(&out);
        if (chosen == 3)
            continue;
        assert_int_equal(ml_shamir_share(&out, (unsigned char)(chosen + 1), some, count, &e), 0);
        assert_true(ml_secret_equal(ml_secret_bytes(&out), all[chosen]));
        ml_secret_free(&out);
    }
}

/* Those of `shares` whose bit is set, given to combine. */
static bool gives_back(const ml_secret *shares, size_t count, unsigned chosen, ml_bytes secret)
{
    ml_bytes some[8];
    ml_secret out = { 0 };
    size_t used = 0, i;
    bool same;
    ml_err e;

    for (i = 0; i < count; i++)
        if ((chosen >> i & 1U) != 0)
            some[used++] = ml_secret_bytes(&shares[i]);
    if (used < 2) {
        assert_int_equal(ml_shamir_combine(&out, some, used, &e), -1);
        return false;
    }
    assert_int_equal(ml_shamir_combine(&out, some, used, &e), 0);
    same = ml_secret_equal(ml_secret_bytes(&out), secret);
    ml_secret_free(&out);
    return same;
}

static unsigned bits(unsigned chosen)
{
    unsigned count = 0;

    for (; chosen != 0; chosen >>= 1)
        count += chosen & 1U;
    return count;
}

static void every_choice_of_enough_shares_and_no_other(void **state)
{
    static const char secret[] = "thirty-two bytes of a data key..";
    const ml_bytes wanted = ml_bytes_text(secret);
    size_t count, threshold, i;
    unsigned chosen;

    (void)state;
    for (count = 2; count <= 7; count++)
        for (threshold = 2; threshold <= count; threshold++) {
            ml_secret shares[7];
            ml_err e;

            assert_int_equal(ml_shamir_split(shares, count, threshold, wanted, &e), 0);
            for (i = 0; i < count; i++) {
                assert_int_equal(shares[i].len, 33);
                assert_int_equal(shares[i].p[32], i + 1);
            }
            for (chosen = 0; chosen < 1U << count; chosen++)
                assert_int_equal(gives_back(shares, count, chosen, wanted),
                                 bits(chosen) >= threshold);
            for (i = 0; i < count; i++)
                ml_secret_free(&shares[i]);
        }
}

static void the_largest_split(void **state)
{
    static ml_secret shares[ML_SHAMIR_MAX];
    ml_bytes spans[ML_SHAMIR_MAX];
    ml_secret out = { 0 };
    size_t i;
    ml_err e;

    (void)state;
    assert_int_equal(ml_shamir_split(shares, ML_SHAMIR_MAX, ML_SHAMIR_MAX, ml_bytes_text("x"), &e),
                     0);
    for (i = 0; i < ML_SHAMIR_MAX; i++)
        spans[i] = ml_secret_bytes(&shares[i]);
    assert_int_equal(ml_shamir_combine(&out, spans, ML_SHAMIR_MAX, &e), 0);
    assert_true(ml_secret_equal(ml_secret_bytes(&out), ml_bytes_text("x")));
    ml_secret_free(&out);
    for (i = 0; i < ML_SHAMIR_MAX; i++)
        ml_secret_free(&shares[i]);
}

static void what_cannot_be_split(void **state)
{
    static const struct {
        size_t count, threshold;
        const char *secret, *message;
    } rows[] = {
        { 1, 2, "x", "parts cannot be less than threshold" },
        { 2, 1, "x", "threshold must be at least 2" },
        { 2, 0, "x", "threshold must be at least 2" },
        { 256, 2, "x", "parts cannot exceed 255" },
        { 3, 2, "", "cannot split an empty secret" },
    };
    static ml_secret shares[256];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_err e;

        assert_int_equal(ml_shamir_split(shares, rows[i].count, rows[i].threshold,
                                         ml_bytes_text(rows[i].secret), &e),
                         -1);
        assert_string_equal(e.message, rows[i].message);
    }
}

static void what_cannot_be_combined(void **state)
{
    static const struct {
        const char *first, *second, *message;
    } rows[] = {
        { "a\1", NULL, "less than two parts cannot be used to reconstruct the secret" },
        { "\1", "\2", "parts must be at least two bytes" },
        { "", "a\2", "parts must be at least two bytes" },
        { "a\1", "ab\2", "all parts must be the same length" },
        { "a\1", "b\1", "duplicate part detected" },
    };
    const ml_bytes zero[] = { ml_bytes_of("a\0", 2), ml_bytes_of("b\1", 2) };
    ml_secret out = { 0 };
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ml_bytes shares[] = { ml_bytes_text(rows[i].first), ml_bytes_text(rows[i].second) };
        const size_t count = rows[i].second == NULL ? 1 : 2;

        assert_int_equal(ml_shamir_combine(&out, shares, count, &e), -1);
        assert_string_equal(e.message, rows[i].message);
        assert_int_equal(ml_shamir_share(&out, 3, shares, count, &e), -1);
        assert_null(out.p);
    }
    assert_int_equal(ml_shamir_combine(&out, zero, 2, &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_field_is_that_of_aes),
        cmocka_unit_test(the_real_programs_shares_combine),
        cmocka_unit_test(every_choice_of_enough_shares_and_no_other),
        cmocka_unit_test(the_largest_split),
        cmocka_unit_test(what_cannot_be_split),
        cmocka_unit_test(what_cannot_be_combined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
