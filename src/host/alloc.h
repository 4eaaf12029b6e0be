#ifndef ML_HOST_ALLOC_H
#define ML_HOST_ALLOC_H

/* alloc.h — Lua's allocator: every block it gives up is wiped, since strings that were revealed
 * leave copies all over a heap. */
#include <stddef.h>

void *ml_wiping_alloc(void *ud, void *p, size_t old, size_t size);

#endif
