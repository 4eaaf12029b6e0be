/* test_age_keyfile.c — files of identities. */
#include "tests/c/files.h"

#include "base/limits.h"
#include "format/age_keyfile.h"

#define KEY "AGE-SECRET-KEY-1K3VN4N03PTHJWSJSCCMQCN33RY5FSKQPJ4KRRTG3JMQUYE0TUSEQEDH6V8"
#define BAD_KEY "AGE-SECRET-KEY-1K3VN4N03PTHJWSJSCCMQCN33RY5FSKQPJ4KRRTG3JMQUYE0TUSEQEDH6V9"
#define HYBRID_KEY "AGE-SECRET-KEY-PQ-1280Y5PFKTYP3PXTCD40V4YRZ8WSS32NHQS3FX0ZWPG8CDCWR9XKSVSKL82"
#define RECIPIENT "age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452"

static void every_line_is_kept(void **state)
{
    static const char text[] = "# created: 2026-01-01T00:00:00Z\n"
                               "# public key: " RECIPIENT "\r\n" KEY "\r\n"
                               "\n"
                               "#no space, no UTF-8: \xe9\n"
                               "AGE-PLUGIN-YUBIKEY-18S3VSX\n" HYBRID_KEY "\n" KEY;
    static const ml_age_line_kind kinds[] = { ML_AGE_LINE_COMMENT, ML_AGE_LINE_COMMENT,
                                              ML_AGE_LINE_X25519,  ML_AGE_LINE_BLANK,
                                              ML_AGE_LINE_COMMENT, ML_AGE_LINE_PLUGIN,
                                              ML_AGE_LINE_HYBRID,  ML_AGE_LINE_X25519 };
    ml_age_keyfile f;
    ml_buf again = { 0 };
    size_t i;
    ml_err e;

    (void)state;
    if (ml_age_keyfile_parse(&f, ml_bytes_text(text), &e) < 0)
        fail_msg("%s", e.message);
    assert_int_equal(f.count, sizeof kinds / sizeof *kinds);
    assert_int_equal(f.identities, 4);
    for (i = 0; i < f.count; i++) {
        assert_int_equal(f.lines[i].kind, kinds[i]);
        assert_int_equal(f.lines[i].number, i + 1);
        ml_buf_add(&again, f.lines[i].whole);
    }
    assert_true(ml_bytes_is(ml_buf_bytes(&again), text));
    assert_true(ml_bytes_is(f.lines[1].comment, "public key: " RECIPIENT));
    assert_true(ml_bytes_is(f.lines[4].comment, "no space, no UTF-8: \xe9"));
    assert_true(ml_bytes_is(f.lines[2].text, KEY));
    assert_string_equal(f.lines[2].identity.recipient.text, RECIPIENT);
    assert_int_equal(f.lines[6].identity.kind, ML_AGE_HYBRID);
    ml_buf_free(&again);
    ml_age_keyfile_free(&f);
}

static void errors_name_the_line_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        unsigned long line;
    } bad[] = {
        { "# c\n" BAD_KEY "\n", 2 },
        { KEY "\n\n" KEY " \n", 3 },
        { " " KEY "\n", 1 },
        { " # indented\n", 1 },
        { KEY "\r\r\n", 1 },
        { KEY KEY "\n", 1 },
        { KEY "\nhello\n", 2 },
        { "age-secret-key-1\n", 1 },
        { "AGE-SECRET-KEY-1\n", 1 },
        { "AGE-PLUGIN-X-1ABC DEF\n", 1 },
        { RECIPIENT "\n", 1 },
        { "\xff\n", 1 },
        { "AGE-SECRET-KEY-PQ-1XYZ\n", 1 },
    };
    ml_age_keyfile f;
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ml_age_keyfile_parse(&f, ml_bytes_text(bad[i].text), &e) == 0)
            fail_msg("bad key file %zu accepted", i);
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_int_equal(e.line, bad[i].line);
        assert_null(strstr(e.message, "K3VN4N03"));
        assert_null(strstr(e.message, "hello"));
    }
}

static void limits_hold(void **state)
{
    ml_buf many = { 0 };
    ml_age_keyfile f;
    ml_err e;

    (void)state;
    ml_buf_repeat(&many, '\n', ML_LIMIT_KEY_LINES);
    assert_int_equal(ml_age_keyfile_parse(&f, ml_buf_bytes(&many), &e), 0);
    assert_int_equal(f.identities, 0);
    ml_age_keyfile_free(&f);
    ml_buf_byte(&many, '\n');
    assert_int_equal(ml_age_keyfile_parse(&f, ml_buf_bytes(&many), &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    ml_buf_repeat(&many, '#', ML_LIMIT_KEY_FILE);
    assert_int_equal(ml_age_keyfile_parse(&f, ml_buf_bytes(&many), &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    ml_buf_free(&many);
}

static void the_form_is_sniffed(void **state)
{
    (void)state;
    assert_int_equal(ml_age_keyfile_sniff(ml_bytes_text("age-encryption.org/v1\n")),
                     ML_AGE_KEYFILE_SEALED);
    assert_int_equal(ml_age_keyfile_sniff(ml_bytes_text("-----BEGIN AGE ENCRYPTED FILE-----\n")),
                     ML_AGE_KEYFILE_SEALED);
    assert_int_equal(ml_age_keyfile_sniff(ml_bytes_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")),
                     ML_AGE_KEYFILE_PEM);
    assert_int_equal(
        ml_age_keyfile_sniff(ml_bytes_text("\n \r\n-----BEGIN AGE ENCRYPTED FILE-----\n")),
        ML_AGE_KEYFILE_SEALED);
    assert_int_equal(
        ml_age_keyfile_sniff(ml_bytes_text("\n -----BEGIN OPENSSH PRIVATE KEY-----\n")),
        ML_AGE_KEYFILE_PEM);
    assert_int_equal(ml_age_keyfile_sniff(ml_bytes_text("\n" KEY)), ML_AGE_KEYFILE_LINES);
    assert_int_equal(ml_age_keyfile_sniff(ml_bytes_text(KEY)), ML_AGE_KEYFILE_LINES);
    assert_int_equal(ml_age_keyfile_sniff(ml_bytes_text("")), ML_AGE_KEYFILE_LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_is_kept),
        cmocka_unit_test(errors_name_the_line_and_nothing_else),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(the_form_is_sniffed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
