/* yaml_change.c — entries of YAML maps and lists inserted, replaced and removed; see edit.h. */
#include <stdint.h>
#include <string.h>

#include "doc/yaml_edit.h"
#include "doc/yaml_text.h"

static bool in_flow(const ml_doc *d, const ml_node_info *info)
{
    return info->parent != ML_NO_NODE && ml_doc_node(d, info->parent)->flow;
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

/* Offset behind the blanks that end at `at`. */
static size_t back_over_blanks(ml_bytes text, size_t at)
{
    while (at > 0 && is_blank(text.p[at - 1]))
        at--;
    return at;
}

static bool begins_line(ml_bytes text, size_t at)
{
    return back_over_blanks(text, at) == ml_yaml_line_start(text, at);
}

/* The dash or question mark at column `indent`, on the line of `at` or one above it; `at` when
 * there is none. Only comments and empty lines may lie between. */
static size_t mark_before(ml_bytes text, size_t at, size_t indent, unsigned char mark)
{
    size_t line = ml_yaml_line_start(text, at);

    while (line + indent >= at || text.p[line + indent] != mark ||
           ml_bytes_find(ml_bytes_slice(text, line, line + indent), 0, '#') != SIZE_MAX) {
        const size_t above = ml_yaml_line_start(text, line - ml_yaml_break_before(text, line));

        if (above >= line)
            return at;
        line = above;
    }
    return line + indent;
}

/* Where an entry begins: at its key or the question mark before it, at its dash, or, in brackets,
 * itself. */
static size_t entry_start(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_bytes text = ml_doc_text(d);
    const bool keyed = info->key != ML_NO_NODE;
    const size_t at = keyed ? ml_doc_node(d, info->key)->start : info->start;
    size_t indent;

    if (info->kind == ML_KIND_COMMENT || in_flow(d, info))
        return at;
    indent = ml_doc_node(d, info->parent)->indent;
    if (keyed && ml_doc_node(d, info->key)->column == indent + 1)
        return at;
    return mark_before(text, at, indent, keyed ? '?' : '-');
}

/* The block scalar that ends an entry, or ML_NO_NODE. */
static ml_node last_block(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);
    ml_node child, last = ML_NO_NODE;

    if (info->kind == ML_KIND_SCALAR)
        return info->style >= ML_STYLE_LITERAL ? n : ML_NO_NODE;
    if ((info->kind != ML_KIND_MAP && info->kind != ML_KIND_LIST) || info->flow)
        return ML_NO_NODE;
    for (child = info->first; child != ML_NO_NODE; child = ml_doc_node(d, child)->next)
        if (ml_doc_node(d, child)->kind != ML_KIND_COMMENT)
            last = child;
    return last == ML_NO_NODE ? ML_NO_NODE : last_block(d, last);
}

/* A block scalar that keeps its final line breaks owns the empty lines behind it. */
static bool keeps_breaks(const ml_doc *d, ml_node n)
{
    const ml_node block = last_block(d, n);
    const ml_bytes text = ml_doc_text(d);
    size_t at;

    if (block == ML_NO_NODE)
        return false;
    at = ml_doc_node(d, block)->content + 1;
    while (at < text.len && strchr("-123456789", text.p[at]) != NULL)
        at++;
    return at < text.len && text.p[at] == '+';
}

/* The end of the last line of an entry, before its break; behind the empty lines that a scalar
 * keeps. */
static size_t entry_line_end(const ml_doc *d, ml_node n)
{
    const ml_bytes text = ml_doc_text(d);
    size_t end = ml_yaml_line_end(text, ml_doc_node(d, n)->end);

    while (keeps_breaks(d, n) && end < text.len) {
        const size_t next = end + ml_yaml_break(text, end);

        if (ml_yaml_line_end(text, next) != ml_yaml_skip_blanks(text, next) || next >= text.len)
            break;
        end = ml_yaml_line_end(text, next);
    }
    return end;
}

static int put(ml_edits *es, size_t start, size_t end, ml_buf *out, int result, ml_err *e)
{
    if (result == 0)
        result = ml_buf_check(out, e);
    if (result == 0)
        result = ml_edits_replace(es, start, end, ml_buf_bytes(out), e);
    ml_buf_free(out);
    return result;
}

static int cut(ml_edits *es, size_t start, size_t end, ml_err *e)
{
    return start == end ? 0 : ml_edits_replace(es, start, end, ml_bytes_of(NULL, 0), e);
}

/* Insertion in brackets ----------------------------------------------------------------------- */

