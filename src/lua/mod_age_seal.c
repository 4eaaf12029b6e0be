/* mod_age_seal.c — part of `moonlatch.age`: files being made, whole in memory or of any size. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "format/age_seal.h"
#include "lua/mod_age.h"
#include "lua/types.h"

static void release_seal(void *p)
{
    ml_age_seal_free(p);
    free(p);
}

static const ml_handle_type seal_type = { "moonlatch.age.seal", release_seal, NULL };

static ml_age_seal *check_seal(lua_State *L)
{
    return ml_checkhandle(L, 1, &seal_type);
}

static unsigned work_factor_option(lua_State *L, int arg)
{
    return (unsigned)ml_optnumber(L, arg, "work_factor", 1, ML_LIMIT_SCRYPT_ASKED, 18);
}

/* age.seal(recipients) | age.seal({}, { passphrase = bytes[, work_factor = 18] }) -> AgeSeal | nil,
 * error: a fresh file key, wrapped to all recipients that need no plugin */
int ml_age_lua_seal(lua_State *L)
{
    static const char *const options[] = { "passphrase", "work_factor", NULL };
    const ml_age_recipient *const *list;
    ml_bytes passphrase = { NULL, 0 };
    unsigned log_n;
    ml_age_seal *seal;
    size_t count;
    int status;
    ml_err e;

    lua_settop(L, 2);
    ml_checkoptions(L, 2, options);
    log_n = work_factor_option(L, 2);
    list = ml_checkrecipients(L, 1, &count);
    if (ml_optpush(L, 2, "passphrase") != LUA_TNIL) {
        luaL_argcheck(L, count == 0, 2, "a passphrase stands alone, without recipients");
        passphrase = ml_checkbytes(L, lua_gettop(L));
    }
    seal = ml_newowned(L, &seal_type, sizeof *seal, 1);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1); /* seal:open hands the identities of plugins back */
    status = passphrase.p != NULL ? ml_age_seal_begin_passphrase(seal, passphrase, log_n, &e)
                                  : ml_age_seal_begin(seal, list, count, &e);
    return status < 0 ? ml_pushfail(L, &e) : 1;
}

/* seal:open() -> { { index =, recipient = text | identity = }, … }: those whose plugins have not
 * spoken yet */
static int seal_open(lua_State *L)
{
    const ml_age_seal *seal = check_seal(L);
    lua_Integer open = 0;
    size_t i;

    lua_settop(L, 1);
    lua_getiuservalue(L, 1, 1);
    lua_newtable(L);
    for (i = 0; i < seal->count; i++) {
        if (seal->shares[i].stanzas.len > 0)
            continue;
        lua_createtable(L, 0, 2);
        ml_setinteger(L, "index", (lua_Integer)i + 1);
        if (seal->shares[i].text[0] != '\0') {
            ml_settext(L, "recipient", seal->shares[i].text);
        } else {
            lua_rawgeti(L, 2, (lua_Integer)i + 1);
            lua_setfield(L, -2, "identity");
        }
        lua_rawseti(L, -2, ++open);
    }
    return 1;
}

/* seal:file_key() -> Secret, for plugins */
static int seal_file_key(lua_State *L)
{
    const ml_age_seal *seal = check_seal(L);

    luaL_argcheck(L, seal->file_key.p != NULL, 1, "its file was made already");
    ml_pushsecret(L, ml_secret_bytes(&seal->file_key));
    return 1;
}

/* Appends the words listed at `arg`, each behind a space. */
static void add_words(lua_State *L, int arg, ml_buf *line)
{
    const size_t count = lua_isnoneornil(L, arg) ? 0 : ml_checklist(L, arg);
    size_t i;

    for (i = 0; i < count; i++) {
        ml_buf_byte(line, ' ');
        ml_buf_text(line, ml_listname(L, arg, i));
    }
}

