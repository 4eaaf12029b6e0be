/* test_age_hybrid.c — recipients and identities of ML-KEM-768 with X25519, and their stanzas. */
#include "tests/c/files.h"

#include "crypto/encode.h"
#include "crypto/hpke.h"
#include "crypto/mlkem.h"
#include "format/age.h"
#include "format/age_keyfile.h"
#include "format/age_wrap.h"

#define VECTORS "tests/vectors/age-hybrid/"

enum { RECIPIENT_TEXT = 1959, IDENTITY_TEXT = 77, SHARE_TEXT = 1494 };

static ml_age_identity generate(ml_age_kind kind)
{
    ml_age_identity i;
    ml_err e;

    assert_int_equal(ml_age_identity_generate(&i, kind, &e), 0);
    return i;
}

/* The identity and the recipient of the real age's key. */
static ml_age_identity read_identity(ml_buf *recipient)
{
    ml_buf file = read_file(VECTORS "key.txt");
    ml_age_identity i = { 0 };
    ml_age_keyfile lines;
    ml_err e;

    *recipient = read_file(VECTORS "recipient.txt");
    recipient->len--; /* its line end */
    assert_int_equal(ml_age_keyfile_parse(&lines, ml_buf_bytes(&file), &e), 0);
    assert_int_equal(lines.count, 3);
    assert_int_equal(lines.lines[2].kind, ML_AGE_LINE_HYBRID);
    assert_int_equal(ml_age_identity_copy(&i, &lines.lines[2].identity, &e), 0);
    ml_age_keyfile_free(&lines);
    ml_buf_free(&file);
    return i;
}

static void keys_are_those_of_age(void **state)
{
    ml_buf recipient;
    ml_age_identity i = read_identity(&recipient), again;
    ml_age_recipient r, copy;
    ml_secret text = { 0 };
    ml_err e;

    (void)state;
    assert_int_equal(i.kind, ML_AGE_HYBRID);
    assert_int_equal(strlen(i.recipient.text), RECIPIENT_TEXT);
    assert_true(ml_bytes_is(ml_buf_bytes(&recipient), i.recipient.text));
    assert_int_equal(ml_age_recipient_parse(&r, ml_buf_bytes(&recipient), &e), 0);
    assert_int_equal(r.kind, ML_AGE_HYBRID);
    assert_true(ml_age_kind_usable(r.kind));
    assert_int_equal(ml_age_recipient_copy(&copy, &r, &e), 0);
    assert_string_equal(copy.text, i.recipient.text);
    assert_memory_equal(copy.key, i.recipient.key, ML_KEM_HYBRID_PUBLIC);

    assert_int_equal(ml_age_identity_text(&text, &i, &e), 0);
    assert_int_equal(text.len, IDENTITY_TEXT);
    assert_int_equal(ml_age_identity_parse(&again, ml_secret_bytes(&text), &e), 0);
    assert_string_equal(again.recipient.text, i.recipient.text);

    ml_secret_free(&text);
    ml_age_recipient_free(&r);
    ml_age_recipient_free(&copy);
    ml_age_identity_free(&again);
    ml_age_identity_free(&i);
    ml_buf_free(&recipient);
}

static void a_file_of_age_opens(void **state)
{
    ml_buf recipient, file = read_file(VECTORS "file.age");
    ml_age_identity i = read_identity(&recipient);
    const ml_age_identity *with[] = { &i };
    const ml_age_keys keys = { .identities = with, .count = 1 };
    ml_secret text = { 0 };
    ml_err e;

    (void)state;
    if (ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), NULL, &e) < 0)
        fail_msg("%s", e.message);
    assert_true(ml_bytes_is(ml_secret_bytes(&text), "hello, hybrid"));
    ml_secret_free(&text);
    ml_age_identity_free(&i);
    ml_buf_free(&recipient);
    ml_buf_free(&file);
}

