/* fs_ops.c — the operation table on the real file system; see fs_ops.h. */
#include "sys/fs_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/fs_internal.h"

/* 0, or -errno of the call just made. */
static int verdict(int returned)
{
    return returned < 0 ? -errno : 0;
}

static int real_open_root(void *disk, const char *path)
{
    int slash, fd;

    (void)disk;
    if (path[0] != '/')
        return -EINVAL;
    slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (slash < 0)
        return -errno;
    path += strspn(path, "/");
    fd = ml_fs_open_at(slash, path[0] == '\0' ? "." : path, O_RDONLY | O_DIRECTORY, 0);
    close(slash);
    return fd;
}

static int real_open_folder(void *disk, int at, const char *path)
{
    (void)disk;
    return ml_fs_open_at(at, path, O_RDONLY | O_DIRECTORY, 0);
}

static void real_close(void *disk, int handle)
{
    (void)disk;
    close(handle);
}

static int real_stat(void *disk, int folder, const char *name, ml_stat *st)
{
    struct stat got;

    (void)disk;
    memset(st, 0, sizeof *st);
    if (fstatat(folder, name, &got, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -errno;
    ml_fs_stat_from(st, &got);
    return 0;
}

static int real_stat_handle(void *disk, int handle, ml_stat *st)
{
    struct stat got;

    (void)disk;
    if (fstat(handle, &got) != 0)
        return -errno;
    ml_fs_stat_from(st, &got);
    return 0;
}

static int real_read(void *disk, int folder, const char *name, size_t limit, ml_buf *buf,
                     ml_secret *secret, ml_stat *st)
{
    const int fd = ml_fs_open_at(folder, name, O_RDONLY, 0);
    int error;

    (void)disk;
    if (fd < 0)
        return fd == -ENXIO ? -EOPNOTSUPP : fd; /* a socket */
    error = ml_fs_read_fd(fd, true, limit, buf, secret, st);
    close(fd);
    return error;
}

static int real_read_link(void *disk, int folder, const char *name, ml_buf *out)
{
    unsigned char *room = ml_buf_room(out, PATH_MAX);
    ssize_t got;

    (void)disk;
    if (room == NULL)
        return -ENOMEM;
    got = readlinkat(folder, name, (char *)room, PATH_MAX);
    if (got < 0)
        return -errno;
    if (got == PATH_MAX)
        return -ENAMETOOLONG;
    out->len += (size_t)got;
    return 0;
}

static int real_is_mount(void *disk, int folder, const char *name)
{
    struct statx got;

    (void)disk;
    if (statx(folder, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &got) != 0)
        return errno == ENOENT || errno == ENOSYS ? 0 : -errno;
    return (got.stx_attributes & got.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
}

static int real_create(void *disk, int folder, const char *name)
{
    (void)disk;
    return ml_fs_open_at(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
}

static int real_create_nameless(void *disk, int folder)
{
    const int fd = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    (void)disk;
    if (fd >= 0)
        return fd;
    /* What file systems and kernels without it answer. */
    return errno == EISDIR || errno == ENOENT || errno == EINVAL ? -EOPNOTSUPP : -errno;
}

static int real_link_nameless(void *disk, int handle, int folder, const char *name)
{
    char path[64];

    (void)disk;
    snprintf(path, sizeof path, "/proc/self/fd/%d", handle);
    if (linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    return errno == ENOENT ? -EOPNOTSUPP : -errno; /* no /proc here */
}

static int real_write(void *disk, int handle, ml_bytes bytes)
{
    (void)disk;
    return ml_fs_write_fd(handle, bytes);
}

static int real_set_owner(void *disk, int handle, uid_t uid, gid_t gid)
{
    (void)disk;
    return verdict(fchown(handle, uid, gid));
}

static int real_set_mode(void *disk, int handle, mode_t mode)
{
    (void)disk;
    return verdict(fchmod(handle, mode));
}

static int real_set_mode_at(void *disk, int folder, const char *name, mode_t mode)
{
    /* O_PATH opens what we may not read, and cannot be a link (ELOOP would be too late with
     * fchmodat); the descriptor's name in /proc then reaches exactly that inode. */
    const int fd = ml_fs_open_at(folder, name, O_PATH, 0);
    char path[64];
    struct stat st;
    int error;

    (void)disk;
    if (fd < 0)
        return fd;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fstat(fd, &st) != 0)
        error = -errno;
    else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        error = -EOPNOTSUPP;
    else
        error = verdict(chmod(path, mode));
    close(fd);
    return error;
}

/* The process umask is 077 by then, so the mode is set a second time. */
static int real_make_folder(void *disk, int folder, const char *name, mode_t mode)
{
    if (mkdirat(folder, name, mode & 0700) != 0)
        return -errno;
    return (mode & 07777) == (mode & 0700) ? 0 : real_set_mode_at(disk, folder, name, mode);
}

static int real_make_link(void *disk, int folder, const char *name, const char *target)
{
    (void)disk;
    return verdict(symlinkat(target, folder, name));
}

static int real_rename(void *disk, int folder, const char *from, const char *to)
{
    (void)disk;
    return verdict(renameat(folder, from, folder, to));
}

static int real_remove(void *disk, int folder, const char *name)
{
    (void)disk;
    return verdict(unlinkat(folder, name, 0));
}

static int real_remove_folder(void *disk, int folder, const char *name)
{
    (void)disk;
    return verdict(unlinkat(folder, name, AT_REMOVEDIR));
}

static int real_sync(void *disk, int handle)
{
    (void)disk;
    return verdict(fsync(handle));
}

static int real_sync_all(void *disk, int handle)
{
    (void)disk;
    return verdict(syncfs(handle));
}

/* The pid in a lock file is for the message only: the lock itself is the kernel's. */
static pid_t read_owner(int fd)
{
    char text[32] = "";
    const ssize_t got = pread(fd, text, sizeof text - 1, 0);

    return got <= 0 ? 0 : (pid_t)strtol(text, NULL, 10);
}

/* In small steps, since flock itself waits for ever. A signal ends it. */
static int take_lock(int fd, int patience)
{
    enum { STEP_MS = 10 };
    const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

    for (; flock(fd, LOCK_EX | LOCK_NB) != 0; patience -= STEP_MS) {
        if (errno != EWOULDBLOCK || patience <= 0 || nanosleep(&step, NULL) != 0)
            return -errno;
    }
    return 0;
}

static int real_lock(void *disk, int folder, const char *name, int patience, pid_t *owner)
{
    const int fd = ml_fs_open_at(folder, name, O_RDWR | O_CREAT, 0600);
    struct stat st;
    char text[32];
    int error = 0;

    (void)disk;
    *owner = 0;
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
        error = -EPERM;
    else
        error = take_lock(fd, patience);
    if (error != 0) {
        *owner = read_owner(fd);
        close(fd);
        return error;
    }
    snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, strlen(text), 0) < 0) {
        error = -errno; /* a full disk: nothing could be written anyway */
        close(fd);
        return error;
    }
    return fd;
}

static int real_list(void *disk, int folder, ml_names *out)
{
    (void)disk;
    return ml_fs_list_fd(folder, out);
}

const ml_fs_ops ml_fs_ops_real = {
    .open_root = real_open_root,
    .open_folder = real_open_folder,
    .close = real_close,
    .stat = real_stat,
    .stat_handle = real_stat_handle,
    .read = real_read,
    .read_link = real_read_link,
    .list = real_list,
    .is_mount = real_is_mount,
    .create = real_create,
    .create_nameless = real_create_nameless,
    .link_nameless = real_link_nameless,
    .write = real_write,
    .set_owner = real_set_owner,
    .set_mode = real_set_mode,
    .set_mode_at = real_set_mode_at,
    .make_folder = real_make_folder,
    .make_link = real_make_link,
    .rename = real_rename,
    .remove = real_remove,
    .remove_folder = real_remove_folder,
    .sync = real_sync,
    .sync_all = real_sync_all,
    .lock = real_lock,
};
