/* test_hpke.c — the key encapsulations and the key schedule of HPKE against published vectors. */
#include "tests/c/files.h"

#include <sodium.h>

#include "crypto/encode.h"
#include "crypto/hpke.h"
#include "crypto/keccak.h"
#include "crypto/mlkem.h"
#include "format/json.h"

/* One entry of a file of vectors. */
typedef struct vector {
    ml_json *all;
    const ml_json *entry;
} vector;

static vector read_vector(const char *path, int64_t kem)
{
    ml_buf file = read_file(path);
    vector v = { NULL, NULL };
    int64_t id;
    ml_err e;

    assert_int_equal(ml_json_read(&v.all, ml_buf_bytes(&file), ML_JSON_EXACT, &e), 0);
    ml_buf_free(&file);
    for (v.entry = ml_json_first(v.all); v.entry != NULL; v.entry = ml_json_next(v.entry))
        if (ml_json_integer(ml_json_get(v.entry, "kem_id"), &id) && id == kem)
            return v;
    fail_msg("no vector of KEM %d", (int)kem);
    return v;
}

/* The bytes of one field, whose number is the test's to know: *len of them, at most `room`. */
static size_t field(unsigned char *out, size_t room, vector v, const char *name)
{
    const ml_bytes hex = ml_json_string(ml_json_get(v.entry, name));

    assert_in_range(hex.len, 2, 2 * room);
    assert_int_equal(ml_hex_decode(out, hex), 0);
    return hex.len / 2;
}

static void assert_field(vector v, const char *name, const unsigned char *got, size_t len)
{
    unsigned char expected[4096];

    assert_int_equal(field(expected, sizeof expected, v, name), len);
    assert_memory_equal(got, expected, len);
}

/* What encapsulation takes for random: the bytes of `ikmE`, one after the other. */
static unsigned char drawn[256];
static size_t drawn_at;

static void draw(void *p, size_t len)
{
    assert_in_range(drawn_at + len, 0, sizeof drawn);
    memcpy(p, drawn + drawn_at, len);
    drawn_at += len;
}

/* With the vector's random bytes it makes the vector's share and secret. */
static void encapsulates(const ml_kem *kem, vector v, unsigned char *share,
                         const unsigned char *public_key)
{
    unsigned char secret[ML_KEM_SECRET];
    ml_err e;

    field(drawn, sizeof drawn, v, "ikmE");
    drawn_at = 0;
    ml_random_source(draw);
    assert_int_equal(kem->encapsulate(secret, share, public_key, &e), 0);
    ml_random_source(NULL);
    assert_field(v, "enc", share, kem->share_size);
    assert_field(v, "shared_secret", secret, sizeof secret);
}

static void hybrid_of_the_vectors(void **state)
{
    const ml_kem *kem = &ml_kem_mlkem768_x25519;
    const vector v = read_vector("tests/vectors/hpke/hpke-pq.json", kem->id);
    unsigned char seed[ML_KEM_HYBRID_SEED], public_key[ML_KEM_HYBRID_PUBLIC];
    unsigned char share[ML_KEM_HYBRID_SHARE], secret[ML_KEM_SECRET], info[64];
    unsigned char key[ML_CHACHA_KEY], nonce[ML_CHACHA_NONCE];
    ml_err e;

    (void)state;
    field(seed, sizeof seed, v, "skRm");
    ml_kem_hybrid_public(public_key, seed);
    assert_int_equal(kem->public_size, sizeof public_key);
    assert_field(v, "pkRm", public_key, sizeof public_key);

    assert_int_equal(kem->share_size, sizeof share);
    encapsulates(kem, v, share, public_key);

    memset(secret, 0, sizeof secret);
    assert_int_equal(kem->decapsulate(secret, seed, share, &e), 0);
    assert_field(v, "shared_secret", secret, sizeof secret);

    ml_hpke_schedule(key, nonce, kem, secret,
                     ml_bytes_of(info, field(info, sizeof info, v, "info")));
    assert_field(v, "key", key, sizeof key);
    assert_field(v, "base_nonce", nonce, sizeof nonce);
    ml_json_free(v.all);
}

