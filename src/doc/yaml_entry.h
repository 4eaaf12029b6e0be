#ifndef ML_DOC_YAML_ENTRY_H
#define ML_DOC_YAML_ENTRY_H

/* yaml_entry.h — where an entry of a YAML map or list begins and ends in the text: what
 * has to be known before one is put in or taken out. */
#include "doc/doc.h"

/* Whether the node stands in brackets. */
bool ml_yaml_in_flow(const ml_doc *d, const ml_node_info *info);

/* Offset behind the blanks that end at `at`. */
size_t ml_yaml_back_over_blanks(ml_bytes text, size_t at);

/* Whether only blanks stand before `at` on its line. */
bool ml_yaml_begins_line(ml_bytes text, size_t at);

/* Whether nothing stands behind `at` on its line but a comment. */
bool ml_yaml_ends_line(ml_bytes text, size_t at);

/* Where an entry begins: at its key or the question mark before it, at its dash, or, in brackets,
 * itself. */
size_t ml_yaml_entry_start(const ml_doc *d, ml_node n);

/* The end of the last line of an entry, before its break; behind the empty lines that a scalar
 * keeps. */
size_t ml_yaml_entry_end(const ml_doc *d, ml_node n);

/* The end of what goes with an entry behind `before` (or ML_NO_NODE): also the comments below it
 * that are deeper than its column, which are its own, and lines that a block scalar above would
 * take. */
size_t ml_yaml_removed_end(const ml_doc *d, ml_node n, ml_node before);

/* Whether an entry ends with a block scalar of whose text the line break behind it is a part. */
bool ml_yaml_needs_break(const ml_doc *d, ml_node n);

/* Whether a blank must stand behind an entry in brackets: `{a:}` would be read as one key, and
 * `{a: !}` as another tag. */
bool ml_yaml_needs_blank(const ml_doc *d, ml_node n);

/* Whether a comma must stay right behind an entry in brackets: a dash alone would begin an entry of
 * a list before a blank, `---` and `...` that are a line would part documents. */
bool ml_yaml_needs_comma(const ml_doc *d, ml_node n);

/* The place behind the comma that follows an entry in brackets, which ends at `end`; `end` itself
 * when there is none. */
size_t ml_yaml_after_comma(ml_bytes text, size_t end, bool *found);

/* The block scalar that ends an entry, or ML_NO_NODE. */
ml_node ml_yaml_last_block(const ml_doc *d, ml_node n);

#endif
