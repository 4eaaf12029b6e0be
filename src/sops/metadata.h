#ifndef ML_SOPS_METADATA_H
#define ML_SOPS_METADATA_H

/* metadata.h — the `sops` mapping of a sealed file: read from the document's nodes, changed by
 * edits of single fields, written whole only for a new file.
 *
 * Reading is as lenient about scalar types as sops (`"2"` is 2, `"true"` is true, one map is a
 * list of one, names match in any case) and stricter about sense: a field twice, a field of the
 * wrong shape, more recipients than ML_LIMIT_RECIPIENTS are errors with the line. Fields and key
 * kinds that are not known here stay in the file as they are. */
#include "base/buf.h"
#include "doc/edit.h"
#include "sops/key.h"

/* One key that a file names. */
typedef struct ml_sops_recipient {
    ml_sops_key key;
    ml_bytes enc; /* the wrapped data key or share, decoded scalar text */
    uint32_t line;
    ml_node entry;    /* the map of this recipient, child of the list (or in its place) */
    ml_node enc_node; /* the scalar of `enc` */
} ml_sops_recipient;

/* Which values are sealed; at most one of the six is not empty. */
typedef struct ml_sops_selectors {
    ml_bytes unencrypted_suffix, encrypted_suffix;
    ml_bytes unencrypted_regex, encrypted_regex;
    ml_bytes unencrypted_comment_regex, encrypted_comment_regex;
    bool mac_only_encrypted;
} ml_sops_selectors;

/* How many of the six are set. */
unsigned ml_sops_selectors_count(const ml_sops_selectors *s);

/* All spans point into the document (which must outlive this). */
typedef struct ml_sops_metadata {
    ml_node map; /* the value of `sops` */
    ml_sops_recipient *recipients;
    size_t count;
    uint32_t groups;     /* key groups; 1 when the keys stand at top level, 0 when there are none */
    bool grouped;        /* they stand in key_groups */
    ml_node *group_maps; /* the map that has the keys of each group; `map` at top level */
    uint32_t threshold;  /* shamir_threshold, 0 when absent */
    ml_sops_selectors selectors; /* as written: none set is sops' default (file.h) */
    ml_bytes mac, lastmodified, version;
    ml_node mac_node, lastmodified_node, version_node; /* ML_NO_NODE when absent */
    const char *selector;                              /* which one is set; NULL: none */
    ml_node selector_node;                             /* its text */
} ml_sops_metadata;

/* Of an error that the pattern of a selector gave: in which field, and on which line. Returns -1.
 */
int ml_sops_metadata_blame(const ml_sops_metadata *m, const ml_doc *d, ml_err *e);

/* Reads the metadata at map `map`. Fails with "format" or "limit", with path and line. An absent
 * mac or version is not an error here. */
int ml_sops_metadata_parse(ml_sops_metadata *m, const ml_doc *d, ml_node map, ml_err *e);
void ml_sops_metadata_free(ml_sops_metadata *m);

/* The first entry of this key in a group, or NULL. */
const ml_sops_recipient *ml_sops_metadata_find(const ml_sops_metadata *m, uint32_t group,
                                               const ml_sops_key *key);

/* Has it mac and version? Only then is a file sealed. */
bool ml_sops_metadata_seals(const ml_sops_metadata *m);

/* Parses RFC 3339 and writes it with seconds, as it authenticates the MAC: 2026-11-23T12:48:04Z.
 * `out` is NUL-terminated. -1 when it is malformed. */
enum { ML_SOPS_TIME_SIZE = 32 };
int ml_sops_time_normal(char out[ML_SOPS_TIME_SIZE], ml_bytes text);

/* The time now (of ml_clock_now) in UTC, in the same form. */
void ml_sops_time_now(char out[ML_SOPS_TIME_SIZE]);

/* The value of a field, aliases followed; ML_NO_NODE when it is absent or null. -1 when it is there
 * twice (in two spellings: equal ones the document refuses). */
int ml_sops_metadata_field(const ml_doc *d, ml_node map, const char *name, ml_node *out, ml_err *e);

/* A key with what is wrapped for it. */
typedef struct ml_sops_wrapped {
    const ml_sops_key *key;
    ml_buf enc; /* empty as long as nothing is */
    bool kept;  /* it is what the file has, and the file keeps it as it stands */
} ml_sops_wrapped;

/* All keys of a file. */
typedef struct ml_sops_wrapping {
    ml_sops_wrapped *list;
    size_t count;
    uint32_t groups;
    uint32_t threshold; /* of several groups; 0: none is written */
} ml_sops_wrapping;

/* What new metadata is made of. */
typedef struct ml_sops_fields {
    const ml_sops_wrapping *keys;
    ml_sops_selectors selectors;
    ml_bytes lastmodified, mac, version;
} ml_sops_fields;

/* How it is laid out. */
typedef enum ml_sops_layout {
    ML_SOPS_BLOCK,  /* YAML lines, armor as literal block */
    ML_SOPS_LINES,  /* JSON over several lines */
    ML_SOPS_COMPACT /* JSON on one line; also for YAML whose root is a flow map */
} ml_sops_layout;

/* Appends `sops: …` (BLOCK: without the last line break) or `"sops": …` in the order of the current
 * sops. `unit` is one step of indentation; `line_break` is "\n" or "\r\n". Public text only. */
void ml_sops_metadata_write(ml_buf *out, const ml_sops_fields *f, ml_sops_layout layout,
                            const char *unit, const char *line_break);

/* The same for metadata that is there already, as a tree. */
void ml_sops_metadata_write_tree(ml_buf *out, const ml_tree *sops, ml_sops_layout layout,
                                 const char *unit, const char *line_break);

/* Changes one field and nothing else. */
int ml_sops_metadata_set(ml_edits *es, const ml_doc *d, ml_node scalar, ml_bytes text, ml_err *e);

/* Trees of values for what is written (metadata_tree.c): room for all keys of `w` once, and for
 * the rest of the metadata. */
typedef struct ml_sops_trees {
    ml_tree *list;
    size_t used;
    char time[ML_SOPS_TIME_SIZE]; /* when keys are said to be created */
    char number[12];
} ml_sops_trees;

int ml_sops_trees_new(ml_sops_trees *t, const ml_sops_wrapping *w, ml_err *e);
void ml_sops_trees_free(ml_sops_trees *t);

/* The whole metadata; one group, as an item of key_groups; those keys of one kind and group for
 * which `chosen` (by their place in `w`; NULL: all) is true, as a list under the kind's name. */
ml_tree ml_sops_tree_metadata(ml_sops_trees *t, const ml_sops_fields *f);
ml_tree ml_sops_tree_groups(ml_sops_trees *t, const ml_sops_wrapping *w);
ml_tree ml_sops_tree_group(ml_sops_trees *t, const ml_sops_wrapping *w, uint32_t group);
ml_tree ml_sops_tree_keys(ml_sops_trees *t, const ml_sops_wrapping *w, uint32_t group,
                          ml_sops_kind kind, const bool *chosen);
ml_tree ml_sops_tree_threshold(ml_sops_trees *t, uint32_t threshold);

/* The kinds in the order in which sops has the keys of a group it has read, and in the order of
 * their names, in which it writes them. */
extern const ml_sops_kind ml_sops_kinds_read[ML_SOPS_KINDS];
extern const ml_sops_kind ml_sops_kinds_sorted[ML_SOPS_KINDS];

#endif
