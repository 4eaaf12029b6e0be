#ifndef ML_DOC_YAML_PARSE_H
#define ML_DOC_YAML_PARSE_H

/* yaml_parse.h — the YAML grammar over tokens, shared by its parts (yaml_parse.c, yaml_nodes.c,
 * yaml_tag.c). */
#include "base/limits.h"
#include "doc/yaml_comments.h"
#include "doc/yaml_tokens.h"

/* What is expected next inside an open collection. */
typedef enum ml_yaml_state {
    ML_YAML_BLOCK_ENTRY,      /* - … of a block list */
    ML_YAML_INDENTLESS_ENTRY, /* - … of a list at its key's own column */
    ML_YAML_BLOCK_KEY,
    ML_YAML_BLOCK_VALUE,
    ML_YAML_FLOW_FIRST_ITEM,
    ML_YAML_FLOW_ITEM,
    ML_YAML_FLOW_FIRST_KEY,
    ML_YAML_FLOW_KEY,
    ML_YAML_FLOW_VALUE,
    ML_YAML_PAIR_KEY, /* `[a: b]`: a map of one pair without braces */
    ML_YAML_PAIR_VALUE,
    ML_YAML_PAIR_END
} ml_yaml_state;

typedef struct ml_yaml_frame {
    ml_node node;
    uint8_t state; /* ml_yaml_state */
    bool flow;
    bool bare_key; /* the key came without an indicator: it has no value */
    ml_node key;   /* the key read last, while its value is awaited */
    ml_node prior; /* the key before it: foot comments may move there */
} ml_yaml_frame;

/* A name and the node it was given to last. */
typedef struct ml_yaml_anchor {
    ml_bytes name;
    ml_node node;
} ml_yaml_anchor;

/* A node's anchor and tag as they were read, before the node itself. */
typedef struct ml_yaml_props {
    ml_bytes anchor, tag;
    bool any;
    uint32_t start, end, line, column;
} ml_yaml_props;

typedef struct ml_yaml_parse {
    ml_doc *d;
    ml_yaml_tokens tokens;
    size_t next;
    uint32_t last_end; /* of the tokens passed: where a block collection ends */
    ml_yaml_comments comments;
    /* A pair in a flow list adds a level that no token shows, hence twice the limit. */
    ml_yaml_frame frames[2 * ML_LIMIT_DEPTH + 2];
    size_t depth;
    uint32_t indents[ML_LIMIT_DEPTH + 2]; /* of open block collections */
    size_t indent_depth;
    ml_yaml_anchor *anchors;
    size_t anchor_count, anchor_cap;
    uint32_t *slots; /* hash table of names: index + 1 into anchors, 0 = free */
    size_t slot_count;
    ml_bytes *handles; /* of this document's %TAG directives */
    size_t handle_count;
    ml_err *e;
} ml_yaml_parse_state;

/* Goes behind the next token. */
void ml_yaml_skip(ml_yaml_parse_state *p);

/* The node under construction's innermost collection, or NULL at the root. */
ml_yaml_frame *ml_yaml_top(ml_yaml_parse_state *p);

/* "format" at a token. Returns -1. */
int ml_yaml_refuse(const ml_yaml_parse_state *p, const ml_yaml_token *token, const char *why);

/* yaml_nodes.c: makes nodes of tokens and hangs them into the innermost collection, as item, key or
 * value as its state says. */
int ml_yaml_add_scalar(ml_yaml_parse_state *p, const ml_yaml_props *props,
                       const ml_yaml_token *token);
int ml_yaml_add_empty(ml_yaml_parse_state *p, const ml_yaml_props *props, uint32_t offset);
int ml_yaml_add_alias(ml_yaml_parse_state *p, const ml_yaml_token *token);
int ml_yaml_open(ml_yaml_parse_state *p, const ml_yaml_props *props, const ml_yaml_token *token,
                 ml_kind kind, ml_yaml_state state);

/* Closes the innermost collection; it ends at `end`, or for 0 where its last token does. Checks
 * what a merge key has. */
int ml_yaml_close(ml_yaml_parse_state *p, uint32_t end);

/* Forgets the anchors, at a document's end. */
void ml_yaml_forget(ml_yaml_parse_state *p);

/* yaml_tag.c: the handles of %TAG directives. Remembers one; whether one was declared; whether a
 * tag needs none, or has one that was. */
int ml_yaml_add_handle(ml_yaml_parse_state *p, const ml_yaml_token *token);
bool ml_yaml_has_handle(const ml_yaml_parse_state *p, ml_bytes handle);
bool ml_yaml_knows_tag(const ml_yaml_parse_state *p, ml_bytes tag);

#endif
