#ifndef ML_SYS_EDITOR_H
#define ML_SYS_EDITOR_H

/* editor.h — lines that a person types, one at a time.
 *
 * At a terminal libedit edits them: found when the first line is wanted, so that no other run maps
 * it and the libraries it needs. Without it, or when stdin or stdout is no terminal that can move
 * its cursor, lines are read plainly. The history is libedit's, in memory, one for the process.
 * Passphrases are asked for through tty.h, never here. For one thread. */
#include "base/buf.h"
#include "base/err.h"

typedef struct ml_editor ml_editor;

/* Candidate `number`, from 0, for completing `word`: a whole word, malloc'd, which libedit frees;
 * NULL when there are no more. It must return: libedit waits for it. */
typedef char *ml_editor_complete(void *context, const char *word, unsigned number);

/* `settings`: whether the user's .editrc is obeyed, whose macros can type. Fails with "memory". */
int ml_editor_new(ml_editor **editor, bool settings, ml_err *e);
void ml_editor_free(ml_editor *editor); /* NULL is fine */

/* Appends a line to `line`, without its line break. Returns 1; 0 at the end of input; -1 with
 * "interrupted" after a signal, "limit" (ML_LIMIT_LINE) or "system". `complete` may be NULL. The
 * prompt is seen at terminals only. */
int ml_editor_line(ml_editor *editor, const char *prompt, ml_editor_complete *complete,
                   void *context, ml_buf *line, ml_err *e);

/* Puts a line into the history, where there is one. */
void ml_editor_remember(ml_editor *editor, const char *line);

#endif
