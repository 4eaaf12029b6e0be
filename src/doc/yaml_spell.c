/* yaml_spell.c — strings as YAML scalars; see yaml_spell.h. */
#include "doc/yaml_spell.h"

#include <string.h>

#include "base/text.h"
#include "doc/value.h"

static const uint32_t byte_order_mark = 0xFEFF;

/* Printable for libyaml's and Go's readers, and no line break in YAML 1.1. */
static bool is_plain_char(uint32_t c)
{
    return c == '\t' || (c >= 0x20 && c <= 0x7E) ||
           (c >= 0xA0 && c <= 0xD7FF && c != 0x2028 && c != 0x2029) ||
           (c >= 0xE000 && c <= 0xFFFD && c != byte_order_mark) || c >= 0x10000;
}

/* Whether all characters are plain, line feeds aside when `lines`. A byte order mark is one
 * within a line: at its beginning readers take it for what its name says. */
static bool all_plain(ml_bytes text, bool lines)
{
    size_t at = 0;

    while (at < text.len) {
        uint32_t c;
        const size_t width = ml_utf8_decode(text, at, &c);
        const bool in_line = at > 0 && text.p[at - 1] != '\n';

        if (width == 0 ||
            (!is_plain_char(c) && !(lines && c == '\n') && !(c == byte_order_mark && in_line)))
            return false;
        at += width;
    }
    return true;
}

static bool is_bracket(unsigned char c)
{
    return c != '\0' && strchr(",[]{}", c) != NULL;
}

static bool first_fits(ml_bytes text, bool flow)
{
    const unsigned char first = text.p[0];

    if (strchr(",[]{}#&*!|>'\"%@`", first) != NULL)
        return false;
    if (first != '-' && first != '?' && first != ':')
        return true;
    return text.len > 1 && !ml_text_is_blank(text.p[1]) && !(flow && is_bracket(text.p[1]));
}

bool ml_yaml_plain_fits(ml_bytes text, bool flow, bool line_start)
{
    size_t i;

    if (text.len == 0 || !all_plain(text, false) || ml_text_is_blank(text.p[0]) ||
        ml_text_is_blank(text.p[text.len - 1]) || !first_fits(text, flow))
        return false;
    if (line_start && (ml_bytes_starts(text, "---") || ml_bytes_starts(text, "...")))
        return false;
    for (i = 0; i < text.len; i++) {
        const unsigned char c = text.p[i];

        if (c == ':' && (i + 1 == text.len || ml_text_is_blank(text.p[i + 1]) ||
                         (flow && is_bracket(text.p[i + 1]))))
            return false;
        if (c == '#' && i > 0 && ml_text_is_blank(text.p[i - 1]))
            return false;
        if (flow && (is_bracket(c) || c == '?'))
            return false;
    }
    return true;
}

bool ml_yaml_single_fits(ml_bytes text)
{
    return all_plain(text, false);
}

bool ml_yaml_block_fits(ml_bytes text)
{
    return all_plain(text, true);
}

bool ml_yaml_block_needs_digit(ml_bytes text)
{
    size_t i = 0;

    while (i < text.len && text.p[i] == '\n')
        i++;
    return i < text.len && ml_text_is_blank(text.p[i]);
}

/* Numbers to the base of 60: [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? */
static bool is_base_60(ml_bytes t)
{
    size_t i = t.len > 0 && (t.p[0] == '-' || t.p[0] == '+') ? 1 : 0, groups = 0;

    if (i >= t.len || t.p[i] < '0' || t.p[i] > '9')
        return false;
    while (i < t.len && ((t.p[i] >= '0' && t.p[i] <= '9') || t.p[i] == '_'))
        i++;
    while (i + 1 < t.len && t.p[i] == ':' && t.p[i + 1] >= '0' && t.p[i + 1] <= '9') {
        const bool tens =
            i + 2 < t.len && t.p[i + 1] <= '5' && t.p[i + 2] >= '0' && t.p[i + 2] <= '9';

        i += tens ? 3 : 2;
        groups++;
    }
    if (i < t.len && t.p[i] == '.')
        for (i++; i < t.len && ((t.p[i] >= '0' && t.p[i] <= '9') || t.p[i] == '_');)
            i++;
    return groups > 0 && i == t.len;
}