static void malformed_keys_are_refused(void **state)
{
    ml_age_identity i = generate(ML_AGE_HYBRID), none;
    unsigned char key[ML_KEM_HYBRID_PUBLIC];
    char changed[RECIPIENT_TEXT + 2], word[IDENTITY_TEXT];
    ml_secret text = { 0 };
    ml_age_recipient r;
    size_t at;
    ml_err e;

    (void)state;
    for (at = 0; at < RECIPIENT_TEXT; at += 13) {
        memcpy(changed, i.recipient.text, RECIPIENT_TEXT);
        changed[at] = changed[at] == 'q' ? 'p' : 'q';
        assert_int_equal(ml_age_recipient_parse(&r, ml_bytes_of(changed, RECIPIENT_TEXT), &e), -1);
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_int_equal(
            ml_age_recipient_parse(&r, ml_bytes_of(i.recipient.text, RECIPIENT_TEXT - at - 1), &e),
            -1);
    }
    snprintf(changed, sizeof changed, "%sq", i.recipient.text);
    assert_int_equal(ml_age_recipient_parse(&r, ml_bytes_text(changed), &e), -1);

    /* well written, but of a key that has a number beyond the modulus */
    memcpy(key, i.recipient.key, sizeof key);
    key[0] = 0x01;
    key[1] = (key[1] & 0xf0) | 0x0d; /* 0xd01 is 3329 */
    ml_bech32_encode(changed, "age1pq", ml_bytes_of(key, sizeof key), false);
    assert_int_equal(ml_age_recipient_parse(&r, ml_bytes_of(changed, RECIPIENT_TEXT), &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
    /* or whose X25519 half is zero */
    memcpy(key, i.recipient.key, sizeof key);
    memset(key + ML_MLKEM_PUBLIC, 0, ML_X25519_SIZE);
    ml_bech32_encode(changed, "age1pq", ml_bytes_of(key, sizeof key), false);
    assert_int_equal(ml_age_recipient_parse(&r, ml_bytes_of(changed, RECIPIENT_TEXT), &e), -1);
    assert_non_null(strstr(e.message, "low order"));

    assert_int_equal(ml_age_identity_text(&text, &i, &e), 0);
    for (at = 0; at < IDENTITY_TEXT; at++) {
        memcpy(word, text.p, sizeof word);
        word[at] = word[at] == 'Q' ? 'P' : 'Q';
        assert_int_equal(ml_age_identity_parse(&none, ml_bytes_of(word, sizeof word), &e), -1);
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_int_equal(ml_age_identity_parse(&none, ml_bytes_of(text.p, at), &e), -1);
    }
    assert_int_equal(ml_age_identity_generate(&none, ML_AGE_SSH_RSA, &e), -1);
    assert_string_equal(e.code, ML_E_UNSUPPORTED);
    ml_secret_free(&text);
    ml_age_identity_free(&i);
}

static void files_open_for_their_recipients_alone(void **state)
{
    ml_age_identity first = generate(ML_AGE_HYBRID), second = generate(ML_AGE_HYBRID),
                    other = generate(ML_AGE_HYBRID), x25519 = generate(ML_AGE_X25519);
    const ml_age_recipient *to[] = { &first.recipient, &second.recipient, &x25519.recipient };
    const ml_age_identity *with[] = { &other, &x25519, &second };
    ml_age_keys keys = { .identities = with, .count = 3 };
    ml_secret text = { 0 };
    ml_buf file = { 0 };
    size_t used;
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_encrypt(&file, to, 3, ml_bytes_text("hello"), false, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_non_null(strstr(e.message, "hybrid"));
    assert_int_equal(ml_age_encrypt(&file, to, 2, ml_bytes_text("hello"), false, &e), 0);
    assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), &used, &e), 0);
    assert_int_equal(used, 2);
    assert_true(ml_bytes_is(ml_secret_bytes(&text), "hello"));
    ml_secret_free(&text);
    keys.count = 2;
    assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), &used, &e), -1);
    assert_string_equal(e.code, ML_E_KEY);
    ml_buf_free(&file);
    ml_age_identity_free(&first);
    ml_age_identity_free(&second);
    ml_age_identity_free(&other);
    ml_age_identity_free(&x25519);
}

/* What the stanza of one recipient becomes in the hands of somebody else. */
typedef struct stanza {
    ml_age_identity identity;
    unsigned char file_key[ML_AGE_FILE_KEY];
    ml_buf header; /* owns what `parsed` points to */
    ml_age_header parsed;
} stanza;

