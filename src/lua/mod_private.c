/* mod_private.c — part of `moonlatch.fs`: folders in memory that only chosen children see. See
 * sys/private.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lua/border.h"
#include "lua/mod_fs.h"
#include "lua/types.h"
#include "sys/private.h"
#include "sys/proc.h"

static void release(void *p)
{
    ml_err ignored;

    (void)ml_private_close(p, &ignored); /* what is left is swept later */
    free(p);
}

static bool field(lua_State *L, void *p, const char *name)
{
    const ml_private *folder = p;

    if (strcmp(name, "path") == 0)
        lua_pushstring(L, folder->root.real);
    else if (strcmp(name, "hidden") == 0)
        lua_pushboolean(L, ml_private_is_hidden(folder));
    else if (strcmp(name, "root") == 0)
        lua_getiuservalue(L, 1, 1);
    else
        return false;
    return true;
}

const ml_handle_type ml_type_private = { "moonlatch.private", release, field };

/* Pushes a Root of its own for the same folder: it stays usable for what it is worth. */
static int push_root(lua_State *L, const ml_private *folder, ml_err *e)
{
    ml_root *root = ml_newroot(L);
    int error;

    root->path = strdup(folder->root.path);
    root->real = strdup(folder->root.real);
    if (root->path == NULL || root->real == NULL)
        return ml_fail_memory(e);
    root->fd = fcntl(folder->root.fd, F_DUPFD_CLOEXEC, 3);
    error = errno;
    return root->fd < 0 ? ml_fail_errno(e, error, "cannot open a private folder") : 0;
}

static int give(const ml_private *folder, const char *name, ml_err *e)
{
    ml_proc_user user;
    int status;

    if (name == NULL)
        return 0;
    if (ml_proc_user_find(&user, name, e) < 0)
        return -1;
    status = ml_private_give(folder, user.uid, user.gid, e);
    ml_proc_user_free(&user);
    return status;
}

/* fs.private([{ shared = false, user = name }]) -> Private | nil, error */
int ml_fs_private(lua_State *L)
{
    static const char *const options[] = { "shared", "user", NULL };
    ml_private *folder;
    const char *user;
    ml_private_use use;
    ml_err e;

    lua_settop(L, 1);
    ml_checkoptions(L, 1, options);
    user = ml_opttext(L, 1, "user", NULL);
    use = user != NULL                        ? ML_PRIVATE_GIVEN
          : ml_optflag(L, 1, "shared", false) ? ML_PRIVATE_SHARED
                                              : ML_PRIVATE_HIDDEN;
    folder = ml_newowned(L, &ml_type_private, sizeof *folder, 1);
    *folder = (ml_private)ML_PRIVATE_CLOSED;
    if (ml_private_open(folder, use, &e) < 0 || push_root(L, folder, &e) < 0)
        return ml_pushfail(L, &e);
    lua_setiuservalue(L, -2, 1);
    return give(folder, user, &e) < 0 ? ml_pushfail(L, &e) : 1;
}
