/* Sealed dotenv and INI files: flattened metadata read and written, and everything that can be done
 * to a file done to these. */
#include "tests/c/sops.h"

static void what_was_sealed_comes_back_byte_for_byte(void **state)
{
    static const struct {
        ml_sops_format format;
        const char *clear;
    } rows[] = {
        { ML_SOPS_DOTENV, "" },
        { ML_SOPS_DOTENV, "#c" },
        { ML_SOPS_DOTENV, "A=1\n" },
        { ML_SOPS_DOTENV, "A=1" },
        { ML_SOPS_DOTENV, "# c\n\n A = x=y \r\nB=a\\nb\nA=2\n\n#" },
        { ML_SOPS_INI, "" },
        { ML_SOPS_INI, "; c\n" },
        { ML_SOPS_INI, "a=1\n" },
        { ML_SOPS_INI, "a=1" },
        { ML_SOPS_INI, "[s]\r\na = 1\r\n\r\n\r\n" },
        { ML_SOPS_INI, "; one\n\n  # two\n\na : 'x' ; in\n[s]\n;;\nb = `x;y`\n[s]\nb=\n; end" },
        { ML_SOPS_INI, "a = \"\"\"one\n two\n\"\"\" ; c\n" },
        { ML_SOPS_INI, "; ]\n[s]\na=1\n" },
        { ML_SOPS_INI, "; a\n[s]  ; b\nk=v\n[t] # c" },
        { ML_SOPS_INI, "; a\n   ; b\n\n  \n; c\n[s]; d \n; e\nk = v   # f \n; g\nl=`x`  ; h\r\n" },
    };
    const char *sops = find_sops();
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops *s = sealed_and_opened(rows[i].clear, rows[i].format, NULL);
        ml_secret clear = { 0 };
        ml_err e;

        assert_int_equal(ml_sops_clear_text(s, &clear, &e), 0);
        if (!ml_bytes_is(ml_secret_bytes(&clear), rows[i].clear))
            fail_msg("row %zu: %.*s", i, (int)clear.len, (const char *)clear.p);
        if (sops != NULL) {
            ml_buf theirs =
                decrypt_with_sops(sops, ml_sops_text(s), ml_sops_format_word(rows[i].format));

            assert_null(memmem(theirs.p, theirs.len, "ENC[", 4));
            ml_buf_free(&theirs);
        }
        ml_secret_free(&clear);
        ml_sops_free(s);
    }
}

/* Whoever changes the file with sops keeps them. */
static void sops_sees_all_comments_of_a_key(void **state)
{
    ml_sops *s =
        sealed_and_opened("; one\n\n; two\n[s] ; three\n# four\nk = v ; five\n", ML_SOPS_INI, NULL);
    const char *sops = find_sops();
    ml_buf theirs = { 0 };

    (void)state;
    if (sops != NULL) {
        theirs = decrypt_with_sops(sops, ml_sops_text(s), "ini");
        if (!ml_bytes_is(ml_buf_bytes(&theirs),
                         "; one\n;  \n; two\n;  ; three\n[s]\n; four\n; ; five\n"
                         "k = v\n"))
            fail_msg("%.*s", (int)theirs.len, (const char *)theirs.p);
    }
    ml_buf_free(&theirs);
    ml_sops_free(s);
}

/* A sealed dotenv file whose metadata lines are replaced by these. */
static int open_with_lines(const char *lines, ml_sops **s, ml_err *e)
{
    ml_buf text = { 0 };
    int status;

    ml_buf_text(&text, "A=ENC[x]\n");
    ml_buf_text(&text, lines);
    status = ml_sops_open(s, ml_buf_bytes(&text), ML_SOPS_DOTENV, NULL, e);
    ml_buf_free(&text);
    return status;
}