/* Reads the list of stanzas at `arg`; what their spans point into is pushed and stays. */
static ml_age_stanza *check_stanzas(lua_State *L, int arg, size_t *count)
{
    ml_age_stanza *stanzas;
    const char *wrong;
    size_t i;

    luaL_checktype(L, arg, LUA_TTABLE);
    *count = (size_t)lua_rawlen(L, arg);
    luaL_argcheck(L, *count <= ML_LIMIT_STANZAS, arg, "too many stanzas");
    stanzas = ml_newblock(L, *count, sizeof *stanzas);
    for (i = 0; i < *count; i++) {
        ml_buf *line;
        int stanza;

        luaL_checkstack(L, 8, "too many stanzas");
        line = ml_newbuf(L);
        lua_rawgeti(L, arg, (lua_Integer)i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        stanza = lua_gettop(L);
        ml_buf_text(line, "-> ");
        ml_optpush(L, stanza, "type");
        ml_buf_text(line, ml_checkname(L, lua_gettop(L)));
        ml_optpush(L, stanza, "args");
        add_words(L, lua_gettop(L), line);
        if (line->failed)
            ml_raisememory(L);
        if (ml_age_stanza_parse(&stanzas[i], ml_buf_bytes(line), &wrong) < 0)
            luaL_argerror(L, arg, wrong);
        ml_optpush(L, stanza, "body");
        stanzas[i].body = ml_checkbytes(L, lua_gettop(L));
        lua_settop(L, stanza); /* the list holds the rest */
    }
    return stanzas;
}

/* seal:give(index, stanzas[, labels]) -> true | nil, error: what a plugin made for a recipient */
static int seal_give(lua_State *L)
{
    ml_age_seal *seal = check_seal(L);
    const lua_Integer index = luaL_checkinteger(L, 2);
    ml_age_stanza *stanzas, labels = { 0 };
    size_t count;
    ml_buf *line;
    const char *wrong;
    ml_err e;

    lua_settop(L, 4);
    luaL_argcheck(L, index >= 1 && (size_t)index <= seal->count, 2, "no such recipient");
    line = ml_newbuf(L);
    ml_buf_text(line, "->");
    add_words(L, 4, line);
    if (line->failed)
        return ml_raisememory(L);
    if (line->len > 2 && ml_age_stanza_parse(&labels, ml_buf_bytes(line), &wrong) < 0)
        return luaL_argerror(L, 4, "a label is empty or not printable");
    stanzas = check_stanzas(L, 3, &count);
    return ml_pushdone(
        L, ml_age_seal_give(seal, (size_t)index - 1, stanzas, count, labels.words, &e), &e);
}

/* seal:encrypt(bytes[, { armor = false }]) -> string | nil, error; once only
 * seal:encrypt(bytes | Input, output[, { armor = false }]) -> number of bytes | nil, error. What
 * was written counts for nothing when it fails: it is then not to be committed. */
static int seal_encrypt(lua_State *L)
{
    static const char *const options[] = { "armor", NULL };
    ml_age_seal *seal = check_seal(L);
    const bool streaming = luaL_testudata(L, 3, ml_type_output.name) != NULL;
    ml_age_transfer from = { 0 }, to = { 0 };
    ml_buf *out;
    bool armor;
    ml_err e;

    ml_checkoptions(L, streaming ? 4 : 3, options);
    armor = ml_optflag(L, streaming ? 4 : 3, "armor", false);
    luaL_argcheck(L, seal->file_key.p != NULL, 1, "its file was made already");
    if (streaming) {
        to.output = ml_checkhandle(L, 3, &ml_type_output);
        to.output->how.kind = ML_FS_SEALED;
        ml_age_transfer_from(L, 2, &from);
        if (ml_age_seal_stream(seal, armor, &(ml_age_source){ ml_age_transfer_read, &from },
                               &(ml_age_sink){ ml_age_transfer_write, &to }, &e) < 0)
            return ml_pushfail(L, &e);
        lua_pushinteger(L, (lua_Integer)from.at);
        return 1;
    }
    from.bytes = ml_checkbytes(L, 2);
    out = ml_newbuf(L);
    if (ml_age_seal_text(seal, out, from.bytes, armor, &e) < 0)
        return ml_pushfail(L, &e);
    ml_pushbuf(L, out);
    return 1;
}

static bool armor_option(lua_State *L, int arg)
{
    static const char *const options[] = { "armor", "work_factor", NULL };

    ml_checkoptions(L, arg, options);
    return ml_optflag(L, arg, "armor", false);
}

/* age.encrypt(recipients, bytes[, { armor = false }]) -> string | nil, error. A list entry that is
 * no recipient raises its error. */
int ml_age_lua_encrypt(lua_State *L)
{
    const ml_bytes text = ml_checkbytes(L, 2);
    const bool armor = armor_option(L, 3);
    size_t count;
    const ml_age_recipient *const *list = ml_checkrecipients(L, 1, &count);
    ml_buf *out = ml_newbuf(L);
    ml_err e;

    if (ml_age_encrypt(out, list, count, text, armor, &e) < 0)
        return ml_pushfail(L, &e);
    ml_pushbuf(L, out);
    return 1;
}

/* age.encrypt_passphrase(passphrase, bytes[, { armor = false, work_factor = 18 }]) -> string | nil,
 * error */
int ml_age_lua_encrypt_passphrase(lua_State *L)
{
    const ml_bytes passphrase = ml_checkbytes(L, 1), text = ml_checkbytes(L, 2);
    const bool armor = armor_option(L, 3);
    const unsigned log_n = work_factor_option(L, 3);
    ml_buf *out = ml_newbuf(L);
    ml_err e;

    if (ml_age_encrypt_passphrase(out, passphrase, log_n, text, armor, &e) < 0)
        return ml_pushfail(L, &e);
    ml_pushbuf(L, out);
    return 1;
}

static const luaL_Reg seal_methods[] = {
    { "encrypt", seal_encrypt },
    { "file_key", seal_file_key },
    { "give", seal_give },
    { "open", seal_open },
    { NULL, NULL },
};

void ml_age_seal_type(lua_State *L)
{
    ml_newtype(L, &seal_type, seal_methods, NULL);
}
