/* test_mlkem.c — Keccak and ML-KEM-768 against published vectors, and that no branch or index of
 * ML-KEM depends on a secret. */
#include "tests/c/files.h"

#include "crypto/encode.h"
#include "crypto/keccak.h"
#include "crypto/mlkem.h"
#include "crypto/mlkem_poly.h"
#include "crypto/provider.h"

#ifdef __has_include
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif

#define VECTORS "tests/vectors/mlkem/"

static void assert_hex(const unsigned char *got, size_t len, const char *hex)
{
    unsigned char expected[64];

    assert_int_equal(strlen(hex), 2 * len);
    assert_int_equal(ml_hex_decode(expected, ml_bytes_text(hex)), 0);
    assert_memory_equal(got, expected, len);
}

/* Of the empty message, from FIPS 202's examples. */
static void keccak_of_nothing(void **state)
{
    unsigned char out[64];

    (void)state;
    ml_keccak(ML_SHA3_256, out, 32, NULL, 0);
    assert_hex(out, 32, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
    ml_keccak(ML_SHA3_512, out, 64, NULL, 0);
    assert_hex(out, 64,
               "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
               "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26");
    ml_keccak(ML_SHAKE128, out, 32, NULL, 0);
    assert_hex(out, 32, "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
    ml_keccak(ML_SHAKE256, out, 32, NULL, 0);
    assert_hex(out, 32, "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f");
}

/* In parts of any length, taken and given, as at once; lengths around that of a block. */
static void sponge_does_not_see_the_seams(void **state)
{
    unsigned char message[300], whole[400], pieces[400];
    size_t length, step, at;
    ml_sponge s;

    (void)state;
    ml_random(message, sizeof message);
    for (length = 130; length <= 300; length += 1) {
        const ml_bytes all = ml_bytes_of(message, length);

        ml_keccak(ML_SHAKE256, whole, sizeof whole, &all, 1);
        step = 1 + length % 23;
        ml_sponge_begin(&s, ML_SHAKE256);
        for (at = 0; at < length; at += step)
            ml_sponge_add(&s, ml_bytes_slice(all, at, at + step));
        for (at = 0; at < sizeof pieces; at += 50)
            ml_sponge_read(&s, pieces + at, 50);
        ml_sponge_end(&s);
        assert_memory_equal(whole, pieces, sizeof whole);
    }
}

/* The value of the line "NAME = HEX". */
static void read_hex(unsigned char *out, size_t len, ml_bytes file, const char *name)
{
    size_t from, to;

    for (from = 0; from < file.len; from = to + 1) {
        ml_bytes line;

        to = ml_bytes_find(file, from, '\n');
        if (to == SIZE_MAX)
            to = file.len;
        line = ml_bytes_slice(file, from, to);
        if (!ml_bytes_starts(line, name))
            continue;
        line = ml_bytes_slice(line, strlen(name), line.len);
        if (!ml_bytes_starts(line, " = "))
            continue;
        assert_int_equal(line.len, 3 + 2 * len);
        assert_int_equal(ml_hex_decode(out, ml_bytes_slice(line, 3, line.len)), 0);
        return;
    }
    fail_msg("no line %s", name);
}

/* What one vector of key generation and encapsulation says. */
typedef struct vector {
    unsigned char d[32], z[32], m[32], shared[ML_MLKEM_SHARED];
    unsigned char public_key[ML_MLKEM_PUBLIC], private_key[ML_MLKEM_PRIVATE];
    unsigned char ciphertext[ML_MLKEM_CIPHERTEXT];
} vector;

static vector read_vector(const char *path)
{
    ml_buf file = read_file(path);
    const ml_bytes text = ml_buf_bytes(&file);
    vector v;

    read_hex(v.d, sizeof v.d, text, "d");
    read_hex(v.z, sizeof v.z, text, "z");
    read_hex(v.m, sizeof v.m, text, "m");
    read_hex(v.shared, sizeof v.shared, text, "K");
    read_hex(v.public_key, sizeof v.public_key, text, "ek");
    read_hex(v.private_key, sizeof v.private_key, text, "dk");
    read_hex(v.ciphertext, sizeof v.ciphertext, text, "c");
    ml_buf_free(&file);
    return v;
}

/* The key generation of the draft, which these vectors follow: G(d) without the rank behind it. */
static void draft_keys(unsigned char public_key[ML_MLKEM_PUBLIC],
                       unsigned char private_key[ML_MLKEM_PRIVATE], const unsigned char d[32],
                       const unsigned char z[32])
{
    const ml_bytes part = ml_bytes_of(d, 32);
    unsigned char seeds[64];

    ml_keccak(ML_SHA3_512, seeds, sizeof seeds, &part, 1);
    ml_mlkem_expand(public_key, private_key, seeds, seeds + 32, z);
}

static void check_vector(const char *path)
{
    unsigned char public_key[ML_MLKEM_PUBLIC], private_key[ML_MLKEM_PRIVATE];
    unsigned char ciphertext[ML_MLKEM_CIPHERTEXT], shared[ML_MLKEM_SHARED];
    const vector v = read_vector(path);
    ml_err e;

    draft_keys(public_key, private_key, v.d, v.z);
    assert_memory_equal(public_key, v.public_key, sizeof public_key);
    assert_memory_equal(private_key, v.private_key, sizeof private_key);
    assert_int_equal(ml_mlkem_check(public_key, &e), 0);
    ml_mlkem_encapsulate(ciphertext, shared, v.public_key, v.m);
    assert_memory_equal(ciphertext, v.ciphertext, sizeof ciphertext);
    assert_memory_equal(shared, v.shared, sizeof shared);
    memset(shared, 0, sizeof shared);
    ml_mlkem_decapsulate(shared, v.private_key, v.ciphertext);
    assert_memory_equal(shared, v.shared, sizeof shared);
}

static void intermediate_values(void **state)
{
    (void)state;
    check_vector(VECTORS "intermediate-768.txt");
}

static void a_matrix_that_takes_long_to_sample(void **state)
{
    (void)state;
    check_vector(VECTORS "unluckysample-768.txt");
}

static void the_ciphertext_is_compared_to_its_end(void **state)
{
    unsigned char private_key[ML_MLKEM_PRIVATE], ciphertext[ML_MLKEM_CIPHERTEXT];
    unsigned char shared[ML_MLKEM_SHARED], expected[ML_MLKEM_SHARED];
    ml_buf file = read_file(VECTORS "strcmp-768.txt");

    (void)state;
    read_hex(private_key, sizeof private_key, ml_buf_bytes(&file), "dk");
    read_hex(ciphertext, sizeof ciphertext, ml_buf_bytes(&file), "c");
    read_hex(expected, sizeof expected, ml_buf_bytes(&file), "K");
    ml_mlkem_decapsulate(shared, private_key, ciphertext);
    assert_memory_equal(shared, expected, sizeof shared);
    ml_buf_free(&file);
}

/* Any one changed bit gives SHAKE256(z ‖ c) in place of the shared key. */
static void a_changed_ciphertext_is_rejected(void **state)
{
    const vector v = read_vector(VECTORS "intermediate-768.txt");
    unsigned char changed[ML_MLKEM_CIPHERTEXT], shared[32], expected[32];
    const ml_bytes parts[] = { ml_bytes_of(v.z, 32), ml_bytes_of(changed, sizeof changed) };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof changed; i += 31) {
        memcpy(changed, v.ciphertext, sizeof changed);
        changed[i] ^= (unsigned char)(1u << (i % 8));
        ml_mlkem_decapsulate(shared, v.private_key, changed);
        ml_keccak(ML_SHAKE256, expected, sizeof expected, parts, 2);
        assert_memory_equal(shared, expected, sizeof shared);
    }
}

static void keys_beyond_the_modulus_are_refused(void **state)
{
    FILE *lines = popen("gzip -dc " VECTORS "modulus-768.txt.gz", "r");
    char line[2 * ML_MLKEM_PUBLIC + 2];
    unsigned char key[ML_MLKEM_PUBLIC];
    unsigned count = 0;
    ml_err e;

    (void)state;
    assert_non_null(lines);
    while (fgets(line, sizeof line, lines) != NULL) {
        assert_int_equal(ml_hex_decode(key, ml_bytes_of(line, 2 * sizeof key)), 0);
        if (ml_mlkem_check(key, &e) == 0)
            fail_msg("key %u is taken", count);
        assert_string_equal(e.code, ML_E_FORMAT);
        count++;
    }
    assert_int_equal(pclose(lines), 0);
    assert_int_equal(count, 780);
}

/* Ten thousand keys, ciphertexts and rejections, drawn from SHAKE128 of nothing as the reference
 * implementation draws them; one hash over all. */
static void ten_thousand_results_of_the_reference(void **state)
{
    unsigned char public_key[ML_MLKEM_PUBLIC], private_key[ML_MLKEM_PRIVATE], drawn[96];
    unsigned char ciphertext[ML_MLKEM_CIPHERTEXT], shared[32], again[32];
    ml_sponge source, results;
    unsigned i;

    (void)state;
#ifdef ML_ASAN
    skip(); /* the other vectors go the same ways through memory, and this takes a quarter minute */
#endif
    ml_sponge_begin(&source, ML_SHAKE128);
    ml_sponge_begin(&results, ML_SHAKE128);
    for (i = 0; i < 10000; i++) {
        ml_sponge_read(&source, drawn, sizeof drawn);
        draft_keys(public_key, private_key, drawn, drawn + 32);
        ml_mlkem_encapsulate(ciphertext, shared, public_key, drawn + 64);
        ml_mlkem_decapsulate(again, private_key, ciphertext);
        assert_memory_equal(shared, again, sizeof shared);
        ml_sponge_add(&results, ml_bytes_of(public_key, sizeof public_key));
        ml_sponge_add(&results, ml_bytes_of(private_key, sizeof private_key));
        ml_sponge_add(&results, ml_bytes_of(ciphertext, sizeof ciphertext));
        ml_sponge_add(&results, ml_bytes_of(shared, sizeof shared));
        ml_sponge_read(&source, ciphertext, sizeof ciphertext);
        ml_mlkem_decapsulate(shared, private_key, ciphertext);
        ml_sponge_add(&results, ml_bytes_of(shared, sizeof shared));
    }
    ml_sponge_read(&results, shared, sizeof shared);
    assert_hex(shared, 32, "f7db260e1137a742e05fe0db9525012812b004d29040a5b606aad3d134b548d3");
    ml_sponge_end(&source);
    ml_sponge_end(&results);
}

/* Samples, transforms and encodings, bit by bit over all coefficients: what is decoded and encoded
 * again is the same, and a transform back undoes a transform. */
static void encodings_and_transforms_are_undone(void **state)
{
    static const unsigned sizes[] = { 1, 4, 10, ML_POLY_EXACT };
    unsigned char seed[ML_POLY_SEED], bytes[384], again[384];
    ml_poly p, q;
    size_t i;

    (void)state;
    ml_random(seed, sizeof seed);
    ml_poly_sample_matrix(&p, seed, 0, 1);
    q = p;
    ml_poly_transform(&q);
    assert_memory_not_equal(&p, &q, sizeof p);
    ml_poly_transform_back(&q);
    assert_memory_equal(&p, &q, sizeof p);
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t len = 32 * sizes[i];

        assert_ptr_equal(ml_poly_encode(bytes, &p, sizes[i]), bytes + len);
        assert_ptr_equal(ml_poly_decode(&q, bytes, sizes[i]), bytes + len);
        ml_poly_encode(again, &q, sizes[i]);
        assert_memory_equal(bytes, again, len);
    }
    assert_memory_equal(&p, &q, sizeof p);
}

