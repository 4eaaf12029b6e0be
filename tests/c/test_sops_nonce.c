/* No nonce ever serves two plaintexts: over a long session of changes, each pair of data key and
 * nonce stands for one sealed text, and a value that stays keeps its text. */
#include "tests/c/sops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS = 24, ROUNDS = 400, RENEW_EVERY = 97, SLOTS = 1 << 16 };

/* What a pair of data key and nonce was used for. The tag covers plaintext and place. */
typedef struct use {
    unsigned char key[ML_SOPS_KEY_SIZE];
    char iv[48];   /* base64 of 32 bytes is 44 characters */
    char rest[96]; /* data and tag, shortened from the front: the tag is at the end */
} use;

static use *uses;
static size_t use_count;

static use *slot_of(const unsigned char *key, const char *iv)
{
    size_t at = 5381;
    const char *c;

    for (c = iv; *c != '\0'; c++)
        at = at * 33 + (unsigned char)*c;
    for (at = (at ^ key[0]) % SLOTS; uses[at].iv[0] != '\0'; at = (at + 1) % SLOTS)
        if (memcmp(uses[at].key, key, ML_SOPS_KEY_SIZE) == 0 && strcmp(uses[at].iv, iv) == 0)
            break;
    return &uses[at];
}

static void note_use(ml_bytes key, const ml_sops_enc *enc)
{
    char iv[48], rest[96];
    use *u;

    snprintf(iv, sizeof iv, "%.*s", (int)enc->iv.len, (const char *)enc->iv.p);
    snprintf(rest, sizeof rest, "%.*s,%.*s", (int)(enc->data.len > 40 ? 40 : enc->data.len),
             (const char *)enc->data.p + (enc->data.len > 40 ? enc->data.len - 40 : 0),
             (int)enc->tag.len, (const char *)enc->tag.p);
    u = slot_of(key.p, iv);
    if (u->iv[0] != '\0') {
        if (strcmp(u->rest, rest) != 0)
            fail_msg("nonce %s was used for two plaintexts", iv);
        return;
    }
    assert_true(++use_count < SLOTS / 2);
    memcpy(u->key, key.p, ML_SOPS_KEY_SIZE);
    strcpy(u->iv, iv);
    strcpy(u->rest, rest);
}

/* Every sealed text of the file as it is now: values, comments, the MAC. */
static void note_all(const ml_sops *s)
{
    static const char begin[] = "ENC[AES256_GCM,";
    const ml_bytes text = ml_sops_text(s);
    size_t at = 0;

    for (;;) {
        const unsigned char *found = memmem(text.p + at, text.len - at, begin, strlen(begin));
        ml_sops_enc enc;
        size_t start, end;

        if (found == NULL)
            return;
        start = (size_t)(found - text.p);
        end = ml_bytes_find(text, start, ']');
        assert_true(end != SIZE_MAX);
        assert_int_equal(ml_sops_enc_parse(&enc, ml_bytes_slice(text, start, end + 1)), 0);
        note_use(ml_sops_data_key(s), &enc);
        at = end;
    }
}

/* The same random numbers each time. */
static unsigned roll(unsigned sides)
{
    static uint64_t state = 20251126;

    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(state >> 33) % sides;
}

/* Values that are alike: one spelling under several types, and few of them. */
static const struct {
    ml_type type;
    const char *text, *yaml;
} values[] = {
    { ML_TYPE_STR, "1", "'1'" },         { ML_TYPE_INT, "1", "1" },
    { ML_TYPE_FLOAT, "1.5", "1.5" },     { ML_TYPE_STR, "1.5", "'1.5'" },
    { ML_TYPE_BOOL, "True", "true" },    { ML_TYPE_STR, "True", "'True'" },
    { ML_TYPE_STR, "secret", "secret" }, { ML_TYPE_STR, "", "''" },
};

enum { VALUES = sizeof values / sizeof *values };

/* A whole new text: maps, a list with equal elements, comments. */
static void random_clear(ml_buf *out)
{
    int i;

    out->len = 0;
    for (i = 0; i < KEYS; i++) {
        if (roll(3) == 0)
            ml_buf_format(out, "# comment %u\n", roll(3));
        if (roll(4) == 0)
            ml_buf_format(out, "key%d:\n  - %s\n  - %s\n", i, values[roll(VALUES)].yaml,
                          values[roll(VALUES)].yaml);
        else
            ml_buf_format(out, "key%d: %s\n", i, values[roll(VALUES)].yaml);
    }
}

static void change(ml_sops *s, unsigned round)
{
    const unsigned which = roll(VALUES);
    const ml_tree value = { .kind = ML_KIND_SCALAR,
                            .type = values[which].type,
                            .text = ml_bytes_text(values[which].text) };
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    ml_buf clear = { 0 };
    char path[32];
    int status;
    ml_err e;

    snprintf(path, sizeof path, "key%u", roll(KEYS));
    if (round % RENEW_EVERY == 0) {
        status = renew(s, list, 1, &e);
    } else if (roll(4) == 0) {
        random_clear(&clear);
        status = ml_sops_reseal(s, ml_buf_bytes(&clear), NULL, &e);
    } else if (roll(8) == 0) {
        status = ml_sops_unset(s, path, &e);
        if (status < 0 && strcmp(e.code, ML_E_MISSING) == 0)
            status = 0;
    } else {
        status = ml_sops_set(s, path, &value, NULL, &e);
    }
    if (status < 0)
        fail_msg("round %u: %s", round, e.message);
    ml_buf_free(&clear);
    ml_age_identity_free(&identity);
}

