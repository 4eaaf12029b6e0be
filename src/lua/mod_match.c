/* mod_match.c — Lua modules `moonlatch.regex` (Go's dialect, as in .sops.yaml) and `moonlatch.glob`
 * (file name patterns). */
#include "lua/border.h"
#include "lua/modules.h"
#include "match/glob.h"
#include "match/regex.h"

static void release(void *p)
{
    ml_regex_free(p);
}

static const ml_handle_type type = { "moonlatch.regex", release, NULL };

/* regex.compile(pattern) -> Regex | nil, error */
static int regex_compile(lua_State *L)
{
    const ml_bytes pattern = ml_checkbytes(L, 1);
    void **slot = ml_newhandle(L, &type, 0);
    ml_regex *regex = NULL;
    ml_err e;

    if (ml_regex_compile(&regex, pattern, &e) < 0)
        return ml_pushfail(L, &e);
    *slot = regex;
    return 1;
}

static int push_verdict(lua_State *L, int status, bool matched, const ml_err *e)
{
    if (status < 0)
        return ml_pushfail(L, e);
    lua_pushboolean(L, matched);
    return 1;
}

/* regex:match(subject) -> boolean | nil, error */
static int regex_match(lua_State *L)
{
    const ml_regex *regex = ml_checkhandle(L, 1, &type);
    const ml_bytes subject = ml_checkbytes(L, 2);
    bool matched = false;
    ml_err e;
    const int status = ml_regex_match(regex, subject, &matched, &e);

    return push_verdict(L, status, matched, &e);
}

/* glob.match(pattern, path) -> boolean | nil, error */
static int glob_match(lua_State *L)
{
    const ml_bytes pattern = ml_checkbytes(L, 1), path = ml_checkbytes(L, 2);
    bool matched = false;
    ml_err e;
    const int status = ml_glob_match(pattern, path, &matched, &e);

    return push_verdict(L, status, matched, &e);
}

static const luaL_Reg regex_methods[] = { { "match", regex_match }, { NULL, NULL } };
static const luaL_Reg regex_functions[] = { { "compile", regex_compile }, { NULL, NULL } };
static const luaL_Reg glob_functions[] = { { "match", glob_match }, { NULL, NULL } };

int luaopen_moonlatch_regex(lua_State *L)
{
    ml_newtype(L, &type, regex_methods, NULL);
    luaL_newlib(L, regex_functions);
    return 1;
}

int luaopen_moonlatch_glob(lua_State *L)
{
    luaL_newlib(L, glob_functions);
    return 1;
}