static void lines_that_contradict_each_other_are_refused(void **state)
{
    static const struct {
        const char *lines;
        unsigned long line;
        const char *says;
    } rows[] = {
        { "sops_mac=1\nB=2\nsops_mac=3\n", 4, "Duplicate value" },
        { "sops_age__list_0__map_enc=1\nsops_age__list_x__map_enc=2\n", 3, "Duplicate value" },
        { "sops_age=1\nsops_age__list_0=2\n", 3, "Type mismatch" },
        { "sops_a__map_b=1\nsops_a__list_0=2\n", 2, "Type mismatch" },
        { "sops_age__list_1=1\n", 2, "Incomplete list" },
        { "sops_age__list_0=1\nsops_age__list_2=2\n", 3, "Incomplete list" },
        { "sops_age__list_-1=1\n", 2, "Incomplete list" },
        { "sops_age__list_99999999999999999999=1\n", 2, "Incomplete list" },
        { "sops_x__map_y__list_0__list_1=1\n", 2, "Incomplete list" },
        { "sops_mac__map_x=1\n", 2, "'mac'" },
        { "sops_mac=x\nsops_shamir_threshold=x\n", 3, "'shamir_threshold'" },
        { "sops_mac=x\nsops_lastmodified=x\n", 3, "'lastmodified'" },
        { "sops_mac=\xFF\n", 2, "UTF-8" },
        { "B=1\n", 0, "not sealed" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops *s;
        ml_err e;

        if (open_with_lines(rows[i].lines, &s, &e) == 0)
            fail_msg("row %zu opens", i);
        if (e.line != rows[i].line || strstr(e.message, rows[i].says) == NULL)
            fail_msg("row %zu: line %lu: %s", i, e.line, e.message);
    }
}

static void many_lines_cost_no_more_than_their_number(void **state)
{
    ml_buf text = { 0 };
    ml_sops *s;
    ml_err e;
    int i;

    (void)state;
    for (i = 99999; i >= 0; i--)
        ml_buf_format(&text, "sops_x__map_y__list_%d__map_z=%d\n", i, i);
    assert_int_equal(ml_sops_open(&s, ml_buf_bytes(&text), ML_SOPS_DOTENV, NULL, &e), 0);
    assert_int_equal(ml_doc_count(s->metadata) > 200000, 1);
    ml_sops_free(s);
    ml_buf_free(&text);
}

/* Lines of `after` that are not in `before`, by their names. */
static void new_lines(ml_bytes before, ml_bytes after, ml_buf *names)
{
    size_t at = 0, end;

    for (; at < after.len; at = end + 1) {
        ml_bytes line;

        end = ml_bytes_find(after, at, '\n');
        end = end == SIZE_MAX ? after.len : end;
        line = ml_bytes_slice(after, at, end);
        if (line.len == 0 || memmem(before.p, before.len, line.p, line.len) != NULL)
            continue;
        ml_buf_add(names, ml_bytes_slice(line, 0, ml_bytes_find(line, 0, '=')));
        ml_buf_byte(names, '|');
    }
}

static void a_change_is_seen_in_its_lines_alone(void **state)
{
    static const struct {
        ml_sops_format format;
        const char *clear, *path, *names, *gone;
    } rows[] = {
        { ML_SOPS_DOTENV, "A=1\nB=2\n", "A", "A|sops_lastmodified|sops_mac|",
          "sops_age__list_1__map_enc|sops_age__list_1__map_recipient|" },
        { ML_SOPS_INI, "[s]\nA=1\nB=2\n", "s/A",
          "A|lastmodified               |mac                        |",
          "age__list_1__map_enc       |age__list_1__map_recipient |" },
    };
    const ml_tree value = { .kind = ML_KIND_SCALAR,
                            .type = ML_TYPE_STR,
                            .text = ml_bytes_text("new") };
    static const unsigned char scalar[ML_X25519_SIZE] = { 7 };
    ml_age_identity one = test_identity(), other;
    const ml_age_recipient *both[] = { &one.recipient, &other.recipient };
    size_t i;
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_identity_x25519(&other, ml_bytes_of(scalar, sizeof scalar), &e), 0);
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_buf before, after, names = { 0 };
        ml_sops_key_changes changes;
        ml_sops *s;

        ml_clock_set(1700000000);
        s = sealed_and_opened(rows[i].clear, rows[i].format, NULL);
        before = text_of(s);
        ml_clock_set(1700000100);
        assert_int_equal(ml_sops_set(s, rows[i].path, &value, NULL, &e), 0);
        new_lines(ml_buf_bytes(&before), ml_sops_text(s), &names);
        ml_buf_byte(&names, '\0');
        assert_string_equal(names.p, rows[i].names);
        ml_buf_free(&before);
        before = text_of(s);
        names.len = 0;
        assert_int_equal(update_keys(s, both, 2, false, &changes, &e), 0);
        assert_int_equal(changes.added, 1);
        after = text_of(s);
        new_lines(ml_buf_bytes(&before), ml_buf_bytes(&after), &names);
        ml_buf_byte(&names, '\0');
        assert_string_equal(names.p, rows[i].gone);
        assert_int_equal(update_keys(s, both, 1, false, &changes, &e), 0);
        assert_int_equal(changes.removed, 1);
        assert_true(ml_bytes_equal(ml_sops_text(s), ml_buf_bytes(&before)));
        assert_int_equal(ml_sops_decrypt(s, false, &e), 0);
        assert_int_equal(renew(s, both, 2, &e), 0);
        assert_int_equal(ml_sops_reseal(s, ml_bytes_text(rows[i].clear), NULL, &e), 0);
        assert_int_equal(ml_sops_decrypt(s, false, &e), 0);
        ml_clock_set(-1);
        ml_sops_free(s);
        ml_buf_free(&before);
        ml_buf_free(&after);
        ml_buf_free(&names);
    }
    ml_age_identity_free(&one);
    ml_age_identity_free(&other);
}

