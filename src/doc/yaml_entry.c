/* yaml_entry.c — where an entry of a YAML map or list begins and ends; see yaml_entry.h. */
#include "doc/yaml_entry.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "doc/yaml_text.h"

bool ml_yaml_in_flow(const ml_doc *d, const ml_node_info *info)
{
    return info->parent != ML_NO_NODE && ml_doc_node(d, info->parent)->flow;
}

size_t ml_yaml_back_over_blanks(ml_bytes text, size_t at)
{
    while (at > 0 && ml_text_is_blank(text.p[at - 1]))
        at--;
    return at;
}

size_t ml_yaml_after_comma(ml_bytes text, size_t end, bool *found)
{
    const size_t at = ml_yaml_skip_gap(text, end);

    *found = at < text.len && text.p[at] == ',';
    return *found ? at + 1 : end;
}

bool ml_yaml_begins_line(ml_bytes text, size_t at)
{
    return ml_yaml_is_line_start(text, ml_yaml_back_over_blanks(text, at));
}

bool ml_yaml_ends_line(ml_bytes text, size_t at)
{
    at = ml_yaml_skip_blanks(text, at);
    return at >= text.len || ml_yaml_is_comment(text, at) || ml_yaml_break(text, at) > 0;
}

/* Whether text[at, end), a part of one line, is blanks with or without a comment. */
static bool is_gap(ml_bytes text, size_t at, size_t end)
{
    const size_t content = ml_yaml_skip_blanks(text, at);

    return content >= end || text.p[content] == '#';
}

/* Whether `mark` stands at column `indent` of text[line, end) as an indicator: with nothing but
 * blanks and a comment behind it, and in no comment itself. */
static bool has_mark(ml_bytes text, size_t line, size_t end, size_t indent, unsigned char mark)
{
    const size_t at = line + indent;

    return at < end && text.p[at] == mark && is_gap(text, at + 1, end) &&
           (at + 1 == end || text.p[at + 1] != '#') &&
           ml_bytes_find(ml_bytes_slice(text, line, at), 0, '#') == SIZE_MAX;
}

/* The dash or question mark at column `indent`, on the line of `at` or one above it; `at` when
 * there is none. Only comments and empty lines may lie between. */
static size_t mark_before(ml_bytes text, size_t at, size_t indent, unsigned char mark)
{
    size_t end = at, line = ml_yaml_line_start(text, end);

    while (!has_mark(text, line, end, indent, mark)) {
        const size_t above = line - ml_yaml_break_before(text, line);

        if (above == line || !is_gap(text, line, end))
            return at;
        end = above;
        line = ml_yaml_line_start(text, end);
    }
    return line + indent;
}

size_t ml_yaml_entry_start(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_bytes text = ml_doc_text(d);
    const bool keyed = info->key != ML_NO_NODE;
    const size_t at = keyed ? ml_doc_node(d, info->key)->start : info->start;
    const size_t lead = ml_yaml_back_over_blanks(text, at);
    size_t indent;

    if (info->kind != ML_KIND_COMMENT && ml_yaml_in_flow(d, info) && keyed && lead > 0 &&
        text.p[lead - 1] == '?')
        return lead - 1;
    if (info->kind == ML_KIND_COMMENT || ml_yaml_in_flow(d, info))
        return at;
    indent = ml_doc_node(d, info->parent)->indent;
    return mark_before(text, at, indent, keyed ? '?' : '-');
}

ml_node ml_yaml_last_block(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);
    ml_node last;

    /* a key that not even a colon follows ends its entry itself */
    if (info->key != ML_NO_NODE && info->end == ml_doc_node(d, info->key)->end)
        info = ml_doc_node(d, n = info->key);
    if (info->kind == ML_KIND_SCALAR)
        return info->style >= ML_STYLE_LITERAL ? n : ML_NO_NODE;
    if ((info->kind != ML_KIND_MAP && info->kind != ML_KIND_LIST) || info->flow)
        return ML_NO_NODE;
    last = ml_doc_last(d, n);
    return last == ML_NO_NODE ? ML_NO_NODE : ml_yaml_last_block(d, last);
}

