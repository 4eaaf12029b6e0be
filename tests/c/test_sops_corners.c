/* The corners where sops loses or changes data, or refuses it: what it makes of a document, sealed
 * and opened again, and what we make of it. No row of ours has lost anything: it comes back as it
 * was, or as the same values, or is refused. */
#include "tests/c/sops.h"

#include <stdio.h>
#include <string.h>

/* In place of a text: as it was; not sealed at all. */
#define EXACT ""
#define REFUSED NULL

static const struct {
    ml_sops_format format;
    const char *clear, *ours, *theirs;
} rows[] = {
    { ML_SOPS_YAML, "a: \"\\tx\\ny\"\nb: 1\n", EXACT, "a: null\nb: 1\n" },
    { ML_SOPS_YAML, "a: |2\n  \tx\n  y\n", EXACT, "a: null\n" },
    { ML_SOPS_YAML, "l:\n  - |2\n     x\n    y\n  - z\n", EXACT,
      "l:\n    - |4\n       x\n      y\n    - z\n" },
    { ML_SOPS_YAML, "a: \360\237\224\221\n", EXACT, "a: \"\\U0001F511\"\n" },
    { ML_SOPS_YAML, "a: \"x \360\237\224\221\"\n", EXACT, "a: \"x \\U0001F511\"\n" },
    { ML_SOPS_YAML, "a: |\n  ends \n  y\n", EXACT, "a: \"ends \\ny\\n\"\n" },
    { ML_SOPS_YAML, "a: 2025-01-02\nb: 2025-01-02T03:04:05.5+01:00\n",
      "a: 2025-01-02T00:00:00Z\nb: 2025-01-02T03:04:05.5+01:00\n",
      "a: 2025-01-02T00:00:00Z\nb: 2025-01-02T03:04:05.5+01:00\n" },
    { ML_SOPS_YAML, "a: 1.0\n", "a: 1\n", "a: 1\n" },
    { ML_SOPS_YAML, "a: 0x1F\nb: 0o17\nc: 017\nd: 1_000\n", "a: 31\nb: 15\nc: 15\nd: 1000\n",
      "a: 31\nb: 15\nc: 15\nd: 1000\n" },
    { ML_SOPS_YAML, "sops: 1\na: 2\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "a: 1\nb:\n  sops: 2\n", EXACT, "a: 1\nb:\n    sops: 2\n" },
    { ML_SOPS_YAML, "1: a\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "true: a\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "? [a]\n: b\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "a: 1\n---\nb: 1\nb: 2\n", REFUSED, EXACT },
    { ML_SOPS_YAML, "a: 1\na: 2\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "- a\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "a\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "# only\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "---\n", REFUSED, "{}\n" },
    { ML_SOPS_YAML, "a: 1\n---\n- b\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "a: 1\n---\n", REFUSED, "a: 1\n---\n{}\n" },
    { ML_SOPS_YAML, "a: &x 1\nb: *x\n", "a: &x 1\nb: 1\n", "a: 1\nb: 1\n" },
    { ML_SOPS_YAML, "x: &x {p: 1}\nb:\n  <<: *x\n  q: 2\n",
      "x: &x {p: 1}\nb:\n  <<:\n    p: 1\n  q: 2\n",
      "x:\n    p: 1\nb:\n    !!merge <<:\n        p: 1\n    q: 2\n" },
    { ML_SOPS_YAML, "a: !Ref x\n", EXACT, "a: x\n" },
    { ML_SOPS_YAML, "a: !!binary aGVsbG8=\n", "a: hello\n", "a: hello\n" },
    { ML_SOPS_YAML, "a: yes\nb: off\nc: y\n", EXACT, "a: \"yes\"\nb: \"off\"\nc: \"y\"\n" },
    { ML_SOPS_YAML, "a: 08\n", "a: 8\n", "a: 8\n" },
    { ML_SOPS_YAML, "a: 1e3\nb: .inf\nc: .nan\nd: -0.0\ne: -0\n",
      "a: 1000\nb: .inf\nc: .nan\nd: -0.0\ne: 0\n", "a: 1000\nb: .inf\nc: .nan\nd: -0\ne: 0\n" },
    { ML_SOPS_YAML, "a: 1e400\n", EXACT, EXACT },
    { ML_SOPS_YAML, "a: 9223372036854775808\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "a: 12345678901234567890\n", REFUSED, REFUSED },
    { ML_SOPS_YAML, "l:\n  - a: 1\n  # end\n", EXACT, "l:\n    - a: 1\n# end\n" },
    { ML_SOPS_YAML, "a: 1 # inline\n", EXACT, "# inline\na: 1\n" },
    { ML_SOPS_YAML, "l:\n  - a\n  #\n  - b\n", EXACT, "l:\n    - a\n    - \"\"\n    - b\n" },
    { ML_SOPS_YAML, "a: 1\r\nb: 2\r\n", EXACT, "a: 1\nb: 2\n" },
    { ML_SOPS_YAML, "{}\r\n", EXACT, "{}\n" },
    { ML_SOPS_YAML, "a: {b: 1}\nc: [1, 2]\n", EXACT, "a:\n    b: 1\nc:\n    - 1\n    - 2\n" },
    { ML_SOPS_YAML, "a: [b, ---c]\n", EXACT, "a:\n    - b\n    - '---c'\n" },
    { ML_SOPS_YAML, "a:\n\n\nb: 1\n", EXACT, "a: null\nb: 1\n" },
    { ML_SOPS_YAML, "a: \"\"\nb: {}\nc: []\nd: ~\n", EXACT, "a: \"\"\nb: {}\nc: []\nd: null\n" },
    { ML_SOPS_YAML, "%YAML 1.1\n---\na: 1\n...\n", EXACT, "a: 1\n" },
    { ML_SOPS_YAML, "a: \"x\\0y\"\n", EXACT, EXACT },
    { ML_SOPS_YAML, "a: 'it''s'\n", EXACT, "a: it's\n" },
    { ML_SOPS_YAML, "\"a b\": 1\n'#': 2\n\"\": 3\n", EXACT, "a b: 1\n'#': 2\n\"\": 3\n" },
    { ML_SOPS_YAML, "a: >\n  folded\n  text\n\n  more\n", "a: >\n  folded text\n\n  more\n",
      "a: |\n    folded text\n    more\n" },
    { ML_SOPS_JSON, "{\"a\": 1, \"a\": 2}", REFUSED, "{\n\t\"a\": 1,\n\t\"a\": 2\n}\n" },
    { ML_SOPS_JSON, "{\"a\":1,\"b\":[1", REFUSED, "{\n\t\"a\": 1\n}\n" },
    { ML_SOPS_JSON, "{\"a\":1,\"b\":", REFUSED, "{\n\t\"a\": 1\n}\n" },
    { ML_SOPS_JSON, "{\"a\":1} {\"b\":2}", REFUSED, "{\n\t\"a\": 1\n}\n" },
    { ML_SOPS_JSON, "{\"a\":1} trailing", REFUSED, "{\n\t\"a\": 1\n}\n" },
    { ML_SOPS_JSON, "[1]", REFUSED, REFUSED },
    { ML_SOPS_JSON, "{}", EXACT, "{}\n" },
    { ML_SOPS_JSON, "{\"a\": 12345678901234567890}", REFUSED,
      "{\n\t\"a\": 12345678901234567000\n}\n" },
    { ML_SOPS_JSON,
      "{\"a\": 9223372036854775807, \"b\": -9223372036854775808, \"c\": 9007199254740993}", EXACT,
      "{\n\t\"a\": 9223372036854775807,\n\t\"b\": -9223372036854775808,\n\t\"c\": "
      "9007199254740993\n}\n" },
    { ML_SOPS_JSON, "{\"a\": -0, \"b\": -0.0, \"c\": 1.0, \"d\": 1e3, \"e\": 1E-7}",
      "{\"a\": 0, \"b\": -0.0, \"c\": 1, \"d\": 1000, \"e\": 1e-7}",
      "{\n\t\"a\": 0,\n\t\"b\": -0,\n\t\"c\": 1,\n\t\"d\": 1000,\n\t\"e\": 1e-7\n}\n" },
    { ML_SOPS_JSON, "{\"a\": 1e400}", REFUSED, REFUSED },
    { ML_SOPS_JSON, "{\"a\": \"\\ud800\"}", REFUSED, "{\n\t\"a\": \"\357\277\275\"\n}\n" },
    { ML_SOPS_JSON, "{\"a\": \"\\u0000\"}", EXACT, "{\n\t\"a\": \"\\u0000\"\n}\n" },
    { ML_SOPS_JSON, "{\"a\": \"\\/\"}", "{\"a\": \"/\"}", "{\n\t\"a\": \"/\"\n}\n" },
    { ML_SOPS_JSON, "{\"a\": \"<&>\"}", EXACT, "{\n\t\"a\": \"\\u003c\\u0026\\u003e\"\n}\n" },
    { ML_SOPS_JSON, "{\"a\": null, \"b\": [], \"c\": {}, \"d\": \"\"}", EXACT,
      "{\n\t\"a\": null,\n\t\"b\": [],\n\t\"c\": {},\n\t\"d\": \"\"\n}\n" },
    { ML_SOPS_JSON, "{\"sops\": 1}", REFUSED, REFUSED },
    { ML_SOPS_JSON, "{\"a\": 01}", REFUSED, REFUSED },
    { ML_SOPS_JSON, "{'a': 1}", REFUSED, REFUSED },
    { ML_SOPS_JSON, "{\"a\": 1,}", REFUSED, REFUSED },
    { ML_SOPS_JSON, "// c\n{\"a\": 1}", REFUSED, REFUSED },
    { ML_SOPS_JSON, "\357\273\277{\"a\": 1}", REFUSED, REFUSED },
    { ML_SOPS_BINARY, "", EXACT, EXACT },
    { ML_SOPS_BINARY, "{\"sops\": 1}", EXACT, EXACT },
    { ML_SOPS_DOTENV, "# c\nA=1\n\n\nB=2\n", EXACT, "# c\nA=1\nB=2\n" },
    { ML_SOPS_DOTENV, "A = 1 \n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "export A=1\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "A=\"x y\" # c\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "A=x\\ny\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "A=x\\\\ny\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "A=1\r\nB=2\r\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "A\n", REFUSED, REFUSED },
    { ML_SOPS_DOTENV, " # c\nA=1\n", REFUSED, REFUSED },
    { ML_SOPS_DOTENV, "A=1\nA=2\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "=x\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "A=\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "sops_x=1\n", REFUSED, REFUSED },
    { ML_SOPS_DOTENV, "A=1", EXACT, "A=1\n" },
    { ML_SOPS_DOTENV, "# only\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "  A=1\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "\357\273\277A=1\n", EXACT, EXACT },
    { ML_SOPS_DOTENV, "A=1\n# end\n", EXACT, EXACT },
    { ML_SOPS_INI, "a = 1\n[s]\nb = 2\n", EXACT, "a = 1\n\n[s]\nb = 2\n" },
    { ML_SOPS_INI, "[s]\nb: 2\n", EXACT, "[s]\nb = 2\n" },
    { ML_SOPS_INI, "[s]\nb = 1\nb = 2\n", REFUSED, "[s]\nb = 2\n" },
    { ML_SOPS_INI, "[s]\nb = 1\n[s]\nc = 2\n", EXACT, "[s]\nb = 1\n\n[s]\nc = 2\n" },
    { ML_SOPS_INI, "; c\n[s]\n# d\nb = 1 ; e\n", EXACT, "; c\n[s]\n; d\n; e\nb = 1\n" },
    { ML_SOPS_INI, "[s]\nb = 1\n; end\n", EXACT, "[s]\nb = 1\n" },
    { ML_SOPS_INI, "[s]\nb = \"x ; y\"\n", EXACT, "[s]\n; y\"\nb = \"x\n" },
    { ML_SOPS_INI, "[s]\nb = `x ; y`\n", EXACT, EXACT },
    { ML_SOPS_INI, "[s]\nb = \"\"\"x\ny\"\"\"\n", EXACT, EXACT },
    { ML_SOPS_INI, "[s]\nb = x \\\n y\n", "[s]\nb = x y\n", "[s]\nb = x y\n" },
    { ML_SOPS_INI, "[s]\nb\n", REFUSED, REFUSED },
    { ML_SOPS_INI, "[s]\n= 1\n", REFUSED, REFUSED },
    { ML_SOPS_INI, "[sops]\nb = 1\n", REFUSED, REFUSED },
    { ML_SOPS_INI, "[s\nb = 1\n", REFUSED, REFUSED },
    { ML_SOPS_INI, "[s] x\nb = 1\n", REFUSED, "[s]\nb = 1\n" },
    { ML_SOPS_INI, "[a]b]\nc = 1\n", EXACT, EXACT },
    { ML_SOPS_INI, "[s]\nb =\n", EXACT, "[s]\nb = \n" },
    { ML_SOPS_INI, "[s]\nb = %(c)s\n", EXACT, EXACT },
    { ML_SOPS_INI, "\357\273\277[s]\nb = 1\n", EXACT, "[s]\nb = 1\n" },
    { ML_SOPS_INI, "a = 1 # c\n[s]\nb = 2\n", EXACT, "; c\na = 1\n\n[s]\nb = 2\n" },
    { ML_SOPS_INI, "[s]\r\nb = 1\r\n", EXACT, "[s]\nb = 1\n" },
    { ML_SOPS_INI, "[s]\n; one\n; two\nb = 1\n", EXACT, EXACT },
    { ML_SOPS_INI, "[s]\n;c\nb = 1\n", EXACT, "[s]\n; c\nb = 1\n" },
    { ML_SOPS_INI, "[s]\nb = 1 \n", EXACT, "[s]\nb = 1\n" },
    { ML_SOPS_INI, "[s]\nb = 'x'\n", EXACT, "[s]\nb = x\n" },
    { ML_SOPS_INI, "[DEFAULT]\na = 1\n", EXACT, EXACT },
};

enum { ROWS = sizeof rows / sizeof *rows };

static const char *expected(const char *text, const char *clear)
{
    return text != NULL && text[0] == '\0' ? clear : text;
}

static void nothing_is_lost_here(void **state)
{
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    size_t i;

    (void)state;
    for (i = 0; i < ROWS; i++) {
        const char *wanted = expected(rows[i].ours, rows[i].clear);
        ml_sops_new what = { .clear = ml_bytes_text(rows[i].clear), .format = rows[i].format };
        ml_buf sealed = { 0 };
        ml_secret opened = { 0 };
        ml_sops *s;
        ml_err e;

        if (seal(&what, list, 1, &sealed, &e) < 0) {
            if (wanted != REFUSED)
                fail_msg("%s: %s", rows[i].clear, e.message);
        } else if (wanted == REFUSED) {
            fail_msg("sealed: %s", rows[i].clear);
        } else {
            s = decrypted(ml_buf_bytes(&sealed), rows[i].format);
            assert_int_equal(ml_sops_clear_text(s, &opened, &e), 0);
            if (!ml_bytes_is(ml_secret_bytes(&opened), wanted))
                fail_msg("%s became\n%.*s", rows[i].clear, (int)opened.len, (char *)opened.p);
            ml_sops_free(s);
        }
        ml_secret_free(&opened);
        ml_buf_free(&sealed);
    }
    ml_age_identity_free(&identity);
}

/* Sealed by the real program; false when it refuses. */
static bool seal_with_sops(const char *sops, ml_bytes clear, const char *format, ml_buf *sealed)
{
    char in[TEMP_PATH], out[TEMP_PATH], command[3 * TEMP_PATH];
    ml_age_identity identity = test_identity();
    ml_root folder;
    bool made;

    temp_open(&folder);
    write_file(temp_path(&folder, "clear", in), clear);
    snprintf(command, sizeof command,
             "%s encrypt --age %s --input-type %s --output-type %s %s > %s 2> /dev/null", sops,
             identity.recipient.text, format, format, in, temp_path(&folder, "sealed", out));
    made = system(command) == 0;
    if (made)
        *sealed = read_file(out);
    temp_close(&folder);
    ml_age_identity_free(&identity);
    return made;
}

/* The column of sops is true as well; and what it opens to in our file is what it opens to in its
 * own, lost or not. */
static void sops_does_what_the_table_says(void **state)
{
    const char *sops = find_sops();
    size_t i;

    (void)state;
    if (sops == NULL)
        skip();
    for (i = 0; i < ROWS; i++) {
        const char *wanted = expected(rows[i].theirs, rows[i].clear);
        const char *format = ml_sops_format_word(rows[i].format);
        ml_buf sealed = { 0 }, opened = { 0 };

        if (!seal_with_sops(sops, ml_bytes_text(rows[i].clear), format, &sealed)) {
            if (wanted != REFUSED)
                fail_msg("sops refuses %s", rows[i].clear);
            continue;
        }
        if (wanted == REFUSED)
            fail_msg("sops seals %s", rows[i].clear);
        opened = decrypt_with_sops(sops, ml_buf_bytes(&sealed), format);
        if (!ml_bytes_is(ml_buf_bytes(&opened), wanted))
            fail_msg("%s: sops makes of it\n%.*s", rows[i].clear, (int)opened.len,
                     (char *)opened.p);
        ml_buf_free(&sealed);
        ml_buf_free(&opened);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_here),
        cmocka_unit_test(sops_does_what_the_table_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
