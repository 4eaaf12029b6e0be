/* compare.c — reads what cases.go wrote and says where we differ from Go. Exit status 1 if we take
 * a pattern that Go refuses, or answer otherwise. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/regex.h"

enum { MOST_SUBJECTS = 256 };

typedef struct tally {
    size_t refused_by_both, equal, refused_by_us, taken_by_us, different, undecided;
} tally;

/* Decodes hex in place. */
static ml_bytes from_hex(char *text)
{
    unsigned char *bytes = (unsigned char *)text;
    size_t i, len = strlen(text) / 2;

    for (i = 0; i < len; i++) {
        const char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };

        bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return ml_bytes_of(text, len);
}

static void show(const char *what, ml_bytes pattern, const char *detail)
{
    printf("%s: %.*s: %s\n", what, (int)pattern.len, (const char *)pattern.p, detail);
}

static void compare(tally *t, ml_bytes pattern, const char *verdict, const ml_bytes *subjects,
                    bool verbose)
{
    const bool go_takes = strcmp(verdict, "ERR") != 0;
    ml_regex *r;
    ml_err e;
    size_t i;
    bool matched, same = true, decided = true;

    if (ml_regex_compile(&r, pattern, &e) < 0) {
        t->refused_by_both += !go_takes;
        t->refused_by_us += go_takes;
        if (go_takes && verbose)
            show("only Go takes", pattern, e.message);
        return;
    }
    if (!go_takes) {
        t->taken_by_us++;
        show("TAKEN", pattern, "Go refuses it");
        ml_regex_free(r);
        return;
    }
    for (i = 0; verdict[i] != '\0'; i++) {
        char number[32];

        if (ml_regex_match(r, subjects[i], &matched, &e) < 0) {
            decided = false;
        } else if (matched != (verdict[i] == '1')) {
            same = false;
            snprintf(number, sizeof number, "subject %zu", i);
            show("DIFFERENT", pattern, number);
        }
    }
    t->different += !same;
    t->undecided += same && !decided;
    t->equal += same && decided;
    ml_regex_free(r);
}

int main(int argc, char **argv)
{
    const bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    ml_bytes subjects[MOST_SUBJECTS];
    size_t room = 0, line_room = 0, count = 0;
    char *first = NULL, *line = NULL, *word, *next;
    tally t = { 0 };

    if (getline(&first, &room, stdin) < 0)
        return 2;
    first[strcspn(first, "\n")] = '\0';
    for (word = first; word != NULL && count < MOST_SUBJECTS; word = next) {
        next = strchr(word, ' ');
        if (next != NULL)
            *next++ = '\0';
        subjects[count++] = from_hex(word);
    }
    while (getline(&line, &line_room, stdin) > 0) {
        char *verdict = strchr(line, '\t');

        if (verdict == NULL)
            return 2;
        *verdict++ = '\0';
        verdict[strcspn(verdict, "\n")] = '\0';
        if (strcmp(verdict, "ERR") != 0 && strlen(verdict) != count)
            return 2;
        compare(&t, from_hex(line), verdict, subjects, verbose);
    }
    printf("regex against Go: %zu refused by both, %zu equal on %zu subjects, %zu refused by us "
           "only, %zu not decided within the limit\n",
           t.refused_by_both, t.equal, count, t.refused_by_us, t.undecided);
    printf("%zu passed, %zu failed\n", t.refused_by_both + t.equal + t.refused_by_us + t.undecided,
           t.taken_by_us + t.different);
    free(first);
    free(line);
    return t.taken_by_us + t.different > 0 || t.equal == 0;
}
