#ifndef ML_DOC_DOC_H
#define ML_DOC_DOC_H

/* doc.h — a document that keeps its text: YAML, JSON, dotenv, INI.
 *
 * Parsing makes a flat array of nodes, each with the span of source bytes it was read from. The
 * text itself is never regenerated: an edit is a list of replaced spans (edit.h), so whatever was
 * not edited keeps every byte. A parsed document is immutable; after an edit the new text is parsed
 * again.
 *
 * Comments are nodes too, children of the map or list that sops would put them in
 * (tests/vectors/sops/placements has the cases), because that place decides how they are encrypted.
 */
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"

/* A dotenv file is one map of texts. An INI file is a map of sections, each a map of texts; keys
 * before the first header are in a section DEFAULT (dotenv.c and ini.c have the rules). */
typedef enum ml_format {
    ML_FORMAT_YAML,
    ML_FORMAT_JSON,
    ML_FORMAT_DOTENV,
    ML_FORMAT_INI
} ml_format;

typedef enum ml_kind {
    ML_KIND_MAP,
    ML_KIND_LIST,
    ML_KIND_SCALAR,
    ML_KIND_ALIAS,
    ML_KIND_COMMENT
} ml_kind;

/* How a scalar is written. JSON: strings are DOUBLE, all else PLAIN. */
typedef enum ml_style {
    ML_STYLE_PLAIN,
    ML_STYLE_SINGLE,
    ML_STYLE_DOUBLE,
    ML_STYLE_LITERAL,
    ML_STYLE_FOLDED,
    ML_STYLE_BACKTICK, /* `…`, INI only */
    ML_STYLE_TRIPLE    /* """…""", INI only */
} ml_style;

/* The type sops gives a scalar. */
typedef enum ml_type {
    ML_TYPE_NULL,
    ML_TYPE_STR,
    ML_TYPE_INT,
    ML_TYPE_FLOAT,
    ML_TYPE_BOOL,
    ML_TYPE_TIME,
    ML_TYPE_COMMENT,
    ML_TYPE_BYTES
} ml_type;

typedef uint32_t ml_node; /* an index into the document's nodes */
#define ML_NO_NODE UINT32_MAX

/* One node. Offsets are bytes into the document's text; a document is never larger than 4 GiB. */
typedef struct ml_node_info {
    uint8_t kind;  /* ml_kind */
    uint8_t style; /* ml_style, of scalars */
    uint8_t type;  /* ml_type, of scalars and comments; of all else ML_TYPE_NULL */
    bool flow;     /* stands inside, or is, a flow collection ([…] or {…}); all of JSON does */
    bool is_key;   /* a map's key: in no child list; its parent is the map */
    bool inline_comment; /* a comment behind a value on its line */
    ml_node parent;      /* ML_NO_NODE for a root */
    ml_node key;         /* the scalar node that is this map value's key, or ML_NO_NODE */
    ml_node first;       /* first child of a map or list, comments included, in the order sops has
                            them: a comment behind a value on its line comes before the value */
    ml_node next;        /* next sibling */
    ml_node target;      /* of an alias: the node with the anchor; of a comment of INI: the value or
                            section that it belongs to */
    uint32_t count;      /* children that are not comments */
    uint32_t line, column; /* of `start`, from 1; columns in bytes */
    uint32_t start, end;   /* the whole node, with anchor and tag; a comment from its '#' to its
                              line's last byte; a block scalar up to its last content line */
    uint32_t indent;  /* columns before a block map's keys, a block list's dashes, a block scalar's
                         content */
    uint32_t content; /* where the node begins behind anchor and tag; == start without them. Of a
                         comment in INI: where its text begins */
} ml_node_info;

typedef struct ml_doc ml_doc;

/* Parses `text`, which the document borrows: it must live, unchanged, as long as the document.
 * `path` (may be NULL) is for messages only and is copied. Fails with "format" (line and column
 * set) or "limit": malformed, YAML or JSON that is not UTF-8, two equal keys in a map (but those of
 * dotenv, and sections), an alias without anchor or inside its own anchor, a key that is not a
 * string, nesting over ML_LIMIT_DEPTH, … (docs/decisions.md lists where this is stricter than
 * libyaml: what Go's loader refuses is refused). */
int ml_doc_parse(ml_doc **out, ml_format format, ml_bytes text, const char *path, ml_err *e);

/* Frees and wipes; NULL is fine. */
void ml_doc_free(ml_doc *d);

ml_format ml_doc_format(const ml_doc *d);
ml_bytes ml_doc_text(const ml_doc *d);
const char *ml_doc_path(const ml_doc *d); /* "" when none was given */

/* The file's documents (YAML may have several). An empty file has none. A root may be of any kind;
 * the comments of a document that is a scalar (mostly null: there is nothing else) are that
 * scalar's children. */
size_t ml_doc_roots(const ml_doc *d);
ml_node ml_doc_root(const ml_doc *d, size_t index);

/* Number of nodes. Indices run from 0 in the order of the text, comments behind all others. */
size_t ml_doc_count(const ml_doc *d);
const ml_node_info *ml_doc_node(const ml_doc *d, ml_node n);

/* The index behind the last node below n; comments, which stand behind all others, not counted. */
ml_node ml_doc_behind(const ml_doc *d, ml_node n);

/* The decoded text of a scalar (escapes and folding undone), of a key, or of a comment (what
 * follows '#', verbatim). Points into the source where decoding changes nothing, else into memory
 * of the document that is wiped with it. */
ml_bytes ml_doc_scalar(const ml_doc *d, ml_node n);

/* The anchor (without '&') and the tag as written (with '!') of a node, or empty; spans of the
 * text.
 */
ml_bytes ml_doc_anchor(const ml_doc *d, ml_node n);
ml_bytes ml_doc_tag(const ml_doc *d, ml_node n);

/* Follows an alias: the node itself, or the alias's target. */
ml_node ml_doc_resolve(const ml_doc *d, ml_node n);

/* The value under `key` in map `n` (aliases followed), or ML_NO_NODE; of several the first.
 * Constant time on average in a large map. */
ml_node ml_doc_get(const ml_doc *d, ml_node n, ml_bytes key);

/* The first and the last child of a map or list, and those before and behind a child: that are no
 * comment, or ML_NO_NODE. */
ml_node ml_doc_first(const ml_doc *d, ml_node n);
ml_node ml_doc_last(const ml_doc *d, ml_node n);
ml_node ml_doc_previous(const ml_doc *d, ml_node n);
ml_node ml_doc_following(const ml_doc *d, ml_node n);

/* The index-th child of a list (from 0, comments not counted), or ML_NO_NODE. */
ml_node ml_doc_item(const ml_doc *d, ml_node n, size_t index);

/* The node at `path` below `from`: `a/b/0` (~1 is /, ~0 is ~), or sops' form `["a"][0]` when it
 * begins with '['; the empty path is `from` itself. Fails with "missing" naming the first part that
 * is not there (and the nearest existing name as hint), or "argument" for a malformed path. */
int ml_doc_find(const ml_doc *d, ml_node from, const char *path, ml_node *out, ml_err *e);

/* Appends the path of a node from its root, which ml_doc_find reads: a/b/0. A comment has none. */
void ml_doc_write_path(const ml_doc *d, ml_node n, ml_buf *out);

/* Puts line and column of a node and the document's path into *e. Returns -1. */
int ml_doc_blame(const ml_doc *d, ml_node n, ml_err *e);

#endif
