/* regex_class.c — classes and sets of Go's regular expressions; see regex_walk.h. */
#include <string.h>

#include "match/regex_unicode.h"
#include "match/regex_walk.h"

/* A set of ASCII characters: `count` pairs of first and last. */
typedef struct ascii_set {
    const char *name;
    unsigned char count;
    unsigned char pairs[8];
} ascii_set;

static const ascii_set perl_sets[] = {
    { "d", 1, { '0', '9' } },
    { "s", 3, { '\t', '\n', '\f', '\r', ' ', ' ' } }, /* no \v, unlike [[:space:]] */
    { "w", 4, { '0', '9', 'A', 'Z', '_', '_', 'a', 'z' } },
};

static const ascii_set posix_sets[] = {
    { "alnum", 3, { '0', '9', 'A', 'Z', 'a', 'z' } },
    { "alpha", 2, { 'A', 'Z', 'a', 'z' } },
    { "ascii", 1, { 0x00, 0x7F } },
    { "blank", 2, { '\t', '\t', ' ', ' ' } },
    { "cntrl", 2, { 0x00, 0x1F, 0x7F, 0x7F } },
    { "digit", 1, { '0', '9' } },
    { "graph", 1, { '!', '~' } },
    { "lower", 1, { 'a', 'z' } },
    { "print", 1, { ' ', '~' } },
    { "punct", 4, { '!', '/', ':', '@', '[', '`', '{', '~' } },
    { "space", 2, { '\t', '\r', ' ', ' ' } },
    { "upper", 1, { 'A', 'Z' } },
    { "word", 4, { '0', '9', 'A', 'Z', '_', '_', 'a', 'z' } },
    { "xdigit", 3, { '0', '9', 'A', 'F', 'a', 'f' } },
};

/* The two characters beyond ASCII that (?i) makes equal to an ASCII letter: to s and to k. Go adds
 * them to \w under (?i), PCRE2 would not. */
enum { LONG_S = 0x17F, KELVIN_SIGN = 0x212A };

static void write_beyond_ascii(ml_buf *out, bool negated, bool long_s, bool kelvin)
{
    if (!negated) {
        if (long_s)
            ml_regex_write_char(out, LONG_S);
        if (kelvin)
            ml_regex_write_char(out, KELVIN_SIGN);
        return;
    }
    if (long_s)
        ml_regex_write_range(out, 0x80, LONG_S - 1);
    if (kelvin)
        ml_regex_write_range(out, long_s ? LONG_S + 1 : 0x80, KELVIN_SIGN - 1);
    ml_regex_write_range(out, kelvin ? KELVIN_SIGN + 1 : long_s ? LONG_S + 1 : 0x80, 0x10FFFF);
}

/* Writes the set, or all other characters, as ranges. Under (?i) it is closed under folding first:
 * the complement of a folded set is what Go takes, not the folded complement. */
static void write_set(ml_regex_walk *w, const ascii_set *set, bool negated)
{
    bool in[128] = { false };
    size_t i;
    unsigned c;

    for (i = 0; i < set->count; i++)
        for (c = set->pairs[2 * i]; c <= set->pairs[2 * i + 1]; c++)
            in[c] = true;
    if (w->flags.fold)
        for (c = 'A'; c <= 'Z'; c++)
            in[c] = in[c + 32] = in[c] || in[c + 32];
    for (c = 0; c < 128; c++) {
        const unsigned first = c;

        if (in[c] == negated)
            continue;
        while (c + 1 < 128 && in[c + 1] != negated)
            c++;
        ml_regex_write_range(w->out, first, c);
    }
    write_beyond_ascii(w->out, negated, w->flags.fold && in['s'], w->flags.fold && in['k']);
}

/* Reads the name of \pX or \p{Name}, after the p; `from` is the backslash. A leading ^ of the name
 * is read and turns *negated. */
static int property_name(ml_regex_walk *w, size_t from, ml_bytes *name, bool *negated)
{
    const bool braces = ml_regex_peek(w, 0) == '{';
    size_t start = w->at + braces, end;

    if (w->at == w->in.len)
        return ml_regex_refuse(w, from, ML_E_FORMAT, "the name of a Unicode class is missing",
                               "write \\pL or \\p{Greek}");
    if (braces) {
        end = ml_bytes_find(w->in, start, '}');
        w->at = end == SIZE_MAX ? w->in.len : end + 1;
        if (end == SIZE_MAX)
            return ml_regex_refuse(w, from, ML_E_FORMAT, "a } is missing", NULL);
        if (start < end && w->in.p[start] == '^') {
            *negated = !*negated;
            start++;
        }
    } else {
        (void)ml_regex_next(w);
        end = w->at;
    }
    *name = ml_bytes_slice(w->in, start, end);
    return 0;
}

