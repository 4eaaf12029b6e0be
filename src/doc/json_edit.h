#ifndef ML_DOC_JSON_EDIT_H
#define ML_DOC_JSON_EDIT_H

/* json_edit.h — the parts of edit.h for JSON documents. */
#include "doc/edit.h"

int ml_json_edit_scalar(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text,
                        ml_err *e);
int ml_json_edit_seal(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e);
int ml_json_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e);
int ml_json_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                        const ml_tree *tree, ml_err *e);
int ml_json_edit_remove(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e);

/* A string with the escapes that JSON demands and no others, quotes included. Fails with "format"
 * when it is not UTF-8. */
int ml_json_write_text(ml_buf *out, ml_bytes text, ml_err *e);

/* Appends a tree in lines, without its comments and a final line break. `indent`: blanks of a
 * level; -1: a tab. */
int ml_json_write_tree(ml_buf *out, int indent, const ml_tree *tree, ml_err *e);

#endif
