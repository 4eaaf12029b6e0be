/* border.c — see border.h. */
#include "lua/border.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lua/context.h"
#include "lua/nearest.h"

#define SECRET "moonlatch.secret"
#define ERROR_META "moonlatch.error"
#define TYPES "moonlatch.types" /* registry: metatable by type name, for tracing and completion */

/* Bytes and names --------------------------------------------------------------------------- */

ml_bytes ml_checkbytes(lua_State *L, int arg)
{
    if (lua_type(L, arg) == LUA_TSTRING) {
        size_t len;
        const char *p = lua_tolstring(L, arg, &len);

        return ml_bytes_of(p, len);
    }
    {
        const ml_secret *secret = luaL_testudata(L, arg, SECRET);

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
    return luaL_testudata(L, arg, SECRET) != NULL;
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

/* Results ----------------------------------------------------------------------------------- */

enum { FEW_MAPPINGS = 1024 };

/* To Lua a secret is a userdata of 16 bytes, but it may hold a mapping of its own, and the system
 * allows some 20,000 of them: garbage is collected by their number too, since those who read a file
 * into a secret cannot collect and try again. */
static void collect_secrets(lua_State *L)
{
    ml_context *context;

    if (ml_secret_report().mappings < FEW_MAPPINGS)
        return;
    context = ml_contextof(L);
    if (ml_secret_report().mappings < context->collect_at)
        return;
    lua_gc(L, LUA_GCCOLLECT);
    context->collect_at = 2 * ml_secret_report().mappings + FEW_MAPPINGS;
}

ml_secret *ml_newemptysecret(lua_State *L)
{
    ml_secret *secret;

    collect_secrets(L);
    secret = lua_newuserdatauv(L, sizeof *secret, 0);
    memset(secret, 0, sizeof *secret);
    luaL_setmetatable(L, SECRET);
    return secret;
}

ml_secret *ml_newsecret(lua_State *L, size_t len)
{
    ml_secret *secret = ml_newemptysecret(L);
    ml_err e;

    if (ml_secret_new(secret, len, &e) < 0) {
        lua_gc(L, LUA_GCCOLLECT); /* secrets nobody refers to any more hold locked memory */
        if (ml_secret_new(secret, len, &e) < 0) {
            ml_pusherror(L, &e);
            lua_error(L);
        }
    }
    return secret;
}

void ml_pushbytes(lua_State *L, ml_bytes bytes)
{
    lua_pushlstring(L, bytes.len > 0 ? (const char *)bytes.p : "", bytes.len);
}

void ml_pushsecret(lua_State *L, ml_bytes bytes)
{
    ml_secret *secret = ml_newsecret(L, bytes.len);

    if (bytes.len > 0)
        memcpy(secret->p, bytes.p, bytes.len);
}

#define BUFFER "moonlatch.buffer"

static int buffer_free(lua_State *L)
{
    ml_buf_free(luaL_checkudata(L, 1, BUFFER));
    return 0;
}

ml_buf *ml_newbuf(lua_State *L)
{
    ml_buf *buf = lua_newuserdatauv(L, sizeof *buf, 0);

    memset(buf, 0, sizeof *buf);
    if (luaL_newmetatable(L, BUFFER)) {
        lua_pushcfunction(L, buffer_free);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return buf;
}

void ml_pushbuf(lua_State *L, const ml_buf *buf)
{
    ml_err e;

    if (ml_buf_check(buf, &e) < 0) {
        ml_pusherror(L, &e);
        lua_error(L);
    }
    ml_pushbytes(L, ml_buf_bytes(buf));
}

void *ml_newblock(lua_State *L, size_t count, size_t size)
{
    void *block;

    if (count > (SIZE_MAX / 4) / size)
        luaL_error(L, "too many values");
    block = lua_newuserdatauv(L, count * size + 1, 0);
    memset(block, 0, count * size + 1);
    return block;
}

void ml_settext(lua_State *L, const char *name, const char *text)
{
    if (text == NULL)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

void ml_setbytes(lua_State *L, const char *name, ml_bytes bytes)
{
    ml_pushbytes(L, bytes);
    lua_setfield(L, -2, name);
}

void ml_setinteger(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

void ml_setflag(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

/* Errors ------------------------------------------------------------------------------------ */

/* "path:line: message" and, on a line of its own, the hint. */
static int error_tostring(lua_State *L)
{
    luaL_Buffer b;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "path");
    lua_getfield(L, 1, "line");
    lua_getfield(L, 1, "message");
    lua_getfield(L, 1, "hint");
    luaL_buffinit(L, &b);
    if (lua_isstring(L, 2)) {
        luaL_addstring(&b, lua_tostring(L, 2));
        if (lua_isinteger(L, 3)) {
            lua_pushfstring(L, ":%I", (LUAI_UACINT)lua_tointeger(L, 3));
            luaL_addvalue(&b);
        }
        luaL_addstring(&b, ": ");
    }
    luaL_addstring(&b, lua_isstring(L, 4) ? lua_tostring(L, 4) : "an error without a message");
    if (lua_isstring(L, 5)) {
        luaL_addstring(&b, "\nhint: ");
        luaL_addstring(&b, lua_tostring(L, 5));
    }
    luaL_pushresult(&b);
    return 1;
}

void ml_seterrormeta(lua_State *L)
{
    if (luaL_newmetatable(L, ERROR_META)) {
        lua_pushcfunction(L, error_tostring);
        lua_setfield(L, -2, "__tostring");
    }
    lua_setmetatable(L, -2);
}

void ml_pusherror(lua_State *L, const ml_err *e)
{
    lua_createtable(L, 0, 7);
    ml_settext(L, "code", e->code != NULL ? e->code : ML_E_SYSTEM);
    ml_settext(L, "message", e->message);
    ml_settext(L, "hint", e->hint[0] != '\0' ? e->hint : NULL);
    ml_settext(L, "path", e->path[0] != '\0' ? e->path : NULL);
    ml_settext(L, "part", e->part);
    if (e->line > 0)
        ml_setinteger(L, "line", (lua_Integer)e->line);
    if (e->column > 0)
        ml_setinteger(L, "column", (lua_Integer)e->column);
    if (e->errnum != 0)
        ml_setinteger(L, "errno", e->errnum);
    ml_seterrormeta(L);
}

int ml_raisememory(lua_State *L)
{
    ml_err e;

    ml_fail_memory(&e);
    ml_pusherror(L, &e);
    lua_error(L);
    abort(); /* lua_error does not return, but does not say so to the compiler */
}

int ml_pushfail(lua_State *L, const ml_err *e)
{
    luaL_pushfail(L);
    ml_pusherror(L, e);
    return 2;
}

int ml_pushdone(lua_State *L, int result, const ml_err *e)
{
    if (result < 0)
        return ml_pushfail(L, e);
    lua_pushboolean(L, 1);
    return 1;
}

/* Handles ----------------------------------------------------------------------------------- */

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
