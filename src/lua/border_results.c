/* border_results.c — what a binding pushes: secrets, bytes, errors; see border.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lua/border.h"
#include "lua/context.h"

#define ERROR_META "moonlatch.error"

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
    luaL_setmetatable(L, ML_SECRET);
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
    ml_secret_put(ml_newsecret(L, bytes.len), 0, bytes);
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
