#ifndef ML_DOC_DOTENV_EDIT_H
#define ML_DOC_DOTENV_EDIT_H

/* dotenv_edit.h — the parts of edit.h for dotenv documents. */
#include "doc/edit.h"

int ml_dotenv_edit_scalar(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text,
                          ml_err *e);
int ml_dotenv_edit_seal(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e);
int ml_dotenv_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree,
                           ml_err *e);
int ml_dotenv_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                          const ml_tree *tree, ml_err *e);
int ml_dotenv_edit_remove(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e);

/* Appends the lines of a map of scalars and comments, as sops writes them; the last one without
 * its line break. Fails with "unsupported" for what a dotenv file cannot hold. */
int ml_dotenv_write_tree(ml_buf *out, const ml_tree *tree, ml_err *e);

#endif
