/* YAML documents: what is read, what comes back byte for byte, what is refused and where. */
#include "tests/c/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "doc/edit.h"
#include "doc/value.h"

static ml_doc *parse(ml_bytes text)
{
    ml_doc *d = NULL;
    ml_err e;

    if (ml_doc_parse(&d, ML_FORMAT_YAML, text, "t.yaml", &e) < 0)
        fail_msg("%.*s: %s (%lu:%lu)", (int)text.len, (const char *)text.p, e.message, e.line,
                 e.column);
    return d;
}

/* Texts that Go's loader takes, one trait each. */
static const char *const texts[] = {
    "",
    "a: 1\n",
    "a: 1",                                              /* no final line break */
    "\n\n# head\n\na: 1 # inline\n\n\nb: 2\n# tail\n\n", /* comments and empty lines */
    "a: plain\nb: 'single ''quoted'''\nc: \"double \\\"\\u00e9\\n\"\n",
    "a:\n  b:\n    c: 1\nd:\n  - x\n  - - y\n    - z\n  - k: v\n    l: w\n",
    "a:\n    b:\n        c: 1\nd:\n    - x\n",
    "a:\n- x\n- y:\n  - z\nb: 1\n", /* lists at their key's column */
    "a: {b: 1, 'c': [x, \"y\", {z: }], }\nd: [\n  1, # one\n  2\n]\ne: {}\nf: []\n",
    "{a: 1, b: [2, 3]}\n",
    "a: 1\r\nb:\r\n  - 'x'\r\n  - |\r\n    t\r\n    u\r\n\r\n# c\r\n",
    "lit: |\n  one\n\n  two\nstrip: |-\n  x\nkeep: |+\n  x\n\n\nfold: >\n  a\n  b\n\n  c\nlast: "
    "1\n",
    "digit: |2\n    deep\n  x\ndigit_strip: >1-\n  a\nheader: | # comment\n  x\n",
    "at_end: |\n  x\n\n\n",
    "emoji: \xF0\x9F\x98\x80 \xC3\xA9\nq: \"\\U0001F600\"\n",
    "\xEF\xBB\xBF"
    "a: 1\n",
    "---\na: 1\n---\n# only a comment\n---\nb: 2\n...\n---\nc: 3\n...\n",
    "%YAML 1.1\n%TAG !e! tag:example.org,2026:\n---\na: !e!x y\n",
    "base: &base\n  k: v\nuse: *base\nmerged:\n  <<: *base\n  l: w\nlist: [&x 1, *x]\n",
    "a: !!str 12\nb: !local x\nc: ! 13\nd: !<tag:yaml.org,2002:str> 1\ne: !!binary aGk=\n",
    "? a\n: 1\n? \"b\"\n:\n  - x\n? c\nd: 2\n",
    "a: one\n  two\n\n  three\nb: 'one\n  two'\nc: \"one \\\n  two\"\n",
    "a:   spaced\t \nb:\t1\n   \nc: 2\n",
    "n:\nm: ~\no: null\np: ''\n",
    "i: 0x1F\no: 0777\nu: 1_000\nf: 1.50\ne: 1e3\nt: 2025-01-02\ny: yes\nz: .inf\n",
    "a: b#c\nurl: http://x/#y\nq: \"# no comment\"\n",
};

