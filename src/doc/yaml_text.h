#ifndef ML_DOC_YAML_TEXT_H
#define ML_DOC_YAML_TEXT_H

/* yaml_text.h — small questions about the lines of a YAML text. */
#include "base/bytes.h"

/* Bytes of the line break at `at` (LF, CR, CRLF, U+0085, U+2028, U+2029), 0 when there is none. */
size_t ml_yaml_break(ml_bytes text, size_t at);

/* As above for the line break that ends at `at`. */
size_t ml_yaml_break_before(ml_bytes text, size_t at);

/* Offset of the line's break (or of the end of the text), and of the line's first byte (behind a
 * byte order mark). */
size_t ml_yaml_line_end(ml_bytes text, size_t at);
size_t ml_yaml_line_start(ml_bytes text, size_t at);

/* Whether a line begins at `at`, without a look at the rest of it. */
bool ml_yaml_is_line_start(ml_bytes text, size_t at);

/* Offset of the first byte at or after `at` that is neither space nor tab. */
size_t ml_yaml_skip_blanks(ml_bytes text, size_t at);

/* Whether a '#' stands at `at`: where content may begin or has just ended, a comment. */
bool ml_yaml_is_comment(ml_bytes text, size_t at);

/* As ml_yaml_skip_blanks, over spaces, tabs, line breaks and comments. */
size_t ml_yaml_skip_gap(ml_bytes text, size_t at);

/* Offset of the ':' behind a key that ends at `key_end`, or SIZE_MAX. */
size_t ml_yaml_colon(ml_bytes text, size_t key_end);

/* Columns before the content of a block scalar [start, end): `around`, the indentation of the block
 * collection it stands in (0 for none), plus its header's digit; without a digit the indentation of
 * its first line that is not empty, or 0 when it has no such line. */
size_t ml_yaml_block_indent(ml_bytes text, size_t start, size_t end, size_t around);

/* The end of a block scalar [start, end) as libyaml has it, cut back to the end of its last line
 * with content: empty lines behind it (also of blanks not beyond `indent`) go. */
size_t ml_yaml_block_end(ml_bytes text, size_t start, size_t end, size_t indent);

/* The line break the file uses: that of its first line; "\n" when it has none. */
ml_bytes ml_yaml_newline(ml_bytes text);

/* Whether a line without content, or a comment's, that follows a value ending at `end` begins with
 * a tab: below a plain scalar it may, and below nothing else. */
bool ml_yaml_tab_below(ml_bytes text, size_t end);

#endif