/* The secret of a hybrid with P-256, as whoever has both private keys computes it. */
static void decapsulate_mlkem768_p256(unsigned char secret[32], const unsigned char seed[32],
                                      const unsigned char *share)
{
    static const char label[] = "MLKEM768-P256";
    const unsigned char *point = share + ML_MLKEM_CIPHERTEXT;
    const ml_bytes part = ml_bytes_of(seed, 32);
    unsigned char expanded[ML_MLKEM_SEED + ML_P256_SIZE], mlkem_public[ML_MLKEM_PUBLIC];
    unsigned char mlkem[ML_MLKEM_PRIVATE], own_point[ML_P256_POINT];
    unsigned char post_quantum[32], classic[32];
    const ml_bytes parts[] = { ml_bytes_of(post_quantum, 32), ml_bytes_of(classic, 32),
                               ml_bytes_of(point, ML_P256_POINT),
                               ml_bytes_of(own_point, ML_P256_POINT), ml_bytes_text(label) };
    ml_err e;

    ml_keccak(ML_SHAKE256, expanded, sizeof expanded, &part, 1);
    ml_mlkem_keys(mlkem_public, mlkem, expanded);
    ml_mlkem_decapsulate(post_quantum, mlkem, share);
    assert_int_equal(ml_p256_base(own_point, expanded + ML_MLKEM_SEED, &e), 0);
    assert_int_equal(ml_p256(classic, expanded + ML_MLKEM_SEED, point, &e), 0);
    ml_keccak(ML_SHA3_256, secret, 32, parts, sizeof parts / sizeof *parts);
}

static void hybrid_with_p256_of_the_vectors(void **state)
{
    const ml_kem *kem = &ml_kem_mlkem768_p256;
    const vector v = read_vector("tests/vectors/hpke/hpke-pq.json", kem->id);
    unsigned char seed[32], public_key[ML_MLKEM_PUBLIC + ML_P256_POINT];
    unsigned char share[ML_MLKEM_CIPHERTEXT + ML_P256_POINT], secret[ML_KEM_SECRET];

    (void)state;
    field(seed, sizeof seed, v, "skRm");
    assert_int_equal(field(public_key, sizeof public_key, v, "pkRm"), kem->public_size);
    assert_int_equal(kem->share_size, sizeof share);
    encapsulates(kem, v, share, public_key);
    memset(secret, 0, sizeof secret);
    decapsulate_mlkem768_p256(secret, seed, share);
    assert_field(v, "shared_secret", secret, sizeof secret);
    ml_json_free(v.all);
}

/* RFC 9180 derives private keys, where this program draws them. */
static void derive_p256(unsigned char scalar[ML_P256_SIZE], ml_bytes from)
{
    const ml_bytes suite = ml_bytes_of("KEM\x00\x10", 5);
    unsigned char extracted[ML_SHA256_SIZE];

    ml_hpke_extract(extracted, suite, ml_bytes_of(NULL, 0), "dkp_prk", from);
    ml_hpke_expand(scalar, ML_P256_SIZE, suite, extracted, "candidate", ml_bytes_of("", 1));
}

/* As many messages and associated data as the vectors seal, 0 to 255 bytes each, drawn from
 * SHAKE128 of nothing; what comes out is hashed. libsodium seals here what ml_hpke_seal cannot:
 * more than one message, with associated data. */
static void assert_encryptions(vector v, const unsigned char *key, const unsigned char *nonce)
{
    unsigned char aad[256], text[256], sealed[256 + ML_CHACHA_TAG], used[ML_CHACHA_NONCE], len[2];
    unsigned long long size;
    ml_sponge source, results;
    unsigned i;

    ml_sponge_begin(&source, ML_SHAKE128);
    ml_sponge_begin(&results, ML_SHAKE128);
    for (i = 0; i < 1000; i++) {
        ml_sponge_read(&source, &len[0], 1);
        ml_sponge_read(&source, aad, len[0]);
        ml_sponge_read(&source, &len[1], 1);
        ml_sponge_read(&source, text, len[1]);
        memcpy(used, nonce, sizeof used);
        used[ML_CHACHA_NONCE - 1] ^= (unsigned char)i;
        used[ML_CHACHA_NONCE - 2] ^= (unsigned char)(i >> 8);
        crypto_aead_chacha20poly1305_ietf_encrypt(sealed, &size, text, len[1], aad, len[0], NULL,
                                                  used, key);
        ml_sponge_add(&results, ml_bytes_of(sealed, (size_t)size));
    }
    ml_sponge_read(&results, sealed, 16);
    assert_field(v, "encryptions_accumulated", sealed, 16);
    ml_sponge_end(&source);
    ml_sponge_end(&results);
}

