/* test_age_tag.c — recipients whose private keys stay in hardware. What the hardware would do is
 * done here, with the private keys of published vectors. */
#include "tests/c/files.h"

#include "crypto/encode.h"
#include "crypto/hpke.h"
#include "crypto/keccak.h"
#include "crypto/mlkem.h"
#include "format/age.h"
#include "format/age_wrap.h"

#define VECTORS "tests/vectors/age-tag/"

/* P-256, HKDF-SHA-256, ChaCha20-Poly1305 of RFC 9180; MLKEM768-P256 of tests/vectors/hpke. */
#define SCALAR "a4d1c55836aa30f9b3fbb6ac98d338c877c2867dd3a77396d13f68d3ab150d3b"
#define SEED "dfa3a04d54a0ec2f7edec57185e3df94063855fc7af64f25b815417a2c6eb0e4"

enum { TAG = 4, SHARE_MOST = ML_MLKEM_CIPHERTEXT + ML_P256_POINT };

/* One of the two types, with what the hardware knows. */
typedef struct device {
    const char *stanza, *info;
    const ml_kem *kem;
    unsigned char scalar[ML_P256_SIZE], point[ML_P256_POINT];
    unsigned char mlkem[ML_MLKEM_PRIVATE]; /* of the hybrid */
    bool hybrid;
} device;

static device new_device(bool hybrid)
{
    device d = {
        "p256tag", "age-encryption.org/p256tag", &ml_kem_p256, { 0 }, { 0 }, { 0 }, hybrid
    };
    unsigned char seed[32] = { 0 }, expanded[ML_MLKEM_SEED + ML_P256_SIZE],
                  ignored[ML_MLKEM_PUBLIC];
    const ml_bytes part = ml_bytes_of(seed, sizeof seed);
    ml_err e;

    if (hybrid) {
        d.stanza = "mlkem768p256tag";
        d.info = "age-encryption.org/mlkem768p256tag";
        d.kem = &ml_kem_mlkem768_p256;
        assert_int_equal(ml_hex_decode(seed, ml_bytes_text(SEED)), 0);
        ml_keccak(ML_SHAKE256, expanded, sizeof expanded, &part, 1);
        ml_mlkem_keys(ignored, d.mlkem, expanded);
        memcpy(d.scalar, expanded + ML_MLKEM_SEED, sizeof d.scalar);
    } else {
        assert_int_equal(ml_hex_decode(d.scalar, ml_bytes_text(SCALAR)), 0);
    }
    assert_int_equal(ml_p256_base(d.point, d.scalar, &e), 0);
    return d;
}

static ml_age_recipient read_recipient(const device *d)
{
    ml_buf file = read_file(d->hybrid ? VECTORS "tagpq.txt" : VECTORS "tag.txt");
    ml_age_recipient r;
    ml_err e;

    if (ml_age_recipient_parse(&r, ml_bytes_of(file.p, file.len - 1), &e) < 0)
        fail_msg("%s", e.message);
    ml_buf_free(&file);
    return r;
}

/* DHKEM, by the words of RFC 9180: Decap and ExtractAndExpand. */
static void decapsulate_p256(unsigned char secret[32], const device *d, const unsigned char *share)
{
    const ml_bytes suite = ml_bytes_of("KEM\x00\x10", 5);
    unsigned char agreed[32], extracted[32], context[2 * ML_P256_POINT];
    ml_err e;

    assert_int_equal(ml_p256(agreed, d->scalar, share, &e), 0);
    memcpy(context, share, ML_P256_POINT);
    memcpy(context + ML_P256_POINT, d->point, ML_P256_POINT);
    ml_hpke_extract(extracted, suite, ml_bytes_of(NULL, 0), "eae_prk", ml_bytes_of(agreed, 32));
    ml_hpke_expand(secret, 32, suite, extracted, "shared_secret",
                   ml_bytes_of(context, sizeof context));
}

static void decapsulate_hybrid(unsigned char secret[32], const device *d,
                               const unsigned char *share)
{
    const unsigned char *point = share + ML_MLKEM_CIPHERTEXT;
    unsigned char post_quantum[32] = { 0 }, agreed[32] = { 0 };
    const ml_bytes parts[] = { ml_bytes_of(post_quantum, 32), ml_bytes_of(agreed, 32),
                               ml_bytes_of(point, ML_P256_POINT),
                               ml_bytes_of(d->point, ML_P256_POINT),
                               ml_bytes_text("MLKEM768-P256") };
    ml_err e;

    ml_mlkem_decapsulate(post_quantum, d->mlkem, share);
    assert_int_equal(ml_p256(agreed, d->scalar, point, &e), 0);
    ml_keccak(ML_SHA3_256, secret, 32, parts, sizeof parts / sizeof *parts);
}

