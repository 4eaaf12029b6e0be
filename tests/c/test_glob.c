/* test_glob.c — file name patterns. */
#include "tests/c/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "match/glob.h"

static bool matches(const char *pattern, const char *path)
{
    bool matched;
    ml_err e;

    if (ml_glob_match(ml_bytes_text(pattern), ml_bytes_text(path), &matched, &e) < 0)
        fail_msg("%s: %s", pattern, e.message);
    return matched;
}

static void each_construct_matches_what_it_says(void **state)
{
    static const struct {
        const char *pattern, *path;
        bool matched;
    } cases[] = {
        { "", "", true },
        { "", "a", false },
        { "*", "", true },
        { "*", ".a.yaml", true },
        { "*", "a/b", false },
        { "a*c", "abbc", true },
        { "a*c", "abbcd", false },
        { "*.yaml", "x.yaml", true },
        { "?", "a", true },
        { "?", "", false },
        { "?", "/", false },
        { "?", "\xC3\xA9", true }, /* one character, two bytes */
        { "??", "\xC3\xA9", false },
        { "?", "\xFF", true }, /* not UTF-8: one byte */
        { "\xFF*", "\xFF\xFE", true },
        { "**", "a/b/c", true },
        { "**", "", true },
        { "a/**", "a/b/c", true },
        { "a/**", "a", false },
        { "a/**/b", "a/b", true },
        { "a/**/b", "a/x/y/b", true },
        { "a/**/b", "a/xb", false },
        { "**/b", "b", true },
        { "**/b", "x/b", true },
        { "**/b", "xb", false },
        { "**/**/b", "b", true },
        { "x**/b", "x/b", true },
        { "x**/b", "xb", false },
        { "a**b", "a/x/b", true },
        { "***", "a/b", true },
        { "[a-c]x", "bx", true },
        { "[a-c]x", "dx", false },
        { "[!a-c]", "d", true },
        { "[^a-c]", "a", false },
        { "[!a]", "/", false },
        { "[/]", "/", false },
        { "[]]", "]", true },
        { "[]-a]", "^", true },
        { "[!]]", "]", false },
        { "[a-]", "-", true },
        { "[\\]x]", "]", true },
        { "[a\\-c]", "b", false },
        { "[\xC3\xA0-\xC3\xBF]", "\xC3\xA9", true },
        { "{a,b}c", "bc", true },
        { "{a,b}c", "cc", false },
        { "x{,y}z", "xz", true },
        { "x{}z", "xz", true },
        { "{a,{b,c}d}e", "cde", true },
        { "{a,{b,c}d}e", "ce", false },
        { "{*,a/b}/c", "a/b/c", true },
        { "{**/a,b}", "a", true },
        { "x{**/a,b}", "xa", false },
        { "{[,],x}", ",", true },
        { "a,b", "a,b", true },
        { "\\*", "*", true },
        { "\\*", "a", false },
        { "\\{a\\,b\\}", "{a,b}", true },
        { "{a\\,b,c}", "a,b", true },
        { "*.{yaml,json,env}", "secrets.json", true },
        { "secrets/**/*.yaml", "secrets/a.yaml", true },
        { "secrets/**/*.yaml", "secrets/x/y/a.yaml", true },
        { "secrets/**/*.yaml", "secrets.yaml", false },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof *cases; i++)
        if (matches(cases[i].pattern, cases[i].path) != cases[i].matched)
            fail_msg("%s on %s", cases[i].pattern, cases[i].path);
}

static void malformed_patterns_are_errors(void **state)
{
    static const struct {
        const char *pattern;
        unsigned long column;
    } cases[] = {
        { "a[", 2 },    { "a[b", 2 },   { "[]", 1 },     { "[!]", 1 },
        { "[a\\]", 1 }, { "{a", 1 },    { "a}", 2 },     { "x{a,{b}", 2 },
        { "ab\\", 3 },  { "[z-a]", 2 }, { "[ab-a]", 3 }, { "{a,b}}", 6 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool matched = true;
        ml_err e;

        if (ml_glob_match(ml_bytes_text(cases[i].pattern), ml_bytes_text("a"), &matched, &e) == 0)
            fail_msg("%s is taken", cases[i].pattern);
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_int_equal(e.column, cases[i].column);
        assert_false(matched);
    }
}

static void limits_are_errors(void **state)
{
    char pattern[ML_LIMIT_GLOB + 1];
    bool matched;
    ml_err e;

    (void)state;
    memset(pattern, 'a', sizeof pattern);
    assert_int_equal(ml_glob_match(ml_bytes_of(pattern, sizeof pattern),
                                   ml_bytes_of(pattern, sizeof pattern), &matched, &e),
                     -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    assert_int_equal(ml_glob_match(ml_bytes_of(pattern, ML_LIMIT_GLOB),
                                   ml_bytes_of(pattern, ML_LIMIT_GLOB), &matched, &e),
                     0);
    assert_true(matched);
    memset(pattern, '{', ML_LIMIT_GLOB_DEPTH + 1);
    assert_int_equal(ml_glob_match(ml_bytes_of(pattern, ML_LIMIT_GLOB_DEPTH + 1), ml_bytes_text(""),
                                   &matched, &e),
                     -1);
    assert_string_equal(e.code, ML_E_LIMIT);
}

/* With backtracking the first would take longer than the age of the world. */
static void hostile_patterns_end(void **state)
{
    char pattern[256] = "", path[256];
    size_t i;

    (void)state;
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    for (i = 0; i < 60; i++)
        strcat(pattern, "*a");
    strcat(pattern, "b");
    assert_false(matches(pattern, path));
    pattern[0] = '\0';
    for (i = 0; i < 40; i++)
        strcat(pattern, "{a,aa}");
    assert_false(matches(pattern, path));
    assert_true(matches(pattern, path + sizeof path - 1 - 60));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_construct_matches_what_it_says),
        cmocka_unit_test(malformed_patterns_are_errors),
        cmocka_unit_test(limits_are_errors),
        cmocka_unit_test(hostile_patterns_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
