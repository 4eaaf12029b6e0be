/* test_json.c — JSON as data: what is refused, what is read, what is written. */
#include "tests/c/test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "format/json_write.h"

static ml_json *read_as(const char *text, ml_json_numbers numbers)
{
    ml_json *v;
    ml_err e;

    if (ml_json_read(&v, ml_bytes_text(text), numbers, &e) < 0)
        fail_msg("%s: %s", text, e.message);
    return v;
}

static ml_json *read_text(const char *text)
{
    return read_as(text, ML_JSON_EXACT);
}

/* The code with which `text` is refused; fails the test when it is taken. */
static const char *refused(ml_bytes text, ml_json_numbers numbers, ml_err *e)
{
    ml_json *v;

    if (ml_json_read(&v, text, numbers, e) == 0)
        fail_msg("taken: %.*s", (int)text.len, (const char *)text.p);
    assert_null(v);
    return e->code;
}

static void what_is_not_json_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "tru",
        "'a'",
        "\"a",
        "\"\\",
        "\"\\a\"",
        "\"\\u12\"",
        "\"\\u12G4\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800x\"",
        "\"a\nb\"",
        "\"\t\"",
        "\"\x1f\"",
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\xef\xbb\xbf{}",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1.e3",
        "1e",
        "1e+",
        "-01",
        "0x10",
        "NaN",
        "Infinity",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{",
        "}",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "{,}",
        "{\"a\":1]",
        "1 1",
        "{} x",
        "[]]",
        "null,",
        "// c\n1",
        "/* c */1",
        "1\v",
        "\f1",
        "[1\xc2\xa0]",
    };
    ml_err e;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(refused(ml_bytes_text(cases[i]), ML_JSON_EXACT, &e), ML_E_FORMAT);
        assert_true(e.line >= 1 && e.column >= 1);
    }
    refused(ml_bytes_of("1\0", 2), ML_JSON_EXACT, &e);
    refused(ml_bytes_of("\"\0\"", 3), ML_JSON_EXACT, &e);
}

static void the_place_is_named(void **state)
{
    ml_err e;

    (void)state;
    refused(ml_bytes_text("{\n  \"a\": 1,\n  \"b\": x\n}"), ML_JSON_EXACT, &e);
    assert_int_equal(e.line, 3);
    assert_int_equal(e.column, 8);
    assert_null(strchr(e.message, 'x')); /* nothing of the text is quoted */
}

static void keys_are_unique_and_differ_by_case(void **state)
{
    ml_json *v = read_text("{\"Key\":1,\"key\":2,\"\":{\"key\":3}}");
    int64_t n;
    ml_err e;

    (void)state;
    assert_true(ml_json_integer(ml_json_get(v, "key"), &n) && n == 2);
    assert_true(ml_json_integer(ml_json_get(v, "Key"), &n) && n == 1);
    assert_true(ml_json_integer(ml_json_get(ml_json_get(v, ""), "key"), &n) && n == 3);
    assert_null(ml_json_get(v, "KEY"));
    assert_null(ml_json_get(ml_json_get(v, "none"), "key"));
    ml_json_free(v);
    refused(ml_bytes_text("{\"a\":1,\"b\":2,\"a\":3}"), ML_JSON_EXACT, &e);
    assert_non_null(strstr(e.message, "\"a\" stands twice"));
    refused(ml_bytes_text("{\"a\":1,\"\\u0061\":3}"), ML_JSON_EXACT, &e);
    refused(ml_bytes_text("[0,{\"x\":[{\"a\":1,\"a\":1}]}]"), ML_JSON_EXACT, &e);
}

