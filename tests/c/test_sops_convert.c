/* Files written in another format, by sops' own rules of writing: read from what was sealed, and
 * sealed as that. The texts are those of sops itself. */
#include "tests/c/sops.h"

#define Y ML_SOPS_YAML
#define J ML_SOPS_JSON
#define D ML_SOPS_DOTENV
#define I ML_SOPS_INI
#define B ML_SOPS_BINARY

static const struct {
    ml_sops_format from, to;
    const char *clear, *text; /* NULL: the format cannot hold it */
} rows[] = {
    /* values, as sops' own test of them has it */
    { Y, I,
      "section:\n  int: 20\n  float: 3.14\n  bool: true\n  date: 2025-01-02\n"
      "  timestamp: 2025-01-02 03:04:05\n  utc_timestamp: 2025-01-02T03:04:05Z\n"
      "  offset: 2025-01-02T03:04:05+01:00\n",
      "[section]\nint           = 20\nfloat         = 3.14\nbool          = true\n"
      "date          = 2025-01-02T00:00:00Z\ntimestamp     = 2025-01-02T03:04:05Z\n"
      "utc_timestamp = 2025-01-02T03:04:05Z\noffset        = 2025-01-02T03:04:05+01:00\n" },
    { Y, D, "a: 1.5e30\nb: 1000000.0\nc: 1.0\nd: .inf\ne: 0.00001\nf: true\ng: \"x\\ny\"\n",
      "a=1.5E+30\nb=1E+06\nc=1.0\nd=+Inf\ne=1E-05\nf=true\ng=x\\ny\n" },
    { Y, J, "a: [1, {}, []]\nb: <&>\nc: 2025-01-02\nd: 1.0\ne: null\n",
      "{\n\t\"a\": [\n\t\t1,\n\t\t{},\n\t\t[]\n\t],\n\t\"b\": \"\\u003c\\u0026\\u003e\",\n"
      "\t\"c\": \"2025-01-02T00:00:00Z\",\n\t\"d\": 1,\n\t\"e\": null\n}\n" },
    { J, Y,
      "{\"a\": [[\"x\", [\"z\"], {\"k\": 1, \"l\": [1]}]], \"m\": [{\"c\": [1], \"d\": {\"e\": "
      "{}}}]}",
      "a:\n    - - x\n      - - z\n      - k: 1\n        l:\n            - 1\n"
      "m:\n    - c:\n        - 1\n      d:\n        e: {}\n" },
    { J, D, "{\"a\": \"b\"}", "a=b\n" },
    { D, J, "A=1\nB=x\\ny\n", "{\n\t\"A\": \"1\",\n\t\"B\": \"x\\ny\"\n}\n" },
    { I, J, "[s]\na = 1\n", "{\n\t\"DEFAULT\": {},\n\t\"s\": {\n\t\t\"a\": \"1\"\n\t}\n}\n" },
    { I, J, "b = 2\n", "{\n\t\"DEFAULT\": {\n\t\t\"b\": \"2\"\n\t}\n}\n" },
    { J, I, "{\"DEFAULT\": {\"b\": \"2\"}, \"s\": {\"a=\": \"x;y\", \"c\": \" z\"}, \"t\": {}}",
      "b = 2\n\n[s]\n`a=` = `x;y`\nc    = \" z\"\n\n[t]\n" },
    { J, I, "{\"DEFAULT\": {\"\\uFEFFa\": \"1\"}}",
      "`\xEF\xBB\xBF"
      "a` = 1\n" },
    /* comments */
    { D, Y, "#a\nA=1\n#b\n#c\nB=2\n#end\n", "#a\nA: \"1\"\n#b\n#c\nB: \"2\"\n#end\n" },
    { I, Y, "; top\na=1\n[s]\n; one\n\n; two\nk = v\n",
      "DEFAULT:\n    a: \"1\"\n    #top\ns:\n    k: v\n    #one\n    # ; two\n" },
    { Y, D, "# a\nx: 1 # b\n# c\n", "# a\n# b\nx=1\n# c\n" },
    { Y, I, "s:\n  # a\n  x: 1\n", "; a\n[s]\nx = 1\n" },
    { D, Y, "#a\rb: 1\n#c\u2028d: 2\nA=1\n#e\r\n", "#a\n# b: 1\n#c\n# d: 2\nA: \"1\"\n#e\n" },
    { Y, J, "# a\nx: 1 # b\n", "{\n\t\"x\": 1\n}\n" },
    /* aliases, long keys, several documents, bytes */
    { Y, J, "a: &x {k: v}\nb: *x\n",
      "{\n\t\"a\": {\n\t\t\"k\": \"v\"\n\t},\n\t\"b\": {\n\t\t\"k\": \"v\"\n\t}\n}\n" },
    { Y, J, "a: 1\n---\nb: 2\n", "{\n\t\"a\": 1\n}\n" },
    { J, B, "{\"data\": \"bytes\"}", "bytes" },
    { B, Y, "bytes", "data: bytes\n" },
    /* what cannot be held */
    { Y, D, "a: [1]\n", NULL },
    { Y, I, "a: 1\n", NULL },
    { Y, I, "a: {b: {c: 1}}\n", NULL },
    { Y, D, "a=b: 1\n", NULL },
    { Y, D, "a: 'x\\ny'\n", NULL },
    { Y, J, "a: .nan\n", NULL },
    { D, Y, "A=1\nA=2\n", NULL },
    { I, J, "[s]\na=1\n[s]\nb=2\n", NULL },
    { D, J, "A=\xFF\n", NULL },
    { D, I, "A=1\n", NULL },
    { Y, B, "a: 1\n", NULL },
};

