#ifndef ML_MATCH_REGEX_WALK_H
#define ML_MATCH_REGEX_WALK_H

/* regex_walk.h — what the parts of the Go reader share: the place in the pattern, the flags in
 * force and the output. Private to src/match/regex_*.c. */
#include <stdint.h>

#include "base/buf.h"

typedef struct ml_regex_flags {
    bool fold;      /* (?i) */
    bool multiline; /* (?m) */
    bool dot_all;   /* (?s) */
} ml_regex_flags;

typedef struct ml_regex_walk {
    ml_bytes in; /* UTF-8 throughout: checked before the walk begins */
    size_t at;   /* the next byte to read */
    ml_regex_flags flags;
    ml_buf *out;
    ml_err *e;
} ml_regex_walk;

/* The byte `ahead` of the next one, or -1 beyond the end. */
int ml_regex_peek(const ml_regex_walk *w, size_t ahead);

/* Reads one character; there must be one. */
uint32_t ml_regex_next(ml_regex_walk *w);

/* Refuses the part of the pattern from `from` to the next byte to read. `what` says what is wrong
 * with it, `hint` what to write instead (NULL: nothing). Returns -1. */
int ml_regex_refuse(ml_regex_walk *w, size_t from, const char *code, const char *what,
                    const char *hint);

/* What to write for \\c, which Go does not have; NULL when nothing is known. */
const char *ml_regex_foreign_escape(uint32_t c);

/* Refuses the group that begins at `from` with a `(?` that Go does not know. */
int ml_regex_foreign_group(ml_regex_walk *w, size_t from);

/* Reads an escape for one character, from its backslash, into *c. */
int ml_regex_escape(ml_regex_walk *w, uint32_t *c);

/* Reads a class from its bracket and writes it. */
int ml_regex_class(ml_regex_walk *w);

/* Reads \d \s \w \pL \p{Name} and their negations, and writes what stands for them within a class.
 * 1 if there was one, 0 if something else follows (nothing is read), -1 with the error. */
int ml_regex_set(ml_regex_walk *w);

/* Writes one character, or a range, so that it means only itself inside and outside classes. */
void ml_regex_write_char(ml_buf *out, uint32_t c);
void ml_regex_write_range(ml_buf *out, uint32_t first, uint32_t last);

#endif
