#ifndef ML_SYS_RELAY_H
#define ML_SYS_RELAY_H

/* relay.h — a stream whose pieces are taken in and given out in order by the calling thread, and
 * worked on by as many threads as help. The stream passes through a ring of slots that belong to
 * the caller. */
#include <stddef.h>

#include "base/err.h"

typedef struct ml_relay {
    size_t slots;     /* pieces that are on their way at most, 1 … ML_RELAY_SLOTS */
    unsigned threads; /* at most, the calling one included; never more than processors or slots */
    size_t alone;     /* so many pieces go one by one before a thread is made: a short stream needs
                         none */
    /* Fills a slot with the next piece: 1, or 0 at the end, or -1 with *e filled. */
    int (*take)(void *context, size_t slot, ml_err *e);
    /* Works on a filled slot; called from any thread, on several slots at once. */
    void (*work)(void *context, size_t slot);
    /* Takes the result out of a slot: 0, or -1 with *e filled, which ends all. */
    int (*give)(void *context, size_t slot, ml_err *e);
    void *context;
} ml_relay;

enum { ML_RELAY_SLOTS = 18 };

/* Runs the stream to its end. When a piece cannot be taken, those before it are still given. */
int ml_relay_run(const ml_relay *relay, ml_err *e);

#endif
