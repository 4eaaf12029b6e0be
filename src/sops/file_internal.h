#ifndef ML_SOPS_FILE_INTERNAL_H
#define ML_SOPS_FILE_INTERNAL_H

/* file_internal.h — what the files behind file.h share; nobody else includes it. */
#include "sops/envelope.h"
#include "sops/file.h"
#include "sops/selector.h"
#include "sops/value.h"
#include "sops/walk.h"

/* What a node holds once the file is decrypted. */
typedef struct ml_sops_plain {
    ml_bytes text; /* canonical; in the arena, or the document's own */
    uint8_t type;
    bool known;        /* a value of this file */
    bool sealed;       /* it was ENC[…] */
    ml_node container; /* of a comment that opened as part of another container than its place
                          says; else ML_NO_NODE */
} ml_sops_plain;

/* What opened a key group: the data key itself when there is one group, else the group's share. */
typedef struct ml_sops_opened {
    ml_secret share;
    size_t recipient, identity; /* that opened it; SIZE_MAX: none did */
    bool offered;               /* by a key source */
} ml_sops_opened;

struct ml_sops {
    ml_buf text; /* sealed */
    ml_sops_format format;
    char *path; /* NULL when none was given */
    ml_doc *doc;
    ml_doc *metadata; /* what `meta` is read from and edited in: `doc` itself, or a document of its
                         own where the file has the metadata flattened (flat.h) */
    ml_buf metadata_text; /* of a document of its own */
    ml_sops_metadata meta;
    ml_selector *selector;
    ml_sops_cipher *cipher; /* NULL until unlocked */
    ml_sops_opened *parts;  /* by group */
    size_t part_count;
    char **reasons;       /* by recipient: why it did not open, as far as it was tried */
    ml_sops_plain *plain; /* one for each node; NULL until decrypted */
    ml_arena arena;       /* of the plain texts */
    bool mac_checked;
    ml_sops_notes notes;
    unsigned long generation;
};

/* The document format of a sops format: binary files are JSON. */
ml_format ml_sops_doc_format(ml_sops_format format);

/* The selectors in force: those written, or sops' default when there is none. */
ml_sops_selectors ml_sops_in_force(const ml_sops_selectors *written);

/* The `sops` mapping of the index-th document, or ML_NO_NODE. */
ml_node ml_sops_map_of(const ml_doc *d, size_t index);

