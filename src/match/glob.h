#ifndef ML_MATCH_GLOB_H
#define ML_MATCH_GLOB_H

/* glob.h — file name patterns, as sites write them in `ignore` and recipes in arguments.
 *
 *   ?        one character that is not a slash
 *   *        any number of them, also none; a leading dot is nothing special
 *   **       any number of characters, slashes too; a `**` + slash at the start of a component
 *            also matches no folder at all: `a/` + `**` + `/b` matches `a/b`
 *   [a-z]    one character of the class, never a slash; [!a] or [^a] is any other; a first `]`
 * counts {a,b}    either; may be nested and empty \x       x itself
 *
 * A name need not be UTF-8: a character is a UTF-8 character where there is one, else one byte. */
#include "base/bytes.h"
#include "base/err.h"

/* Whether `pattern` matches the whole of `path`. The time grows with the product of the lengths,
 * whatever the pattern. Fails, leaving *matched false, with "format" when the pattern is malformed
 * (an open bracket or brace, a brace that closes nothing, a backslash at the end, a range that runs
 * backwards; e->column is the byte, from 1), "limit" beyond ML_LIMIT_GLOB bytes or
 * ML_LIMIT_GLOB_DEPTH braces, "memory". */
int ml_glob_match(ml_bytes pattern, ml_bytes path, bool *matched, ml_err *e);

#endif