/* Seals every scalar and comment under a made up text, and opens them again by their old values. */
static void seal_and_open(ml_bytes text, ml_buf *out)
{
    static const char enc[] = "ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]";
    ml_doc *clear = parse(text), *sealed;
    ml_edits sealing = { 0 }, opening = { 0 };
    ml_buf between = { 0 }, canonical = { 0 };
    ml_node n;
    ml_err e;

    for (n = 0; n < ml_doc_count(clear); n++) {
        const ml_node_info *info = ml_doc_node(clear, n);

        if (info->is_key || info->type == ML_TYPE_NULL || ml_doc_scalar(clear, n).len == 0 ||
            info->kind == ML_KIND_ALIAS)
            continue;
        assert_int_equal(ml_edit_seal(&sealing, clear, n, ml_bytes_text(enc), &e), 0);
    }
    assert_int_equal(ml_edits_apply(&sealing, text, &between, &e), 0);
    sealed = parse(ml_buf_bytes(&between));
    assert_int_equal(ml_doc_count(sealed), ml_doc_count(clear));
    for (n = 0; n < ml_doc_count(sealed); n++) {
        const ml_type type = (ml_type)ml_doc_node(clear, n)->type;

        if (!ml_bytes_is(ml_doc_scalar(sealed, n), enc))
            continue;
        canonical.len = 0;
        assert_int_equal(
            ml_value_canonical(ML_FORMAT_YAML, type, ml_doc_scalar(clear, n), &canonical, &e), 0);
        assert_int_equal(ml_edit_scalar(&opening, sealed, n, type, ml_buf_bytes(&canonical), &e),
                         0);
    }
    assert_int_equal(ml_edits_apply(&opening, ml_buf_bytes(&between), out, &e), 0);
    ml_edits_free(&sealing);
    ml_edits_free(&opening);
    ml_buf_free(&between);
    ml_buf_free(&canonical);
    ml_doc_free(sealed);
    ml_doc_free(clear);
}

static void setting_each_scalar_to_its_value_changes_nothing(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof texts / sizeof *texts; i++) {
        const ml_bytes text = ml_bytes_text(texts[i]);
        ml_doc *d = parse(text);
        ml_edits es = { 0 };
        ml_buf canonical = { 0 }, out = { 0 };
        ml_node n;
        ml_err e;

        for (n = 0; n < ml_doc_count(d); n++) {
            const ml_type type = (ml_type)ml_doc_node(d, n)->type;

            if (ml_doc_node(d, n)->kind != ML_KIND_SCALAR)
                continue;
            canonical.len = 0;
            assert_int_equal(
                ml_value_canonical(ML_FORMAT_YAML, type, ml_doc_scalar(d, n), &canonical, &e), 0);
            assert_int_equal(ml_edit_scalar(&es, d, n, type, ml_buf_bytes(&canonical), &e), 0);
        }
        assert_int_equal(ml_edits_apply(&es, text, &out, &e), 0);
        if (!ml_bytes_equal(ml_buf_bytes(&out), text))
            fail_msg("%s became %.*s", texts[i], (int)out.len, (char *)out.p);
        ml_edits_free(&es);
        ml_buf_free(&canonical);
        ml_buf_free(&out);
        ml_doc_free(d);
    }
}

