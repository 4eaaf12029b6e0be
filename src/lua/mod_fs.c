/* mod_fs.c — Lua module `moonlatch.fs`: folders held open and the files below them.
 *
 * A Root is the start of all paths: "a/b", never absolute, never through a link. What a path that a
 * person typed means is settled once, by fs.root and fs.resolve. Transactions: mod_tx.c. */
#include "lua/mod_fs.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "lua/border.h"
#include "lua/context.h"
#include "lua/modules.h"
#include "lua/types.h"
#include "sys/fs.h"
#include "sys/input.h"

static void release_root(void *p)
{
    ml_root_close(p);
    free(p);
}

static bool root_field(lua_State *L, void *p, const char *name)
{
    const ml_root *root = p;

    if (strcmp(name, "path") != 0)
        return false;
    lua_pushstring(L, root->real);
    return true;
}

const ml_handle_type ml_type_root = { "moonlatch.root", release_root, root_field };

ml_root *ml_newroot(lua_State *L)
{
    ml_root *root = ml_newowned(L, &ml_type_root, sizeof *root, 0);

    *root = (ml_root)ML_ROOT_CLOSED;
    return root;
}

static const ml_root *check_root(lua_State *L, int arg)
{
    return ml_checkhandle(L, arg, &ml_type_root);
}

/* Pushes "nil, error" for something that is not there. */
static int push_missing(lua_State *L, const char *path)
{
    ml_err e;

    ml_fail(&e, ML_E_MISSING, "there is no such file");
    ml_err_at(&e, path, 0, 0);
    return ml_pushfail(L, &e);
}

static size_t limit_of(lua_State *L, int arg)
{
    static const char *const options[] = { "limit", NULL };

    ml_checkoptions(L, arg, options);
    return (size_t)ml_optnumber(L, arg, "limit", 0, ML_LIMIT_FILE, 0);
}

/* root:read(path[, { limit = }]) -> string | nil, error */
static int root_read(lua_State *L)
{
    const ml_root *root = check_root(L, 1);
    const char *path = ml_checkname(L, 2);
    const size_t limit = limit_of(L, 3);
    ml_buf *out = ml_newbuf(L);
    ml_err e;

    if (ml_fs_read(root, path, limit, out, NULL, &e) < 0)
        return ml_pushfail(L, &e);
    ml_pushbuf(L, out);
    ml_buf_free(out);
    return 1;
}

/* root:read_secret(path[, { limit = }]) -> Secret | nil, error */
static int root_read_secret(lua_State *L)
{
    const ml_root *root = check_root(L, 1);
    const char *path = ml_checkname(L, 2);
    const size_t limit = limit_of(L, 3);
    ml_secret *out = ml_newemptysecret(L);
    ml_err e;

    if (ml_fs_read_secret(root, path, limit, out, NULL, &e) < 0)
        return ml_pushfail(L, &e);
    return 1;
}

const char *ml_fs_kind_word(ml_file_kind kind)
{
    switch (kind) {
    case ML_FILE_FILE:
        return "file";
    case ML_FILE_FOLDER:
        return "folder";
    case ML_FILE_LINK:
        return "link";
    case ML_FILE_NONE:
    case ML_FILE_SPECIAL:
        break;
    }
    return "other";
}

static void push_stat(lua_State *L, const ml_stat *st)
{
    lua_createtable(L, 0, 7);
    ml_settext(L, "kind", ml_fs_kind_word(st->kind));
    ml_setinteger(L, "mode", (lua_Integer)st->mode);
    ml_setinteger(L, "uid", (lua_Integer)st->uid);
    ml_setinteger(L, "size", (lua_Integer)st->size);
    ml_setinteger(L, "mtime", (lua_Integer)st->mtime_s);
    ml_setinteger(L, "nlink", (lua_Integer)st->links);
    ml_fs_push_identity(L, st);
    lua_setfield(L, -2, "id");
}

/* root:stat(path) -> { kind, mode, uid, size, mtime, nlink, id } | nil, error ("missing") */
static int root_stat(lua_State *L)
{
    const ml_root *root = check_root(L, 1);
    const char *path = ml_checkname(L, 2);
    ml_stat st;
    ml_err e;

    if (ml_fs_stat(root, path, &st, &e) < 0)
        return ml_pushfail(L, &e);
    if (st.kind == ML_FILE_NONE)
        return push_missing(L, path);
    push_stat(L, &st);
    return 1;
}

/* root:exists(path) -> boolean: a link counts, wherever it leads */
static int root_exists(lua_State *L)
{
    const ml_root *root = check_root(L, 1);
    const char *path = ml_checkname(L, 2);
    ml_stat st;
    ml_err e;

    lua_pushboolean(L, ml_fs_stat(root, path, &st, &e) == 0 && st.kind != ML_FILE_NONE);
    return 1;
}

