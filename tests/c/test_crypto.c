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

/* Every byte at every place of a long text: only the 64 of the alphabet are taken, each for what it
 * is, whether eight characters are decoded at once or one by one. */
static void base64_knows_its_alphabet(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned place, byte, value;

    (void)state;
    for (place = 0; place < 12; place++)
        for (byte = 0; byte < 256; byte++) {
            const char *known = byte == 0 ? NULL : strchr(alphabet, (int)byte);
            unsigned char text[] = "AAAAAAAAAAAA", out[16];
            size_t len;

            text[place] = (unsigned char)byte;
            assert_int_equal(ml_base64_decode(ML_BASE64_BARE, out, &len, ml_bytes_of(text, 12)),
                             known == NULL ? -1 : 0);
            if (known == NULL)
                continue;
            value = (unsigned)out[place / 4 * 3] << 16 | (unsigned)out[place / 4 * 3 + 1] << 8 |
                    out[place / 4 * 3 + 2];
            assert_int_equal(value, (unsigned)(known - alphabet) << (18 - 6 * (place % 4)));
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

/* A value of a file that sops sealed, at m/k: sealed again with its nonce it is the same. */
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

/* RFC 8032, 7.1, test 1. */
static void ed25519_matches_its_rfc(void **state)
{
    static const char *const hex[] = {
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b"
    };
    unsigned char seed[32], point[32], signature[64], made[64], public_key[32];
    const ml_bytes empty = ml_bytes_of(NULL, 0);
    ml_err e;

    (void)state;
    assert_int_equal(ml_hex_decode(seed, ml_bytes_text(hex[0])), 0);
    assert_int_equal(ml_hex_decode(point, ml_bytes_text(hex[1])), 0);
    assert_int_equal(ml_hex_decode(signature, ml_bytes_text(hex[2])), 0);
    ml_ed25519_public(public_key, seed);
    assert_memory_equal(public_key, point, 32);
    ml_ed25519_sign(made, seed, empty);
    assert_memory_equal(made, signature, 64);
    assert_int_equal(ml_ed25519_verify(point, signature, empty, &e), 0);
    assert_int_equal(ml_ed25519_verify(point, signature, ml_bytes_text("x"), &e), -1);
    assert_string_equal(e.code, ML_E_AUTH);
}

/* RFC 7914, section 12, the vector with r = 8 and p = 1; its first 32 bytes. */
static void scrypt_matches_its_rfc(void **state)
{
    unsigned char out[32], want[32];
    ml_err e;

    (void)state;
    ml_hex_decode(
        want, ml_bytes_text("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"));
    assert_int_equal(
        ml_scrypt(out, ml_bytes_text("pleaseletmein"), ml_bytes_text("SodiumChloride"), 14, &e), 0);
    assert_memory_equal(out, want, 32);
}

static void hashes_in_pieces_are_hashes(void **state)
{
    unsigned char message[300], whole[64], pieces[64];
    ml_hash h;
    size_t i;

    (void)state;
    ml_random(message, sizeof message);
    ml_sha512(whole, ml_bytes_of(message, sizeof message));
    ml_sha512_begin(&h);
    for (i = 0; i < sizeof message; i += 7)
        ml_sha512_add(&h, ml_bytes_slice(ml_bytes_of(message, sizeof message), i, i + 7));
    ml_sha512_finish(&h, pieces);
    assert_memory_equal(whole, pieces, 64);
    ml_sha256(whole, ml_bytes_of(message, sizeof message));
    ml_sha256_begin(&h);
    for (i = 0; i < sizeof message; i += 7)
        ml_sha256_add(&h, ml_bytes_slice(ml_bytes_of(message, sizeof message), i, i + 7));
    ml_sha256_finish(&h, pieces);
    assert_memory_equal(whole, pieces, 32);
    ml_sha256(whole, ml_bytes_text("abc"));
    ml_hex_decode(pieces, ml_bytes_text("ba7816bf8f01cfea414140de5dae2223"
                                        "b00361a396177a9cb410ff61f20015ad"));
    assert_memory_equal(whole, pieces, 32);
}

/* The ciphertext and its tag under a nonce of any length; in place; nothing. */
static void gcm_takes_any_nonce(void **state)
{
    unsigned char key[32] = { 9 }, nonce[64], text[50], box[50], tag[16];
    ml_gcm *g;
    size_t len;
    ml_err e;

    (void)state;
    assert_int_equal(ml_gcm_new(&g, key, &e), 0);
    ml_random(nonce, sizeof nonce);
    ml_random(text, sizeof text);
    for (len = 1; len <= sizeof nonce; len++) {
        const ml_bytes n = ml_bytes_of(nonce, len), part = ml_bytes_of(text, len % 50);

        ml_gcm_seal(g, box, tag, n, ml_bytes_text("aad"), part);
        assert_int_equal(
            ml_gcm_open(g, box, n, ml_bytes_text("aad"), ml_bytes_of(box, part.len), tag, &e), 0);
        assert_memory_equal(box, text, part.len);
        ml_gcm_seal(g, box, tag, n, ml_bytes_text("aad"), part);
        tag[15] ^= 1;
        assert_int_equal(
            ml_gcm_open(g, box, n, ml_bytes_text("aad"), ml_bytes_of(box, part.len), tag, &e), -1);
    }
    ml_gcm_free(g);
    ml_gcm_free(NULL);
}

static void count_up(void *p, size_t len)
{
    unsigned char *to = p;
    size_t i;

    for (i = 0; i < len; i++)
        to[i] = (unsigned char)i;
}

static void random_source_and_clock_can_be_fixed(void **state)
{
    unsigned char a[8], b[8];

    (void)state;
    ml_random_source(count_up);
    ml_random(a, sizeof a);
    ml_random_source(NULL);
    assert_memory_equal(a, "\0\1\2\3\4\5\6\7", 8);
    ml_random(b, sizeof b);
    assert_memory_not_equal(a, b, 8); /* wrong once in 2^64 runs */
    ml_clock_set(1234);
    assert_int_equal(ml_clock_now(), 1234);
    ml_clock_set(-1);
    assert_true(ml_clock_now() > 1234);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_canonical),
        cmocka_unit_test(base64_knows_its_alphabet),
        cmocka_unit_test(hex_takes_both_cases_and_writes_lower),
        cmocka_unit_test(bech32_checks_everything),
        cmocka_unit_test(gcm_opens_the_vector_of_sops),
        cmocka_unit_test(x25519_refuses_points_of_low_order),
        cmocka_unit_test(hkdf_matches_its_rfc),
        cmocka_unit_test(chacha_opens_what_it_sealed),
        cmocka_unit_test(ed25519_matches_its_rfc),
        cmocka_unit_test(scrypt_matches_its_rfc),
        cmocka_unit_test(hashes_in_pieces_are_hashes),
        cmocka_unit_test(gcm_takes_any_nonce),
        cmocka_unit_test(random_source_and_clock_can_be_fixed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
