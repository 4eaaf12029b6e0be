/* mod_age.c — Lua module `moonlatch.age`: recipients and identities. Files: mod_age_file.c,
 * mod_age_seal.c. */
#include "lua/mod_age.h"

#include <stdlib.h>
#include <string.h>

#include "format/age_keyfile.h"
#include "format/age_plugin.h"
#include "lua/modules.h"
#include "lua/types.h"

static void release_identity(void *p)
{
    ml_age_identity_free(p);
    free(p);
}

static bool identity_field(lua_State *L, void *p, const char *name)
{
    const ml_age_identity *identity = p;
    char plugin[ML_AGE_PLUGIN_NAME + 1];
    ml_err e;

    if (strcmp(name, "kind") == 0)
        lua_pushstring(L, ml_age_kind_word(identity->kind));
    else if (strcmp(name, "name") == 0 && identity->kind == ML_AGE_PLUGIN &&
             ml_age_plugin_identity(plugin, ml_secret_bytes(&identity->secret), &e) == 0)
        lua_pushstring(L, plugin);
    else
        return false;
    return true;
}

const ml_handle_type ml_type_identity = { "moonlatch.age.identity", release_identity,
                                          identity_field };

static void release_recipient(void *p)
{
    ml_age_recipient_free(p);
    free(p);
}

static bool recipient_field(lua_State *L, void *p, const char *name)
{
    const ml_age_recipient *recipient = p;

    if (strcmp(name, "text") == 0)
        lua_pushstring(L, recipient->text);
    else if (strcmp(name, "kind") == 0)
        lua_pushstring(L, ml_age_kind_word(recipient->kind));
    else if (strcmp(name, "usable") == 0)
        lua_pushboolean(L, ml_age_kind_usable(recipient->kind));
    else
        return false;
    return true;
}

const ml_handle_type ml_type_recipient = { "moonlatch.age.recipient", release_recipient,
                                           recipient_field };

static ml_age_identity *new_identity(lua_State *L)
{
    return ml_newowned(L, &ml_type_identity, sizeof(ml_age_identity), 0);
}

static ml_age_recipient *new_recipient(lua_State *L)
{
    return ml_newowned(L, &ml_type_recipient, sizeof(ml_age_recipient), 0);
}

