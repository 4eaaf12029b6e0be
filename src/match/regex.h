#ifndef ML_MATCH_REGEX_H
#define ML_MATCH_REGEX_H

/* regex.h — the regular expressions of `.sops.yaml`: Go's dialect, yes or no.
 *
 * sops hands them to Go's regexp package, so a pattern must mean here exactly what it means there:
 * one that is read a little differently encrypts different values. A pattern is accepted only if Go
 * accepts it, then rewritten for PCRE2 (regex_go.h says how). A few legal oddities are refused as
 * well; docs/decisions.md lists them. */
#include "base/bytes.h"
#include "base/err.h"

typedef struct ml_regex ml_regex;

/* Compiles `pattern` (UTF-8, at most ML_LIMIT_REGEX_PATTERN bytes) and gives the owner in *out,
 * NULL on failure. Codes: "format" for what Go's syntax does not allow (the message quotes the part
 * and gives the byte it begins at, from 1, which is also in e->column), "unsupported" for what is
 * legal and refused all the same, "limit", "memory". A pattern is public: messages quote it. */
int ml_regex_compile(ml_regex **out, ml_bytes pattern, ml_err *e);

/* Whether `pattern` occurs anywhere in `subject`, as Go's MatchString says. Any number of threads
 * may share *r. Fails, leaving *matched false, with "format" when the subject is not UTF-8 and with
 * "limit" when it is longer than ML_LIMIT_REGEX_SUBJECT bytes or the search took more than
 * ML_LIMIT_REGEX_WORK steps: a caller must never take a failure for "no match". Messages do not
 * quote the subject. */
int ml_regex_match(const ml_regex *r, ml_bytes subject, bool *matched, ml_err *e);

/* Harmless for NULL. */
void ml_regex_free(ml_regex *r);

#endif