static int flow_entry(ml_buf *out, const ml_tree *tree, ml_err *e)
{
    if (tree->key.p != NULL) {
        const ml_tree map = { .kind = ML_KIND_MAP, .children = tree, .count = 1 };
        ml_buf whole = { 0 };
        int result = ml_yaml_write_flow(&whole, &map, e);

        if (result == 0)
            ml_buf_add(out, ml_bytes_slice(ml_buf_bytes(&whole), 1, whole.len - 1));
        ml_buf_free(&whole);
        return result;
    }
    return ml_yaml_write_flow(out, tree, e);
}

static size_t after_comma(ml_bytes text, size_t end, bool *found)
{
    const size_t at = ml_yaml_skip_gap(text, end);

    *found = at < text.len && text.p[at] == ',';
    return *found ? at + 1 : end;
}

static int insert_flow(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                       const ml_tree *tree, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, into);
    ml_buf out = { 0 };
    size_t at, start, line_start;
    bool comma;
    int result;

    if (after == ML_NO_NODE) {
        at = info->content + 1;
        result = flow_entry(&out, tree, e);
        if (info->count > 0)
            ml_buf_text(&out, ", ");
        return put(es, at, at, &out, result, e);
    }
    start = entry_start(d, after);
    line_start = ml_yaml_line_start(text, start);
    at = after_comma(text, ml_doc_node(d, after)->end, &comma);
    if (!begins_line(text, start) || line_start <= info->content ||
        ml_yaml_line_end(text, at) > info->end - 1) {
        at = ml_doc_node(d, after)->end;
        /* `{a:, b}` would be read as two keys */
        ml_buf_text(&out, ml_doc_node(d, after)->start == at ? " , " : ", ");
        result = flow_entry(&out, tree, e);
        return put(es, at, at, &out, result, e);
    }
    /* an entry for each line: a new line, behind the comment that may end this one */
    if (!comma && ml_edits_replace(es, at, at, ml_bytes_text(","), e) < 0)
        return -1;
    at = ml_yaml_line_end(text, at);
    ml_buf_add(&out, ml_yaml_newline(text));
    ml_buf_add(&out, ml_bytes_slice(text, line_start, start));
    result = flow_entry(&out, tree, e);
    if (comma)
        ml_buf_byte(&out, ',');
    return put(es, at, at, &out, result, e);
}

/* Insertion in blocks ------------------------------------------------------------------------- */

static ml_yaml_place what_follows(ml_bytes text, size_t end, size_t indent)
{
    ml_yaml_place place = { .block = true, .indent = indent };

    ml_yaml_look_behind(&place, text, end);
    return place;
}

static int insert_block(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                        const ml_tree *tree, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, into);
    const ml_yaml_layout layout = ml_yaml_layout_of(d);
    const bool map = info->kind == ML_KIND_MAP;
    ml_yaml_place place = { .block = true, .breaks = 1 };
    ml_buf out = { 0 };
    size_t at;
    int result;

    if (after == ML_NO_NODE) {
        ml_node first = info->first;

        while (first != ML_NO_NODE && ml_doc_node(d, first)->kind == ML_KIND_COMMENT)
            first = ml_doc_node(d, first)->next;
        at = entry_start(d, first);
        result = ml_yaml_write_entry(&out, &layout, tree, map, info->indent, &place, e);
        ml_buf_add(&out, layout.newline);
        ml_buf_repeat(&out, ' ', info->indent);
        return put(es, at, at, &out, result, e);
    }
    at = entry_line_end(d, after);
    if (at == text.len && last_block(d, after) != ML_NO_NODE &&
        ml_yaml_edit_strip(es, d, last_block(d, after), e) < 0)
        return -1;
    place = what_follows(text, at, info->indent + layout.step);
    ml_buf_add(&out, layout.newline);
    ml_buf_repeat(&out, ' ', info->indent);
    result = ml_yaml_write_entry(&out, &layout, tree, map, info->indent, &place, e);
    return put(es, at, at, &out, result, e);
}

/* Puts a block collection in place of the value [content, end) of node n: on lines of its own
 * behind a key, behind the dash for an item, from the margin for a root. */
