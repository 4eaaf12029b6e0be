/* env.c — hygiene at the start, secrets in our own environment, XDG folders; see env.h. */
#include "sys/env.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fs.h"

static const char PROGRAM[] = "moonlatch";

/* 0, 1 and 2 must be open, or the next file we open would be somebody's stdout. Who closed stdin or
 * stdout gets an error when they are used, not empty input and results that go nowhere. */
static int fill_standard_streams(ml_err *e)
{
    static const int modes[] = { O_WRONLY, O_RDONLY, O_RDWR };
    int fd, error;

    for (fd = 0; fd <= 2; fd++)
        /* the lowest number that is free is this one: those below are open by now */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd) {
            error = errno;
            return ml_fail_errno(e, error, "cannot open /dev/null");
        }
    return 0;
}

int ml_env_harden(ml_env_start *start, ml_err *e)
{
    const struct rlimit none = { 0, 0 };
    struct sigaction ignore;
    int error;

    start->umask = umask(077);
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        error = errno;
        return ml_fail_errno(e, error, "cannot turn core dumps off");
    }
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
    return fill_standard_streams(e);
}

/* --- secrets in the environment --- */

static const char *const SECRETS[] = {
    "AGE_PASSPHRASE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "BAO_TOKEN",
    "BW_CLIENTSECRET",
    "BW_PASSWORD",
    "BW_SESSION",
    "CLOUDSDK_AUTH_ACCESS_TOKEN",
    "GCLOUD_ACCESS_TOKEN",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "MOONLATCH_AGE_PASSPHRASE",
    "SOPS_AGE_KEY",
    "SOPS_AGE_SSH_PRIVATE_KEY",
    "SSH_TO_AGE_PASSPHRASE",
    "VAULT_TOKEN",
    NULL,
};

bool ml_env_is_secret(const char *name)
{
    size_t i;

    for (i = 0; SECRETS[i] != NULL; i++)
        if (strcmp(SECRETS[i], name) == 0)
            return true;
    return false;
}

int ml_env_take(const char *name, ml_secret *value, ml_err *e)
{
    char *const text = getenv(name);

    memset(value, 0, sizeof *value);
    if (text == NULL)
        return 0;
    if (ml_secret_copy(value, ml_bytes_text(text), e) < 0)
        return -1;
    /* getenv points into the block the kernel made, which /proc/PID/environ shows. */
    ml_wipe(text, strlen(text));
    unsetenv(name);
    return 1;
}

bool ml_env_privileged(void)
{
    return geteuid() == 0 || geteuid() != getuid() || getegid() != getgid() ||
           getauxval(AT_SECURE) != 0;
}

/* --- folders --- */

int ml_env_home(char **path, ml_err *e)
{
    const char *home = getenv("HOME");
    struct passwd entry, *found = NULL;
    char space[4096];

    if ((home == NULL || home[0] != '/') &&
        getpwuid_r(geteuid(), &entry, space, sizeof space, &found) == 0 && found != NULL)
        home = found->pw_dir;
    *path = NULL;
    if (home == NULL || home[0] != '/') {
        ml_fail(e, ML_E_MISSING, "no home folder is known");
        return ml_err_hint(e, "set HOME");
    }
    *path = strdup(home);
    return *path == NULL ? ml_fail_memory(e) : 0;
}

/* $VARIABLE, or ~/FALLBACK; with /OURS behind it unless `ours` is NULL. */
static int xdg_folder(char **path, const char *variable, const char *fallback, const char *ours,
                      ml_err *e)
{
    const char *const given = getenv(variable);
    char *home = NULL;
    int written;

    *path = NULL;
    if (given == NULL || given[0] != '/') {
        if (ml_env_home(&home, e) < 0)
            return -1;
        written = asprintf(path, "%s/%s%s%s", home, fallback, ours == NULL ? "" : "/",
                           ours == NULL ? "" : ours);
    } else {
        written =
            asprintf(path, "%s%s%s", given, ours == NULL ? "" : "/", ours == NULL ? "" : ours);
    }
    free(home);
    if (written >= 0)
        return 0;
    *path = NULL;
    return ml_fail_memory(e);
}

int ml_env_state(char **path, ml_err *e)
{
    return xdg_folder(path, "XDG_STATE_HOME", ".local/state", PROGRAM, e);
}

int ml_env_config(char **path, ml_err *e)
{
    return xdg_folder(path, "XDG_CONFIG_HOME", ".config", PROGRAM, e);
}

int ml_env_configs(char **path, ml_err *e)
{
    return xdg_folder(path, "XDG_CONFIG_HOME", ".config", NULL, e);
}

/* Makes what is missing of `wanted` and puts the real path in *real. */
static int make_private(const char *wanted, char **real, ml_err *e)
{
    ml_root root, made = ML_ROOT_CLOSED;
    char *rest;
    ml_stat st;
    int status;

    *real = NULL;
    if (ml_fs_locate(&root, &rest, wanted, e) < 0)
        return -1;
    status = strcmp(rest, ".") == 0 ? 0 : ml_fs_mkdirs(&root, rest, 0700, e);
    if (status == 0)
        status = ml_root_open_below(&made, &root, rest, e);
    if (status == 0)
        status = ml_fs_stat(&made, ".", &st, e);
    if (status == 0 && (st.uid != geteuid() || (st.mode & 077) != 0)) {
        ml_fail(e, ML_E_PERMISSION, "%s must be yours and closed to others", made.real);
        ml_err_hint(e, "chmod 700 %s", made.real);
        status = ml_err_at(e, made.real, 0, 0);
    }
    if (status == 0 && (*real = strdup(made.real)) == NULL)
        status = ml_fail_memory(e);
    free(rest);
    ml_root_close(&made);
    ml_root_close(&root);
    return status;
}

int ml_env_make_state(char **path, ml_err *e)
{
    char *wanted;
    int status;

    *path = NULL;
    if (ml_env_state(&wanted, e) < 0)
        return -1;
    status = make_private(wanted, path, e);
    free(wanted);
    return status;
}
