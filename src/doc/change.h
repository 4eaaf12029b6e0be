#ifndef ML_DOC_CHANGE_H
#define ML_DOC_CHANGE_H

/* change.h — one change of a document, and the proof that the new text holds it and no other.
 *
 * YAML leaves so much room in how a text may look that no writer foresees all of it. So nobody has
 * to trust the writer: what it wrote is parsed anyway, and compared node by node. */
#include "doc/edit.h"

typedef enum ml_change_kind {
    ML_CHANGE_SET,    /* `tree` in place of `node`, which may also be a key or a comment */
    ML_CHANGE_INSERT, /* `tree` into the container `node`, behind its child `after` (edit.h) */
    ML_CHANGE_REMOVE, /* `node`, with its key */
    ML_CHANGE_RENAME  /* the anchor of `node` becomes `name` */
} ml_change_kind;

typedef struct ml_change {
    ml_change_kind kind;
    ml_node node, after;
    const ml_tree *tree;
    ml_bytes name;
} ml_change;

/* Makes the edits. */
int ml_change_edit(const ml_change *c, const ml_doc *d, ml_edits *es, ml_err *e);

/* Whether `after` is `before` with this change: all other nodes have the kind, type, value, place,
 * anchor, tag and alias that they had, and no comment went but with what held it. Fails with
 * "unsupported" at the place of the change. */
int ml_change_check(const ml_change *c, const ml_doc *before, const ml_doc *after, ml_err *e);

#endif
