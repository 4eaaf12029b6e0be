#ifndef ML_DOC_INI_EDIT_H
#define ML_DOC_INI_EDIT_H

/* ini_edit.h — the parts of edit.h for INI documents. */
#include "doc/edit.h"

int ml_ini_edit_scalar(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text,
                       ml_err *e);
int ml_ini_edit_seal(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e);
int ml_ini_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e);
int ml_ini_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                       const ml_tree *tree, ml_err *e);
int ml_ini_edit_remove(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e);

#endif
