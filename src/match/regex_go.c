/* regex_go.c — the walk over a Go pattern: groups, flags, repeats; see regex_go.h. */
#include "match/regex_go.h"

#include "base/limits.h"
#include "base/text.h"
#include "match/regex_walk.h"

/* What Go limits by itself: how far nested repeats multiply, and the size of the program it would
 * make of the pattern. */
typedef struct extent {
    unsigned long repeats; /* the largest product of counts on one path, at least 1 */
    unsigned long size;    /* at least the instructions Go needs */
} extent;

/* An open group, or the whole pattern. */
typedef struct group {
    size_t from;          /* its parenthesis */
    ml_regex_flags flags; /* in force again after it */
    extent all;           /* of everything in it but the pending atom */
} group;

typedef struct parser {
    ml_regex_walk walk;
    group groups[ML_LIMIT_REGEX_DEPTH + 1];
    size_t depth;
    bool pending;  /* an atom stands at the end of the output, and may be repeated */
    bool repeated; /* the thing before was a repeat */
    extent atom;   /* of the pending one */
} parser;

enum { REPEAT_MOST = 1000, UNBOUNDED = -1 };

/* What came before can no longer be repeated: it counts as part of its group. */
static void settle(parser *p)
{
    group *g = &p->groups[p->depth];

    if (p->pending) {
        if (p->atom.repeats > g->all.repeats)
            g->all.repeats = p->atom.repeats;
        g->all.size += p->atom.size;
    }
    p->pending = p->repeated = false;
}

/* The output now ends with an atom of this extent. */
static int add_atom(parser *p, extent atom)
{
    p->pending = true;
    p->atom = atom;
    return 0;
}

static int add_single(parser *p)
{
    const extent single = { 1, 2 };

    return add_atom(p, single);
}

static int add_char(parser *p, uint32_t c)
{
    ml_buf *out = p->walk.out;
    const bool letter = c >= 0x80 || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

    if (p->walk.flags.fold && letter) {
        ml_buf_text(out, "(?i:");
        ml_regex_write_char(out, c);
        ml_buf_byte(out, ')');
    } else {
        ml_regex_write_char(out, c);
    }
    return add_single(p);
}

static int add_text(parser *p, const char *text)
{
    ml_buf_text(p->walk.out, text);
    return add_single(p);
}

/* \Q…\E, from its backslash; without \E it ends with the pattern. */
static int quoted(parser *p)
{
    ml_regex_walk *w = &p->walk;

    w->at += 2;
    while (w->at < w->in.len) {
        if (ml_regex_peek(w, 0) == '\\' && ml_regex_peek(w, 1) == 'E') {
            w->at += 2;
            return 0;
        }
        settle(p);
        add_char(p, ml_regex_next(w));
    }
    return 0;
}

static int backslash(parser *p)
{
    static const struct {
        char letter;
        const char *pcre;
    } places[] = { { 'A', "(?:\\A)" }, { 'z', "(?:\\z)" }, { 'b', "(?:\\b)" }, { 'B', "(?:\\B)" } };
    ml_regex_walk *w = &p->walk;
    const size_t start = w->out->len;
    uint32_t c;
    size_t i;
    int found;

    for (i = 0; i < sizeof places / sizeof *places; i++) {
        if (ml_regex_peek(w, 1) == places[i].letter) {
            w->at += 2;
            return add_text(p, places[i].pcre);
        }
    }
    if (ml_regex_peek(w, 1) == 'Q')
        return quoted(p);
    ml_buf_byte(w->out, '[');
    found = ml_regex_set(w);
    if (found < 0)
        return -1;
    if (found > 0)
        return add_text(p, "]");
    w->out->len = start;
    return ml_regex_escape(w, &c) < 0 ? -1 : add_char(p, c);
}

static int open_group(parser *p, size_t from, ml_regex_flags inside)
{
    group *g;

    if (p->depth == ML_LIMIT_REGEX_DEPTH)
        return ml_fail(p->walk.e, ML_E_LIMIT,
                       "regular expression, byte %zu: more than %d groups within groups", from + 1,
                       ML_LIMIT_REGEX_DEPTH);
    g = &p->groups[++p->depth];
    g->from = from;
    g->flags = p->walk.flags;
    g->all.repeats = 1;
    g->all.size = 2;
    p->walk.flags = inside;
    ml_buf_text(p->walk.out, "(?:");
    return 0;
}

