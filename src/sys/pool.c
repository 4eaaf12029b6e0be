/* pool.c — many independent pieces of C work over a few threads; see pool.h. */
#include "sys/pool.h"

#include <stdatomic.h>
#include <string.h>

#include "sys/threads.h"

typedef struct pool {
    atomic_size_t next;
    size_t count;
    ml_pool_work work;
    void *context;
    ml_pool_result *results;
} pool;

static void *worker(void *argument)
{
    pool *const p = argument;
    size_t item;

    while ((item = atomic_fetch_add(&p->next, 1)) < p->count) {
        ml_pool_result *const result = &p->results[item];

        memset(result, 0, sizeof *result);
        result->status = p->work(p->context, item, &result->e);
    }
    return NULL;
}

size_t ml_pool_run(size_t count, unsigned threads, ml_pool_work work, void *context,
                   ml_pool_result *results)
{
    pool p = { .count = count, .work = work, .context = context, .results = results };
    const unsigned chosen = ml_threads_choose(threads);
    const unsigned wanted = chosen > count ? (unsigned)count : chosen;
    pthread_t made[ML_THREADS_MOST];
    unsigned running;
    size_t i, failed = 0;

    running = wanted > 1 ? ml_threads_start(made, wanted - 1, worker, &p) : 0;
    worker(&p);
    ml_threads_join(made, running);
    for (i = 0; i < count; i++)
        failed += results[i].status < 0;
    return failed;
}