/* age.recipient(text) -> Recipient (fields text, kind, usable) | nil, error */
static int age_recipient(lua_State *L)
{
    const ml_bytes text = ml_checkbytes(L, 1);
    ml_age_recipient *recipient = new_recipient(L);
    ml_err e;

    return ml_age_recipient_parse(recipient, text, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* age.identity(bytes) -> Identity | nil, error: one word AGE-SECRET-KEY-1…, AGE-SECRET-KEY-PQ-1… or
 * AGE-PLUGIN-NAME-1… */
static int age_identity(lua_State *L)
{
    const ml_bytes text = ml_checkbytes(L, 1);
    ml_age_identity *identity = new_identity(L);
    ml_err e;

    return ml_age_identity_parse(identity, text, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* age.generate([{ kind = "x25519" | "hybrid" }]) -> Identity: a new key | nil, error */
static int age_generate(lua_State *L)
{
    static const char *const options[] = { "kind", NULL };
    static const char *const kinds[] = { "x25519", "hybrid", NULL };
    static const ml_age_kind kind_of[] = { ML_AGE_X25519, ML_AGE_HYBRID };
    ml_age_identity *identity;
    ml_age_kind kind;
    ml_err e;

    ml_checkoptions(L, 1, options);
    kind = kind_of[ml_optword(L, 1, "kind", kinds, 0)];
    identity = new_identity(L);
    return ml_age_identity_generate(identity, kind, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* identity:recipient() -> text of the public half; nil for a plugin's: only the plugin knows it */
static int identity_recipient(lua_State *L)
{
    const ml_age_identity *identity = ml_checkhandle(L, 1, &ml_type_identity);

    if (identity->kind == ML_AGE_PLUGIN)
        lua_pushnil(L);
    else
        lua_pushstring(L, identity->recipient.text);
    return 1;
}

/* identity:secret() -> Secret with the word that age.identity takes | nil, error ("unsupported" for
 * an SSH key) */
static int identity_secret(lua_State *L)
{
    const ml_age_identity *identity = ml_checkhandle(L, 1, &ml_type_identity);
    ml_secret *out = ml_newemptysecret(L);
    ml_err e;

    return ml_age_identity_text(out, identity, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* --- files of identities --- */

static void release_keyfile(void *p)
{
    ml_age_keyfile_free(p);
    free(p);
}

static const ml_handle_type keyfile_type = { "moonlatch.age.keyfile", release_keyfile, NULL };

static void push_line(lua_State *L, const ml_age_line *line)
{
    lua_createtable(L, 0, 6);
    ml_setinteger(L, "line", (lua_Integer)line->number);
    ml_settext(L, "kind", ml_age_line_word(line->kind));
    ml_pushsecret(L, ml_bytes_slice(line->whole, 0,
                                    line->whole.len - (ml_bytes_ends(line->whole, "\n") ? 1 : 0)));
    lua_setfield(L, -2, "text");
    if (line->kind == ML_AGE_LINE_COMMENT)
        ml_setbytes(L, "comment", line->text);
    if (line->kind != ML_AGE_LINE_BLANK && line->kind != ML_AGE_LINE_COMMENT) {
        ml_age_identity *identity = new_identity(L);
        ml_err e;

        if (ml_age_identity_copy(identity, &line->identity, &e) < 0) {
            ml_pusherror(L, &e);
            lua_error(L);
        }
        lua_setfield(L, -2, "identity");
        if (identity->kind != ML_AGE_PLUGIN) /* only the plugin knows it */
            ml_settext(L, "recipient", identity->recipient.text);
    }
}

/* age.parse_key_file(bytes[, { path =, words = }]) -> list of { line, kind = "comment" | "blank" |
 * "x25519" | "plugin" | "hybrid", text = Secret, identity, recipient, comment } | nil, error with
 * the line
 */
static int age_parse_key_file(lua_State *L)
{
    static const char *const options[] = { "path", "words", NULL };
    const ml_bytes bytes = ml_checkbytes(L, 1);
    const char *path;
    ml_age_keyfile *file;
    bool words;
    int status;
    size_t i;
    ml_err e;

    ml_checkoptions(L, 2, options);
    path = ml_opttext(L, 2, "path", NULL);
    words = ml_optflag(L, 2, "words", false);
    file = ml_newowned(L, &keyfile_type, sizeof *file, 0);
    status =
        words ? ml_age_keyfile_parse_words(file, bytes, &e) : ml_age_keyfile_parse(file, bytes, &e);
    if (status < 0) {
        ml_err_at(&e, path, 0, 0);
        return ml_pushfail(L, &e);
    }
    lua_createtable(L, (int)file->count, 0);
    for (i = 0; i < file->count; i++) {
        push_line(L, &file->lines[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* age.key_file_form(bytes) -> "lines" | "sealed" | "pem" */
static int age_key_file_form(lua_State *L)
{
    static const char *const words[] = { "lines", "sealed", "pem" };

    lua_pushstring(L, words[ml_age_keyfile_sniff(ml_checkbytes(L, 1))]);
    return 1;
}

/* --- lists --- */

const ml_age_recipient *const *ml_checkrecipients(lua_State *L, int arg, size_t *count)
{
    const ml_age_recipient **list;
    size_t i;
    ml_err e;

    luaL_checktype(L, arg, LUA_TTABLE);
    *count = (size_t)lua_rawlen(L, arg);
    list = ml_newblock(L, *count, sizeof *list);
    for (i = 0; i < *count; i++) {
        const ml_age_identity *identity;

        luaL_checkstack(L, 4, "too many recipients");
        lua_rawgeti(L, arg, (lua_Integer)i + 1);
        identity = ml_tohandle(L, lua_gettop(L), &ml_type_identity);
        if (identity != NULL) {
            list[i] = &identity->recipient;
        } else if (lua_type(L, -1) == LUA_TSTRING) {
            size_t len;
            const char *text = lua_tolstring(L, -1, &len);
            ml_age_recipient *made = new_recipient(L);

            if (ml_age_recipient_parse(made, ml_bytes_of(text, len), &e) < 0) {
                ml_pusherror(L, &e);
                lua_error(L);
            }
            list[i] = made;
        } else {
            list[i] = ml_checkhandle(L, lua_gettop(L), &ml_type_recipient);
        }
    }
    return list;
}

const ml_age_identity *const *ml_checkidentities(lua_State *L, int arg, size_t *count)
{
    const ml_age_identity **list;
    size_t i;

    luaL_checktype(L, arg, LUA_TTABLE);
    *count = (size_t)lua_rawlen(L, arg);
    list = ml_newblock(L, *count, sizeof *list);
    for (i = 0; i < *count; i++) {
        lua_rawgeti(L, arg, (lua_Integer)i + 1);
        list[i] = ml_checkhandle(L, lua_gettop(L), &ml_type_identity);
        lua_pop(L, 1); /* the list holds it */
    }
    return list;
}

static const luaL_Reg identity_methods[] = {
    { "recipient", identity_recipient },
    { "secret", identity_secret },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "decrypt", ml_age_lua_decrypt },
    { "decrypt_passphrase", ml_age_lua_decrypt_passphrase },
    { "encrypt", ml_age_lua_encrypt },
    { "encrypt_passphrase", ml_age_lua_encrypt_passphrase },
    { "generate", age_generate },
    { "identity", age_identity },
    { "key_file_form", age_key_file_form },
    { "open", ml_age_lua_open },
    { "parse_key_file", age_parse_key_file },
    { "recipient", age_recipient },
    { "seal", ml_age_lua_seal },
    { NULL, NULL },
};

int luaopen_moonlatch_age(lua_State *L)
{
    ml_newtype(L, &ml_type_identity, identity_methods, NULL);
    ml_newtype(L, &ml_type_recipient, NULL, NULL);
    ml_newtype(L, &keyfile_type, NULL, NULL);
    ml_age_file_type(L);
    ml_age_seal_type(L);
    luaL_newlib(L, functions);
    return 1;
}
