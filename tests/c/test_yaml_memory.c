/* libyaml's copies of scalars, which may be secrets, are wiped: doc/yaml_memory.c takes the place
 * of its allocator. The whole memory of the process is searched for what was parsed. */
#include "tests/c/test.h"

#include <stdio.h>
#include <string.h>

#include "doc/doc.h"
#include "doc/yaml_memory.h"

enum { NEEDLE = 24 };

/* The needle's bytes are never in memory as they are but where the test puts them. */
static void make_needle(unsigned char *out)
{
    size_t i;

    for (i = 0; i < NEEDLE; i++)
        out[i] = (unsigned char)('a' + (i * i * 7 + i * 3) % 26);
}

static size_t count_needles(const unsigned char *p, size_t len)
{
    size_t found = 0, at, i;

    for (at = 0; at + NEEDLE <= len; at++) {
        for (i = 0; i < NEEDLE && p[at + i] == 'a' + (i * i * 7 + i * 3) % 26; i++)
            continue;
        found += i == NEEDLE;
    }
    return found;
}

/* How often the needle stands in the heap and in other writable memory without a file. */
static size_t needles_in_memory(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], rights[8], name[256];
    unsigned long from, to;
    size_t found = 0;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        name[0] = '\0';
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &to, rights, name) < 3)
            continue;
        if (strncmp(rights, "rw", 2) == 0 && (name[0] == '\0' || strcmp(name, "[heap]") == 0))
            found += count_needles((const unsigned char *)(uintptr_t)from, to - from);
    }
    fclose(maps);
    return found;
}

static void no_copy_of_a_scalar_is_left_by_libyaml(void **state)
{
    unsigned char text[NEEDLE + 16] = "k: \"\\x41";
    const size_t before = strlen((const char *)text);
    ml_doc *d;
    ml_err e;

    (void)state;
    if (!ml_yaml_memory_wipes())
        skip(); /* the sanitizers keep libyaml's own */
    make_needle(text + before);
    text[before + NEEDLE] = '"';
    assert_int_equal(
        ml_doc_parse(&d, ML_FORMAT_YAML, ml_bytes_of(text, before + NEEDLE + 1), NULL, &e), 0);
    assert_true(needles_in_memory() >= 1); /* the document's own copy: the search does find */
    ml_doc_free(d);
    memset(text, 0, sizeof text);
    assert_int_equal(needles_in_memory(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_copy_of_a_scalar_is_left_by_libyaml),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