/* What an entry in brackets ends with: a pair without braces ends as its value does. */
static const ml_node_info *ending(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);

    if (info->kind == ML_KIND_MAP && info->count > 0 && ml_doc_text(d).p[info->content] != '{')
        info = ml_doc_node(d, ml_doc_first(d, n));
    return info;
}

bool ml_yaml_needs_blank(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ending(d, n);

    if (info->kind != ML_KIND_SCALAR || info->content < info->end || info->content == 0)
        return false;
    return info->start < info->content || ml_doc_text(d).p[info->content - 1] == ':' ||
           (info->key != ML_NO_NODE && ml_doc_tag(d, info->key).len > 0);
}

bool ml_yaml_needs_comma(const ml_doc *d, ml_node n)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ending(d, n);
    const ml_bytes line = ml_bytes_slice(text, ml_yaml_line_start(text, info->end), info->end);

    return info->kind == ML_KIND_SCALAR &&
           (ml_bytes_is(line, "---") || ml_bytes_is(line, "...") ||
            ml_bytes_is(ml_bytes_slice(text, info->content, info->end), "-"));
}

/* The chomping indicator of the block scalar that ends an entry, ' ' when it has none, or '\0'
 * without such a scalar. */
static char chomping(const ml_doc *d, ml_node n)
{
    const ml_node block = ml_yaml_last_block(d, n);
    const ml_bytes text = ml_doc_text(d);
    size_t at;

    if (block == ML_NO_NODE)
        return '\0';
    at = ml_doc_node(d, block)->content + 1;
    while (at < text.len && text.p[at] >= '1' && text.p[at] <= '9')
        at++;
    return at < text.len && (text.p[at] == '+' || text.p[at] == '-') ? (char)text.p[at] : ' ';
}

bool ml_yaml_needs_break(const ml_doc *d, ml_node n)
{
    const char indicator = chomping(d, n);

    return indicator == ' ' || indicator == '+';
}

/* The end of the last of the empty lines behind `end`, which is the end of a line. Blanks that no
 * line break follows are no line. */
static size_t over_empty_lines(ml_bytes text, size_t end)
{
    while (end < text.len) {
        const size_t next = ml_yaml_skip_blanks(text, end + ml_yaml_break(text, end));

        if (next >= text.len || ml_yaml_break(text, next) == 0)
            break;
        end = next;
    }
    return end;
}

size_t ml_yaml_entry_end(const ml_doc *d, ml_node n)
{
    const ml_bytes text = ml_doc_text(d);
    const size_t end = ml_yaml_line_end(text, ml_doc_node(d, n)->end);

    /* a block scalar that keeps its final line breaks owns the empty lines behind it */
    return chomping(d, n) == '+' ? over_empty_lines(text, end) : end;
}

/* The end of an entry that ends at `end` with the comments below it that are deeper than its
 * column, and with `blanks` lines of blanks that are. */
static size_t deep_end(ml_bytes text, size_t end, size_t indent, bool blanks)
{
    size_t at = end;

    while (at < text.len && ml_yaml_break(text, at) > 0) {
        const size_t line = at + ml_yaml_break(text, at);
        bool own;

        at = ml_yaml_skip_blanks(text, line);
        own = ml_yaml_is_comment(text, at);
        own = own || (blanks && (at == text.len || ml_yaml_break(text, at) > 0));
        if (own && at - line > indent)
            end = at = ml_yaml_line_end(text, at);
    }
    return end;
}

size_t ml_yaml_removed_end(const ml_doc *d, ml_node n, ml_node before)
{
    const ml_bytes text = ml_doc_text(d);
    const char indicator = before == ML_NO_NODE ? '\0' : chomping(d, before);
    const size_t end =
        deep_end(text, ml_yaml_entry_end(d, n), ml_doc_node(d, ml_doc_node(d, n)->parent)->indent,
                 indicator != '\0');

    return indicator == '+' ? over_empty_lines(text, end) : end;
}
