/* mod_sops.c — Lua module `moonlatch.sops`: sealed files. See sops/file.h. Who can open them:
 * mod_sops_keys.c. What is in them: mod_sops_values.c. */
#include "lua/mod_sops.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "doc/value.h"
#include "lua/border.h"
#include "lua/doc_tree.h"
#include "lua/modules.h"
#include "lua/types.h"
#include "sops/file.h"

static void release_file(void *p)
{
    ml_sops_free(p);
}

static void set_pattern(lua_State *L, const char *name, ml_bytes value)
{
    if (value.len > 0)
        ml_setbytes(L, name, value);
}

static void push_selectors(lua_State *L, const ml_sops_selectors *s)
{
    lua_createtable(L, 0, 2);
    set_pattern(L, "unencrypted_suffix", s->unencrypted_suffix);
    set_pattern(L, "encrypted_suffix", s->encrypted_suffix);
    set_pattern(L, "unencrypted_regex", s->unencrypted_regex);
    set_pattern(L, "encrypted_regex", s->encrypted_regex);
    set_pattern(L, "unencrypted_comment_regex", s->unencrypted_comment_regex);
    set_pattern(L, "encrypted_comment_regex", s->encrypted_comment_regex);
    if (s->mac_only_encrypted)
        ml_setflag(L, "mac_only_encrypted", true);
}

static bool file_field(lua_State *L, void *p, const char *name)
{
    const ml_sops *s = p;
    const ml_sops_metadata *m = ml_sops_meta(s);

    if (strcmp(name, "path") == 0)
        lua_pushstring(L, ml_doc_path(ml_sops_doc(s)));
    else if (strcmp(name, "format") == 0)
        lua_pushstring(L, ml_sops_format_word(ml_sops_format_now(s)));
    else if (strcmp(name, "version") == 0)
        ml_pushbytes(L, m->version);
    else if (strcmp(name, "lastmodified") == 0)
        ml_pushbytes(L, m->lastmodified);
    else if (strcmp(name, "threshold") == 0)
        lua_pushinteger(L, (lua_Integer)m->threshold);
    else if (strcmp(name, "groups") == 0)
        lua_pushinteger(L, (lua_Integer)m->groups);
    else if (strcmp(name, "sealed") == 0)
        lua_pushboolean(L, ml_sops_metadata_seals(m));
    else if (strcmp(name, "unlocked") == 0)
        lua_pushboolean(L, ml_sops_unlocked(s));
    else if (strcmp(name, "selectors") == 0)
        push_selectors(L, &m->selectors);
    else
        return false;
    return true;
}

static const ml_handle_type file_type = { "moonlatch.sops.file", release_file, file_field };

ml_sops *ml_checksops(lua_State *L, int arg)
{
    return ml_checkhandle(L, arg, &file_type);
}

/* In the order of ml_sops_format. */
static const char *const formats[] = { "yaml", "json", "binary", "dotenv", "ini", NULL };

ml_sops_format ml_sops_lua_format(lua_State *L, int arg, const char **path)
{
    int word;

    *path = ml_opttext(L, arg, "path", NULL);
    word = ml_optword(L, arg, "format", formats, -1);
    if (word >= 0)
        return (ml_sops_format)word;
    return ml_sops_format_of(*path != NULL ? *path : "");
}

/* sops.format_of(path) -> "yaml" | "json" | "dotenv" | "ini" | "binary", by its ending */
static int sops_format_of(lua_State *L)
{
    lua_pushstring(L, ml_sops_format_word(ml_sops_format_of(ml_checkname(L, 1))));
    return 1;
}

/* sops.is_encrypted(bytes, { path =, format = }) -> boolean: has it metadata with mac and version?
 */
static int sops_is_encrypted(lua_State *L)
{
    static const char *const options[] = { "format", "path", NULL };
    const ml_bytes text = ml_checkbytes(L, 1);
    const char *path;
    int sealed;
    ml_err e;

    ml_checkoptions(L, 2, options);
    sealed = ml_sops_is_sealed(text, ml_sops_lua_format(L, 2, &path), &e);
    if (sealed < 0)
        return ml_raisememory(L);
    lua_pushboolean(L, sealed);
    return 1;
}

