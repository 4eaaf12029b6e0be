/* proc_find.c — which file is meant by a program's name; see proc.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fs_internal.h"
#include "sys/proc.h"

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* A program at this very path, trusted with all that leads to it. */
static int take(char **found, const char *path, bool root_only, ml_err *e)
{
    *found = realpath(path, NULL);
    if (*found == NULL)
        return ml_fs_fail(e, -errno, "find", path);
    if (ml_fs_trusted(*found, root_only, e) == 0)
        return 0;
    free(*found);
    *found = NULL;
    return -1;
}

/* One entry of PATH: 1 if it has the program, 0 if not, -1 if it is not to be trusted. */
static int try_entry(char **found, const char *folder, size_t len, const char *name, bool root_only,
                     ml_err *e)
{
    char *path, *entry;
    int status = 0;

    if (len == 0 || folder[0] != '/')
        return 0;
    if (asprintf(&path, "%.*s/%s", (int)len, folder, name) < 0)
        return ml_fail_memory(e);
    if (is_program(path)) {
        entry = strndup(folder, len);
        if (entry == NULL)
            status = ml_fail_memory(e);
        else
            status = ml_fs_trusted(entry, root_only, e) < 0 || take(found, path, root_only, e) < 0
                         ? -1
                         : 1;
        free(entry);
    }
    free(path);
    return status;
}

int ml_proc_find(char **found, const char *name, const char *path, bool root_only, ml_err *e)
{
    bool refused = false;
    ml_err later;
    int status;

    *found = NULL;
    if (name[0] == '/') {
        if (!is_program(name))
            return ml_fail(e, ML_E_MISSING, "%s is not a program", name);
        return take(found, name, root_only, e);
    }
    if (name[0] == '\0' || strchr(name, '/') != NULL)
        return ml_fail(e, ML_E_ARGUMENT, "a program is a bare name or an absolute path, not \"%s\"",
                       name);
    while (path != NULL && *path != '\0') {
        const size_t len = strcspn(path, ":");

        status = try_entry(found, path, len, name, root_only, refused ? &later : e);
        if (status > 0)
            return 0;
        refused = refused || status < 0;
        path += path[len] == ':' ? len + 1 : len;
    }
    if (refused)
        return -1;
    ml_fail(e, ML_E_MISSING, "the program %s is not installed", name);
    return ml_err_hint(e, "install it, or add its folder to PATH");
}