bool ml_yaml_reads_as_text(ml_bytes text)
{
    static const char *const words[] = { "y", "Y",  "yes", "Yes", "YES", "on",  "On",  "ON", "n",
                                         "N", "no", "No",  "NO",  "off", "Off", "OFF", "<<" };
    size_t i;

    if (ml_value_yaml_type(text) != ML_TYPE_STR || is_base_60(text))
        return false;
    for (i = 0; i < sizeof words / sizeof *words; i++)
        if (ml_bytes_is(text, words[i]))
            return false;
    return true;
}

void ml_yaml_write_single(ml_buf *out, ml_bytes text)
{
    size_t i;

    ml_buf_byte(out, '\'');
    for (i = 0; i < text.len; i++) {
        if (text.p[i] == '\'')
            ml_buf_byte(out, '\'');
        ml_buf_byte(out, text.p[i]);
    }
    ml_buf_byte(out, '\'');
}

static void write_escape(ml_buf *out, uint32_t c)
{
    static const char short_forms[][2] = { { '\0', '0' }, { '\a', 'a' }, { '\b', 'b' },
                                           { '\t', 't' }, { '\n', 'n' }, { '\v', 'v' },
                                           { '\f', 'f' }, { '\r', 'r' }, { 0x1B, 'e' },
                                           { '"', '"' },  { '\\', '\\' } };
    size_t i;

    ml_buf_byte(out, '\\');
    for (i = 0; i < sizeof short_forms / sizeof *short_forms; i++)
        if (c == (unsigned char)short_forms[i][0]) {
            ml_buf_byte(out, (unsigned char)short_forms[i][1]);
            return;
        }
    if (c == 0x85 || c == 0x2028 || c == 0x2029)
        ml_buf_byte(out, c == 0x85 ? 'N' : c == 0x2028 ? 'L' : 'P');
    else if (c <= 0xFF)
        ml_buf_format(out, "x%02X", c);
    else
        ml_buf_format(out, c <= 0xFFFF ? "u%04X" : "U%08X", c);
}

void ml_yaml_write_double(ml_buf *out, ml_bytes text, bool close_escaped)
{
    size_t at = 0;

    ml_buf_byte(out, '"');
    while (at < text.len) {
        uint32_t c;
        const size_t width = ml_utf8_decode(text, at, &c);

        if (width == 0) { /* callers pass UTF-8 */
            out->failed = true;
            return;
        }
        if (close_escaped && c == ']' && at + 1 == text.len)
            ml_buf_text(out, "\\x5D");
        else if (c == '"' || c == '\\' || c == '\t' || !is_plain_char(c))
            write_escape(out, c);
        else
            ml_buf_add(out, ml_bytes_slice(text, at, at + width));
        at += width;
    }
    ml_buf_byte(out, '"');
}

/* The line of `body` that begins at `at`, without its break. */
static ml_bytes line_at(ml_bytes body, size_t at)
{
    const size_t end = ml_bytes_find(body, at, '\n');

    return ml_bytes_slice(body, at, end == SIZE_MAX ? body.len : end);
}

/* An empty line stays empty: it gets no indentation. */
static void write_line(ml_buf *out, ml_bytes line, size_t indent, ml_bytes newline)
{
    ml_buf_add(out, newline);
    if (line.len > 0)
        ml_buf_repeat(out, ' ', indent);
    ml_buf_add(out, line);
}

void ml_yaml_write_literal(ml_buf *out, ml_bytes body, size_t indent, ml_bytes newline)
{
    size_t at = 0;

    while (at < body.len) {
        const ml_bytes line = line_at(body, at);

        write_line(out, line, indent, newline);
        at += line.len + 1;
    }
}

void ml_yaml_write_folded(ml_buf *out, ml_bytes body, size_t indent, ml_bytes newline)
{
    bool begun = false, blank_before = false;
    size_t at = 0, breaks = 0;

    /* Between two lines that do not begin with a blank one break would be folded to a space. */
    while (at < body.len) {
        const ml_bytes line = line_at(body, at);

        at += line.len + 1;
        if (line.len == 0) {
            breaks++;
            continue;
        }
        if (begun && !blank_before && !ml_text_is_blank(line.p[0]))
            breaks++;
        for (; breaks > 0; breaks--)
            ml_buf_add(out, newline);
        write_line(out, line, indent, newline);
        blank_before = ml_text_is_blank(line.p[0]);
        begun = true;
        breaks = 0;
    }
}
