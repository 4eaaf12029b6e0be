/* test_libcrypto.c — what libcrypto does behind the provider's door, and what is said without it.
 */
#include "tests/c/memory.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "crypto/encode.h"
#include "crypto/provider.h"

static bool absent; /* whether the system has no libcrypto */

/* Stands before the C library's. */
void *dlopen(const char *name, int flags)
{
    void *(*next)(const char *, int);
    void *const found = dlsym(RTLD_NEXT, "dlopen");

    memcpy(&next, &found, sizeof found);
    return absent ? NULL : next(name, flags);
}

/* In a child, since the library is looked for once in a process. */
static void without_it_the_package_is_named(void **state)
{
    unsigned char scalar[ML_P256_SIZE] = { 1 }, point[ML_P256_POINT];
    ml_chacha_fast *fast;
    ml_rsa_private key;
    ml_secret memory = { 0 };
    int status = -1;
    ml_err e;
    const pid_t child = fork();

    (void)state;
    if (child == 0) {
        absent = true;
        _exit(ml_rsa_generate(&key, &memory, 2048, &e) == -1 &&
                      strcmp(e.code, ML_E_UNSUPPORTED) == 0 &&
                      strncmp(e.message, "RSA keys need", 13) == 0 &&
                      strstr(e.hint, "libssl3") != NULL && ml_p256_base(point, scalar, &e) == -1 &&
                      strcmp(e.code, ML_E_UNSUPPORTED) == 0 &&
                      ml_chacha_fast_new(&fast, scalar, &e) == -1 && fast == NULL
                  ? 0
                  : 1);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static void from_hex(unsigned char *out, const char *text)
{
    assert_int_equal(ml_hex_decode(out, ml_bytes_text(text)), 0);
}

/* The first vector of NIST's "KAS ECC CDH primitive" for P-256. */
static void p256_matches_nist(void **state)
{
    unsigned char scalar[32], peer[65], own[65], wanted[65], secret[32], compressed[33];
    ml_err e;

    (void)state;
    from_hex(scalar, "7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534");
    from_hex(peer, "04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
                   "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac");
    from_hex(wanted, "04ead218590119e8876b29146ff89ca61770c4edbbf97d38ce385ed281d8a6b230"
                     "28af61281fd35e2fa7002523acc85a429cb06ee6648325389f59edfce1405141");
    assert_int_equal(ml_p256_base(own, scalar, &e), 0);
    assert_memory_equal(own, wanted, sizeof own);
    assert_int_equal(ml_p256(secret, scalar, peer, &e), 0);
    from_hex(wanted, "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b");
    assert_memory_equal(secret, wanted, sizeof secret);

    compressed[0] = (unsigned char)(2 + (peer[64] & 1));
    memcpy(compressed + 1, peer + 1, 32);
    assert_int_equal(ml_p256_decompress(own, compressed, &e), 0);
    assert_memory_equal(own, peer, sizeof own);
    compressed[0] = 4;
    assert_int_equal(ml_p256_decompress(own, compressed, &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
    memset(compressed, 0xff, sizeof compressed); /* not below the prime */
    compressed[0] = 2;
    assert_int_equal(ml_p256_decompress(own, compressed, &e), -1);
}

static void p256_refuses_what_is_no_key(void **state)
{
    unsigned char zero[32] = { 0 }, order[32], one[32] = { 0 }, point[65], secret[32];
    ml_err e;

    (void)state;
    one[31] = 1;
    from_hex(order, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    assert_int_equal(ml_p256_base(point, zero, &e), -1);
    assert_int_equal(ml_p256_base(point, order, &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
    order[31]--;
    assert_int_equal(ml_p256_base(point, order, &e), 0);
    assert_int_equal(ml_p256(secret, one, point, &e), 0);
    assert_memory_equal(secret, point + 1, sizeof secret);
    point[0] = (unsigned char)(6 + (point[64] & 1)); /* the hybrid form of SEC 1 */
    assert_int_equal(ml_p256(secret, one, point, &e), -1);
    point[0] = 4;
    point[64] ^= 1; /* off the curve */
    assert_int_equal(ml_p256(secret, one, point, &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
}

enum { CHUNK = 65536, CHUNKS = 8 };

/* Seals and opens each size both ways with libsodium as the judge, from one context. */
static void *fast_chacha_is_chacha(void *seed)
{
    static const size_t sizes[CHUNKS] = { 0, 1, 63, 64, 65, 4096, CHUNK - 1, CHUNK };
    unsigned char key[ML_CHACHA_KEY], nonce[ML_CHACHA_NONCE] = { 0 };
    unsigned char *text = malloc(CHUNK), *ours = malloc(CHUNK + ML_CHACHA_TAG);
    unsigned char *theirs = malloc(CHUNK + ML_CHACHA_TAG);
    ml_chacha_fast *fast;
    unsigned failures = 0;
    ml_err e;
    size_t i;

    memset(key, *(unsigned char *)seed, sizeof key);
    ml_random(text, CHUNK);
    if (ml_chacha_fast_new(&fast, key, &e) < 0)
        return seed;
    for (i = 0; i < CHUNKS; i++) {
        const ml_bytes part = ml_bytes_of(text, sizes[i]);
        const ml_bytes box = ml_bytes_of(ours, sizes[i] + ML_CHACHA_TAG);

        nonce[10] = (unsigned char)i;
        ml_chacha_seal(theirs, key, nonce, part);
        failures += ml_chacha_fast_seal(fast, ours, nonce, part, &e) != 0 ||
                    memcmp(ours, theirs, box.len) != 0;
        failures += ml_chacha_fast_open(fast, ours, nonce, box, &e) != 0 ||
                    memcmp(ours, text, part.len) != 0;
        theirs[sizes[i] / 2] ^= 1;
        failures += ml_chacha_fast_open(fast, ours, nonce,
                                        ml_bytes_of(theirs, sizes[i] + ML_CHACHA_TAG), &e) != -1 ||
                    strcmp(e.code, ML_E_AUTH) != 0 || (sizes[i] > 0 && ours[0] != 0);
    }
    failures += ml_chacha_fast_open(fast, ours, nonce, ml_bytes_of(theirs, 15), &e) != -1;
    ml_chacha_fast_free(fast);
    free(text);
    free(ours);
    free(theirs);
    return failures == 0 ? NULL : seed;
}

static void fast_chacha_on_several_threads(void **state)
{
    static unsigned char seeds[4] = { 1, 2, 3, 4 };
    pthread_t threads[4];
    void *failed;
    size_t i;

    (void)state;
    for (i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fast_chacha_is_chacha, &seeds[i]), 0);
    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    ml_chacha_fast_free(NULL);
}

typedef struct pair {
    ml_rsa_private key;
    ml_secret memory;
} pair;

static void generate(pair *p, unsigned bits)
{
    ml_err e;

    memset(p, 0, sizeof *p);
    assert_int_equal(ml_rsa_generate(&p->key, &p->memory, bits, &e), 0);
    assert_int_equal(p->key.public.n.len, bits / 8);
    assert_true((p->key.public.n.p[0] & 0x80) != 0);
    assert_true(ml_bytes_equal(p->key.public.e, ml_bytes_of("\1\0\1", 3)));
}

static void rsa_opens_what_it_sealed(void **state)
{
    const ml_bytes label = ml_bytes_text("label"), text = ml_bytes_text("sixteen bytes ok");
    unsigned char box[256], out[16];
    pair own, other;
    ml_bytes sealed = ml_bytes_of(box, sizeof box);
    ml_err e;

    (void)state;
    generate(&own, 2048);
    generate(&other, 2048);
    assert_int_equal(ml_rsa_oaep_seal(box, &own.key.public, label, text, &e), 0);
    assert_int_equal(ml_rsa_oaep_open(out, sizeof out, &own.key, label, sealed, &e), 0);
    assert_memory_equal(out, text.p, text.len);
    assert_int_equal(ml_rsa_oaep_open(out, sizeof out, &other.key, label, sealed, &e), -1);
    assert_string_equal(e.code, ML_E_AUTH);
    assert_int_equal(
        ml_rsa_oaep_open(out, sizeof out, &own.key, ml_bytes_text("other"), sealed, &e), -1);
    assert_int_equal(ml_rsa_oaep_open(out, sizeof out - 1, &own.key, label, sealed, &e), -1);
    sealed.len--;
    assert_int_equal(ml_rsa_oaep_open(out, sizeof out, &own.key, label, sealed, &e), -1);
    sealed.len++;
    box[100] ^= 1;
    assert_int_equal(ml_rsa_oaep_open(out, sizeof out, &own.key, label, sealed, &e), -1);

    own.key.q = other.key.q; /* a factor of another key */
    assert_int_equal(ml_rsa_oaep_open(out, sizeof out, &own.key, label, sealed, &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
    ml_secret_free(&own.memory);
    ml_secret_free(&other.memory);
}

static void rsa_verifies_what_it_signed(void **state)
{
    const ml_bytes message = ml_bytes_text("message");
    unsigned char signature[384];
    ml_bytes signed_ = ml_bytes_of(signature, sizeof signature);
    ml_rsa_hash kind;
    pair own;
    ml_err e;

    (void)state;
    generate(&own, 3072);
    for (kind = ML_RSA_SHA256; kind <= ML_RSA_SHA512; kind++) {
        const ml_rsa_public *public = &own.key.public;

        assert_int_equal(ml_rsa_sign(signature, &own.key, kind, message, &e), 0);
        assert_int_equal(ml_rsa_verify(public, kind, signed_, message, &e), 0);
        assert_int_equal(ml_rsa_verify(public, kind, signed_, ml_bytes_text("Message"), &e), -1);
        assert_string_equal(e.code, ML_E_AUTH);
        assert_int_equal(ml_rsa_verify(public, ML_RSA_SHA512 - kind, signed_, message, &e), -1);
        signature[383] ^= 1;
        assert_int_equal(ml_rsa_verify(public, kind, signed_, message, &e), -1);
    }
    ml_secret_free(&own.memory);
}

enum { NEEDLE = 32 };

/* Notes, inverted, the lowest bytes of a number as it is written down, and as libcrypto computes.
 */
static void note(unsigned char written[NEEDLE], unsigned char computed[NEEDLE], ml_bytes number)
{
    size_t i;

    for (i = 0; i < NEEDLE; i++)
        written[i] = (unsigned char)~number.p[number.len - NEEDLE + i];
    for (i = 0; i < NEEDLE; i++)
        computed[i] = written[NEEDLE - 1 - i];
}

static void no_number_of_a_private_key_is_left_by_libcrypto(void **state)
{
    static unsigned char written[3][NEEDLE], computed[3][NEEDLE];
    const ml_bytes text = ml_bytes_text("text");
    unsigned char box[256], out[4];
    pair own;
    ml_err e;
    size_t i;

    (void)state;
#ifdef ML_ASAN
    skip(); /* the sanitizers' memory is too large to search */
#endif
    generate(&own, 2048);
    note(written[0], computed[0], own.key.d);
    note(written[1], computed[1], own.key.p);
    note(written[2], computed[2], own.key.q);
    assert_int_equal(ml_rsa_oaep_seal(box, &own.key.public, text, text, &e), 0);
    assert_int_equal(ml_rsa_oaep_open(out, 4, &own.key, text, ml_bytes_of(box, sizeof box), &e), 0);
    assert_int_equal(ml_rsa_sign(box, &own.key, ML_RSA_SHA512, text, &e), 0);
    for (i = 0; i < 3; i++) {
        assert_int_equal(copies_in_memory(written[i], NEEDLE), 1); /* ours: the search does find */
        assert_int_equal(copies_in_memory(computed[i], NEEDLE), 0);
    }
    ml_secret_free(&own.memory);
    for (i = 0; i < 3; i++)
        assert_int_equal(copies_in_memory(written[i], NEEDLE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_it_the_package_is_named),
        cmocka_unit_test(p256_matches_nist),
        cmocka_unit_test(p256_refuses_what_is_no_key),
        cmocka_unit_test(fast_chacha_on_several_threads),
        cmocka_unit_test(rsa_opens_what_it_sealed),
        cmocka_unit_test(rsa_verifies_what_it_signed),
        cmocka_unit_test(no_number_of_a_private_key_is_left_by_libcrypto),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