/* root:readlink(path) -> string | nil, error */
static int root_readlink(lua_State *L)
{
    const ml_root *root = check_root(L, 1);
    const char *path = ml_checkname(L, 2);
    ml_buf *out = ml_newbuf(L);
    ml_err e;

    if (ml_fs_readlink(root, path, out, &e) < 0)
        return ml_pushfail(L, &e);
    ml_pushbuf(L, out);
    return 1;
}

/* root:trusted(path) -> true | nil, error ("permission"): nobody else can change what is there */
static int root_trusted(lua_State *L)
{
    const ml_root *root = check_root(L, 1);
    const char *path = ml_checkname(L, 2);
    const char *whole;
    ml_err e;

    if (ml_fs_check_path(path, &e) < 0)
        return ml_pushfail(L, &e);
    whole = lua_pushfstring(L, "%s/%s", root->real, path);
    return ml_pushdone(L, ml_fs_trusted(whole, ml_contextof(L)->privileged, &e), &e);
}

/* root:write(path, bytes[, { mode =, parents = false, exclusive = false }]) -> true | nil, error.
 * One file, whole or not at all; a secret gives a file that only its owner may read. More files: a
 * transaction. */
static int root_write(lua_State *L)
{
    static const char *const options[] = { "exclusive", "mode", "parents", NULL };
    const ml_root *root = check_root(L, 1);
    const char *path = ml_checkname(L, 2);
    const ml_bytes bytes = ml_checkbytes(L, 3);
    const mode_t umask = ml_contextof(L)->umask;
    ml_fs_write how = { 0 };
    ml_err e;

    ml_checkoptions(L, 4, options);
    how.kind = ml_issecret(L, 3) ? ML_FS_CLEAR : ML_FS_PUBLIC;
    how.mode = (mode_t)ml_optnumber(L, 4, "mode", 0, 07777, ML_FS_KEEP_MODE);
    how.umask = umask;
    how.exclusive = ml_optflag(L, 4, "exclusive", false);
    if (ml_optflag(L, 4, "parents", false) &&
        ml_fs_mkdirs_above(root, path, how.kind == ML_FS_CLEAR ? 0700 : 0777 & ~umask, &e) < 0)
        return ml_pushfail(L, &e);
    return ml_pushdone(L, ml_fs_replace(root, path, bytes, &how, &e), &e);
}

/* root:mkdir(path[, mode = 0700]) -> true | nil, error; with the folders above it */
static int root_mkdir(lua_State *L)
{
    const ml_root *root = check_root(L, 1);
    const char *path = ml_checkname(L, 2);
    const lua_Integer mode = luaL_optinteger(L, 3, 0700);
    ml_err e;

    luaL_argcheck(L, mode >= 0 && mode <= 07777, 3, "not a mode");
    return ml_pushdone(L, ml_fs_mkdirs(root, path, (mode_t)mode, &e), &e);
}

/* root:symlink(path, target) -> true | nil, error ("exists") */
static int root_symlink(lua_State *L)
{
    const ml_root *root = check_root(L, 1);
    const char *path = ml_checkname(L, 2), *target = ml_checkname(L, 3);
    ml_err e;

    return ml_pushdone(L, ml_fs_symlink(root, path, target, &e), &e);
}

/* root:remove(path) -> true | nil, error: a file, a link or an empty folder */
static int root_remove(lua_State *L)
{
    const ml_root *root = check_root(L, 1);
    const char *path = ml_checkname(L, 2);
    ml_err e;

    return ml_pushdone(L, ml_fs_remove(root, path, &e), &e);
}

/* root:open(path) -> Root of a folder below, no link followed | nil, error */
static int root_open(lua_State *L)
{
    const ml_root *parent = check_root(L, 1);
    const char *path = ml_checkname(L, 2);
    ml_root *root = ml_newroot(L);
    ml_err e;

    if (ml_root_open_below(root, parent, path, &e) < 0)
        return ml_pushfail(L, &e);
    return 1;
}

/* fs.root(path) -> Root | nil, error: the folder a person named, links followed this once */
static int fs_root(lua_State *L)
{
    const char *path = ml_checkname(L, 1);
    ml_root *root = ml_newroot(L);
    ml_err e;

    if (ml_root_open(root, path, &e) < 0)
        return ml_pushfail(L, &e);
    return 1;
}

/* fs.resolve(path) -> Root, rest | nil, error. The Root is the deepest folder that exists on the
 * way (all links followed), rest what remains: a name, "a/b" for folders yet to be made, "." */
