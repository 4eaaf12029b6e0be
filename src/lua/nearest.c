/* nearest.c — see nearest.h. */
#include "lua/nearest.h"

#include <stddef.h>
#include <string.h>

enum { LONGEST = 32 };

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Steps from a to b, both at most LONGEST letters. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][LONGEST + 1];
    size_t i, j;

    for (j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

        row[0] = i;
        for (j = 1; j <= b_len; j++) {
            const size_t same = a[i - 1] == b[j - 1] ? 0 : 1;

            row[j] = least_of(least_of(above[j], row[j - 1]) + 1, above[j - 1] + same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least_of(row[j], before[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *ml_nearest(const char *word, const char *const *words)
{
    const size_t len = strlen(word);
    const char *best = NULL;
    size_t least = 0, i;

    for (i = 0; len <= LONGEST && words[i] != NULL; i++) {
        const size_t other = strlen(words[i]);
        const size_t allowed = other / 3 > 1 ? other / 3 : 1;
        const size_t steps = other <= LONGEST ? distance(word, len, words[i], other) : allowed + 1;

        if (steps <= allowed && (best == NULL || steps < least)) {
            best = words[i];
            least = steps;
        }
    }
    return best;
}