void ml_sops_note_add(ml_sops_notes *notes, unsigned long line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Edits of a file's document and of its metadata, to be applied together. Where both are one
 * document, there is one list of edits. */
typedef struct ml_sops_edits {
    ml_edits document;
    ml_edits apart; /* of metadata that is a document of its own */
} ml_sops_edits;

/* The list that edits of nodes of s->metadata go to. */
ml_edits *ml_sops_metadata_edits(ml_sops_edits *es, const ml_sops *s);

/* Appends the text of the file with all edits. */
int ml_sops_edits_apply(ml_sops_edits *es, const ml_sops *s, ml_buf *out, ml_err *e);
void ml_sops_edits_free(ml_sops_edits *es);

/* The file's values may be changed: decrypted, with the MAC checked. */
int ml_sops_may_change(const ml_sops *s, ml_err *e);

/* Takes `text` (emptied) as the new sealed text: parses it, and forgets decrypted values. On
 * failure the file is as it was. */
int ml_sops_adopt(ml_sops *s, ml_buf *text, ml_err *e);

/* ml_sops_adopt for a text whose values have changed: opens all of them, computes the MAC anew,
 * stamps the time, and checks the result once more by decrypting it. */
int ml_sops_adopt_changed(ml_sops *s, ml_buf *text, ml_err *e);

/* Opens every value of `s` and gives the MAC's text (128 hex characters) without comparing it. */
enum { ML_SOPS_MAC_SIZE = 128 };
int ml_sops_open_values(ml_sops *s, char mac[ML_SOPS_MAC_SIZE], ml_err *e);

/* Seals `mac` with the time as additional data. */
int ml_sops_seal_mac(const ml_sops_cipher *c, const char mac[ML_SOPS_MAC_SIZE], const char *time,
                     ml_buf *out, ml_err *e);

/* The hash behind a MAC. `begin` takes mac_only_encrypted into account. */
void ml_sops_hash_begin(ml_hash *h, bool only_encrypted);
void ml_sops_hash_finish(ml_hash *h, char mac[ML_SOPS_MAC_SIZE]);

/* The canonical text of a scalar that stands in clear in `d`: its own text, or a copy in `arena`.
 */
int ml_sops_canonical(const ml_doc *d, ml_node n, ml_arena *arena, ml_bytes *text, ml_err *e);

/* Replaces the ENC[…] inside the raw text of scalar or comment `n`, keeping how it is quoted. */
int ml_sops_swap_enc(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e);

/* Where the metadata of a document's root goes, and how it is laid out there. */
typedef struct ml_sops_spot {
    size_t at;    /* offset in the clear text */
    size_t taken; /* bytes there in whose place it stands: the braces of an empty root */
    ml_sops_layout layout;
    char before[72], after[4]; /* what stands around it: comma, line breaks, indentation */
    char unit[12];             /* one step of indentation */
    char line_break[64];       /* with the root's own indentation */
} ml_sops_spot;

int ml_sops_spot_find(ml_sops_spot *spot, const ml_doc *clear, size_t root, ml_err *e);

/* The bytes that go with the metadata map `map`: exactly those that spot_find's user put there. */
void ml_sops_metadata_span(const ml_doc *d, ml_node map, size_t *start, size_t *end);

/* The values of a document, from node `n` down. */
typedef struct ml_sops_tree {
    ml_tree root;
    ml_arena arena;
} ml_sops_tree;

/* Of the document of `s`, decrypted, or of a clear one when `s` is NULL; with its comments, or
 * without. Texts are the file's. Free the tree also after a failure. */
int ml_sops_tree_build(ml_sops_tree *t, const ml_doc *d, const ml_sops *s, ml_node n, bool comments,
                       ml_err *e);
void ml_sops_tree_free(ml_sops_tree *t);

/* Fails where the root of a document is no map: "format". */
int ml_sops_check_map(const ml_doc *d, ml_node root, ml_err *e);

/* The clear text of `what` in another format. */
int ml_sops_convert(const ml_sops_new *what, ml_sops_notes *notes, ml_secret *out, ml_err *e);

/* One level of indentation, as text; of `output` NULL, a tab. */
enum { ML_SOPS_UNIT_SIZE = 65 };
int ml_sops_indent_unit(char unit[ML_SOPS_UNIT_SIZE], const ml_sops_output *output, ml_err *e);

/* A sealed text of a value, to be used again for the same value at the same place. */
typedef struct ml_sops_kept ml_sops_kept;
int ml_sops_kept_new(ml_sops_kept **out, const ml_sops *s, ml_err *e);
void ml_sops_kept_free(ml_sops_kept *k);

/* The sealed text for this value, each as often as the file had it; an empty span when there is
 * none (any more). *plain_style: it stood there without quotes or block. */
ml_bytes ml_sops_kept_take(ml_sops_kept *k, ml_bytes aad, ml_type type, ml_bytes plain,
                           bool *plain_style);

/* Whether the file has a value in clear at this place. */
bool ml_sops_kept_clear(const ml_sops_kept *k, ml_bytes aad);

/* Seals all values of `with_metadata`, a clear document to which metadata has been added already.
 * `clear` is the same text without metadata (its last scalar may differ: see seal.c). */
typedef struct ml_sops_sealing {
    const ml_sops_cipher *cipher;
    const ml_selector *selector;
    bool only_encrypted;
    const ml_doc *doc;            /* with metadata */
    const ml_doc *clear;          /* without */
    size_t added_before_last;     /* bytes of metadata before the last document's text */
    ml_sops_kept *kept;           /* or NULL */
    const ml_sops_change *change; /* of an existing file, or NULL */
    ml_sops_notes *notes;         /* or NULL */
    size_t picked, passed;        /* results: values sealed, values left in clear */
    size_t expanded;              /* bytes that aliases have added so far */
} ml_sops_sealing;

int ml_sops_seal_document(ml_sops_sealing *what, ml_edits *es, char mac[ML_SOPS_MAC_SIZE],
                          ml_err *e);

/* Whether the new value at `n` may stand in clear; fails with "conflict". */
int ml_sops_allow_clear(const ml_doc *d, ml_node n, const ml_sops_change *change, ml_err *e);

/* Writes an alias out at its place, sealed there: what it stands for, as a tree. */
int ml_sops_expand(ml_sops_sealing *what, ml_hash *hash, const ml_walk_place *at,
                   const ml_selector_level *level, ml_edits *es, ml_err *e);

/* Makes a sealed text of `clear` under an existing data key. `raw` is the metadata of the old file
 * as it stood there, or empty: then it is written from `fields`. */
typedef struct ml_sops_making {
    ml_bytes clear;
    ml_sops_format format;
    const char *path;
    const ml_sops_cipher *cipher;
    const ml_sops_fields *fields;
    ml_bytes raw;
    bool raw_flow;
    const char *unit; /* of indentation, of a binary file */
    ml_sops_kept *kept;
    const ml_sops_change *change;
    ml_sops_notes *notes;
} ml_sops_making;

int ml_sops_make(const ml_sops_making *what, ml_buf *out, ml_err *e);

/* Opens `text` with the cipher's key and checks it whole: what is written must be readable. */
int ml_sops_prove(ml_bytes text, ml_sops_format format, const char *path,
                  const ml_sops_cipher *cipher, ml_err *e);

/* Edits that put mac and time into the metadata of every document of `d`. `mac_text` is sealed. */
int ml_sops_stamp(ml_edits *es, const ml_doc *d, ml_bytes mac_text, const char *time, ml_err *e);

/* What an envelope changes in the place where a file has its keys. */
typedef enum ml_sops_layout_change {
    ML_SOPS_LAYOUT_STAYS,
    ML_SOPS_LAYOUT_TO_GROUPS, /* from the top level to key_groups */
    ML_SOPS_LAYOUT_TO_TOP     /* and back */
} ml_sops_layout_change;

ml_sops_layout_change ml_sops_metadata_layout(const ml_sops_metadata *m, const ml_sops_wrapping *w);

/* Edits of one document's metadata: `give` adds keys, and puts in what was wrapped anew; once that
 * has been done, `drop` removes what is no longer wanted. *more is set when another pass is needed.
 */
int ml_sops_metadata_give(ml_edits *es, const ml_doc *d, const ml_sops_metadata *m,
                          const ml_sops_wrapping *w, ml_sops_layout_change layout, bool *more,
                          ml_err *e);
int ml_sops_metadata_drop(ml_edits *es, const ml_doc *d, const ml_sops_metadata *m,
                          const ml_sops_wrapping *w, ml_sops_layout_change layout, bool *more,
                          ml_err *e);

/* Puts the keys of an envelope into the metadata of every document. On failure the text may be
 * half changed: the caller puts the old one back. */
int ml_sops_apply_envelope(ml_sops *s, const ml_sops_envelope *v, ml_err *e);

/* unlock.c: room for the parts of `count` groups in place of those there are; no part, no reason
 * any more. */
int ml_sops_new_parts(ml_sops *s, size_t count, ml_err *e);
void ml_sops_forget_parts(ml_sops *s);
void ml_sops_forget_reasons(ml_sops *s);
void ml_sops_forget_values(ml_sops *s);

#endif