static stanza wrap(void)
{
    stanza s = { generate(ML_AGE_HYBRID), { 1, 2, 3 }, { 0 }, { 0 } };
    ml_err e;

    ml_age_header_begin(&s.header);
    assert_int_equal(ml_age_wrap(&s.header, &s.identity.recipient, s.file_key, &e), 0);
    ml_age_header_finish(&s.header, s.file_key);
    assert_int_equal(ml_age_header_parse(&s.parsed, ml_buf_bytes(&s.header), &e), 0);
    assert_int_equal(s.parsed.count, 1);
    assert_int_equal(s.parsed.stanzas[0].count, 2);
    assert_int_equal(s.parsed.stanzas[0].arguments[1].len, SHARE_TEXT);
    return s;
}

static void unwrap_is(const stanza *s, ml_age_stanza changed, int expected)
{
    unsigned char file_key[ML_AGE_FILE_KEY];
    ml_err e;

    assert_int_equal(ml_age_unwrap(file_key, &s->identity, &changed, &e), expected);
    if (expected > 0)
        assert_memory_equal(file_key, s->file_key, sizeof file_key);
    if (expected < 0) {
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_non_null(strstr(e.message, "mlkem768x25519"));
    }
}

static void malformed_stanzas_are_told_from_those_of_others(void **state)
{
    stanza s = wrap();
    const ml_age_stanza good = s.parsed.stanzas[0];
    unsigned char share[ML_KEM_HYBRID_SHARE + 2], body[64] = { 0 };
    char text[SHARE_TEXT + 4];
    ml_age_stanza changed;
    size_t len;

    (void)state;
    unwrap_is(&s, good, 1);

    changed = good;
    changed.arguments[0] = ml_bytes_text("MLKEM768X25519"); /* of another type: passed over */
    unwrap_is(&s, changed, 0);
    changed = good;
    changed.count = 1;
    unwrap_is(&s, changed, -1);
    changed = good;
    changed.arguments[2] = ml_bytes_text("more");
    changed.count = 3;
    unwrap_is(&s, changed, -1);
    for (len = 31; len <= 33; len++) {
        changed = good;
        changed.body = ml_bytes_of(body, len);
        unwrap_is(&s, changed, len == 32 ? 0 : -1);
    }

    changed = good;
    changed.arguments[1].len--;
    unwrap_is(&s, changed, -1);
    memcpy(text, good.arguments[1].p, SHARE_TEXT);
    changed.arguments[1] = ml_bytes_of(text, SHARE_TEXT);
    text[SHARE_TEXT - 1]++; /* unused bits that are not zero */
    unwrap_is(&s, changed, -1);
    memcpy(text + SHARE_TEXT, "AAA", 4);
    changed.arguments[1].len = SHARE_TEXT + 3;
    unwrap_is(&s, changed, -1);

    assert_int_equal(ml_base64_decode(ML_BASE64_BARE, share, &len, good.arguments[1]), 0);
    share[100] ^= 1; /* ML-KEM rejects it without a word: like a file for somebody else */
    ml_base64_encode(ML_BASE64_BARE, text, ml_bytes_of(share, ML_KEM_HYBRID_SHARE));
    changed.arguments[1].len = SHARE_TEXT;
    unwrap_is(&s, changed, 0);
    share[100] ^= 1;
    memset(share + ML_KEM_HYBRID_SHARE - ML_X25519_SIZE, 0, ML_X25519_SIZE);
    ml_base64_encode(ML_BASE64_BARE, text, ml_bytes_of(share, ML_KEM_HYBRID_SHARE));
    unwrap_is(&s, changed, -1);

    ml_age_header_free(&s.parsed);
    ml_buf_free(&s.header);
    ml_age_identity_free(&s.identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_age),
        cmocka_unit_test(a_file_of_age_opens),
        cmocka_unit_test(malformed_keys_are_refused),
        cmocka_unit_test(files_open_for_their_recipients_alone),
        cmocka_unit_test(malformed_stanzas_are_told_from_those_of_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
