/* mod_fs_dirs.c — part of `moonlatch.fs`: folders known by what they are for, the search upwards,
 * small files of state. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lua/border.h"
#include "lua/context.h"
#include "lua/mod_fs.h"
#include "lua/types.h"
#include "sys/env.h"
#include "sys/fs.h"

/* Pushes a malloc'd path and frees it; raises the error when there is none. */
static int push_path(lua_State *L, int (*find)(char **path, ml_err *e))
{
    ml_buf *kept = ml_newbuf(L);
    char *path = NULL;
    ml_err e;

    if (find(&path, &e) < 0) {
        ml_pusherror(L, &e);
        return lua_error(L);
    }
    ml_buf_text(kept, path);
    free(path);
    ml_pushbuf(L, kept);
    return 1;
}

/* fs.config_dir() -> the folder of this program's configuration */
int ml_fs_config_dir(lua_State *L)
{
    return push_path(L, ml_env_config);
}

/* fs.config_home() -> the folder of everybody's configuration: sops/age/keys.txt is below it */
int ml_fs_config_home(lua_State *L)
{
    return push_path(L, ml_env_configs);
}

/* fs.home() -> the user's home folder */
int ml_fs_home(lua_State *L)
{
    return push_path(L, ml_env_home);
}

/* fs.state_dir() -> the folder of what this program remembers */
int ml_fs_state_dir(lua_State *L)
{
    return push_path(L, ml_env_state);
}

/* fs.cwd() -> the current folder */
int ml_fs_cwd(lua_State *L)
{
    char path[PATH_MAX];
    ml_err e;

    if (getcwd(path, sizeof path) == NULL) {
        const int error = errno;

        ml_fail_errno(&e, error, "there is no current folder");
        ml_pusherror(L, &e);
        return lua_error(L);
    }
    lua_pushstring(L, path);
    return 1;
}

/* fs.state_write(path, bytes) -> true | nil, error: a file below the state folder, 0600 */
int ml_fs_state_write(lua_State *L)
{
    const char *path = ml_checkname(L, 1);
    const ml_bytes bytes = ml_checkbytes(L, 2);
    const ml_fs_write how = { .kind = ML_FS_CLEAR, .mode = 0600 };
    ml_root root = ML_ROOT_CLOSED;
    char *state = NULL;
    ml_err e;
    int result = ml_env_make_state(&state, &e);

    if (result == 0)
        result = ml_root_open(&root, state, &e);
    if (result == 0)
        result = ml_fs_mkdirs_above(&root, path, 0700, &e);
    if (result == 0)
        result = ml_fs_replace(&root, path, bytes, &how, &e);
    ml_root_close(&root);
    free(state);
    return ml_pushdone(L, result, &e);
}

/* fs.temp_folder() -> path | nil, error: a new 0700 folder, for tests. It is on a disk: no secret
 * but those of a test belongs there. */
int ml_fs_temp_folder(lua_State *L)
{
    const char *place = getenv("TMPDIR");
    char *path = ml_newblock(L, PATH_MAX, 1);
    ml_err e;

    if (place == NULL || place[0] != '/')
        place = "/tmp";
    if (strlen(place) > PATH_MAX - 32)
        return luaL_error(L, "TMPDIR is too long");
    snprintf(path, PATH_MAX, "%s/moonlatch-XXXXXX", place);
    if (mkdtemp(path) == NULL) {
        const int error = errno;

        ml_fail_errno(&e, error, "cannot make a temporary folder in %s", place);
        return ml_pushfail(L, &e);
    }
    lua_pushstring(L, path);
    return 1;
}

/* fs.remove_tree(path) -> true | nil, error: a folder of our own with all below it */
int ml_fs_remove_named_tree(lua_State *L)
{
    const char *path = ml_checkname(L, 1);
    ml_root root = ML_ROOT_CLOSED;
    char *parent = NULL;
    const char *slash = strrchr(path, '/');
    ml_err e;
    int result;

    luaL_argcheck(L, path[0] == '/' && slash[1] != '\0' && slash != path, 1,
                  "an absolute path is expected");
    parent = strndup(path, (size_t)(slash - path));
    result = parent == NULL ? ml_fail_memory(&e) : ml_root_open(&root, parent, &e);
    if (result == 0)
        result = ml_fs_remove_tree(&root, slash + 1, &e);
    ml_root_close(&root);
    free(parent);
    return ml_pushdone(L, result, &e);
}

/* Cuts the last component off an absolute path; false at the top. */
static bool go_up(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL || strcmp(path, "/") == 0)
        return false;
    slash[slash == path ? 1 : 0] = '\0';
    return true;
}

/* fs.search_up(start, names[, { stop_at_git = true }]) -> folder, name | nil. Looks in `start`,
 * then in the folders above it, up to the one that holds .git or where another file system or
 * another owner's folder begins (root's is fine). */
int ml_fs_search_up(lua_State *L)
{
    static const char *const options[] = { "stop_at_git", NULL };
    const char *start = ml_checkname(L, 1);
    const size_t count = ml_checklist(L, 2);
    char *path;
    dev_t device = 0;
    bool first = true, stop_at_git, more = true;
    ml_err e;

    ml_checkoptions(L, 3, options);
    stop_at_git = ml_optflag(L, 3, "stop_at_git", true);
    lua_settop(L, 3);
    path = ml_newblock(L, PATH_MAX, 1);
    if (realpath(start, path) == NULL) {
        const int error = errno;

        ml_fail_errno(&e, error, "cannot look in %s", start);
        return ml_pushfail(L, &e);
    }
    for (; more; first = false) {
        ml_root root = ML_ROOT_CLOSED;
        struct stat here;
        ml_stat st;
        size_t i, found = count;

        if (ml_root_open(&root, path, &e) < 0) {
            if (strcmp(e.code, ML_E_MEMORY) == 0)
                return ml_pushfail(L, &e);
            break; /* not ours to look into: the search ends */
        }
        if (fstat(root.fd, &here) != 0 || (!first && here.st_dev != device) ||
            (here.st_uid != 0 && here.st_uid != geteuid())) {
            ml_root_close(&root);
            break;
        }
        device = here.st_dev;
        for (i = 0; i < count && found == count; i++)
            if (ml_fs_stat(&root, ml_listname(L, 2, i), &st, &e) == 0 && st.kind != ML_FILE_NONE)
                found = i;
        more = !(stop_at_git && ml_fs_stat(&root, ".git", &st, &e) == 0 && st.kind != ML_FILE_NONE);
        ml_root_close(&root);
        if (found < count) {
            lua_pushstring(L, path);
            lua_pushstring(L, ml_listname(L, 2, found));
            return 2;
        }
        more = more && go_up(path);
    }
    lua_pushnil(L);
    return 1;
}
