/* err.c — filling an ml_err; see err.h. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formats into a field of fixed size; a longer text ends in "..." so that nobody takes it for
 * whole. */
__attribute__((format(printf, 3, 0))) static void format_into(char *field, size_t size,
                                                              const char *format, va_list args)
{
    const int wanted = vsnprintf(field, size, format, args);

    if (wanted < 0)
        field[0] = '\0';
    else if ((size_t)wanted >= size)
        memcpy(field + size - 4, "...", 4);
}

static void clear(ml_err *e, const char *code)
{
    memset(e, 0, sizeof *e);
    e->code = code;
}

int ml_fail(ml_err *e, const char *code, const char *format, ...)
{
    va_list args;

    clear(e, code);
    va_start(args, format);
    format_into(e->message, sizeof e->message, format, args);
    va_end(args);
    return -1;
}

static const char *code_of(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return ML_E_MISSING;
    case EEXIST:
    case ENOTEMPTY:
        return ML_E_EXISTS;
    case EACCES:
    case EPERM:
    case ELOOP:
    case EROFS:
        return ML_E_PERMISSION;
    case ENOMEM:
        return ML_E_MEMORY;
    case EINTR:
        return ML_E_INTERRUPTED;
    case EWOULDBLOCK:
    case EBUSY:
        return ML_E_BUSY;
    default:
        return ML_E_SYSTEM;
    }
}

int ml_fail_errno(ml_err *e, int errnum, const char *format, ...)
{
    /* Never translated and, unlike strerror, safe in any thread. */
    const char *reason = strerrordesc_np(errnum);
    va_list args;
    size_t used;

    clear(e, code_of(errnum));
    e->errnum = errnum;
    va_start(args, format);
    format_into(e->message, sizeof e->message, format, args);
    va_end(args);
    used = strlen(e->message);
    snprintf(e->message + used, sizeof e->message - used, ": %s",
             reason == NULL ? "unknown error" : reason);
    return -1;
}

int ml_fail_memory(ml_err *e)
{
    return ml_fail(e, ML_E_MEMORY, "out of memory");
}

int ml_err_hint(ml_err *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    format_into(e->hint, sizeof e->hint, format, args);
    va_end(args);
    return -1;
}

int ml_err_at(ml_err *e, const char *path, unsigned long line, unsigned long column)
{
    if (path != NULL && e->path[0] == '\0') {
        const size_t len = strlen(path);

        if (len < sizeof e->path)
            memcpy(e->path, path, len + 1);
        else /* the end of a long path says more than its beginning */
            snprintf(e->path, sizeof e->path, "...%s", path + len - (sizeof e->path - 4));
    }
    if (e->line == 0) {
        e->line = line;
        e->column = column;
    }
    return -1;
}

int ml_err_part(ml_err *e, const char *part)
{
    if (e->part == NULL)
        e->part = part;
    return -1;
}
