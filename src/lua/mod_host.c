/* mod_host.c — Lua module `moonlatch.host`: the program, its surroundings, its way to the terminal.
 *
 * Results go out through `out` as they are; everything that people read goes through `err` and
 * `status`, which mask what was revealed and escape what a terminal would act on. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "lua/border.h"
#include "lua/context.h"
#include "lua/data.h"
#include "lua/modules.h"
#include "ml_version.h"
#include "sys/env.h"
#include "sys/tty.h"

#define ENVIRONMENT "moonlatch.environment" /* registry: secrets taken from our environment */

static int host_env(lua_State *L) /* host.env(name) -> string | nil */
{
    const char *name = ml_checkname(L, 1);

    luaL_argcheck(L, !ml_env_is_secret(name), 1, "a secret variable: use host.secret_env");
    lua_pushstring(L, getenv(name));
    return 1;
}

/* host.variables() -> the names of our environment, but for those of secrets */
static int host_variables(lua_State *L)
{
    lua_Integer count = 0;
    size_t i;

    lua_newtable(L);
    for (i = 0; environ != NULL && environ[i] != NULL; i++) {
        lua_pushlstring(L, environ[i], strcspn(environ[i], "="));
        if (lua_rawlen(L, -1) == 0 || ml_env_is_secret(lua_tostring(L, -1)))
            lua_pop(L, 1);
        else
            lua_rawseti(L, -2, ++count);
    }
    return 1;
}

/* host.secret_env(name) -> Secret | nil. The first call takes it out of our environment. */
static int host_secret_env(lua_State *L)
{
    const char *name = ml_checkname(L, 1);
    ml_secret *secret;
    ml_err e;
    int found;

    luaL_getsubtable(L, LUA_REGISTRYINDEX, ENVIRONMENT);
    if (lua_getfield(L, -1, name) != LUA_TNIL)
        return 1;
    lua_pop(L, 1);
    secret = ml_newemptysecret(L);
    found = ml_env_take(name, secret, &e);
    if (found < 0) {
        ml_pusherror(L, &e);
        return lua_error(L);
    }
    if (found == 0) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, name);
    return 1;
}

static int host_time(lua_State *L) /* host.time() -> seconds since 1970, with a fraction */
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
    return 1;
}

/* host.user([name]) -> { name=, uid=, home= } | nil: the user of that name, or us */
static int host_user(lua_State *L)
{
    const char *name = ml_optname(L, 1, NULL);
    const struct passwd *user = name != NULL ? getpwnam(name) : getpwuid(geteuid());
    char *home = NULL;
    ml_err e;

    if (name != NULL && user == NULL) {
        lua_pushnil(L);
        return 1;
    }
    lua_createtable(L, 0, 3);
    ml_setinteger(L, "uid", (lua_Integer)(user != NULL ? user->pw_uid : geteuid()));
    ml_settext(L, "name", user != NULL ? user->pw_name : getenv("USER"));
    if (name != NULL) {
        ml_settext(L, "home", user->pw_dir);
    } else if (ml_env_home(&home, &e) == 0) {
        ml_settext(L, "home", home); /* memory out here would leak one path, once */
        free(home);
    }
    return 1;
}

static int host_hostname(lua_State *L)
{
    char name[256];

    if (gethostname(name, sizeof name) != 0)
        name[0] = '\0';
    name[sizeof name - 1] = '\0';
    lua_pushstring(L, name);
    return 1;
}

static int host_privileged(lua_State *L)
{
    lua_pushboolean(L, ml_contextof(L)->privileged);
    return 1;
}