static int close_group(parser *p)
{
    const group *g = &p->groups[p->depth];

    p->walk.at++;
    if (p->depth == 0)
        return ml_regex_refuse(&p->walk, p->walk.at - 1, ML_E_FORMAT, "a ) that closes nothing",
                               "a parenthesis itself is written \\)");
    p->walk.flags = g->flags;
    ml_buf_byte(p->walk.out, ')');
    p->depth--;
    return add_atom(p, g->all);
}

/* The name of (?P<name>, from its first letter. */
static int group_name(parser *p, size_t from)
{
    ml_regex_walk *w = &p->walk;
    const size_t start = w->at;
    size_t i;
    const size_t end = ml_bytes_find(w->in, start, '>');

    w->at = end == SIZE_MAX ? w->in.len : end + 1;
    if (end == SIZE_MAX || end == start)
        return ml_regex_refuse(w, from, ML_E_FORMAT, "a group without a name", "write (?P<name>…)");
    for (i = start; i < end; i++) {
        const unsigned char c = w->in.p[i];

        if (c != '_' && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
            !(c >= 'a' && c <= 'z'))
            return ml_regex_refuse(w, from, ML_E_FORMAT, "not the name of a group",
                                   "names are ASCII letters, digits and _");
    }
    return open_group(p, from, w->flags);
}

/* (?flags) or (?flags:…), from the parenthesis. */
static int flag_group(parser *p)
{
    ml_regex_walk *w = &p->walk;
    const size_t from = w->at;
    ml_regex_flags flags = w->flags;
    bool on = true, any = false;

    for (w->at += 2; w->at < w->in.len; w->at++) {
        const unsigned char c = w->in.p[w->at];

        if (c == 'i')
            flags.fold = on;
        else if (c == 'm')
            flags.multiline = on;
        else if (c == 's')
            flags.dot_all = on;
        else if (c == '-' && on)
            on = false;
        else if (c == ':' || c == ')')
            break;
        else if (c != 'U') /* greediness does not change whether there is a match */
            return ml_regex_foreign_group(w, from);
        any = c != '-';
    }
    if (w->at == w->in.len || (!on && !any))
        return ml_regex_foreign_group(w, from);
    if (w->in.p[w->at++] == ':')
        return open_group(p, from, flags);
    w->flags = flags;
    return 0;
}

static int parenthesis(parser *p)
{
    ml_regex_walk *w = &p->walk;
    const size_t from = w->at;

    if (ml_regex_peek(w, 1) != '?') {
        w->at++;
        return open_group(p, from, w->flags);
    }
    if (ml_regex_peek(w, 2) == 'P' && ml_regex_peek(w, 3) == '<') {
        w->at += 4;
        return group_name(p, from);
    }
    return flag_group(p);
}

/* A decimal number as Go reads it in {n,m}: no leading zeros. Numbers beyond the limit become
 * REPEAT_MOST + 1. false, with *at wherever, when there is none. */
static bool count(const ml_regex_walk *w, size_t *at, int *value)
{
    const size_t start = *at;

    *value = 0;
    while (*at < w->in.len && w->in.p[*at] >= '0' && w->in.p[*at] <= '9') {
        *value = *value * 10 + (w->in.p[*at] - '0');
        if (*value > REPEAT_MOST)
            *value = REPEAT_MOST + 1;
        ++*at;
    }
    return *at > start && (w->in.p[start] != '0' || *at == start + 1);
}

/* Reads {n}, {n,} or {n,m}. false, and nothing is read, when the brace is an ordinary character. */
static bool braces(ml_regex_walk *w, int *least, int *most)
{
    size_t at = w->at + 1;

    if (!count(w, &at, least))
        return false;
    *most = *least;
    if (at < w->in.len && w->in.p[at] == ',') {
        at++;
        *most = UNBOUNDED;
        if (at < w->in.len && w->in.p[at] != '}' && !count(w, &at, most))
            return false;
    }
    if (at >= w->in.len || w->in.p[at] != '}')
        return false;
    w->at = at + 1;
    return true;
}

/* The extent of `atom` repeated, as Go counts it: {0} makes nothing of it. */
static extent repeat_extent(extent atom, int least, int most)
{
    const unsigned long floor = (unsigned long)least;
    const unsigned long top = most != UNBOUNDED ? (unsigned long)most : floor > 1 ? floor : 1;
    const unsigned long times = most == UNBOUNDED ? floor : top;
    extent all;

    all.repeats = most == 0 ? 1 : times > 1 ? times * atom.repeats : atom.repeats;
    all.size = top * atom.size + (top - floor) + 2;
    return all;
}