static void no_nonce_serves_two_plaintexts(void **state)
{
    ml_buf clear = { 0 }, sealed = { 0 };
    unsigned round;
    ml_sops *s;
    ml_err e;

    (void)state;
    uses = calloc(SLOTS, sizeof *uses);
    assert_non_null(uses);
    random_clear(&clear);
    seal_for_test_key(ml_buf_bytes(&clear), ML_SOPS_YAML, NULL, &sealed);
    s = decrypted(ml_buf_bytes(&sealed), ML_SOPS_YAML);
    note_all(s);
    for (round = 1; round <= ROUNDS; round++) {
        change(s, round);
        note_all(s);
        if (ml_sops_decrypt(s, false, &e) < 0)
            fail_msg("round %u: %s", round, e.message);
    }
    /* The session did make new texts all the time, and did not only make new ones. */
    assert_true(use_count > ROUNDS && use_count < (size_t)ROUNDS * KEYS);
    ml_sops_free(s);
    free(uses);
    ml_buf_free(&clear);
    ml_buf_free(&sealed);
}

/* The sealed text of a value of the first document. */
static ml_bytes sealed_at(const ml_sops *s, const char *key)
{
    const ml_doc *d = ml_sops_doc(s);

    return ml_doc_scalar(d, ml_doc_get(d, ml_doc_root(d, 0), ml_bytes_text(key)));
}

static ml_buf copy_of(ml_bytes text)
{
    ml_buf copy = { 0 };

    ml_buf_add(&copy, text);
    return copy;
}

/* A value of another type is another value, though its plaintext may be the same. */
static void a_type_is_part_of_a_value(void **state)
{
    ml_sops *s = sealed_and_opened("a: 1\nb: true\nc: x\n", ML_SOPS_YAML, NULL);
    ml_buf a = copy_of(sealed_at(s, "a")), b = copy_of(sealed_at(s, "b")),
           c = copy_of(sealed_at(s, "c"));
    ml_sops_enc before, after;
    ml_err e;

    (void)state;
    assert_int_equal(ml_sops_reseal(s, ml_bytes_text("a: '1'\nb: 'True'\nc: x\n"), NULL, &e), 0);
    assert_true(ml_bytes_equal(sealed_at(s, "c"), ml_buf_bytes(&c)));
    assert_int_equal(ml_sops_enc_parse(&before, ml_buf_bytes(&a)), 0);
    assert_int_equal(ml_sops_enc_parse(&after, sealed_at(s, "a")), 0);
    assert_false(ml_bytes_equal(before.iv, after.iv));
    assert_int_equal(ml_sops_enc_parse(&before, ml_buf_bytes(&b)), 0);
    assert_int_equal(ml_sops_enc_parse(&after, sealed_at(s, "b")), 0);
    assert_false(ml_bytes_equal(before.iv, after.iv));
    ml_buf_free(&a);
    ml_buf_free(&b);
    ml_buf_free(&c);
    ml_sops_free(s);
}

/* The float 1 is shown as 1, and nobody has changed it when that is read again. */
static void a_float_that_looks_like_an_integer_stays(void **state)
{
    ml_sops *s = sealed_and_opened("a: 1.0\nb: -3e2\n", ML_SOPS_YAML, NULL);
    ml_buf a = copy_of(sealed_at(s, "a")), b = copy_of(sealed_at(s, "b"));
    ml_secret clear = { 0 };
    ml_buf edited = { 0 };
    ml_err e;

    (void)state;
    assert_int_equal(ml_sops_clear_text(s, &clear, &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&clear), "a: 1\nb: -300\n"));
    ml_buf_add(&edited, ml_secret_bytes(&clear));
    ml_buf_text(&edited, "c: new\n");
    assert_int_equal(ml_sops_reseal(s, ml_buf_bytes(&edited), NULL, &e), 0);
    assert_true(ml_bytes_equal(sealed_at(s, "a"), ml_buf_bytes(&a)));
    assert_true(ml_bytes_equal(sealed_at(s, "b"), ml_buf_bytes(&b)));
    ml_secret_free(&clear);
    ml_buf_free(&edited);
    ml_buf_free(&a);
    ml_buf_free(&b);
    ml_sops_free(s);
}

/* Moved elsewhere it is sealed anew, for the place is authenticated. */
static void a_place_is_part_of_a_value(void **state)
{
    ml_sops *s = sealed_and_opened("a: x\nb:\n  a: x\n", ML_SOPS_YAML, NULL);
    ml_buf a = copy_of(sealed_at(s, "a"));
    ml_sops_enc before, after;
    ml_err e;

    (void)state;
    assert_int_equal(ml_sops_reseal(s, ml_bytes_text("c: x\nb:\n  a: x\n"), NULL, &e), 0);
    assert_int_equal(ml_sops_enc_parse(&before, ml_buf_bytes(&a)), 0);
    assert_int_equal(ml_sops_enc_parse(&after, sealed_at(s, "c")), 0);
    assert_false(ml_bytes_equal(before.iv, after.iv));
    ml_buf_free(&a);
    ml_sops_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_nonce_serves_two_plaintexts),
        cmocka_unit_test(a_type_is_part_of_a_value),
        cmocka_unit_test(a_float_that_looks_like_an_integer_stays),
        cmocka_unit_test(a_place_is_part_of_a_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
