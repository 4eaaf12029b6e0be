/* test_age_plugin.c — keys of age plugins, and what is said between us and a plugin. */
#include "tests/c/test.h"

#include <string.h>

#include "base/limits.h"
#include "format/age.h"
#include "format/age_dialogue.h"

#define IDENTITY "AGE-PLUGIN-YUBIKEY-1QQQSYQCYQ5RQWWQXWYR"

static const unsigned char file_key[ML_AGE_FILE_KEY] = "0123456789abcdef";

#define KEY_BODY "MDEyMzQ1Njc4OWFiY2RlZg\n"

static void keys_of_plugins_have_their_name(void **state)
{
    static const struct {
        const char *text, *name;
    } good[] = {
        { "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", "yubikey" },
        { "age1test1dzqdan", "test" },
        { "age1a1b1qypq39cuye", "a1b" },
        { IDENTITY, "yubikey" },
        { "AGE-PLUGIN-YUBIKEY-18S3VSX", "yubikey" },
        { "AGE-PLUGIN-A1B-1QYNMNUT7", "a1b" },
    };
    char name[ML_AGE_PLUGIN_NAME + 1];
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof good / sizeof *good; i++) {
        const ml_bytes text = ml_bytes_text(good[i].text);

        if ((text.p[0] == 'a' ? ml_age_plugin_recipient(name, text, &e)
                              : ml_age_plugin_identity(name, text, &e)) < 0)
            fail_msg("%s: %s", good[i].text, e.message);
        assert_string_equal(name, good[i].name);
    }
}

static void keys_that_name_no_program_are_refused(void **state)
{
    static const char *const bad[] = {
        "age1",
        "age1test",
        "age1test1dzqdam",
        "age1TEST1DZQDAN",
        "age1../x1qylzlpr8", /* a path */
        "age1a b1qy0myjly",
        "age1T1km9scz",
        "AGE-PLUGIN-../X-1D33JVN",
        "AGE-PLUGIN--1P3U5YQ",
        "AGE-PLUGIN-1",
        "AGE-PLUGIN-YUBIKEY1QQQSYQCYQ5RQWWQXWYR",
        "AGE-PLUGIN-YUBIKEY-1QQQSYQCYQ5RQWWQXWYQ",
        "age-plugin-yubikey-18s3vsx",
    };
    char name[ML_AGE_PLUGIN_NAME + 1];
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ml_age_plugin_recipient(name, ml_bytes_text(bad[i]), &e) == 0 ||
            ml_age_plugin_identity(name, ml_bytes_text(bad[i]), &e) == 0)
            fail_msg("bad key %zu accepted", i);
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_null(strstr(e.message, "QQQS"));
    }
}

static void an_identity_is_its_text(void **state)
{
    ml_age_identity i, copy;
    ml_secret text = { 0 };
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_identity_parse(&i, ml_bytes_text(IDENTITY), &e), 0);
    assert_int_equal(i.kind, ML_AGE_PLUGIN);
    assert_string_equal(i.recipient.text, "");
    assert_int_equal(ml_age_identity_copy(&copy, &i, &e), 0);
    ml_age_identity_free(&i);
    assert_int_equal(ml_age_identity_text(&text, &copy, &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&text), IDENTITY));
    ml_age_identity_free(&copy);
    ml_secret_free(&text);
    assert_int_equal(ml_age_plugin_default_identity(&text, ml_bytes_text("yubiKey"), &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&text), "AGE-PLUGIN-YUBIKEY-18S3VSX"));
    ml_secret_free(&text);
    assert_int_equal(ml_age_plugin_default_identity(&text, ml_bytes_text("a/b"), &e), -1);
}

/* --- dialogues --- */

