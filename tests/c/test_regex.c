/* test_regex.c — Go's regular expressions, judged by Go. */
#include "tests/c/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "match/regex.h"

enum { SUBJECTS = 43, PATTERNS = 83, LINE = 256 };

static void read_line(FILE *file, char line[LINE])
{
    line[0] = '\0';
    if (fgets(line, LINE, file) == NULL && !feof(file))
        fail_msg("cannot read the vectors");
    line[strcspn(line, "\n")] = '\0';
}

/* Undoes the escapes of a Go string, in place; the length. */
static size_t unescape(char *text)
{
    size_t from = 0, to = 0;

    while (text[from] != '\0') {
        char hex[3] = { 0 };

        if (text[from] != '\\') {
            text[to++] = text[from++];
            continue;
        }
        switch (text[from + 1]) {
        case 'n':
            text[to++] = '\n';
            break;
        case 'r':
            text[to++] = '\r';
            break;
        case 't':
            text[to++] = '\t';
            break;
        case 'x':
            memcpy(hex, text + from + 2, 2);
            text[to++] = (char)strtoul(hex, NULL, 16);
            from += 2;
            break;
        default:
            fail_msg("an escape of the vectors that the test does not know: %s", text);
        }
        from += 2;
    }
    return to;
}

static FILE *open_vectors(const char *path)
{
    FILE *file = fopen(path, "r");

    if (file == NULL)
        fail_msg("%s: not found; run the tests from the root of the source", path);
    return file;
}

static void go_is_the_judge(void **state)
{
    static char subjects[SUBJECTS][LINE];
    size_t lengths[SUBJECTS], i, n, compared = 0;
    char line[LINE];
    FILE *file = open_vectors("tests/vectors/regex/subjects.txt");

    (void)state;
    for (i = 0; i < SUBJECTS; i++) {
        read_line(file, subjects[i]);
        lengths[i] = unescape(subjects[i]);
    }
    fclose(file);
    file = open_vectors("tests/vectors/regex/go-verdicts.txt");
    for (n = 0; n < PATTERNS; n++) {
        const char *verdict;
        ml_regex *r;
        ml_err e;
        int compiled;

        read_line(file, line);
        verdict = strrchr(line, '\t');
        assert_non_null(verdict);
        compiled = ml_regex_compile(&r, ml_bytes_of(line, (size_t)(verdict++ - line)), &e);
        if (compiled != (strcmp(verdict, "ERR") == 0 ? -1 : 0))
            fail_msg("%s: Go says otherwise", line);
        for (i = 0; compiled == 0 && i < SUBJECTS; i++) {
            const ml_bytes subject = ml_bytes_of(subjects[i], lengths[i]);
            bool matched;

            if (ml_utf8_check(subject) != SIZE_MAX) { /* refused, whatever Go makes of it */
                assert_int_equal(ml_regex_match(r, subject, &matched, &e), -1);
                assert_string_equal(e.code, ML_E_FORMAT);
                continue;
            }
            assert_int_equal(ml_regex_match(r, subject, &matched, &e), 0);
            if (matched != (verdict[i] == '1'))
                fail_msg("%s: Go says otherwise of subject %zu", line, i);
            compared++;
        }
        ml_regex_free(r);
    }
    fclose(file);
    assert_int_equal(compared, 47 * 41); /* legal patterns, subjects in UTF-8 */
}

/* Whether `pattern` is taken; *e is filled where not. */
static bool takes(const char *pattern, ml_err *e)
{
    ml_regex *r;
    const int result = ml_regex_compile(&r, ml_bytes_text(pattern), e);

    ml_regex_free(r);
    assert_true((result == 0) == (r != NULL));
    return result == 0;
}

static bool finds(const char *pattern, const char *subject)
{
    ml_regex *r;
    ml_err e;
    bool matched;

    if (ml_regex_compile(&r, ml_bytes_text(pattern), &e) < 0)
        fail_msg("%s: %s", pattern, e.message);
    assert_int_equal(ml_regex_match(r, ml_bytes_text(subject), &matched, &e), 0);
    ml_regex_free(r);
    return matched;
}

