/* yaml_remove.c — entries and comments of a YAML text taken away; see edit.h. */
#include "doc/yaml_edit.h"
#include "doc/yaml_entry.h"
#include "doc/yaml_text.h"

/* A comment with its line, or with the blanks before it when it ends a line. */
static int remove_comment(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    const size_t line_start = ml_yaml_line_start(text, info->start);

    if (!ml_yaml_begins_line(text, info->start))
        return ml_edits_cut(es, ml_yaml_back_over_blanks(text, info->start), info->end, e);
    return ml_edits_cut(es, line_start, info->end + ml_yaml_break(text, info->end), e);
}

/* Takes the '?' away that stands on a line above its key, which begins at `start`. */
static int cut_mark_above(ml_edits *es, const ml_doc *d, ml_node n, ml_node before, size_t start,
                          ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    bool comma;
    const size_t from = before == ML_NO_NODE
                            ? ml_doc_node(d, ml_doc_node(d, n)->parent)->content + 1
                            : ml_yaml_after_comma(text, ml_doc_node(d, before)->end, &comma);
    const size_t mark = ml_yaml_skip_gap(text, from);

    return mark < start && text.p[mark] == '?' ? ml_edits_cut(es, mark, mark + 1, e) : 0;
}

/* Whether there is a comment in [start, end), where no value is. */
static bool has_comment(ml_bytes text, size_t start, size_t end)
{
    return start < end && ml_bytes_find(ml_bytes_slice(text, start, end), 0, '#') != SIZE_MAX;
}

static int remove_flow(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_node next = ml_doc_following(d, n), before = ml_doc_previous(d, n);
    const size_t start = ml_yaml_entry_start(d, n);
    bool comma, blank;
    const size_t behind = ml_yaml_after_comma(text, info->end, &comma);
    const size_t line_end = ml_yaml_line_end(text, behind);
    const bool lines = ml_yaml_begins_line(text, start) && ml_yaml_ends_line(text, behind);

    if (next == ML_NO_NODE && (lines || before == ML_NO_NODE) &&
        cut_mark_above(es, d, n, before, start, e) < 0)
        return -1;
    if (lines)
        return ml_edits_cut(es, ml_yaml_line_start(text, start),
                            line_end + ml_yaml_break(text, line_end), e);
    if (next != ML_NO_NODE) {
        const size_t to = ml_yaml_entry_start(d, next);

        return ml_edits_cut(es, start, has_comment(text, line_end, to) ? line_end : to, e);
    }
    if (before == ML_NO_NODE)
        return ml_edits_cut(es, start, behind, e);
    if (has_comment(text, ml_doc_node(d, before)->end, start))
        return cut_mark_above(es, d, n, before, start, e) < 0 ? -1
                                                              : ml_edits_cut(es, start, behind, e);
    if (ml_yaml_needs_comma(d, before))
        return ml_edits_replace(es, ml_doc_node(d, before)->end, behind, ml_bytes_text(","), e);
    blank = (ml_yaml_needs_blank(d, before) && ml_yaml_skip_blanks(text, info->end) == info->end) ||
            ml_yaml_is_comment(text, info->end); /* behind a bracket */
    return ml_edits_replace(es, ml_doc_node(d, before)->end, info->end,
                            ml_bytes_text(blank ? " " : ""), e);
}

/* The last entry of a block collection: the collection becomes {} or []. */
static int remove_only(ml_edits *es, const ml_doc *d, ml_node parent, ml_err *e)
{
    const ml_tree empty = { .kind = (ml_kind)ml_doc_node(d, parent)->kind };

    return ml_yaml_edit_replace(es, d, parent, &empty, e);
}

static int remove_block(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node before = ml_doc_previous(d, n);
    const bool needs_break = before != ML_NO_NODE && ml_yaml_needs_break(d, before);
    const size_t start = ml_yaml_entry_start(d, n), end = ml_yaml_removed_end(d, n, before);
    size_t from = ml_yaml_line_start(text, start), to = end + ml_yaml_break(text, end);

    if (!ml_yaml_begins_line(text, start)) {
        /* the first entry behind a dash: the next one takes its place there */
        from = start;
        to = ml_yaml_skip_blanks(text, to);
    } else if (to == text.len && end == text.len && from > 0 && !needs_break) {
        /* no final line break: none afterwards either, unless it is part of a value */
        from -= ml_yaml_break_before(text, from);
    }
    return ml_edits_cut(es, from, to, e);
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
