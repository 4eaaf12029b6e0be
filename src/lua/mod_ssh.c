/* mod_ssh.c — Lua module `moonlatch.ssh`: OpenSSH keys, and the age keys that follow from them. */
#include "lua/mod_ssh.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "format/age.h"
#include "format/ssh_key.h"
#include "format/ssh_to_age.h"
#include "lua/modules.h"
#include "lua/types.h"

enum { RSA_BITS = 3072 }; /* of a new key, as ssh-keygen has it */

static void release(void *p)
{
    ml_ssh_private_free(p);
    free(p);
}

static bool key_field(lua_State *L, void *p, const char *name)
{
    const ml_ssh_private *key = p;

    if (strcmp(name, "comment") == 0)
        ml_pushbytes(L, ml_buf_bytes(&key->comment));
    else if (strcmp(name, "kind") == 0)
        lua_pushstring(L, ml_ssh_lua_kind(key->kind));
    else
        return false;
    return true;
}

static const ml_handle_type type = { "moonlatch.ssh.key", release, key_field };

static ml_ssh_private *new_key(lua_State *L)
{
    return ml_newowned(L, &type, sizeof(ml_ssh_private), 0);
}

static const ml_ssh_private *check_key(lua_State *L)
{
    return ml_checkhandle(L, 1, &type);
}

const ml_ssh_private *ml_ssh_lua_private(lua_State *L, int arg, const char *name)
{
    ml_optpush(L, arg, name);
    return ml_checkhandle(L, lua_gettop(L), &type);
}

const char *ml_ssh_lua_kind(ml_ssh_kind kind)
{
    static const char *const words[] = { "ed25519",      "rsa",         "ecdsa", "dsa",
                                         "security-key", "certificate", "other" };

    return words[kind];
}

void ml_ssh_lua_push_key(lua_State *L, const ml_ssh_blob *key)
{
    const ml_bytes name = key->key_type != NULL ? ml_bytes_text(key->key_type) : key->type;
    ml_buf *wire, *line;

    lua_createtable(L, 0, 5);
    ml_setbytes(L, "type", name);
    ml_settext(L, "kind", ml_ssh_lua_kind(ml_ssh_kind_of(name)));
    ml_settext(L, "fingerprint", key->fingerprint);
    ml_setinteger(L, "bits", key->bits);
    wire = ml_newbuf(L);
    line = ml_newbuf(L);
    ml_ssh_add_string(wire, name);
    ml_buf_add(wire, key->key);
    ml_ssh_line_write(line, name, ml_buf_bytes(wire), ml_bytes_text(NULL));
    line->failed = line->failed || wire->failed;
    ml_pushbuf(L, line);
    lua_setfield(L, -4, "line");
    lua_pop(L, 2);
}

static void release_recipient(void *p)
{
    ml_age_recipient_free(p);
    free(p);
}

static const ml_handle_type scratch = { "moonlatch.ssh.recipient", release_recipient, NULL };

/* ssh.to_age(line) -> "age1…" | nil, error ("unsupported": not Ed25519) */
static int ssh_to_age(lua_State *L)
{
    const ml_bytes line = ml_checkbytes(L, 1);
    ml_age_recipient *recipient = ml_newowned(L, &scratch, sizeof *recipient, 0);
    ml_ssh_public key;
    ml_err e;
    int found;

    found = ml_ssh_line_parse(&key, line, &e);
    if (found == 1)
        ml_fail(&e, ML_E_FORMAT, "there is no key in this line");
    if (found != 0 || ml_ssh_to_age_recipient(recipient, &key, &e) < 0)
        return ml_pushfail(L, &e);
    lua_pushstring(L, recipient->text);
    return 1;
}

/* ssh.is_encrypted(bytes) -> boolean | nil, error: nil when it is no private key */
static int ssh_is_encrypted(lua_State *L)
{
    const ml_bytes file = ml_checkbytes(L, 1);
    ml_ssh_info info;
    ml_err e;

    if (ml_ssh_inspect(&info, ml_newbuf(L), file, &e) < 0)
        return ml_pushfail(L, &e);
    lua_pushboolean(L, info.encrypted);
    return 1;
}

/* ssh.inspect(bytes) -> { encrypted, kind, type, fingerprint, line } | nil, error: what a private
 * key says without its passphrase */
static int ssh_inspect(lua_State *L)
{
    const ml_bytes file = ml_checkbytes(L, 1);
    ml_ssh_info info;
    ml_buf *line = ml_newbuf(L);
    ml_err e;

    if (ml_ssh_inspect(&info, line, file, &e) < 0)
        return ml_pushfail(L, &e);
    lua_createtable(L, 0, 5);
    ml_setflag(L, "encrypted", info.encrypted);
    ml_settext(L, "kind", ml_ssh_lua_kind(info.kind));
    ml_settext(L, "type", info.type);
    ml_settext(L, "fingerprint", info.fingerprint);
    if (line->len > 0) {
        ml_pushbuf(L, line);
        lua_setfield(L, -2, "line");
    }
    return 1;
}

/* ssh.private(bytes[, { passphrase = bytes }]) -> SshKey | nil, error: "passphrase" when one is
 * needed, "auth" when it is wrong, "unsupported" when the key is neither of Ed25519 nor of RSA */