static void what_go_lacks_is_refused_with_a_word(void **state)
{
    static const struct {
        const char *pattern, *says;
    } cases[] = {
        { "a(?=b)", "look-ahead" },
        { "a(?!b)", "look-ahead" },
        { "(?<=a)b", "look-behind" },
        { "(?<!a)b", "look-behind" },
        { "(?>a)", "atomic" },
        { "(a)\\1", "references" },
        { "\\k<n>", "references" },
        { "(?P=n)", "references" },
        { "a++", "possessive" },
        { "a*+", "possessive" },
        { "\\Ra", "\\R" },
        { "\\Ka", "\\K" },
        { "\\ha", "\\h" },
        { "a\\Z", "\\z" },
        { "(?x)a", "flag x" },
        { "(?R)", "recursion" },
        { "(?1)", "no group" },
        { "(?(1)a|b)", "conditions" },
        { "(?C1)a", "callouts" },
        { "(?#c)a", "comments" },
        { "(?|a|b)", "branch reset" },
        { "(*FAIL)", "nothing stands before" },
        { "(*UTF8)a", "nothing stands" },
        { "(?<n>a)", "(?P<name>" },
        { "\\X", "\\X" },
        { "[[:foo:]]", "alnum" },
        { "\\p{Klingon}", "scripts" },
        { "\\p{greek}", "scripts" },
        { "(", ") is missing" },
        { ")", "closes nothing" },
        { "[a", "] is missing" },
        { "[z-a]", "backwards" },
        { "a{2,1}", "backwards" },
        { "a{1001}", "1000" },
        { "(a{100}){11}", "multiply" },
        { "\\", "at the end" },
        { "*a", "nothing stands" },
        { "\\x{110000}", "code point" },
        { "\\x{}", "code point" },
        { "\\xg1", "code point" },
        { "\\pC", "disagree" },
        { "\\p{Old_Italic}", "disagree" },
        { "(?i)\\p{Lu}", "(?-i:" },
        { "\\x{D800}", "surrogate" },
        { "(?P<a-b>c)", "name" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        ml_err e;

        if (takes(cases[i].pattern, &e))
            fail_msg("%s is taken", cases[i].pattern);
        if (strstr(e.message, cases[i].says) == NULL && strstr(e.hint, cases[i].says) == NULL)
            fail_msg("%s: \"%s\" / \"%s\"", cases[i].pattern, e.message, e.hint);
        assert_int_equal(e.line, 1);
        assert_true(e.column >= 1);
    }
}

static void the_place_is_named(void **state)
{
    ml_err e;

    (void)state;
    assert_false(takes("prod/\xC3\xA9(?=x)", &e));
    assert_int_equal(e.column, 8);
    assert_non_null(strstr(e.message, "byte 8"));
    assert_non_null(strstr(e.message, "(?="));
    assert_false(takes("ab\xFF", &e));
    assert_non_null(strstr(e.message, "byte 3: not UTF-8"));
}

static void oddities_mean_what_go_means(void **state)
{
    (void)state;
    assert_false(finds("b$", "b\n")); /* no newline is passed over */
    assert_true(finds("(?m)^b$", "a\nb\n"));
    assert_true(finds("(?m)a\\n^$", "a\n")); /* a line begins after the last newline, too */
    assert_false(finds("^.$", "\n"));
    assert_true(finds("(?s)^.$", "\n"));
    assert_true(finds("^.$", "\r"));
    assert_false(finds("\\s", "\v"));
    assert_true(finds("[[:space:]]", "\v"));
    assert_true(finds("^\\v$", "\v"));
    assert_true(finds("^a{,3}$", "a{,3}"));
    assert_true(finds("^a{01}$", "a{01}"));
    assert_true(finds("^\\Qa.b\\E+$", "a.bb"));
    assert_true(finds("^\\Qa.", "a.x"));
    assert_true(finds("^(a(?i)b|c)d$", "Cd"));
    assert_false(finds("^(a(?i)b|c)d$", "CD"));
    assert_true(finds("^(?:|a)+$", "aaa"));
    assert_true(finds("^*a", "ba"));
    assert_true(finds("(?U)^a+?$", "aaa"));
    assert_true(finds("^\\07\\101$", "\aA"));
    assert_true(finds("^[\\d-z]+$", "1-z"));
    assert_true(finds("^[]a]+$", "]a"));
    assert_false(finds("\\w", "\xC3\xA9"));
    assert_false(finds("\\p{Greek}", "\xCD\x82")); /* U+0342: Greek only by script extension */
    assert_true(finds("^\\P{^Greek}$", "\xCE\xBB"));
}

static void ignoring_case_goes_beyond_ascii_as_in_go(void **state)
{
    static const char kelvin[] = "\xE2\x84\xAA", long_s[] = "\xC5\xBF";

    (void)state;
    assert_true(finds("(?i)^k$", kelvin));
    assert_true(finds("(?i)^[a-z]$", long_s));
    assert_true(finds("(?i)^\\w$", kelvin));
    assert_false(finds("(?i)^\\W$", kelvin));
    assert_false(finds("^\\w$", kelvin));
    assert_true(finds("^\\W$", kelvin));
    assert_true(finds("(?i)^[[:lower:]]$", "K"));
    assert_false(finds("(?i)[[:^lower:]]", long_s));
    assert_true(finds("(?i)^[[:^digit:]]$", kelvin));
    assert_true(finds("(?i)^\xC3\x89$", "\xC3\xA9"));
    assert_false(finds("(?i)^ss$", "\xC3\x9F"));
}

/* A pattern that takes too long is an error, never "no match". */
static void hostile_patterns_stop(void **state)
{
    static const char *const patterns[] = {
        "^(a+)+$",           "^(a|aa)+$",        "^(a|a?)+$",           "(a*)*b",
        "^(?:a?){30}a{30}$", "(.*)*(.*)*(.*)*x", "((a{0,5}){0,5})*[c]", "(?i)(k+k+)+s"
    };
    char subject[400];
    size_t i, stopped = 0;

    (void)state;
    memset(subject, 'a', sizeof subject);
    subject[sizeof subject - 1] = 'y';
    for (i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        ml_regex *r;
        ml_err e;
        bool matched = true;

        assert_int_equal(ml_regex_compile(&r, ml_bytes_text(patterns[i]), &e), 0);
        if (ml_regex_match(r, ml_bytes_of(subject, sizeof subject), &matched, &e) < 0) {
            assert_string_equal(e.code, ML_E_LIMIT);
            stopped++;
        }
        assert_false(matched);
        ml_regex_free(r);
    }
    assert_true(stopped >= 3);
}

/* The limit holds for one match as a whole, not for each place it could begin at. */
static void a_long_subject_does_not_multiply_the_work(void **state)
{
    static const char *const patterns[] = { "a.*b", ".*password.*", "[^x]*x", "(?i)[a-z]+_key" };
    const size_t len = ML_LIMIT_REGEX_SUBJECT;
    size_t i;
    char *subject = malloc(len + 1);
    ml_regex *r;
    ml_err e;
    bool matched;

    (void)state;
    assert_non_null(subject);
    memset(subject, 'a', len + 1);
    for (i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        assert_int_equal(ml_regex_compile(&r, ml_bytes_text(patterns[i]), &e), 0);
        assert_int_equal(ml_regex_match(r, ml_bytes_of(subject, len), &matched, &e), -1);
        assert_string_equal(e.code, ML_E_LIMIT);
        /* what a long comment may be is decided */
        assert_int_equal(ml_regex_match(r, ml_bytes_of(subject, 1000), &matched, &e), 0);
        assert_false(matched);
        ml_regex_free(r);
    }
    assert_int_equal(ml_regex_compile(&r, ml_bytes_text("b"), &e), 0);
    assert_int_equal(ml_regex_match(r, ml_bytes_of(subject, len), &matched, &e), 0);
    assert_false(matched);
    assert_int_equal(ml_regex_match(r, ml_bytes_of(subject, len + 1), &matched, &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    ml_regex_free(r);
    free(subject);
}

static void large_patterns_are_refused(void **state)
{
    static char pattern[ML_LIMIT_REGEX_PATTERN + 2];
    const size_t deep = ML_LIMIT_REGEX_DEPTH;
    ml_err e;
    size_t i;

    (void)state;
    memset(pattern, 'a', sizeof pattern - 1);
    assert_false(takes(pattern, &e));
    assert_string_equal(e.code, ML_E_LIMIT);
    pattern[ML_LIMIT_REGEX_PATTERN] = '\0';
    assert_true(takes(pattern, &e));
    for (i = 0; i + 9 < ML_LIMIT_REGEX_PATTERN; i += 9) /* Go: "expression too large" */
        memcpy(pattern + i, "a{0,1000}", 9);
    assert_false(takes(pattern, &e));
    assert_string_equal(e.code, ML_E_LIMIT);
    memset(pattern, '(', deep + 1);
    memset(pattern + deep + 1, ')', deep + 1);
    pattern[2 * deep + 2] = '\0';
    assert_false(takes(pattern, &e));
    assert_string_equal(e.code, ML_E_LIMIT);
    memmove(pattern, pattern + 1, 2 * deep + 1);
    pattern[2 * deep] = '\0';
    assert_true(takes(pattern, &e));
    assert_false(takes("(?:[ab]c){1000}(?:[ab]c){1000}(?:[ab]c){1000}(?:[ab]c){1000}", &e));
    assert_string_equal(e.code, ML_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(go_is_the_judge),
        cmocka_unit_test(what_go_lacks_is_refused_with_a_word),
        cmocka_unit_test(the_place_is_named),
        cmocka_unit_test(oddities_mean_what_go_means),
        cmocka_unit_test(ignoring_case_goes_beyond_ascii_as_in_go),
        cmocka_unit_test(hostile_patterns_stop),
        cmocka_unit_test(a_long_subject_does_not_multiply_the_work),
        cmocka_unit_test(large_patterns_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
