/* proc_watch.c — signals that come, time that goes by, and the end of children; see
 * proc_internal.h. */
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sys/proc_internal.h"

int64_t ml_proc_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool ml_proc_has_ended(pid_t pid)
{
    siginfo_t info = { 0 };

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid;
}

static const int ENDING[] = { SIGINT, SIGTERM, SIGHUP };
static const int OTHERS[] = { SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH };

/* Adds those of `numbers` that are not ignored; were there any? */
static bool add(sigset_t *set, const int *numbers, size_t count)
{
    struct sigaction now;
    bool any = false;
    size_t i;

    for (i = 0; i < count; i++)
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN) {
            sigaddset(set, numbers[i]);
            any = true;
        }
    return any;
}

void ml_proc_watch_begin(ml_proc_watch *w, bool terminal, bool forward)
{
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigset_t block, pending;
    bool any;

    sigemptyset(&block);
    w->quiet = terminal && !forward;
    if (w->quiet) {
        sigaction(SIGINT, &ignore, &w->interrupt);
        sigaction(SIGQUIT, &ignore, &w->quit);
    }
    any = add(&block, ENDING, sizeof ENDING / sizeof *ENDING);
    if (forward)
        any = add(&block, OTHERS, sizeof OTHERS / sizeof *OTHERS) || any;
    w->fd = any ? signalfd(-1, &block, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
    sigpending(&pending);
    w->pipe_pending = sigismember(&pending, SIGPIPE) == 1;
    sigaddset(&block, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &block, &w->before);
}

void ml_proc_watch_end(ml_proc_watch *w)
{
    const struct timespec none = { 0, 0 };
    sigset_t pipe_only, pending;

    /* A SIGPIPE of our own making must not be delivered now. */
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    if (!w->pipe_pending && sigismember(&pending, SIGPIPE) == 1)
        sigtimedwait(&pipe_only, NULL, &none);
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    if (w->quiet) {
        sigaction(SIGINT, &w->interrupt, NULL);
        sigaction(SIGQUIT, &w->quit, NULL);
    }
    pthread_sigmask(SIG_SETMASK, &w->before, NULL); /* what waits is delivered here */
}

int ml_proc_watch_next(const ml_proc_watch *w)
{
    struct signalfd_siginfo info;

    while (read(w->fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_code != SI_KERNEL)
            return (int)info.ssi_signo;
    return 0;
}
