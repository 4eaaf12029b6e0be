#ifndef ML_SYS_POOL_H
#define ML_SYS_POOL_H

/* pool.h — many independent pieces of C work over a few threads. No Lua in here: the items touch
 * only what is theirs, and the caller waits until all are done. */
#include <stddef.h>

#include "base/err.h"

/* Does item number `item`; 0, or -1 with *e filled. Called from any thread, each item once. */
typedef int (*ml_pool_work)(void *context, size_t item, ml_err *e);

/* What became of one item. */
typedef struct ml_pool_result {
    int status; /* what the work returned */
    ml_err e;   /* meaningful when status is -1 */
} ml_pool_result;

/* Runs work for items 0 … count-1 on up to `threads` threads (0 = one for each processor, at most
 * 16), the calling one included, and waits. `results` has `count` elements. An item that fails does
 * not stop the others. Returns how many failed. If no thread can be made the calling one does all:
 * this function itself cannot fail. Signals are blocked in the threads it makes. */
size_t ml_pool_run(size_t count, unsigned threads, ml_pool_work work, void *context,
                   ml_pool_result *results);

#endif
