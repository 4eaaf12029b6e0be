/* border_handles.c — userdata that owns what C made; see border.h. */
#include <stdlib.h>
#include <string.h>

#include "lua/border.h"

#define TYPES "moonlatch.types" /* registry: metatable by type name, for tracing and completion */

/* The type that the closure of a method or metamethod belongs to. */
static const ml_handle_type *own_type(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int handle_close(lua_State *L)
{
    const ml_handle_type *type = own_type(L);
    void **slot = luaL_checkudata(L, 1, type->name);
    void *p = *slot;

    *slot = NULL; /* closed before it is closed: never twice */
    if (p != NULL)
        type->release(p);
    return 0;
}

static int handle_tostring(lua_State *L)
{
    const ml_handle_type *type = own_type(L);
    void *const *slot = luaL_checkudata(L, 1, type->name);
    const char *dot = strrchr(type->name, '.');

    lua_pushfstring(L, "<%s%s>", dot != NULL ? dot + 1 : type->name,
                    *slot != NULL ? "" : ", closed");
    return 1;
}

/* A field, else a method. Upvalues: the type, the methods. */
static int handle_index(lua_State *L)
{
    const ml_handle_type *type = own_type(L);
    void *const *slot = luaL_checkudata(L, 1, type->name);

    lua_settop(L, 2);
    if (lua_type(L, 2) == LUA_TSTRING && *slot != NULL && type->field(L, *slot, lua_tostring(L, 2)))
        return 1;
    lua_settop(L, 2);
    lua_gettable(L, lua_upvalueindex(2));
    return 1;
}

/* As above for other userdata. Upvalues: holder of the function, the methods. */
typedef struct field_holder {
    bool (*field)(lua_State *L, const char *name);
} field_holder;

static int meta_index(lua_State *L)
{
    const field_holder *holder = lua_touserdata(L, lua_upvalueindex(1));

    lua_settop(L, 2);
    if (lua_type(L, 2) == LUA_TSTRING && holder->field(L, lua_tostring(L, 2)))
        return 1;
    lua_settop(L, 2);
    lua_gettable(L, lua_upvalueindex(2));
    return 1;
}

/* Enters the metatable at the top into the list of types, with its methods. */
static void list_type(lua_State *L, const char *name)
{
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    luaL_getsubtable(L, LUA_REGISTRYINDEX, TYPES);
    lua_getfield(L, -2, "methods");
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

void ml_newmeta(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta,
                bool (*field)(lua_State *L, const char *name))
{
    if (luaL_newmetatable(L, name)) {
        lua_newtable(L);
        if (methods != NULL)
            luaL_setfuncs(L, methods, 0);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, "methods");
        if (field != NULL) {
            field_holder *holder = lua_newuserdatauv(L, sizeof *holder, 0);

            holder->field = field;
            lua_insert(L, -2);
            lua_pushcclosure(L, meta_index, 2);
        }
        lua_setfield(L, -2, "__index");
        if (meta != NULL)
            luaL_setfuncs(L, meta, 0);
        list_type(L, name);
    }
    lua_pop(L, 1);
}

/* Pushes the type's address; Lua keeps it and never writes through it. */
static void push_type(lua_State *L, const ml_handle_type *type)
{
    const union {
        const ml_handle_type *type;
        void *p;
    } own = { type };

    lua_pushlightuserdata(L, own.p);
}

void ml_newtype(lua_State *L, const ml_handle_type *type, const luaL_Reg *methods,
                const luaL_Reg *meta)
{
    static const luaL_Reg closing[] = { { "__gc", handle_close },
                                        { "__close", handle_close },
                                        { "__tostring", handle_tostring },
                                        { NULL, NULL } };
    static const luaL_Reg close_method[] = { { "close", handle_close }, { NULL, NULL } };

    if (luaL_newmetatable(L, type->name)) {
        push_type(L, type);
        luaL_setfuncs(L, closing, 1);
        lua_newtable(L);
        push_type(L, type);
        luaL_setfuncs(L, close_method, 1);
        if (methods != NULL)
            luaL_setfuncs(L, methods, 0);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, "methods");
        if (type->field != NULL) {
            push_type(L, type);
            lua_insert(L, -2);
            lua_pushcclosure(L, handle_index, 2);
        }
        lua_setfield(L, -2, "__index");
        if (meta != NULL)
            luaL_setfuncs(L, meta, 0);
        list_type(L, type->name);
    }
    lua_pop(L, 1);
}

void **ml_newhandle(lua_State *L, const ml_handle_type *type, int kept)
{
    void **slot = lua_newuserdatauv(L, sizeof *slot, kept);

    *slot = NULL;
    luaL_setmetatable(L, type->name);
    return slot;
}

void *ml_newowned(lua_State *L, const ml_handle_type *type, size_t size, int kept)
{
    void **slot = ml_newhandle(L, type, kept);

    *slot = calloc(1, size);
    if (*slot == NULL)
        ml_raisememory(L);
    return *slot;
}

void *ml_checkhandle(lua_State *L, int arg, const ml_handle_type *type)
{
    void *const *slot = luaL_checkudata(L, arg, type->name);

    if (*slot == NULL)
        luaL_argerror(L, arg, lua_pushfstring(L, "the %s is closed", type->name));
    return *slot;
}

void *ml_tohandle(lua_State *L, int arg, const ml_handle_type *type)
{
    void *const *slot = luaL_testudata(L, arg, type->name);

    return slot != NULL ? *slot : NULL;
}
