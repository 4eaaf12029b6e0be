#ifndef ML_DOC_TREE_H
#define ML_DOC_TREE_H

/* tree.h — a tree of values as the text of a whole document, laid out as sops writes one: YAML in
 * blocks, JSON over several lines. */
#include "doc/edit.h"

/* Appends the document, with its final line break. `indent`: columns of a level in YAML, blanks in
 * JSON, where -1 is a tab. Fails with "format" or "unsupported" for what the format cannot hold;
 * JSON leaves comments out. */
int ml_tree_write(ml_buf *out, ml_format format, int indent, const ml_tree *tree, ml_err *e);

#endif
