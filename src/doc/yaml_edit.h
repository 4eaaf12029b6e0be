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

/* Where a scalar is written: what its surroundings allow. */
typedef struct ml_yaml_place {
    bool flow, line_start;
    bool typed;     /* a tag says that it is text, whatever it looks like */
    bool block;     /* a block scalar may stand here */
    size_t around;  /* indentation of the block collection around */
    size_t indent;  /* columns for a block scalar's content */
    size_t breaks;  /* line breaks that follow up to the next content */
    bool deep;      /* a comment follows that block content would swallow */
    bool keep_digit;
    ml_bytes comment; /* of the old block scalar's header, with the blanks before it */
    ml_bytes newline;
} ml_yaml_place;

/* Writes a scalar of any type; strings in style `wanted` where it carries them, and in the style
 * that sops chooses otherwise. `sealed`: the old text was ENC, so its style tells the truth. */
int ml_yaml_write_scalar(ml_buf *out, const ml_yaml_place *place, ml_style wanted, bool sealed,
                         ml_type type, ml_bytes text, ml_err *e);

/* Columns of the block collection around node n; 0 at the root. */
size_t ml_yaml_around(const ml_doc *d, ml_node n);

#endif
