#ifndef ML_DOC_TREE_H
#define ML_DOC_TREE_H

/* tree.h — a tree of values as the text of a whole document, laid out as sops writes one
 * (spec/sops.md 4.1.3, 4.2): YAML in blocks, four columns a level; JSON with a tab a level. */
#include "doc/edit.h"

/* Appends the document, with its final line break. Fails with "format" for a value that the format
 * cannot hold. */
int ml_tree_write(ml_buf *out, ml_format format, const ml_tree *tree, ml_err *e);

#endif
