/* mod_secret.c — Lua module `moonlatch.secret`: bytes that are no string.
 *
 * A secret has length, equality and parts, and no content that Lua can see: `:reveal()` is the only
 * way to a string, and whatever it reveals is masked by the writer from then on. */
#include <string.h>

#include "base/text.h"
#include "crypto/provider.h"
#include "lua/border.h"
#include "lua/context.h"
#include "lua/modules.h"

static ml_secret *check_secret(lua_State *L, int arg)
{
    ml_secret *secret = luaL_checkudata(L, arg, ML_SECRET);

    if (secret->p == NULL)
        luaL_argerror(L, arg, "the secret was wiped");
    return secret;
}

/* secret.new(bytes) -> Secret */
static int secret_new(lua_State *L)
{
    const ml_bytes bytes = ml_checkbytes(L, 1);

    ml_pushsecret(L, bytes);
    return 1;
}

/* secret.random(n) -> Secret */
static int secret_random(lua_State *L)
{
    const lua_Integer n = luaL_checkinteger(L, 1);
    ml_secret *secret;

    luaL_argcheck(L, n >= 0 && n <= 1024 * 1024, 1, "0 to 1048576 bytes");
    secret = ml_newsecret(L, (size_t)n);
    ml_random(secret->p, secret->len);
    return 1;
}

/* Draws a number below `n`, all with the same chance, where it is to stand. */
static void draw_below(uint32_t *number, uint32_t n)
{
    const uint32_t fair = UINT32_MAX - UINT32_MAX % n; /* what is beyond would favour the first */

    do
        ml_random(number, sizeof *number);
    while (*number >= fair);
    *number %= n;
}

enum { MOST_CHOICES = 64 };

/* secret.choose(list, count, separator) -> Secret: that many strings of the list, each chosen by
 * chance, joined. Which ones is in locked memory only. */
static int secret_choose(lua_State *L)
{
    const lua_Integer count = luaL_checkinteger(L, 2);
    const ml_bytes separator = ml_checkbytes(L, 3);
    const size_t words = ml_checklist(L, 1);
    ml_secret *drawn, *secret;
    size_t longest = 0, used = 0, i;
    uint32_t *places;

    luaL_argcheck(L, words > 0 && words <= 1U << 16, 1, "1 to 65536 strings expected");
    luaL_argcheck(L, count > 0 && count <= MOST_CHOICES, 2, "1 to 64 expected");
    for (i = 0; i < words; i++) {
        const size_t len = strlen(ml_listname(L, 1, i));

        longest = len > longest ? len : longest;
    }
    luaL_argcheck(L, longest + separator.len <= 1U << 16, 1, "too long");
    drawn = ml_newsecret(L, (size_t)count * sizeof *places);
    secret = ml_newsecret(L, (size_t)count * (longest + separator.len));
    places = (uint32_t *)(void *)drawn->p;
    for (i = 0; i < (size_t)count; i++) {
        draw_below(&places[i], (uint32_t)words);
        used = ml_secret_put(secret, used, i > 0 ? separator : ml_bytes_text(""));
        used = ml_secret_put(secret, used, ml_bytes_text(ml_listname(L, 1, places[i])));
    }
    ml_secret_free(drawn);
    ml_secret_shrink(secret, used);
    return 1;
}

/* secret.concat(list[, separator]) -> Secret */
static int secret_concat(lua_State *L)
{
    const ml_bytes separator = ml_optbytes(L, 2);
    lua_Integer count, i;
    size_t total = 0, at = 0;
    ml_secret *secret;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    count = (lua_Integer)lua_rawlen(L, 1);
    for (i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        total += ml_checkbytes(L, -1).len + (i > 1 ? separator.len : 0);
        luaL_argcheck(L, total <= (size_t)1 << 30, 1, "too long");
        lua_pop(L, 1);
    }
    secret = ml_newsecret(L, total);
    for (i = 1; i <= count; i++) {
        if (i > 1)
            at = ml_secret_put(secret, at, separator);
        lua_rawgeti(L, 1, i);
        at = ml_secret_put(secret, at, ml_checkbytes(L, -1));
        lua_pop(L, 1);
    }
    return 1;
}

/* secret.is(value) -> boolean */
static int secret_is(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, ml_issecret(L, 1));
    return 1;
}

/* s:reveal() -> string */
static int secret_reveal(lua_State *L)
{
    const ml_secret *secret = check_secret(L, 1);
    ml_err e;

    if (ml_writer_mask(&ml_contextof(L)->writer, ml_secret_bytes(secret), &e) < 0) {
        ml_pusherror(L, &e);
        return lua_error(L);
    }
    ml_pushbytes(L, ml_secret_bytes(secret));
    return 1;
}

/* s:publish() -> string: for what lies among secrets and is none (the name of a vault item). It is
 * not masked afterwards. */
static int secret_publish(lua_State *L)
{
    ml_pushbytes(L, ml_secret_bytes(check_secret(L, 1)));
    return 1;
}

