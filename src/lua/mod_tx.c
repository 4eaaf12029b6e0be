/* mod_tx.c — part of `moonlatch.fs`: transactions. See sys/tx.h. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "lua/border.h"
#include "lua/mod_fs.h"
#include "lua/types.h"
#include "sys/tx.h"

static void release_tx(void *p)
{
    ml_tx_free(p);
}

/* User values of the handle: the Roots by number (from 1), the kinds by "number path". */
enum { ROOTS = 1, KINDS = 2 };

static const ml_handle_type tx_type = { "moonlatch.transaction", release_tx, NULL };

static const char *const kind_words[] = { "clear", "sealed", "public", NULL };
static const char *const phase_words[] = { "gain", "main", "lose", NULL };

/* The number of the Root at `arg` in the transaction at 1, which then keeps it alive. */
static unsigned number_of(lua_State *L, ml_tx *tx, int arg)
{
    const ml_root *root = ml_checkhandle(L, arg, &ml_type_root);
    unsigned index = 0;
    ml_err e;

    if (ml_tx_root(tx, root->fd, root->real, &index, &e) < 0) {
        ml_pusherror(L, &e);
        lua_error(L);
    }
    lua_getiuservalue(L, 1, ROOTS);
    lua_pushvalue(L, arg);
    lua_rawseti(L, -2, (lua_Integer)index + 1);
    lua_pop(L, 1);
    return index;
}

/* Remembers the kind of a write, which the core tells apart only by clear and not clear. */
static void push_kind_key(lua_State *L, unsigned root, const char *path)
{
    lua_pushfstring(L, "%d %s", (int)root, path);
}

