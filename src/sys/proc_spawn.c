/* proc_spawn.c — argument vector, environment, pipes, fork and exec; see proc_internal.h. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/proc_internal.h"

/* All that the child needs, made before the fork: after it only async-signal-safe calls are
 * allowed. */
typedef struct plan {
    const ml_proc_job *job;
    char **argv;
    ml_secret env_bytes; /* NAME=value NUL …: may hold secrets */
    char **env;
    int source[3]; /* what becomes the child's 0, 1 and 2; owned unless it is the caller's */
    bool owned[3];
    int ours[3];   /* our ends of the pipes, or -1 */
    int report[2]; /* errno of a failed exec */
    pid_t parent;
    char *here;    /* where it runs, if it enters a namespace; else NULL */
    sigset_t kept; /* signals that stay ignored */
} plan;

void ml_proc_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

const char *ml_proc_name(const ml_proc_job *job)
{
    return job->name != NULL ? job->name : strrchr(job->program, '/') + 1;
}

static void plan_free(plan *p)
{
    int i;

    free(p->argv);
    free(p->env);
    free(p->here);
    ml_secret_free(&p->env_bytes);
    for (i = 0; i < 3; i++) {
        if (p->owned[i])
            ml_proc_close(&p->source[i]);
        ml_proc_close(&p->ours[i]);
    }
    ml_proc_close(&p->report[0]);
    ml_proc_close(&p->report[1]);
}

/* execve wants char *const[] although it changes nothing. */
static char *unconst(const char *text)
{
    char *result;

    memcpy(&result, &text, sizeof result);
    return result;
}

static int plan_argv(plan *p, ml_err *e)
{
    const ml_proc_job *const job = p->job;
    size_t i, n = 0;

    if (job->program[0] != '/')
        return ml_fail(e, ML_E_ARGUMENT, "the program's path is not absolute");
    p->argv = calloc(job->option_count + job->operand_count + 3, sizeof *p->argv);
    if (p->argv == NULL)
        return ml_fail_memory(e);
    p->argv[n++] = unconst(ml_proc_name(job));
    for (i = 0; i < job->option_count; i++)
        p->argv[n++] = unconst(job->options[i]);
    if (job->separator)
        p->argv[n++] = unconst("--");
    for (i = 0; i < job->operand_count; i++) {
        if (!job->separator && job->operands[i][0] == '-')
            return ml_fail(e, ML_E_ARGUMENT, "operand %zu of %s begins with '-'", i + 1,
                           p->argv[0]);
        p->argv[n++] = unconst(job->operands[i]);
    }
    return 0;
}

static int plan_env(plan *p, ml_err *e)
{
    const ml_proc_job *const job = p->job;
    size_t i, total = 0, at = 0;

    for (i = 0; i < job->env_count; i++) {
        const ml_proc_var *const v = &job->env[i];

        if (v->name[0] == '\0' || strchr(v->name, '=') != NULL)
            return ml_fail(e, ML_E_ARGUMENT, "\"%s\" cannot be the name of a variable", v->name);
        if (v->value.len > 0 && memchr(v->value.p, '\0', v->value.len) != NULL)
            return ml_fail(e, ML_E_ARGUMENT, "the value of %s has a NUL byte", v->name);
        total += strlen(v->name) + v->value.len + 2;
    }
    p->env = calloc(job->env_count + 1, sizeof *p->env);
    if (p->env == NULL)
        return ml_fail_memory(e);
    if (ml_secret_new(&p->env_bytes, total, e) < 0)
        return -1;
    for (i = 0; i < job->env_count; i++) {
        const size_t len = strlen(job->env[i].name);

        p->env[i] = (char *)p->env_bytes.p + at;
        memcpy(p->env_bytes.p + at, job->env[i].name, len);
        p->env_bytes.p[at + len] = '=';
        at += len + 1;
        if (job->env[i].value.len > 0)
            memcpy(p->env_bytes.p + at, job->env[i].value.p, job->env[i].value.len);
        at += job->env[i].value.len + 1; /* the memory is zeroed: that ends it */
    }
    return 0;
}

/* A pipe whose end `theirs` (0 reads, 1 writes) is the child's stream `stream`. */
static int plan_pipe(plan *p, int stream, int theirs, ml_err *e)
{
    int ends[2], error;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        error = errno;
        return ml_fail_errno(e, error, "cannot make a pipe");
    }
    p->source[stream] = ends[theirs];
    p->owned[stream] = true;
    p->ours[stream] = ends[1 - theirs];
    if (fcntl(p->ours[stream], F_SETFL, O_NONBLOCK) != 0) {
        error = errno;
        return ml_fail_errno(e, error, "cannot make a pipe");
    }
    return 0;
}

