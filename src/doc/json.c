/* json.c — JSON (RFC 8259) into the node array of a document. Strict: nothing the grammar does not
 * have, no lone surrogates (Go would change them without a word), nothing behind the value. Numbers
 * keep their text. `\u0000` is a character like any other: sops seals it. */
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"
#include "doc/doc_internal.h"
#include "doc/value.h"

typedef struct reader {
    ml_doc *d;
    ml_err *e;
    ml_bytes text;
    size_t at;
    uint32_t line, line_start;
    ml_buf decoded; /* the string being read, when it has escapes */
} reader;

static int read_value(reader *r, ml_node parent, ml_node key, unsigned depth, ml_node *out);

static int peek(const reader *r)
{
    return r->at < r->text.len ? r->text.p[r->at] : -1;
}

static void skip_blanks(reader *r)
{
    for (; r->at < r->text.len; r->at++) {
        const unsigned char c = r->text.p[r->at];

        if (c == '\n') {
            r->line++;
            r->line_start = (uint32_t)r->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

static int fail_here(reader *r, const char *expected)
{
    return ml_doc_fail_at(r->d, r->at, r->e,
                          r->at < r->text.len ? "%s expected" : "%s expected, the text ends here",
                          expected);
}

/* A node that begins here. */
static ml_node_info begin(const reader *r, ml_kind kind, ml_node parent)
{
    ml_node_info info = ml_doc_blank(kind);

    info.flow = true;
    info.parent = parent;
    info.line = r->line;
    info.column = (uint32_t)r->at - r->line_start + 1;
    info.start = info.content = (uint32_t)r->at;
    return info;
}

static int hex4(reader *r, size_t at, uint32_t *value)
{
    size_t i;

    *value = 0;
    for (i = at; i < at + 4; i++) {
        const int c = i < r->text.len ? r->text.p[i] : 0;
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;

        if (digit < 0)
            return ml_doc_fail_at(r->d, at, r->e, "four hexadecimal digits expected behind \\u");
        *value = *value << 4 | (uint32_t)digit;
    }
    return 0;
}

/* At the 'u' of \uXXXX; a high surrogate takes the low one that follows with it. */
static int read_unicode(reader *r)
{
    unsigned char utf8[4];
    uint32_t point, low;

    if (hex4(r, r->at + 1, &point) < 0)
        return -1;
    r->at += 5;
    if (point >= 0xD800 && point < 0xDC00 && r->at + 1 < r->text.len && r->text.p[r->at] == '\\' &&
        r->text.p[r->at + 1] == 'u') {
        if (hex4(r, r->at + 2, &low) < 0)
            return -1;
        if (low >= 0xDC00 && low < 0xE000) {
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            r->at += 6;
        }
    }
    if (point >= 0xD800 && point < 0xE000)
        return ml_doc_fail_at(r->d, r->at, r->e, "half of a surrogate pair stands alone");
    ml_buf_add(&r->decoded, ml_bytes_of(utf8, ml_utf8_encode(point, utf8)));
    return 0;
}

static int read_escape(reader *r)
{
    static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const int c = peek(r);
    const char *found = c <= 0 ? NULL : strchr(names, c);

    if (c == 'u')
        return read_unicode(r);
    if (found == NULL)
        return ml_doc_fail_at(r->d, r->at, r->e, "JSON has no such escape");
    ml_buf_byte(&r->decoded, (unsigned char)means[found - names]);
    r->at++;
    return 0;
}

/* The string at the opening quote, as a scalar node. */
static int read_string(reader *r, ml_node_info *info, ml_node *out)
{
    size_t run = ++r->at;
    const size_t first = run;
    bool escaped = false;
    int c;

    r->decoded.len = 0;
    while ((c = peek(r)) != '"') {
        if (c < 0)
            return fail_here(r, "the closing quote");
        if (c < 0x20)
            return ml_doc_fail_at(r->d, r->at, r->e, "a control character stands in a string");
        r->at++;
        if (c != '\\')
            continue;
        escaped = true;
        ml_buf_add(&r->decoded, ml_bytes_slice(r->text, run, r->at - 1));
        if (read_escape(r) < 0)
            return -1;
        run = r->at;
    }
    info->end = (uint32_t)++r->at;
    info->style = ML_STYLE_DOUBLE;
    info->type = ML_TYPE_STR;
    if (ml_doc_add(r->d, info, out, r->e) < 0)
        return -1;
    if (!escaped) {
        ml_doc_set_text(r->d, *out, ml_bytes_slice(r->text, first, r->at - 1));
        return 0;
    }
    ml_buf_add(&r->decoded, ml_bytes_slice(r->text, run, r->at - 1));
    if (ml_buf_check(&r->decoded, r->e) < 0)
        return -1;
    return ml_doc_copy_text(r->d, *out, ml_buf_bytes(&r->decoded), r->e);
}

static size_t digits(const reader *r, size_t at)
{
    while (at < r->text.len && r->text.p[at] >= '0' && r->text.p[at] <= '9')
        at++;
    return at;
}

/* The end of the number here, or 0 when it is none; *whole: neither fraction nor exponent. */
static size_t number_end(const reader *r, bool *whole)
{
    const unsigned char *p = r->text.p;
    const size_t len = r->text.len;
    size_t at = r->at + (p[r->at] == '-'), next;

    next = at < len && p[at] == '0' ? at + 1 : digits(r, at);
    if (next == at)
        return 0;
    at = next;
    *whole = true;
    if (at < len && p[at] == '.') {
        *whole = false;
        next = digits(r, at + 1);
        if (next == at + 1)
            return 0;
        at = next;
    }
    if (at < len && (p[at] == 'e' || p[at] == 'E')) {
        *whole = false;
        at += at + 1 < len && (p[at + 1] == '+' || p[at + 1] == '-') ? 2 : 1;
        next = digits(r, at);
        if (next == at)
            return 0;
        at = next;
    }
    return at;
}

/* A number or one of the three words. */
static int read_plain(reader *r, ml_node_info *info, ml_node *out)
{
    static const struct {
        const char *word;
        ml_type type;
    } words[] = { { "true", ML_TYPE_BOOL }, { "false", ML_TYPE_BOOL }, { "null", ML_TYPE_NULL } };
    const ml_bytes rest = ml_bytes_slice(r->text, r->at, r->text.len);
    size_t end = 0, i;
    bool whole = false;

    for (i = 0; i < 3 && end == 0; i++)
        if (ml_bytes_starts(rest, words[i].word)) {
            end = r->at + strlen(words[i].word);
            info->type = (uint8_t)words[i].type;
        }
    if (end == 0 && rest.len > 0) {
        end = number_end(r, &whole);
        info->type = whole && ml_value_is_int64(ml_bytes_slice(r->text, r->at, end))
                         ? ML_TYPE_INT
                         : ML_TYPE_FLOAT;
    }
    if (end == 0)
        return fail_here(r, "a JSON value");
    info->style = ML_STYLE_PLAIN;
    info->end = (uint32_t)end;
    if (ml_doc_add(r->d, info, out, r->e) < 0)
        return -1;
    ml_doc_set_text(r->d, *out, ml_bytes_slice(r->text, r->at, end));
    r->at = end;
    return 0;
}

/* One key with its colon. */
static int read_key(reader *r, ml_node map, ml_node *key)
{
    ml_node_info info;

    if (peek(r) != '"')
        return fail_here(r, "a key in quotes");
    info = begin(r, ML_KIND_SCALAR, map);
    info.is_key = true;
    if (read_string(r, &info, key) < 0)
        return -1;
    skip_blanks(r);
    if (peek(r) != ':')
        return fail_here(r, "':'");
    r->at++;
    skip_blanks(r);
    return 0;
}

/* The members of the map or list whose bracket has just been read, up to the closing one. */
static int read_members(reader *r, ml_node owner, bool map, unsigned depth)
{
    const int closing = map ? '}' : ']';
    ml_node key = ML_NO_NODE, value;
    bool first = true;

    for (;; first = false) {
        skip_blanks(r);
        if (first && peek(r) == closing)
            break;
        if (map && read_key(r, owner, &key) < 0)
            return -1;
        if (read_value(r, owner, key, depth + 1, &value) < 0)
            return -1;
        skip_blanks(r);
        if (peek(r) == closing)
            break;
        if (peek(r) != ',')
            return fail_here(r, map ? "',' or '}'" : "',' or ']'");
        r->at++;
    }
    ml_doc_edit_info(r->d, owner)->end = (uint32_t)++r->at;
    return 0;
}

static int read_value(reader *r, ml_node parent, ml_node key, unsigned depth, ml_node *out)
{
    const int c = peek(r);
    const bool map = c == '{';
    ml_node_info info = begin(r,
                              map        ? ML_KIND_MAP
                              : c == '[' ? ML_KIND_LIST
                                         : ML_KIND_SCALAR,
                              parent);

    info.key = key;
    if (c == '"')
        return read_string(r, &info, out);
    if (!map && c != '[')
        return read_plain(r, &info, out);
    if (depth >= ML_LIMIT_DEPTH) {
        ml_doc_fail_at(r->d, r->at, r->e, "nesting is deeper than %d", ML_LIMIT_DEPTH);
        r->e->code = ML_E_LIMIT;
        return -1;
    }
    if (ml_doc_add(r->d, &info, out, r->e) < 0)
        return -1;
    r->at++;
    return read_members(r, *out, map, depth);
}

int ml_json_parse(ml_doc *d, ml_err *e)
{
    reader r = { .d = d, .e = e, .text = d->text, .line = 1 };
    ml_node root;
    int status;

    skip_blanks(&r);
    if (r.text.len == 0)
        return 0;
    status = read_value(&r, ML_NO_NODE, ML_NO_NODE, 0, &root);
    if (status == 0)
        status = ml_doc_add_root(d, root, e);
    if (status == 0) {
        skip_blanks(&r);
        if (r.at < r.text.len)
            status = ml_doc_fail_at(d, r.at, e, "more text behind the JSON value");
    }
    ml_buf_free(&r.decoded);
    return status;
}
