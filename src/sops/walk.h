#ifndef ML_SOPS_WALK_H
#define ML_SOPS_WALK_H

/* walk.h — the one way through a document that sealing, opening, checking and converting share: all
 * values in the order sops hashes them, each with its additional data and whether the selectors
 * pick it. The metadata of each document is passed over. */
#include "base/limits.h"
#include "doc/doc.h"
#include "sops/selector.h"

/* Where the walk stands when it shows a value or comment. */
typedef struct ml_walk_place {
    ml_node node; /* a scalar or comment; behind an alias, a node of its target */
    ml_bytes aad; /* of this call only */
    bool picked;
    bool through_alias; /* node belongs to another place of the document */
} ml_walk_place;

typedef struct ml_walk_visitor {
    /* A scalar, null included. 0; or 1 when it turned out to be a comment (an element that sops
     * wrote); or -1 with *e filled. */
    int (*value)(void *context, const ml_walk_place *at, ml_err *e);
    /* A comment; NULL to pass over them. */
    int (*comment)(void *context, const ml_walk_place *at, ml_err *e);
    /* An alias, before what it stands for is walked: 0 walk it, 1 it is dealt with. May be NULL.
     * `level` is what ml_walk_below wants. */
    int (*alias)(void *context, const ml_walk_place *at, const ml_selector_level *level, ml_err *e);
    void *context;
} ml_walk_visitor;

/* Maps, lists and aliases within each other: twice as many as a document may nest, so that only
 * chains of aliases have more. */
enum { ML_WALK_DEPTH = 2 * ML_LIMIT_DEPTH };

/* All documents of the file. Fails with "limit" when aliases expand to too much, or nest too deep.
 */
int ml_walk(const ml_doc *d, const ml_selector *selector, const ml_walk_visitor *visitor,
            ml_err *e);

/* Only what stands at and below `n`, as if it stood where `aad` and `level` say: the contents of an
 * alias. */
int ml_walk_below(const ml_doc *d, const ml_selector *selector, const ml_walk_visitor *visitor,
                  ml_node n, ml_bytes aad, const ml_selector_level *level, ml_err *e);

/* Fail with "limit". Return -1. */
int ml_walk_expands_too_much(ml_err *e);
int ml_walk_nests_too_deep(const ml_doc *d, ml_node n, ml_err *e);

/* Appends the additional data of what stands directly in `container`: the keys on the way. */
void ml_walk_aad(const ml_doc *d, ml_node container, ml_buf *out);

/* Puts the node's path in front of the message, and its line and file. Returns -1. */
int ml_walk_blame(const ml_doc *d, ml_node n, ml_err *e);

/* Whether `n` is the `sops` mapping of its document, or a line of flattened metadata. */
bool ml_walk_is_metadata(const ml_doc *d, ml_node n);

#endif
