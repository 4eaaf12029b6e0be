/* value.c — how sops' typed values are spelled; see value.h. */
#include "doc/value.h"

#include <math.h>

#include "doc/number.h"
#include "doc/timestamp.h"

static const char *const type_words[] = {
    [ML_TYPE_NULL] = "null",       [ML_TYPE_STR] = "str",     [ML_TYPE_INT] = "int",
    [ML_TYPE_FLOAT] = "float",     [ML_TYPE_BOOL] = "bool",   [ML_TYPE_TIME] = "time",
    [ML_TYPE_COMMENT] = "comment", [ML_TYPE_BYTES] = "bytes",
};

const char *ml_type_word(ml_type type)
{
    return type_words[type];
}

int ml_type_of_word(ml_bytes word, ml_type *type)
{
    unsigned i;

    for (i = ML_TYPE_STR; i <= ML_TYPE_BYTES; i++)
        if (ml_bytes_is(word, type_words[i])) {
            *type = (ml_type)i;
            return 0;
        }
    return -1;
}

static bool is_word(ml_bytes text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (ml_bytes_is(text, *words))
            return true;
    return false;
}

static const char *const true_words[] = { "true", "True", "TRUE", NULL };
static const char *const false_words[] = { "false", "False", "FALSE", NULL };
static const char *const null_words[] = { "", "~", "null", "Null", "NULL", NULL };
static const char *const nan_words[] = { ".nan", ".NaN", ".NAN", NULL };
static const char *const inf_words[] = { ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", NULL };
static const char *const minus_inf_words[] = { "-.inf", "-.Inf", "-.INF", NULL };

static int digit_of(unsigned char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'z' ? c - 'a' + 10
           : c >= 'A' && c <= 'Z' ? c - 'A' + 10
                                  : 99;
}

/* A whole number as Go's ParseInt reads it with base 0: optional sign, 0x, 0o, 0b, or a leading 0
 * for octal. Underscores are passed over. False when it is none. *wide: it is one, but beyond 64
 * bits. */
static bool whole_number(ml_bytes text, bool *negative, uint64_t *size, bool *wide)
{
    unsigned char s[80];
    unsigned base = 10;
    size_t len = 0, at = 0, i;

    for (i = 0; i < text.len; i++) {
        if (text.p[i] == '_')
            continue;
        if (len == sizeof s)
            return false; /* longer than any number of 64 bits, also in base 2 */
        s[len++] = text.p[i];
    }
    *negative = len > 0 && s[0] == '-';
    *wide = false;
    *size = 0;
    at = len > 0 && (s[0] == '-' || s[0] == '+') ? 1 : 0;
    if (at + 1 < len && s[at] == '0') {
        const unsigned char mark = s[at + 1] | 0x20;

        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        at += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
    }
    if (at >= len)
        return false;
    for (; at < len; at++) {
        const unsigned digit = (unsigned)digit_of(s[at]);

        if (digit >= base)
            return false;
        if (*size > (UINT64_MAX - digit) / base)
            *wide = true;
        *size = *size * base + digit;
    }
    return true;
}

static bool fits_int64(bool negative, uint64_t size)
{
    return size <= (uint64_t)INT64_MAX + (negative ? 1U : 0U);
}

bool ml_value_is_int64(ml_bytes digits)
{
    uint64_t size = 0;
    size_t i;
    const bool negative = digits.len > 0 && digits.p[0] == '-';

    for (i = digits.len > 0 && (negative || digits.p[0] == '+') ? 1 : 0; i < digits.len; i++) {
        const unsigned digit = (unsigned)(digits.p[i] - '0');

        if (digit > 9 || size > (UINT64_MAX - digit) / 10)
            return false;
        size = size * 10 + digit;
    }
    return fits_int64(negative, size);
}

/* [-+]? ( .digits | digits [.digits*] ) [ [eE] [-+]? digits ], and within float64. */
static bool decimal_number(ml_bytes text)
{
    size_t at = 0, whole = 0, part = 0, power = 0;
    double value;

    if (at < text.len && (text.p[at] == '-' || text.p[at] == '+'))
        at++;
    for (; at < text.len && digit_of(text.p[at]) < 10; at++)
        whole++;
    if (at < text.len && text.p[at] == '.')
        for (at++; at < text.len && digit_of(text.p[at]) < 10; at++)
            part++;
    if (whole + part == 0)
        return false;
    if (at < text.len && (text.p[at] | 0x20) == 'e') {
        at++;
        if (at < text.len && (text.p[at] == '-' || text.p[at] == '+'))
            at++;
        for (; at < text.len && digit_of(text.p[at]) < 10; at++)
            power++;
        if (power == 0)
            return false;
    }
    return at == text.len && ml_decimal_read(&value, text) == 0 && isfinite(value);
}

static void without_underscores(ml_buf *out, ml_bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++)
        if (text.p[i] != '_')
            ml_buf_byte(out, text.p[i]);
}