/* s:wipe(), also __close and __gc */
static int secret_wipe(lua_State *L)
{
    ml_secret_free(luaL_checkudata(L, 1, ML_SECRET));
    return 0;
}

/* s:copy() -> Secret */
static int secret_copy(lua_State *L)
{
    ml_pushsecret(L, ml_secret_bytes(check_secret(L, 1)));
    return 1;
}

/* s:equal(bytes) -> boolean */
static int secret_equal(lua_State *L)
{
    const ml_secret *secret = check_secret(L, 1);

    lua_pushboolean(L, ml_secret_equal(ml_secret_bytes(secret), ml_checkbytes(L, 2)));
    return 1;
}

/* Lua's way of counting: from 1, from the end when negative. */
static size_t place(lua_Integer at, size_t len, bool is_end)
{
    if (at < 0)
        at = (lua_Integer)len + at + 1;
    if (at < 0)
        at = 0;
    if (is_end)
        return at > (lua_Integer)len ? len : (size_t)at;
    return at < 1 ? 0 : at > (lua_Integer)len ? len : (size_t)(at - 1);
}

/* s:sub(i[, j]) -> Secret */
static int secret_sub(lua_State *L)
{
    const ml_secret *secret = check_secret(L, 1);
    const size_t from = place(luaL_checkinteger(L, 2), secret->len, false);
    const size_t to = place(luaL_optinteger(L, 3, -1), secret->len, true);

    ml_pushsecret(L, ml_bytes_slice(ml_secret_bytes(secret), from, to));
    return 1;
}

/* s:trim() -> Secret without one final line break */
static int secret_trim(lua_State *L)
{
    const ml_secret *secret = check_secret(L, 1);
    size_t len = secret->len;

    if (len > 0 && secret->p[len - 1] == '\n')
        len--;
    if (len < secret->len && len > 0 && secret->p[len - 1] == '\r')
        len--;
    ml_pushsecret(L, ml_bytes_slice(ml_secret_bytes(secret), 0, len));
    return 1;
}

/* s:has(bytes) -> boolean: do they occur? For checks such as "one line only" and for finding copies
 * of a key; nothing of the secret comes out but yes or no. */
static int secret_has(lua_State *L)
{
    const ml_secret *secret = check_secret(L, 1);
    const ml_bytes wanted = ml_checkbytes(L, 2);

    luaL_argcheck(L, wanted.len > 0, 2, "at least one byte expected");
    lua_pushboolean(L, memmem(secret->p, secret->len, wanted.p, wanted.len) != NULL);
    return 1;
}

/* s:is_text() -> boolean: UTF-8 without what a terminal would act on, but for tabs and line ends */
static int secret_is_text(lua_State *L)
{
    const ml_bytes text = ml_secret_bytes(check_secret(L, 1));
    bool plain = true;
    size_t at = 0;

    while (plain && at < text.len) {
        uint32_t point = 0;
        const size_t len = ml_utf8_decode(text, at, &point);

        plain = len > 0 &&
                (point == '\t' || point == '\n' || point == '\r' || !ml_utf8_is_unsafe(point));
        at += len;
    }
    lua_pushboolean(L, plain);
    return 1;
}

static int secret_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)check_secret(L, 1)->len);
    return 1;
}

static int secret_tostring(lua_State *L)
{
    const ml_secret *secret = luaL_checkudata(L, 1, ML_SECRET);

    if (secret->p == NULL)
        lua_pushliteral(L, "<secret, wiped>");
    else
        lua_pushfstring(L, "<secret, %I byte%s>", (LUAI_UACINT)secret->len,
                        secret->len == 1 ? "" : "s");
    return 1;
}

static int secret_refuse_concat(lua_State *L)
{
    return luaL_error(L, "a secret cannot be joined to a string: use secret.concat");
}

static const luaL_Reg methods[] = {
    { "copy", secret_copy },       { "equal", secret_equal },
    { "has", secret_has },         { "is_text", secret_is_text },
    { "publish", secret_publish }, { "reveal", secret_reveal },
    { "sub", secret_sub },         { "trim", secret_trim },
    { "wipe", secret_wipe },       { NULL, NULL },
};

static const luaL_Reg metamethods[] = {
    { "__close", secret_wipe }, { "__concat", secret_refuse_concat }, { "__gc", secret_wipe },
    { "__len", secret_len },    { "__tostring", secret_tostring },    { NULL, NULL },
};

/* secret.locked() -> boolean: was all memory of secrets locked, since the start? */
static int secret_locked(lua_State *L)
{
    lua_pushboolean(L, ml_secret_report().refused == 0);
    return 1;
}

static const luaL_Reg functions[] = {
    { "choose", secret_choose },
    { "concat", secret_concat },
    { "is", secret_is },
    { "locked", secret_locked },
    { "new", secret_new },
    { "random", secret_random },
    { NULL, NULL },
};

int luaopen_moonlatch_secret(lua_State *L)
{
    ml_newmeta(L, ML_SECRET, methods, metamethods, NULL);
    luaL_newlib(L, functions);
    return 1;
}