static int host_arguments(lua_State *L) /* host.arguments() -> list; [0] is the program's name */
{
    const char *const *arguments = ml_contextof(L)->arguments;
    lua_Integer i;

    lua_newtable(L);
    for (i = 0; arguments != NULL && arguments[i] != NULL; i++) {
        lua_pushstring(L, arguments[i]);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

/* host.program() -> absolute path of the running program */
static int host_program(lua_State *L)
{
    char path[4096];
    const ssize_t len = readlink("/proc/self/exe", path, sizeof path);

    if (len <= 0 || (size_t)len == sizeof path) {
        ml_err e;

        ml_fail(&e, ML_E_SYSTEM, "the program cannot find itself: is /proc mounted?");
        return ml_pushfail(L, &e);
    }
    lua_pushlstring(L, path, (size_t)len);
    return 1;
}

static int host_files(lua_State *L) /* host.files(prefix) -> names of built-in files, sorted */
{
    const char *prefix = ml_optname(L, 1, "");
    const ml_context *context = ml_contextof(L);
    lua_Integer count = 0;
    size_t i;

    lua_newtable(L);
    for (i = 0; i < context->embedded_count; i++)
        if (strncmp(context->embedded[i].name, prefix, strlen(prefix)) == 0) {
            lua_pushstring(L, context->embedded[i].name);
            lua_rawseti(L, -2, ++count);
        }
    return 1;
}

/* host.primitives() -> names of the modules in C, in the order of modules.c */
static int host_primitives(lua_State *L)
{
    size_t i;

    lua_newtable(L);
    for (i = 0; ml_modules[i].name != NULL; i++) {
        lua_pushstring(L, ml_modules[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int host_source(lua_State *L) /* host.source(name) -> text | nil */
{
    const ml_embedded *file = ml_embedded_find(ml_contextof(L), ml_checkname(L, 1));

    if (file == NULL)
        lua_pushnil(L);
    else
        ml_pushbytes(L, ml_bytes_of(file->source, file->source_len));
    return 1;
}

/* host.load_text(text, name[, environment]) -> function | nil, error. Text only: bytecode can
 * crash the machine that runs it. */
static int host_load_text(lua_State *L)
{
    const ml_bytes text = ml_checkbytes(L, 1);
    const char *name = ml_checkname(L, 2);
    const bool own = !lua_isnoneornil(L, 3);
    ml_err e;

    if (own)
        luaL_checktype(L, 3, LUA_TTABLE);
    lua_pushfstring(L, "@%s", name);
    if (luaL_loadbufferx(L, (const char *)text.p, text.len, lua_tostring(L, -1), "t") != LUA_OK) {
        ml_data_error(&e, lua_tostring(L, -1), name);
        return ml_pushfail(L, &e);
    }
    if (own) {
        lua_pushvalue(L, 3);
        if (lua_setupvalue(L, -2, 1) == NULL)
            lua_pop(L, 1); /* a chunk that uses no global has no environment */
    }
    return 1;
}

static int host_load_data(lua_State *L) /* host.load_data(text, name) -> value | nil, error */
{
    const ml_bytes text = ml_checkbytes(L, 1);
    const char *name = ml_checkname(L, 2);
    ml_err e;

    if (ml_data_load(L, text, name, &e) < 0)
        return ml_pushfail(L, &e);
    return 1;
}

static int host_out(lua_State *L) /* host.out(bytes) -> true | nil, error */
{
    const ml_bytes bytes = ml_checkbytes(L, 1);
    ml_err e;

    return ml_pushdone(L, ml_writer_put(STDOUT_FILENO, bytes, &e), &e);
}

/* host.show(bytes) -> true | nil, error: as host.out, but a terminal gets nothing to act on */
static int host_show(lua_State *L)
{
    const ml_bytes bytes = ml_checkbytes(L, 1);
    ml_buf *escaped;
    ml_err e;

    if (!ml_tty_is(STDOUT_FILENO))
        return host_out(L);
    escaped = ml_newbuf(L);
    ml_writer_escape(bytes, true, escaped);
    if (ml_buf_check(escaped, &e) < 0)
        return ml_pushfail(L, &e);
    return ml_pushdone(L, ml_writer_put(STDOUT_FILENO, ml_buf_bytes(escaped), &e), &e);
}

/* The number of a colour for SGR; 0 for none. */
static int color_of(lua_State *L, int arg)
{
    static const char *const words[] = { "red", "green", "yellow", "blue", "bold", "dim", NULL };
    static const int numbers[] = { 31, 32, 33, 34, 1, 2 };
    const int word = ml_optword(L, arg, "color", words, -1);

    return word < 0 ? 0 : numbers[word];
}

static void clear_status(ml_context *context)
{
    if (context->writer.status) {
        ml_err ignored;

        context->writer.status = false;
        (void)ml_writer_put(STDERR_FILENO, ml_bytes_text("\r\33[K"), &ignored);
    }
}

/* host.err(text[, { color= }]): to stderr, masked and escaped. */
static int host_err(lua_State *L)
{
    static const char *const options[] = { "color", NULL };
    const ml_bytes text = ml_checkbytes(L, 1);
    ml_context *context = ml_contextof(L);
    ml_buf out = { 0 };
    ml_err ignored;
    int color;

    ml_checkoptions(L, 2, options);
    color = color_of(L, 2);
    clear_status(context);
    if (color != 0)
        ml_buf_format(&out, "\33[%dm", color);
    ml_writer_text(&context->writer, text, true, &out);
    if (color != 0) {
        const bool line = out.len > 0 && out.p[out.len - 1] == '\n';

        out.len -= line ? 1 : 0;
        ml_buf_text(&out, line ? "\33[0m\n" : "\33[0m");
    }
    /* nobody can be told that stderr is closed */
    if (!out.failed)
        (void)ml_writer_put(STDERR_FILENO, ml_buf_bytes(&out), &ignored);
    ml_buf_free(&out);
    return 0;
}

/* host.status(text | nil): the progress line of a terminal, replaced by the next one. */
static int host_status(lua_State *L)
{
    ml_context *context = ml_contextof(L);
    ml_buf out = { 0 };
    ml_err ignored;

    clear_status(context);
    if (lua_isnoneornil(L, 1))
        return 0;
    ml_writer_text(&context->writer, ml_checkbytes(L, 1), false, &out);
    if (!out.failed)
        (void)ml_writer_put(STDERR_FILENO, ml_buf_bytes(&out), &ignored);
    context->writer.status = true;
    ml_buf_free(&out);
    return 0;
}

static int host_escape(lua_State *L) /* host.escape(text[, lines]) -> string for one line */
{
    const ml_bytes text = ml_checkbytes(L, 1);
    const bool lines = lua_toboolean(L, 2) != 0; /* before the buffer takes this place */
    ml_buf *out = ml_newbuf(L);

    ml_writer_escape(text, lines, out);
    ml_pushbuf(L, out);
    return 1;
}

static int host_mask(lua_State *L) /* host.mask(text) -> string without revealed secrets */
{
    const ml_bytes text = ml_checkbytes(L, 1);
    ml_buf *out = ml_newbuf(L);

    ml_writer_hide(&ml_contextof(L)->writer, text, out);
    ml_pushbuf(L, out);
    return 1;
}

static int host_trace(lua_State *L) /* host.trace(): log each primitive from now on */
{
    ml_trace_start(L);
    return 0;
}

/* host.traceback(message) -> message: for xpcall. Error objects stay what they are. */
static int host_traceback(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING)
        luaL_traceback(L, L, lua_tostring(L, 1), 1);
    else
        lua_settop(L, 1);
    return 1;
}

/* host.chdir(path) -> true | nil, error: for -C, before anything is opened */
static int host_chdir(lua_State *L)
{
    const char *path = ml_checkname(L, 1);
    ml_err e;

    if (chdir(path) != 0) {
        const int error = errno;

        ml_fail_errno(&e, error, "cannot work in %s", path);
        return ml_pushfail(L, &e);
    }
    return ml_pushdone(L, 0, &e);
}

static const luaL_Reg functions[] = {
    { "arguments", host_arguments },
    { "chdir", host_chdir },
    { "env", host_env },
    { "err", host_err },
    { "escape", host_escape },
    { "files", host_files },
    { "hostname", host_hostname },
    { "load_data", host_load_data },
    { "load_text", host_load_text },
    { "locals", ml_inspect_locals },
    { "mask", host_mask },
    { "out", host_out },
    { "primitives", host_primitives },
    { "privileged", host_privileged },
    { "program", host_program },
    { "secret_env", host_secret_env },
    { "set_local", ml_inspect_set_local },
    { "show", host_show },
    { "source", host_source },
    { "stack", ml_inspect_stack },
    { "status", host_status },
    { "time", host_time },
    { "trace", host_trace },
    { "traceback", host_traceback },
    { "types", ml_inspect_types },
    { "user", host_user },
    { "variables", host_variables },
    { NULL, NULL },
};

int luaopen_moonlatch_host(lua_State *L)
{
    luaL_newlib(L, functions);
    ml_settext(L, "version", ML_VERSION);
    /* the metatable of error objects, for moonlatch.fail alone */
    lua_newtable(L);
    ml_seterrormeta(L);
    lua_getmetatable(L, -1);
    lua_remove(L, -2);
    lua_setfield(L, -2, "error_meta");
    return 1;
}
