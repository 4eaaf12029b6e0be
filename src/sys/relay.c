/* relay.c — see relay.h. The calling thread alone reads, writes and decides; the others only work,
 * so a callback that touches files or meets a signal is never on one of them. */
#include "sys/relay.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sys/threads.h"

typedef struct ring {
    const ml_relay *relay;
    size_t slots; /* one as long as there are no other threads */
    pthread_mutex_t lock;
    pthread_cond_t filled, worked;
    /* Pieces so far, of which the slots hold those from `given` on. */
    size_t taken, claimed, given;
    bool done[ML_RELAY_SLOTS];
    bool stopped;
} ring;

/* Works on the next piece that nobody has claimed. With the lock held, which it gives up. */
static void work_once(ring *r)
{
    const size_t slot = r->claimed++ % r->slots;

    pthread_mutex_unlock(&r->lock);
    r->relay->work(r->relay->context, slot);
    pthread_mutex_lock(&r->lock);
    r->done[slot] = true;
    pthread_cond_signal(&r->worked);
}

static void *worker(void *argument)
{
    ring *const r = argument;

    pthread_mutex_lock(&r->lock);
    while (!r->stopped) {
        if (r->claimed < r->taken)
            work_once(r);
        else
            pthread_cond_wait(&r->filled, &r->lock);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* Takes one piece: 1, 0 or -1 as the callback says. */
static int take(ring *r, ml_err *e)
{
    const size_t slot = r->taken % r->slots;
    const int status = r->relay->take(r->relay->context, slot, e);

    if (status > 0) {
        pthread_mutex_lock(&r->lock);
        r->done[slot] = false;
        r->taken++;
        pthread_cond_signal(&r->filled);
        pthread_mutex_unlock(&r->lock);
    }
    return status;
}

/* Sees that the oldest piece gets done; works itself rather than wait. */
static void help(ring *r)
{
    const size_t oldest = r->given % r->slots;

    pthread_mutex_lock(&r->lock);
    if (!r->done[oldest] && r->claimed < r->taken)
        work_once(r);
    else
        while (!r->done[oldest])
            pthread_cond_wait(&r->worked, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

static bool oldest_is_done(ring *r)
{
    bool done;

    pthread_mutex_lock(&r->lock);
    done = r->given < r->taken && r->done[r->given % r->slots];
    pthread_mutex_unlock(&r->lock);
    return done;
}

static int give(ring *r, ml_err *e)
{
    return r->relay->give(r->relay->context, r->given++ % r->slots, e);
}

/* Runs until so many pieces were given, with the ring as full as it gets. Returns as take does. */
static int run(ring *r, size_t most, ml_err *e)
{
    int status = 1;

    while ((status > 0 && r->given < most) || r->given < r->taken) {
        if (oldest_is_done(r)) {
            if (give(r, e) < 0)
                return -1;
        } else if (status > 0 && r->taken - r->given < r->slots) {
            status = take(r, e);
        } else {
            help(r);
        }
    }
    return status;
}

int ml_relay_run(const ml_relay *relay, ml_err *e)
{
    ring r = { .relay = relay,
               .slots = 1,
               .lock = PTHREAD_MUTEX_INITIALIZER,
               .filled = PTHREAD_COND_INITIALIZER,
               .worked = PTHREAD_COND_INITIALIZER };
    pthread_t made[ML_THREADS_MOST];
    unsigned wanted = ml_threads_choose(0), running;
    int status = run(&r, relay->alone, e);

    if (status <= 0)
        return status;
    if (wanted > relay->threads)
        wanted = relay->threads;
    if (wanted > relay->slots)
        wanted = (unsigned)relay->slots;
    r.taken = r.claimed = r.given = 0; /* the ring is empty: no thread has seen these */
    r.slots = wanted > 1 ? relay->slots : 1;
    memset(r.done, 0, sizeof r.done);
    running = ml_threads_start(made, wanted - 1, worker, &r);
    status = run(&r, SIZE_MAX, e);
    pthread_mutex_lock(&r.lock);
    r.stopped = true;
    pthread_cond_broadcast(&r.filled);
    pthread_mutex_unlock(&r.lock);
    ml_threads_join(made, running);
    return status;
}
