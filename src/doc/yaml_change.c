/* yaml_change.c — entries of YAML maps and lists inserted and replaced; see edit.h. Removed:
 * yaml_remove.c. */
#include <stdint.h>
#include <string.h>

#include "doc/yaml_edit.h"
#include "doc/yaml_entry.h"
#include "doc/yaml_text.h"

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
        else if (ml_yaml_is_comment(text, at))
            ml_buf_byte(&out, ' ');
        return ml_edits_put(es, at, at, &out, result, e);
    }
    start = ml_yaml_entry_start(d, after);
    line_start = ml_yaml_line_start(text, start);
    at = ml_yaml_after_comma(text, ml_doc_node(d, after)->end, &comma);
    if (!ml_yaml_begins_line(text, start) || line_start <= info->content ||
        ml_yaml_line_end(text, at) > info->end - 1 || !ml_yaml_ends_line(text, at)) {
        at = ml_doc_node(d, after)->end;
        ml_buf_text(&out, ml_yaml_needs_blank(d, after) ? " , " : ", ");
        result = flow_entry(&out, tree, e);
        if (ml_yaml_is_comment(text, at))
            ml_buf_byte(&out, ' ');
        return ml_edits_put(es, at, at, &out, result, e);
    }
    /* an entry for each line: a new line, behind the comment that may end this one */
    if (!comma && ml_edits_replace(
                      es, at, at, ml_bytes_text(ml_yaml_needs_blank(d, after) ? " ," : ","), e) < 0)
        return -1;
    at = ml_yaml_line_end(text, at);
    ml_buf_add(&out, ml_yaml_newline(text));
    ml_buf_add(&out, ml_bytes_slice(text, line_start, start));
    result = flow_entry(&out, tree, e);
    if (comma)
        ml_buf_byte(&out, ',');
    return ml_edits_put(es, at, at, &out, result, e);
}

/* Insertion in blocks ------------------------------------------------------------------------- */

/* Behind the value that stands in the collection at column `around` and ends at `end`. */
static ml_yaml_place what_follows(const ml_yaml_layout *layout, ml_bytes text, size_t end,
                                  size_t around, bool after_dash)
{
    ml_yaml_place place = { .block = true,
                            .indent = ml_yaml_block_column(layout, around, after_dash) };

    ml_yaml_look_behind(&place, text, end);
    return place;
}

static int insert_block(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                        const ml_tree *tree, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, into);
    const ml_yaml_layout *layout = ml_yaml_layout_of(es, d);
    const bool map = info->kind == ML_KIND_MAP;
    ml_yaml_place place = { .block = true, .breaks = 1 };
    ml_buf out = { 0 };
    ml_node last;
    size_t at;
    int result;

    if (after == ML_NO_NODE) {
        at = ml_yaml_entry_start(d, ml_doc_first(d, into));
        result = ml_yaml_write_entry(&out, layout, tree, map, info->indent, &place, e);
        ml_buf_add(&out, layout->newline);
        ml_buf_repeat(&out, ' ', info->indent);
        return ml_edits_put(es, at, at, &out, result, e);
    }
    at = ml_yaml_entry_end(d, after);
    last = at == text.len ? ml_yaml_last_block(d, after) : ML_NO_NODE;
    if (last != ML_NO_NODE && !ml_bytes_ends(ml_doc_scalar(d, last), "\n") &&
        ml_yaml_edit_strip(es, d, last, e) < 0)
        return -1;
    place = what_follows(layout, text, at, info->indent, !map);
    ml_buf_add(&out, layout->newline);
    ml_buf_repeat(&out, ' ', info->indent);
    result = ml_yaml_write_entry(&out, layout, tree, map, info->indent, &place, e);
    return ml_edits_put(es, at, at, &out, result, e);
}

/* n's own anchor stays where it is. */
static ml_tree without_anchor(const ml_tree *tree)
{
    ml_tree bare = *tree;

    bare.anchor = ml_bytes_of(NULL, 0);
    return bare;
}

/* Block entries behind a document of nothing but comments. */
static int put_behind_comments(ml_edits *es, const ml_doc *d, const ml_tree *tree, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_yaml_layout *layout = ml_yaml_layout_of(es, d);
    const ml_yaml_place last = { .block = true, .breaks = 1 };
    ml_buf out = { 0 };
    int result;

    if (text.len > 0 && text.p[text.len - 1] != '\n')
        ml_buf_add(&out, layout->newline);
    result = ml_yaml_write_entries(&out, layout, tree, 0, &last, e);
    ml_buf_add(&out, layout->newline);
    return ml_edits_put(es, text.len, text.len, &out, result, e);
}

