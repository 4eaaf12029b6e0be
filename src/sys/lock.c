/* lock.c — one process at a time; see lock.h. */
#include "sys/lock.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sys/fs_internal.h"

enum { STEP_MS = 20 };

int ml_lock_take(ml_lock *lock, int folder, const char *name, const char *what, unsigned wait_ms,
                 ml_err *e)
{
    const struct timespec step = { 0, STEP_MS * 1000000L };
    pid_t owner = 0;
    int fd;

    lock->fd = -1;
    /* Tried again and again: a blocking flock could not end at a given time without a signal. */
    while ((fd = ml_fs_ops_real.lock(NULL, folder, name, &owner)) == -EWOULDBLOCK &&
           wait_ms >= STEP_MS) {
        nanosleep(&step, NULL);
        wait_ms -= STEP_MS;
    }
    if (fd == -EWOULDBLOCK) {
        ml_fail(e, ML_E_BUSY, "%s is in use by process %ld", what, (long)owner);
        return ml_err_hint(e, "wait until it has ended, then try again");
    }
    if (fd < 0)
        return ml_fs_fail(e, fd, "lock", what);
    lock->fd = fd;
    return 0;
}

void ml_lock_drop(ml_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}
