/* mod_encode.c — Lua module `moonlatch.encode`: strict encodings. What is made of a secret is a
 * secret. */
#include <string.h>

#include "crypto/encode.h"
#include "crypto/provider.h"
#include "lua/border.h"
#include "lua/modules.h"

/* A result of `len` bytes of the kind that argument 1 has: where to write it. A string is finished
 * with finish(). */
typedef struct result {
    ml_secret *secret;
    ml_buf *buf;
    unsigned char *room;
} result;

static result begin(lua_State *L, size_t len)
{
    result r = { 0 };

    if (ml_issecret(L, 1)) {
        r.secret = ml_newsecret(L, len);
        r.room = r.secret->p;
        return r;
    }
    r.buf = ml_newbuf(L);
    r.room = ml_buf_room(r.buf, len + 1);
    if (r.room == NULL)
        ml_pushbuf(L, r.buf); /* raises */
    return r;
}

static int finish(lua_State *L, result *r, size_t len)
{
    if (r->secret != NULL) {
        ml_secret_shrink(r->secret, len);
        return 1;
    }
    r->buf->len = len;
    ml_pushbuf(L, r->buf);
    return 1;
}

static ml_base64 kind_of(lua_State *L)
{
    static const char *const options[] = { "padding", NULL };

    ml_checkoptions(L, 2, options);
    return ml_optflag(L, 2, "padding", true) ? ML_BASE64_PADDED : ML_BASE64_BARE;
}

static int malformed(lua_State *L, const char *what)
{
    ml_err e;

    ml_fail(&e, ML_E_FORMAT, "malformed %s", what);
    return ml_pushfail(L, &e);
}

/* encode.base64(bytes[, { padding = true }]) */
static int encode_base64(lua_State *L)
{
    const ml_bytes bytes = ml_checkbytes(L, 1);
    const ml_base64 kind = kind_of(L);
    const size_t len = ml_base64_size(kind, bytes.len);
    result r = begin(L, len);

    ml_base64_encode(kind, (char *)r.room, bytes);
    return finish(L, &r, len);
}

/* encode.unbase64(text[, { padding = true }]) -> bytes | nil, error */
static int encode_unbase64(lua_State *L)
{
    const ml_bytes text = ml_checkbytes(L, 1);
    const ml_base64 kind = kind_of(L);
    result r = begin(L, ml_base64_room(text.len));
    size_t len = 0;

    if (ml_base64_decode(kind, r.room, &len, text) < 0)
        return malformed(L, "base64");
    return finish(L, &r, len);
}

/* encode.hex(bytes) */
static int encode_hex(lua_State *L)
{
    const ml_bytes bytes = ml_checkbytes(L, 1);
    result r = begin(L, bytes.len * 2);

    ml_hex_encode((char *)r.room, bytes);
    return finish(L, &r, bytes.len * 2);
}

/* encode.unhex(text) -> bytes | nil, error */
static int encode_unhex(lua_State *L)
{
    const ml_bytes text = ml_checkbytes(L, 1);
    result r = begin(L, text.len / 2);

    if (ml_hex_decode(r.room, text) < 0)
        return malformed(L, "hexadecimal text");
    return finish(L, &r, text.len / 2);
}

/* encode.sha256(bytes) -> hexadecimal string: a fingerprint, for anybody to read */
static int encode_sha256(lua_State *L)
{
    unsigned char hash[ML_SHA256_SIZE];
    char text[ML_SHA256_SIZE * 2];

    ml_sha256(hash, ml_checkbytes(L, 1));
    ml_hex_encode(text, ml_bytes_of(hash, sizeof hash));
    lua_pushlstring(L, text, sizeof text);
    return 1;
}

static const luaL_Reg functions[] = {
    { "base64", encode_base64 },     { "hex", encode_hex },     { "sha256", encode_sha256 },
    { "unbase64", encode_unbase64 }, { "unhex", encode_unhex }, { NULL, NULL },
};

int luaopen_moonlatch_encode(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
