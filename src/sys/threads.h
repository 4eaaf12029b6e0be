#ifndef ML_SYS_THREADS_H
#define ML_SYS_THREADS_H

/* threads.h — how the threads of pool.c and relay.c are made. */
#include <pthread.h>

enum { ML_THREADS_MOST = 16 };

/* `asked`, or one for each processor (0); at least 1, at most ML_THREADS_MOST. */
unsigned ml_threads_choose(unsigned asked);

/* Starts up to `wanted` threads that run `run` with `context` and returns how many there are now in
 * `made`; fewer when the system has no more. Signals are blocked in them: these stay with the
 * thread that knows what to do. */
unsigned ml_threads_start(pthread_t *made, unsigned wanted, void *(*run)(void *), void *context);

void ml_threads_join(const pthread_t *made, unsigned count);

#endif
