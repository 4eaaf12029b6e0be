/* regex_foreign.c — what people write who think of another dialect, and what to tell them; see
 * regex_walk.h. */
#include <string.h>

#include "match/regex_walk.h"

const char *ml_regex_foreign_escape(uint32_t c)
{
    static const struct {
        char letter;
        const char *hint;
    } known[] = {
        { 'Z', "Go has only \\z, the very end of the text; $ means the same" },
        { 'R', "Go has no \\R: write (?:\\r\\n|\\n)" },
        { 'K', "Go has no \\K; whether there is a match does not depend on it: leave it out" },
        { 'h', "Go has no \\h: write [ \\t]" },
        { 'H', "Go has no \\H: write [^ \\t]" },
        { 'V', "Go has no \\V: write [^\\n\\r]" },
        { 'N', "Go has no \\N: write [^\\n]" },
        { 'X', "Go has no \\X: write . for one character" },
        { 'C', "Go has no \\C: write . for one character" },
        { 'G', "Go has no \\G: write ^" },
        { 'e', "Go has no \\e: write \\x1b" },
        { 'c', "Go has no \\cX: write \\xHH" },
        { 'u', "Go has no \\u: write \\x{HHHH}" },
        { 'g', "Go's regular expressions have no references to groups" },
        { 'k', "Go's regular expressions have no references to groups" },
        { 'E', "there is no \\Q that it could end" },
        { 'Q', "Go has no \\Q within a class" },
        { 'A', "within a class \\A has no meaning" },
        { 'z', "within a class \\z has no meaning" },
        { 'b', "within a class \\b has no meaning; a backspace is \\x08" },
        { 'B', "within a class \\B has no meaning" },
    };
    size_t i;

    if (c >= '1' && c <= '9')
        return "Go's regular expressions have no references to groups";
    for (i = 0; i < sizeof known / sizeof *known; i++)
        if (c == (unsigned char)known[i].letter)
            return known[i].hint;
    return NULL;
}

int ml_regex_foreign_group(ml_regex_walk *w, size_t from)
{
    static const struct {
        const char *begins, *what, *hint;
    } known[] = {
        { "=", "Go's regular expressions have no look-ahead", NULL },
        { "!", "Go's regular expressions have no look-ahead",
          "name what shall match, or use two rules of which the first one wins" },
        { "<=", "Go's regular expressions have no look-behind", NULL },
        { "<!", "Go's regular expressions have no look-behind", NULL },
        { "<", "only Go 1.22 and later read this kind of named group", "write (?P<name>…)" },
        { "'", "Go has no such named group", "write (?P<name>…)" },
        { ">", "Go's regular expressions have no atomic groups", "write (?:…)" },
        { "|", "Go's regular expressions have no branch reset", "write (?:…)" },
        { "#", "Go's regular expressions have no comments", NULL },
        { "(", "Go's regular expressions have no conditions", NULL },
        { "P=", "Go's regular expressions have no references to groups", NULL },
        { "P>", "Go's regular expressions have no recursion", NULL },
        { "R", "Go's regular expressions have no recursion", NULL },
        { "&", "Go's regular expressions have no recursion", NULL },
        { "x", "Go's regular expressions have no flag x", "leave out the blanks instead" },
        { "C", "Go's regular expressions have no callouts", NULL },
    };
    const ml_bytes rest = ml_bytes_slice(w->in, from + 2, w->in.len);
    const char *code;
    size_t i;

    w->at = from + 2;
    if (w->at < w->in.len)
        (void)ml_regex_next(w);
    for (i = 0; i < sizeof known / sizeof *known; i++) {
        if (!ml_bytes_starts(rest, known[i].begins))
            continue;
        code = strcmp(known[i].begins, "<") == 0 ? ML_E_UNSUPPORTED : ML_E_FORMAT;
        return ml_regex_refuse(w, from, code, known[i].what, known[i].hint);
    }
    return ml_regex_refuse(w, from, ML_E_FORMAT, "no group that Go knows",
                           "it has (…), (?:…), (?P<name>…) and the flags i m s U as in (?i) or "
                           "(?i:…)");
}
