/* regex.c — Go's regular expressions run by PCRE2; see regex.h. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "match/regex.h"

#include <pcre2.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "match/regex_go.h"

struct ml_regex {
    pcre2_code *code;
    pcre2_match_context *limits;
};

enum {
    GROUPS_DEEP = 4 * ML_LIMIT_REGEX_DEPTH, /* each group of the pattern, with what is put around */
    HEAP_KIB = 64 * 1024
};

/* PCRE2 counts its steps anew for each place a match could begin at. The pattern is therefore
 * anchored, and what comes before the match is a part of it: so the limit holds for the whole. For
 * the same reason no repeat may become possessive: its scan would be a single step. */
static int rewrite(ml_buf *out, ml_bytes pattern, ml_err *e)
{
    ml_buf_text(out, "(?s:.*?)(?:");
    if (ml_regex_from_go(out, pattern, e) < 0)
        return -1;
    ml_buf_byte(out, ')');
    return ml_buf_check(out, e);
}

static int fail_compile(int status, ml_err *e)
{
    PCRE2_UCHAR reason[128];

    if (status == PCRE2_ERROR_NOMEMORY || status == PCRE2_ERROR_HEAP_FAILED)
        return ml_fail_memory(e);
    if (status == PCRE2_ERROR_PATTERN_TOO_LARGE || status == PCRE2_ERROR_PATTERN_TOO_COMPLICATED ||
        status == PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP)
        return ml_fail(e, ML_E_LIMIT, "regular expression: it is too large");
    pcre2_get_error_message(status, reason, sizeof reason);
    return ml_fail(e, ML_E_UNSUPPORTED, "regular expression: legal, but PCRE2 cannot do it: %s",
                   (const char *)reason);
}

/* The pattern as PCRE2 code, or NULL. */
static pcre2_code *compile(ml_bytes pcre, ml_err *e)
{
    const uint32_t options = PCRE2_ANCHORED | PCRE2_NO_AUTO_POSSESS | PCRE2_UTF |
                             PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
                             PCRE2_NO_AUTO_CAPTURE;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_code *code;
    PCRE2_SIZE at;
    int status;

    if (context == NULL) {
        ml_fail_memory(e);
        return NULL;
    }
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, GROUPS_DEEP);
    code = pcre2_compile(pcre.p, pcre.len, options, &status, &at, context);
    pcre2_compile_context_free(context);
    if (code == NULL)
        fail_compile(status, e);
    return code;
}

int ml_regex_compile(ml_regex **out, ml_bytes pattern, ml_err *e)
{
    ml_buf pcre = { 0 };
    ml_regex *r = calloc(1, sizeof *r);
    int result = -1;

    *out = NULL;
    if (r == NULL)
        return ml_fail_memory(e);
    if (rewrite(&pcre, pattern, e) == 0)
        r->code = compile(ml_buf_bytes(&pcre), e);
    ml_buf_free(&pcre);
    if (r->code != NULL) {
        r->limits = pcre2_match_context_create(NULL);
        result = r->limits == NULL ? ml_fail_memory(e) : 0;
    }
    if (result < 0) {
        ml_regex_free(r);
        return -1;
    }
    pcre2_set_match_limit(r->limits, ML_LIMIT_REGEX_WORK);
    pcre2_set_heap_limit(r->limits, HEAP_KIB);
    *out = r;
    return 0;
}

static int verdict(int status, bool *matched, ml_err *e)
{
    PCRE2_UCHAR reason[128];

    switch (status) {
    case PCRE2_ERROR_NOMATCH:
        return 0;
    case PCRE2_ERROR_NOMEMORY:
        return ml_fail_memory(e);
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
        ml_fail(e, ML_E_LIMIT, "regular expression: not decided after %d steps",
                ML_LIMIT_REGEX_WORK);
        return ml_err_hint(e, "Anchor it with ^ and $, and avoid repeats within repeats.");
    default:
        if (status >= 0) {
            *matched = true;
            return 0;
        }
        pcre2_get_error_message(status, reason, sizeof reason);
        return ml_fail(e, ML_E_SYSTEM, "regular expression: %s", (const char *)reason);
    }
}

int ml_regex_match(const ml_regex *r, ml_bytes subject, bool *matched, ml_err *e)
{
    pcre2_match_data *data;
    size_t bad;
    int status;

    *matched = false;
    if (subject.len > ML_LIMIT_REGEX_SUBJECT)
        return ml_fail(e, ML_E_LIMIT, "regular expression: to be tried on %zu bytes, at most %d",
                       subject.len, ML_LIMIT_REGEX_SUBJECT);
    bad = ml_utf8_check(subject);
    if (bad != SIZE_MAX)
        return ml_fail(e, ML_E_FORMAT,
                       "regular expression: byte %zu of the text it is tried on is not UTF-8",
                       bad + 1);
    data = pcre2_match_data_create(1, NULL);
    if (data == NULL)
        return ml_fail_memory(e);
    /* PCRE2 10.42 takes NULL for no bytes, but earlier ones do not. */
    status = pcre2_match(r->code, subject.len == 0 ? (PCRE2_SPTR) "" : subject.p, subject.len, 0,
                         PCRE2_NO_UTF_CHECK, data, r->limits);
    pcre2_match_data_free(data);
    return verdict(status, matched, e);
}

void ml_regex_free(ml_regex *r)
{
    if (r == NULL)
        return;
    pcre2_match_context_free(r->limits);
    pcre2_code_free(r->code);
    free(r);
}
