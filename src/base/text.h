#ifndef ML_BASE_TEXT_H
#define ML_BASE_TEXT_H

/* text.h — questions about text that several layers ask. */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* Decodes the UTF-8 character at `at` (< text.len): its length in bytes (1..4) with the code point
 * in *point, or 0 when the bytes there are not UTF-8 (overlong, surrogate, cut off, > U+10FFFF). */
size_t ml_utf8_decode(ml_bytes text, size_t at, uint32_t *point);

/* Writes `point` as UTF-8 into out[4] and returns the bytes used; 0 for surrogates and > U+10FFFF.
 */
size_t ml_utf8_encode(uint32_t point, unsigned char out[4]);

/* Offset of the first byte from `at` (<= text.len) on that is not ASCII, or text.len. */
size_t ml_ascii_end(ml_bytes text, size_t at);

/* Does it change how other characters are shown? Controls, separators of lines, marks of direction,
 * invisible joiners and tags. */
bool ml_utf8_is_unsafe(uint32_t point);

/* Offset of the first byte that is not UTF-8, or SIZE_MAX when all is. */
size_t ml_utf8_check(ml_bytes text);

/* Space or tab. */
bool ml_text_is_blank(unsigned char c);

/* A blank, or a byte of a line break: LF or CR. */
bool ml_text_is_space(unsigned char c);

/* `text` without the white space of Unicode at its beginning, or at both ends. */
ml_bytes ml_text_trim_left(ml_bytes text);
ml_bytes ml_text_trim(ml_bytes text);

/* Line and column (both from 1, columns in bytes) of offset `at`. */
void ml_text_position(ml_bytes text, size_t at, unsigned long *line, unsigned long *column);

#endif
