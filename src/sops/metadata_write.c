/* metadata_write.c — new sops metadata as text, and changes of single fields; see metadata.h. */
#include <string.h>

#include "doc/yaml_spell.h"
#include "sops/metadata.h"

typedef struct writer {
    ml_buf *out;
    ml_sops_layout layout;
    const char *unit, *line_break;
    size_t step;    /* columns of `unit` */
    unsigned level; /* of nesting in braces */
} writer;

static void new_line(writer *w)
{
    unsigned i;

    ml_buf_text(w->out, w->line_break);
    for (i = 0; i < w->level; i++)
        ml_buf_text(w->out, w->unit);
}

/* A line that begins in this column. */
static void block_line(writer *w, size_t column)
{
    ml_buf_text(w->out, w->line_break);
    ml_buf_repeat(w->out, ' ', column);
}

/* Text in double quotes, in a spelling that is the same in JSON and YAML. */
static void quoted(ml_buf *out, ml_bytes text)
{
    size_t i;

    ml_buf_byte(out, '"');
    for (i = 0; i < text.len; i++) {
        const unsigned char c = text.p[i];

        if (c == '"' || c == '\\')
            ml_buf_byte(out, '\\');
        if (c == '\n')
            ml_buf_text(out, "\\n");
        else if (c < 0x20 || c == 0x7F)
            ml_buf_format(out, "\\u%04x", c);
        else
            ml_buf_byte(out, c);
    }
    ml_buf_byte(out, '"');
}

/* Plain where YAML reads the same text back, else quoted. */
static void yaml_text(ml_buf *out, ml_bytes text)
{
    if (ml_yaml_plain_fits(text, false, false) && ml_yaml_reads_as_text(text))
        ml_buf_add(out, text);
    else
        quoted(out, text);
}

/* `spell` is for strings. */
static void write_scalar(writer *w, const ml_tree *tree, void (*spell)(ml_buf *out, ml_bytes text))
{
    if (tree->type == ML_TYPE_STR)
        spell(w->out, tree->text);
    else if (tree->type == ML_TYPE_BOOL)
        ml_buf_text(w->out, ml_bytes_is(tree->text, "False") ? "false" : "true");
    else if (tree->type == ML_TYPE_NULL)
        ml_buf_text(w->out, "null");
    else
        ml_buf_add(w->out, tree->text);
}

static void write_flow(writer *w, const ml_tree *tree);

static void flow_children(writer *w, const ml_tree *tree)
{
    size_t i;

    for (i = 0; i < tree->count; i++) {
        if (i > 0)
            ml_buf_byte(w->out, ',');
        if (w->layout == ML_SOPS_LINES)
            new_line(w);
        else if (i > 0)
            ml_buf_byte(w->out, ' ');
        if (tree->kind == ML_KIND_MAP) {
            quoted(w->out, tree->children[i].key);
            ml_buf_text(w->out, ": ");
        }
        write_flow(w, &tree->children[i]);
    }
}

static void write_flow(writer *w, const ml_tree *tree)
{
    const bool map = tree->kind == ML_KIND_MAP;

    if (tree->kind == ML_KIND_SCALAR) {
        write_scalar(w, tree, quoted);
        return;
    }
    ml_buf_byte(w->out, map ? '{' : '[');
    w->level++;
    flow_children(w, tree);
    w->level--;
    if (tree->count > 0 && w->layout == ML_SOPS_LINES)
        new_line(w);
    ml_buf_byte(w->out, map ? '}' : ']');
}

/* Armor, and whatever else a literal block holds with one line break behind it or none. */
static bool is_literal(ml_bytes text)
{
    return ml_bytes_find(text, 0, '\n') != SIZE_MAX && ml_yaml_block_fits(text) &&
           !ml_yaml_block_needs_digit(text) && !ml_bytes_ends(text, "\n\n");
}

static void write_literal(writer *w, ml_bytes text, size_t column)
{
    const bool ends = ml_bytes_ends(text, "\n");

    ml_buf_text(w->out, ends ? "|" : "|-");
    ml_yaml_write_literal(w->out, ml_bytes_slice(text, 0, text.len - (ends ? 1 : 0)), column,
                          ml_bytes_text(w->line_break));
}

static void write_block(writer *w, const ml_tree *map, size_t column, bool first_here);

static void block_value(writer *w, const ml_tree *tree, size_t column)
{
    const size_t deeper = (column / w->step + 1) * w->step;
    size_t i;

    if (tree->kind == ML_KIND_SCALAR || tree->count == 0) {
        ml_buf_byte(w->out, ' ');
        if (tree->kind != ML_KIND_SCALAR)
            write_flow(w, tree);
        else if (is_literal(tree->text))
            write_literal(w, tree->text, deeper);
        else
            write_scalar(w, tree, yaml_text);
    } else if (tree->kind == ML_KIND_MAP) {
        write_block(w, tree, deeper, false);
    } else {
        for (i = 0; i < tree->count; i++) {
            block_line(w, deeper);
            ml_buf_text(w->out, "- ");
            if (tree->children[i].kind == ML_KIND_MAP)
                write_block(w, &tree->children[i], deeper + 2, true);
            else
                write_flow(w, &tree->children[i]);
        }
    }
}

/* The fields of a map, each on its line; the first goes on behind a dash where it is one's. */
static void write_block(writer *w, const ml_tree *map, size_t column, bool first_here)
{
    size_t i;

    for (i = 0; i < map->count; i++) {
        if (i > 0 || !first_here)
            block_line(w, column);
        yaml_text(w->out, map->children[i].key);
        ml_buf_byte(w->out, ':');
        block_value(w, &map->children[i], column);
    }
}

void ml_sops_metadata_write_tree(ml_buf *out, const ml_tree *sops, ml_sops_layout layout,
                                 const char *unit, const char *line_break)
{
    writer w = { .out = out, .layout = layout, .unit = unit, .line_break = line_break, .level = 1 };

    w.step = strlen(unit) > 0 ? strlen(unit) : 1;
    if (layout == ML_SOPS_BLOCK) {
        ml_buf_text(out, "sops:");
        write_block(&w, sops, w.step, false);
    } else {
        ml_buf_text(out, "\"sops\": ");
        write_flow(&w, sops);
    }
}

void ml_sops_metadata_write(ml_buf *out, const ml_sops_fields *f, ml_sops_layout layout,
                            const char *unit, const char *line_break)
{
    ml_sops_trees trees;
    ml_tree sops;
    ml_err e;

    if (ml_sops_trees_new(&trees, f->keys, &e) < 0) {
        out->failed = true;
        return;
    }
    sops = ml_sops_tree_metadata(&trees, f);
    ml_sops_metadata_write_tree(out, &sops, layout, unit, line_break);
    ml_sops_trees_free(&trees);
}

int ml_sops_metadata_set(ml_edits *es, const ml_doc *d, ml_node scalar, ml_bytes text, ml_err *e)
{
    return ml_edit_scalar(es, d, scalar, ML_TYPE_STR, text, e);
}
