/* input.c — see input.h. */
#include "sys/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"

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

/* One read into the room behind `used`. */
static ssize_t more(int fd, ml_secret *out, size_t used, ml_err *e)
{
    const ssize_t got = read(fd, out->p + used, out->len - used);
    const int error = errno;

    if (got < 0 && error == EINTR)
        return ml_fail(e, ML_E_INTERRUPTED, "interrupted");
    if (got < 0)
        return ml_fail_errno(e, error, "cannot read %s", name_of(fd).text);
    return got;
}

int ml_input_all(int fd, size_t limit, ml_secret *out, ml_err *e)
{
    size_t used = 0;
    ssize_t got;

    if (limit == 0)
        limit = ML_LIMIT_FILE;
    if (ml_secret_new(out, FIRST_ROOM, e) < 0)
        return -1;
    while ((got = more(fd, out, used, e)) > 0) {
        used += (size_t)got;
        if (used > limit)
            got = ml_fail(e, ML_E_LIMIT, "%s has more than %zu bytes", name_of(fd).text, limit);
        else if (used == out->len)
            got = ml_secret_grow(out, used + 1, e);
        if (got < 0)
            break;
    }
    if (got < 0) {
        ml_secret_free(out);
        return -1;
    }
    ml_secret_shrink(out, used);
    return 0;
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
