#ifndef ML_SYS_PROC_H
#define ML_SYS_PROC_H

/* proc.h — child processes: argument vectors, never a shell.
 *
 * A secret cannot get into an argument vector: arguments are C strings, secrets are ml_bytes of
 * locked memory that only stdin and the environment take. Children get an environment made of the
 * listed variables alone, no descriptors but the three standard ones, default signal dispositions,
 * an empty signal mask, the umask given, RLIMIT_CORE 0, and a process group of their own unless
 * they talk to the terminal. */
#include <sys/types.h>

#include "base/buf.h"
#include "base/secret.h"
#include "sys/fs.h"
#include "sys/private.h"

/* Finds a program. `name` is a bare name, looked up in `path` (a PATH value; relative and empty
 * entries are passed over), or an absolute path; anything else is "argument". The file found must
 * be executable, and it, the PATH entry and all folders above them must not be writable by others
 * (ml_fs_trusted; with root_only owned by root). An entry that fails is not passed over in silence:
 * "permission" if no trusted one follows it. *found is the real path, malloc'd: run it with `name`
 * as argv[0], which programs of several names look at. Errors: "missing", "permission". */
int ml_proc_find(char **found, const char *name, const char *path, bool root_only, ml_err *e);

typedef enum ml_proc_in_kind {
    ML_PROC_IN_NULL, /* /dev/null */
    ML_PROC_IN_INHERIT,
    ML_PROC_IN_BYTES, /* written by us, then closed; may be secret */
    ML_PROC_IN_FD     /* a descriptor of the caller, who keeps it */
} ml_proc_in_kind;

typedef enum ml_proc_out_kind {
    ML_PROC_OUT_NULL,
    ML_PROC_OUT_INHERIT,
    ML_PROC_OUT_BUF,    /* captured as public bytes */
    ML_PROC_OUT_SECRET, /* captured in locked memory */
    ML_PROC_OUT_FD
} ml_proc_out_kind;

/* NAME=value for the child; the value may be secret, without NUL bytes. */
typedef struct ml_proc_var {
    const char *name;
    ml_bytes value;
} ml_proc_var;

/* Whom a child works for, if not for us. */
typedef struct ml_proc_user {
    uid_t uid;
    gid_t gid;
    gid_t *groups; /* malloc'd */
    size_t group_count;
} ml_proc_user;

/* What the system knows of a user, with all groups; only root can be somebody else. Free with
 * ml_proc_user_free. Errors: "missing", "permission". */
int ml_proc_user_find(ml_proc_user *user, const char *name, ml_err *e);
void ml_proc_user_free(ml_proc_user *user);

typedef struct ml_proc_job {
    const char *program; /* absolute, from ml_proc_find */
    const char *name;    /* argv[0]; NULL: the program's last component */
    const char *const *options;
    size_t option_count;
    /* Operands that begin with `-` are "argument", unless `separator` puts "--" before them. */
    const char *const *operands;
    size_t operand_count;
    bool separator;
    const ml_proc_var *env; /* the whole environment */
    size_t env_count;
    const ml_root *folder; /* where it runs; NULL: where we are */
    ml_proc_in_kind in;
    ml_bytes in_bytes;
    int in_fd;
    ml_proc_out_kind out, err;
    int out_fd, err_fd;
    size_t limit; /* bytes captured from each; more kills the child. 0: ML_LIMIT_CHILD_OUTPUT */
    unsigned timeout_ms; /* 0: none. Then SIGTERM to the group, SIGKILL two seconds later */
    mode_t umask;        /* the caller's, from ml_env_start */
    /* It uses the terminal (an editor, ssh): it stays in our process group and we ignore SIGINT and
     * SIGQUIT while it runs. */
    bool terminal;
    /* It stands for us: what is sent to us goes on to it, nothing ends it but itself, and signals
     * that are ignored stay so. With `terminal`. */
    bool forward;
    bool hangup;               /* it gets SIGHUP when we end before it */
    const ml_private *private; /* a folder that it sees; may be NULL */
    const ml_proc_user *user;  /* may be NULL */
} ml_proc_job;

typedef struct ml_proc_result {
    int status;                       /* exit status, or -1 if a signal ended it */
    int signal;                       /* that signal, or 0 */
    bool timed_out;                   /* our timeout ended it */
    bool overflow;                    /* it wrote more than the limit and was ended */
    ml_buf out, err;                  /* of ML_PROC_OUT_BUF */
    ml_secret out_secret, err_secret; /* of ML_PROC_OUT_SECRET */
} ml_proc_result;

/* Runs one program to its end. 0 when it was started, whatever its status; -1 when it could not be
 * started or talked to, or when SIGINT, SIGTERM or SIGHUP came ("interrupted": the children are
 * ended first, the signal is let through after). *result is new; free with ml_proc_result_free,
 * also after a failure. */
int ml_proc_run(const ml_proc_job *job, ml_proc_result *result, ml_err *e);

/* Runs several, up to `parallel` at once (0 means all). results[i] and errors[i] belong to jobs[i];
 * errors[i].code is NULL where the job was started. Returns how many could not be started. */
size_t ml_proc_all(const ml_proc_job *jobs, size_t count, size_t parallel, ml_proc_result *results,
                   ml_err *errors);

/* A conversation: a program that is written to and answers, turn by turn, until it is hung up. Of
 * the job's streams only stderr counts, which must be no pipe. `limit` is for all it says, and
 * `timeout_ms` for all the time that is spent waiting for it, not for what happens between. */
typedef struct ml_proc_talk ml_proc_talk;

int ml_proc_converse(ml_proc_talk **talk, const ml_proc_job *job, ml_err *e);

/* Sends all the bytes, and makes *heard (new, the caller frees) the owner of what it says then: no
 * bytes if wait_ms go by without any (0: as long as there is time), and what was not sent yet goes
 * with the next turn. Errors: "child" when it ended, was too slow or said too much, "interrupted";
 * then nothing is left to do but to hang up. */
int ml_proc_exchange(ml_proc_talk *talk, ml_bytes bytes, unsigned wait_ms, ml_secret *heard,
                     ml_err *e);

/* Closes its streams and sends SIGINT to its group; two seconds later, or once it has ended, what
 * is left of the group is killed. NULL is fine. */
void ml_proc_hang_up(ml_proc_talk *talk);

/* Starts one program and does not wait for it: no stream of the job is a pipe to us. */
int ml_proc_start(const ml_proc_job *job, pid_t *pid, ml_err *e);

/* Becomes the program: returns only when that fails, -1. Its streams are ours. */
int ml_proc_replace(const ml_proc_job *job, ml_err *e);

void ml_proc_result_free(ml_proc_result *result);

#endif