static void all_kinds_are_read_in_order(void **state)
{
    static const ml_json_kind kinds[] = { ML_JSON_NULL,   ML_JSON_BOOL,   ML_JSON_BOOL,
                                          ML_JSON_NUMBER, ML_JSON_STRING, ML_JSON_ARRAY,
                                          ML_JSON_OBJECT };
    ml_json *v = read_text(" {\"a\":null,\"b\":true,\"c\":false,\"d\":-1.5,\"e\":\"x\",\"f\":[1,2],"
                           "\"g\":{}} \r\n");
    const ml_json *c;
    size_t i = 0;

    (void)state;
    assert_int_equal(ml_json_count(v), 7);
    for (c = ml_json_first(v); c != NULL; c = ml_json_next(c), i++) {
        const char name[2] = { (char)('a' + i), '\0' };

        assert_true(ml_bytes_is(ml_json_key(c), name));
        assert_ptr_equal(ml_json_get(v, name), c);
        assert_int_equal(ml_json_kind_of(c), kinds[i]);
    }
    assert_int_equal(i, 7);
    assert_true(ml_json_bool(ml_json_get(v, "b")));
    assert_false(ml_json_bool(ml_json_get(v, "c")));
    assert_true(ml_json_number(ml_json_get(v, "d")) < -1.4);
    assert_true(ml_bytes_is(ml_json_string(ml_json_get(v, "e")), "x"));
    assert_int_equal(ml_json_string(ml_json_get(v, "d")).len, 0);
    assert_int_equal(ml_json_count(ml_json_get(v, "f")), 2);
    assert_int_equal(ml_json_count(ml_json_get(v, "e")), 0);
    assert_int_equal(ml_json_key(ml_json_first(ml_json_get(v, "f"))).len, 0);
    assert_int_equal(ml_json_kind_of(v), ML_JSON_OBJECT);
    ml_json_free(v);
}

static void strings_are_decoded(void **state)
{
    ml_json *v = read_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\xC3\xA9\"");

    (void)state;
    assert_true(ml_bytes_is(ml_json_string(v), "\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80\xC3\xA9"));
    ml_json_free(v);
}

static void numbers_do_not_change_on_the_way(void **state)
{
    static const struct {
        const char *text;
        bool integer;
        int64_t value;
    } good[] = {
        { "0", true, 0 },
        { "-0", true, 0 },
        { "1e3", true, 1000 },
        { "1.0", true, 1 },
        { "1.5", false, 0 },
        { "9007199254740991", true, 9007199254740991 },
        { "-9007199254740991", true, -9007199254740991 },
        { "0e-999", true, 0 },
    };
    static const char *const bad[] = {
        "9007199254740992", "9007199254740993", "-9007199254740992",   "1e999",
        "-1e999",           "1e-999",           "12345678901234567890"
    };
    size_t i;
    int64_t n;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof good / sizeof *good; i++) {
        ml_json *v = read_text(good[i].text);

        assert_int_equal(ml_json_integer(v, &n), good[i].integer);
        if (good[i].integer)
            assert_true(n == good[i].value);
        assert_int_equal(ml_json_number_text(v).len, 0);
        ml_json_free(v);
    }
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        refused(ml_bytes_text(bad[i]), ML_JSON_EXACT, &e);
        assert_non_null(strstr(e.message, "not representable"));
        assert_int_equal(e.column, 1);
    }
}

static void numbers_keep_their_text_if_asked(void **state)
{
    ml_json *v = read_as("[1.50,{\"a\":[9223372036854775807]},-9223372036854775808,"
                         "9223372036854775808,1e999,7]",
                         ML_JSON_AS_TEXT);
    const ml_json *c = ml_json_first(v);
    int64_t n;

    (void)state;
    assert_true(ml_bytes_is(ml_json_number_text(c), "1.50"));
    assert_false(ml_json_integer(c, &n));
    c = ml_json_next(c);
    assert_true(ml_json_integer(ml_json_first(ml_json_get(c, "a")), &n) && n == INT64_MAX);
    c = ml_json_next(c);
    assert_true(ml_json_integer(c, &n) && n == INT64_MIN);
    c = ml_json_next(c);
    assert_false(ml_json_integer(c, &n));
    assert_true(ml_bytes_is(ml_json_number_text(c), "9223372036854775808"));
    c = ml_json_next(c);
    assert_true(isinf(ml_json_number(c)));
    assert_true(ml_json_integer(ml_json_next(c), &n) && n == 7);
    ml_json_free(v);
}