static int plan_null(plan *p, int stream, int flags, ml_err *e)
{
    int error;

    p->source[stream] = open("/dev/null", flags | O_CLOEXEC);
    p->owned[stream] = true;
    if (p->source[stream] >= 0)
        return 0;
    error = errno;
    return ml_fail_errno(e, error, "cannot open /dev/null");
}

static int plan_in(plan *p, ml_err *e)
{
    switch (p->job->in) {
    case ML_PROC_IN_INHERIT:
        p->source[0] = STDIN_FILENO;
        return 0;
    case ML_PROC_IN_FD:
        p->source[0] = p->job->in_fd;
        return 0;
    case ML_PROC_IN_BYTES:
        return plan_pipe(p, 0, 0, e);
    case ML_PROC_IN_NULL:
        break;
    }
    return plan_null(p, 0, O_RDONLY, e);
}

static int plan_out(plan *p, int stream, ml_proc_out_kind kind, int fd, ml_err *e)
{
    switch (kind) {
    case ML_PROC_OUT_INHERIT:
        p->source[stream] = stream;
        return 0;
    case ML_PROC_OUT_FD:
        p->source[stream] = fd;
        return 0;
    case ML_PROC_OUT_BUF:
    case ML_PROC_OUT_SECRET:
        return plan_pipe(p, stream, 1, e);
    case ML_PROC_OUT_NULL:
        break;
    }
    return plan_null(p, stream, O_WRONLY, e);
}

/* A namespace forgets the current folder, which a descriptor of it could not give back. */
static int plan_here(plan *p, ml_err *e)
{
    const ml_proc_job *const job = p->job;
    int error;

    if (job->private == NULL || !ml_private_is_hidden(job->private))
        return 0;
    p->here = job->folder != NULL ? strdup(job->folder->real) : getcwd(NULL, 0);
    if (p->here != NULL)
        return 0;
    error = errno;
    return ml_fail_errno(e, error, "there is no current folder");
}

static void plan_signals(plan *p)
{
    static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT };
    struct sigaction now;
    size_t i;

    sigemptyset(&p->kept);
    for (i = 0; p->job->forward && i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_IGN)
            sigaddset(&p->kept, numbers[i]);
}

static int plan_all(plan *p, ml_err *e)
{
    const ml_proc_job *const job = p->job;

    p->parent = getpid();
    plan_signals(p);
    return plan_argv(p, e) < 0 || plan_env(p, e) < 0 || plan_here(p, e) < 0 || plan_in(p, e) < 0 ||
                   plan_out(p, 1, job->out, job->out_fd, e) < 0 ||
                   plan_out(p, 2, job->err, job->err_fd, e) < 0
               ? -1
               : 0;
}

/* --- in the child: nothing but system calls from here on --- */

_Noreturn static void child_fail(int report)
{
    const int error = errno;
    ssize_t put;

    do
        put = write(report, &error, sizeof error);
    while (put < 0 && errno == EINTR);
    _exit(127);
}

/* Sources first leave the numbers 0 to 2, so that no dup2 closes one that is still needed. */
static void child_streams(const plan *p, int report)
{
    int moved[3], i;

    for (i = 0; i < 3; i++) {
        moved[i] = fcntl(p->source[i], F_DUPFD_CLOEXEC, 3);
        if (moved[i] < 0)
            child_fail(report);
    }
    for (i = 0; i < 3; i++)
        if (dup2(moved[i], i) < 0)
            child_fail(report);
}