/* The tag of a stanza, from the share and the hardware's own point. */
static void make_tag(unsigned char tag[TAG], const device *d, ml_bytes share)
{
    unsigned char compressed[ML_P256_COMPRESSED], hash[32], whole[32];
    const ml_bytes parts[] = { share, ml_bytes_of(hash, TAG) };

    compressed[0] = (unsigned char)(2 | (d->point[ML_P256_POINT - 1] & 1));
    memcpy(compressed + 1, d->point + 1, ML_P256_SIZE);
    ml_sha256(hash, d->hybrid ? ml_bytes_of(d->point, ML_P256_POINT)
                              : ml_bytes_of(compressed, sizeof compressed));
    ml_hmac_sha256_parts(whole, ml_bytes_text(d->info), parts, 2);
    memcpy(tag, whole, TAG);
}

static void unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const device *d, const ml_age_stanza *s)
{
    unsigned char share[SHARE_MOST + 2], tag[8], expected[TAG], secret[32];
    unsigned char key[ML_CHACHA_KEY], nonce[ML_CHACHA_NONCE];
    size_t len;
    ml_err e;

    assert_true(ml_bytes_is(s->arguments[0], d->stanza));
    assert_int_equal(s->count, 3);
    assert_int_equal(ml_base64_decode(ML_BASE64_BARE, tag, &len, s->arguments[1]), 0);
    assert_int_equal(len, TAG);
    assert_int_equal(s->arguments[2].len, ml_base64_size(ML_BASE64_BARE, d->kem->share_size));
    assert_int_equal(ml_base64_decode(ML_BASE64_BARE, share, &len, s->arguments[2]), 0);
    assert_int_equal(len, d->kem->share_size);
    make_tag(expected, d, ml_bytes_of(share, len));
    assert_memory_equal(tag, expected, TAG);
    assert_int_equal(s->body.len, ML_AGE_FILE_KEY + ML_CHACHA_TAG);
    (d->hybrid ? decapsulate_hybrid : decapsulate_p256)(secret, d, share);
    ml_hpke_schedule(key, nonce, d->kem, secret, ml_bytes_text(d->info));
    assert_int_equal(ml_chacha_open(file_key, key, nonce, s->body, &e), 0);
}

/* Opens the header of a file as the hardware would: its MAC proves the file key. */
static void check_file(const device *d, ml_bytes file)
{
    unsigned char file_key[ML_AGE_FILE_KEY], mac[ML_AGE_MAC];
    ml_age_header h;
    ml_err e;

    assert_int_equal(ml_age_header_parse(&h, file, &e), 0);
    assert_int_equal(h.count, 1);
    unwrap(file_key, d, &h.stanzas[0]);
    ml_age_header_mac(mac, file_key, h.covered);
    assert_memory_equal(mac, h.mac, sizeof mac);
    ml_age_header_free(&h);
}

static void files_of_age_and_npm_open(void **state)
{
    static const char *const names[2][2] = { { "tag.age", "npm-tag.age" },
                                             { "tagpq.age", "npm-tagpq.age" } };
    char path[64];
    size_t i, j;

    (void)state;
    for (i = 0; i < 2; i++) {
        const device d = new_device(i == 1);

        for (j = 0; j < 2; j++) {
            ml_buf file;

            snprintf(path, sizeof path, VECTORS "%s", names[i][j]);
            file = read_file(path);
            check_file(&d, ml_buf_bytes(&file));
            ml_buf_free(&file);
        }
    }
}

static void what_we_make_opens(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        const device d = new_device(i == 1);
        ml_age_recipient r = read_recipient(&d), copy;
        const ml_age_recipient *to[] = { &copy };
        ml_buf file = { 0 };
        ml_err e;

        assert_int_equal(r.kind, i == 1 ? ML_AGE_TAG_HYBRID : ML_AGE_TAG);
        assert_int_equal(ml_age_recipient_copy(&copy, &r, &e), 0);
        assert_string_equal(copy.text, r.text);
        ml_age_recipient_free(&r);
        assert_int_equal(ml_age_encrypt(&file, to, 1, ml_bytes_text("x"), false, &e), 0);
        check_file(&d, ml_buf_bytes(&file));
        ml_buf_free(&file);
        ml_age_recipient_free(&copy);
    }
}

