#ifndef ML_SYS_PROC_INTERNAL_H
#define ML_SYS_PROC_INTERNAL_H

/* proc_internal.h — starting a child; what proc.c then talks to. */
#include <signal.h>

#include "sys/proc.h"

/* A started child. Descriptors are -1 where there is no pipe; ours do not block. */
typedef struct ml_proc_child {
    pid_t pid;
    int in, out, err;
} ml_proc_child;

/* Starts a job. When it returns 0 the program is running: a failed exec has been reported. The
 * caller has SIGPIPE and the signals it waits for blocked; the child starts with none blocked. */
int ml_proc_spawn(const ml_proc_job *job, ml_proc_child *child, ml_err *e);

/* Closes a descriptor that may be -1, and makes it that. */
void ml_proc_close(int *fd);

/* What a program is called in messages. */
const char *ml_proc_name(const ml_proc_job *job);

/* The clock that timeouts are measured by, in milliseconds. */
int64_t ml_proc_now(void);

/* Whether a child has ended; it is not reaped: as long as it is a zombie nobody else can have its
 * number, and its group can be signalled. */
bool ml_proc_has_ended(pid_t pid);

/* Signals while children run. */
typedef struct ml_proc_watch {
    int fd; /* readable when a signal waits; -1 if there is none to watch */
    sigset_t before;
    bool pipe_pending, quiet;
    struct sigaction interrupt, quit;
} ml_proc_watch;

/* Blocks what would end us, so that the children are ended first (with `forward` all that is sent
 * to us), and SIGPIPE. What is ignored stays ignored. A job that uses the terminal gets its Ctrl-C
 * itself. */
void ml_proc_watch_begin(ml_proc_watch *w, bool terminal, bool forward);
void ml_proc_watch_end(ml_proc_watch *w);

/* The next signal that somebody sent; 0 when there is none. One of the terminal's keys is none: its
 * whole group has got it. */
int ml_proc_watch_next(const ml_proc_watch *w);

#endif