/* sops.has_sealed(bytes) -> boolean: is a sealed value in it, whatever else is wrong with it? */
static int sops_has_sealed(lua_State *L)
{
    static const char mark[] = ML_SEALED;
    const ml_bytes text = ml_checkbytes(L, 1);

    lua_pushboolean(L, text.len > 0 && memmem(text.p, text.len, mark, sizeof mark - 1) != NULL);
    return 1;
}

/* sops.open(text, { path =, format = }) -> File | nil, error ("missing": it is not sealed) */
static int sops_open(lua_State *L)
{
    static const char *const options[] = { "format", "path", NULL };
    const ml_bytes text = ml_checkbytes(L, 1);
    const char *path;
    ml_sops_format format;
    ml_sops *s = NULL;
    void **slot;
    ml_err e;

    ml_checkoptions(L, 2, options);
    format = ml_sops_lua_format(L, 2, &path);
    slot = ml_newhandle(L, &file_type, 0);
    if (ml_sops_open(&s, text, format, path, &e) < 0)
        return ml_pushfail(L, &e);
    *slot = s;
    return 1;
}

/* file:text() -> the sealed text as it is now */
static int file_text(lua_State *L)
{
    ml_pushbytes(L, ml_sops_text(ml_checksops(L, 1)));
    return 1;
}

/* file:decrypt([{ ignore_mac = false }]) -> true | nil, error ("mac", "auth") */
static int file_decrypt(lua_State *L)
{
    static const char *const options[] = { "ignore_mac", NULL };
    ml_sops *s = ml_checksops(L, 1);
    bool ignore_mac;
    ml_err e;

    ml_checkoptions(L, 2, options);
    ignore_mac = ml_optflag(L, 2, "ignore_mac", false);
    return ml_pushdone(L, ml_sops_decrypt(s, ignore_mac, &e), &e);
}

ml_sops_output ml_sops_lua_output(lua_State *L, int arg, const char *name, ml_sops_format fallback)
{
    ml_sops_output output = { 0 };

    output.format = (ml_sops_format)ml_optword(L, arg, name, formats, (int)fallback);
    output.indented = ml_optpush(L, arg, "indent") != LUA_TNIL;
    if (output.indented)
        output.indent = (int)ml_optnumber(L, arg, "indent", INT_MIN, INT_MAX, 0);
    lua_pop(L, 1);
    return output;
}

/* file:clear_text([{ format =, indent = }]) -> Secret | nil, error: the whole file, without
 * metadata
 */