#if defined(VALGRIND_MAKE_MEM_UNDEFINED) && !defined(ML_ASAN)
/* What memcheck watches: secrets count as bytes without a value, and it reports each branch and
 * index that depends on such bytes. Results are given a value before they are compared. */
static int use_undefined_secrets(void)
{
    vector v = read_vector(VECTORS "intermediate-768.txt");
    unsigned char ciphertext[ML_MLKEM_CIPHERTEXT], shared[32], again[32];
    const unsigned char *matrix_seed = v.public_key + ML_MLKEM_PUBLIC - 32;

    VALGRIND_MAKE_MEM_UNDEFINED(v.d, sizeof v.d);
    VALGRIND_MAKE_MEM_UNDEFINED(v.z, sizeof v.z);
    VALGRIND_MAKE_MEM_UNDEFINED(v.m, sizeof v.m);
    VALGRIND_MAKE_MEM_UNDEFINED(v.private_key, 1152); /* behind it stands the public key */
    VALGRIND_MAKE_MEM_UNDEFINED(v.private_key + ML_MLKEM_PRIVATE - 32, 32);
    ml_mlkem_encapsulate(ciphertext, shared, v.public_key, v.m);
    VALGRIND_MAKE_MEM_DEFINED(ciphertext, sizeof ciphertext);
    ml_mlkem_decapsulate(again, v.private_key, ciphertext);
    ciphertext[0] ^= 1;
    ml_mlkem_decapsulate(v.shared, v.private_key, ciphertext);
    ml_mlkem_expand(v.public_key, v.private_key, matrix_seed, v.d, v.z);
    VALGRIND_MAKE_MEM_DEFINED(shared, sizeof shared);
    VALGRIND_MAKE_MEM_DEFINED(again, sizeof again);
    VALGRIND_MAKE_MEM_DEFINED(v.shared, sizeof v.shared);
    return memcmp(shared, again, sizeof shared) == 0 && memcmp(shared, v.shared, 32) != 0 ? 0 : 1;
}

