#ifndef ML_TESTS_C_MEMORY_H
#define ML_TESTS_C_MEMORY_H

/* memory.h — the memory of this process, searched for what should be gone. */
#include "tests/c/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Whether the bytes at p are those that are looked for, each of which stands inverted in `inverse`:
 * so the pattern is no copy itself. */
static inline bool is_copy(const unsigned char *p, const unsigned char *inverse, size_t len)
{
    size_t i;

    for (i = 0; i < len && (p[i] ^ inverse[i]) == 0xff; i++)
        continue;
    return i == len;
}

/* How often they stand in the heap and in other writable memory without a file. */
static inline size_t copies_in_memory(const unsigned char *inverse, size_t len)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], rights[8], name[256];
    unsigned long from, to, at;
    size_t found = 0;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        name[0] = '\0';
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &to, rights, name) < 3)
            continue;
        if (strncmp(rights, "rw", 2) == 0 && (name[0] == '\0' || strcmp(name, "[heap]") == 0))
            for (at = from; at + len <= to; at++)
                found += is_copy((const unsigned char *)(uintptr_t)at, inverse, len);
    }
    fclose(maps);
    return found;
}

#endif
