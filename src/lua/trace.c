/* trace.c — `--trace`: every call of a primitive, on stderr. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lua/context.h"
#include "lua/modules.h"

enum { LONGEST = 60 };

/* Masked as a whole and cut afterwards: the mask would not know half a secret. */
static void describe_text(const ml_context *context, ml_bytes text, ml_buf *out)
{
    ml_buf shown = { 0 };
    size_t kept;

    ml_writer_text(&context->writer, text, false, &shown);
    kept = shown.len;
    if (kept > LONGEST)
        for (kept = LONGEST; kept > 0 && (shown.p[kept] & 0xC0) == 0x80; kept--)
            ;
    ml_buf_byte(out, '"');
    ml_buf_add(out, ml_bytes_of(shown.p, kept));
    ml_buf_text(out, kept < shown.len ? "…\"" : "\"");
    ml_buf_free(&shown);
}

/* Appends one value: strings masked and cut, everything else as its kind. */
static void describe(lua_State *L, int index, const ml_context *context, ml_buf *out)
{
    size_t len;
    const char *text;

    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &len);
        describe_text(context, ml_bytes_of(text, len), out);
        break;
    case LUA_TTABLE:
        if (ml_optpush(L, index, "code") == LUA_TSTRING)
            ml_buf_format(out, "error %s", lua_tostring(L, -1));
        else
            ml_buf_text(out, "{…}");
        lua_pop(L, 1);
        break;
    case LUA_TFUNCTION:
        ml_buf_text(out, "function");
        break;
    default:
        ml_buf_text(out, luaL_tolstring(L, index, NULL));
        lua_pop(L, 1);
        break;
    }
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Upvalues: the function, its name. */
static int traced(lua_State *L)
{
    const ml_context *context = ml_contextof(L);
    const int given = lua_gettop(L);
    const double began = seconds();
    ml_buf *line = ml_newbuf(L);
    ml_err ignored;
    int i;

    lua_insert(L, 1);
    ml_buf_format(line, "trace: %s(", lua_tostring(L, lua_upvalueindex(2)));
    for (i = 2; i <= given + 1; i++) {
        ml_buf_text(line, i > 2 ? ", " : "");
        describe(L, i, context, line);
    }
    ml_buf_text(line, ")");
    (void)ml_writer_put(STDERR_FILENO, ml_buf_bytes(line), &ignored);
    ml_buf_free(line);

    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 2);
    lua_call(L, given, LUA_MULTRET);

    ml_buf_text(line, " ->");
    for (i = 2; i <= lua_gettop(L); i++) {
        ml_buf_text(line, i > 2 ? ", " : " ");
        if (lua_type(L, i) == LUA_TSTRING)
            ml_buf_format(line, "string of %zu", (size_t)lua_rawlen(L, i));
        else
            describe(L, i, context, line);
    }
    ml_buf_format(line, " (%.3f ms)\n", (seconds() - began) * 1e3);
    (void)ml_writer_put(STDERR_FILENO, ml_buf_bytes(line), &ignored);
    ml_buf_free(line);
    return lua_gettop(L) - 1;
}

/* Wraps the C functions of the table at the top. */
static void wrap(lua_State *L, const char *prefix, const char *joint)
{
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        if (lua_iscfunction(L, -1) && lua_tocfunction(L, -1) != traced &&
            lua_type(L, -2) == LUA_TSTRING) {
            lua_pushfstring(L, "%s%s%s", prefix, joint, lua_tostring(L, -2));
            lua_pushcclosure(L, traced, 2);
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, -4); /* an existing field: the traversal may go on */
        } else {
            lua_pop(L, 1);
        }
    }
}

static const char *last_word(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL ? dot + 1 : name;
}

static void wrap_types(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "moonlatch.types");
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        wrap(L, last_word(lua_tostring(L, -2)), ":");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void ml_trace_module(lua_State *L, const char *name)
{
    if (strcmp(name, "moonlatch.host") != 0) /* it writes what a trace would have to write */
        wrap(L, last_word(name), ".");
    wrap_types(L);
}

void ml_trace_start(lua_State *L)
{
    size_t i;

    ml_contextof(L)->trace = true;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    for (i = 0; ml_modules[i].name != NULL; i++) {
        if (lua_getfield(L, -1, ml_modules[i].name) == LUA_TTABLE)
            ml_trace_module(L, ml_modules[i].name);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}
