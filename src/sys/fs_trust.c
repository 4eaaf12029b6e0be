/* fs_trust.c — who else can change a file? See fs.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fs_internal.h"

/* The end of a path, or a folder on the way to it. */
typedef enum place { PLACE_END, PLACE_ON_THE_WAY } place;

static int check(const ml_stat *st, place where, bool root_only, const char *what, ml_err *e)
{
    const bool ours = st->uid == 0 || (!root_only && st->uid == geteuid());

    if (!ours) {
        ml_fail(e, ML_E_PERMISSION, "%s is not trusted: it belongs to uid %lu", what,
                (unsigned long)st->uid);
        ml_err_hint(e, "it must belong to root%s", root_only ? "" : " or to you");
        return ml_err_at(e, what, 0, 0);
    }
    if ((st->mode & 022) == 0)
        return 0;
    /* In a sticky folder nobody else can rename or remove what is root's or ours. */
    if (where == PLACE_ON_THE_WAY && (st->mode & 01000) != 0)
        return 0;
    ml_fail(e, ML_E_PERMISSION, "%s is not trusted: others can write to it (mode %04o)", what,
            (unsigned)st->mode);
    ml_err_hint(e, "take the right away: chmod go-w %s", what);
    return ml_err_at(e, what, 0, 0);
}

static int check_named(const char *path, place where, bool root_only, ml_err *e)
{
    struct stat got;
    ml_stat st;

    if (lstat(path, &got) != 0)
        return ml_fs_fail(e, -errno, "look at", path);
    ml_fs_stat_from(&st, &got);
    return check(&st, where, root_only, path, e);
}

/* The real path has no links, so that looking at each folder on the way covers every way to change
 * what it leads to. (A link on the path as given is in a folder too, but what matters is what will
 * be opened: the caller opens the real path.) */
int ml_fs_trusted(const char *path, bool root_only, ml_err *e)
{
    char *real = realpath(path, NULL);
    char *slash;
    int status;

    if (real == NULL)
        return ml_fs_fail(e, -errno, "find", path);
    status = check_named(real, PLACE_END, root_only, e);
    for (slash = real; status == 0 && (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = '\0';
        status = check_named(real, PLACE_ON_THE_WAY, root_only, e);
        *slash = '/';
    }
    if (status == 0 && strcmp(real, "/") != 0)
        status = check_named("/", PLACE_ON_THE_WAY, root_only, e);
    free(real);
    return status;
}