/* A repeat of [least, most] was read, beginning at `from`. */
static int repeat(parser *p, size_t from, int least, int most)
{
    ml_regex_walk *w = &p->walk;
    const size_t end = w->at;
    const bool after_repeat = p->repeated;

    if (least > REPEAT_MOST || most > REPEAT_MOST || (most != UNBOUNDED && least > most))
        return ml_regex_refuse(w, from, ML_E_FORMAT,
                               most != UNBOUNDED && least > most ? "a count that runs backwards"
                                                                 : "a count above 1000",
                               NULL);
    if (after_repeat)
        return ml_regex_refuse(w, from, ML_E_FORMAT, "a repeat of a repeat",
                               ml_bytes_is(ml_bytes_slice(w->in, from, end), "+")
                                   ? "Go's regular expressions have no possessive repeats"
                                   : "put what is repeated into (?:…)");
    if (!p->pending)
        return ml_regex_refuse(w, from, ML_E_FORMAT, "nothing stands before it to repeat",
                               "the character itself is written with a backslash");
    p->atom = repeat_extent(p->atom, least, most);
    if (p->atom.repeats > REPEAT_MOST)
        return ml_regex_refuse(w, from, ML_E_FORMAT,
                               "counts within counts multiply to more than 1000", NULL);
    ml_buf_add(w->out, ml_bytes_slice(w->in, from, end));
    if (ml_regex_peek(w, 0) == '?')
        w->at++; /* "as few as possible": does not change whether there is a match */
    p->repeated = true;
    return 0;
}

/* Reads one construct. */
static int step(parser *p)
{
    ml_regex_walk *w = &p->walk;
    const size_t from = w->at;
    const int c = ml_regex_peek(w, 0);
    int least = c == '+', most = c == '?' ? 1 : UNBOUNDED;

    if (c == '*' || c == '+' || c == '?')
        w->at++;
    if (c == '*' || c == '+' || c == '?' || (c == '{' && braces(w, &least, &most)))
        return repeat(p, from, least, most);
    settle(p);
    switch (c) {
    case '(':
        return parenthesis(p);
    case ')':
        return close_group(p);
    case '[':
        return ml_regex_class(w) < 0 ? -1 : add_single(p);
    case '\\':
        return backslash(p);
    default:
        break;
    }
    w->at++;
    switch (c) {
    case '|':
        ml_buf_byte(w->out, '|');
        p->groups[p->depth].all.size += 2;
        return 0;
    case '^':
        return add_text(p, w->flags.multiline ? "(?:(?<![^\\n]))" : "(?:\\A)");
    case '$':
        return add_text(p, w->flags.multiline ? "(?:(?![^\\n]))" : "(?:\\z)");
    case '.':
        return add_text(p, w->flags.dot_all ? "(?s:.)" : "[^\\n]");
    default:
        w->at = from;
        return add_char(p, ml_regex_next(w));
    }
}

static int check_size(const parser *p)
{
    size_t i;
    unsigned long size = p->pending ? p->atom.size : 0;

    for (i = 0; i <= p->depth; i++)
        size += p->groups[i].all.size;
    if (size > ML_LIMIT_REGEX_SIZE)
        return ml_fail(p->walk.e, ML_E_LIMIT,
                       "regular expression: it is too large when its counts "
                       "are written out");
    return 0;
}

int ml_regex_from_go(ml_buf *out, ml_bytes pattern, ml_err *e)
{
    parser p = { 0 };
    size_t bad;

    if (pattern.len > ML_LIMIT_REGEX_PATTERN)
        return ml_fail(e, ML_E_LIMIT, "regular expression: %zu bytes, more than %d", pattern.len,
                       ML_LIMIT_REGEX_PATTERN);
    bad = ml_utf8_check(pattern);
    if (bad != SIZE_MAX)
        return ml_fail(e, ML_E_FORMAT, "regular expression, byte %zu: not UTF-8", bad + 1);
    p.walk.in = pattern;
    p.walk.out = out;
    p.walk.e = e;
    p.groups[0].all.repeats = 1;
    while (p.walk.at < pattern.len)
        if (step(&p) < 0 || check_size(&p) < 0)
            return -1;
    if (p.depth > 0)
        return ml_regex_refuse(&p.walk, p.groups[p.depth].from, ML_E_FORMAT, "a ) is missing",
                               "a parenthesis itself is written \\(");
    return ml_buf_check(out, e);
}
