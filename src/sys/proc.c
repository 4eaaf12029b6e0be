/* proc.c — running children to their end: feeding, capturing, timeouts; see proc.h. */
#include "sys/proc.h"

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
    KILL_AFTER_MS = 2000, /* between SIGTERM and SIGKILL */
    DRAIN_MS = 1000,      /* for output after the end: a grandchild may hold the pipe for ever */
    STEP_MS = 20,         /* where the kernel has no pidfd */
    FDS = 4               /* poll entries of one child: its end, stdin, stdout, stderr */
};

/* One running child. `ended` and closed pipes make it done. */
typedef struct runner {
    const ml_proc_job *job;
    ml_proc_result *result;
    ml_err *e;
    ml_proc_child child;
    int pidfd;
    size_t written;                        /* of stdin */
    size_t out_used, err_used;             /* of a secret capture */
    int64_t term_at, kill_at, drain_until; /* in ms; -1: not set */
    bool running, ended, failed;
} runner;

/* The whole group; a job on the terminal shares ours and is signalled alone. */
static void send_signal(const runner *r, int signal)
{
    if (r->ended)
        return;
    kill(r->job->terminal ? r->child.pid : -r->child.pid, signal);
}

static void stop(runner *r)
{
    send_signal(r, SIGTERM);
    r->term_at = -1;
    r->kill_at = ml_proc_now() + KILL_AFTER_MS;
}

/* --- capturing --- */

/* Where the next bytes go, or NULL with *e filled. */
static unsigned char *capture_room(ml_proc_out_kind kind, ml_buf *buf, ml_secret *secret,
                                   size_t used, ml_err *e)
{
    unsigned char *room;

    if (kind == ML_PROC_OUT_SECRET)
        return ml_secret_grow(secret, used + CHUNK, e) < 0 ? NULL : secret->p + used;
    room = ml_buf_room(buf, CHUNK);
    if (room == NULL)
        ml_fail_memory(e);
    return room;
}

/* Reads what is there; closes the pipe at its end. */
static void capture(runner *r, int *fd, ml_proc_out_kind kind, ml_buf *buf, ml_secret *secret,
                    size_t *used)
{
    const size_t limit = r->job->limit == 0 ? ML_LIMIT_CHILD_OUTPUT : r->job->limit;
    unsigned char *room;
    ssize_t got;

    room = capture_room(kind, buf, secret, *used, r->e);
    if (room == NULL) {
        r->failed = true;
        ml_proc_close(fd);
        stop(r);
        return;
    }
    got = read(*fd, room, CHUNK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        ml_proc_close(fd);
        return;
    }
    *used += (size_t)got;
    if (kind == ML_PROC_OUT_BUF)
        buf->len += (size_t)got;
    if (*used > limit) {
        r->result->overflow = true;
        ml_proc_close(fd);
        stop(r);
    }
}