static void child_descriptors(void)
{
    const unsigned close_on_exec = 4; /* CLOSE_RANGE_CLOEXEC */
    int fd;

    /* Ours close on exec anyway; this is for those that were passed to us. */
    if (syscall(SYS_close_range, 3U, ~0U, close_on_exec) == 0)
        return;
    for (fd = 3; fd < 4096; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int become(const ml_proc_user *user)
{
    return setgroups(user->group_count, user->groups) == 0 &&
                   setresgid(user->gid, user->gid, user->gid) == 0 &&
                   setresuid(user->uid, user->uid, user->uid) == 0
               ? 0
               : -1;
}

/* An alarm that a handler of ours waits for is not for the program, which it would end. */
static void child_alarm(void)
{
    struct sigaction now;

    if (sigaction(SIGALRM, NULL, &now) == 0 && now.sa_handler != SIG_DFL &&
        now.sa_handler != SIG_IGN)
        alarm(0);
}

/* Makes of this process what the job wants, but for the streams. 0, or -1 with errno. */
static int child_prepare(const plan *p)
{
    const ml_proc_job *const job = p->job;
    const struct rlimit none = { 0, 0 };
    /* The kernel's own structure, all zero: SIG_DFL. libc's sigaction refuses the two signals it
     * keeps for itself, which a parent may yet have left ignored. */
    const unsigned long plain[4] = { 0 };
    int s;

    child_alarm();
    for (s = 1; s < NSIG; s++)
        if (sigismember(&p->kept, s) != 1)
            (void)syscall(SYS_rt_sigaction, s, plain, NULL, (size_t)8); /* KILL and STOP refuse */
    if (!job->terminal && setpgid(0, 0) != 0)
        return -1;
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return -1;
    umask(job->umask);
    if (job->folder != NULL && fchdir(job->folder->fd) != 0)
        return -1;
    if (p->here != NULL && ml_private_enter(job->private, p->here) != 0)
        return -1;
    return job->user != NULL ? become(job->user) : 0;
}

/* Signals are let in at the very end. */
static void child_exec(const plan *p)
{
    sigset_t empty;

    child_descriptors();
    sigemptyset(&empty);
    sigprocmask(SIG_SETMASK, &empty, NULL);
    execve(p->job->program, p->argv, p->env);
}

_Noreturn static void child_run(const plan *p, int report)
{
    if (child_prepare(p) != 0)
        child_fail(report);
    /* Another user's process forgets it; and we may have ended before it was said. */
    if (p->job->hangup && (prctl(PR_SET_PDEATHSIG, SIGHUP) != 0 || getppid() != p->parent))
        child_fail(report);
    child_streams(p, report);
    child_exec(p);
    child_fail(report);
}

/* --- in the parent --- */

/* What the child says until exec closes its end: nothing is success. */
static int wait_for_exec(const plan *p, int report, pid_t pid, ml_err *e)
{
    int error = 0;
    ssize_t got;

    do
        got = read(report, &error, sizeof error);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return 0;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return ml_fail_errno(e, got < 0 ? EIO : error, "cannot run %s", p->job->program);
}

static int start(plan *p, pid_t *pid, ml_err *e)
{
    sigset_t all, before;
    int error;

    if (pipe2(p->report, O_CLOEXEC) != 0) {
        error = errno;
        return ml_fail_errno(e, error, "cannot make a pipe");
    }
    /* No handler of ours may run in the child. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    *pid = fork();
    if (*pid == 0) {
        /* Kept away from 0 to 2, which child_streams overwrites. */
        const int report = fcntl(p->report[1], F_DUPFD_CLOEXEC, 3);

        child_run(p, report);
    }
    error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (*pid < 0)
        return ml_fail_errno(e, error, "cannot start a process");
    /* In both processes, whichever comes first; it fails harmlessly after the exec. */
    if (!p->job->terminal)
        setpgid(*pid, *pid);
    ml_proc_close(&p->report[1]);
    return wait_for_exec(p, p->report[0], *pid, e);
}

int ml_proc_spawn(const ml_proc_job *job, ml_proc_child *child, ml_err *e)
{
    plan p = { .job = job, .source = { -1, -1, -1 }, .ours = { -1, -1, -1 }, .report = { -1, -1 } };
    int status;

    *child = (ml_proc_child){ -1, -1, -1, -1 };
    status = plan_all(&p, e);
    if (status == 0)
        status = start(&p, &child->pid, e);
    if (status == 0) {
        child->in = p.ours[0];
        child->out = p.ours[1];
        child->err = p.ours[2];
        p.ours[0] = p.ours[1] = p.ours[2] = -1;
    }
    plan_free(&p);
    return status;
}

int ml_proc_start(const ml_proc_job *job, pid_t *pid, ml_err *e)
{
    ml_proc_child child;
    const int status = ml_proc_spawn(job, &child, e);

    *pid = child.pid;
    return status;
}

int ml_proc_replace(const ml_proc_job *job, ml_err *e)
{
    plan p = { .job = job, .source = { -1, -1, -1 }, .ours = { -1, -1, -1 }, .report = { -1, -1 } };
    int error;

    if (plan_all(&p, e) == 0) {
        if (child_prepare(&p) == 0)
            child_exec(&p);
        error = errno;
        umask(077); /* ours again, as long as we live */
        ml_fail_errno(e, error, "cannot run %s", job->program);
    }
    plan_free(&p);
    return -1;
}
