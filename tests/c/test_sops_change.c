/* Sealed files changed: one value, one recipient, a new data key, and nothing else. */
#include "tests/c/sops.h"

#include "crypto/provider.h"

/* Changes ------------------------------------------------------------------------------------- */

/* The lines that differ between two texts of as many lines, by what they begin with (blanks aside),
 * each followed by ' '. */
static void changed_lines(ml_bytes before, ml_bytes after, char *out, size_t room)
{
    size_t a = 0, b = 0;

    out[0] = '\0';
    while (a < before.len && b < after.len) {
        const size_t a_end = ml_bytes_find(before, a, '\n'), b_end = ml_bytes_find(after, b, '\n');
        const ml_bytes old = ml_bytes_slice(before, a, a_end),
                       new = ml_bytes_slice(after, b, b_end);
        size_t at = 0, end;

        if (!ml_bytes_equal(old, new)) {
            while (at < new.len &&new.p[at] == ' ')
                at++;
            end = ml_bytes_find(new, at, ' ');
            end = end == SIZE_MAX ? new.len : end;
            assert_true(strlen(out) + end - at + 2 < room);
            strncat(out, (const char *)new.p + at, end - at);
            strcat(out, " ");
        }
        a = a_end == SIZE_MAX ? before.len : a_end + 1;
        b = b_end == SIZE_MAX ? after.len : b_end + 1;
    }
    assert_true(a == before.len && b == after.len);
}

static void setting_one_of_200_changes_three_lines(void **state)
{
    const ml_tree value = { .kind = ML_KIND_SCALAR,
                            .type = ML_TYPE_STR,
                            .text = ml_bytes_text("new") };
    ml_buf clear = { 0 }, before, after;
    char changed[256];
    ml_sops *s;
    ml_secret opened = { 0 };
    int i;
    ml_err e;

    (void)state;
    for (i = 0; i < 200; i++)
        ml_buf_format(&clear, "key%d: 'value %d' # comment %d\n", i, i, i);
    ml_buf_byte(&clear, '\0');
    ml_clock_set(1700000000);
    s = sealed_and_opened((const char *)clear.p, ML_SOPS_YAML, NULL);
    before = text_of(s);
    ml_clock_set(1700000100);
    assert_int_equal(ml_sops_set(s, "key77", &value, NULL, &e), 0);
    after = text_of(s);
    changed_lines(ml_buf_bytes(&before), ml_buf_bytes(&after), changed, sizeof changed);
    assert_string_equal(changed, "key77: lastmodified: mac: ");
    assert_int_equal(ml_sops_clear_text(s, &opened, &e), 0);
    assert_non_null(memmem(opened.p, opened.len, "\nkey77: 'new' # comment 77\n", 27));
    ml_clock_set(-1);
    ml_secret_free(&opened);
    ml_buf_free(&before);
    ml_buf_free(&after);
    ml_buf_free(&clear);
    ml_sops_free(s);
}

