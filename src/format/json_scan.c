/* json_scan.c — the grammar of JSON; see json_scan.h. */
#include "format/json_scan.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

typedef struct scanner {
    ml_bytes in;
    size_t at;
    size_t depth, nodes;
    unsigned char open[ML_LIMIT_DEPTH]; /* '{' or '[' of each open container */
    ml_json_number_seen *seen;
    void *context;
    ml_err *e;
} scanner;

static int place(scanner *s, size_t at)
{
    unsigned long line, column;

    ml_text_position(s->in, at, &line, &column);
    return ml_err_at(s->e, NULL, line, column);
}

static int wrong(scanner *s, const char *what)
{
    ml_fail(s->e, ML_E_FORMAT, "JSON: %s", what);
    return place(s, s->at);
}

static int too_much(scanner *s, const char *what, int limit)
{
    ml_fail(s->e, ML_E_LIMIT, "JSON: more than %d %s", limit, what);
    return place(s, s->at);
}

/* The next byte, or -1 at the end. */
static int peek(const scanner *s)
{
    return s->at < s->in.len ? s->in.p[s->at] : -1;
}

static bool take(scanner *s, int byte)
{
    if (peek(s) != byte)
        return false;
    s->at++;
    return true;
}

static void blanks(scanner *s)
{
    while (s->at < s->in.len && ml_text_is_space(s->in.p[s->at]))
        s->at++;
}

static bool digits(scanner *s)
{
    const size_t from = s->at;

    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return s->at > from;
}

static int number(scanner *s)
{
    const size_t from = s->at;

    take(s, '-');
    if (!take(s, '0') && !digits(s))
        return wrong(s, "a digit is missing");
    if (peek(s) >= '0' && peek(s) <= '9')
        return wrong(s, "a number cannot begin with 0");
    if (take(s, '.') && !digits(s))
        return wrong(s, "a digit is missing");
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (!take(s, '+'))
            take(s, '-');
        if (!digits(s))
            return wrong(s, "a digit is missing");
    }
    if (s->at - from > ML_LIMIT_JSON_NUMBER) /* cJSON would cut it there without a word */
        return too_much(s, "characters of a number", ML_LIMIT_JSON_NUMBER);
    if (s->seen(s->context, ml_bytes_slice(s->in, from, s->at), s->e) < 0)
        return place(s, from);
    return 0;
}

/* Four hexadecimal digits. */
static int hex4(scanner *s, uint32_t *value)
{
    int i;

    *value = 0;
    for (i = 0; i < 4; i++) {
        const int c = peek(s);

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return wrong(s, "\\u wants four hexadecimal digits");
        *value = *value * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        s->at++;
    }
    return 0;
}

/* What follows \u; surrogates must come in pairs. */
static int unicode_escape(scanner *s)
{
    uint32_t c, low;

    if (hex4(s, &c) < 0)
        return -1;
    if (c == 0)
        return wrong(s, "a string cannot hold \\u0000");
    if (c < 0xD800 || c >= 0xE000)
        return 0;
    if (c >= 0xDC00 || !take(s, '\\') || !take(s, 'u'))
        return wrong(s, "half a surrogate pair");
    if (hex4(s, &low) < 0)
        return -1;
    return low >= 0xDC00 && low < 0xE000 ? 0 : wrong(s, "half a surrogate pair");
}

static int string(scanner *s)
{
    s->at++;
    for (;;) {
        const int c = peek(s);

        if (c < 0)
            return wrong(s, "a string that does not end");
        if (c < ' ')
            return wrong(s, "a control character in a string");
        s->at++;
        if (c == '"')
            return 0;
        if (c != '\\')
            continue;
        if (take(s, 'u')) {
            if (unicode_escape(s) < 0)
                return -1;
        } else if (peek(s) <= 0 || strchr("\"\\/bfnrt", peek(s)) == NULL) {
            return wrong(s, "no such escape");
        } else {
            s->at++;
        }
    }
}

static int word(scanner *s, const char *text)
{
    if (!ml_bytes_starts(ml_bytes_slice(s->in, s->at, s->in.len), text))
        return wrong(s, "not a value");
    s->at += strlen(text);
    return 0;
}

/* A member's key with its colon. */
static int key(scanner *s)
{
    blanks(s);
    if (peek(s) != '"')
        return wrong(s, "a key in double quotes is missing");
    if (string(s) < 0)
        return -1;
    blanks(s);
    return take(s, ':') ? 0 : wrong(s, "a colon is missing");
}

/* A scalar, or the opening of a container: then *opened says that its first child follows. */
static int value(scanner *s, bool *opened)
{
    const int c = peek(s);

    *opened = false;
    if (++s->nodes > ML_LIMIT_NODES)
        return too_much(s, "values", ML_LIMIT_NODES);
    if (c == '"')
        return string(s);
    if (c == '-' || (c >= '0' && c <= '9'))
        return number(s);
    if (c != '{' && c != '[')
        return c < 0      ? wrong(s, "a value is missing")
               : c == 't' ? word(s, "true")
               : c == 'f' ? word(s, "false")
                          : word(s, "null");
    if (s->depth == ML_LIMIT_DEPTH)
        return too_much(s, "levels", ML_LIMIT_DEPTH);
    s->at++;
    blanks(s);
    if (take(s, c == '{' ? '}' : ']'))
        return 0;
    s->open[s->depth++] = (unsigned char)c;
    *opened = true;
    return c == '{' ? key(s) : 0;
}

/* After a value: closes what ends here. *more says that another child follows. */
static int separator(scanner *s, bool *more)
{
    for (*more = false; s->depth > 0; s->depth--) {
        const bool object = s->open[s->depth - 1] == '{';

        blanks(s);
        if (take(s, ',')) {
            *more = true;
            return object ? key(s) : 0;
        }
        if (!take(s, object ? '}' : ']'))
            return wrong(s, object ? "a comma or } is missing" : "a comma or ] is missing");
    }
    return 0;
}

int ml_json_scan(ml_bytes text, ml_json_number_seen *seen, void *context, ml_err *e)
{
    scanner s = { .in = text, .seen = seen, .context = context, .e = e };
    bool more = true, opened;
    size_t bad;

    if (text.len > ML_LIMIT_FILE)
        return ml_fail(e, ML_E_LIMIT, "JSON: more than %d bytes", ML_LIMIT_FILE);
    if (ml_bytes_starts(text, "\xEF\xBB\xBF"))
        return wrong(&s, "it begins with a byte order mark");
    bad = ml_utf8_check(text);
    if (bad != SIZE_MAX) {
        s.at = bad;
        return wrong(&s, "not UTF-8");
    }
    while (more) {
        blanks(&s);
        if (value(&s, &opened) < 0)
            return -1;
        if (!opened && separator(&s, &more) < 0)
            return -1;
    }
    blanks(&s);
    return s.at == text.len ? 0 : wrong(&s, "something follows the value");
}