static int fs_resolve(lua_State *L)
{
    const char *path = ml_checkname(L, 1);
    ml_root *root = ml_newroot(L);
    ml_buf *kept = ml_newbuf(L);
    char *rest = NULL;
    ml_err e;

    if (ml_fs_locate(root, &rest, path, &e) < 0)
        return ml_pushfail(L, &e);
    ml_buf_text(kept, rest);
    free(rest);
    ml_pushbuf(L, kept);
    lua_remove(L, -2);
    return 2;
}

/* fs.read_named(path[, { limit = }]) -> Secret | nil, error: "-" is standard input; pipes, FIFOs
 * and links are what a person may name */
static int fs_read_named(lua_State *L)
{
    const char *path = ml_checkname(L, 1);
    const size_t limit = limit_of(L, 2);
    ml_secret *out = ml_newemptysecret(L);
    ml_err e;
    int result;

    if (strcmp(path, "-") == 0)
        result = ml_input_all(STDIN_FILENO, limit, out, &e);
    else
        result = ml_fs_read_named(path, limit, out, &e);
    return result < 0 ? ml_pushfail(L, &e) : 1;
}

/* fs.read_line([{ limit = }]) -> string | nil[, error]: of standard input, not a byte further; nil
 * at its end */
static int fs_read_line(lua_State *L)
{
    const size_t limit = limit_of(L, 1);
    ml_secret *line = ml_newemptysecret(L);
    bool end;
    ml_err e;

    if (ml_input_line(STDIN_FILENO, limit, line, &end, &e) < 0)
        return ml_pushfail(L, &e);
    if (end)
        lua_pushnil(L);
    else
        ml_pushbytes(L, ml_secret_bytes(line));
    return 1;
}

/* fs.read_descriptor(number[, { limit = }]) -> Secret | nil, error: a descriptor that this program
 * was started with */
static int fs_read_descriptor(lua_State *L)
{
    const lua_Integer number = luaL_checkinteger(L, 1);
    const size_t limit = limit_of(L, 2);
    ml_secret *out = ml_newemptysecret(L);
    ml_err e;

    luaL_argcheck(L, number >= 0 && number <= INT_MAX, 1, "not a number of a descriptor");
    return ml_input_inherited((int)number, limit, out, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* fs.stat_stream("stdin" | "stdout" | "stderr") -> as root:stat */
static int fs_stat_stream(lua_State *L)
{
    static const char *const names[] = { "stdin", "stdout", "stderr", NULL };
    const int fd = luaL_checkoption(L, 1, NULL, names);
    ml_stat st;
    ml_err e;

    if (ml_fs_stat_fd(fd, &st, &e) < 0)
        return ml_pushfail(L, &e);
    push_stat(L, &st);
    return 1;
}

static const luaL_Reg root_methods[] = {
    { "exists", root_exists },     { "input", ml_fs_root_input },
    { "list", ml_fs_root_list },   { "mkdir", root_mkdir },
    { "open", root_open },         { "output", ml_fs_root_output },
    { "read", root_read },         { "read_secret", root_read_secret },
    { "readlink", root_readlink }, { "remove", root_remove },
    { "stat", root_stat },         { "symlink", root_symlink },
    { "trusted", root_trusted },   { "walk", ml_fs_root_walk },
    { "write", root_write },       { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "config_dir", ml_fs_config_dir },
    { "config_home", ml_fs_config_home },
    { "cwd", ml_fs_cwd },
    { "home", ml_fs_home },
    { "input", ml_fs_input },
    { "output", ml_fs_output },
    { "pending", ml_fs_pending },
    { "private", ml_fs_private },
    { "read_descriptor", fs_read_descriptor },
    { "read_line", fs_read_line },
    { "read_named", fs_read_named },
    { "recover", ml_fs_recover },
    { "remove_tree", ml_fs_remove_named_tree },
    { "resolve", fs_resolve },
    { "root", fs_root },
    { "search_up", ml_fs_search_up },
    { "stat_stream", fs_stat_stream },
    { "state_dir", ml_fs_state_dir },
    { "state_write", ml_fs_state_write },
    { "temp_folder", ml_fs_temp_folder },
    { "transaction", ml_fs_transaction },
    { NULL, NULL },
};

int luaopen_moonlatch_fs(lua_State *L)
{
    ml_newtype(L, &ml_type_root, root_methods, NULL);
    ml_newtype(L, &ml_type_private, NULL, NULL);
    ml_fs_stream_types(L);
    ml_fs_transaction_type(L);
    ml_fs_recovery_types(L);
    ml_fs_walk_types(L);
    luaL_newlib(L, functions);
    return 1;
}
