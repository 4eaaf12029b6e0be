/* glob.c — file name patterns; see glob.h.
 *
 * The pattern becomes a small program that is run in all its possible places side by side. So no
 * pattern makes us go back: each character of the path visits each instruction at most once. */
#include "match/glob.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"

/* CHAR to ALL take a character of the path; BOTH and GO lead on without one, as do MANY and ALL. */
typedef enum operation {
    CHAR,  /* exactly `c` */
    ONE,   /* any but a slash */
    CLASS, /* one of the class whose bracket is at `c` in the pattern */
    MANY,  /* any but a slash, again and again */
    ALL,   /* any, again and again */
    BOTH,  /* goes on behind and at `to` */
    GO,    /* goes on at `to` */
    DONE
} operation;

typedef struct instruction {
    operation op;
    uint32_t c;
    size_t to;
} instruction;

typedef struct brace {
    size_t from;   /* its place in the pattern */
    size_t branch; /* the BOTH before its last branch */
    size_t ends;   /* the last GO that must lead behind it, each naming the one before; 0 = none */
    bool starts_name; /* whether a component of the path begins at it */
} brace;

typedef struct compiler {
    ml_bytes in;
    size_t at;
    instruction *code;
    size_t count;
    brace braces[ML_LIMIT_GLOB_DEPTH];
    size_t depth;
    bool starts_name; /* a component of the path begins here */
    ml_err *e;
} compiler;

enum {
    LONE_BYTE = 0x110000, /* a byte that is not UTF-8 counts as this plus its value */
    PER_BYTE = 2          /* instructions that a byte of the pattern makes at most */
};

static int refuse(const compiler *c, size_t from, const char *what, const char *hint)
{
    ml_fail(c->e, ML_E_FORMAT, "file name pattern, byte %zu: %s", from + 1, what);
    ml_err_at(c->e, NULL, 1, (unsigned long)from + 1);
    return hint == NULL ? -1 : ml_err_hint(c->e, "%s", hint);
}

static instruction *emit(compiler *c, operation op, uint32_t value)
{
    instruction *i = &c->code[c->count++];

    i->op = op;
    i->c = value;
    i->to = 0;
    return i;
}

/* Reads the character at *at, which is not the end. */
static uint32_t character(ml_bytes text, size_t *at)
{
    uint32_t value;
    const size_t len = ml_utf8_decode(text, *at, &value);

    if (len == 0)
        return LONE_BYTE + text.p[(*at)++];
    *at += len;
    return value;
}

/* The same in a class, where a backslash makes the next character ordinary. */
static uint32_t class_character(ml_bytes pattern, size_t *at)
{
    if (pattern.p[*at] == '\\')
        ++*at;
    return character(pattern, at);
}

/* Reads one character or range of a class that is known to be closed. */
static void class_item(ml_bytes pattern, size_t *at, uint32_t *first, uint32_t *last)
{
    *first = *last = class_character(pattern, at);
    if (pattern.p[*at] == '-' && pattern.p[*at + 1] != ']') {
        ++*at;
        *last = class_character(pattern, at);
    }
}

/* Where the items of the class at `open` begin. */
static size_t class_begin(ml_bytes pattern, size_t open, bool *negated)
{
    *negated = open + 1 < pattern.len && (pattern.p[open + 1] == '!' || pattern.p[open + 1] == '^');
    return open + 1 + *negated;
}

static int compile_class(compiler *c)
{
    const size_t open = c->at;
    uint32_t first, last;
    bool negated;
    size_t at = class_begin(c->in, open, &negated), close = at;

    do { /* a ] that comes first, or behind a backslash, does not close */
        close += close < c->in.len && c->in.p[close] == '\\' ? 2 : 1;
    } while (close < c->in.len && c->in.p[close] != ']');
    if (close >= c->in.len)
        return refuse(c, open, "a ] is missing", "a bracket itself is written \\[");
    while (at < close) {
        const size_t from = at;

        class_item(c->in, &at, &first, &last);
        if (last < first)
            return refuse(c, from, "a range that runs backwards", NULL);
    }
    emit(c, CLASS, (uint32_t)open);
    c->at = close + 1;
    return 0;
}

/* A run of stars. */
static void compile_stars(compiler *c)
{
    const size_t from = c->at;
    size_t folders;

    while (c->at < c->in.len && c->in.p[c->at] == '*')
        c->at++;
    if (c->at == from + 1) {
        emit(c, MANY, 0);
    } else if (c->starts_name && c->at < c->in.len && c->in.p[c->at] == '/') {
        c->at++; /* any folders, or none: then the slash is not there either */
        folders = c->count;
        emit(c, BOTH, 0);
        emit(c, ALL, 0);
        emit(c, CHAR, '/');
        c->code[folders].to = c->count;
        return; /* a component begins again */
    } else {
        emit(c, ALL, 0);
    }
    c->starts_name = false;
}

static int open_brace(compiler *c)
{
    brace *b;

    if (c->depth == ML_LIMIT_GLOB_DEPTH)
        return ml_fail(c->e, ML_E_LIMIT,
                       "file name pattern, byte %zu: more than %d braces within braces", c->at + 1,
                       ML_LIMIT_GLOB_DEPTH);
    b = &c->braces[c->depth++];
    b->from = c->at++;
    b->branch = c->count;
    b->ends = 0;
    b->starts_name = c->starts_name;
    emit(c, BOTH, 0);
    return 0;
}