/* Whatever the chance of grease put in is taken out. */
static void expect_output(ml_age_dialogue *d, const char *expected)
{
    const ml_bytes said = ml_age_dialogue_output(d);
    ml_buf text = { 0 };
    size_t at = 0;

    while (at < said.len) {
        const size_t lf = ml_bytes_find(said, at, '\n');
        const ml_bytes line = ml_bytes_slice(said, at, lf + 1);

        at = lf + 1;
        if (ml_bytes_starts(line, "-> grease-"))
            at = ml_bytes_find(said, at, '\n') + 1;
        else
            ml_buf_add(&text, line);
    }
    ml_buf_byte(&text, '\0');
    assert_string_equal((const char *)text.p, expected);
    ml_buf_free(&text);
    ml_age_dialogue_sent(d);
}

static ml_age_dialogue begin(bool wraps)
{
    ml_age_dialogue d = { 0 };
    ml_err e;

    if (wraps)
        assert_int_equal(ml_age_dialogue_wrap(&d, ml_bytes_text("age1test1dzqdan"), file_key, &e),
                         0);
    else
        assert_int_equal(ml_age_dialogue_unwrap(&d, ml_bytes_text(IDENTITY), &e), 0);
    ml_age_dialogue_sent(&d);
    return d;
}

static ml_age_event next(ml_age_dialogue *d, ml_age_event_kind kind)
{
    ml_age_event event;
    ml_err e;

    if (ml_age_dialogue_next(d, &event, &e) < 0)
        fail_msg("%s", e.message);
    assert_int_equal(event.kind, kind);
    return event;
}

static void hear(ml_age_dialogue *d, const char *text)
{
    ml_err e;

    assert_int_equal(ml_age_dialogue_feed(d, ml_bytes_text(text), &e), 0);
}

static void a_plugin_wraps_a_file_key(void **state)
{
    ml_age_dialogue d = { 0 };
    ml_age_event event;
    size_t at = 0;
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_dialogue_wrap(&d, ml_bytes_text("age1test1dzqdan"), file_key, &e), 0);
    assert_string_equal(d.name, "test");
    expect_output(&d, "-> add-recipient age1test1dzqdan\n\n"
                      "-> wrap-file-key\n" KEY_BODY "-> extension-labels\n\n-> done\n\n");
    hear(&d, "-> recipient-stanza 0 one a b\nYm9k");
    next(&d, ML_AGE_EVENT_WAIT);
    hear(&d, "eQ\n-> labels postquantum x\n\n-> made-up 1 2\nYm9keQ\n-> done\n");
    event = next(&d, ML_AGE_EVENT_STANZA);
    assert_true(ml_bytes_is(event.words, "one a b"));
    assert_true(ml_bytes_is(ml_age_stanza_word(event.words, &at), "one"));
    assert_true(ml_bytes_is(ml_age_stanza_word(event.words, &at), "a"));
    assert_true(ml_bytes_is(ml_age_stanza_word(event.words, &at), "b"));
    assert_int_equal(ml_age_stanza_word(event.words, &at).len, 0);
    assert_true(ml_bytes_is(event.body, "body"));
    event = next(&d, ML_AGE_EVENT_LABELS);
    assert_true(ml_bytes_is(event.words, "postquantum x"));
    next(&d, ML_AGE_EVENT_WAIT); /* the blank line of `done` is not there */
    expect_output(&d, "-> ok\n\n-> ok\n\n-> unsupported\n\n");
    hear(&d, "\n");
    next(&d, ML_AGE_EVENT_DONE);
    expect_output(&d, "");
    ml_age_dialogue_free(&d);
    assert_int_equal(
        ml_age_dialogue_wrap(&(ml_age_dialogue){ 0 }, ml_bytes_text("age1"), file_key, &e), -1);
}

