/* loader.c — see loader.h.
 *
 *   moonlatch.NAME          a module in C, else lua/moonlatch/NAME.lua or NAME/init.lua
 *   recipes.shipped.NAME    recipes/NAME.lua, so that a site's recipe can build on it */
#include "host/loader.h"

#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "host/interrupt.h"
#include "lua/context.h"
#include "lua/modules.h"

#define LIBRARY "moonlatch.library"

/* Pushes the searcher's answer: loader and its argument. */
static int found(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    return 2;
}

/* Opens the module whose number is the upvalue; `--trace` sees also what is loaded later. */
static int open_c(lua_State *L)
{
    const luaL_Reg *module = &ml_modules[lua_tointeger(L, lua_upvalueindex(1))];

    lua_pushcfunction(L, module->func);
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    if (ml_contextof(L)->trace)
        ml_trace_module(L, module->name);
    return 1;
}

static int search_c(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    size_t i;

    for (i = 0; ml_modules[i].name != NULL; i++)
        if (strcmp(ml_modules[i].name, name) == 0) {
            lua_pushinteger(L, (lua_Integer)i);
            lua_pushcclosure(L, open_c, 1);
            return found(L, name);
        }
    lua_pushfstring(L, "no module '%s' in the program", name);
    return 1;
}

/* The file for a module's name, without `.lua`; false for names that are not ours. */
static bool file_of(lua_State *L, const char *name)
{
    static const char shipped[] = "recipes.shipped.";

    if (strncmp(name, "moonlatch.", 10) == 0)
        lua_pushfstring(L, "lua/%s", luaL_gsub(L, name, ".", "/"));
    else if (strncmp(name, shipped, sizeof shipped - 1) == 0)
        lua_pushfstring(L, "recipes/%s", luaL_gsub(L, name + sizeof shipped - 1, ".", "/"));
    else
        return false;
    lua_remove(L, -2);
    return true;
}

#ifdef ML_ASAN
static int load_from_library(lua_State *L, const char *file)
{
    const char *path;

    if (lua_getfield(L, LUA_REGISTRYINDEX, LIBRARY) != LUA_TSTRING) {
        lua_pop(L, 1);
        return 0;
    }
    path = lua_pushfstring(L, "%s/%s", lua_tostring(L, -1), file);
    return luaL_loadfilex(L, path, "t") == LUA_OK ? 1 : 0;
}
#else
static int load_from_library(lua_State *L, const char *file)
{
    (void)L;
    (void)file;
    return 0;
}
#endif

/* Pushes the chunk of a built-in file; 0 when there is none. Raises when it does not compile. */
static int load_file(lua_State *L, const char *file)
{
    const ml_embedded *embedded;

    if (load_from_library(L, file))
        return 1;
    embedded = ml_embedded_find(ml_contextof(L), file);
    if (embedded == NULL)
        return 0;
    /* the one place where bytecode is accepted: it was made from these files by our own build */
    if (luaL_loadbufferx(L, (const char *)embedded->code, embedded->code_len,
                         lua_pushfstring(L, "@$/%s", file), "b") != LUA_OK)
        lua_error(L);
    return 1;
}

static int search_lua(lua_State *L)
{
    static const char *const endings[] = { ".lua", "/init.lua" };
    const char *name = luaL_checkstring(L, 1);
    size_t i;

    if (!file_of(L, name)) {
        lua_pushfstring(L, "'%s' is neither moonlatch.NAME nor recipes.shipped.NAME", name);
        return 1;
    }
    for (i = 0; i < sizeof endings / sizeof *endings; i++) {
        lua_settop(L, 2);
        if (load_file(L, lua_pushfstring(L, "%s%s", lua_tostring(L, 2), endings[i])))
            return found(L, name);
    }
    lua_pushfstring(L, "no file '%s' in the program", lua_tostring(L, 2));
    return 1;
}

/* load(chunk[, name[, mode[, env]]]) of the standard library, text only. */
static int load_text_only(lua_State *L)
{
    const int given = lua_gettop(L);

    lua_settop(L, given < 3 ? 3 : given);
    lua_pushliteral(L, "t");
    lua_replace(L, 3);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* setmetatable(table, metatable) of the standard library, without finalisers: the collector calls
 * them in the midst of primitives, where one could close what is being used. */
static int set_metatable(lua_State *L)
{
    const int type = lua_type(L, 2);

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
    lua_settop(L, 2);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    if (type == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        luaL_argcheck(L, lua_rawget(L, 2) == LUA_TNIL, 2,
                      "there are no finalisers (__gc) here: use a variable with <close>");
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

static void set_searchers(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_createtable(L, 2, 0);
    lua_pushcfunction(L, search_c);
    lua_rawseti(L, -2, 1);
    lua_pushcfunction(L, search_lua);
    lua_rawseti(L, -2, 2);
    lua_setfield(L, -2, "searchers");
    lua_pop(L, 1);
}

static void keep_only(lua_State *L, const char *table, const char *const *names)
{
    size_t i;

    lua_newtable(L);
    lua_getglobal(L, table);
    for (i = 0; names[i] != NULL; i++) {
        lua_getfield(L, -1, names[i]);
        lua_setfield(L, -3, names[i]);
    }
    lua_pop(L, 1);
    lua_setglobal(L, table);
}

void ml_loader_open(lua_State *L, const char *library)
{
    static const luaL_Reg libraries[] = {
        { LUA_GNAME, luaopen_base },          { LUA_LOADLIBNAME, luaopen_package },
        { LUA_COLIBNAME, luaopen_coroutine }, { LUA_TABLIBNAME, luaopen_table },
        { LUA_STRLIBNAME, luaopen_string },   { LUA_MATHLIBNAME, luaopen_math },
        { LUA_UTF8LIBNAME, luaopen_utf8 },    { LUA_OSLIBNAME, luaopen_os },
    };
    static const char *const os_names[] = { "clock", "date", "difftime", "time", NULL };
    static const char *const gone[] = { "package", "dofile", "loadfile", "print" };
    size_t i;

    for (i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    ml_interrupt_open(L);
    set_searchers(L);
    keep_only(L, "os", os_names);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getglobal(L, "os");
    lua_setfield(L, -2, "os"); /* require "os" must not find the whole one */
    lua_pushnil(L);
    lua_setfield(L, -2, "package");
    lua_pop(L, 1);
    lua_getglobal(L, "load");
    lua_pushcclosure(L, load_text_only, 1);
    lua_setglobal(L, "load");
    lua_pushcfunction(L, set_metatable);
    lua_setglobal(L, "setmetatable");
    for (i = 0; i < sizeof gone / sizeof *gone; i++) {
        lua_pushnil(L);
        lua_setglobal(L, gone[i]);
    }
    if (library != NULL) {
        lua_pushstring(L, library);
        lua_setfield(L, LUA_REGISTRYINDEX, LIBRARY);
    }
}
