/* border_arguments.c — what a binding is given: bytes, names, lists, options; see border.h. */
#include <limits.h>
#include <string.h>

#include "lua/border.h"
#include "lua/nearest.h"

/* Bytes and names --------------------------------------------------------------------------- */

ml_bytes ml_checkbytes(lua_State *L, int arg)
{
    if (lua_type(L, arg) == LUA_TSTRING) {
        size_t len;
        const char *p = lua_tolstring(L, arg, &len);

        return ml_bytes_of(p, len);
    }
    {
        const ml_secret *secret = luaL_testudata(L, arg, ML_SECRET);

        if (secret == NULL)
            luaL_typeerror(L, arg, "string or secret");
        if (secret->p == NULL)
            luaL_argerror(L, arg, "the secret was wiped");
        return ml_secret_bytes(secret);
    }
}

ml_bytes ml_checkexact(lua_State *L, int arg, size_t len)
{
    const ml_bytes bytes = ml_checkbytes(L, arg);

    if (bytes.len != len) {
        const char *message = lua_pushfstring(L, "%d bytes expected, got %d", (int)len,
                                              (int)(bytes.len > INT_MAX ? INT_MAX : bytes.len));
        luaL_argerror(L, arg, message);
    }
    return bytes;
}

ml_bytes ml_optbytes(lua_State *L, int arg)
{
    return lua_isnoneornil(L, arg) ? ml_bytes_of(NULL, 0) : ml_checkbytes(L, arg);
}

bool ml_issecret(lua_State *L, int arg)
{
    return luaL_testudata(L, arg, ML_SECRET) != NULL;
}

const char *ml_checkname(lua_State *L, int arg)
{
    size_t len;
    const char *name;

    if (lua_type(L, arg) != LUA_TSTRING)
        luaL_typeerror(L, arg, "string");
    name = lua_tolstring(L, arg, &len);
    if (strlen(name) != len)
        luaL_argerror(L, arg, "a NUL byte in a name");
    return name;
}

const char *ml_optname(lua_State *L, int arg, const char *fallback)
{
    return lua_isnoneornil(L, arg) ? fallback : ml_checkname(L, arg);
}

size_t ml_checklist(lua_State *L, int arg)
{
    size_t count, i;

    luaL_checktype(L, arg, LUA_TTABLE);
    count = lua_rawlen(L, arg);
    for (i = 1; i <= count; i++) {
        size_t len;
        const char *text;

        if (lua_rawgeti(L, arg, (lua_Integer)i) != LUA_TSTRING)
            luaL_argerror(L, arg,
                          ml_issecret(L, -1) ? "a secret cannot stand in this list"
                                             : "a list of strings expected");
        text = lua_tolstring(L, -1, &len);
        if (strlen(text) != len)
            luaL_argerror(L, arg, "a NUL byte in the list");
        lua_pop(L, 1);
    }
    return count;
}

const char *ml_listname(lua_State *L, int arg, size_t index)
{
    const char *text;

    lua_rawgeti(L, arg, (lua_Integer)index + 1);
    text = lua_tostring(L, -1);
    lua_pop(L, 1); /* the table holds it */
    return text;
}

/* Options ----------------------------------------------------------------------------------- */

void ml_checkoptions(lua_State *L, int arg, const char *const *names)
{
    if (lua_isnoneornil(L, arg))
        return;
    luaL_checktype(L, arg, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, arg) != 0) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        size_t i = 0;

        while (key != NULL && names[i] != NULL && strcmp(names[i], key) != 0)
            i++;
        if (key == NULL)
            luaL_argerror(L, arg, "options have names");
        if (names[i] == NULL) {
            const char *near = ml_nearest(key, names);

            luaL_argerror(L, arg,
                          near != NULL ? lua_pushfstring(L,
                                                         "there is no option '%s'; did you mean "
                                                         "'%s'?",
                                                         key, near)
                                       : lua_pushfstring(L, "there is no option '%s'", key));
        }
        lua_pop(L, 1);
    }
}

int ml_optpush(lua_State *L, int arg, const char *name)
{
    if (lua_isnoneornil(L, arg)) {
        lua_pushnil(L);
        return LUA_TNIL;
    }
    luaL_checktype(L, arg, LUA_TTABLE); /* lua_rawget takes anything for a table */
    arg = lua_absindex(L, arg);
    lua_pushstring(L, name);
    return lua_rawget(L, arg);
}

static void wrong_option(lua_State *L, int arg, const char *name, const char *expected)
{
    luaL_argerror(L, arg,
                  lua_pushfstring(L, "option '%s': %s expected, got %s", name, expected,
                                  luaL_typename(L, -1)));
}

bool ml_optflag(lua_State *L, int arg, const char *name, bool fallback)
{
    const int type = ml_optpush(L, arg, name);
    const bool value = type == LUA_TNIL ? fallback : lua_toboolean(L, -1) != 0;

    if (type != LUA_TNIL && type != LUA_TBOOLEAN)
        wrong_option(L, arg, name, "true or false");
    lua_pop(L, 1);
    return value;
}

lua_Integer ml_optnumber(lua_State *L, int arg, const char *name, lua_Integer least,
                         lua_Integer most, lua_Integer fallback)
{
    lua_Integer value = fallback;

    if (ml_optpush(L, arg, name) != LUA_TNIL) {
        if (!lua_isinteger(L, -1))
            wrong_option(L, arg, name, "an integer");
        value = lua_tointeger(L, -1);
        if (value < least || value > most)
            luaL_argerror(L, arg, lua_pushfstring(L, "option '%s' is out of range", name));
    }
    lua_pop(L, 1);
    return value;
}

const char *ml_opttext(lua_State *L, int arg, const char *name, const char *fallback)
{
    const char *value = fallback;

    if (ml_optpush(L, arg, name) != LUA_TNIL) {
        size_t len;

        if (lua_type(L, -1) != LUA_TSTRING)
            wrong_option(L, arg, name, "a string");
        value = lua_tolstring(L, -1, &len);
        if (strlen(value) != len)
            luaL_argerror(L, arg, lua_pushfstring(L, "option '%s': a NUL byte", name));
    }
    lua_pop(L, 1);
    return value;
}

int ml_optword(lua_State *L, int arg, const char *name, const char *const *words, int fallback)
{
    const char *word = ml_opttext(L, arg, name, NULL);
    const char *near;
    int i;

    if (word == NULL)
        return fallback;
    for (i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    near = ml_nearest(word, words);
    return luaL_argerror(L, arg,
                         near != NULL
                             ? lua_pushfstring(L,
                                               "option '%s': '%s' is not a choice; did you mean "
                                               "'%s'?",
                                               name, word, near)
                             : lua_pushfstring(L, "option '%s': '%s' is not a choice", name, word));
}
