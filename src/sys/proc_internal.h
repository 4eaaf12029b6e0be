#ifndef ML_SYS_PROC_INTERNAL_H
#define ML_SYS_PROC_INTERNAL_H

/* proc_internal.h — starting a child; what proc.c then talks to. */
#include "sys/proc.h"

/* A started child. Descriptors are -1 where there is no pipe; ours do not block. */
typedef struct ml_proc_child {
    pid_t pid;
    int in, out, err;
} ml_proc_child;

/* Starts a job. When it returns 0 the program is running: a failed exec has been reported. The
 * caller has SIGPIPE and the signals it waits for blocked; the child starts with none blocked. */
int ml_proc_spawn(const ml_proc_job *job, ml_proc_child *child, ml_err *e);

#endif
