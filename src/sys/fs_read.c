/* fs_read.c — looking at files: bytes, stat, links; see fs.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/fs_internal.h"

enum { FIRST_READ = 4096 };

static int read_into_secret(int fd, size_t hint, size_t limit, ml_secret *out)
{
    size_t used = 0;
    ssize_t got;
    int error;
    ml_err e;

    /* One byte more than expected, so that the end is seen without growing. */
    if (ml_secret_new(out, hint + 1, &e) < 0)
        return -ENOMEM;
    while ((got = read(fd, out->p + used, out->len - used)) > 0) {
        used += (size_t)got;
        if (used > limit) {
            ml_secret_free(out);
            return -EFBIG;
        }
        if (used == out->len && ml_secret_grow(out, used + 1, &e) < 0) {
            ml_secret_free(out);
            return -ENOMEM;
        }
    }
    if (got < 0) {
        error = -errno;
        ml_secret_free(out);
        return error;
    }
    ml_secret_shrink(out, used);
    return 0;
}

static int read_into_buf(int fd, size_t hint, size_t limit, ml_buf *out)
{
    size_t total = 0;

    for (;;) {
        const size_t more = total < hint ? hint - total + 1 : FIRST_READ;
        unsigned char *room = ml_buf_room(out, more);
        ssize_t got;

        if (room == NULL)
            return -ENOMEM;
        got = read(fd, room, more);
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        total += (size_t)got;
        out->len += (size_t)got;
        if (total > limit)
            return -EFBIG;
    }
}

int ml_fs_read_fd(int fd, bool regular, size_t limit, ml_buf *buf, ml_secret *secret, ml_stat *st)
{
    struct stat got;
    size_t hint;

    if (limit == 0)
        limit = ML_LIMIT_FILE;
    if (fstat(fd, &got) != 0)
        return -errno;
    if (S_ISDIR(got.st_mode))
        return -EISDIR;
    if (regular && !S_ISREG(got.st_mode))
        return -EOPNOTSUPP;
    if (S_ISREG(got.st_mode) && (uint64_t)got.st_size > limit)
        return -EFBIG;
    if (st != NULL)
        ml_fs_stat_from(st, &got);
    hint = S_ISREG(got.st_mode) ? (size_t)got.st_size : FIRST_READ;
    if (secret != NULL)
        return read_into_secret(fd, hint, limit, secret);
    return read_into_buf(fd, hint, limit, buf);
}

int ml_fs_write_fd(int fd, ml_bytes bytes)
{
    while (bytes.len > 0) {
        const ssize_t put = write(fd, bytes.p, bytes.len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -errno;
        bytes = ml_bytes_slice(bytes, (size_t)put, bytes.len);
    }
    return 0;
}

static int read_below(const ml_root *root, const char *path, size_t limit, ml_buf *buf,
                      ml_secret *secret, ml_stat *st, ml_err *e)
{
    int fd, error;

    if (ml_fs_check_path(path, e) < 0)
        return -1;
    fd = ml_fs_open_at(root->fd, path, O_RDONLY, 0);
    if (fd == -ENXIO) /* a socket */
        fd = -EOPNOTSUPP;
    if (fd < 0)
        return ml_fs_fail(e, fd, "read", path);
    error = ml_fs_read_fd(fd, true, limit, buf, secret, st);
    close(fd);
    return error < 0 ? ml_fs_fail(e, error, "read", path) : 0;
}

int ml_fs_read(const ml_root *root, const char *path, size_t limit, ml_buf *out, ml_stat *st,
               ml_err *e)
{
    return read_below(root, path, limit, out, NULL, st, e);
}

int ml_fs_read_secret(const ml_root *root, const char *path, size_t limit, ml_secret *out,
                      ml_stat *st, ml_err *e)
{
    memset(out, 0, sizeof *out);
    return read_below(root, path, limit, NULL, out, st, e);
}

int ml_fs_read_named(const char *path, size_t limit, ml_secret *out, ml_err *e)
{
    /* Without O_NONBLOCK: who names a FIFO means to wait for its writer. Until a signal that we
     * handle comes, which tells us to end: "interrupted". */
    int fd, error;

    memset(out, 0, sizeof *out);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return ml_fs_fail(e, -errno, "read", path);
    error = ml_fs_read_fd(fd, false, limit, NULL, out, NULL);
    close(fd);
    return error < 0 ? ml_fs_fail(e, error, "read", path) : 0;
}

int ml_fs_stat_fd(int fd, ml_stat *st, ml_err *e)
{
    const int error = ml_fs_ops_real.stat_handle(NULL, fd, st);

    return error < 0 ? ml_fail_errno(e, -error, "cannot look at descriptor %d", fd) : 0;
}

int ml_fs_stat(const ml_root *root, const char *path, ml_stat *st, ml_err *e)
{
    const char *name;
    int folder, error;

    memset(st, 0, sizeof *st);
    if (strcmp(path, ".") == 0) {
        error = ml_fs_ops_real.stat_handle(NULL, root->fd, st);
        return error < 0 ? ml_fs_fail(e, error, "look at", path) : 0;
    }
    if (ml_fs_check_path(path, e) < 0)
        return -1;
    folder = ml_fs_open_parent(root->fd, path, &name);
    if (folder == -ENOENT || folder == -ENOTDIR)
        return 0;
    if (folder < 0)
        return ml_fs_fail(e, folder, "look at", path);
    error = ml_fs_ops_real.stat(NULL, folder, name, st);
    close(folder);
    return error < 0 ? ml_fs_fail(e, error, "look at", path) : 0;
}

int ml_fs_readlink(const ml_root *root, const char *path, ml_buf *out, ml_err *e)
{
    const char *name;
    int folder, error;

    folder = ml_fs_open_parent_of(root, path, &name, "read the link", e);
    if (folder < 0)
        return -1;
    error = ml_fs_ops_real.read_link(NULL, folder, name, out);
    close(folder);
    return error < 0 ? ml_fs_fail(e, error, "read the link", path) : 0;
}