/* What begins with a digit or a sign. */
static ml_type type_of_number(ml_bytes text)
{
    ml_timestamp time;
    ml_buf plain = { 0 };
    ml_type type = ML_TYPE_STR;
    uint64_t size;
    bool negative, wide;

    if (text.len > 4 && text.p[4] == '-' && ml_timestamp_yaml(&time, text) == 0)
        return ML_TYPE_TIME;
    /* Up to 64 bits without a sign it is an integer (which sops then cannot hold); beyond, YAML's
     * rule for floats applies. */
    if (whole_number(text, &negative, &size, &wide) && !wide &&
        (text.p[0] != '-' || fits_int64(true, size)) &&
        (text.p[0] != '+' || fits_int64(false, size)))
        return ML_TYPE_INT;
    if (ml_bytes_find(text, 0, '_') == SIZE_MAX)
        return decimal_number(text) ? ML_TYPE_FLOAT : ML_TYPE_STR;
    without_underscores(&plain, text);
    if (!plain.failed && decimal_number(ml_buf_bytes(&plain)))
        type = ML_TYPE_FLOAT;
    ml_buf_free(&plain);
    return type;
}

ml_type ml_value_yaml_type(ml_bytes plain)
{
    if (plain.len > 5 && plain.p[0] != '.' && digit_of(plain.p[0]) > 9 && plain.p[0] != '-' &&
        plain.p[0] != '+')
        return ML_TYPE_STR; /* longer than every word: the common case, decided at once */
    if (is_word(plain, null_words))
        return ML_TYPE_NULL;
    if (is_word(plain, true_words) || is_word(plain, false_words))
        return ML_TYPE_BOOL;
    if (is_word(plain, nan_words) || is_word(plain, inf_words) || is_word(plain, minus_inf_words))
        return ML_TYPE_FLOAT;
    if (plain.p[0] == '.')
        return decimal_number(plain) ? ML_TYPE_FLOAT : ML_TYPE_STR;
    if (digit_of(plain.p[0]) < 10 || plain.p[0] == '-' || plain.p[0] == '+')
        return type_of_number(plain);
    return ML_TYPE_STR;
}

static int not_a(ml_err *e, ml_type type)
{
    return ml_fail(e, ML_E_FORMAT, "the value is not of type %s", type_words[type]);
}

static int canonical_int(ml_bytes text, ml_buf *out, ml_err *e)
{
    uint64_t size;
    bool negative, wide;

    if (!whole_number(text, &negative, &size, &wide))
        return not_a(e, ML_TYPE_INT);
    if (wide || !fits_int64(negative, size)) {
        ml_fail(e, ML_E_FORMAT, "the integer does not fit 64 bits with sign");
        return ml_err_hint(e, "write it in quotes: it is then a string");
    }
    ml_buf_format(out, "%s%llu", negative && size > 0 ? "-" : "", (unsigned long long)size);
    return 0;
}

/* `exact`: refuse what float64 would round. */
static int canonical_float(ml_bytes text, bool exact, ml_buf *out, ml_err *e)
{
    ml_decimal decimal;
    double value;

    if (ml_decimal_read(&value, text) < 0)
        return not_a(e, ML_TYPE_FLOAT);
    if (!isfinite(value)) {
        ml_fail(e, ML_E_FORMAT, "the number is too large for a float64");
        return ml_err_hint(e, "write it in quotes: it is then a string");
    }
    ml_decimal_shortest(&decimal, value);
    if (exact && !ml_decimal_equals(&decimal, text)) {
        ml_fail(e, ML_E_FORMAT, "sops would store another number, rounded to a float64");
        return ml_err_hint(e, "write it in quotes: it is then a string");
    }
    ml_decimal_positional(out, &decimal);
    return 0;
}

