#ifndef ML_MATCH_REGEX_GO_H
#define ML_MATCH_REGEX_GO_H

/* regex_go.h — Go's regular expression syntax, read as Go 1.19 reads it (regexp/syntax, Perl flags)
 * and written for PCRE2.
 *
 * Nothing of the pattern is copied: each construct is understood, then written in the one spelling
 * that PCRE2 cannot take for anything else. Since only "is there a match" is asked, groups lose
 * their names and repeats their greediness, and flags are resolved here:
 *
 *   Go                     PCRE2
 *   ^ $ \A \z              (?:\A) (?:\z); under (?m) the equivalent looks around a newline
 *   . under (?s)           (?s:.)
 *   k under (?i)           (?i:k)
 *   \s \w [[:alpha:]]      [\x{9}-\x{a}...]: these sets are ASCII, under (?i) plus what folds to it
 *   \pL \p{Greek}          [\p{L}] [\p{sc:Greek}]
 *   (x) (?P<n>x) (?i:x)    (?:x)
 */
#include "base/buf.h"

/* Appends the PCRE2 spelling of `pattern` to *out, which stays the caller's. It is meant for
 * PCRE2_UTF with newline LF and no other option that changes meaning. Errors as for
 * ml_regex_compile. */
int ml_regex_from_go(ml_buf *out, ml_bytes pattern, ml_err *e);

#endif
