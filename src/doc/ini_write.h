#ifndef ML_DOC_INI_WRITE_H
#define ML_DOC_INI_WRITE_H

/* ini_write.h — keys, values and comments of INI, spelled so that the same is read again. */
#include "base/buf.h"
#include "doc/edit.h"

/* Appends `value`, in `style` if that carries it, else in the first of sops' own ways that does.
 * `rest` is what stands behind it up to the end of its line. Fails with "unsupported". */
int ml_ini_write_value(ml_buf *out, ml_bytes value, ml_style style, ml_bytes rest, ml_err *e);

int ml_ini_write_key(ml_buf *out, ml_bytes name, ml_err *e);
int ml_ini_write_section(ml_buf *out, ml_bytes name, ml_err *e); /* `[name]` */

/* Appends the text of a comment as lines that are comments, whatever it holds; the mark before the
 * first line is the caller's. */
void ml_ini_write_comment(ml_buf *out, ml_bytes text);

/* Appends a map of maps of scalars and comments, as sops writes it; the last line without its line
 * break. */
int ml_ini_write_tree(ml_buf *out, const ml_tree *tree, ml_err *e);

/* Appends the lines of one section's children; no line break behind the last one. */
int ml_ini_write_keys(ml_buf *out, const ml_tree *section, const char *line_break, ml_err *e);

#endif
