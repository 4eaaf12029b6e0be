/* input.c — see input.h. */
#include "sys/input.h"

#include <errno.h>
#include <unistd.h>

#include "base/limits.h"

enum { FIRST_ROOM = 16 * 1024 };

/* One read into the room behind `used`. */
static ssize_t more(int fd, ml_secret *out, size_t used, ml_err *e)
{
    const ssize_t got = read(fd, out->p + used, out->len - used);
    const int error = errno;

    if (got < 0 && error == EINTR)
        return ml_fail(e, ML_E_INTERRUPTED, "interrupted");
    if (got < 0)
        return ml_fail_errno(e, error, "cannot read standard input");
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
            got = ml_fail(e, ML_E_LIMIT, "standard input has more than %zu bytes", limit);
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