static void values_are_set_made_and_taken_away(void **state)
{
    static const struct {
        ml_sops_format format;
        const char *clear, *path;
        bool unset;
        const char *opened; /* or the code of the refusal */
    } rows[] = {
        { ML_SOPS_YAML, "a: 1\n", "b/c/0", false, "a: 1\nb:\n    c:\n        - v\n" },
        { ML_SOPS_YAML, "a:\n  - x\n", "a/1", false, "a:\n  - x\n  - v\n" },
        { ML_SOPS_YAML, "a: {b: 1}\n", "[\"a\"][\"c\"]", false, "a: {b: 1, c: v}\n" },
        { ML_SOPS_YAML, "a:\nb: 1\n", "a/c", false, "a:\n    c: v\nb: 1\n" },
        { ML_SOPS_YAML, "a:\n  b: 1\n  c: 2\nd: 3\n", "a", false, "a: v\nd: 3\n" },
        { ML_SOPS_YAML, "a: 1 # c\nb: 2\n", "a", true, "b: 2\n" },
        { ML_SOPS_YAML, "a: |\n  x", "b", false, "a: |-\n  x\nb: v" },
        { ML_SOPS_JSON, "{\"a\": 1}", "b", false, "{\"a\": 1, \"b\": \"v\"}" },
        { ML_SOPS_JSON, "{\"a\": [1, 2]}", "a/0", true, "{\"a\": [2]}" },
        { ML_SOPS_YAML, "a:\n  - x\n", "a/2", false, ML_E_ARGUMENT },
        { ML_SOPS_YAML, "a:\n  - x\n", "a/b", false, ML_E_ARGUMENT },
        { ML_SOPS_YAML, "a: 1\n", "a/b", false, ML_E_CONFLICT },
        { ML_SOPS_YAML, "a: 1\n", "b_unencrypted", false, ML_E_CONFLICT },
        { ML_SOPS_YAML, "a: 1\n", "sops", false, ML_E_ARGUMENT },
        { ML_SOPS_YAML, "a: 1\n", "", false, ML_E_ARGUMENT },
        { ML_SOPS_YAML, "a: 1\n", "b", true, ML_E_MISSING },
    };
    const ml_tree value = { .kind = ML_KIND_SCALAR,
                            .type = ML_TYPE_STR,
                            .text = ml_bytes_text("v") };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops *s = sealed_and_opened(rows[i].clear, rows[i].format, NULL);
        ml_buf before = text_of(s);
        ml_secret opened = { 0 };
        ml_err e;

        if ((rows[i].unset ? ml_sops_unset(s, rows[i].path, &e)
                           : ml_sops_set(s, rows[i].path, &value, NULL, &e)) < 0) {
            if (strcmp(e.code, rows[i].opened) != 0)
                fail_msg("%s at %s: %s", rows[i].clear, rows[i].path, e.message);
            assert_true(ml_bytes_equal(ml_sops_text(s), ml_buf_bytes(&before)));
        } else {
            assert_int_equal(ml_sops_clear_text(s, &opened, &e), 0);
            if (!ml_bytes_is(ml_secret_bytes(&opened), rows[i].opened))
                fail_msg("%s at %s became\n%.*s", rows[i].clear, rows[i].path, (int)opened.len,
                         (char *)opened.p);
        }
        ml_secret_free(&opened);
        ml_buf_free(&before);
        ml_sops_free(s);
    }
}

static void resealing_keeps_what_did_not_change(void **state)
{
    ml_sops *s = sealed_and_opened("a: one\nb:\n  - two\n  - two\n# c\nd: 3\n", ML_SOPS_YAML, NULL);
    ml_buf before = text_of(s), after;
    char changed[64];
    ml_err e;

    (void)state;
    assert_int_equal(
        ml_sops_reseal(s, ml_bytes_text("a: one\nb:\n  - two\n  - two\n# c\nd: 3\n"), NULL, &e), 0);
    assert_true(ml_bytes_equal(ml_sops_text(s), ml_buf_bytes(&before)));
    ml_clock_set(1700000100);
    assert_int_equal(
        ml_sops_reseal(s, ml_bytes_text("a: one\nb:\n  - two\n  - two\n# c\nd: 4\n"), NULL, &e), 0);
    ml_clock_set(-1);
    after = text_of(s);
    changed_lines(ml_buf_bytes(&before), ml_buf_bytes(&after), changed, sizeof changed);
    assert_string_equal(changed, "d: lastmodified: mac: ");
    ml_buf_free(&before);
    ml_buf_free(&after);
    ml_sops_free(s);
}

/* Recipients ---------------------------------------------------------------------------------- */

/* The one span that differs: `text` is `before` with bytes put in (or, the other way, taken out).
 */
static ml_bytes only_insertion(ml_bytes before, ml_bytes text)
{
    size_t head = 0, tail = 0;

    assert_true(text.len > before.len);
    while (head < before.len && before.p[head] == text.p[head])
        head++;
    while (tail < before.len - head &&
           before.p[before.len - 1 - tail] == text.p[text.len - 1 - tail])
        tail++;
    assert_int_equal(head + tail, before.len);
    return ml_bytes_slice(text, head, text.len - tail);
}

