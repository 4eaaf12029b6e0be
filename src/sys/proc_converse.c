/* proc_converse.c — talking with a child that answers; see proc.h. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/proc_internal.h"

enum {
    CHUNK = 16384,
    KILL_AFTER_MS = 2000, /* between SIGINT and SIGKILL */
    STEP_MS = 10          /* where the kernel has no pidfd */
};

struct ml_proc_talk {
    char *name;
    ml_proc_child child;
    ml_secret unsent; /* of which unsent_len bytes are used */
    size_t unsent_len;
    size_t said, limit;        /* bytes that it said, and may say */
    int64_t spent_ms, most_ms; /* waiting for it; most_ms is 0 where there is no limit */
};

static int begin(ml_proc_talk *t, const ml_proc_job *job, ml_err *e)
{
    ml_proc_job conversation = *job;
    ml_proc_watch w;
    int status;

    t->child = (ml_proc_child){ -1, -1, -1, -1 };
    t->name = strdup(ml_proc_name(job));
    if (t->name == NULL)
        return ml_fail_memory(e);
    t->limit = job->limit == 0 ? ML_LIMIT_CHILD_OUTPUT : job->limit;
    t->most_ms = job->timeout_ms;
    conversation.in = ML_PROC_IN_BYTES;
    conversation.out = ML_PROC_OUT_SECRET;
    ml_proc_watch_begin(&w, false, false);
    status = ml_proc_spawn(&conversation, &t->child, e);
    ml_proc_watch_end(&w);
    return status;
}

int ml_proc_converse(ml_proc_talk **out, const ml_proc_job *job, ml_err *e)
{
    ml_proc_talk *t = calloc(1, sizeof *t);

    *out = NULL;
    if (t == NULL)
        return ml_fail_memory(e);
    if (begin(t, job, e) < 0) {
        ml_proc_hang_up(t);
        return -1;
    }
    *out = t;
    return 0;
}

static void forget_unsent(ml_proc_talk *t)
{
    ml_secret_free(&t->unsent);
    t->unsent_len = 0;
}

/* Sends what it takes. One that does not want to hear more may still have something to say. */
static void send_some(ml_proc_talk *t)
{
    const ssize_t put = write(t->child.in, t->unsent.p, t->unsent_len);

    if (put < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (put < 0)
        ml_proc_close(&t->child.in);
    if (put < 0 || (size_t)put == t->unsent_len) {
        forget_unsent(t);
        return;
    }
    t->unsent_len -= (size_t)put;
    memmove(t->unsent.p, t->unsent.p + put, t->unsent_len);
}

static int hear_some(ml_proc_talk *t, ml_secret *heard, size_t *used, ml_err *e)
{
    ssize_t got;

    if (ml_secret_grow(heard, *used + CHUNK, e) < 0)
        return -1;
    got = read(t->child.out, heard->p + *used, CHUNK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (got <= 0) {
        ml_proc_close(&t->child.out);
        return 0;
    }
    *used += (size_t)got;
    t->said += (size_t)got;
    return t->said <= t->limit ? 0
                               : ml_fail(e, ML_E_CHILD, "%s wrote more than the limit", t->name);
}

/* Waits until something can be done, at most `ms` (-1: for ever), and does it. */
static int turn(ml_proc_talk *t, const ml_proc_watch *w, int64_t ms, ml_secret *heard, size_t *used,
                ml_err *e)
{
    struct pollfd fds[] = { { w->fd, POLLIN, 0 },
                            { t->unsent_len > 0 ? t->child.in : -1, POLLOUT, 0 },
                            { t->child.out, POLLIN, 0 } };

    if (poll(fds, 3, ms > 1000000 ? 1000000 : (int)ms) < 0)
        return 0; /* EINTR: only the clock is looked at */
    if (fds[0].revents != 0)
        return ml_fail(e, ML_E_INTERRUPTED, "interrupted while %s was running", t->name);
    if (fds[1].revents != 0)
        send_some(t);
    return fds[2].revents != 0 ? hear_some(t, heard, used, e) : 0;
}

/* Until all is sent and something was heard, or the time is over. */
static int exchange(ml_proc_talk *t, const ml_proc_watch *w, int64_t wait_ms, ml_secret *heard,
                    size_t *used, ml_err *e)
{
    const int64_t begun = ml_proc_now(), spent = t->spent_ms;
    int64_t left = 0;

    while (t->unsent_len > 0 || *used == 0) {
        if (t->child.out < 0 && *used > 0)
            return 0;
        if (t->child.out < 0)
            return ml_fail(e, ML_E_CHILD, "%s ended before it was done", t->name);
        t->spent_ms = spent + ml_proc_now() - begun;
        if (t->most_ms > 0 && t->spent_ms >= t->most_ms)
            return ml_fail(e, ML_E_CHILD, "%s was not done within %lld s", t->name,
                           (long long)t->most_ms / 1000);
        left = wait_ms - (t->spent_ms - spent);
        if (wait_ms > 0 && left <= 0)
            return 0;
        if (wait_ms == 0)
            left = -1;
        if (t->most_ms > 0 && (left < 0 || left > t->most_ms - t->spent_ms))
            left = t->most_ms - t->spent_ms;
        if (turn(t, w, left, heard, used, e) < 0)
            return -1;
    }
    return 0;
}

int ml_proc_exchange(ml_proc_talk *t, ml_bytes bytes, unsigned wait_ms, ml_secret *heard, ml_err *e)
{
    ml_proc_watch w;
    size_t used = 0;
    int status;

    *heard = (ml_secret){ 0 };
    if (t->child.in >= 0 && bytes.len > 0) {
        if (ml_secret_grow(&t->unsent, t->unsent_len + bytes.len, e) < 0)
            return -1;
        t->unsent_len = ml_secret_put(&t->unsent, t->unsent_len, bytes);
    }
    ml_proc_watch_begin(&w, false, false);
    status = exchange(t, &w, wait_ms, heard, &used, e);
    ml_proc_watch_end(&w);
    if (status == 0 && heard->p == NULL)
        status = ml_secret_new(heard, 0, e);
    if (status < 0)
        ml_secret_free(heard);
    else
        ml_secret_shrink(heard, used);
    return status;
}

static void end_child(pid_t pid)
{
    const int64_t until = ml_proc_now() + KILL_AFTER_MS;
    struct pollfd fd = { (int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0 };

    kill(-pid, SIGINT);
    while (!ml_proc_has_ended(pid) && ml_proc_now() < until)
        poll(&fd, 1, fd.fd < 0 ? STEP_MS : (int)(until - ml_proc_now()));
    kill(-pid, SIGKILL); /* what it left running goes with it */
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    ml_proc_close(&fd.fd);
}

void ml_proc_hang_up(ml_proc_talk *t)
{
    if (t == NULL)
        return;
    ml_proc_close(&t->child.in);
    ml_proc_close(&t->child.out);
    ml_proc_close(&t->child.err);
    if (t->child.pid > 0)
        end_child(t->child.pid);
    forget_unsent(t);
    free(t->name);
    free(t);
}
