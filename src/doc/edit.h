#ifndef ML_DOC_EDIT_H
#define ML_DOC_EDIT_H

/* edit.h — changes to a document, as replaced spans of its text.
 *
 * Several edits of one document are collected and applied together; they must not overlap. Nothing
 * outside the replaced spans changes. The replacement texts are kept in an arena of secret memory,
 * since they may be decrypted values. */
#include "base/buf.h"
#include "base/secret.h"
#include "doc/doc.h"

typedef struct ml_edit {
    size_t start, end; /* the span of the old text that goes */
    ml_bytes with; /* what comes in its place; lives in the arena, or as long as the caller says */
    size_t order;  /* in which it was made: insertions at one place keep it */
} ml_edit;

/* How new nodes of a YAML document are laid out: as those that are there. */
typedef struct ml_yaml_layout {
    ml_bytes newline;
    size_t step; /* columns that a map stands deeper than the map around it */
    size_t list; /* columns that a list stands deeper than the map around it */
} ml_yaml_layout;

/* Zero-initialise. */
typedef struct ml_edits {
    ml_edit *list;
    size_t count, cap;
    ml_arena arena;
    ml_yaml_layout layout; /* of the YAML document, once somebody asked: `step` is not 0 then */
} ml_edits;

/* Replaces text[start, end) by a copy of `with`; start == end inserts. */
int ml_edits_replace(ml_edits *es, size_t start, size_t end, ml_bytes with, ml_err *e);

/* Takes text[start, end) away; nothing to do where that is nothing. */
int ml_edits_cut(ml_edits *es, size_t start, size_t end, ml_err *e);

/* Replaces text[start, end) by what was written into a buffer, unless `status` says that this
 * failed; frees the buffer. */
int ml_edits_put(ml_edits *es, size_t start, size_t end, ml_buf *written, int status, ml_err *e);

/* Sorts, checks that no two edits overlap, and writes the new text: into locked memory, or a
 * buffer. */
int ml_edits_apply_secret(ml_edits *es, ml_bytes text, ml_secret *out, ml_err *e);
int ml_edits_apply(ml_edits *es, ml_bytes text, ml_buf *out, ml_err *e);
void ml_edits_free(ml_edits *es);

/* A value to be written: a scalar, an alias, or a map or list of such. Children belong to the
 * caller. */
typedef struct ml_tree {
    ml_kind kind;    /* MAP, LIST, SCALAR or ALIAS; where a whole text is written, COMMENT */
    ml_type type;    /* of a scalar */
    ml_bytes text;   /* canonical text of a scalar (value.h), or the alias's name without '*' */
    ml_bytes key;    /* as the child of a map */
    ml_bytes anchor; /* without '&'; YAML only */
    const struct ml_tree *children;
    size_t count;
} ml_tree;

/* Whether node n is a scalar with this type and canonical text already, however it is spelled: of
 * YAML and JSON, which have types. */
bool ml_edit_is_done(const ml_doc *d, ml_node n, ml_type type, ml_bytes text);

/* Puts a scalar in place of node n's content (the anchor stays; a tag that would contradict goes),
 * in n's own style where that style can carry the value, else in the style sops would choose.
 * `text` is canonical (value.h). Used both to unseal a file and to set a value; nothing is changed
 * where n has this type and value already. A list's item that becomes of type COMMENT turns into a
 * comment line. Text that is not UTF-8 is written as !!binary. */
int ml_edit_scalar(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text,
                   ml_err *e);

/* Puts the ENC[…] text in place of scalar n so that n's style can be read off it again
 * (docs/decisions.md, "Styles of sealed scalars"): plain, single and double quotes are kept; a
 * plain scalar in flow context, or one that YAML 1.1 does not read as text, becomes "…\x5D"; block
 * scalars become |- or >- at the original indentation. For a comment: `#ENC[…]` in its place. JSON:
 * a string. */
int ml_edit_seal(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e);

/* Replaces whatever stands at n (scalar, map, list, alias) by `tree`. */
int ml_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e);

/* Inserts `tree` (with tree->key in a map) into map or list `into`, behind child `after`, or as the
 * first child for ML_NO_NODE, or as the last for ML_LAST; in the indentation and style (block or
 * flow) of its neighbours. An empty {} or [] and a null value are opened as needed. */
#define ML_LAST (UINT32_MAX - 1)
int ml_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after, const ml_tree *tree,
                   ml_err *e);

/* Removes a child of a map or list with its key, its dash, its separator, the comment on its own
 * line and those below it that are deeper; comment lines above it stay. The last child leaves {} or
 * [], and the comments in there go with it. For a comment node: its line. */
int ml_edit_remove(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e);

/* Renames the anchor of n and every alias of it. */
int ml_edit_rename_anchor(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes name, ml_err *e);

#endif
