#ifndef ML_DOC_YAML_COMMENTS_H
#define ML_DOC_YAML_COMMENTS_H

/* yaml_comments.h — which map or list each comment belongs to, as sops sees it.
 *
 * The container's path is what an encrypted comment is bound to, so it must be the one that the
 * real sops derives. Its YAML loader puts comments into three slots of a node: head (above), line
 * (behind) and foot (below); sops then strings them into maps and lists. Both steps are followed
 * here: yaml_comments.c finds the comments in the gaps between tokens and says to which token and
 * slot each run belongs, the grammar (yaml_parse.c) hands them to nodes on its way, and
 * yaml_place.c makes the comment nodes. A document without comments pays nothing. */
#include "doc/yaml_tokens.h"

typedef enum ml_yaml_slot { ML_YAML_HEAD, ML_YAML_LINE, ML_YAML_FOOT, ML_YAML_SLOTS } ml_yaml_slot;

/* One line of comment. */
typedef struct ml_yaml_comment_line {
    uint32_t start, end; /* from '#' to the line's end */
    uint32_t line, column;
    uint32_t next;    /* in its chain */
    bool blank_after; /* an empty line follows */
    bool placed;      /* a node was made of it */
} ml_yaml_comment_line;

/* A run of comment lines that goes to one slot. */
typedef struct ml_yaml_comment_run {
    uint8_t slot;
    uint32_t mark;                 /* it belongs to the first token that begins here or later */
    uint32_t scanned, end, column; /* where the search and the run ended; 1-based column of '#' */
    uint32_t first, count;         /* its lines */
} ml_yaml_comment_run;

/* The comments of one node: chains of lines, one for each slot. Line i is written i + 1, so that 0
 * is the empty chain. */
typedef struct ml_yaml_slots {
    uint32_t first[ML_YAML_SLOTS], last[ML_YAML_SLOTS];
} ml_yaml_slots;

/* Lines waiting for the next event. */
typedef struct ml_yaml_comment_list {
    uint32_t *list;
    size_t count, cap;
} ml_yaml_comment_list;

/* Zero-initialise. */
typedef struct ml_yaml_comments {
    bool any, failed; /* failed: memory ran out */
    ml_yaml_comment_line *lines;
    size_t line_count, line_cap;
    ml_yaml_comment_run *runs;
    size_t run_count, run_cap, run_next;
    ml_yaml_comment_list head, line, foot, stem, document;
    ml_yaml_slots *slots; /* by node */
    size_t slot_count;
} ml_yaml_comments;

/* Finds the comments. Moves the starts of BLOCK-END tokens to where the loader has them. */
int ml_yaml_comments_find(ml_bytes text, ml_yaml_tokens *tokens, ml_yaml_comments *out, ml_err *e);

/* Takes up the runs that belong to `token` or before it. */
void ml_yaml_comments_unfold(ml_yaml_comments *c, const ml_yaml_token *token);

/* Gives what waits to a node that begins. */
void ml_yaml_comments_give(ml_yaml_comments *c, ml_node n);

/* Gives what was set aside above a dash to the block collection behind it. */
void ml_yaml_comments_give_stem(ml_yaml_comments *c, ml_node n);

/* Sets aside the first `count` lines of the waiting head. */
void ml_yaml_comments_set_aside(ml_yaml_comments *c, size_t count);

/* The end of a collection: line and foot slots are those of the end (`take`), or empty. */
void ml_yaml_comments_end(ml_yaml_comments *c, ml_node n, bool take);

/* The foot of node a becomes that of node b, whose own is lost. */
void ml_yaml_comments_move_foot(ml_yaml_comments *c, ml_node a, ml_node b);
bool ml_yaml_comments_has_foot(const ml_yaml_comments *c, ml_node n);

/* The first line of a slot, as written in a chain. */
uint32_t ml_yaml_comments_first(const ml_yaml_comments *c, ml_node n, ml_yaml_slot slot);

/* The beginning of a document without `---`: what stands above the last empty line is its own. The
 * root takes it with ml_yaml_comments_root. */
void ml_yaml_comments_begin_document(ml_yaml_comments *c);
void ml_yaml_comments_root(ml_yaml_comments *c, ml_node root);
void ml_yaml_comments_end_document(ml_yaml_comments *c, ml_node root);

/* Hands the comments to the document, which ml_yaml_place_comments makes nodes of. */
int ml_yaml_keep_comments(ml_doc *d, ml_yaml_comments *c, ml_err *e);

void ml_yaml_comments_free(ml_yaml_comments *c);

#endif
