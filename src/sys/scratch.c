/* scratch.c — a 0700 folder with an unguessable name on a tmpfs; see private.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/fs_internal.h"
#include "sys/private_internal.h"

static const char PREFIX[] = "moonlatch-";

enum { DIGITS = 32, TRIES = 8 };

/* Is this folder one where a name of ours is safe and nothing reaches a disk: a tmpfs that is ours
 * alone, or one that is sticky? */
static bool is_safe(const char *path)
{
    struct statfs fs;
    struct stat st;

    return path != NULL && path[0] == '/' && statfs(path, &fs) == 0 &&
           (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC) && stat(path, &st) == 0 &&
           S_ISDIR(st.st_mode) &&
           ((st.st_uid == geteuid() && (st.st_mode & 022) == 0) ||
            (st.st_uid == 0 && (st.st_mode & S_ISVTX) != 0));
}

/* The places in the order in which they are tried. */
static const char *place_at(size_t index)
{
    return index == 0 ? getenv("XDG_RUNTIME_DIR") : "/dev/shm";
}

enum { EVERYBODYS = 1, PLACES = 2 };

/* Root gives folders away, and clears up what is left of them. */
static bool is_ours(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (st.st_uid == geteuid() || geteuid() == 0) && st.st_nlink > 0;
}

/* One try: 0, or -errno. -EAGAIN when somebody swept it before it was locked. */
static int make(int place, const char *name)
{
    int fd, error;

    if (mkdirat(place, name, 0700) != 0)
        return -errno;
    fd = ml_fs_open_at(place, name, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fd == -ENOENT ? -EAGAIN : fd;
    error = flock(fd, LOCK_EX | LOCK_NB) != 0 || !is_ours(fd) ? -EAGAIN : 0;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

int ml_scratch_open(ml_root *root, bool open_way, ml_err *e)
{
    char name[sizeof PREFIX + DIGITS], digits[DIGITS + 1];
    int fd = -EAGAIN, place, tries;
    const char *path = NULL;
    size_t i;

    *root = (ml_root)ML_ROOT_CLOSED;
    for (i = open_way ? EVERYBODYS : 0; i < PLACES && path == NULL; i++)
        path = is_safe(place_at(i)) ? place_at(i) : NULL;
    if (path == NULL) {
        ml_fail(e, ML_E_UNSUPPORTED, "no folder in memory for a file in clear");
        return ml_err_hint(e, "set XDG_RUNTIME_DIR to a tmpfs folder of yours, or mount /dev/shm");
    }
    place = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place < 0)
        return ml_fs_fail(e, -errno, "open the folder", path);
    for (tries = 0; tries < TRIES && fd == -EAGAIN; tries++) {
        if (ml_fs_random_hex(digits, DIGITS / 2) < 0)
            break;
        snprintf(name, sizeof name, "%s%s", PREFIX, digits);
        fd = make(place, name);
    }
    close(place);
    if (fd < 0)
        return ml_fs_fail(e, fd, "make a private folder in", path);
    root->fd = fd;
    if (asprintf(&root->real, "%s/%s", path, name) < 0)
        root->real = NULL;
    root->path = root->real == NULL ? NULL : strdup(root->real);
    return root->path == NULL ? ml_fail_memory(e) : 0;
}

int ml_scratch_remove(const ml_root *root, ml_err *e)
{
    struct stat held, named;
    int error = ml_fs_empty(root->fd, ML_LIMIT_WALK_DEPTH);

    /* A folder in a namespace has another name, or none, from here. */
    if (error == 0 && root->real != NULL && fstat(root->fd, &held) == 0 &&
        lstat(root->real, &named) == 0 && named.st_ino == held.st_ino &&
        named.st_dev == held.st_dev && rmdir(root->real) != 0)
        error = -errno;
    return error < 0 ? ml_fs_fail(e, error, "remove", root->real) : 0;
}

static bool is_name(const char *name)
{
    const size_t prefix = sizeof PREFIX - 1;

    return strncmp(name, PREFIX, prefix) == 0 && strlen(name) == prefix + DIGITS &&
           strspn(name + prefix, "0123456789abcdef") == DIGITS;
}

/* Removes one, if it is ours and nobody holds its lock. */
static void sweep_one(int place, const char *name)
{
    const int fd = ml_fs_open_at(place, name, O_RDONLY | O_DIRECTORY, 0);

    if (fd < 0)
        return;
    if (is_ours(fd) && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        ml_fs_empty(fd, ML_LIMIT_WALK_DEPTH) == 0)
        unlinkat(place, name, AT_REMOVEDIR);
    close(fd);
}

void ml_scratch_sweep(void)
{
    size_t place, i;

    for (place = 0; place < PLACES; place++) {
        const char *const path = place_at(place);
        const int folder = is_safe(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        ml_names names;

        if (folder < 0)
            continue;
        if (ml_fs_list_fd(folder, &names) == 0) {
            for (i = 0; i < names.count; i++)
                if (is_name(names.names[i]))
                    sweep_one(folder, names.names[i]);
            ml_names_free(&names);
        }
        close(folder);
    }
}
