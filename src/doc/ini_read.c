/* ini_read.c — keys and values of an INI text; see ini_read.h. */
#include "doc/ini_read.h"

#include <string.h>

#include "base/text.h"
#include "doc/lines.h"

static const char triple[] = "\"\"\"";

size_t ml_ini_begin(ml_bytes text)
{
    return ml_bytes_starts(text, "\xEF\xBB\xBF") ? 3 : 0;
}

/* The first of two bytes in [start, end), or `end`. */
static size_t find_either(ml_bytes text, size_t start, size_t end, char a, char b)
{
    while (start < end && text.p[start] != (unsigned char)a && text.p[start] != (unsigned char)b)
        start++;
    return start;
}

/* [start, end) without white space at its ends. */
static void trim(ml_bytes text, size_t *start, size_t *end)
{
    const ml_bytes inside = ml_text_trim(ml_bytes_slice(text, *start, *end));

    *start = inside.len == 0 ? *end : (size_t)(inside.p - text.p);
    *end = *start + inside.len;
}

const char *ml_ini_read_key(ml_ini_key *out, ml_bytes text, size_t at, size_t line_end)
{
    const ml_bytes line = ml_bytes_slice(text, at, line_end);
    const char *quote = line.len > 6 && ml_bytes_starts(line, triple) ? triple
                        : line.p[0] == '"'                            ? "\""
                        : line.p[0] == '`'                            ? "`"
                                                                      : "";
    const size_t len = strlen(quote), inside = at + len;
    const unsigned char *closing =
        len == 0 ? NULL : memmem(text.p + inside, line_end - inside, quote, len);
    const size_t end = closing == NULL ? 0 : (size_t)(closing - text.p);
    const size_t sign = find_either(text, closing == NULL ? at : end + len, line_end, '=', ':');

    if (len > 0 && closing == NULL)
        return "the key's closing quote is missing";
    if (sign == line_end)
        return "the line is neither a section, nor a key with '=' or ':', nor a comment";
    out->name = ml_text_trim(ml_bytes_slice(text, inside, closing == NULL ? sign : end));
    out->start = at;
    out->end = closing == NULL ? at + out->name.len : end + len;
    out->behind = sign + 1;
    return out->name.len == 0 ? "the key's name is empty" : NULL;
}

/* A carriage return in the gap before a value or comment would be taken for part of the line break
 * once nothing stands behind it. */
static const char *check_gap(ml_bytes text, size_t start, size_t end)
{
    return ml_bytes_find(ml_bytes_slice(text, start, end), 0, '\r') == SIZE_MAX
               ? NULL
               : "a carriage return stands before the value or comment";
}

const char *ml_ini_read_rest(ml_bytes text, size_t start, size_t end, size_t *comment,
                             size_t *comment_end)
{
    const size_t gap = start;

    *comment = *comment_end = SIZE_MAX;
    trim(text, &start, &end);
    if (start == end)
        return NULL;
    if (text.p[start] != '#' && text.p[start] != ';')
        return "text stands behind the value or section, where sops drops it";
    *comment = start;
    *comment_end = end;
    return check_gap(text, gap, start);
}

/* A value in `…` or """…""", raw, perhaps over several lines: each line's last quote closes. */
static const char *read_raw(ml_ini_value *out, ml_bytes text, size_t at, const char *quote)
{
    const size_t len = strlen(quote);
    size_t from = at + len, closing;

    out->style = len == 1 ? ML_STYLE_BACKTICK : ML_STYLE_TRIPLE;
    out->start = at;
    out->next = ml_line_next(text, at);
    while ((closing = ml_bytes_find_last(text, from, out->next, quote)) == SIZE_MAX) {
        if (out->next == text.len)
            return "the value's closing quote is missing";
        from = out->next;
        out->next = ml_line_next(text, from);
    }
    out->text = ml_bytes_slice(text, at + len, closing);
    out->end = closing + len;
    return ml_ini_read_rest(text, out->end, out->next, &out->comment, &out->comment_end);
}

/* A value whose line ends in a backslash: lines without the white space at their ends, joined. */
static const char *read_joined(ml_ini_value *out, ml_bytes text, ml_buf *buf)
{
    ml_buf_add(buf, ml_bytes_slice(text, out->start, out->end - 1));
    out->joined = true;
    for (;;) {
        size_t start = out->next, end = ml_line_next(text, start);

        out->next = end;
        trim(text, &start, &end);
        if (start == end)
            break;
        out->end = end;
        ml_buf_add(buf, ml_bytes_slice(text, start, end));
        if (text.p[end - 1] != '\\' || buf->failed)
            break;
        buf->len--;
    }
    out->text = ml_buf_bytes(buf);
    return NULL;
}

/* One pair of quotes goes when no other stands between. */
static void take_quotes(ml_ini_value *out, ml_bytes text)
{
    const size_t len = out->end - out->start;
    const unsigned char quote = len >= 2 ? text.p[out->start] : 0;

    if ((quote == '"' || quote == '\'') &&
        ml_bytes_find(text, out->start + 1, quote) == out->end - 1) {
        out->style = quote == '"' ? ML_STYLE_DOUBLE : ML_STYLE_SINGLE;
        out->text = ml_bytes_slice(text, out->start + 1, out->end - 1);
    }
}

const char *ml_ini_read_value(ml_ini_value *out, ml_bytes text, size_t at, ml_buf *buf)
{
    const size_t next = ml_line_next(text, at);
    size_t start = at, end = next, mark;
    const char *wrong;

    memset(out, 0, sizeof *out);
    buf->len = 0;
    out->next = next;
    out->comment = out->comment_end = SIZE_MAX;
    trim(text, &start, &end);
    if (start == end) { /* nothing: the place behind the blanks */
        while (at < next && ml_text_is_blank(text.p[at]))
            at++;
        out->start = out->end = at;
        return NULL;
    }
    wrong = check_gap(text, at, start);
    if (wrong != NULL)
        return wrong;
    if (next - start > 3 && ml_bytes_starts(ml_bytes_slice(text, start, end), triple))
        return read_raw(out, text, start, triple);
    if (text.p[start] == '`')
        return read_raw(out, text, start, "`");
    out->start = start;
    out->end = end;
    if (text.p[end - 1] == '\\')
        return read_joined(out, text, buf);
    mark = find_either(text, start, end, '#', ';');
    if (mark < end) {
        out->comment = mark;
        out->comment_end = end;
        out->end = start + ml_text_trim(ml_bytes_slice(text, start, mark)).len;
    }
    out->text = ml_bytes_slice(text, out->start, out->end);
    take_quotes(out, text);
    return mark < end ? check_gap(text, out->end, mark) : NULL;
}