/* Reads \pX from its backslash and writes it. */
static int unicode_set(ml_regex_walk *w)
{
    const size_t from = w->at;
    bool negated = w->in.p[from + 1] == 'P';
    ml_unicode_class class;
    ml_bytes name = { 0 };

    w->at += 2;
    if (property_name(w, from, &name, &negated) < 0)
        return -1;
    class = ml_unicode_class_find(name);
    if (class.kind == ML_UNICODE_NONE)
        return ml_regex_refuse(
            w, from, ML_E_FORMAT, "no Unicode class that Go 1.19 knows",
            "Go knows general categories (L, Lu, Nd) and scripts (Greek, Latin), "
            "spelled as in Unicode's tables");
    if (class.kind == ML_UNICODE_VARIES)
        return ml_regex_refuse(w, from, ML_E_UNSUPPORTED,
                               "releases of Go disagree about this Unicode class",
                               "write the categories or ranges that are meant, such as "
                               "[\\p{Cc}\\p{Cf}] or [\\x{10300}-\\x{1032F}]");
    if (w->flags.fold && class.folds)
        return ml_regex_refuse(w, from, ML_E_UNSUPPORTED,
                               "this Unicode class has another meaning under (?i)",
                               "switch it off around the class: (?-i:\\p{…})");
    ml_buf_text(w->out, negated ? "\\P{" : "\\p{");
    /* A bare script name would mean PCRE2's wider "script extensions". */
    if (class.kind == ML_UNICODE_SCRIPT)
        ml_buf_text(w->out, "sc:");
    ml_buf_add(w->out, name);
    ml_buf_byte(w->out, '}');
    return 1;
}

int ml_regex_set(ml_regex_walk *w)
{
    int letter;
    size_t i;

    if (ml_regex_peek(w, 0) != '\\')
        return 0;
    letter = ml_regex_peek(w, 1);
    if (letter == 'p' || letter == 'P')
        return unicode_set(w);
    for (i = 0; i < sizeof perl_sets / sizeof *perl_sets; i++) {
        const int lower = (unsigned char)perl_sets[i].name[0];

        if (letter == lower || letter == lower - 32) {
            w->at += 2;
            write_set(w, &perl_sets[i], letter != lower);
            return 1;
        }
    }
    return 0;
}

/* ml_regex_set for [:name:] and [:^name:]. */
static int posix_set(ml_regex_walk *w)
{
    const size_t from = w->at;
    size_t end = from + 2, start, i;
    bool negated;

    if (ml_regex_peek(w, 0) != '[' || ml_regex_peek(w, 1) != ':' || ml_regex_peek(w, 2) < 0)
        return 0;
    while (end + 1 < w->in.len && !(w->in.p[end] == ':' && w->in.p[end + 1] == ']'))
        end++;
    if (end + 1 >= w->in.len) /* no `:]` follows: for Go an ordinary bracket */
        return 0;
    w->at = end + 2;
    negated = w->in.p[from + 2] == '^';
    start = from + 2 + negated;
    for (i = 0; i < sizeof posix_sets / sizeof *posix_sets; i++) {
        if (ml_bytes_is(ml_bytes_slice(w->in, start, end), posix_sets[i].name)) {
            write_set(w, &posix_sets[i], negated);
            return 1;
        }
    }
    return ml_regex_refuse(w, from, ML_E_FORMAT, "no such named class",
                           "the names are alnum alpha ascii blank cntrl digit graph lower print "
                           "punct space upper word xdigit");
}

static int class_char(ml_regex_walk *w, size_t bracket, uint32_t *c)
{
    if (w->at == w->in.len)
        return ml_regex_refuse(w, bracket, ML_E_FORMAT, "a ] is missing", NULL);
    if (ml_regex_peek(w, 0) == '\\')
        return ml_regex_escape(w, c);
    *c = ml_regex_next(w);
    return 0;
}

/* One character or range of a class. */
static int class_range(ml_regex_walk *w, size_t bracket)
{
    const size_t from = w->at;
    uint32_t first = 0, last;

    if (class_char(w, bracket, &first) < 0)
        return -1;
    last = first;
    if (ml_regex_peek(w, 0) == '-' && ml_regex_peek(w, 1) >= 0 && ml_regex_peek(w, 1) != ']') {
        w->at++;
        if (class_char(w, bracket, &last) < 0)
            return -1;
        if (last < first)
            return ml_regex_refuse(w, from, ML_E_FORMAT, "a range that runs backwards", NULL);
    }
    ml_regex_write_range(w->out, first, last);
    return 0;
}

int ml_regex_class(ml_regex_walk *w)
{
    const size_t bracket = w->at++;
    bool first = true; /* a ] that comes first is a character */

    ml_buf_text(w->out, w->flags.fold ? "(?i:[" : "[");
    if (ml_regex_peek(w, 0) == '^') {
        w->at++;
        ml_buf_byte(w->out, '^');
    }
    while (ml_regex_peek(w, 0) != ']' || first) {
        int found = posix_set(w);

        first = false;
        if (found == 0)
            found = ml_regex_set(w);
        if (found < 0 || (found == 0 && class_range(w, bracket) < 0))
            return -1;
    }
    w->at++;
    ml_buf_text(w->out, w->flags.fold ? "])" : "]");
    return 0;
}
