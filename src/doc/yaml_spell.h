#ifndef ML_DOC_YAML_SPELL_H
#define ML_DOC_YAML_SPELL_H

/* yaml_spell.h — a string written as a YAML scalar in each of the five styles, and which of them
 * can carry it exactly. */
#include "base/buf.h"
#include "doc/doc.h"

/* Whether text may stand as it is, in one line. `flow`: inside brackets; `line_start`: in the first
 * column, where --- and ... mean something. */
bool ml_yaml_plain_fits(ml_bytes text, bool flow, bool line_start);

/* Whether single quotes carry it: one line, printable. */
bool ml_yaml_single_fits(ml_bytes text);

/* Whether lines of a block scalar carry it: no character that YAML would change or refuse there. */
bool ml_yaml_block_fits(ml_bytes text);

/* Whether a block scalar with this text needs its indentation said in the header: its first line
 * that is not empty begins with a blank. */
bool ml_yaml_block_needs_digit(ml_bytes text);

/* Whether a plain scalar would be read as text, here and by YAML 1.1 readers (`yes`, `1:30`). */
bool ml_yaml_reads_as_text(ml_bytes text);

void ml_yaml_write_single(ml_buf *out, ml_bytes text);

/* Escapes what must be: quotes, backslash, breaks, characters that are not printable. With
 * `close_escaped` a final ']' is written \x5D: the mark of a sealed plain scalar. */
void ml_yaml_write_double(ml_buf *out, ml_bytes text, bool close_escaped);

/* The lines of a block scalar, without its final line breaks, each behind a line break and `indent`
 * columns. */
void ml_yaml_write_literal(ml_buf *out, ml_bytes body, size_t indent, ml_bytes newline);
void ml_yaml_write_folded(ml_buf *out, ml_bytes body, size_t indent, ml_bytes newline);

#endif
