/* lines.c — lines of a text found, added and taken away; see lines.h. */
#include "doc/lines.h"

#include <string.h>

size_t ml_line_start(ml_bytes text, size_t at)
{
    while (at > 0 && text.p[at - 1] != '\n')
        at--;
    return at;
}

size_t ml_line_next(ml_bytes text, size_t at)
{
    const size_t end = ml_bytes_find(text, at, '\n');

    return end == SIZE_MAX ? text.len : end + 1;
}

ml_bytes ml_line_rest(ml_bytes text, size_t at)
{
    ml_bytes rest = ml_bytes_slice(text, at, ml_line_next(text, at));

    if (ml_bytes_ends(rest, "\n"))
        rest.len--;
    if (ml_bytes_ends(rest, "\r"))
        rest.len--;
    return rest;
}

const char *ml_line_break(ml_bytes text)
{
    const ml_bytes first = ml_bytes_slice(text, 0, ml_bytes_find(text, 0, '\n'));

    return ml_bytes_ends(first, "\r") ? "\r\n" : "\n";
}

int ml_lines_insert(ml_edits *es, ml_bytes text, size_t at, ml_bytes lines, const char *line_break,
                    ml_err *e)
{
    /* Behind a last line without line break the new one gets none either. */
    const bool begins_line = at == 0 || text.p[at - 1] == '\n';
    ml_buf with = { 0 };

    ml_buf_text(&with, begins_line ? "" : line_break);
    ml_buf_add(&with, lines);
    ml_buf_text(&with, begins_line ? line_break : "");
    return ml_edits_put(es, at, at, &with, 0, e);
}

int ml_lines_remove(ml_edits *es, ml_bytes text, size_t start, size_t end, const char *line_break,
                    ml_err *e)
{
    const bool unended = end == text.len && end > start && text.p[end - 1] != '\n';

    if (unended && ml_bytes_ends(ml_bytes_slice(text, 0, start), line_break))
        start -= strlen(line_break);
    return ml_edits_cut(es, start, end, e);
}