static void keep_kind(lua_State *L, unsigned root, const char *path, int kind)
{
    lua_getiuservalue(L, 1, KINDS);
    push_kind_key(L, root, path);
    lua_pushstring(L, kind_words[kind]);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* fs.transaction{ roots = { Root, … } } -> Transaction | nil, error */
int ml_fs_transaction(lua_State *L)
{
    static const char *const options[] = { "roots", NULL };
    ml_tx_setup setup = { 0 };
    char *state = NULL;
    ml_tx *tx = NULL;
    void **slot;
    lua_Integer i, count;
    ml_err e;
    int result;

    ml_checkoptions(L, 1, options);
    lua_settop(L, 1);
    slot = ml_newhandle(L, &tx_type, 2);
    lua_newtable(L);
    lua_setiuservalue(L, 2, ROOTS);
    lua_newtable(L);
    lua_setiuservalue(L, 2, KINDS);
    result = ml_tx_lua_setup(L, &setup, &state, &e);
    if (result == 0)
        result = ml_tx_new(&tx, &setup, &e);
    free(state);
    if (result < 0)
        return ml_pushfail(L, &e);
    *slot = tx;
    if (ml_optpush(L, 1, "roots") == LUA_TNIL)
        lua_newtable(L);
    lua_insert(L, 2); /* options, roots, transaction */
    lua_remove(L, 1);
    lua_insert(L, 1); /* transaction, roots */
    luaL_checktype(L, 2, LUA_TTABLE);
    count = (lua_Integer)lua_rawlen(L, 2);
    for (i = 1; i <= count; i++) {
        lua_rawgeti(L, 2, i);
        number_of(L, tx, lua_gettop(L));
        lua_pop(L, 1);
    }
    lua_settop(L, 1);
    return 1;
}

static ml_tx *check_tx(lua_State *L)
{
    return ml_checkhandle(L, 1, &tx_type);
}

/* t:read(root, path[, { secret = false, limit = }]) -> bytes | nil, error. What earlier steps
 * staged is seen; what is read is compared again before the commit. */
static int tx_read(lua_State *L)
{
    static const char *const options[] = { "limit", "secret", NULL };
    ml_tx *tx = check_tx(L);
    const unsigned root = number_of(L, tx, 2);
    const char *path = ml_checkname(L, 3);
    size_t limit;
    ml_err e;

    ml_checkoptions(L, 4, options);
    limit = (size_t)ml_optnumber(L, 4, "limit", 0, ML_LIMIT_FILE, 0);
    if (ml_optflag(L, 4, "secret", false)) {
        ml_secret *out = ml_newemptysecret(L);

        return ml_tx_read_secret(tx, root, path, limit, out, &e) < 0 ? ml_pushfail(L, &e) : 1;
    } else {
        ml_buf *out = ml_newbuf(L);

        if (ml_tx_read(tx, root, path, limit, out, &e) < 0)
            return ml_pushfail(L, &e);
        ml_pushbuf(L, out);
        return 1;
    }
}

/* t:input(root, path, bytes | nil) -> true | nil, error: something read in another way (nil: it was
 * not there), to be compared before the commit */
static int tx_input(lua_State *L)
{
    ml_tx *tx = check_tx(L);
    const unsigned root = number_of(L, tx, 2);
    const char *path = ml_checkname(L, 3);
    ml_err e;

    if (lua_isnoneornil(L, 4))
        return ml_pushdone(L, ml_tx_input_absent(tx, root, path, &e), &e);
    return ml_pushdone(L, ml_tx_input(tx, root, path, ml_checkbytes(L, 4), &e), &e);
}

/* Reads { kind, mode, phase, was_clear, folder_mode }. */
static int read_how(lua_State *L, int arg, ml_tx_how *how, int fallback)
{
    static const char *const options[] = {
        "folder_mode", "kind", "mode", "phase", "was_clear", NULL
    };
    static const ml_fs_kind kinds[] = { ML_FS_CLEAR, ML_FS_SEALED, ML_FS_PUBLIC };
    int kind;

    ml_checkoptions(L, arg, options);
    kind = ml_optword(L, arg, "kind", kind_words, fallback);
    memset(how, 0, sizeof *how);
    how->kind = kinds[kind];
    how->phase = (ml_tx_phase)(ml_optword(L, arg, "phase", phase_words, 1) - 1);
    how->mode = (mode_t)ml_optnumber(L, arg, "mode", 0, 07777, ML_FS_KEEP_MODE);
    how->folder_mode = (mode_t)ml_optnumber(L, arg, "folder_mode", 0, 07777, ML_FS_KEEP_MODE);
    how->was_clear = ml_optflag(L, arg, "was_clear", false);
    return kind;
}

/* t:write(root, path, bytes, { kind = "sealed" | "public" | "clear", phase = "gain" | "main" |
 * "lose", mode =, was_clear = }) -> true | nil, error. A secret can only be written as "clear". */
static int tx_write(lua_State *L)
{
    ml_tx *tx = check_tx(L);
    const unsigned root = number_of(L, tx, 2);
    const char *path = ml_checkname(L, 3);
    const ml_bytes bytes = ml_checkbytes(L, 4);
    const bool secret = ml_issecret(L, 4);
    ml_tx_how how;
    ml_err e;
    const int kind = read_how(L, 5, &how, secret ? 0 : 2);

    luaL_argcheck(L, !secret || how.kind == ML_FS_CLEAR, 4, "a secret is written as kind 'clear'");
    if (ml_tx_write(tx, root, path, bytes, &how, &e) < 0)
        return ml_pushfail(L, &e);
    keep_kind(L, root, path, kind);
    return ml_pushdone(L, 0, &e);
}

/* t:link(root, path, target[, { phase =, folder_mode = }]) -> true | nil, error */
static int tx_link(lua_State *L)
{
    ml_tx *tx = check_tx(L);
    const unsigned root = number_of(L, tx, 2);
    const char *path = ml_checkname(L, 3), *target = ml_checkname(L, 4);
    ml_tx_how how;
    ml_err e;

    read_how(L, 5, &how, 2);
    return ml_pushdone(L, ml_tx_link(tx, root, path, target, &how, &e), &e);
}

/* t:remove(root, path[, { phase =, was_clear = }]) -> true | nil, error ("missing") */
static int tx_remove(lua_State *L)
{
    ml_tx *tx = check_tx(L);
    const unsigned root = number_of(L, tx, 2);
    const char *path = ml_checkname(L, 3);
    ml_tx_how how;
    ml_err e;

    read_how(L, 4, &how, 2);
    return ml_pushdone(L, ml_tx_remove(tx, root, path, &how, &e), &e);
}

/* t:chmod(root, path, mode) -> true | nil, error */
static int tx_chmod(lua_State *L)
{
    ml_tx *tx = check_tx(L);
    const unsigned root = number_of(L, tx, 2);
    const char *path = ml_checkname(L, 3);
    const lua_Integer mode = luaL_checkinteger(L, 4);
    ml_err e;

    luaL_argcheck(L, mode >= 0 && mode <= 07777, 4, "not a mode");
    return ml_pushdone(L, ml_tx_mode(tx, root, path, (mode_t)mode, &e), &e);
}

/* t:mkdir(root, path[, mode]) -> true | nil, error */
static int tx_mkdir(lua_State *L)
{
    ml_tx *tx = check_tx(L);
    const unsigned root = number_of(L, tx, 2);
    const char *path = ml_checkname(L, 3);
    const lua_Integer mode = luaL_optinteger(L, 4, ML_FS_KEEP_MODE);
    ml_tx_how how = { .kind = ML_FS_PUBLIC, .phase = ML_TX_MAIN };
    ml_err e;

    luaL_argcheck(L, mode >= 0 && mode <= 07777, 4, "not a mode");
    how.folder_mode = (mode_t)mode;
    return ml_pushdone(L, ml_tx_folder(tx, root, path, &how, &e), &e);
}

/* t:rmdir(root, path) -> true | nil, error: removed at the end, if it is empty then */
static int tx_rmdir(lua_State *L)
{
    ml_tx *tx = check_tx(L);
    const unsigned root = number_of(L, tx, 2);
    const char *path = ml_checkname(L, 3);
    ml_err e;

    return ml_pushdone(L, ml_tx_remove_folder(tx, root, path, &e), &e);
}

static const char *action_word(ml_tx_action action)
{
    switch (action) {
    case ML_TX_WRITE:
        return "write";
    case ML_TX_LINK:
        return "link";
    case ML_TX_REMOVE:
        return "remove";
    case ML_TX_MODE:
        return "chmod";
    case ML_TX_FOLDER:
        return "mkdir";
    case ML_TX_REMOVE_FOLDER:
        return "rmdir";
    }
    return "write";
}

/* Sets the field `old` of the table at the top. */
static void set_old(lua_State *L, ml_tx *tx, size_t index, bool clear)
{
    ml_err e;
    int result;

    if (clear) {
        result = ml_tx_old_secret(tx, index, ml_newemptysecret(L), &e);
        if (result == 0)
            lua_setfield(L, -2, "old");
    } else {
        ml_buf *out = ml_newbuf(L);

        result = ml_tx_old(tx, index, out, &e);
        if (result == 0) {
            ml_pushbuf(L, out);
            lua_setfield(L, -3, "old");
            lua_pop(L, 1);
        }
    }
    if (result < 0) {
        ml_pusherror(L, &e);
        lua_error(L);
    }
}

/* Pushes change `index` as a table. */
static void push_change(lua_State *L, ml_tx *tx, size_t index)
{
    ml_tx_change change;
    ml_err e;

    if (ml_tx_change_at(tx, index, &change, &e) < 0) {
        ml_pusherror(L, &e);
        lua_error(L);
    }
    lua_createtable(L, 0, 10);
    ml_settext(L, "op", action_word(change.action));
    ml_settext(L, "path", change.path);
    ml_settext(L, "phase", phase_words[change.phase + 1]);
    ml_setinteger(L, "mode", (lua_Integer)change.mode);
    ml_setinteger(L, "old_mode", (lua_Integer)change.old_mode);
    ml_setflag(L, "breaks_hard_link", change.breaks_hard_link);
    lua_getiuservalue(L, 1, ROOTS);
    lua_rawgeti(L, -1, (lua_Integer)change.root + 1);
    lua_setfield(L, -3, "root");
    lua_pop(L, 1);
    lua_getiuservalue(L, 1, KINDS);
    push_kind_key(L, change.root, change.path);
    lua_rawget(L, -2);
    lua_setfield(L, -3, "kind");
    lua_pop(L, 1);
    if (change.action == ML_TX_WRITE || change.action == ML_TX_LINK) {
        if (change.clear)
            ml_pushsecret(L, change.bytes);
        else
            ml_pushbytes(L, change.bytes);
        lua_setfield(L, -2, "new");
    }
    if (change.old_kind == ML_FILE_FILE || change.old_kind == ML_FILE_LINK)
        set_old(L, tx, index, change.old_clear);
}

/* t:plan() -> list of { op, root, path, kind, old, new, mode, old_mode, phase, breaks_hard_link }
 * in the order in which they will be made; old and new are secrets where they are in clear */
static int tx_plan(lua_State *L)
{
    ml_tx *tx = check_tx(L);
    const size_t count = ml_tx_count(tx);
    size_t i;

    lua_settop(L, 1);
    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        push_change(L, tx, i);
        lua_rawseti(L, 2, (lua_Integer)i + 1);
    }
    return 1;
}

/* t:commit() -> true | nil, error. error.committed: the new state is decided, and recovery will
 * complete it; without it nothing was changed. */
static int tx_commit(lua_State *L)
{
    ml_tx *tx = check_tx(L);
    bool committed = false;
    ml_err e;

    if (ml_tx_commit(tx, &committed, &e) < 0) {
        ml_pushfail(L, &e);
        ml_setflag(L, "committed", committed);
        return 2;
    }
    return ml_pushdone(L, 0, &e);
}

static const luaL_Reg methods[] = {
    { "chmod", tx_chmod }, { "commit", tx_commit }, { "input", tx_input }, { "link", tx_link },
    { "mkdir", tx_mkdir }, { "plan", tx_plan },     { "read", tx_read },   { "remove", tx_remove },
    { "rmdir", tx_rmdir }, { "write", tx_write },   { NULL, NULL },
};

void ml_fs_transaction_type(lua_State *L)
{
    ml_newtype(L, &tx_type, methods, NULL);
}
