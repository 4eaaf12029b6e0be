/* mod_fs_walk.c — part of `moonlatch.fs`: what is in a folder, and all that is below it. See
 * sys/walk.h. */
#include <stdlib.h>
#include <string.h>

#include "lua/border.h"
#include "lua/mod_fs.h"
#include "lua/types.h"
#include "match/glob.h"
#include "sys/walk.h"

static void release_names(void *p)
{
    ml_names_free(p);
    free(p);
}

static const ml_handle_type names_type = { "moonlatch.names", release_names, NULL };

/* root:list([path]) -> names, sorted | nil, error */
int ml_fs_root_list(lua_State *L)
{
    const ml_root *root = ml_checkhandle(L, 1, &ml_type_root);
    const char *path = ml_optname(L, 2, ".");
    ml_names *names = ml_newowned(L, &names_type, sizeof *names, 0);
    size_t i;
    ml_err e;

    if (ml_fs_list(root, path, names, &e) < 0)
        return ml_pushfail(L, &e);
    lua_createtable(L, (int)names->count, 0);
    for (i = 0; i < names->count; i++) {
        lua_pushstring(L, names->names[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static void release_walk(void *p)
{
    ml_walk_free(p);
    free(p);
}

static const ml_handle_type walk_type = { "moonlatch.walk", release_walk, NULL };

/* Patterns of files to pass over; the strings belong to a table on the stack. */
typedef struct patterns {
    const char **list;
    size_t count;
} patterns;

static int ignored(void *context, const char *path, bool folder, ml_err *e)
{
    const patterns *p = context;
    size_t i;

    (void)folder;
    for (i = 0; i < p->count; i++) {
        bool matched = false;

        /* no pattern is malformed: root:walk has checked each before */
        if (ml_glob_match(ml_bytes_text(p->list[i]), ml_bytes_text(path), &matched, e) < 0)
            return -1;
        if (matched)
            return 1;
    }
    return 0;
}

/* Reads the option `ignore`; leaves what it needs on the stack. */
static void read_patterns(lua_State *L, int arg, patterns *out)
{
    size_t i;

    out->count = 0;
    if (ml_optpush(L, arg, "ignore") == LUA_TNIL)
        return;
    out->count = ml_checklist(L, lua_gettop(L));
    out->list = ml_newblock(L, out->count, sizeof *out->list);
    for (i = 0; i < out->count; i++) {
        bool matched;
        ml_err e;

        out->list[i] = ml_listname(L, lua_gettop(L) - 1, i);
        if (ml_glob_match(ml_bytes_text(out->list[i]), ml_bytes_text("x"), &matched, &e) == 0)
            continue;
        if (strcmp(e.code, ML_E_MEMORY) == 0)
            ml_raisememory(L);
        luaL_argerror(L, arg, lua_pushfstring(L, "pattern '%s': %s", out->list[i], e.message));
    }
}

/* The iterator. Upvalues: the walk, the index of the next entry, the Root. */
static int walk_next(lua_State *L)
{
    const ml_walk *walk = ml_tohandle(L, lua_upvalueindex(1), &walk_type);
    const ml_root *root = ml_tohandle(L, lua_upvalueindex(3), &ml_type_root);
    lua_Integer index = lua_tointeger(L, lua_upvalueindex(2));
    const ml_walk_entry *entry;

    while ((size_t)index < walk->count && walk->entries[index].note != NULL)
        index++;
    lua_pushinteger(L, index + 1);
    lua_replace(L, lua_upvalueindex(2));
    if ((size_t)index >= walk->count)
        return 0;
    entry = &walk->entries[index];
    lua_createtable(L, 0, 4);
    ml_settext(L, "path", entry->path);
    ml_settext(L, "kind", ml_fs_kind_word(entry->st.kind));
    ml_setinteger(L, "size", (lua_Integer)entry->st.size);
    if (entry->st.kind == ML_FILE_LINK && root != NULL) {
        ml_buf *target = ml_newbuf(L);
        ml_err e;

        if (ml_fs_readlink(root, entry->path, target, &e) == 0) {
            ml_pushbuf(L, target);
            lua_setfield(L, -3, "target");
        }
        lua_pop(L, 1);
    }
    return 1;
}

/* root:walk([{ ignore = patterns, from = path, folders = false }]) -> iterator of entries, notes.
 * An entry is { path, kind = "file" | "folder" | "link" | "other", size, target (of a link) }; a
 * note { path, message } says what was passed over. Never follows a link. Raises "limit" or what
 * the system says. */
int ml_fs_root_walk(lua_State *L)
{
    static const char *const names[] = { "folders", "from", "ignore", NULL };
    const ml_root *root = ml_checkhandle(L, 1, &ml_type_root);
    const char *from;
    patterns ignore = { 0 };
    ml_walk_options options = { 0 };
    ml_walk *walk;
    lua_Integer notes = 0;
    size_t i;
    ml_err e;
    int handle;

    lua_settop(L, 2);
    ml_checkoptions(L, 2, names);
    from = ml_opttext(L, 2, "from", ".");
    options.folders = ml_optflag(L, 2, "folders", false);
    read_patterns(L, 2, &ignore);
    options.ignore = ignored;
    options.context = &ignore;
    walk = ml_newowned(L, &walk_type, sizeof *walk, 0);
    handle = lua_gettop(L);
    if (ml_walk_list(root, from, &options, walk, &e) < 0) {
        ml_pusherror(L, &e);
        return lua_error(L);
    }
    lua_pushvalue(L, handle);
    lua_pushinteger(L, 0);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, walk_next, 3);
    lua_newtable(L);
    for (i = 0; i < walk->count; i++) {
        if (walk->entries[i].note == NULL)
            continue;
        lua_createtable(L, 0, 2);
        ml_settext(L, "path", walk->entries[i].path);
        ml_settext(L, "message", walk->entries[i].note);
        lua_rawseti(L, -2, ++notes);
    }
    return 2;
}

void ml_fs_walk_types(lua_State *L)
{
    ml_newtype(L, &names_type, NULL, NULL);
    ml_newtype(L, &walk_type, NULL, NULL);
}