static int put_block(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_yaml_layout layout = ml_yaml_layout_of(d);
    const size_t around = ml_yaml_around(d, n), end = ml_yaml_line_end(text, info->end);
    const bool alias = info->kind == ML_KIND_ALIAS;
    const size_t content = alias ? info->start : info->content;
    ml_yaml_place place = what_follows(text, end, around + layout.step);
    ml_buf out = { 0 };
    size_t from;
    int result;

    if (info->parent == ML_NO_NODE && info->end == info->content) {
        /* nothing but comments: behind them */
        if (text.len > 0 && text.p[text.len - 1] != '\n')
            ml_buf_add(&out, layout.newline);
        place.breaks = 1;
        result = ml_yaml_write_entries(&out, &layout, tree, 0, &place, e);
        ml_buf_add(&out, layout.newline);
        return put(es, text.len, text.len, &out, result, e);
    }
    if (info->parent == ML_NO_NODE || info->key == ML_NO_NODE) {
        const size_t indent = info->parent == ML_NO_NODE ? 0 : around + 2;

        if (info->end == info->content)
            ml_buf_byte(&out, ' ');
        result = ml_yaml_write_entries(&out, &layout, tree, indent, &place, e);
        return put(es, content, info->end, &out, result, e);
    }
    from = back_over_blanks(text, content);
    if (from < info->end && cut(es, from, info->end, e) < 0)
        return -1;
    {
        ml_tree bare = *tree;

        bare.anchor = ml_bytes_of(NULL, 0);
        result = ml_yaml_write_value(&out, &layout, &bare, around, false, &place, e);
    }
    return put(es, end, end, &out, result, e);
}

int ml_yaml_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                        const ml_tree *tree, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, into);
    const bool map = tree->key.p != NULL;

    if (info->kind == ML_KIND_SCALAR || (info->flow && info->count == 0 && !in_flow(d, info))) {
        const ml_tree whole = { .kind = map ? ML_KIND_MAP : ML_KIND_LIST,
                                .children = tree,
                                .count = 1 };

        return ml_yaml_edit_replace(es, d, into, &whole, e);
    }
    return info->flow ? insert_flow(es, d, into, after, tree, e)
                      : insert_block(es, d, into, after, tree, e);
}

/* Replacement --------------------------------------------------------------------------------- */

/* Where a value begins behind its key's colon, or behind the anchor and tag that stand there. */
static size_t behind_colon(const ml_doc *d, ml_node n)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    size_t colon;

    if (info->start < info->content) { /* behind anchor and tag */
        const ml_bytes anchor = ml_doc_anchor(d, n), tag = ml_doc_tag(d, n);
        const size_t a = anchor.len > 0 ? (size_t)(anchor.p - text.p) + anchor.len : 0;
        const size_t t = tag.len > 0 ? (size_t)(tag.p - text.p) + tag.len : 0;

        return a > t ? a : t;
    }
    colon =
        info->key == ML_NO_NODE ? SIZE_MAX : ml_yaml_colon(text, ml_doc_node(d, info->key)->end);
    return colon < info->content ? colon + 1 : info->content;
}

/* A block collection behind a key goes, which begins on a line below it, or right behind the colon
 * when the key has a question mark. What replaces it begins at the end of the key's line, or, being
 * short, behind the colon. */
static int replace_below(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, bool nested,
                         ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_yaml_layout layout = ml_yaml_layout_of(d);
    const size_t colon = behind_colon(d, n), below = ml_yaml_line_end(text, colon);
    const size_t line_end = ml_doc_node(d, n)->content < below ? colon : below;
    const size_t around = ml_yaml_around(d, n), end = entry_line_end(d, n);
    const ml_yaml_place place = what_follows(text, end, around + layout.step);
    ml_tree bare = *tree;
    ml_buf out = { 0 };
    int result;

    bare.anchor = ml_bytes_of(NULL, 0);
    result = ml_yaml_write_value(&out, &layout, &bare, around, false, &place, e);
    if (nested)
        return put(es, line_end, end, &out, result, e);
    if (result == 0 && cut(es, line_end, end, e) < 0)
        result = -1;
    return put(es, colon, colon, &out, result, e);
}

static int replace_inline(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const size_t start = info->kind == ML_KIND_ALIAS ? info->start : info->content;
    ml_tree bare = *tree;
    ml_buf out = { 0 };
    int result;

    bare.anchor = ml_bytes_of(NULL, 0);
    if (in_flow(d, info) || tree->kind != ML_KIND_SCALAR) {
        if (info->end == start && start > 0 && !is_blank(ml_doc_text(d).p[start - 1]))
            ml_buf_byte(&out, ' ');
        result = ml_yaml_write_flow(&out, &bare, e);
    } else {
        ml_yaml_place place;

        ml_yaml_describe(&place, d, n, false);
        result =
            ml_yaml_write_scalar(&out, &place, ML_STYLE_PLAIN, false, tree->type, tree->text, e);
    }
    return put(es, start, info->end, &out, result, e);
}

