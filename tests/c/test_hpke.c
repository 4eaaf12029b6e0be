/* test_hpke.c — the key encapsulations and the key schedule of HPKE against published vectors. */
#include "tests/c/files.h"

#include "base/secret.h"
#include "crypto/encode.h"
#include "crypto/hpke.h"
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

    field(drawn, sizeof drawn, v, "ikmE");
    drawn_at = 0;
    ml_random_source(draw);
    assert_int_equal(kem->encapsulate(secret, share, public_key, &e), 0);
    ml_random_source(NULL);
    assert_int_equal(kem->share_size, sizeof share);
    assert_field(v, "enc", share, sizeof share);
    assert_field(v, "shared_secret", secret, sizeof secret);

    memset(secret, 0, sizeof secret);
    assert_int_equal(kem->decapsulate(secret, seed, share, &e), 0);
    assert_field(v, "shared_secret", secret, sizeof secret);

    ml_hpke_schedule(key, nonce, kem, secret,
                     ml_bytes_of(info, field(info, sizeof info, v, "info")));
    assert_field(v, "key", key, sizeof key);
    assert_field(v, "base_nonce", nonce, sizeof nonce);
    ml_json_free(v.all);
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
        cmocka_unit_test(what_is_sealed_opens_for_its_key_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
