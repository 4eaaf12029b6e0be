/* input.c — see input.h. */
#include "sys/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/fs_internal.h"

enum { FIRST_ROOM = 16 * 1024 };

/* What a message calls a descriptor. */
typedef struct fd_name {
    char text[32];
} fd_name;

static fd_name name_of(int fd)
{
    fd_name name = { "standard input" };

    if (fd != STDIN_FILENO)
        snprintf(name.text, sizeof name.text, "descriptor %d", fd);
    return name;
}

/* One read. */
static ssize_t more(int fd, unsigned char *p, size_t room, ml_err *e)
{
    const ssize_t got = read(fd, p, room);
    const int error = errno;

    if (got < 0 && error == EINTR)
        return ml_fail(e, ML_E_INTERRUPTED, "interrupted");
    if (got < 0)
        return ml_fail_errno(e, error, "cannot read %s", name_of(fd).text);
    return got;
}

/* Room for the next read behind `used` bytes, of which there may be `limit`. */
static int make_room(int fd, ml_secret *out, size_t used, size_t limit, ml_err *e)
{
    if (used > limit)
        return ml_fail(e, ML_E_LIMIT, "%s has more than %zu bytes", name_of(fd).text, limit);
    return used == out->len ? ml_secret_grow(out, used + 1, e) : 0;
}

/* What was read, or nothing where the last read failed. */
static int finish(ml_secret *out, size_t used, ssize_t got)
{
    if (got < 0) {
        ml_secret_free(out);
        return -1;
    }
    ml_secret_shrink(out, used);
    return 0;
}

int ml_input_all(int fd, size_t limit, ml_secret *out, ml_err *e)
{
    size_t used = 0;
    ssize_t got;

    if (limit == 0)
        limit = ML_LIMIT_FILE;
    if (ml_secret_new(out, FIRST_ROOM, e) < 0)
        return -1;
    while ((got = more(fd, out->p + used, out->len - used, e)) > 0) {
        used += (size_t)got;
        if (make_room(fd, out, used, limit, e) < 0) {
            got = -1;
            break;
        }
    }
    return finish(out, used, got);
}

int ml_input_line(int fd, size_t limit, ml_secret *out, bool *end, ml_err *e)
{
    size_t used = 0;
    ssize_t got;

    *end = false;
    if (limit == 0)
        limit = ML_LIMIT_FILE;
    if (ml_secret_new(out, FIRST_ROOM, e) < 0)
        return -1;
    /* byte by byte: what is behind the line may be for a child */
    while ((got = more(fd, out->p + used, 1, e)) > 0 && out->p[used] != '\n') {
        used++;
        if (make_room(fd, out, used, limit, e) < 0) {
            got = -1;
            break;
        }
    }
    *end = got == 0 && used == 0;
    return finish(out, used, got);
}

int ml_input_inherited(int fd, size_t limit, ml_secret *out, ml_err *e)
{
    const int flags = fcntl(fd, F_GETFD);

    memset(out, 0, sizeof *out);
    if (fd == STDOUT_FILENO || fd == STDERR_FILENO)
        return ml_fail(e, ML_E_ARGUMENT, "descriptor %d is for output", fd);
    /* all that we open is close-on-exec; what came through an exec cannot be */
    if (flags < 0 || (flags & FD_CLOEXEC) != 0)
        return ml_fail(e, ML_E_MISSING, "this program was not started with a descriptor %d", fd);
    return ml_input_all(fd, limit, out, e);
}

