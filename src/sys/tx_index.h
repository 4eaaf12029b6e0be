#ifndef ML_SYS_TX_INDEX_H
#define ML_SYS_TX_INDEX_H

/* tx_index.h — the record of a path in a list of thousands, by a hash table beside the list.
 *
 * Records that were added at the end are entered by the next search. Whoever moves or takes out
 * records clears the table. */
#include <stdint.h>

#include "base/bytes.h"

typedef struct ml_tx_name {
    unsigned root;
    const char *path;
} ml_tx_name;

typedef struct ml_tx_index {
    ml_tx_name (*name)(const void *list, size_t number); /* of a record */
    uint64_t seed;
    uint32_t *slots; /* number of a record, from 1; 0: free */
    size_t room;     /* a power of two */
    size_t count;    /* how many records are in it */
} ml_tx_index;

/* The number of the record among the first `count` of the list, or SIZE_MAX. */
size_t ml_tx_index_find(ml_tx_index *x, const void *list, size_t count, unsigned root,
                        const char *path);

/* Forgets all and frees the table. */
void ml_tx_index_clear(ml_tx_index *x);

#endif