static void a_plugin_unwraps_with_all_stanzas(void **state)
{
    const ml_bytes words[] = { ml_bytes_text("piv-p256"), ml_bytes_text("arg") };
    ml_age_dialogue d = { 0 };
    unsigned char body[48];
    ml_age_event event;
    ml_err e;

    (void)state;
    memset(body, 0, sizeof body);
    assert_int_equal(ml_age_dialogue_unwrap(&d, ml_bytes_text(IDENTITY), &e), 0);
    assert_int_equal(ml_age_dialogue_offer(&d, words, 2, ml_bytes_of(body, 3), &e), 0);
    assert_int_equal(ml_age_dialogue_offer(&d, words, 1, ml_bytes_of(body, sizeof body), &e), 0);
    assert_int_equal(ml_age_dialogue_ready(&d, &e), 0);
    expect_output(&d, "-> add-identity " IDENTITY "\n\n"
                      "-> recipient-stanza 0 piv-p256 arg\nAAAA\n"
                      "-> recipient-stanza 0 piv-p256\n"
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\n"
                      "-> done\n\n");
    hear(&d, "-> file-key 0\n" KEY_BODY "-> done\n\n");
    event = next(&d, ML_AGE_EVENT_FILE_KEY);
    assert_memory_equal(event.body.p, file_key, sizeof file_key);
    next(&d, ML_AGE_EVENT_DONE);
    expect_output(&d, "-> ok\n\n");
    ml_age_dialogue_free(&d);
}

static void a_person_is_asked(void **state)
{
    const ml_bytes none = ml_bytes_of(NULL, 0);
    ml_age_dialogue d = begin(false);
    ml_age_event event;
    ml_err e;

    (void)state;
    hear(&d, "-> msg\naGVsbG8\n-> request-secret\nUElO\n-> request-public\nbmFtZQ\n"
             "-> confirm eWVz bm8\nc3VyZT8\n-> confirm eWVz\n\n-> error internal\naGVsbG8\n");
    assert_true(ml_bytes_is(next(&d, ML_AGE_EVENT_MESSAGE).body, "hello"));
    assert_int_equal(ml_age_dialogue_next(&d, &event, &e), -1); /* a reply is due */
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_int_equal(ml_age_dialogue_accept(&d, NULL, none, &e), 0);
    assert_true(ml_bytes_is(next(&d, ML_AGE_EVENT_SECRET).body, "PIN"));
    assert_int_equal(ml_age_dialogue_accept(&d, NULL, ml_bytes_text("1234"), &e), 0);
    assert_int_equal(ml_age_dialogue_accept(&d, NULL, none, &e), -1); /* a second one */
    assert_true(ml_bytes_is(next(&d, ML_AGE_EVENT_PUBLIC).body, "name"));
    assert_int_equal(ml_age_dialogue_refuse(&d, &e), 0);
    event = next(&d, ML_AGE_EVENT_CONFIRM);
    assert_true(ml_bytes_is(event.yes, "yes") && ml_bytes_is(event.no, "no"));
    assert_int_equal(ml_age_dialogue_accept(&d, "no", none, &e), 0);
    event = next(&d, ML_AGE_EVENT_CONFIRM);
    assert_true(ml_bytes_is(event.yes, "yes") && event.no.len == 0);
    assert_int_equal(ml_age_dialogue_accept(&d, "yes", none, &e), 0);
    assert_true(ml_bytes_is(next(&d, ML_AGE_EVENT_ERROR).body, "hello"));
    expect_output(&d, "-> ok\n\n-> ok\nMTIzNA\n-> fail\n\n-> ok no\n\n-> ok yes\n\n-> ok\n\n");
    assert_int_equal(ml_age_dialogue_next(&d, &event, &e), -1);
    ml_age_dialogue_free(&d);
}

/* Reads to the first error. */
static const char *hear_to_the_end(ml_age_dialogue *d, const char *text)
{
    static ml_err e;
    ml_age_event event;

    hear(d, text);
    do
        if (ml_age_dialogue_next(d, &event, &e) < 0)
            return e.code;
    while (event.kind != ML_AGE_EVENT_WAIT && event.kind != ML_AGE_EVENT_DONE);
    return NULL;
}