/* Takes over `fd` (≥ 0, or -errno). */
static int input_from(ml_input *in, int fd, const char *path, ml_err *e)
{
    int error = fd < 0 ? fd : 0;

    *in = (ml_input)ML_INPUT_CLOSED;
    if (fd == -ENXIO) /* a socket */
        error = -EOPNOTSUPP;
    if (error == 0) {
        in->fd = fd;
        error = ml_fs_ops_real.stat_handle(NULL, fd, &in->st);
    }
    if (error == 0 && in->st.kind == ML_FILE_FOLDER)
        error = -EISDIR;
    if (error == 0 && in->st.kind == ML_FILE_FILE) {
        const off_t start = lseek(fd, 0, SEEK_CUR);

        in->start = start < 0 ? 0 : (uint64_t)start;
    }
    if (error == 0) {
        in->path = strdup(path);
        error = in->path == NULL ? -ENOMEM : 0;
    }
    if (error == 0)
        return 0;
    ml_input_close(in);
    (void)ml_fs_fail(e, error, "read", path);
    return -1;
}

int ml_input_open(ml_input *in, const char *path, ml_err *e)
{
    int fd;

    if (strcmp(path, "-") == 0)
        return input_from(in, STDIN_FILENO, "standard input", e);
    /* Without O_NONBLOCK: who names a FIFO means to wait for its writer. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return input_from(in, fd < 0 ? -errno : fd, path, e);
}

int ml_input_open_below(ml_input *in, const ml_root *root, const char *path, ml_err *e)
{
    *in = (ml_input)ML_INPUT_CLOSED;
    if (ml_fs_check_path(path, e) < 0 ||
        input_from(in, ml_fs_open_at(root->fd, path, O_RDONLY, 0), path, e) < 0)
        return -1;
    if (in->st.kind == ML_FILE_FILE)
        return 0;
    ml_input_close(in);
    return ml_fs_fail(e, -EOPNOTSUPP, "read", path);
}

/* What the file's size and time of change say now is what they said when it was opened. */
static int check_unchanged(const ml_input *in, ml_err *e)
{
    ml_stat now;
    const int error = ml_fs_ops_real.stat_handle(NULL, in->fd, &now);

    if (error < 0)
        return ml_fs_fail(e, error, "read", in->path);
    if (now.size == in->st.size && now.mtime_s == in->st.mtime_s && now.mtime_ns == in->st.mtime_ns)
        return 0;
    ml_fail(e, ML_E_CHANGED, "%s was written to while it was read", in->path);
    ml_err_at(e, in->path, 0, 0);
    return ml_err_hint(e, "copy it first, or stop what writes it");
}

/* A terminal gives one line at a time. */
static bool is_last_line(const ml_input *in, ml_bytes line)
{
    const size_t len = in->last_line == NULL ? 0 : strlen(in->last_line);

    return len > 0 && line.len == len + 1 && line.p[len] == '\n' &&
           ml_bytes_starts(line, in->last_line) && isatty(in->fd);
}

int ml_input_read(ml_input *in, unsigned char *p, size_t room, size_t *got, ml_err *e)
{
    *got = 0;
    while (*got < room && !in->ended) {
        const ssize_t part = read(in->fd, p + *got, room - *got);

        if (part < 0)
            return ml_fs_fail(e, -errno, "read", in->path);
        if (part == 0 && in->st.kind == ML_FILE_FILE)
            return check_unchanged(in, e);
        in->ended = part == 0 || is_last_line(in, ml_bytes_of(p + *got, (size_t)part));
        *got += (size_t)part;
    }
    return 0;
}

int ml_input_read_at(const ml_input *in, uint64_t offset, unsigned char *p, size_t room,
                     size_t *got, ml_err *e)
{
    *got = 0;
    if (in->st.kind != ML_FILE_FILE)
        return ml_fs_fail(e, -EOPNOTSUPP, "read at a place of", in->path);
    while (*got < room) {
        const ssize_t part =
            pread(in->fd, p + *got, room - *got, (off_t)(in->start + offset + *got));

        if (part < 0)
            return ml_fs_fail(e, -errno, "read", in->path);
        if (part == 0)
            break;
        *got += (size_t)part;
    }
    return 0;
}

void ml_input_close(ml_input *in)
{
    if (in->fd > STDIN_FILENO)
        close(in->fd);
    free(in->path);
    *in = (ml_input)ML_INPUT_CLOSED;
}