/* What comes back after sealing. NULL: the very bytes. */
static void sealing_and_opening_gives_the_text_back(void **state)
{
    static const struct {
        const char *text, *opened;
    } rows[] = {
        { "# h\na: 1 # i\n\nb: 'x'\nc: \"y\"\n\n# t\n", NULL },
        { "a: {b: x, c: 'y', d: \"z\", e: [1, true, n]}\n", NULL },
        { "a:\n- x\n-   y\n- - z\n", NULL },
        { "a:\n    b: x\n    c:\n        - y\n", NULL },
        { "a: x\r\nb: |\r\n  one\r\n  two\r\nc: y\r\n", NULL },
        { "a: |\n  one\n\n  two\nb: |-\n  x\nc: >-\n  a b\nd: 1\n", NULL },
        { "a: >\n  one\n\n  two\n\n    deep\n\n  three\nb: 1\n", NULL },
        { "a: |+\n  x\n\n\nb: 1\n", NULL },
        { "a: |2\n    deep\n  x\nb: 1\n", NULL },
        { "a: | # comment\n  x\nb: 1\n", NULL },
        { "a: \xF0\x9F\x98\x80\nb: '\xC3\xA9'\nc: |\n  \xF0\x9F\x98\x80\n", NULL },
        { "\xEF\xBB\xBF"
          "a: x\n",
          NULL },
        { "a: x", NULL },
        { "a: '12'\nb: \"true\"\nc: 'null'\nd: \"\"\n", NULL },
        { "? a\n: x\n? b\n: - y\n", NULL },
        { "a: &x y\nb: !local z\nc: !!str 12\n", NULL },
        { "---\na: x\n---\nb: y\n...\n", NULL },
        /* what the value model cannot carry */
        { "a: 0x1F\nb: 1.50\nc: 1_000\n", "a: 31\nb: 1.5\nc: 1000\n" },
        { "a: 2025-01-02\nb: True\n", "a: 2025-01-02T00:00:00Z\nb: true\n" },
        { "a: \"\\u00e9\\x41\"\n", "a: \"\xC3\xA9"
                                   "A\"\n" },
        { "a: one\n  two\n", "a: one two\n" },
        { "a: 'one\n  two'\n", "a: 'one two'\n" },
        { "a: >\n  one\n  two\nb: 1\n", "a: >\n  one two\nb: 1\n" },
        { "a: |+\n  x\nb: 1\n", "a: |\n  x\nb: 1\n" },
        { "a: |\n  x\n    \n  y\nb: 1\n", "a: |\n  x\n    \n  y\nb: 1\n" },
        { "a: |\n  x\n \n  y\nb: 1\n", "a: |\n  x\n\n  y\nb: 1\n" },
        { "a: !!int 1\n", "a: 1\n" },
        { "a: |\n  x", "a: |-\n  x" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *expected = rows[i].opened == NULL ? rows[i].text : rows[i].opened;
        ml_buf out = { 0 };

        seal_and_open(ml_bytes_text(rows[i].text), &out);
        if (!ml_bytes_is(ml_buf_bytes(&out), expected))
            fail_msg("%s\nbecame\n%.*s", rows[i].text, (int)out.len, (char *)out.p);
        ml_buf_free(&out);
    }
}

static void scalars_have_types_and_texts(void **state)
{
    static const struct {
        const char *spelled;
        ml_type type;
        const char *canonical;
    } rows[] = {
        { "x", ML_TYPE_STR, "x" },
        { "'1'", ML_TYPE_STR, "1" },
        { "1", ML_TYPE_INT, "1" },
        { "0x1F", ML_TYPE_INT, "31" },
        { "0777", ML_TYPE_INT, "511" },
        { "1_0", ML_TYPE_INT, "10" },
        { "08", ML_TYPE_FLOAT, "8" },
        { "1.50", ML_TYPE_FLOAT, "1.5" },
        { "1e3", ML_TYPE_FLOAT, "1000" },
        { ".5", ML_TYPE_FLOAT, "0.5" },
        { "-.inf", ML_TYPE_FLOAT, "-Inf" },
        { "TRUE", ML_TYPE_BOOL, "True" },
        { "yes", ML_TYPE_STR, "yes" },
        { "~", ML_TYPE_NULL, "" },
        { "", ML_TYPE_NULL, "" },
        { "2025-01-02", ML_TYPE_TIME, "2025-01-02T00:00:00Z" },
        { "2025-1-2 3:04:05", ML_TYPE_TIME, "2025-01-02T03:04:05Z" },
        { "!!str 12", ML_TYPE_STR, "12" },
        { "! 12", ML_TYPE_INT, "12" },
        { "!x 12", ML_TYPE_STR, "12" },
        { "!!float 1", ML_TYPE_FLOAT, "1" },
        { "!!binary aGk=", ML_TYPE_STR, "hi" },
        { "|\n  a\n  b\n\n", ML_TYPE_STR, "a\nb\n" },
        { "|-\n  a\n\n", ML_TYPE_STR, "a" },
        { "|+\n  a\n\n", ML_TYPE_STR, "a\n\n\n" }, /* one break is the table's */
        { ">\n  a\n  b\n", ML_TYPE_STR, "a b\n" },
        { "\"a\\tb\"", ML_TYPE_STR, "a\tb" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[100];
        ml_buf canonical = { 0 };
        ml_doc *d;
        ml_node n;
        ml_err e;

        snprintf(text, sizeof text, "k: %s\n", rows[i].spelled);
        d = parse(ml_bytes_text(text));
        n = ml_doc_get(d, ml_doc_root(d, 0), ml_bytes_text("k"));
        assert_int_not_equal(n, ML_NO_NODE);
        if (ml_doc_node(d, n)->type != rows[i].type)
            fail_msg("%s has type %u", rows[i].spelled, ml_doc_node(d, n)->type);
        assert_int_equal(
            ml_value_canonical(ML_FORMAT_YAML, rows[i].type, ml_doc_scalar(d, n), &canonical, &e),
            0);
        if (!ml_bytes_is(ml_buf_bytes(&canonical), rows[i].canonical))
            fail_msg("%s is %.*s", rows[i].spelled, (int)canonical.len, (char *)canonical.p);
        ml_buf_free(&canonical);
        ml_doc_free(d);
    }
}

/* libyaml takes most of these, Go's loader none. */
static void what_gos_loader_refuses_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        unsigned long line;
        const char *says;
    } rows[] = {
        { "\xFF\xFE"
          "a\0:\0 \0001\0",
          10, 1, "not UTF-8" },
        { "\xFE\xFF\0a\0:\0 \0001", 10, 1, "not UTF-8" },
        { "a: \xC3\n", 0, 1, "not UTF-8" },
        { "%YAML 1.2\n---\na: 1\n", 0, 1, "1.1" },
        { "%YAML 1.1\n%YAML 1.1\n---\na: 1\n", 0, 2, "1.1" },
        { "a: \"\\/\"\n", 0, 1, "escape" },
        { "a: 1\nb: 2\na: 3\n", 0, 3, "twice" },
        { "a: 1\n'a': 3\n", 0, 2, "twice" },
        { "a: {b: 1, b: 2}\n", 0, 1, "twice" },
        { "a: 1\n---\nb: 1\nb: 2\n", 0, 4, "twice" },
        { "a: 1\nb: *x\n", 0, 2, "no anchor" },
        { "a: *x\nb: &x 1\n", 0, 1, "no anchor" },
        { "a: &x 1\n---\nb: *x\n", 0, 3, "no anchor" },
        { "a: &x\n  b: *x\n", 0, 2, "inside its own anchor" },
        { "a: &x [1, *x]\n", 0, 1, "inside its own anchor" },
        { "1: x\n", 0, 1, "not a string" },
        { "a:\n  true: x\n", 0, 2, "not a string" },
        { "? [a]\n: x\n", 0, 1, "not a string" },
        { "? a: b\n: x\n", 0, 1, "not a string" },
        { "~: x\n", 0, 1, "not a string" },
        { "2025-01-02: x\n", 0, 1, "not a string" },
        { "a: &x b\n*x : c\n", 0, 2, "not a string" },
        { "a: !!int x\n", 0, 1, "tag" },
        { "a: !!bool 1\n", 0, 1, "tag" },
        { "a: !!binary '*'\n", 0, 1, "tag" },
        { "a: !e!x y\n", 0, 1, "handle" },
        { "a: 1\n<<: 2\n", 0, 2, "merge" },
        { "a:\n  <<:\n  -\n", 0, 3, "merge" },
        { "a: [1\n", 0, 2, "" },
        { "a: b: c\n", 0, 1, "" },
        { "a: 'b\n", 0, 2, "" },
        { "a:\n\t- b\n", 0, 2, "" },
        { "a: @b\n", 0, 1, "" },
        { "a: 1\n\xEF\xBB\xBF"
          "b: 2\n",
          0, 2, "byte order mark" },
        { "a: \x01\n", 0, 1, "" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].text);
        ml_doc *d;
        ml_err e;

        if (ml_doc_parse(&d, ML_FORMAT_YAML, ml_bytes_of(rows[i].text, len), "t.yaml", &e) == 0)
            fail_msg("accepted: %s", rows[i].text);
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_string_equal(e.path, "t.yaml");
        if (e.line != rows[i].line || strstr(e.message, rows[i].says) == NULL)
            fail_msg("%s: line %lu, %s", rows[i].text, e.line, e.message);
    }
}