static void limits_are_errors(void **state)
{
    char deep[2 * (ML_LIMIT_DEPTH + 1) + 1], number[ML_LIMIT_JSON_NUMBER + 2];
    const size_t most = ML_LIMIT_DEPTH;
    ml_json *v;
    ml_err e;

    (void)state;
    memset(deep, '[', most + 1);
    memset(deep + most + 1, ']', most + 1);
    assert_string_equal(refused(ml_bytes_of(deep, 2 * most + 2), ML_JSON_EXACT, &e), ML_E_LIMIT);
    assert_int_equal(ml_json_read(&v, ml_bytes_of(deep + 1, 2 * most), ML_JSON_EXACT, &e), 0);
    ml_json_free(v);
    memset(number, '0', sizeof number); /* cJSON would read 0.00…0 and drop the 1 behind it */
    number[1] = '.';
    number[sizeof number - 2] = '1';
    number[sizeof number - 1] = '\0';
    assert_string_equal(refused(ml_bytes_text(number), ML_JSON_AS_TEXT, &e), ML_E_LIMIT);
}

static void check_written(ml_json_writer *w, ml_buf *out, const char *expected)
{
    ml_err e;

    if (ml_json_writer_end(w, &e) < 0)
        fail_msg("%s", e.message);
    assert_int_equal(out->len, strlen(expected));
    assert_memory_equal(out->p, expected, out->len);
    ml_buf_free(out);
}

static void write_sample(ml_json_writer *w)
{
    ml_json_open_object(w);
    ml_json_add_key(w, ml_bytes_text("a"));
    ml_json_open_array(w);
    ml_json_add_integer(w, INT64_MIN);
    ml_json_add_number(w, 0.1);
    ml_json_add_null(w);
    ml_json_open_object(w);
    ml_json_close(w);
    ml_json_close(w);
    ml_json_add_key(w, ml_bytes_text("b"));
    ml_json_add_bool(w, true);
    ml_json_close(w);
}

static void writing_with_and_without_indentation(void **state)
{
    ml_buf out = { 0 };
    ml_json_writer w;

    (void)state;
    ml_json_writer_start(&w, &out, 0);
    write_sample(&w);
    check_written(&w, &out, "{\"a\":[-9223372036854775808,0.1,null,{}],\"b\":true}");
    ml_json_writer_start(&w, &out, 2);
    write_sample(&w);
    check_written(&w, &out,
                  "{\n  \"a\": [\n    -9223372036854775808,\n    0.1,\n    null,\n    {}\n  ],\n"
                  "  \"b\": true\n}");
}

static void what_a_terminal_would_act_on_is_escaped(void **state)
{
    ml_buf out = { 0 };
    ml_json_writer w;

    (void)state;
    ml_json_writer_start(&w, &out, 0);
    ml_json_add_string(&w, ml_bytes_text("\"\\\b\f\n\r\t\x1b[31m\x7f\xC2\x9B\xE2\x80\xA8"
                                         "\xC3\xA9/"));
    check_written(&w, &out, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u001b[31m\\u007f\\u009b\\u2028\xC3\xA9/\"");
}

static void numbers_read_back_equal(void **state)
{
    static const double values[] = { 0.1,          1.0 / 3, DBL_MIN, 5e-324, DBL_MAX,
                                     123456789.25, 1e22,    -2.5,    100,    1e100 };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof values / sizeof *values; i++) {
        ml_buf out = { 0 };
        ml_json_writer w;
        ml_json *v;
        ml_err e;

        ml_json_writer_start(&w, &out, 0);
        ml_json_add_number(&w, values[i]);
        assert_int_equal(ml_json_writer_end(&w, &e), 0);
        assert_int_equal(ml_json_read(&v, ml_buf_bytes(&out), ML_JSON_AS_TEXT, &e), 0);
        assert_memory_equal(&values[i], &(double){ ml_json_number(v) }, sizeof values[i]);
        ml_json_free(v);
        ml_buf_free(&out);
    }
}