static void feed(runner *r)
{
    const ml_bytes rest = ml_bytes_slice(r->job->in_bytes, r->written, r->job->in_bytes.len);
    const ssize_t put = rest.len == 0 ? 0 : write(r->child.in, rest.p, rest.len);

    if (put < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (put > 0)
        r->written += (size_t)put;
    /* A child that does not want to read more (EPIPE) may still be right: its status tells. */
    if (put < 0 || r->written == r->job->in_bytes.len)
        ml_proc_close(&r->child.in);
}

/* --- the life of one child --- */

static void runner_start(runner *r)
{
    r->pidfd = -1;
    r->term_at = r->kill_at = r->drain_until = -1;
    memset(r->result, 0, sizeof *r->result);
    r->result->status = -1;
    r->e->code = NULL;
    if (ml_proc_spawn(r->job, &r->child, r->e) < 0) {
        r->failed = true;
        return;
    }
    r->running = true;
    r->pidfd = (int)syscall(SYS_pidfd_open, r->child.pid, 0); /* closes on exec by itself */
    if (r->job->timeout_ms > 0)
        r->term_at = ml_proc_now() + r->job->timeout_ms;
}

/* Looks whether the child has ended. */
static void reap(runner *r)
{
    int status;
    pid_t pid;

    if (r->ended || !ml_proc_has_ended(r->child.pid))
        return;
    /* What it left running in its group goes with it, if we ended it. */
    if (r->kill_at >= 0 && !r->job->terminal)
        kill(-r->child.pid, SIGKILL);
    do
        pid = waitpid(r->child.pid, &status, 0);
    while (pid < 0 && errno == EINTR);
    if (pid < 0)
        status = 0x7F00; /* somebody else took it: as if not found */
    r->ended = true;
    r->result->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    r->result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    ml_proc_close(&r->pidfd);
    ml_proc_close(&r->child.in);
    r->drain_until = ml_proc_now() + DRAIN_MS;
}

static void check_clock(runner *r)
{
    const int64_t now = ml_proc_now();

    if (r->term_at >= 0 && now >= r->term_at && !r->ended) {
        r->result->timed_out = true;
        stop(r);
    }
    if (r->kill_at >= 0 && now >= r->kill_at && !r->ended) {
        send_signal(r, SIGKILL);
        r->kill_at = now + KILL_AFTER_MS;
    }
    if (r->drain_until >= 0 && now >= r->drain_until) {
        ml_proc_close(&r->child.out);
        ml_proc_close(&r->child.err);
    }
}

/* A captured secret becomes exactly as long as what was read; also no bytes are a secret. */
static void end_capture(runner *r, ml_proc_out_kind kind, ml_secret *secret, size_t used)
{
    if (kind != ML_PROC_OUT_SECRET)
        return;
    if (secret->p != NULL)
        ml_secret_shrink(secret, used);
    else if (!r->failed && ml_secret_new(secret, 0, r->e) < 0)
        r->failed = true;
}

static void runner_finish(runner *r)
{
    r->running = false;
    end_capture(r, r->job->out, &r->result->out_secret, r->out_used);
    end_capture(r, r->job->err, &r->result->err_secret, r->err_used);
}

static int64_t soonest(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Fills four poll entries and says when this child's clock wants to be looked at next. */
static int64_t prepare(const runner *r, struct pollfd *fds)
{
    int64_t when = soonest(r->ended ? -1 : soonest(r->term_at, r->kill_at), r->drain_until);

    fds[0] = (struct pollfd){ r->ended ? -1 : r->pidfd, POLLIN, 0 };
    fds[1] = (struct pollfd){ r->child.in, POLLOUT, 0 };
    fds[2] = (struct pollfd){ r->child.out, POLLIN, 0 };
    fds[3] = (struct pollfd){ r->child.err, POLLIN, 0 };
    if (!r->ended && r->pidfd < 0)
        when = soonest(when, ml_proc_now() + STEP_MS);
    return when;
}

static void serve(runner *r, const struct pollfd *fds)
{
    if (fds[1].revents != 0 && r->child.in >= 0)
        feed(r);
    if (fds[2].revents != 0 && r->child.out >= 0)
        capture(r, &r->child.out, r->job->out, &r->result->out, &r->result->out_secret,
                &r->out_used);
    if (fds[3].revents != 0 && r->child.err >= 0)
        capture(r, &r->child.err, r->job->err, &r->result->err, &r->result->err_secret,
                &r->err_used);
    if (fds[0].revents != 0 || r->pidfd < 0)
        reap(r);
    check_clock(r);
    if (r->ended && r->child.out < 0 && r->child.err < 0)
        runner_finish(r);
}

/* --- several children --- */

static void interrupt_all(runner *runners, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (runners[i].running) {
            if (runners[i].kill_at < 0)
                stop(&runners[i]);
            if (!runners[i].failed)
                ml_fail(runners[i].e, ML_E_INTERRUPTED, "interrupted while %s was running",
                        runners[i].job->program);
            runners[i].failed = true;
        }
}

static void forward_all(const runner *runners, size_t count, const ml_proc_watch *w)
{
    int number;
    size_t i;

    while ((number = ml_proc_watch_next(w)) != 0)
        for (i = 0; i < count; i++)
            if (runners[i].running)
                send_signal(&runners[i], number);
}

/* One round: waits for something to happen and deals with it. */
static void turn(runner *runners, size_t count, struct pollfd *fds, const ml_proc_watch *w,
                 bool *interrupted)
{
    int64_t when = -1, left;
    size_t i, used = 1;

    fds[0] = (struct pollfd){ *interrupted ? -1 : w->fd, POLLIN, 0 };
    for (i = 0; i < count; i++)
        if (runners[i].running) {
            when = soonest(when, prepare(&runners[i], fds + used));
            used += FDS;
        }
    left = when < 0 ? -1 : when - ml_proc_now();
    if (left < 0 && when >= 0)
        left = 0;
    if (poll(fds, (nfds_t)used, left > 1000000 ? 1000000 : (int)left) < 0)
        for (i = 0; i < used; i++)
            fds[i].revents = 0; /* EINTR: only the clocks are looked at */
    if (fds[0].revents != 0 && runners[0].job->forward) {
        forward_all(runners, count, w);
    } else if (fds[0].revents != 0) {
        *interrupted = true;
        interrupt_all(runners, count);
    }
    for (i = 0, used = 1; i < count; i++)
        if (runners[i].running) {
            serve(&runners[i], fds + used);
            used += FDS;
        }
}

static void run_all(runner *runners, size_t count, size_t parallel, struct pollfd *fds,
                    const ml_proc_watch *w)
{
    size_t next = 0, i, alive;
    bool interrupted = false;

    for (;;) {
        for (alive = 0, i = 0; i < count; i++)
            alive += runners[i].running;
        for (; next < count && alive < parallel; next++) {
            if (interrupted) {
                runners[next].failed = true;
                ml_fail(runners[next].e, ML_E_INTERRUPTED, "interrupted before %s was started",
                        runners[next].job->program);
                continue;
            }
            runner_start(&runners[next]);
            alive += runners[next].running;
        }
        if (alive == 0)
            return;
        turn(runners, count, fds, w, &interrupted);
    }
}

size_t ml_proc_all(const ml_proc_job *jobs, size_t count, size_t parallel, ml_proc_result *results,
                   ml_err *errors)
{
    runner *const runners = calloc(count + 1, sizeof *runners);
    struct pollfd *const fds = calloc(count * FDS + 1, sizeof *fds);
    bool terminal = false;
    size_t i, failed = 0;
    ml_proc_watch w;

    for (i = 0; i < count; i++) {
        memset(&results[i], 0, sizeof results[i]);
        memset(&errors[i], 0, sizeof errors[i]);
        if (runners == NULL || fds == NULL)
            ml_fail_memory(&errors[i]);
        else
            runners[i] = (runner){ .job = &jobs[i], .result = &results[i], .e = &errors[i] };
        terminal = terminal || jobs[i].terminal;
    }
    if (runners != NULL && fds != NULL) {
        ml_proc_watch_begin(&w, terminal, count == 1 && jobs[0].forward);
        run_all(runners, count, parallel == 0 ? count : parallel, fds, &w);
        ml_proc_watch_end(&w);
    }
    for (i = 0; i < count; i++)
        failed += runners == NULL || fds == NULL || runners[i].failed;
    free(runners);
    free(fds);
    return failed;
}

int ml_proc_run(const ml_proc_job *job, ml_proc_result *result, ml_err *e)
{
    return ml_proc_all(job, 1, 1, result, e) == 0 ? 0 : -1;
}

void ml_proc_result_free(ml_proc_result *result)
{
    ml_buf_free(&result->out);
    ml_buf_free(&result->err);
    ml_secret_free(&result->out_secret);
    ml_secret_free(&result->err_secret);
}
