/* runtime.c — one Lua state with everything in it; see moonlatch.h. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/alloc.h"
#include "host/interrupt.h"
#include "host/loader.h"
#include "lua/context.h"
#include "lua/modules.h"
#include "lua/types.h"
#include "ml_version.h"
#include "moonlatch.h"
#include "sys/env.h"

struct ml_runtime {
    lua_State *L;
    const char *library;
};

int ml_harden(unsigned *umask)
{
    ml_env_start start;
    ml_err e;

    if (ml_env_harden(&start, &e) < 0)
        return -1;
    if (umask != NULL)
        *umask = (unsigned)start.umask;
    return 0;
}

const char *ml_version(void)
{
    return ML_VERSION;
}

/* Protected: everything here may raise when memory is out. */
static int open_all(lua_State *L)
{
    const ml_options *options = lua_touserdata(L, 1);
    ml_context *context = ml_contextof(L);
    const char *require_lock = getenv("MOONLATCH_REQUIRE_LOCK");

    if (options != NULL && options->umask != 0)
        context->umask = (mode_t)options->umask;
    context->privileged = ml_env_privileged();
    context->embedded = ml_embedded_files;
    context->embedded_count = ml_embedded_file_count;
    ml_secret_require_lock(require_lock != NULL && strcmp(require_lock, "1") == 0);
    ml_loader_open(L, options != NULL ? options->library : NULL);
    ml_require(L, "moonlatch.secret");
    return 0;
}

ml_runtime *ml_open(const ml_options *options)
{
    static const ml_options none;
    ml_runtime *runtime = calloc(1, sizeof *runtime);
    union {
        const ml_options *options;
        void *p;
    } given = { options != NULL ? options : &none };

    if (runtime == NULL)
        return NULL;
    runtime->L = lua_newstate(ml_wiping_alloc, NULL);
    if (runtime->L == NULL) {
        free(runtime);
        return NULL;
    }
    lua_pushcfunction(runtime->L, open_all);
    lua_pushlightuserdata(runtime->L, given.p);
    if (lua_pcall(runtime->L, 1, 0, 0) != LUA_OK) {
        ml_close(runtime);
        return NULL;
    }
    lua_gc(runtime->L, LUA_GCGEN, 0, 0);
    return runtime;
}

struct lua_State *ml_lua(ml_runtime *runtime)
{
    return runtime->L;
}

void ml_close(ml_runtime *runtime)
{
    if (runtime == NULL)
        return;
    if (runtime->L != NULL)
        lua_close(runtime->L);
    free(runtime);
}

static int traceback(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING)
        luaL_traceback(L, L, lua_tostring(L, 1), 1);
    return 1;
}

/* require("moonlatch.main").main() -> exit status */
static int run_main(lua_State *L)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "moonlatch.main");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "main");
    lua_call(L, 0, 1);
    return 1;
}

/* What could not even be reported by moonlatch.main. */
static int last_words(lua_State *L)
{
    ml_context *context = ml_contextof(L);
    ml_buf out = { 0 };
    ml_err ignored;

    ml_buf_text(&out, "moonlatch: ");
    ml_writer_text(&context->writer, ml_bytes_text(luaL_tolstring(L, 1, NULL)), true, &out);
    ml_buf_byte(&out, '\n');
    (void)ml_writer_put(2, ml_buf_bytes(&out), &ignored);
    ml_buf_free(&out);
    return 0;
}

/* Calls the function below its `given` arguments; the exit status is its integer result. */
static int protect(lua_State *L, int given)
{
    const int base = lua_gettop(L) - given;
    struct sigaction old[ML_INTERRUPT_SIGNALS];
    int status;

    lua_pushcfunction(L, traceback);
    lua_insert(L, base);
    ml_interrupt_watch(L, old);
    status = lua_pcall(L, given, 1, base);
    ml_interrupt_unwatch(old);
    if (status == LUA_OK) {
        status = lua_isinteger(L, -1) ? (int)lua_tointeger(L, -1) : 0;
    } else {
        lua_pushcfunction(L, last_words);
        lua_insert(L, -2);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK)
            fputs("moonlatch: out of memory\n", stderr);
        status = 2;
    }
    lua_settop(L, base - 1);
    return status;
}

int ml_main(ml_runtime *runtime, int argc, char **argv)
{
    lua_State *L = runtime->L;

    (void)argc;
    ml_contextof(L)->arguments = (const char *const *)argv;
    lua_pushcfunction(L, run_main);
    return protect(L, 0);
}

int ml_run(ml_runtime *runtime, const char *text, const char *name)
{
    lua_State *L = runtime->L;

    if (luaL_loadbufferx(L, text, strlen(text), name, "t") != LUA_OK) {
        lua_pushcfunction(L, last_words);
        lua_insert(L, -2);
        (void)lua_pcall(L, 1, 0, 0);
        return 2;
    }
    return protect(L, 0);
}

int luaopen_moonlatch(lua_State *L)
{
    size_t i;

    lua_newtable(L);
    ml_require(L, "moonlatch.secret");
    for (i = 0; ml_modules[i].name != NULL; i++) {
        luaL_requiref(L, ml_modules[i].name, ml_modules[i].func, 0);
        lua_setfield(L, -2, strchr(ml_modules[i].name, '.') + 1);
    }
    return 1;
}
