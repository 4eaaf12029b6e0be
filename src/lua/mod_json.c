/* mod_json.c — Lua module `moonlatch.json`: JSON as public data.
 *
 * Objects are tables with string keys, arrays are tables with the metatable json.array, null is
 * json.null, numbers without fraction are integers. Documents whose text must be kept, and anything
 * secret, go through moonlatch.doc. */
#include <stdlib.h>
#include <string.h>

#include "format/json.h"
#include "format/json_write.h"
#include "lua/border.h"
#include "lua/modules.h"
#include "lua/null.h"

#define ARRAY "moonlatch.json.array"

static void release(void *p)
{
    ml_json_free(p);
}

static const ml_handle_type type = { "moonlatch.json.text", release, NULL };

static void push_array_meta(lua_State *L)
{
    if (luaL_newmetatable(L, ARRAY)) {
        lua_pushliteral(L, ARRAY);
        lua_setfield(L, -2, "__name");
    }
}

static void push_value(lua_State *L, const ml_json *v)
{
    const ml_json *child;
    lua_Integer index = 0;
    int64_t integer;

    luaL_checkstack(L, 6, "JSON nested too deep");
    switch (ml_json_kind_of(v)) {
    case ML_JSON_NULL:
        ml_pushnull(L);
        break;
    case ML_JSON_BOOL:
        lua_pushboolean(L, ml_json_bool(v));
        break;
    case ML_JSON_NUMBER:
        if (ml_json_integer(v, &integer))
            lua_pushinteger(L, (lua_Integer)integer);
        else
            lua_pushnumber(L, ml_json_number(v));
        break;
    case ML_JSON_STRING:
        ml_pushbytes(L, ml_json_string(v));
        break;
    case ML_JSON_ARRAY:
        lua_createtable(L, (int)ml_json_count(v), 0);
        push_array_meta(L);
        lua_setmetatable(L, -2);
        for (child = ml_json_first(v); child != NULL; child = ml_json_next(child)) {
            push_value(L, child);
            lua_rawseti(L, -2, ++index);
        }
        break;
    case ML_JSON_OBJECT:
        lua_createtable(L, 0, (int)ml_json_count(v));
        for (child = ml_json_first(v); child != NULL; child = ml_json_next(child)) {
            ml_pushbytes(L, ml_json_key(child));
            push_value(L, child);
            lua_rawset(L, -3);
        }
        break;
    }
}

/* json.parse(bytes) -> value | nil, error */
static int json_parse(lua_State *L)
{
    const ml_bytes text = ml_checkbytes(L, 1);
    void **slot = ml_newhandle(L, &type, 0);
    ml_json *root = NULL;
    ml_err e;

    if (ml_json_read(&root, text, ML_JSON_EXACT, &e) < 0)
        return ml_pushfail(L, &e);
    *slot = root;
    push_value(L, root);
    return 1;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_value(lua_State *L, ml_json_writer *w, int depth);

/* The table at the top as an object, keys in byte order. */
static void write_object(lua_State *L, ml_json_writer *w, int depth)
{
    const int table = lua_gettop(L);
    size_t count = 0, i;
    const char **keys;

    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "an object of JSON has string keys, this table has a %s",
                       luaL_typename(L, -2));
        if (strlen(lua_tostring(L, -2)) != lua_rawlen(L, -2))
            luaL_error(L, "a key of a JSON object has a NUL byte");
        count++;
        lua_pop(L, 1);
    }
    keys = ml_newblock(L, count, sizeof *keys);
    i = 0;
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        keys[i++] = lua_tostring(L, -2); /* the table holds it */
        lua_pop(L, 1);
    }
    qsort(keys, count, sizeof *keys, by_text);
    ml_json_open_object(w);
    for (i = 0; i < count; i++) {
        ml_json_add_key(w, ml_bytes_text(keys[i]));
        lua_getfield(L, table, keys[i]);
        write_value(L, w, depth + 1);
        lua_pop(L, 1);
    }
    ml_json_close(w);
    lua_settop(L, table);
}

static bool is_array(lua_State *L)
{
    bool array = false;

    if (lua_getmetatable(L, -1)) {
        luaL_getmetatable(L, ARRAY);
        array = lua_rawequal(L, -1, -2) != 0;
        lua_pop(L, 2);
    }
    return array || lua_rawlen(L, -1) > 0;
}

/* The value at the top; it stays there. */
static void write_value(lua_State *L, ml_json_writer *w, int depth)
{
    lua_Integer i, count;
    size_t len;
    const char *text;

    luaL_checkstack(L, 8, "nested too deep for JSON");
    if (depth > ML_LIMIT_DEPTH)
        luaL_error(L, "nested too deep for JSON");
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        ml_json_add_bool(w, lua_toboolean(L, -1) != 0);
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -1))
            ml_json_add_integer(w, (int64_t)lua_tointeger(L, -1));
        else
            ml_json_add_number(w, (double)lua_tonumber(L, -1));
        break;
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &len);
        ml_json_add_string(w, ml_bytes_of(text, len));
        break;
    case LUA_TTABLE:
        if (!is_array(L)) {
            write_object(L, w, depth);
            break;
        }
        count = (lua_Integer)lua_rawlen(L, -1);
        ml_json_open_array(w);
        for (i = 1; i <= count; i++) {
            lua_rawgeti(L, -1, i);
            write_value(L, w, depth + 1);
            lua_pop(L, 1);
        }
        ml_json_close(w);
        break;
    default:
        if (!ml_isnull(L, -1))
            luaL_error(L, "a %s cannot be written as JSON", luaL_typename(L, -1));
        ml_json_add_null(w);
        break;
    }
}

/* json.format(value[, { indent = spaces | false }]) -> string */
static int json_format(lua_State *L)
{
    static const char *const options[] = { "indent", NULL };
    ml_json_writer *w;
    ml_buf *out;
    unsigned indent = 0;
    ml_err e;

    luaL_checkany(L, 1);
    ml_checkoptions(L, 2, options);
    if (ml_optpush(L, 2, "indent") == LUA_TNUMBER) {
        lua_pop(L, 1);
        indent = (unsigned)ml_optnumber(L, 2, "indent", 0, 8, 0);
    }
    lua_settop(L, 2);
    w = ml_newblock(L, 1, sizeof *w);
    out = ml_newbuf(L);
    ml_json_writer_start(w, out, indent);
    lua_pushvalue(L, 1);
    write_value(L, w, 0);
    if (ml_json_writer_end(w, &e) < 0) {
        ml_pusherror(L, &e);
        return lua_error(L);
    }
    ml_pushbuf(L, out);
    return 1;
}

/* json.array(table) -> the same table, marked as an array also when it is empty */
static int json_array(lua_State *L)
{
    lua_settop(L, 1);
    if (lua_isnil(L, 1)) {
        lua_newtable(L);
        lua_replace(L, 1);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    push_array_meta(L);
    lua_setmetatable(L, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    { "array", json_array },
    { "format", json_format },
    { "parse", json_parse },
    { NULL, NULL },
};

int luaopen_moonlatch_json(lua_State *L)
{
    ml_newtype(L, &type, NULL, NULL);
    luaL_newlib(L, functions);
    ml_pushnull(L);
    lua_setfield(L, -2, "null");
    return 1;
}