/* Post-quantum with post-quantum, and the other with what is not. */
static void labels_decide_who_shares_a_file(void **state)
{
    const device plain = new_device(false), post_quantum = new_device(true);
    ml_age_recipient tag = read_recipient(&plain), tag_hybrid = read_recipient(&post_quantum);
    ml_age_identity x25519, hybrid;
    const struct {
        const ml_age_recipient *a, *b;
        int status;
    } pairs[] = { { &tag, &x25519.recipient, 0 },
                  { &tag_hybrid, &hybrid.recipient, 0 },
                  { &tag, &tag_hybrid, -1 },
                  { &hybrid.recipient, &tag, -1 },
                  { &tag_hybrid, &x25519.recipient, -1 } };
    size_t i;
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_identity_generate(&x25519, ML_AGE_X25519, &e), 0);
    assert_int_equal(ml_age_identity_generate(&hybrid, ML_AGE_HYBRID, &e), 0);
    for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const ml_age_recipient *to[] = { pairs[i].a, pairs[i].b };
        ml_buf file = { 0 };

        assert_int_equal(ml_age_encrypt(&file, to, 2, ml_bytes_text("x"), false, &e),
                         pairs[i].status);
        if (pairs[i].status < 0)
            assert_string_equal(e.code, ML_E_ARGUMENT);
        ml_buf_free(&file);
    }
    ml_age_recipient_free(&tag);
    ml_age_recipient_free(&tag_hybrid);
    ml_age_identity_free(&x25519);
    ml_age_identity_free(&hybrid);
}

/* Well written, with the right checksum, and no key. */
static void refuse(const char *prefix, ml_bytes key)
{
    char text[2100];
    ml_age_recipient r;
    ml_err e;

    ml_bech32_encode(text, prefix, key, false);
    if (ml_age_recipient_parse(&r, ml_bytes_of(text, ml_bech32_size(prefix, key.len)), &e) == 0)
        fail_msg("a recipient %s of %zu bytes is taken", prefix, key.len);
    assert_string_equal(e.code, ML_E_FORMAT);
}

static void what_is_no_key_is_refused(void **state)
{
    const device d = new_device(false), hybrid = new_device(true);
    ml_age_recipient r = read_recipient(&hybrid);
    unsigned char compressed[ML_P256_COMPRESSED + 1], key[ML_MLKEM_PUBLIC + ML_P256_POINT + 1];
    const ml_bytes whole = ml_bytes_of(key, sizeof key - 1);
    size_t i;

    (void)state;
    compressed[0] = (unsigned char)(2 | (d.point[ML_P256_POINT - 1] & 1));
    memcpy(compressed + 1, d.point + 1, ML_P256_SIZE);
    refuse("age1tag", ml_bytes_of(compressed, ML_P256_COMPRESSED - 1));
    refuse("age1tag", ml_bytes_of(compressed, ML_P256_COMPRESSED + 1));
    refuse("age1tag", ml_bytes_of(d.point, ML_P256_POINT));
    for (i = 0; i < 256; i++) {
        compressed[0] = (unsigned char)i;
        if (i != 2 && i != 3)
            refuse("age1tag", ml_bytes_of(compressed, ML_P256_COMPRESSED));
    }
    compressed[0] = 2;
    memset(compressed + 1, 0xff, ML_P256_SIZE); /* beyond the field */
    refuse("age1tag", ml_bytes_of(compressed, ML_P256_COMPRESSED));

    memcpy(key, r.key, whole.len);
    refuse("age1tagpq", ml_bytes_of(key, whole.len - 1));
    refuse("age1tagpq", ml_bytes_of(key, sizeof key));
    key[whole.len - 1] ^= 1; /* off the curve */
    refuse("age1tagpq", whole);
    key[whole.len - 1] ^= 1;
    key[ML_MLKEM_PUBLIC] = 6; /* a form that says twice whether y is odd */
    refuse("age1tagpq", whole);
    key[ML_MLKEM_PUBLIC] = 4;
    key[0] = key[1] = key[2] = 0xff; /* numbers beyond the modulus of ML-KEM */
    refuse("age1tagpq", whole);
    ml_age_recipient_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_age_and_npm_open),
        cmocka_unit_test(what_we_make_opens),
        cmocka_unit_test(labels_decide_who_shares_a_file),
        cmocka_unit_test(what_is_no_key_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
