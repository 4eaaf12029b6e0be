/* fs_root.c — folders held open, and paths that a user names; see fs.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fs_internal.h"

static bool leads_to(const char *path, int fd)
{
    struct stat held, named;

    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

/* The path of an open folder as the kernel knows it, or NULL: without /proc, or when the folder has
 * been removed (the kernel then appends a note, and the path does not lead back). */
static char *path_of(int fd)
{
    char link[64], path[PATH_MAX];
    ssize_t len;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path);
    if (len <= 0 || (size_t)len >= sizeof path || path[0] != '/')
        return NULL;
    path[len] = '\0';
    return leads_to(path, fd) ? strdup(path) : NULL;
}

/* Takes over `fd` (≥ 0, or -errno), the folder that `way` led to; `path` is what messages say. */
static int root_from(ml_root *root, int fd, const char *path, const char *way, ml_err *e)
{
    char *real = NULL;
    int errnum;

    *root = (ml_root)ML_ROOT_CLOSED;
    if (fd < 0)
        return ml_fs_fail(e, fd, "open the folder", path);
    root->fd = fd;
    root->path = strdup(path);
    if (root->path != NULL) {
        errno = 0;
        real = path_of(fd);
        if (real == NULL && errno != ENOMEM)
            real = realpath(way, NULL);
    }
    if (real != NULL && leads_to(real, fd)) {
        root->real = real;
        return 0;
    }
    errnum = errno;
    free(real);
    free(root->path);
    close(fd);
    *root = (ml_root)ML_ROOT_CLOSED;
    if (errnum == ENOMEM)
        return ml_fail_memory(e);
    ml_fail(e, ML_E_SYSTEM, "cannot tell the real path of %s", path);
    return ml_err_at(e, path, 0, 0);
}

int ml_root_open(ml_root *root, const char *path, ml_err *e)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);

    return root_from(root, fd < 0 ? -errno : fd, path, path, e);
}

int ml_root_open_below(ml_root *root, const ml_root *parent, const char *path, ml_err *e)
{
    char *way;
    int status;

    *root = (ml_root)ML_ROOT_CLOSED;
    if (strcmp(path, ".") != 0 && ml_fs_check_path(path, e) < 0)
        return -1;
    if (asprintf(&way, "%s/%s", parent->real, path) < 0)
        return ml_fail_memory(e);
    status =
        root_from(root, ml_fs_open_at(parent->fd, path, O_RDONLY | O_DIRECTORY, 0), path, way, e);
    free(way);
    return status;
}

void ml_root_close(ml_root *root)
{
    if (root->fd >= 0)
        close(root->fd);
    free(root->path);
    free(root->real);
    *root = (ml_root)ML_ROOT_CLOSED;
}

/* What exists: a folder becomes the root itself, anything else a name in its real folder. */
static int locate_existing(ml_root *root, char **rest, const char *real, ml_err *e)
{
    struct stat st;
    char *folder, *slash;
    int status;

    if (stat(real, &st) != 0)
        return ml_fs_fail(e, -errno, "find", real);
    if (S_ISDIR(st.st_mode)) {
        *rest = strdup(".");
        return *rest == NULL ? ml_fail_memory(e) : ml_root_open(root, real, e);
    }
    folder = strdup(real);
    slash = folder == NULL ? NULL : strrchr(folder, '/');
    *rest = slash == NULL ? NULL : strdup(slash + 1);
    if (*rest == NULL) {
        free(folder);
        return ml_fail_memory(e);
    }
    slash[slash == folder ? 1 : 0] = '\0';
    status = ml_root_open(root, folder, e);
    free(folder);
    return status;
}

/* The first `len` bytes of a path as a folder's name: nothing is "." or "/". */
static char *prefix_of(const char *path, size_t len)
{
    if (len > 0)
        return strndup(path, len);
    return strdup(path[0] == '/' ? "/" : ".");
}

/* Steps one component back from `*end`: *rest_at is where that component begins. */
static void step_back(const char *path, size_t *end, size_t *rest_at)
{
    while (*end > 0 && path[*end - 1] != '/')
        --*end;
    *rest_at = *end;
    while (*end > 0 && path[*end - 1] == '/')
        --*end;
}

/* What does not exist: the deepest folder on the way that does becomes the root, what remains the
 * rest. `len` leaves out slashes at the end. */
static int locate_new(ml_root *root, char **rest, const char *path, size_t len, ml_err *e)
{
    size_t end = len, rest_at;
    struct stat st;
    char *folder;
    int status;

    for (;;) {
        folder = prefix_of(path, end);
        if (folder == NULL)
            return ml_fail_memory(e);
        if (lstat(folder, &st) == 0 && S_ISLNK(st.st_mode)) {
            ml_fail(e, ML_E_MISSING, "%s is a link that leads nowhere", folder);
            ml_err_at(e, folder, 0, 0);
            free(folder);
            return -1;
        }
        free(folder);
        step_back(path, &end, &rest_at);
        folder = prefix_of(path, end);
        if (folder == NULL)
            return ml_fail_memory(e);
        if (stat(folder, &st) == 0)
            break; /* at the latest for "." or "/" */
        status = errno == ENOENT ? 0 : ml_fs_fail(e, -errno, "find", folder);
        free(folder);
        if (status < 0)
            return -1;
    }
    *rest = strndup(path + rest_at, len - rest_at);
    status = *rest == NULL ? ml_fail_memory(e) : ml_root_open(root, folder, e);
    free(folder);
    return status;
}

int ml_fs_locate(ml_root *root, char **rest, const char *path, ml_err *e)
{
    char *real;
    size_t len = strlen(path);
    int status;

    *root = (ml_root)ML_ROOT_CLOSED;
    *rest = NULL;
    if (len == 0)
        return ml_fail(e, ML_E_ARGUMENT, "a path is empty");
    real = realpath(path, NULL);
    if (real != NULL) {
        status = locate_existing(root, rest, real, e);
        free(real);
    } else if (errno != ENOENT) {
        return ml_fs_fail(e, -errno, "find", path);
    } else {
        while (len > 1 && path[len - 1] == '/')
            len--;
        status = locate_new(root, rest, path, len, e);
    }
    if (status == 0 && strcmp(*rest, ".") != 0)
        status = ml_fs_check_path(*rest, e);
    if (status < 0) {
        free(*rest);
        *rest = NULL;
        ml_root_close(root);
    }
    return status;
}
