/* pool.c — many independent pieces of C work over a few threads; see pool.h. */
#include "sys/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { MOST_THREADS = 16 };

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

static unsigned choose_threads(unsigned asked, size_t count)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = asked;

    if (threads == 0)
        threads = processors < 1 ? 1 : (unsigned)processors;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    return threads > count ? (unsigned)count : threads;
}

size_t ml_pool_run(size_t count, unsigned threads, ml_pool_work work, void *context,
                   ml_pool_result *results)
{
    pool p = { .count = count, .work = work, .context = context, .results = results };
    pthread_t made[MOST_THREADS];
    unsigned running = 0, wanted = choose_threads(threads, count);
    size_t i, failed = 0;
    sigset_t all, before;

    /* New threads inherit the mask: signals stay with the thread that knows what to do. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (running + 1 < wanted && pthread_create(&made[running], NULL, worker, &p) == 0)
        running++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    worker(&p);
    while (running > 0)
        pthread_join(made[--running], NULL);
    for (i = 0; i < count; i++)
        failed += results[i].status < 0;
    return failed;
}
