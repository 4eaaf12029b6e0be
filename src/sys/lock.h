#ifndef ML_SYS_LOCK_H
#define ML_SYS_LOCK_H

/* lock.h — one process at a time. A lock is flock(2) on a small file that holds the pid of its
 * owner; the kernel drops it when the process ends, however it ends. Lock files stay (removing one
 * is a race) and live in the state folder, never in a repository. */
#include "sys/fs.h"

/* Zero-initialise with fd = -1 (ML_LOCK_NONE). */
typedef struct ml_lock {
    int fd;
} ml_lock;

#define ML_LOCK_NONE                                                                               \
    {                                                                                              \
        -1                                                                                         \
    }

/* Takes the lock file `name` (one component) in `folder` (an open folder of ours), making it 0600
 * if needed. Waits at most `wait_ms` milliseconds, 0 is not at all. "busy" names the pid that holds
 * it; `what` says in the message what is locked. */
int ml_lock_take(ml_lock *lock, int folder, const char *name, const char *what, unsigned wait_ms,
                 ml_err *e);

/* Harmless any number of times. */
void ml_lock_drop(ml_lock *lock);

#endif