static void no_branch_depends_on_a_secret(void **state)
{
    char self[1024], command[1100];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    (void)state;
    need_program("valgrind");
    assert_true(len > 0);
    self[len] = '\0';
    snprintf(command, sizeof command, "valgrind -q --error-exitcode=9 '%s' secrets", self);
    assert_int_equal(system(command), 0);
}
#else
static int use_undefined_secrets(void)
{
    return 1;
}

static void no_branch_depends_on_a_secret(void **state)
{
    (void)state;
    skip();
}
#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keccak_of_nothing),
        cmocka_unit_test(sponge_does_not_see_the_seams),
        cmocka_unit_test(intermediate_values),
        cmocka_unit_test(a_matrix_that_takes_long_to_sample),
        cmocka_unit_test(the_ciphertext_is_compared_to_its_end),
        cmocka_unit_test(a_changed_ciphertext_is_rejected),
        cmocka_unit_test(keys_beyond_the_modulus_are_refused),
        cmocka_unit_test(ten_thousand_results_of_the_reference),
        cmocka_unit_test(encodings_and_transforms_are_undone),
        cmocka_unit_test(no_branch_depends_on_a_secret),
    };

    if (argc == 2 && strcmp(argv[1], "secrets") == 0)
        return use_undefined_secrets();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
