/* output.c — see output.h. Built on the operation table, as transactions are. */
#include "sys/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fs_internal.h"

enum { LINKS = 40 }; /* that are followed at most, as by the kernel */

static int fail(const ml_output *out, int error, ml_err *e)
{
    return ml_fs_fail(e, error, "write", out->path);
}

/* An output with its path and nothing else yet. */
static int begin(ml_output *out, const char *path, const ml_fs_write *how, ml_err *e)
{
    *out = (ml_output)ML_OUTPUT_CLOSED;
    out->how = *how;
    out->path = strdup(path);
    return out->path == NULL ? ml_fail_memory(e) : 0;
}

/* Opens the folder and looks at what has the name: only a regular file is replaced. */
static int find_target(ml_output *out, const ml_root *root, const char *path)
{
    const char *name;
    int error;

    out->folder = ml_fs_open_parent(root->fd, path, &name);
    if (out->folder < 0)
        return out->folder;
    out->name = strdup(name);
    if (out->name == NULL)
        return -ENOMEM;
    error = ml_fs_ops_real.stat(NULL, out->folder, name, &out->old);
    if (error < 0)
        return error;
    if (out->how.exclusive && out->old.kind != ML_FILE_NONE)
        return -EEXIST;
    if (out->old.kind == ML_FILE_FOLDER)
        return -EISDIR;
    if (out->old.kind == ML_FILE_SPECIAL)
        return -EOPNOTSUPP;
    return out->old.kind == ML_FILE_LINK ? -ELOOP : 0;
}

int ml_output_open_below(ml_output *out, const ml_root *root, const char *path,
                         const ml_fs_write *how, ml_err *e)
{
    int error;

    *out = (ml_output)ML_OUTPUT_CLOSED;
    if (ml_fs_check_path(path, e) < 0 || begin(out, path, how, e) < 0)
        return -1;
    error = find_target(out, root, path);
    if (error == 0)
        return 0;
    fail(out, error, e);
    ml_output_close(out);
    return -1;
}

/* The descriptor that a path stands for, or -1. To open /dev/stdout once more would write at the
 * beginning of the file behind it. */
static int descriptor_of(const char *path)
{
    static const char folder[] = "/dev/fd/";
    char *end;
    long number;

    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0)
        return STDERR_FILENO;
    if (strncmp(path, folder, sizeof folder - 1) != 0 || path[sizeof folder - 1] < '0' ||
        path[sizeof folder - 1] > '9')
        return -1;
    number = strtol(path + sizeof folder - 1, &end, 10);
    return *end == '\0' && number <= 65535 ? (int)number : -1;
}

static int open_directly(ml_output *out, int descriptor)
{
    out->fd = descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
                              : open(out->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return out->fd < 0 ? -errno : ml_fs_ops_real.stat_handle(NULL, out->fd, &out->old);
}

/* Where a path leads at which nothing is: it may be a link all the same. NULL when out of memory;
 * the caller frees it. */
static char *end_of_links(const char *path)
{
    char *at = strdup(path), target[PATH_MAX];
    ssize_t len;
    int links;

    for (links = 0; at != NULL && links < LINKS; links++) {
        const char *const slash = strrchr(at, '/');
        char *next;

        len = readlink(at, target, sizeof target - 1);
        if (len < 0)
            return at;
        target[len] = '\0';
        if (asprintf(&next, "%.*s%s", slash == NULL || *target == '/' ? 0 : (int)(slash + 1 - at),
                     at, target) < 0)
            next = NULL;
        free(at);
        at = next;
    }
    return at;
}

/* A file that is replaced, or made, where the path leads. */
static int open_located(ml_output *out, const char *path, const ml_fs_write *how, ml_err *e)
{
    ml_root root = ML_ROOT_CLOSED;
    char *const end = how->exclusive ? strdup(path) : end_of_links(path), *rest = NULL;
    int status = end == NULL ? ml_fail_memory(e) : ml_fs_locate(&root, &rest, end, e);

    if (status == 0 && strcmp(rest, ".") == 0)
        status = ml_fs_fail(e, -EISDIR, "write", path);
    if (status == 0)
        status = ml_output_open_below(out, &root, rest, how, e);
    free(end);
    free(rest);
    ml_root_close(&root);
    return status;
}

int ml_output_open(ml_output *out, const char *path, const ml_fs_write *how, ml_err *e)
{
    const int descriptor = descriptor_of(path);
    struct stat st;
    int error;

    *out = (ml_output)ML_OUTPUT_CLOSED;
    if (descriptor < 0 && stat(path, &st) != 0)
        /* a link in a folder of everybody's, which the kernel does not follow, leads nowhere */
        return errno == EACCES ? ml_fs_fail(e, -EACCES, "write", path)
                               : open_located(out, path, how, e);
    if (descriptor < 0 && S_ISREG(st.st_mode) && !how->exclusive && eaccess(path, W_OK) != 0)
        return ml_fs_fail(e, -errno, "write", path); /* to replace it takes its folder only */
    if (descriptor < 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || how->exclusive))
        return open_located(out, path, how, e);
    if (begin(out, strcmp(path, "-") == 0 ? "standard output" : path, how, e) < 0)
        return -1;
    error = open_directly(out, descriptor);
    if (error == 0)
        return 0;
    fail(out, error, e);
    ml_output_close(out);
    return -1;
}

