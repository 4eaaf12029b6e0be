#ifndef ML_DOC_DOC_INTERNAL_H
#define ML_DOC_DOC_INTERNAL_H

/* doc_internal.h — what the parsers and doc.c share; nobody else includes it.
 *
 * A parser appends nodes in the order of the text with ml_doc_add, giving each its parent (and a
 * value its key), and roots with ml_doc_add_root. When it is done, ml_doc_parse links the children,
 * counts them, and refuses a map with two equal keys. */
#include "base/secret.h"
#include "doc/doc.h"

/* A node and its decoded text. */
typedef struct ml_doc_entry {
    ml_node_info info;
    uint32_t text_len;
    const unsigned char *text; /* into the source or the arena */
} ml_doc_entry;

/* Anchor and tag of the few nodes that have one, in the order of the nodes. */
typedef struct ml_doc_properties {
    ml_node node;
    ml_bytes anchor, tag;
} ml_doc_properties;

struct ml_doc {
    ml_format format;
    ml_bytes text;
    char *path; /* never NULL once parsing has begun */
    ml_doc_entry *entries;
    size_t count, cap;
    ml_node *roots;
    size_t root_count, root_cap;
    ml_doc_properties *properties;
    size_t property_count, property_cap;
    uint32_t *index; /* hash table of the keys of large maps: value nodes, ML_NO_NODE = free */
    size_t index_size;
    struct ml_yaml_comments *comments; /* found by the YAML parser, until they are placed */
    uint64_t seed;       /* of the hash, random: a hostile file cannot choose colliding keys */
    ml_arena decoded;    /* texts that differ from the source */
    ml_doc_entry *later; /* comments, in dotenv and INI, until all values have joined */
    size_t later_count, later_cap;
};

/* Appends a node. `init` must have kind, style, type, flow, is_key, parent, key, line, column,
 * start, content and (if known) end; first, next and count are set later. target: ML_NO_NODE but
 * for aliases. Fails with "limit" or "memory". */
int ml_doc_add(ml_doc *d, const ml_node_info *init, ml_node *out, ml_err *e);

/* A blank init: all links ML_NO_NODE, all else 0. */
ml_node_info ml_doc_blank(ml_kind kind);

/* The node, to be changed while parsing; invalid after the next ml_doc_add. */
ml_node_info *ml_doc_edit_info(ml_doc *d, ml_node n);

int ml_doc_add_root(ml_doc *d, ml_node n, ml_err *e);
int ml_doc_add_properties(ml_doc *d, ml_node n, ml_bytes anchor, ml_bytes tag, ml_err *e);

/* Sets the decoded text to a span that lives as long as the source. */
void ml_doc_set_text(ml_doc *d, ml_node n, ml_bytes span);

/* Sets it to a copy in the document's arena. */
int ml_doc_copy_text(ml_doc *d, ml_node n, ml_bytes decoded, ml_err *e);

/* Keeps a comment whose parent and text are known until all values have joined, since comments
 * stand behind all others. It will be the sibling behind `after`, the first one for ML_NO_NODE. */
int ml_doc_add_later(ml_doc *d, const ml_node_info *init, ml_node after, ml_bytes text, ml_err *e);

/* Fails with "format" at a position (line and column from 1). Returns -1. */
int ml_doc_fail_at(const ml_doc *d, size_t offset, ml_err *e, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The parsers. The text is at most ML_LIMIT_FILE bytes, and valid UTF-8 for the first two. */
int ml_yaml_parse(ml_doc *d, ml_err *e);
int ml_json_parse(ml_doc *d, ml_err *e);
int ml_dotenv_parse(ml_doc *d, ml_err *e);
int ml_ini_parse(ml_doc *d, ml_err *e);

/* Finds the comments of a parsed YAML document and puts them where sops would. */
int ml_yaml_place_comments(ml_doc *d, ml_err *e);
void ml_yaml_drop_comments(ml_doc *d);

#endif