static void a_value_is_written_as_it_was_read(void **state)
{
    static const char text[] =
        "{\"z\":[1.50,12345678901234567890,-0,[],{}],\"a\":{\"\":\"\\n\"},\"n\":null,\"f\":false}";
    ml_json *v = read_as(text, ML_JSON_AS_TEXT);
    ml_buf out = { 0 };
    ml_json_writer w;

    (void)state;
    ml_json_writer_start(&w, &out, 0);
    ml_json_add_value(&w, v);
    check_written(&w, &out, text);
    ml_json_free(v);
}

/* Runs one misuse; its code. */
static const char *misuse(void (*calls)(ml_json_writer *w))
{
    ml_buf out = { 0 };
    ml_json_writer w;
    ml_err e;

    ml_json_writer_start(&w, &out, 0);
    calls(&w);
    assert_int_equal(ml_json_writer_end(&w, &e), -1);
    ml_buf_free(&out);
    return e.code;
}

static void nothing(ml_json_writer *w)
{
    (void)w;
}

static void two_values(ml_json_writer *w)
{
    ml_json_add_null(w);
    ml_json_add_null(w);
}

static void no_key(ml_json_writer *w)
{
    ml_json_open_object(w);
    ml_json_add_null(w);
    ml_json_close(w);
}

static void no_value(ml_json_writer *w)
{
    ml_json_open_object(w);
    ml_json_add_key(w, ml_bytes_text("a"));
    ml_json_close(w);
}

static void key_in_array(ml_json_writer *w)
{
    ml_json_open_array(w);
    ml_json_add_key(w, ml_bytes_text("a"));
}

static void left_open(ml_json_writer *w)
{
    ml_json_open_array(w);
}

static void not_text(ml_json_writer *w)
{
    ml_json_add_string(w, ml_bytes_text("a\xFF"));
}

static void with_nul(ml_json_writer *w)
{
    ml_json_add_string(w, ml_bytes_of("a\0b", 3));
}

static void not_finite(ml_json_writer *w)
{
    ml_json_add_number(w, HUGE_VAL);
}

static void too_deep(ml_json_writer *w)
{
    size_t i;

    for (i = 0; i <= ML_LIMIT_DEPTH; i++)
        ml_json_open_array(w);
}

static void misuse_of_the_writer_is_an_error(void **state)
{
    (void)state;
    assert_string_equal(misuse(nothing), ML_E_ARGUMENT);
    assert_string_equal(misuse(two_values), ML_E_ARGUMENT);
    assert_string_equal(misuse(no_key), ML_E_ARGUMENT);
    assert_string_equal(misuse(no_value), ML_E_ARGUMENT);
    assert_string_equal(misuse(key_in_array), ML_E_ARGUMENT);
    assert_string_equal(misuse(left_open), ML_E_ARGUMENT);
    assert_string_equal(misuse(not_text), ML_E_FORMAT);
    assert_string_equal(misuse(with_nul), ML_E_FORMAT);
    assert_string_equal(misuse(not_finite), ML_E_FORMAT);
    assert_string_equal(misuse(too_deep), ML_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(the_place_is_named),
        cmocka_unit_test(keys_are_unique_and_differ_by_case),
        cmocka_unit_test(all_kinds_are_read_in_order),
        cmocka_unit_test(strings_are_decoded),
        cmocka_unit_test(numbers_do_not_change_on_the_way),
        cmocka_unit_test(numbers_keep_their_text_if_asked),
        cmocka_unit_test(limits_are_errors),
        cmocka_unit_test(writing_with_and_without_indentation),
        cmocka_unit_test(what_a_terminal_would_act_on_is_escaped),
        cmocka_unit_test(numbers_read_back_equal),
        cmocka_unit_test(a_value_is_written_as_it_was_read),
        cmocka_unit_test(misuse_of_the_writer_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
