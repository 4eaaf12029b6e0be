#ifndef ML_DOC_LINES_H
#define ML_DOC_LINES_H

/* lines.h — what the formats that are made of lines share: dotenv and INI. A line ends behind its
 * '\n'; the last one may have none, and a text that has none there keeps it so. */
#include "doc/edit.h"

/* Where the line of `at` begins, and where the next one does (or the text ends). */
size_t ml_line_start(ml_bytes text, size_t at);
size_t ml_line_next(ml_bytes text, size_t at);

/* What stands at and behind `at` in its line, without the line break. */
ml_bytes ml_line_rest(ml_bytes text, size_t at);

/* "\r\n" or "\n", as the first line ends. */
const char *ml_line_break(ml_bytes text);

/* Inserts `lines`, which end without a line break, at the start of a line or at the text's end. */
int ml_lines_insert(ml_edits *es, ml_bytes text, size_t at, ml_bytes lines, const char *line_break,
                    ml_err *e);

/* Removes the whole lines [start, end). */
int ml_lines_remove(ml_edits *es, ml_bytes text, size_t start, size_t end, const char *line_break,
                    ml_err *e);

#endif