/* A comma within braces: the branch before it goes on behind the brace, another begins. */
static void next_branch(compiler *c)
{
    brace *b = &c->braces[c->depth - 1];

    c->at++;
    emit(c, GO, 0)->to = b->ends;
    b->ends = c->count - 1;
    c->code[b->branch].to = c->count;
    b->branch = c->count;
    emit(c, BOTH, 0);
    c->starts_name = b->starts_name;
}

static int close_brace(compiler *c)
{
    const brace *b;
    size_t end, before;

    if (c->depth == 0)
        return refuse(c, c->at, "a } that closes nothing", "a brace itself is written \\}");
    b = &c->braces[--c->depth];
    c->at++;
    c->code[b->branch].op = GO; /* no further branch */
    c->code[b->branch].to = b->branch + 1;
    for (end = b->ends; end != 0; end = before) {
        before = c->code[end].to;
        c->code[end].to = c->count;
    }
    c->starts_name = false;
    return 0;
}

static int compile_character(compiler *c)
{
    uint32_t value;

    if (c->in.p[c->at] == '\\' && ++c->at == c->in.len)
        return refuse(c, c->at - 1, "a backslash at the end", "a backslash is written \\\\");
    value = character(c->in, &c->at);
    emit(c, CHAR, value);
    c->starts_name = value == '/';
    return 0;
}

static int compile_next(compiler *c)
{
    switch (c->in.p[c->at]) {
    case '*':
        compile_stars(c);
        return 0;
    case '{':
        return open_brace(c);
    case '}':
        return close_brace(c);
    case '[':
        c->starts_name = false;
        return compile_class(c);
    case '?':
        c->at++;
        emit(c, ONE, 0);
        c->starts_name = false;
        return 0;
    case ',':
        if (c->depth == 0)
            return compile_character(c);
        next_branch(c);
        return 0;
    default:
        return compile_character(c);
    }
}

static int compile(compiler *c)
{
    c->starts_name = true;
    while (c->at < c->in.len)
        if (compile_next(c) < 0)
            return -1;
    if (c->depth > 0)
        return refuse(c, c->braces[c->depth - 1].from, "a } is missing",
                      "a brace itself is written \\{");
    emit(c, DONE, 0);
    return 0;
}

static bool in_class(ml_bytes pattern, size_t open, uint32_t value)
{
    uint32_t first, last;
    bool negated, found = false, begun = false;
    size_t at = class_begin(pattern, open, &negated);

    for (; pattern.p[at] != ']' || !begun; begun = true) {
        class_item(pattern, &at, &first, &last);
        found = found || (value >= first && value <= last);
    }
    return value != '/' && found != negated;
}

/* The places that the program may be in: a list without repetition. */
typedef struct places {
    size_t *list;
    size_t count;
    size_t *seen; /* for each instruction: 1 + the step in which it came to the list */
} places;

static void reach(places *p, size_t place, size_t step)
{
    if (p->seen[place] == step + 1)
        return;
    p->seen[place] = step + 1;
    p->list[p->count++] = place;
}

/* Adds all places that follow without taking a character; true if the end is among them. */
static bool settle(places *p, const instruction *code, size_t step)
{
    bool done = false;
    size_t i;

    for (i = 0; i < p->count; i++) {
        const instruction *at = &code[p->list[i]];

        if (at->op == BOTH || at->op == MANY || at->op == ALL)
            reach(p, p->list[i] + 1, step);
        if (at->op == BOTH || at->op == GO)
            reach(p, at->to, step);
        done = done || at->op == DONE;
    }
    return done;
}

static bool takes(const instruction *i, ml_bytes pattern, uint32_t value)
{
    switch (i->op) {
    case CHAR:
        return value == i->c;
    case ONE:
    case MANY:
        return value != '/';
    case CLASS:
        return in_class(pattern, i->c, value);
    case ALL:
        return true;
    default:
        return false;
    }
}

/* Runs the program; `now` and `then` are empty. */
static bool run(const instruction *code, ml_bytes pattern, ml_bytes path, places *now, places *then)
{
    size_t at = 0, step = 0, i;
    bool done;

    reach(now, 0, step);
    done = settle(now, code, step);
    while (at < path.len && now->count > 0) {
        const uint32_t value = character(path, &at);
        places *const swap = now;

        step++;
        then->count = 0;
        for (i = 0; i < now->count; i++) {
            const size_t place = now->list[i];
            const bool stays = code[place].op == MANY || code[place].op == ALL;

            if (takes(&code[place], pattern, value))
                reach(then, stays ? place : place + 1, step);
        }
        done = settle(then, code, step);
        now = then;
        then = swap;
    }
    return done && at == path.len;
}

int ml_glob_match(ml_bytes pattern, ml_bytes path, bool *matched, ml_err *e)
{
    const size_t most = PER_BYTE * pattern.len + 1;
    compiler c = { .in = pattern, .e = e };
    places now = { 0 }, then = { 0 };
    size_t *memory;
    int result = -1;

    *matched = false;
    if (pattern.len > ML_LIMIT_GLOB)
        return ml_fail(e, ML_E_LIMIT, "file name pattern: %zu bytes, more than %d", pattern.len,
                       ML_LIMIT_GLOB);
    c.code = calloc(most, sizeof *c.code);
    memory = calloc(4 * most, sizeof *memory);
    if (c.code == NULL || memory == NULL) {
        ml_fail_memory(e);
    } else if (compile(&c) == 0) {
        now.list = memory;
        now.seen = memory + most;
        then.list = memory + 2 * most;
        then.seen = memory + 3 * most;
        *matched = run(c.code, pattern, path, &now, &then);
        result = 0;
    }
    free(memory);
    free(c.code);
    return result;
}
