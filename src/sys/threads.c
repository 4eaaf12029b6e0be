/* threads.c — see threads.h. */
#include "sys/threads.h"

#include <signal.h>
#include <unistd.h>

unsigned ml_threads_choose(unsigned asked)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (asked == 0)
        asked = processors < 1 ? 1 : (unsigned)processors;
    return asked > ML_THREADS_MOST ? ML_THREADS_MOST : asked;
}

unsigned ml_threads_start(pthread_t *made, unsigned wanted, void *(*run)(void *), void *context)
{
    unsigned running = 0;
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* new threads inherit the mask */
    while (running < wanted && pthread_create(&made[running], NULL, run, context) == 0)
        running++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return running;
}

void ml_threads_join(const pthread_t *made, unsigned count)
{
    while (count > 0)
        pthread_join(made[--count], NULL);
}
