/* test_crypto.c — encodings and the provider's door, against published vectors. */
#include "tests/c/test.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/encode.h"
#include "crypto/provider.h"

static void base64_is_canonical(void **state)
{
    static const char *const bad[] = { "A",    "AB",   "AB=",    "AB==x", "A=B=",
                                       "AR==", "AAB=", "AB\n==", "====",  "AB-=" };
    unsigned char out[64];
    char text[64];
    size_t i, len;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(ml_base64_decode(ML_BASE64_PADDED, out, &len, ml_bytes_text(bad[i])), -1);
    assert_int_equal(ml_base64_decode(ML_BASE64_BARE, out, &len, ml_bytes_text("AA==")), -1);
    assert_int_equal(ml_base64_decode(ML_BASE64_BARE, out, &len, ml_bytes_text("AB")), -1);
    assert_int_equal(ml_base64_decode(ML_BASE64_LINES, out, &len, ml_bytes_text("Zm\r\n9v\n")), 0);
    assert_int_equal(len, 3);
    assert_memory_equal(out, "foo", 3);
    for (i = 0; i < 40; i++) {
        unsigned char raw[40], back[64];
        const ml_base64 kind = i % 2 == 0 ? ML_BASE64_PADDED : ML_BASE64_BARE;

        ml_random(raw, i);
        ml_base64_encode(kind, text, ml_bytes_of(raw, i));
        assert_int_equal(
            ml_base64_decode(kind, back, &len, ml_bytes_of(text, ml_base64_size(kind, i))), 0);
        assert_int_equal(len, i);
        assert_memory_equal(raw, back, i);
    }
}

static void hex_takes_both_cases_and_writes_lower(void **state)
{
    unsigned char out[8];
    char text[8];

    (void)state;
    assert_int_equal(ml_hex_decode(out, ml_bytes_text("0aFf")), 0);
    assert_memory_equal(out, "\x0a\xff", 2);
    ml_hex_encode(text, ml_bytes_of(out, 2));
    assert_memory_equal(text, "0aff", 4);
    assert_int_equal(ml_hex_decode(out, ml_bytes_text("abc")), -1);
    assert_int_equal(ml_hex_decode(out, ml_bytes_text("0g")), -1);
}

static void bech32_checks_everything(void **state)
{
    const char *good = "age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452";
    unsigned char out[128];
    char text[128];
    size_t len, i;

    (void)state;
    assert_int_equal(ml_bech32_decode(out, &len, "age", false, ml_bytes_text(good)), 0);
    assert_int_equal(len, 32);
    assert_int_equal(ml_bech32_size("age", 32), strlen(good));
    ml_bech32_encode(text, "age", ml_bytes_of(out, 32), false);
    assert_memory_equal(text, good, strlen(good));
    for (i = 0; i < strlen(good); i++) { /* any single changed character is noticed */
        memcpy(text, good, strlen(good) + 1);
        text[i] = text[i] == 'q' ? 'p' : 'q';
        assert_int_equal(ml_bech32_decode(out, &len, "age", false, ml_bytes_text(text)), -1);
    }
    assert_int_equal(ml_bech32_decode(out, &len, "age", true, ml_bytes_text(good)), -1);
    assert_int_equal(ml_bech32_decode(out, &len, "agx", false, ml_bytes_text(good)), -1);
    ml_bech32_encode(text, "x", ml_bytes_of(NULL, 0), false);
    assert_int_equal(
        ml_bech32_decode(out, &len, "x", false, ml_bytes_of(text, ml_bech32_size("x", 0))), 0);
    assert_int_equal(len, 0);
}