/* A file without a name gets one through /proc. */
static bool can_be_nameless(void)
{
    return access("/proc/self/fd", X_OK) == 0;
}

static int give_temp(ml_output *out)
{
    char digits[ML_FS_TEMP_DIGITS + 1];
    const int error = ml_fs_random_hex(digits, ML_FS_TEMP_DIGITS / 2);

    if (error < 0)
        return error;
    out->temp = malloc(ML_FS_NAME);
    if (out->temp == NULL)
        return -ENOMEM;
    ml_fs_temp_name(out->temp, out->name, digits);
    return 0;
}

static void drop_temp(ml_output *out)
{
    free(out->temp);
    out->temp = NULL;
}

/* Makes the file that is staged. */
static int stage(ml_output *out)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    int error;

    if (out->fd >= 0)
        return 0;
    out->fd = can_be_nameless() ? ops->create_nameless(NULL, out->folder) : -EOPNOTSUPP;
    if (out->fd != -EOPNOTSUPP)
        return out->fd < 0 ? out->fd : 0;
    error = give_temp(out);
    if (error < 0)
        return error;
    out->fd = ops->create(NULL, out->folder, out->temp);
    if (out->fd >= 0)
        return 0;
    drop_temp(out); /* it is not ours */
    return out->fd;
}

int ml_output_write(ml_output *out, ml_bytes part, ml_err *e)
{
    int error = part.len == 0 ? 0 : stage(out);

    if (error == 0)
        error = ml_fs_write_fd(out->fd, part);
    return error < 0 ? fail(out, error, e) : 0;
}

/* Owner first: chown clears setuid bits. Owner and group are left alone where they are right
 * already, which is all that an ordinary user may ask. */
static int dress(const ml_output *out)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    const ml_stat *const old = &out->old;
    ml_stat now;
    int error = ops->stat_handle(NULL, out->fd, &now);

    if (error == 0 && old->kind == ML_FILE_FILE && (old->uid != now.uid || old->gid != now.gid))
        error = ops->set_owner(NULL, out->fd, old->uid, old->gid);
    if (error < 0)
        return error;
    return ops->set_mode(NULL, out->fd,
                         ml_fs_mode(out->how.kind, out->how.mode, old, out->how.umask));
}

/* Exclusively: the link fails where a rename would replace what came in between. */
static int give_name(ml_output *out)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    int error;

    if (out->how.exclusive && out->temp == NULL)
        return ops->link_nameless(NULL, out->fd, out->folder, out->name);
    if (out->how.exclusive)
        return linkat(out->folder, out->temp, out->folder, out->name, 0) != 0 ? -errno : 0;
    if (out->temp == NULL) {
        error = give_temp(out);
        if (error == 0)
            error = ops->link_nameless(NULL, out->fd, out->folder, out->temp);
        if (error < 0) {
            drop_temp(out);
            return error;
        }
    }
    error = ops->rename(NULL, out->folder, out->temp, out->name);
    if (error == 0)
        drop_temp(out);
    return error;
}

int ml_output_commit(ml_output *out, ml_err *e)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    int error;

    if (out->folder < 0)
        return 0;
    error = stage(out);
    if (error == 0)
        error = dress(out);
    if (error == 0)
        error = ops->sync(NULL, out->fd);
    if (error == 0)
        error = give_name(out);
    if (error == 0)
        error = ops->sync(NULL, out->folder);
    return error < 0 ? fail(out, error, e) : 0;
}

void ml_output_close(ml_output *out)
{
    if (out->temp != NULL)
        unlinkat(out->folder, out->temp, 0);
    if (out->fd >= 0)
        close(out->fd);
    if (out->folder >= 0)
        close(out->folder);
    free(out->path);
    free(out->name);
    free(out->temp);
    *out = (ml_output)ML_OUTPUT_CLOSED;
}