static int file_clear_text(lua_State *L)
{
    static const char *const options[] = { "format", "indent", NULL };
    ml_sops_output output;
    ml_sops *s = ml_checksops(L, 1);
    ml_secret *out;
    ml_err e;

    ml_checkoptions(L, 2, options);
    output = ml_sops_lua_output(L, 2, "format", ml_sops_format_now(s));
    out = ml_newemptysecret(L);
    return ml_sops_clear_text_as(s, &output, out, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* Reads the option `clear`: names whose new values may stand in clear, or true for all. Leaves it
 * on the stack. */
static void read_change(lua_State *L, int arg, ml_sops_change *change)
{
    ml_bytes *names;
    size_t i;
    int table;

    memset(change, 0, sizeof *change);
    switch (ml_optpush(L, arg, "clear")) {
    case LUA_TNIL:
        return;
    case LUA_TBOOLEAN:
        change->all_clear = lua_toboolean(L, -1);
        return;
    default:
        break;
    }
    table = lua_gettop(L);
    change->clear_count = ml_checklist(L, table);
    names = ml_newblock(L, change->clear_count, sizeof *names);
    for (i = 0; i < change->clear_count; i++)
        names[i] = ml_bytes_text(ml_listname(L, table, i));
    change->clear = names;
}

/* file:set(path, value[, { type =, clear = names }]) -> true | nil, error. Values as in
 * moonlatch.doc. */
static int file_set(lua_State *L)
{
    static const char *const options[] = { "clear", "type", NULL };
    ml_sops *s = ml_checksops(L, 1);
    const char *path = ml_checkname(L, 2);
    ml_sops_change change;
    ml_tree tree;
    ml_err e;

    lua_settop(L, 4);
    ml_checkoptions(L, 4, options);
    read_change(L, 4, &change);
    ml_checktree(L, 3, ml_opttext(L, 4, "type", NULL), &tree);
    return ml_pushdone(L, ml_sops_set(s, path, &tree, &change, &e), &e);
}

/* file:unset(path) -> true | nil, error */
static int file_unset(lua_State *L)
{
    ml_sops *s = ml_checksops(L, 1);
    const char *path = ml_checkname(L, 2);
    ml_err e;

    return ml_pushdone(L, ml_sops_unset(s, path, &e), &e);
}

/* file:reseal(clear[, { clear = names }]) -> true | nil, error: unchanged values keep their sealed
 * text */
static int file_reseal(lua_State *L)
{
    static const char *const options[] = { "clear", NULL };
    ml_sops *s = ml_checksops(L, 1);
    const ml_bytes clear = ml_checkbytes(L, 2);
    ml_sops_change change;
    ml_err e;

    lua_settop(L, 3);
    ml_checkoptions(L, 3, options);
    read_change(L, 3, &change);
    return ml_pushdone(L, ml_sops_reseal(s, clear, &change, &e), &e);
}

void ml_pushnotes(lua_State *L, const ml_sops_notes *notes)
{
    size_t i;

    lua_createtable(L, (int)notes->count, 0);
    for (i = 0; i < notes->count; i++) {
        lua_createtable(L, 0, 2);
        ml_settext(L, "message", notes->list[i].text);
        if (notes->list[i].line > 0)
            ml_setinteger(L, "line", (lua_Integer)notes->list[i].line);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* file:notes() -> list of { line, message } collected since it was opened */
static int file_notes(lua_State *L)
{
    ml_pushnotes(L, ml_sops_notes_of(ml_checksops(L, 1)));
    return 1;
}

/* file:repair() -> true | nil, error: the MAC of what a file says that was decrypted without its
 * own. Only the recipe `repair`, which asks, may call it. */
static int file_repair(lua_State *L)
{
    ml_err e;

    return ml_pushdone(L, ml_sops_repair(ml_checksops(L, 1), &e), &e);
}

static void release_findings(void *p)
{
    free(p);
}

static const ml_handle_type findings_type = { "moonlatch.sops.findings", release_findings, NULL };

/* file:verify() -> list of { code, line, message }: what is wrong as far as no key is needed */
static int file_verify(lua_State *L)
{
    ml_sops *s = ml_checksops(L, 1);
    void **slot = ml_newhandle(L, &findings_type, 0);
    ml_sops_finding *list = NULL;
    size_t count = 0, i;
    ml_err e;

    if (ml_sops_verify(s, &list, &count, &e) < 0)
        return ml_pushfail(L, &e);
    *slot = list;
    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        lua_createtable(L, 0, 3);
        ml_settext(L, "code", list[i].code);
        ml_settext(L, "message", list[i].message);
        if (list[i].line > 0)
            ml_setinteger(L, "line", (lua_Integer)list[i].line);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static const luaL_Reg file_methods[] = {
    { "clear_text", file_clear_text },
    { "decrypt", file_decrypt },
    { "envelope", ml_sops_lua_file_envelope },
    { "notes", file_notes },
    { "offer", ml_sops_lua_offer },
    { "paths", ml_sops_lua_paths },
    { "recipients", ml_sops_lua_recipients },
    { "renew", ml_sops_lua_renew },
    { "repair", file_repair },
    { "reseal", file_reseal },
    { "set", file_set },
    { "text", file_text },
    { "unlock", ml_sops_lua_unlock },
    { "unset", file_unset },
    { "update_keys", ml_sops_lua_update_keys },
    { "value", ml_sops_lua_value },
    { "verify", file_verify },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "approved", ml_sops_lua_approved },
    { "encrypt", ml_sops_lua_encrypt },
    { "envelope", ml_sops_lua_envelope },
    { "format_of", sops_format_of },
    { "has_sealed", sops_has_sealed },
    { "is_encrypted", sops_is_encrypted },
    { "open", sops_open },
    { "update_many", ml_sops_lua_update_many },
    { NULL, NULL },
};

int luaopen_moonlatch_sops(lua_State *L)
{
    ml_require(L, "moonlatch.age");
    ml_require(L, "moonlatch.doc");
    ml_newtype(L, &file_type, file_methods, NULL);
    ml_newtype(L, &findings_type, NULL, NULL);
    ml_sops_lua_types(L);
    ml_sops_lua_key_types(L);
    luaL_newlib(L, functions);
    ml_settext(L, "version", ML_SOPS_VERSION);
    return 1;
}