static int ssh_private(lua_State *L)
{
    static const char *const options[] = { "passphrase", NULL };
    const ml_bytes file = ml_checkbytes(L, 1);
    ml_bytes passphrase = { NULL, 0 };
    ml_ssh_private *key;
    ml_err e;

    ml_checkoptions(L, 2, options);
    if (ml_optpush(L, 2, "passphrase") != LUA_TNIL)
        passphrase = ml_checkbytes(L, lua_gettop(L));
    key = new_key(L);
    if (ml_ssh_private_parse(key, file, passphrase, &e) < 0)
        return ml_pushfail(L, &e);
    return 1;
}

/* ssh.generate([{ type = "ed25519", bits = 3072, comment = "" }]) -> SshKey | nil, error: a new
 * key; `bits` count for type "rsa" */
static int ssh_generate(lua_State *L)
{
    static const char *const options[] = { "type", "bits", "comment", NULL };
    static const char *const types[] = { "ed25519", "rsa", NULL };
    const char *comment;
    ml_ssh_private *key;
    lua_Integer bits;
    int rsa, status;
    ml_err e;

    ml_checkoptions(L, 1, options);
    rsa = ml_optword(L, 1, "type", types, 0);
    bits = ml_optnumber(L, 1, "bits", 0, INT_MAX, RSA_BITS);
    comment = ml_opttext(L, 1, "comment", "");
    key = new_key(L);
    if (rsa)
        status = ml_ssh_private_generate_rsa(key, (unsigned)bits, ml_bytes_text(comment), &e);
    else
        status = ml_ssh_private_generate(key, ml_bytes_text(comment), &e);
    return status < 0 ? ml_pushfail(L, &e) : 1;
}

static ml_ssh_blob blob_of(const ml_ssh_private *key)
{
    ml_ssh_blob blob;
    ml_err never; /* the key has made its wire form itself */

    ml_ssh_blob_parse(&blob, ml_buf_bytes(&key->wire), &never);
    return blob;
}

/* key:public() -> "TYPE BASE64 COMMENT" */
static int key_public(lua_State *L)
{
    const ml_ssh_private *key = check_key(L);
    ml_buf *out = ml_newbuf(L);

    ml_ssh_line_write(out, blob_of(key).type, ml_buf_bytes(&key->wire),
                      ml_buf_bytes(&key->comment));
    ml_pushbuf(L, out);
    return 1;
}

/* key:fingerprint() -> "SHA256:…" */
static int key_fingerprint(lua_State *L)
{
    lua_pushstring(L, blob_of(check_key(L)).fingerprint);
    return 1;
}

/* key:text() -> Secret: the unencrypted OpenSSH file */
static int key_text(lua_State *L)
{
    const ml_ssh_private *key = check_key(L);
    ml_secret *out = ml_newemptysecret(L);
    ml_err e;

    return ml_ssh_private_write(out, key, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

static ml_age_identity *new_identity(lua_State *L)
{
    return ml_newowned(L, &ml_type_identity, sizeof(ml_age_identity), 0);
}

/* key:age_identity() -> Identity: the X25519 key that ssh-to-age derives | nil, error
 * ("unsupported": not Ed25519) */
static int key_age_identity(lua_State *L)
{
    const ml_ssh_private *key = check_key(L);
    ml_age_identity *identity = new_identity(L);
    ml_err e;

    return ml_ssh_to_age_identity(identity, key, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* key:ssh_identity() -> Identity: the key itself, as age's ssh-ed25519 or ssh-rsa | nil, error */
static int key_ssh_identity(lua_State *L)
{
    const ml_ssh_private *key = check_key(L);
    ml_age_identity *identity = new_identity(L);
    int status;
    ml_err e;

    if (key->kind == ML_SSH_RSA)
        status = ml_age_identity_rsa(identity, ml_secret_bytes(&key->numbers), &e);
    else
        status = ml_age_identity_ssh(identity, ml_secret_bytes(&key->seed), &e);
    return status < 0 ? ml_pushfail(L, &e) : 1;
}

static const luaL_Reg methods[] = {
    { "age_identity", key_age_identity },
    { "fingerprint", key_fingerprint },
    { "public", key_public },
    { "ssh_identity", key_ssh_identity },
    { "text", key_text },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "agent_keys", ml_ssh_lua_agent_keys },
    { "authorized", ml_ssh_lua_authorized },
    { "certificate", ml_ssh_lua_certificate },
    { "generate", ssh_generate },
    { "inspect", ssh_inspect },
    { "is_encrypted", ssh_is_encrypted },
    { "matches_host", ml_ssh_lua_matches_host },
    { "private", ssh_private },
    { "public", ml_ssh_lua_public },
    { "sign", ml_ssh_lua_sign },
    { "to_age", ssh_to_age },
    { NULL, NULL },
};

int luaopen_moonlatch_ssh(lua_State *L)
{
    ml_require(L, "moonlatch.age");
    ml_newtype(L, &type, methods, NULL);
    ml_newtype(L, &scratch, NULL, NULL);
    luaL_newlib(L, functions);
    return 1;
}