static void a_recipient_is_a_stanza_and_nothing_else(void **state)
{
    static const struct {
        ml_sops_format format;
        const char *clear;
    } rows[] = {
        { ML_SOPS_YAML, "a: 1\n# c\nb: 'x'\n" }, { ML_SOPS_YAML, "{a: 1, b: [2]}\n" },
        { ML_SOPS_YAML, "a: 1\r\nb: 2\r\n" },    { ML_SOPS_YAML, "a: 1" },
        { ML_SOPS_JSON, "{\"a\": 1}" },          { ML_SOPS_JSON, "{\n  \"a\": 1\n}\n" },
        { ML_SOPS_BINARY, "any text" },
    };
    ml_age_identity first = test_identity(), second = { 0 };
    const ml_age_recipient *list[2];
    const ml_age_identity *keys[1] = { &second };
    size_t i;
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_identity_generate(&second, ML_AGE_X25519, &e), 0);
    list[0] = &first.recipient;
    list[1] = &second.recipient;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops *s = sealed_and_opened(rows[i].clear, rows[i].format, NULL);
        ml_buf before = text_of(s), both, again;
        ml_sops_key_changes changes;
        ml_bytes stanza;
        char word[64];

        assert_int_equal(update_keys(s, list, 1, false, &changes, &e), 0);
        assert_int_equal(changes.added + changes.removed + changes.rewrapped, 0);
        assert_true(ml_bytes_equal(ml_sops_text(s), ml_buf_bytes(&before)));

        assert_int_equal(update_keys(s, list, 2, false, &changes, &e), 0);
        assert_true(changes.added == 1 && changes.removed == 0 && changes.rewrapped == 0);
        stanza = only_insertion(ml_buf_bytes(&before), ml_sops_text(s));
        assert_non_null(
            memmem(stanza.p, stanza.len, second.recipient.text, strlen(second.recipient.text)));
        assert_null(
            memmem(stanza.p, stanza.len, first.recipient.text, strlen(first.recipient.text)));
        both = text_of(s);

        /* the new one opens it */
        assert_int_equal(ml_sops_unlock(s, keys, 1, NULL, NULL, &e), 0);
        assert_int_equal(ml_sops_decrypt(s, false, &e), 0);

        /* in another order it is the same set */
        list[0] = &second.recipient;
        list[1] = &first.recipient;
        assert_int_equal(update_keys(s, list, 2, false, &changes, &e), 0);
        assert_true(ml_bytes_equal(ml_sops_text(s), ml_buf_bytes(&both)));
        list[0] = &first.recipient;
        list[1] = &second.recipient;

        /* rewrapping makes each enc anew and nothing else: no value, no mac */
        assert_int_equal(update_keys(s, list, 2, true, &changes, &e), 0);
        assert_true(changes.rewrapped == 2 && changes.added == 0);
        again = text_of(s);
        assert_int_equal(again.len, both.len);
        assert_false(ml_bytes_equal(ml_buf_bytes(&again), ml_buf_bytes(&both)));
        snprintf(word, sizeof word, "%.*s", (int)ml_sops_meta(s)->mac.len > 60 ? 60 : 1,
                 (const char *)ml_sops_meta(s)->mac.p);
        assert_non_null(memmem(both.p, both.len, word, strlen(word)));

        /* and taken away it is gone, byte for byte */
        assert_int_equal(update_keys(s, list, 1, true, &changes, &e), 0);
        assert_int_equal(changes.removed, 1);
        assert_int_equal(ml_sops_text(s).len, before.len);
        assert_int_equal(update_keys(s, list, 0, false, &changes, &e), -1);
        assert_string_equal(e.code, ML_E_ARGUMENT);
        ml_buf_free(&before);
        ml_buf_free(&both);
        ml_buf_free(&again);
        ml_sops_free(s);
    }
    ml_age_identity_free(&first);
    ml_age_identity_free(&second);
}

