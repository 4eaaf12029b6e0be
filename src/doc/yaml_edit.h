#ifndef ML_DOC_YAML_EDIT_H
#define ML_DOC_YAML_EDIT_H

/* yaml_edit.h — the parts of edit.h for YAML documents. */
#include "doc/edit.h"

int ml_yaml_edit_scalar(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text,
                        ml_err *e);
int ml_yaml_edit_seal(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e);
int ml_yaml_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e);
int ml_yaml_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                        const ml_tree *tree, ml_err *e);
int ml_yaml_edit_remove(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e);

/* The core tag that goes when n is sealed (`!!int` before ENC[…] would make the real sops fail;
 * `!!str` and tags of the user's own are fine), or empty. */
ml_bytes ml_yaml_sealed_tag(const ml_doc *d, ml_node n);

/* Takes n's tag and the blanks behind it away. */
int ml_yaml_drop_tag(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e);

/* Makes the header of block scalar n say that its text has no final line break; for one that ends
 * the file without a break, before something is put behind it. Nothing for other nodes. */
int ml_yaml_edit_strip(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e);

/* Where a scalar is written: what its surroundings allow. */
typedef struct ml_yaml_place {
    bool flow, line_start;
    bool typed;    /* a tag says that it is text, whatever it looks like */
    bool block;    /* a block scalar may stand here */
    size_t around; /* indentation of the block collection around */
    size_t indent; /* columns for a block scalar's content */
    size_t breaks; /* line breaks that follow up to the next content */
    bool deep;     /* a comment follows that block content would swallow */
    bool keep_digit;
    ml_bytes newline;
} ml_yaml_place;

/* Writes a scalar of any type; strings in style `wanted` where it carries them, and in the style
 * that sops chooses otherwise. `was_plain`: the old text was ENC, and is known to come from a plain
 * scalar, whatever YAML 1.1 reads in it. */
int ml_yaml_write_scalar(ml_buf *out, const ml_yaml_place *place, ml_style wanted, bool was_plain,
                         ml_type type, ml_bytes text, ml_err *e);

/* What follows a value that ends at `end`: line breaks up to the next content, and whether that
 * content is a comment so deep that a block scalar of place->indent would take it in. Sets
 * place->block to false where what follows leaves no room for one. */
void ml_yaml_look_behind(ml_yaml_place *place, ml_bytes text, size_t end);

/* The place of node n. `keeps_tag`: its tag stays. */
void ml_yaml_describe(ml_yaml_place *place, ml_edits *es, const ml_doc *d, ml_node n,
                      bool keeps_tag);

/* The layout of the document that is edited. */
const ml_yaml_layout *ml_yaml_layout_of(ml_edits *es, const ml_doc *d);

/* The column of the lines of a block scalar in a collection at column `around`, as go-yaml and so
 * sops has it: behind a dash two columns further; behind a key the next multiple of the step, which
 * in `- key: |` is less than a step. */
size_t ml_yaml_block_column(const ml_yaml_layout *layout, size_t around, bool after_dash);

/* Writes a tree inside brackets, on one line. */
int ml_yaml_write_flow(ml_buf *out, const ml_tree *tree, ml_err *e);

/* Writes what stands behind `key:` or `-` at column `around`, with the blank or line break before
 * it. `last`: describes what follows the whole in the file (breaks, deep). */
int ml_yaml_write_value(ml_buf *out, const ml_yaml_layout *layout, const ml_tree *tree,
                        size_t around, bool after_dash, const ml_yaml_place *last, ml_err *e);

/* One entry of a collection, `key: value` or `- value`, whose first byte is at column `indent`. */
int ml_yaml_write_entry(ml_buf *out, const ml_yaml_layout *layout, const ml_tree *tree, bool map,
                        size_t indent, const ml_yaml_place *last, ml_err *e);

/* All entries of a map or list at column `indent`; the first one where the text ends now. */
int ml_yaml_write_entries(ml_buf *out, const ml_yaml_layout *layout, const ml_tree *tree,
                          size_t indent, const ml_yaml_place *last, ml_err *e);

/* Columns of the block collection around node n; 0 at the root. */
size_t ml_yaml_around(const ml_doc *d, ml_node n);

#endif