/* Repeats `open` `count` times and closes likewise. */
static void nest(ml_buf *out, const char *open, const char *close, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        ml_buf_text(out, open);
    ml_buf_byte(out, 'x');
    for (i = 0; i < count; i++)
        ml_buf_text(out, close);
    ml_buf_byte(out, '\n');
}

/* Block maps, each deeper than the one around it. */
static void indent(ml_buf *out, const char *unused, const char *unused_too, size_t count)
{
    size_t i;

    (void)unused;
    (void)unused_too;
    for (i = 0; i < count; i++) {
        ml_buf_repeat(out, ' ', i);
        ml_buf_text(out, i + 1 < count ? "a:\n" : "a: x\n");
    }
}

static void declare(ml_buf *out, const char *unused, const char *unused_too, size_t count)
{
    size_t i;

    (void)unused;
    (void)unused_too;
    for (i = 0; i < count; i++)
        ml_buf_format(out, "%%TAG !t%zu! tag:x,%zu:\n", i, i);
    ml_buf_text(out, "---\na: 1\n");
}

static void limits_hold(void **state)
{
    static const struct {
        const char *what;
        void (*make)(ml_buf *out, const char *open, const char *close, size_t count);
        const char *open, *close;
        size_t most; /* is taken, one more is not */
        const char *code;
    } rows[] = {
        { "lists in brackets", nest, "[", "]", ML_LIMIT_DEPTH, ML_E_LIMIT },
        { "maps in braces", nest, "{a: ", "}", ML_LIMIT_DEPTH, ML_E_LIMIT },
        { "lists in lines", nest, "- ", "", ML_LIMIT_DEPTH, ML_E_LIMIT },
        { "maps in lines", indent, NULL, NULL, ML_LIMIT_DEPTH, ML_E_LIMIT },
        { "tag handles", declare, NULL, NULL, ML_LIMIT_TAG_HANDLES, ML_E_FORMAT },
    };
    size_t i, more;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++)
        for (more = 0; more <= 1; more++) {
            ml_buf text = { 0 };
            ml_doc *d;
            ml_err e;
            int status;

            rows[i].make(&text, rows[i].open, rows[i].close, rows[i].most + more);
            status = ml_doc_parse(&d, ML_FORMAT_YAML, ml_buf_bytes(&text), NULL, &e);
            if ((status == 0) != (more == 0))
                fail_msg("%s: %zu give %d, %s", rows[i].what, rows[i].most + more, status,
                         status < 0 ? e.message : "");
            if (status < 0)
                assert_string_equal(e.code, rows[i].code);
            ml_doc_free(d);
            ml_buf_free(&text);
        }
}

/* Unclosed brackets would cost libyaml a time that grows with the square of their number. */
static void open_brackets_end_at_the_limit(void **state)
{
    ml_buf text = { 0 };
    ml_doc *d;
    ml_err e;

    (void)state;
    ml_buf_repeat(&text, '[', 1000000);
    assert_int_equal(ml_doc_parse(&d, ML_FORMAT_YAML, ml_buf_bytes(&text), NULL, &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    assert_int_equal(e.column, ML_LIMIT_DEPTH + 1);
    ml_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_each_scalar_to_its_value_changes_nothing),
        cmocka_unit_test(sealing_and_opening_gives_the_text_back),
        cmocka_unit_test(scalars_have_types_and_texts),
        cmocka_unit_test(what_gos_loader_refuses_is_refused_with_its_line),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(open_brackets_end_at_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
