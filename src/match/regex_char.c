/* regex_char.c — single characters and escapes of Go's regular expressions; see regex_walk.h. */
#include <string.h>

#include "base/text.h"
#include "match/regex_walk.h"

int ml_regex_peek(const ml_regex_walk *w, size_t ahead)
{
    return ahead < w->in.len - w->at ? w->in.p[w->at + ahead] : -1;
}

uint32_t ml_regex_next(ml_regex_walk *w)
{
    uint32_t c = 0;

    w->at += ml_utf8_decode(w->in, w->at, &c);
    return c;
}

int ml_regex_refuse(ml_regex_walk *w, size_t from, const char *code, const char *what,
                    const char *hint)
{
    enum { SHOWN = 60 };
    size_t to = w->at;

    if (to - from > SHOWN) {
        to = from + SHOWN;
        while ((w->in.p[to] & 0xC0) == 0x80) /* never half a character */
            to--;
    }
    ml_fail(w->e, code, "regular expression, byte %zu: %s: %.*s", from + 1, what, (int)(to - from),
            (const char *)w->in.p + from);
    ml_err_at(w->e, NULL, 1, (unsigned long)from + 1);
    return hint == NULL ? -1 : ml_err_hint(w->e, "%s", hint);
}

static bool is_word(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void ml_regex_write_char(ml_buf *out, uint32_t c)
{
    if (is_word(c)) {
        ml_buf_byte(out, (unsigned char)c);
    } else if (c > ' ' && c < 0x7F) {
        ml_buf_byte(out, '\\');
        ml_buf_byte(out, (unsigned char)c);
    } else {
        ml_buf_format(out, "\\x{%lx}", (unsigned long)c);
    }
}

void ml_regex_write_range(ml_buf *out, uint32_t first, uint32_t last)
{
    ml_regex_write_char(out, first);
    if (first != last) {
        ml_buf_byte(out, '-');
        ml_regex_write_char(out, last);
    }
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Digits of \x41 or \x{41}, after the x. */
static int hex_escape(ml_regex_walk *w, size_t from, uint32_t *c)
{
    static const char wrong[] = "not a code point";
    static const char hint[] = "write \\xHH or \\x{HHHH}, at most \\x{10FFFF}";
    const bool braces = ml_regex_peek(w, 0) == '{';
    uint32_t value = 0;
    int digits = 0;

    w->at += braces;
    while (braces ? ml_regex_peek(w, 0) != '}' : digits < 2) {
        const int digit = hex_digit(ml_regex_peek(w, 0));

        if (digit < 0)
            return ml_regex_refuse(w, from, ML_E_FORMAT, wrong, hint);
        w->at++;
        value = value * 16 + (uint32_t)digit;
        if (value > 0x10FFFF)
            return ml_regex_refuse(w, from, ML_E_FORMAT, wrong, hint);
        digits++;
    }
    w->at += braces;
    if (digits == 0)
        return ml_regex_refuse(w, from, ML_E_FORMAT, wrong, hint);
    if (value >= 0xD800 && value < 0xE000)
        return ml_regex_refuse(w, from, ML_E_UNSUPPORTED, "no text holds half a surrogate pair",
                               NULL);
    *c = value;
    return 0;
}

static uint32_t octal_escape(ml_regex_walk *w, uint32_t first)
{
    uint32_t value = first - '0';
    int i;

    for (i = 0; i < 2; i++) {
        const int digit = ml_regex_peek(w, 0);

        if (digit < '0' || digit > '7')
            break;
        value = value * 8 + (uint32_t)digit - '0';
        w->at++;
    }
    return value;
}

int ml_regex_escape(ml_regex_walk *w, uint32_t *c)
{
    static const char letters[] = "afnrtv", meaning[] = "\a\f\n\r\t\v";
    const size_t from = w->at++;
    const char *letter;

    if (w->at == w->in.len)
        return ml_regex_refuse(w, from, ML_E_FORMAT, "a backslash at the end",
                               "a backslash itself is written \\\\");
    *c = ml_regex_next(w);
    if (*c < 0x80 && !is_word(*c)) /* punctuation, also `_`, and control characters */
        return 0;
    if (*c == 'x')
        return hex_escape(w, from, c);
    if (*c == '0' ||
        (*c >= '1' && *c <= '7' && ml_regex_peek(w, 0) >= '0' && ml_regex_peek(w, 0) <= '7')) {
        *c = octal_escape(w, *c);
        return 0;
    }
    letter = *c < 0x80 ? strchr(letters, (int)*c) : NULL;
    if (letter == NULL)
        return ml_regex_refuse(w, from, ML_E_FORMAT, "Go has no such escape",
                               ml_regex_foreign_escape(*c));
    *c = (unsigned char)meaning[letter - letters];
    return 0;
}
