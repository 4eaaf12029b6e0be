/* yaml_text.c — small questions about the lines of a YAML text; see yaml_text.h. */
#include "doc/yaml_text.h"

#include <stdint.h>

#include "base/text.h"

size_t ml_yaml_break(ml_bytes text, size_t at)
{
    const unsigned char *p = text.p + at;
    const size_t left = text.len - at;

    if (left == 0)
        return 0;
    if (p[0] == '\n')
        return 1;
    if (p[0] == '\r')
        return left > 1 && p[1] == '\n' ? 2 : 1;
    if (left > 1 && p[0] == 0xC2 && p[1] == 0x85)
        return 2;
    return left > 2 && p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9) ? 3 : 0;
}

size_t ml_yaml_break_before(ml_bytes text, size_t at)
{
    size_t width;

    for (width = 3; width > 0; width--)
        if (at >= width && ml_yaml_break(ml_bytes_slice(text, 0, at), at - width) == width)
            return width;
    return 0;
}

size_t ml_yaml_line_end(ml_bytes text, size_t at)
{
    while (at < text.len && ml_yaml_break(text, at) == 0)
        at++;
    return at;
}

size_t ml_yaml_line_start(ml_bytes text, size_t at)
{
    while (at > 0) {
        const unsigned char c = text.p[at - 1];

        if (c == '\n' || c == '\r' || (c == 0x85 && at > 1 && text.p[at - 2] == 0xC2) ||
            ((c == 0xA8 || c == 0xA9) && at > 2 && text.p[at - 2] == 0x80 &&
             text.p[at - 3] == 0xE2))
            break;
        at--;
    }
    return at == 0 && ml_bytes_starts(text, "\xEF\xBB\xBF") ? 3 : at;
}

bool ml_yaml_is_line_start(ml_bytes text, size_t at)
{
    return ml_yaml_break_before(text, at) > 0 ||
           at == (ml_bytes_starts(text, "\xEF\xBB\xBF") ? 3 : 0);
}

size_t ml_yaml_skip_blanks(ml_bytes text, size_t at)
{
    while (at < text.len && ml_text_is_blank(text.p[at]))
        at++;
    return at;
}

bool ml_yaml_is_comment(ml_bytes text, size_t at)
{
    return at < text.len && text.p[at] == '#';
}

size_t ml_yaml_skip_gap(ml_bytes text, size_t at)
{
    for (;;) {
        size_t width;

        at = ml_yaml_skip_blanks(text, at);
        if (ml_yaml_is_comment(text, at))
            at = ml_yaml_line_end(text, at);
        width = at < text.len ? ml_yaml_break(text, at) : 0;
        if (width == 0)
            return at;
        at += width;
    }
}

bool ml_yaml_tab_below(ml_bytes text, size_t end)
{
    const size_t content = ml_yaml_skip_gap(text, end);
    size_t at = end, line;

    /* no further than where content is: lines may be long, and many end there */
    while ((at = ml_yaml_line_end(ml_bytes_slice(text, 0, content), at)) < content) {
        line = at + ml_yaml_break(text, at);
        at = ml_yaml_skip_blanks(text, line);
        if ((at < content || at == text.len) &&
            ml_bytes_find(ml_bytes_slice(text, line, at), 0, '\t') != SIZE_MAX)
            return true;
    }
    return false;
}

size_t ml_yaml_colon(ml_bytes text, size_t key_end)
{
    const size_t at = ml_yaml_skip_gap(text, key_end);

    return at < text.len && text.p[at] == ':' ? at : SIZE_MAX;
}

/* Offset of the first line behind a block scalar's header. */
static size_t block_body(ml_bytes text, size_t start)
{
    const size_t end = ml_yaml_line_end(text, start);

    return end + (end < text.len ? ml_yaml_break(text, end) : 0);
}

size_t ml_yaml_block_indent(ml_bytes text, size_t start, size_t end, size_t around)
{
    size_t at = block_body(text, start), i;

    for (i = start + 1; i < end && i < start + 3; i++)
        if (text.p[i] >= '1' && text.p[i] <= '9')
            return around + (size_t)(text.p[i] - '0');
    while (at < end) {
        size_t content = at;

        while (content < end && text.p[content] == ' ')
            content++;
        if (content >= end)
            break;
        if (ml_yaml_break(text, content) == 0)
            return content - at;
        at = content + ml_yaml_break(text, content);
    }
    return 0;
}

size_t ml_yaml_block_end(ml_bytes text, size_t start, size_t end, size_t indent)
{
    const size_t header = ml_yaml_line_end(text, start);

    while (end > header) {
        const size_t line = ml_yaml_line_start(text, end);
        size_t at = line;

        while (at < end && text.p[at] == ' ')
            at++;
        if (at < end || at - line > indent || line <= header)
            break;
        /* An empty line: go on with the one before its break. */
        end = line;
        while (end > header && ml_yaml_break(text, end - 1) == 0)
            end--;
        end--;
        if (end > header && text.p[end] == '\n' && text.p[end - 1] == '\r')
            end--;
    }
    return end < header ? header : end;
}

ml_bytes ml_yaml_newline(ml_bytes text)
{
    const size_t end = ml_yaml_line_end(text, 0);
    const size_t width = end < text.len ? ml_yaml_break(text, end) : 0;

    /* The breaks that only YAML 1.1 knows are none to others. A CR alone could become one break
     * with an LF that follows. */
    if (width == 0 || text.p[end] >= 0x80 ||
        (width == 1 && ml_bytes_find(text, 0, '\n') != SIZE_MAX))
        return ml_bytes_text("\n");
    return ml_bytes_slice(text, end, end + width);
}