static void what_is_against_the_rules_ends_it(void **state)
{
    static const struct {
        bool wraps;
        const char *text;
    } bad[] = {
        { true, "hello\n" },
        { true, "->done\n\n" },
        { true, "->\n\n" },
        { true, "-> a  b\n\n" },
        { true, "-> done\n\n" }, /* nothing was wrapped */
        { true, "-> recipient-stanza 1 type\n\n" },
        { true, "-> recipient-stanza 00 type\n\n" },
        { true, "-> recipient-stanza 0\n\n" },
        { true, "-> recipient-stanza\n\n" },
        { true, "-> recipient-stanza 0 t\nA\n" },
        { true, "-> recipient-stanza 0 t\nAB\n" },
        { true, "-> recipient-stanza 0 t\nAA==\n" },
        { true, "-> recipient-stanza 0 t\n\x1b[31m\n" },
        { true, "-> labels a\n\n-> labels a\n\n" },
        { false, "-> file-key 1\n" KEY_BODY },
        { false, "-> file-key 0 x\n" KEY_BODY },
        { false, "-> file-key 0\nAAAA\n" },
        { false, "-> file-key 0\n" KEY_BODY "-> file-key 0\n" KEY_BODY },
        { false, "-> confirm\n\n" },
        { false, "-> confirm eWVz bm8 bm8\n\n" },
        { false, "-> confirm ?\n\n" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        ml_age_dialogue d = begin(bad[i].wraps);
        const char *const code = hear_to_the_end(&d, bad[i].text);

        if (code == NULL || strcmp(code, ML_E_CHILD) != 0)
            fail_msg("broken dialogue %zu: %s", i, code == NULL ? "accepted" : code);
        ml_age_dialogue_free(&d);
    }
}

/* What belongs to the other machine means nothing in this one. */
static void the_machines_are_apart(void **state)
{
    ml_age_dialogue d = begin(true);

    (void)state;
    hear(&d, "-> file-key 0\n" KEY_BODY);
    next(&d, ML_AGE_EVENT_WAIT);
    expect_output(&d, "-> unsupported\n\n");
    ml_age_dialogue_free(&d);
    d = begin(false);
    hear(&d, "-> recipient-stanza 0 x\n\n-> labels\n\n-> done\n\n");
    next(&d, ML_AGE_EVENT_DONE);
    expect_output(&d, "-> unsupported\n\n-> unsupported\n\n");
    ml_age_dialogue_free(&d);
}

static void a_plugin_cannot_talk_for_ever(void **state)
{
    ml_age_dialogue d = begin(false);
    ml_buf text = { 0 };
    size_t i;

    (void)state;
    ml_buf_text(&text, "-> ");
    ml_buf_repeat(&text, 'x', ML_LIMIT_PLUGIN_STANZA);
    ml_buf_byte(&text, '\0');
    assert_string_equal(hear_to_the_end(&d, (const char *)text.p), ML_E_LIMIT);
    ml_age_dialogue_free(&d);
    ml_buf_free(&text);
    d = begin(false);
    for (i = 0; i <= ML_LIMIT_STANZAS; i++)
        ml_buf_text(&text, "-> x\n\n");
    ml_buf_byte(&text, '\0');
    assert_string_equal(hear_to_the_end(&d, (const char *)text.p), ML_E_LIMIT);
    ml_age_dialogue_free(&d);
    d = begin(false);
    d.heard = ML_LIMIT_PLUGIN;
    assert_int_equal(ml_age_dialogue_feed(&d, ml_bytes_text("-"), &(ml_err){ 0 }), -1);
    ml_age_dialogue_free(&d);
    ml_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_plugins_have_their_name),
        cmocka_unit_test(keys_that_name_no_program_are_refused),
        cmocka_unit_test(an_identity_is_its_text),
        cmocka_unit_test(a_plugin_wraps_a_file_key),
        cmocka_unit_test(a_plugin_unwraps_with_all_stanzas),
        cmocka_unit_test(a_person_is_asked),
        cmocka_unit_test(what_is_against_the_rules_ends_it),
        cmocka_unit_test(the_machines_are_apart),
        cmocka_unit_test(a_plugin_cannot_talk_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
