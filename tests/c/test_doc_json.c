/* JSON documents: doc/json.c through doc/doc.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "doc/doc.h"
#include "test.h"

static ml_doc *parse(const char *text)
{
    ml_doc *d = NULL;
    ml_err e;

    if (ml_doc_parse(&d, ML_FORMAT_JSON, ml_bytes_text(text), "t.json", &e) < 0)
        fail_msg("%s: %s", text, e.message);
    return d;
}

static void nodes_have_spans_and_texts(void **state)
{
    static const char text[] = " {\n  \"a\" : [1, -2.5e3 ,\"x\\u00e9\\n\"],\n  \"b\": null }\n";
    ml_doc *d = parse(text);
    ml_node list, n;
    ml_err e;

    (void)state;
    assert_int_equal(ml_doc_roots(d), 1);
    assert_int_equal(ml_doc_find(d, ml_doc_root(d, 0), "a", &list, &e), 0);
    assert_int_equal(ml_doc_node(d, list)->count, 3);
    assert_int_equal(ml_doc_node(d, list)->line, 2);
    n = ml_doc_item(d, list, 0);
    assert_int_equal(ml_doc_node(d, n)->type, ML_TYPE_INT);
    n = ml_doc_item(d, list, 1);
    assert_int_equal(ml_doc_node(d, n)->type, ML_TYPE_FLOAT);
    assert_true(ml_bytes_is(ml_doc_scalar(d, n), "-2.5e3"));
    n = ml_doc_item(d, list, 2);
    assert_true(ml_bytes_is(ml_doc_scalar(d, n), "x\xC3\xA9\n"));
    assert_int_equal(ml_doc_node(d, n)->end - ml_doc_node(d, n)->start, 11);
    assert_int_equal(ml_doc_node(d, n)->column, 21);
    n = ml_doc_get(d, ml_doc_root(d, 0), ml_bytes_text("b"));
    assert_int_equal(ml_doc_node(d, n)->type, ML_TYPE_NULL);
    assert_int_equal(ml_doc_node(d, ml_doc_root(d, 0))->start, 1);
    ml_doc_free(d);
}

static void what_json_is_not_is_refused(void **state)
{
    static const struct {
        const char *text;
        unsigned long line, column;
    } rows[] = {
        { "{\"a\":1} x", 1, 9 },
        { "{\"a\":1,}", 1, 8 },
        { "[1,]", 1, 4 },
        { "{\"a\"\n1}", 2, 1 },
        { "{a:1}", 1, 2 },
        { "[01]", 1, 3 },
        { "[1.]", 1, 2 },
        { "[.5]", 1, 2 },
        { "[+1]", 1, 2 },
        { "[1e]", 1, 2 },
        { "\"\\x\"", 1, 3 },
        { "\"\\ud800\"", 1, 8 },
        { "\"\\ud800\\u0041\"", 1, 8 },
        { "\"a\nb\"", 1, 3 },
        { "[1", 1, 3 },
        { "{\"a\":", 1, 6 },
        { "\"abc", 1, 5 },
        { "nul", 1, 1 },
        { "[NaN]", 1, 2 },
        { "// x\n1", 1, 1 },
        { "\xEF\xBB\xBF{}", 1, 1 },
        { "{\"a\":1,\"a\":2}", 1, 8 },
        { " ", 1, 2 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_doc *d;
        ml_err e;

        if (ml_doc_parse(&d, ML_FORMAT_JSON, ml_bytes_text(rows[i].text), NULL, &e) == 0)
            fail_msg("accepted: %s", rows[i].text);
        assert_string_equal(e.code, ML_E_FORMAT);
        if (e.line != rows[i].line || e.column != rows[i].column)
            fail_msg("%s: reported at %lu:%lu (%s)", rows[i].text, e.line, e.column, e.message);
    }
}

static void nul_and_surrogate_pairs_are_characters(void **state)
{
    ml_doc *d = parse("[\"\\u0000\", \"\\uD83D\\uDE00\", 12345678901234567890]");
    const ml_node root = ml_doc_root(d, 0);

    (void)state;
    assert_true(ml_bytes_equal(ml_doc_scalar(d, ml_doc_item(d, root, 0)), ml_bytes_of("\0", 1)));
    assert_true(ml_bytes_is(ml_doc_scalar(d, ml_doc_item(d, root, 1)), "\xF0\x9F\x98\x80"));
    assert_int_equal(ml_doc_node(d, ml_doc_item(d, root, 2))->type, ML_TYPE_FLOAT);
    ml_doc_free(d);
}

static void nesting_has_a_limit(void **state)
{
    char text[2 * ML_LIMIT_DEPTH + 8];
    ml_doc *d;
    ml_err e;

    (void)state;
    memset(text, '[', ML_LIMIT_DEPTH);
    memset(text + ML_LIMIT_DEPTH, ']', ML_LIMIT_DEPTH);
    assert_int_equal(
        ml_doc_parse(&d, ML_FORMAT_JSON, ml_bytes_of(text, 2 * ML_LIMIT_DEPTH), NULL, &e), 0);
    ml_doc_free(d);
    memset(text, '[', ML_LIMIT_DEPTH + 1);
    assert_int_equal(
        ml_doc_parse(&d, ML_FORMAT_JSON, ml_bytes_of(text, 2 * ML_LIMIT_DEPTH), NULL, &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_have_spans_and_texts),
        cmocka_unit_test(what_json_is_not_is_refused),
        cmocka_unit_test(nul_and_surrogate_pairs_are_characters),
        cmocka_unit_test(nesting_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