static void sealed_files_are_written_in_other_formats(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops *s = sealed_and_opened(rows[i].clear, rows[i].from, NULL);
        const ml_sops_output output = { .format = rows[i].to };
        ml_secret text = { 0 };
        ml_err e;
        const int status = ml_sops_clear_text_as(s, &output, &text, &e);

        if (rows[i].text == NULL ? status == 0
                                 : status < 0 || !ml_bytes_is(ml_secret_bytes(&text), rows[i].text))
            fail_msg("row %zu: %s%.*s", i, status < 0 ? e.message : "", (int)text.len,
                     (const char *)text.p);
        ml_secret_free(&text);
        ml_sops_free(s);
    }
}

/* What sealing converts opens to the same, here and by the real program. */
static void clear_files_are_sealed_in_other_formats(void **state)
{
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    const char *sops = find_sops();
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ml_sops_output output = { .format = rows[i].to };
        ml_sops_new what = { .clear = ml_bytes_text(rows[i].clear),
                             .format = rows[i].from,
                             .output = &output };
        ml_buf sealed = { 0 };
        ml_secret text = { 0 };
        ml_sops *s;
        ml_err e;

        if (rows[i].text == NULL) {
            assert_int_equal(seal(&what, list, 1, &sealed, &e), -1);
            continue;
        }
        if (seal(&what, list, 1, &sealed, &e) < 0)
            fail_msg("row %zu: %s", i, e.message);
        s = decrypted(ml_buf_bytes(&sealed), rows[i].to);
        assert_int_equal(ml_sops_clear_text(s, &text, &e), 0);
        /* An escape that a sealed string had does not come back. */
        if (strstr(rows[i].text, "\\u00") == NULL &&
            !ml_bytes_is(ml_secret_bytes(&text), rows[i].text))
            fail_msg("row %zu: %.*s", i, (int)text.len, (const char *)text.p);
        if (sops != NULL) {
            ml_buf theirs =
                decrypt_with_sops(sops, ml_buf_bytes(&sealed), ml_sops_format_word(rows[i].to));

            assert_null(memmem(theirs.p, theirs.len, "ENC[", 4));
            ml_buf_free(&theirs);
        }
        ml_sops_free(s);
        ml_secret_free(&text);
        ml_buf_free(&sealed);
    }
    ml_age_identity_free(&identity);
}

/* Without a name a value would be lost, or stand under none. */
static void only_maps_are_sealed_in_other_formats(void **state)
{
    static const char *const clear[] = { "[a, b]\n", "[]\n", "a\n", "null\n" };
    static const ml_sops_format formats[] = { D, I, J };
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof clear / sizeof *clear; i++) {
        for (k = 0; k < sizeof formats / sizeof *formats; k++) {
            const ml_sops_output output = { .format = formats[k] };
            ml_sops_new what = { .clear = ml_bytes_text(clear[i]), .format = Y, .output = &output };
            ml_buf sealed = { 0 };
            ml_err e;

            assert_int_equal(seal(&what, list, 1, &sealed, &e), -1);
            assert_string_equal(e.code, ML_E_FORMAT);
            assert_int_equal(e.line, 1);
            ml_buf_free(&sealed);
        }
    }
    ml_age_identity_free(&identity);
}

