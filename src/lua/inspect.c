/* inspect.c — what the REPL may see of a running program; see data.h. */
#include "lua/data.h"

enum { DEEPEST = 1000000 }; /* LUAI_MAXSTACK: no stack has more levels */

static void add(lua_State *L, int list, const char *name, int index, bool upvalue)
{
    /* the value is at the top */
    lua_createtable(L, 0, 4);
    lua_insert(L, -2);
    lua_setfield(L, -2, "value");
    ml_settext(L, "name", name);
    ml_setinteger(L, "index", index);
    ml_setflag(L, "upvalue", upvalue);
    lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

static bool at_level(lua_State *L, lua_Debug *ar)
{
    const lua_Integer level = luaL_checkinteger(L, 1);

    luaL_argcheck(L, level >= 0 && level < DEEPEST, 1, "a level of the stack");
    return lua_getstack(L, (int)level, ar) == 1;
}

int ml_inspect_stack(lua_State *L)
{
    lua_Debug ar;
    const lua_Integer first = luaL_checkinteger(L, 1);
    lua_Integer level;

    luaL_argcheck(L, first >= 0 && first < DEEPEST, 1, "a level of the stack");
    lua_newtable(L);
    for (level = first; level < DEEPEST && lua_getstack(L, (int)level, &ar) == 1; level++) {
        lua_getinfo(L, "Sln", &ar);
        lua_createtable(L, 0, 4);
        ml_settext(L, "kind", ar.what); /* "Lua", "C" or "main" */
        ml_settext(L, "name", ar.name);
        ml_settext(L, "source", ar.source);
        if (ar.currentline > 0)
            ml_setinteger(L, "line", ar.currentline);
        lua_rawseti(L, -2, level - first + 1);
    }
    return 1;
}

int ml_inspect_locals(lua_State *L)
{
    lua_Debug ar;
    const char *name;
    int i;

    if (!at_level(L, &ar))
        return 0;
    lua_settop(L, 1);
    lua_newtable(L);
    lua_getinfo(L, "f", &ar);
    for (i = 1; (name = lua_getupvalue(L, 3, i)) != NULL; i++) {
        luaL_checkstack(L, 4, NULL);
        add(L, 2, name, i, true);
    }
    for (i = 1; (name = lua_getlocal(L, &ar, i)) != NULL; i++) {
        if (name[0] == '(')
            lua_pop(L, 1); /* a temporary of the machine */
        else
            add(L, 2, name, i, false);
    }
    lua_settop(L, 2);
    return 1;
}

int ml_inspect_set_local(lua_State *L)
{
    lua_Debug ar;
    const int index = (int)luaL_checkinteger(L, 2);
    const bool upvalue = lua_toboolean(L, 3) != 0;

    lua_settop(L, 4);
    if (!at_level(L, &ar))
        return 0;
    if (upvalue) {
        lua_getinfo(L, "f", &ar);
        lua_insert(L, -2);
        lua_setupvalue(L, -2, index);
    } else {
        lua_setlocal(L, &ar, index);
    }
    return 0;
}

int ml_inspect_types(lua_State *L)
{
    lua_newtable(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "moonlatch.types");
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_settable(L, -5);
    }
    lua_pop(L, 1);
    return 1;
}
