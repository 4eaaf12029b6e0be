/* alloc.c — see alloc.h. */
#include "host/alloc.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

void *ml_wiping_alloc(void *ud, void *p, size_t old, size_t size)
{
    void *fresh;

    (void)ud;
    if (size == 0) {
        if (p != NULL)
            ml_wipe(p, old);
        free(p);
        return NULL;
    }
    fresh = malloc(size);
    if (fresh == NULL || p == NULL) /* without p, `old` tells the kind of object */
        return fresh;
    memcpy(fresh, p, old < size ? old : size);
    ml_wipe(p, old);
    free(p);
    return fresh;
}