static int canonical_yaml_float(ml_bytes text, ml_buf *out, ml_err *e)
{
    ml_buf plain = { 0 };
    int status;

    if (is_word(text, nan_words) || is_word(text, inf_words) || is_word(text, minus_inf_words)) {
        ml_buf_text(out, is_word(text, nan_words)   ? "NaN"
                         : is_word(text, inf_words) ? "+Inf"
                                                    : "-Inf");
        return 0;
    }
    without_underscores(&plain, text);
    status = ml_buf_check(&plain, e);
    if (status == 0)
        status = canonical_float(ml_buf_bytes(&plain), true, out, e);
    ml_buf_free(&plain);
    return status;
}

static int canonical_time(ml_bytes text, bool strict, ml_buf *out, ml_err *e)
{
    char canonical[ML_TIMESTAMP_SIZE];
    ml_timestamp t;

    if ((strict ? ml_timestamp_rfc3339(&t, text) : ml_timestamp_yaml(&t, text)) < 0)
        return not_a(e, ML_TYPE_TIME);
    ml_timestamp_text(canonical, &t, true);
    ml_buf_text(out, canonical);
    return 0;
}

int ml_value_canonical(ml_format format, ml_type type, ml_bytes spelled, ml_buf *out, ml_err *e)
{
    int status = 0;

    switch (type) {
    case ML_TYPE_NULL:
        break;
    case ML_TYPE_INT:
        status = canonical_int(spelled, out, e);
        break;
    case ML_TYPE_FLOAT:
        status = format == ML_FORMAT_YAML ? canonical_yaml_float(spelled, out, e)
                                          : canonical_float(spelled, true, out, e);
        break;
    case ML_TYPE_BOOL:
        if (!is_word(spelled, true_words) && !is_word(spelled, false_words))
            return not_a(e, type);
        ml_buf_text(out, is_word(spelled, true_words) ? "True" : "False");
        break;
    case ML_TYPE_TIME:
        status = canonical_time(spelled, false, out, e);
        break;
    default:
        ml_buf_add(out, spelled);
    }
    return status < 0 ? -1 : ml_buf_check(out, e);
}

/* The spellings of Go's ParseBool. */
static int accept_bool(ml_bytes plain, ml_buf *out, ml_err *e)
{
    if (is_word(plain, true_words) || ml_bytes_is(plain, "1") || ml_bytes_is(plain, "t") ||
        ml_bytes_is(plain, "T"))
        ml_buf_text(out, "True");
    else if (is_word(plain, false_words) || ml_bytes_is(plain, "0") || ml_bytes_is(plain, "f") ||
             ml_bytes_is(plain, "F"))
        ml_buf_text(out, "False");
    else
        return not_a(e, ML_TYPE_BOOL);
    return 0;
}

static int accept_int(ml_bytes plain, ml_buf *out, ml_err *e)
{
    const bool sign = plain.len > 0 && (plain.p[0] == '-' || plain.p[0] == '+');
    size_t at = sign ? 1 : 0;

    if (at == plain.len || !ml_value_is_int64(plain))
        return not_a(e, ML_TYPE_INT);
    while (at + 1 < plain.len && plain.p[at] == '0')
        at++;
    if (plain.p[0] == '-' && !(at + 1 == plain.len && plain.p[at] == '0'))
        ml_buf_byte(out, '-');
    ml_buf_add(out, ml_bytes_slice(plain, at, plain.len));
    return 0;
}

int ml_value_accept(ml_type type, ml_bytes plain, ml_buf *out, ml_err *e)
{
    int status = 0;

    switch (type) {
    case ML_TYPE_INT:
        status = accept_int(plain, out, e);
        break;
    case ML_TYPE_FLOAT:
        if (ml_bytes_is(plain, "NaN") || ml_bytes_is(plain, "+Inf") || ml_bytes_is(plain, "-Inf"))
            ml_buf_add(out, plain);
        else
            status = canonical_float(plain, false, out, e);
        break;
    case ML_TYPE_BOOL:
        status = accept_bool(plain, out, e);
        break;
    case ML_TYPE_TIME:
        status = canonical_time(plain, true, out, e);
        break;
    default:
        ml_buf_add(out, plain);
    }
    return status < 0 ? -1 : ml_buf_check(out, e);
}
