/* mod_zerotier.c — Lua module `moonlatch.zerotier`: identities of ZeroTier nodes. */
#include <stdlib.h>

#include "format/zerotier.h"
#include "lua/border.h"
#include "lua/modules.h"

static void release(void *p)
{
    ml_zerotier_free(p);
    free(p);
}

static const ml_handle_type type = { "moonlatch.zerotier.identity", release, NULL };

static ml_zerotier *new_identity(lua_State *L)
{
    return ml_newowned(L, &type, sizeof(ml_zerotier), 0);
}

/* zerotier.generate([{ threads = }]) -> ZeroTierIdentity | nil, error */
static int zerotier_generate(lua_State *L)
{
    enum { MOST_THREADS = 16 };
    static const char *const options[] = { "threads", NULL };
    lua_Integer threads;
    ml_zerotier *z;
    ml_err e;

    ml_checkoptions(L, 1, options);
    threads = ml_optnumber(L, 1, "threads", 1, MOST_THREADS, 0);
    z = new_identity(L);
    return ml_zerotier_generate(z, (unsigned)threads, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* zerotier.parse(bytes) -> ZeroTierIdentity | nil, error */
static int zerotier_parse(lua_State *L)
{
    const ml_bytes text = ml_checkbytes(L, 1);
    ml_zerotier *z = new_identity(L);
    ml_err e;

    return ml_zerotier_parse(z, text, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

static const ml_zerotier *check_identity(lua_State *L)
{
    return ml_checkhandle(L, 1, &type);
}

/* identity:address() -> string */
static int identity_address(lua_State *L)
{
    char text[ML_ZEROTIER_ADDRESS_TEXT];

    ml_zerotier_address_text(text, check_identity(L));
    lua_pushlstring(L, text, sizeof text);
    return 1;
}

/* identity:check() -> true | nil, error */
static int identity_check(lua_State *L)
{
    ml_err e;

    return ml_pushdone(L, ml_zerotier_check(check_identity(L), &e), &e);
}

/* identity:public() -> string */
static int identity_public(lua_State *L)
{
    char text[ML_ZEROTIER_PUBLIC_TEXT];

    ml_zerotier_public_text(text, check_identity(L));
    lua_pushlstring(L, text, sizeof text);
    return 1;
}

/* identity:secret() -> Secret | nil, error */
static int identity_secret(lua_State *L)
{
    const ml_zerotier *z = check_identity(L);
    ml_secret *out = ml_newemptysecret(L);
    ml_err e;

    return ml_zerotier_secret_text(out, z, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

static const luaL_Reg methods[] = {
    { "address", identity_address },
    { "check", identity_check },
    { "public", identity_public },
    { "secret", identity_secret },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "generate", zerotier_generate },
    { "parse", zerotier_parse },
    { NULL, NULL },
};

int luaopen_moonlatch_zerotier(lua_State *L)
{
    ml_newtype(L, &type, methods, NULL);
    luaL_newlib(L, functions);
    return 1;
}