static void metadata_is_no_value(void **state)
{
    static const struct {
        ml_sops_format format;
        const char *clear, *path, *code;
    } rows[] = {
        { ML_SOPS_DOTENV, "A=1\n", "sops_mac", ML_E_ARGUMENT },
        { ML_SOPS_INI, "[s]\nA=1\n", "sops/mac", ML_E_ARGUMENT },
        { ML_SOPS_INI, "[s]\nA=1\n", "x", ML_E_UNSUPPORTED },
        { ML_SOPS_INI, "[s]\nA=1\n", "s/b/c", ML_E_UNSUPPORTED },
        { ML_SOPS_DOTENV, "A=1\n", "b/c", ML_E_UNSUPPORTED },
    };
    const ml_tree value = { .kind = ML_KIND_SCALAR,
                            .type = ML_TYPE_STR,
                            .text = ml_bytes_text("v") };
    ml_buf out = { 0 };
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops *s = sealed_and_opened(rows[i].clear, rows[i].format, NULL);

        assert_int_equal(ml_sops_set(s, rows[i].path, &value, NULL, &e), -1);
        if (strcmp(e.code, rows[i].code) != 0)
            fail_msg("row %zu: %s %s", i, e.code, e.message);
        ml_sops_free(s);
    }
    for (i = 0; i < 2; i++) {
        ml_age_identity identity = test_identity();
        const ml_age_recipient *list[] = { &identity.recipient };
        ml_sops_new what = { .clear = ml_bytes_text(i == 0 ? "A=1\nsops_x=2\n" : "[a]\n[sops]\n"),
                             .format = i == 0 ? ML_SOPS_DOTENV : ML_SOPS_INI };

        assert_int_equal(seal(&what, list, 1, &out, &e), -1);
        assert_string_equal(e.code, ML_E_EXISTS);
        assert_int_equal(e.line, 2);
        ml_age_identity_free(&identity);
    }
    ml_buf_free(&out);
}

/* sops 3.13.0 and 3.13.1 wrote the line breaks of INI metadata as they are. */
static void line_breaks_in_ini_metadata_are_read(void **state)
{
    ml_sops *s = sealed_and_opened("[s]\na = 1\n", ML_SOPS_INI, NULL);
    const ml_bytes text = ml_sops_text(s);
    const ml_tree value = { .kind = ML_KIND_SCALAR,
                            .type = ML_TYPE_STR,
                            .text = ml_bytes_text("v") };
    ml_buf old = { 0 };
    ml_err e;
    size_t i;

    (void)state;
    for (i = 0; i < text.len; i++)
        if (ml_bytes_starts(ml_bytes_slice(text, i, text.len), "= -----BEGIN")) {
            ml_buf_text(&old, "= \"\"\"");
            i++;
        } else if (ml_bytes_starts(ml_bytes_slice(text, i, text.len), "\\n")) {
            ml_buf_text(&old, "\n");
            if (text.p[++i + 1] == '\n')
                ml_buf_text(&old, "\"\"\"");
        } else {
            ml_buf_byte(&old, text.p[i]);
        }
    ml_sops_free(s);
    s = decrypted(ml_buf_bytes(&old), ML_SOPS_INI);
    assert_int_equal(ml_sops_set(s, "s/a", &value, NULL, &e), 0);
    assert_non_null(memmem(ml_sops_text(s).p, ml_sops_text(s).len, "\"\"\"-----BEGIN", 13));
    ml_sops_free(s);
    ml_buf_free(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_comes_back_byte_for_byte),
        cmocka_unit_test(sops_sees_all_comments_of_a_key),
        cmocka_unit_test(lines_that_contradict_each_other_are_refused),
        cmocka_unit_test(many_lines_cost_no_more_than_their_number),
        cmocka_unit_test(a_change_is_seen_in_its_lines_alone),
        cmocka_unit_test(metadata_is_no_value),
        cmocka_unit_test(line_breaks_in_ini_metadata_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
