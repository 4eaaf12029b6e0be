/* mod_tty.c — Lua module `moonlatch.tty`: asking a person, at the terminal and nowhere else. */
#include <unistd.h>

#include "lua/border.h"
#include "lua/modules.h"
#include "sys/tty.h"

/* tty.passphrase(prompt[, { confirm = false }]) -> Secret | nil, error */
static int tty_passphrase(lua_State *L)
{
    static const char *const options[] = { "confirm", NULL };
    const char *prompt = ml_checkname(L, 1);
    bool confirm;
    ml_secret *first, *second;
    ml_err e;

    ml_checkoptions(L, 2, options);
    confirm = ml_optflag(L, 2, "confirm", false);
    second = ml_newemptysecret(L);
    first = ml_newemptysecret(L);
    for (;;) {
        ml_secret_free(first);
        ml_secret_free(second);
        if (ml_tty_passphrase(prompt, first, &e) < 0)
            return ml_pushfail(L, &e);
        if (!confirm)
            return 1;
        if (ml_tty_passphrase("The same again: ", second, &e) < 0)
            return ml_pushfail(L, &e);
        if (ml_secret_equal(ml_secret_bytes(first), ml_secret_bytes(second)))
            return 1;
        prompt = "They differ. Once more: ";
    }
}

/* tty.line(prompt) -> string | nil, error */
static int tty_line(lua_State *L)
{
    const char *prompt = ml_checkname(L, 1);
    ml_secret *line = ml_newemptysecret(L);
    ml_err e;

    if (ml_tty_line(prompt, line, &e) < 0)
        return ml_pushfail(L, &e);
    ml_pushbytes(L, ml_secret_bytes(line));
    return 1;
}

/* tty.show(bytes) -> true | nil, error */
static int tty_show(lua_State *L)
{
    const ml_bytes text = ml_checkbytes(L, 1);
    ml_err e;

    return ml_pushdone(L, ml_tty_show(text, &e), &e);
}

/* tty.confirm(question) -> boolean | nil, error */
static int tty_confirm(lua_State *L)
{
    ml_err e;
    const int answer = ml_tty_confirm(ml_checkname(L, 1), &e);

    if (answer < 0)
        return ml_pushfail(L, &e);
    lua_pushboolean(L, answer);
    return 1;
}

/* tty.available() -> boolean: is there somebody to ask? */
static int tty_available(lua_State *L)
{
    lua_pushboolean(L, ml_tty_present());
    return 1;
}

static int tty_leave(lua_State *L)
{
    (void)L;
    ml_tty_leave();
    return 0;
}

static int stream_of(lua_State *L, int arg)
{
    static const char *const names[] = { "stdin", "stdout", "stderr", NULL };

    return luaL_checkoption(L, arg, "stdout", names);
}

/* tty.is_terminal("stdin" | "stdout" | "stderr") -> boolean */
static int tty_is_terminal(lua_State *L)
{
    lua_pushboolean(L, ml_tty_is(stream_of(L, 1)));
    return 1;
}

/* tty.width() -> columns of the terminal on stdout, 80 when unknown */
static int tty_width(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ml_tty_columns(STDOUT_FILENO));
    return 1;
}

static const luaL_Reg functions[] = {
    { "available", tty_available }, { "confirm", tty_confirm }, { "is_terminal", tty_is_terminal },
    { "leave", tty_leave },         { "line", tty_line },       { "passphrase", tty_passphrase },
    { "show", tty_show },           { "width", tty_width },     { NULL, NULL },
};

int luaopen_moonlatch_tty(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