/* Block entries in place of a root, from the margin, or of an item, behind its dash. */
static int put_in_place(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_yaml_layout *layout = ml_yaml_layout_of(es, d);
    const size_t around = ml_yaml_around(d, n);
    const ml_yaml_place last = what_follows(layout, text, info->end, around, true);
    const bool root = info->parent == ML_NO_NODE, marked = info->start < info->content;
    const bool begins = ml_yaml_begins_line(text, info->content);
    const size_t indent = root ? 0 : around + 2;
    ml_buf out = { 0 };
    int result;

    if (!begins && (root || marked))
        ml_buf_add(&out, layout->newline); /* behind `---`, an anchor or a tag */
    if (begins || marked)
        ml_buf_repeat(&out, ' ', indent);
    else if (!root)
        ml_buf_byte(&out, ' ');
    result = ml_yaml_write_entries(&out, layout, tree, indent, &last, e);
    if (ml_yaml_is_comment(text, info->end))
        ml_buf_byte(&out, ' ');
    return ml_edits_put(es, ml_yaml_back_over_blanks(text, info->content), info->end, &out, result,
                        e);
}

/* Block entries on lines of their own below the key whose value goes. */
static int put_below_key(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_yaml_layout *layout = ml_yaml_layout_of(es, d);
    const size_t around = ml_yaml_around(d, n), end = ml_yaml_line_end(text, info->end);
    const size_t from = ml_yaml_back_over_blanks(text, info->content);
    const ml_yaml_place last = what_follows(layout, text, end, around, false);
    const ml_tree bare = without_anchor(tree);
    ml_buf out = { 0 };
    int result;

    /* a comment keeps a blank before it */
    if (from < info->end &&
        ml_edits_replace(es, from, info->end,
                         ml_bytes_text(ml_yaml_is_comment(text, info->end) ? " " : ""), e) < 0)
        return -1;
    result = ml_yaml_write_value(&out, layout, &bare, around, false, &last, e);
    return ml_edits_put(es, end, end, &out, result, e);
}

/* Whether n is {} or [] that lines can stand in for: not in brackets, and without a comment. */
static bool opens(const ml_doc *d, const ml_node_info *info)
{
    return info->flow && info->count == 0 && !ml_yaml_in_flow(d, info) &&
           ml_bytes_find(ml_bytes_slice(ml_doc_text(d), info->content, info->end), 0, '#') ==
               SIZE_MAX;
}

int ml_yaml_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                        const ml_tree *tree, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, into);
    const bool map = tree->key.p != NULL;

    if (info->kind == ML_KIND_SCALAR || opens(d, info)) {
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
    const ml_yaml_layout *layout = ml_yaml_layout_of(es, d);
    const size_t colon = behind_colon(d, n), below = ml_yaml_line_end(text, colon);
    const size_t line_end = ml_doc_node(d, n)->content < below ? colon : below;
    const size_t around = ml_yaml_around(d, n), end = ml_yaml_entry_end(d, n);
    const ml_yaml_place place = what_follows(layout, text, end, around, false);
    const ml_tree bare = without_anchor(tree);
    ml_buf out = { 0 };
    int result;

    result = ml_yaml_write_value(&out, layout, &bare, around, false, &place, e);
    if (nested)
        return ml_edits_put(es, line_end, end, &out, result, e);
    if (result == 0 && ml_edits_cut(es, line_end, end, e) < 0)
        result = -1;
    return ml_edits_put(es, colon, colon, &out, result, e);
}

static int replace_inline(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const size_t start = info->content;
    const ml_tree bare = without_anchor(tree);
    ml_buf out = { 0 };
    int result;

    if (ml_yaml_in_flow(d, info) || tree->kind != ML_KIND_SCALAR) {
        if (info->end == start && start > 0 &&
            ml_yaml_back_over_blanks(ml_doc_text(d), start) == start)
            ml_buf_byte(&out, ' ');
        result = ml_yaml_write_flow(&out, &bare, e);
    } else {
        ml_yaml_place place;

        ml_yaml_describe(&place, es, d, n, false);
        result =
            ml_yaml_write_scalar(&out, &place, ML_STYLE_PLAIN, false, tree->type, tree->text, e);
    }
    return ml_edits_put(es, start, info->end, &out, result, e);
}

int ml_yaml_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const bool nested =
        (tree->kind == ML_KIND_MAP || tree->kind == ML_KIND_LIST) && tree->count > 0;
    const bool block = (info->kind == ML_KIND_MAP || info->kind == ML_KIND_LIST) && !info->flow;

    if (info->kind == ML_KIND_SCALAR && tree->kind == ML_KIND_SCALAR)
        return ml_yaml_edit_scalar(es, d, n, tree->type, tree->text, e);
    if (ml_yaml_in_flow(d, info))
        return replace_inline(es, d, n, tree, e);
    if (block && info->key != ML_NO_NODE)
        return replace_below(es, d, n, tree, nested, e);
    if (!nested)
        return replace_inline(es, d, n, tree, e);
    if (info->key != ML_NO_NODE)
        return put_below_key(es, d, n, tree, e);
    return info->parent == ML_NO_NODE && info->end == info->content
               ? put_behind_comments(es, d, tree, e)
               : put_in_place(es, d, n, tree, e);
}
