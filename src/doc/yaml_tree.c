/* yaml_tree.c — new maps and lists written in YAML, laid out as those around them; see
 * yaml_edit.h. */
#include <string.h>

#include "doc/yaml_edit.h"
#include "doc/yaml_spell.h"
#include "doc/yaml_text.h"

static bool is_block(const ml_node_info *info)
{
    return (info->kind == ML_KIND_MAP || info->kind == ML_KIND_LIST) && !info->flow;
}

static bool is_element(const ml_doc *d, const ml_node_info *info)
{
    return info->parent != ML_NO_NODE && ml_doc_node(d, info->parent)->kind == ML_KIND_LIST;
}

static ml_yaml_layout read_layout(const ml_doc *d)
{
    ml_yaml_layout layout = { .newline = ml_yaml_newline(ml_doc_text(d)) };
    bool has_list = false;
    size_t in_item = 0; /* behind the key of an element, which a dash moves to the right */
    ml_node n;

    for (n = 0; n < ml_doc_count(d) && (layout.step == 0 || !has_list); n++) {
        const ml_node_info *info = ml_doc_node(d, n);
        const ml_node_info *parent =
            info->parent == ML_NO_NODE ? NULL : ml_doc_node(d, info->parent);

        if (parent == NULL || !is_block(info) || !is_block(parent) || parent->kind != ML_KIND_MAP ||
            info->indent < parent->indent)
            continue;
        if (info->kind == ML_KIND_LIST && !has_list) {
            has_list = true;
            layout.list = info->indent - parent->indent;
        } else if (info->kind == ML_KIND_MAP && is_element(d, parent)) {
            in_item = in_item == 0 ? info->indent - parent->indent : in_item;
        } else if (info->kind == ML_KIND_MAP && layout.step == 0) {
            layout.step = info->indent - parent->indent;
        }
    }
    if (layout.step == 0)
        layout.step = has_list && layout.list > 0 ? layout.list : in_item > 0 ? in_item : 2;
    if (!has_list)
        layout.list = layout.step;
    return layout;
}

const ml_yaml_layout *ml_yaml_layout_of(ml_edits *es, const ml_doc *d)
{
    if (es->layout.step == 0)
        es->layout = read_layout(d);
    return &es->layout;
}

/* From here on sops writes `? key`, which readers of YAML demand of even longer ones. */
enum { LONG_KEY = 128 };

static int write_key(ml_buf *out, ml_bytes key, bool flow, ml_err *e)
{
    ml_yaml_place place = { .flow = flow };

    if (ml_yaml_write_scalar(out, &place, ML_STYLE_PLAIN, false, ML_TYPE_STR, key, e) < 0)
        return -1;
    ml_buf_byte(out, ':');
    return 0;
}

static void write_anchor(ml_buf *out, const ml_tree *tree)
{
    if (tree->anchor.len == 0)
        return;
    ml_buf_byte(out, '&');
    ml_buf_add(out, tree->anchor);
}

int ml_yaml_write_flow(ml_buf *out, const ml_tree *tree, ml_err *e)
{
    const ml_yaml_place place = { .flow = true };
    const bool map = tree->kind == ML_KIND_MAP;
    size_t i;

    write_anchor(out, tree);
    if (tree->anchor.len > 0)
        ml_buf_byte(out, ' ');
    if (tree->kind == ML_KIND_ALIAS) {
        ml_buf_byte(out, '*');
        ml_buf_add(out, tree->text);
        return ml_buf_check(out, e);
    }
    if (tree->kind == ML_KIND_SCALAR)
        return ml_yaml_write_scalar(out, &place, ML_STYLE_PLAIN, false, tree->type, tree->text, e);
    ml_buf_byte(out, map ? '{' : '[');
    for (i = 0; i < tree->count; i++) {
        if (i > 0)
            ml_buf_text(out, ", ");
        if (map) {
            if (write_key(out, tree->children[i].key, true, e) < 0)
                return -1;
            ml_buf_byte(out, ' ');
        }
        if (ml_yaml_write_flow(out, &tree->children[i], e) < 0)
            return -1;
    }
    ml_buf_byte(out, map ? '}' : ']');
    return ml_buf_check(out, e);
}

static void line(ml_buf *out, const ml_yaml_layout *layout, size_t indent)
{
    ml_buf_add(out, layout->newline);
    ml_buf_repeat(out, ' ', indent);
}