static void indentation_is_as_sops_takes_its_settings(void **state)
{
    static const struct {
        ml_sops_format to;
        int indent;
        const char *text;
    } cases[] = {
        { Y, 2, "a:\n  b:\n    - 1\n" },
        { Y, 0, "a:\n    b:\n        - 1\n" },
        { Y, 1, "a:\n  b:\n    - 1\n" },
        { Y, 10, "a:\n  b:\n    - 1\n" },
        { Y, -1, NULL },
        { J, -1, "{\n\t\"a\": {\n\t\t\"b\": [\n\t\t\t1\n\t\t]\n\t}\n}\n" },
        { J, 0, "{\n\"a\": {\n\"b\": [\n1\n]\n}\n}\n" },
        { J, 2, "{\n  \"a\": {\n    \"b\": [\n      1\n    ]\n  }\n}\n" },
        { J, -2, NULL },
    };
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    const ml_sops_output two = { .format = B, .indented = true, .indent = 2 };
    ml_sops_new what = { .clear = ml_bytes_text("x"), .format = B, .output = &two };
    ml_buf sealed = { 0 };
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        ml_sops *s = sealed_and_opened(cases[i].to == Y ? "{\"a\": {\"b\": [1]}}" : "a: {b: [1]}\n",
                                       cases[i].to == Y ? J : Y, NULL);
        const ml_sops_output output = { cases[i].to, true, cases[i].indent };
        ml_secret text = { 0 };
        const int status = ml_sops_clear_text_as(s, &output, &text, &e);

        if (cases[i].text == NULL ? status == 0
                                  : !ml_bytes_is(ml_secret_bytes(&text), cases[i].text))
            fail_msg("case %zu: %.*s", i, (int)text.len, (const char *)text.p);
        ml_secret_free(&text);
        ml_sops_free(s);
    }
    assert_int_equal(seal(&what, list, 1, &sealed, &e), 0);
    assert_true(ml_bytes_starts(ml_buf_bytes(&sealed), "{\n  \"data\": \"ENC["));
    ml_buf_free(&sealed);
    ml_age_identity_free(&identity);
}

/* The first of several documents, and a word about it. */
static void several_documents_are_noted(void **state)
{
    ml_sops *s = sealed_and_opened("a: 1\n---\nb: 2\n", Y, NULL);
    const ml_sops_output output = { .format = J };
    ml_secret text = { 0 };
    ml_err e;

    (void)state;
    assert_int_equal(ml_sops_clear_text_as(s, &output, &text, &e), 0);
    assert_int_equal(ml_sops_notes_of(s)->count, 1);
    assert_non_null(strstr(ml_sops_notes_of(s)->list[0].text, "first document"));
    ml_secret_free(&text);
    ml_sops_free(s);
}

/* Each alias stands for a deep list, and in the list of the next. */
static void chains_of_aliases_end_in_an_error(void **state)
{
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    const ml_sops_output output = { .format = J };
    ml_buf text = { 0 }, sealed = { 0 };
    ml_sops_new what = { .format = Y, .output = &output };
    int i;
    ml_err e;

    (void)state;
    for (i = 0; i < 400; i++) {
        ml_buf_format(&text, "a%d: &a%d ", i, i);
        ml_buf_repeat(&text, '[', 500);
        if (i > 0)
            ml_buf_format(&text, "*a%d", i - 1);
        ml_buf_repeat(&text, ']', 500);
        ml_buf_byte(&text, '\n');
    }
    what.clear = ml_buf_bytes(&text);
    assert_int_equal(seal(&what, list, 1, &sealed, &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    assert_int_equal(e.line, 1);
    ml_buf_free(&text);
    ml_age_identity_free(&identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_files_are_written_in_other_formats),
        cmocka_unit_test(clear_files_are_sealed_in_other_formats),
        cmocka_unit_test(only_maps_are_sealed_in_other_formats),
        cmocka_unit_test(indentation_is_as_sops_takes_its_settings),
        cmocka_unit_test(several_documents_are_noted),
        cmocka_unit_test(chains_of_aliases_end_in_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