int ml_yaml_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const bool nested =
        (tree->kind == ML_KIND_MAP || tree->kind == ML_KIND_LIST) && tree->count > 0;
    const bool block = (info->kind == ML_KIND_MAP || info->kind == ML_KIND_LIST) && !info->flow;

    if (info->kind == ML_KIND_SCALAR && tree->kind == ML_KIND_SCALAR)
        return ml_yaml_edit_scalar(es, d, n, tree->type, tree->text, e);
    if (in_flow(d, info))
        return replace_inline(es, d, n, tree, e);
    if (block && info->key != ML_NO_NODE)
        return replace_below(es, d, n, tree, nested, e);
    return nested ? put_block(es, d, n, tree, e) : replace_inline(es, d, n, tree, e);
}

/* Removal ------------------------------------------------------------------------------------- */

/* A comment with its line, or with the blanks before it when it ends a line. */
static int remove_comment(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    const size_t line_start = ml_yaml_line_start(text, info->start);

    if (!begins_line(text, info->start))
        return cut(es, back_over_blanks(text, info->start), info->end, e);
    return cut(es, line_start, info->end + ml_yaml_break(text, info->end), e);
}

static ml_node neighbour(const ml_doc *d, ml_node n, bool next)
{
    ml_node child = ml_doc_node(d, ml_doc_node(d, n)->parent)->first, before = ML_NO_NODE;
    bool seen = false;

    for (; child != ML_NO_NODE; child = ml_doc_node(d, child)->next) {
        if (ml_doc_node(d, child)->kind == ML_KIND_COMMENT)
            continue;
        if (child == n) {
            if (!next)
                return before;
            seen = true;
        } else if (seen) {
            return child;
        }
        before = child;
    }
    return ML_NO_NODE;
}

static int remove_flow(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_node next = neighbour(d, n, true), before = neighbour(d, n, false);
    const size_t start = entry_start(d, n);
    const ml_node_info *last;
    bool comma;
    const size_t behind = after_comma(text, info->end, &comma);
    size_t end = ml_yaml_skip_blanks(text, behind);

    if (begins_line(text, start) &&
        (end >= text.len || text.p[end] == '#' || ml_yaml_break(text, end) > 0)) {
        end = ml_yaml_line_end(text, end);
        return cut(es, ml_yaml_line_start(text, start), end + ml_yaml_break(text, end), e);
    }
    if (next != ML_NO_NODE)
        return cut(es, start, entry_start(d, next), e);
    if (before == ML_NO_NODE)
        return cut(es, start, behind, e);
    last = ml_doc_node(d, before);
    return ml_edits_replace(es, last->end, info->end, /* `{a:}` would be read as one key */
                            ml_bytes_text(last->start == last->end ? " " : ""), e);
}

/* The last entry of a block collection: the collection becomes {} or []. */
static int remove_only(ml_edits *es, const ml_doc *d, ml_node parent, ml_err *e)
{
    const ml_tree empty = { .kind = (ml_kind)ml_doc_node(d, parent)->kind };

    return ml_yaml_edit_replace(es, d, parent, &empty, e);
}

/* The end of an entry that ends at `end` with the comments and lines of blanks below it that are
 * deeper than its column: they are its own, and would else join a block scalar above. */
static size_t with_deep_lines(ml_bytes text, size_t end, size_t indent)
{
    size_t at = end;

    while (at < text.len && ml_yaml_break(text, at) > 0) {
        const size_t line = at + ml_yaml_break(text, at);

        at = ml_yaml_skip_blanks(text, line);
        if (at - line > indent &&
            (at == text.len || text.p[at] == '#' || ml_yaml_break(text, at) > 0))
            end = at = ml_yaml_line_end(text, at);
    }
    return end;
}

static int remove_block(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const size_t start = entry_start(d, n);
    const size_t end = with_deep_lines(text, entry_line_end(d, n),
                                       ml_doc_node(d, ml_doc_node(d, n)->parent)->indent);
    size_t from = ml_yaml_line_start(text, start), to = end + ml_yaml_break(text, end);

    if (!begins_line(text, start)) {
        /* the first entry behind a dash: the next one takes its place there */
        from = start;
        to = ml_yaml_skip_blanks(text, to);
    } else if (to == text.len && end == text.len && from > 0 &&
               last_block(d, neighbour(d, n, false)) == ML_NO_NODE) {
        /* no final line break: none afterwards either, unless it is part of a value */
        from -= ml_yaml_break_before(text, from);
    }
    return cut(es, from, to, e);
}

int ml_yaml_edit_remove(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_node_info *parent = ml_doc_node(d, info->parent);

    if (info->kind == ML_KIND_COMMENT)
        return remove_comment(es, d, n, e);
    if (parent->flow)
        return remove_flow(es, d, n, e);
    if (parent->count == 1)
        return remove_only(es, d, info->parent, e);
    return remove_block(es, d, n, e);
}