/* A merge may leave documents of one file with other recipients: each gets those it lacks. */
static void every_document_gets_its_recipients(void **state)
{
    ml_age_identity first = test_identity(), second = { 0 };
    const ml_age_recipient *list[2];
    ml_sops *s = sealed_and_opened("a: 1\n---\nb: 2\n", ML_SOPS_YAML, NULL);
    ml_buf one = text_of(s), mixed = { 0 };
    ml_sops_key_changes changes;
    size_t i, begin;
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_identity_generate(&second, ML_AGE_X25519, &e), 0);
    list[0] = &first.recipient;
    list[1] = &second.recipient;
    assert_int_equal(update_keys(s, list, 2, false, &changes, &e), 0);
    /* the first document with both, the second as it was */
    begin = (size_t)((unsigned char *)memmem(ml_sops_text(s).p, ml_sops_text(s).len, "---\nb", 5) -
                     ml_sops_text(s).p);
    ml_buf_add(&mixed, ml_bytes_slice(ml_sops_text(s), 0, begin));
    begin = (size_t)((unsigned char *)memmem(one.p, one.len, "---\nb", 5) - one.p);
    ml_buf_add(&mixed, ml_bytes_slice(ml_buf_bytes(&one), begin, one.len));
    ml_sops_free(s);
    s = decrypted(ml_buf_bytes(&mixed), ML_SOPS_YAML);
    assert_int_equal(update_keys(s, list, 2, false, &changes, &e), 0);
    for (i = 0; i < 2; i++) {
        ml_sops_metadata m;

        assert_int_equal(ml_sops_metadata_parse(&m, s->doc, ml_sops_map_of(s->doc, i), &e), 0);
        assert_int_equal(m.count, 2);
        assert_true(m.recipients[0].enc.len > 0 && m.recipients[1].enc.len > 0);
        ml_sops_metadata_free(&m);
    }
    ml_sops_free(s);
    ml_buf_free(&one);
    ml_buf_free(&mixed);
    ml_age_identity_free(&first);
    ml_age_identity_free(&second);
}

static void renewing_changes_every_sealed_text_and_no_other(void **state)
{
    ml_sops *s = sealed_and_opened("a: one # c\nb_unencrypted: 2\nl: [x, 'y']\n# d\nz: |\n  t\n",
                                   ML_SOPS_YAML, NULL);
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    ml_buf before = text_of(s), after;
    unsigned char old_key[ML_SOPS_KEY_SIZE];
    ml_secret opened = { 0 };
    size_t a = 0, b = 0;
    ml_err e;

    (void)state;
    memcpy(old_key, ml_sops_data_key(s).p, sizeof old_key);
    assert_int_equal(renew(s, list, 1, &e), 0);
    assert_int_not_equal(memcmp(old_key, ml_sops_data_key(s).p, sizeof old_key), 0);
    after = text_of(s);
    /* Outside ENC[…], the armor and the time nothing has changed. */
    while (a < before.len && b < after.len) {
        static const char *const marks[][2] = { { "ENC[", "]" },
                                                { "-----BEGIN", "-----END" },
                                                { "lastmodified: \"", "Z" } };
        const ml_bytes old = ml_bytes_slice(ml_buf_bytes(&before), a, before.len);
        const ml_bytes new = ml_bytes_slice(ml_buf_bytes(&after), b, after.len);
        size_t i;

        assert_int_equal(old.p[0], new.p[0]);
        for (i = 0; i < 3 && !ml_bytes_starts(old, marks[i][0]); i++)
            continue;
        if (i < 3) {
            const char *end = marks[i][1];
            const unsigned char *to = memmem(old.p, old.len, end, strlen(end));

            assert_true(ml_bytes_starts(new, marks[i][0]) && to != NULL);
            if (i < 2)
                assert_int_not_equal(memcmp(old.p, new.p, (size_t)(to - old.p)), 0);
            a += (size_t)(to - old.p);
            to = memmem(new.p, new.len, end, strlen(end));
            assert_non_null(to);
            b += (size_t)(to - new.p);
        }
        a++;
        b++;
    }
    assert_true(a >= before.len && b >= after.len);
    assert_int_equal(ml_sops_clear_text(s, &opened, &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&opened),
                            "a: one # c\nb_unencrypted: 2\nl: [x, 'y']\n# d\nz: |\n  t\n"));
    ml_secret_free(&opened);
    ml_buf_free(&before);
    ml_buf_free(&after);
    ml_age_identity_free(&identity);
    ml_sops_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_one_of_200_changes_three_lines),
        cmocka_unit_test(values_are_set_made_and_taken_away),
        cmocka_unit_test(resealing_keeps_what_did_not_change),
        cmocka_unit_test(a_recipient_is_a_stanza_and_nothing_else),
        cmocka_unit_test(every_document_gets_its_recipients),
        cmocka_unit_test(renewing_changes_every_sealed_text_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