/* The value m:k of the vectors in spec/sops.md section 11. */
static void gcm_opens_the_vector_of_sops(void **state)
{
    static const char iv64[] = "zlMoWMUBqDmThssuXGiRfPURb7Nku3KOvGsHFMgb9rY=",
                      tag64[] = "rLlYNTf7hj8uC5Ld5ZvLTA==",
                      key16[] = "93222370dae35698ebaea1b74e92d2fd532e42a9eae2c8e052f144ab9c271951";
    unsigned char key[32], iv[36], tag[20], out[4], sealed[4], again[16];
    size_t len;
    ml_gcm *g;
    ml_err e;

    (void)state;
    assert_int_equal(ml_hex_decode(key, ml_bytes_text(key16)), 0);
    assert_int_equal(ml_base64_decode(ML_BASE64_PADDED, iv, &len, ml_bytes_text(iv64)), 0);
    assert_int_equal(len, 32);
    assert_int_equal(ml_base64_decode(ML_BASE64_PADDED, tag, &len, ml_bytes_text(tag64)), 0);
    assert_int_equal(ml_gcm_new(&g, key, &e), 0);
    assert_int_equal(ml_gcm_open(g, out, ml_bytes_of(iv, 32), ml_bytes_text("m:k:"),
                                 ml_bytes_of("\xac", 1), tag, &e),
                     0);
    assert_memory_equal(out, "7", 1);
    ml_gcm_seal(g, sealed, again, ml_bytes_of(iv, 32), ml_bytes_text("m:k:"), ml_bytes_text("7"));
    assert_memory_equal(sealed, "\xac", 1);
    assert_memory_equal(again, tag, 16);
    out[0] = 'x';
    assert_int_equal(ml_gcm_open(g, out, ml_bytes_of(iv, 32), ml_bytes_text("m:j:"),
                                 ml_bytes_of("\xac", 1), tag, &e),
                     -1);
    assert_string_equal(e.code, ML_E_AUTH);
    assert_int_equal(out[0], 0);
    ml_gcm_free(g);
}

static void x25519_refuses_points_of_low_order(void **state)
{
    unsigned char scalar[32] = { 1 }, zero[32] = { 0 }, out[32];
    ml_err e;

    (void)state;
    assert_int_equal(ml_x25519(out, scalar, zero, &e), -1);
    zero[0] = 1; /* the identity, as an Ed25519 point */
    assert_int_equal(ml_ed25519_to_x25519(out, zero, &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
}

/* RFC 5869, test case 3 has 42 bytes of output; its first 32 are one block. */
static void hkdf_matches_its_rfc(void **state)
{
    unsigned char secret[22], out[32], want[32];

    (void)state;
    memset(secret, 0x0b, sizeof secret);
    ml_hkdf_sha256(out, ml_bytes_of(secret, sizeof secret), ml_bytes_of(NULL, 0), "");
    ml_hex_decode(
        want, ml_bytes_text("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"));
    assert_memory_equal(out, want, 32);
}

static void chacha_opens_what_it_sealed(void **state)
{
    unsigned char key[32] = { 1 }, nonce[12] = { 2 }, box[21], out[5];
    ml_err e;

    (void)state;
    ml_chacha_seal(box, key, nonce, ml_bytes_text("hello"));
    assert_int_equal(ml_chacha_open(out, key, nonce, ml_bytes_of(box, 21), &e), 0);
    assert_memory_equal(out, "hello", 5);
    box[3] ^= 1;
    assert_int_equal(ml_chacha_open(out, key, nonce, ml_bytes_of(box, 21), &e), -1);
    assert_int_equal(out[0], 0);
    assert_int_equal(ml_chacha_open(out, key, nonce, ml_bytes_of(box, 15), &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_canonical),
        cmocka_unit_test(hex_takes_both_cases_and_writes_lower),
        cmocka_unit_test(bech32_checks_everything),
        cmocka_unit_test(gcm_opens_the_vector_of_sops),
        cmocka_unit_test(x25519_refuses_points_of_low_order),
        cmocka_unit_test(hkdf_matches_its_rfc),
        cmocka_unit_test(chacha_opens_what_it_sealed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