int ml_yaml_write_entry(ml_buf *out, const ml_yaml_layout *layout, const ml_tree *tree, bool map,
                        size_t indent, const ml_yaml_place *last, ml_err *e)
{
    if (map && tree->key.len > LONG_KEY) {
        ml_buf_text(out, "? ");
        if (write_key(out, tree->key, false, e) < 0)
            return -1;
        out->len--; /* the colon has a line of its own */
        line(out, layout, indent);
        ml_buf_byte(out, ':');
    } else if (map) {
        if (write_key(out, tree->key, false, e) < 0)
            return -1;
    } else {
        ml_buf_byte(out, '-');
    }
    return ml_yaml_write_value(out, layout, tree, indent, !map, last, e);
}

/* Each line of a comment as one; blank ones are none. */
static void write_comment(ml_buf *out, const ml_yaml_layout *layout, size_t indent, ml_bytes text)
{
    size_t at, end = ml_yaml_line_end(text, 0);

    ml_buf_byte(out, '#');
    ml_buf_add(out, ml_bytes_slice(text, 0, end));
    while (end < text.len) {
        ml_bytes one;

        at = end + ml_yaml_break(text, end);
        end = ml_yaml_line_end(text, at);
        one = ml_bytes_slice(text, at, end);
        if (ml_yaml_skip_blanks(one, 0) == one.len)
            continue;
        line(out, layout, indent);
        if (!ml_bytes_starts(one, "#"))
            ml_buf_text(out, "# ");
        ml_buf_add(out, one);
    }
}

int ml_yaml_write_entries(ml_buf *out, const ml_yaml_layout *layout, const ml_tree *tree,
                          size_t indent, const ml_yaml_place *last, ml_err *e)
{
    const ml_yaml_place between = { .block = true, .breaks = 1 };
    bool empty = true;
    size_t i;

    for (i = 0; i < tree->count; i++) {
        if (i > 0)
            line(out, layout, indent);
        if (tree->children[i].kind == ML_KIND_COMMENT) {
            write_comment(out, layout, indent, tree->children[i].text);
            continue;
        }
        empty = false;
        if (ml_yaml_write_entry(out, layout, &tree->children[i], tree->kind == ML_KIND_MAP, indent,
                                i + 1 == tree->count ? last : &between, e) < 0)
            return -1;
    }
    if (empty && tree->count > 0) { /* comments alone would be null */
        line(out, layout, indent);
        ml_buf_text(out, tree->kind == ML_KIND_MAP ? "{}" : "[]");
    }
    return 0;
}

size_t ml_yaml_block_column(const ml_yaml_layout *layout, size_t around, bool after_dash)
{
    return after_dash ? around + 2 : (around / layout->step + 1) * layout->step;
}

static int write_scalar(ml_buf *out, const ml_yaml_layout *layout, const ml_tree *tree,
                        size_t around, bool after_dash, const ml_yaml_place *last, ml_err *e)
{
    ml_yaml_place place = { .block = last->block,
                            .around = around,
                            .indent = ml_yaml_block_column(layout, around, after_dash),
                            .breaks = last->breaks,
                            .deep = last->deep,
                            .newline = layout->newline };

    return ml_yaml_write_scalar(out, &place, ML_STYLE_PLAIN, false, tree->type, tree->text, e);
}

/* As go-yaml, and so sops, has it: like the lines of a block scalar; but lists where those of the
 * file stand. */
static size_t child_column(const ml_yaml_layout *layout, size_t around, ml_kind kind)
{
    return kind == ML_KIND_LIST && layout->list != layout->step
               ? around + layout->list
               : ml_yaml_block_column(layout, around, false);
}

int ml_yaml_write_value(ml_buf *out, const ml_yaml_layout *layout, const ml_tree *tree,
                        size_t around, bool after_dash, const ml_yaml_place *last, ml_err *e)
{
    size_t indent;

    if (tree->anchor.len > 0) {
        ml_buf_byte(out, ' ');
        write_anchor(out, tree);
    }
    if (tree->kind == ML_KIND_SCALAR) {
        ml_buf_byte(out, ' ');
        return write_scalar(out, layout, tree, around, after_dash, last, e);
    }
    if (tree->kind == ML_KIND_ALIAS || tree->count == 0) {
        const ml_tree bare = { .kind = tree->kind, .text = tree->text };

        ml_buf_byte(out, ' ');
        return ml_yaml_write_flow(out, &bare, e);
    }
    if (after_dash && tree->anchor.len == 0) {
        indent = around + 2;
        ml_buf_byte(out, ' ');
    } else {
        indent = after_dash ? around + 2 : child_column(layout, around, tree->kind);
        line(out, layout, indent);
    }
    return ml_yaml_write_entries(out, layout, tree, indent, last, e);
}