static void p256_of_the_rfc(void **state)
{
    const ml_kem *kem = &ml_kem_p256;
    const vector v = read_vector("tests/vectors/hpke/rfc9180.json", kem->id);
    unsigned char scalar[ML_P256_SIZE], public_key[ML_P256_POINT], share[ML_P256_POINT];
    unsigned char secret[ML_KEM_SECRET], key[ML_CHACHA_KEY], nonce[ML_CHACHA_NONCE], info[64];
    ml_err e;

    (void)state;
    derive_p256(scalar, ml_bytes_of(drawn, field(drawn, sizeof drawn, v, "ikmR")));
    assert_field(v, "skRm", scalar, sizeof scalar);
    assert_int_equal(ml_p256_base(public_key, scalar, &e), 0);
    assert_field(v, "pkRm", public_key, kem->public_size);

    derive_p256(scalar, ml_bytes_of(drawn, field(drawn, sizeof drawn, v, "ikmE")));
    memcpy(drawn, scalar, sizeof scalar);
    drawn_at = 0;
    ml_random_source(draw);
    assert_int_equal(kem->encapsulate(secret, share, public_key, &e), 0);
    ml_random_source(NULL);
    assert_field(v, "enc", share, kem->share_size);
    ml_hpke_schedule(key, nonce, kem, secret,
                     ml_bytes_of(info, field(info, sizeof info, v, "info")));
    assert_encryptions(v, key, nonce);
    ml_json_free(v.all);
}

/* A number that is no private key of P-256 is drawn again. */
static void zero_is_no_private_key(void **state)
{
    unsigned char scalar[ML_P256_SIZE] = { 1 }, public_key[ML_P256_POINT], share[ML_P256_POINT];
    unsigned char secret[ML_KEM_SECRET];
    ml_err e;

    (void)state;
    assert_int_equal(ml_p256_base(public_key, scalar, &e), 0);
    memset(drawn, 0, sizeof drawn);
    memset(drawn + 32, 0xff, 32); /* beyond the order */
    drawn[95] = 1;
    drawn_at = 0;
    ml_random_source(draw);
    assert_int_equal(ml_kem_p256.encapsulate(secret, share, public_key, &e), 0);
    ml_random_source(NULL);
    assert_int_equal(drawn_at, 96);
}

static void what_is_sealed_opens_for_its_key_alone(void **state)
{
    const ml_kem *kem = &ml_kem_mlkem768_x25519;
    const ml_bytes info = ml_bytes_text("for what"), text = ml_bytes_text("sixteen letters.");
    unsigned char seed[32], other[32], public_key[ML_KEM_HYBRID_PUBLIC];
    unsigned char share[ML_KEM_HYBRID_SHARE], out[16], sealed[16 + ML_CHACHA_TAG];
    const ml_bytes box = ml_bytes_of(sealed, sizeof sealed);
    ml_err e;

    (void)state;
    ml_random(seed, sizeof seed);
    ml_random(other, sizeof other);
    ml_kem_hybrid_public(public_key, seed);
    assert_int_equal(ml_hpke_seal(share, sealed, kem, public_key, info, text, &e), 0);
    assert_int_equal(ml_hpke_open(out, kem, seed, share, info, box, &e), 0);
    assert_memory_equal(out, text.p, sizeof out);

    assert_int_equal(ml_hpke_open(out, kem, other, share, info, box, &e), -1);
    assert_string_equal(e.code, ML_E_AUTH);
    assert_int_equal(ml_hpke_open(out, kem, seed, share, ml_bytes_text("else"), box, &e), -1);
    assert_string_equal(e.code, ML_E_AUTH);
    share[7] ^= 1; /* in the part of ML-KEM, which rejects without a word */
    assert_int_equal(ml_hpke_open(out, kem, seed, share, info, box, &e), -1);
    assert_string_equal(e.code, ML_E_AUTH);
    share[7] ^= 1;
    memset(share + sizeof share - ML_X25519_SIZE, 0, ML_X25519_SIZE);
    assert_int_equal(ml_hpke_open(out, kem, seed, share, info, box, &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
    memset(public_key + sizeof public_key - ML_X25519_SIZE, 0, ML_X25519_SIZE);
    assert_int_equal(ml_hpke_seal(share, sealed, kem, public_key, info, text, &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hybrid_of_the_vectors),
        cmocka_unit_test(hybrid_with_p256_of_the_vectors),
        cmocka_unit_test(p256_of_the_rfc),
        cmocka_unit_test(zero_is_no_private_key),
        cmocka_unit_test(what_is_sealed_opens_for_its_key_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
