/* mod_sops_make.c — part of `moonlatch.sops`: new sealed files, and many files at once. */
#include <stdlib.h>
#include <string.h>

#include "lua/mod_age.h"
#include "lua/mod_sops.h"

static void release_notes(void *p)
{
    ml_sops_notes_free(p);
    free(p);
}

static const ml_handle_type notes_type = { "moonlatch.sops.notes", release_notes, NULL };

/* A field of the table at the top, as bytes that the table owns. */
static ml_bytes text_field(lua_State *L, int table, const char *name)
{
    ml_bytes text = { NULL, 0 };

    if (ml_optpush(L, table, name) != LUA_TNIL)
        text = ml_checkbytes(L, lua_gettop(L));
    lua_pop(L, 1);
    return text;
}

/* The option `selectors`; the table stays on the stack. */
static void read_selectors(lua_State *L, int arg, ml_sops_selectors *out)
{
    static const char *const names[] = { "encrypted_comment_regex",   "encrypted_regex",
                                         "encrypted_suffix",          "mac_only_encrypted",
                                         "unencrypted_comment_regex", "unencrypted_regex",
                                         "unencrypted_suffix",        NULL };
    int table;

    memset(out, 0, sizeof *out);
    if (ml_optpush(L, arg, "selectors") == LUA_TNIL)
        return;
    table = lua_gettop(L);
    ml_checkoptions(L, table, names);
    out->unencrypted_suffix = text_field(L, table, "unencrypted_suffix");
    out->encrypted_suffix = text_field(L, table, "encrypted_suffix");
    out->unencrypted_regex = text_field(L, table, "unencrypted_regex");
    out->encrypted_regex = text_field(L, table, "encrypted_regex");
    out->unencrypted_comment_regex = text_field(L, table, "unencrypted_comment_regex");
    out->encrypted_comment_regex = text_field(L, table, "encrypted_comment_regex");
    out->mac_only_encrypted = ml_optflag(L, table, "mac_only_encrypted", false);
}

/* sops.encrypt(bytes, { recipients = Approved | envelope = Envelope, path =, format =, output =,
 * indent =, selectors = { encrypted_regex =, … } }) -> sealed text, notes | nil, error */
int ml_sops_lua_encrypt(lua_State *L)
{
    static const char *const options[] = { "envelope", "format",     "indent",    "output",
                                           "path",     "recipients", "selectors", NULL };
    ml_sops_output output;
    ml_sops_new what = { 0 };
    ml_sops_notes *notes;
    ml_buf *out;
    ml_err e;

    what.clear = ml_checkbytes(L, 1);
    ml_checkoptions(L, 2, options);
    what.format = ml_sops_lua_format(L, 2, &what.path);
    output = ml_sops_lua_output(L, 2, "output", what.format);
    what.output = &output;
    read_selectors(L, 2, &what.selectors);
    ml_optpush(L, 2, ml_optpush(L, 2, "envelope") == LUA_TNIL ? "recipients" : "envelope");
    what.envelope = ml_sops_lua_take_envelope(L, lua_gettop(L), NULL, false, &e);
    if (what.envelope == NULL)
        return ml_pushfail(L, &e);
    notes = ml_newowned(L, &notes_type, sizeof *notes, 0);
    out = ml_newbuf(L);
    if (ml_sops_encrypt(&what, out, notes, &e) < 0)
        return ml_pushfail(L, &e);
    ml_pushbuf(L, out);
    ml_pushnotes(L, notes);
    return 2;
}

/* --- many files --- */

typedef struct batch {
    ml_sops_update *list;
    size_t count;
} batch;

static void release_batch(void *p)
{
    batch *b = p;
    size_t i;

    for (i = 0; i < b->count; i++)
        ml_buf_free(&b->list[i].out);
    free(b->list);
    free(b);
}

static const ml_handle_type batch_type = { "moonlatch.sops.batch", release_batch, NULL };

/* Fills one entry from the table at the top, which owns what it points to. */
static void read_update(lua_State *L, ml_sops_update *u, bool rewrap, bool renew)
{
    static const char *const names[] = { "format", "path", "recipients", "text", NULL };
    const int table = lua_gettop(L);
    const ml_lua_approved *approved;

    ml_checkoptions(L, table, names);
    u->text = text_field(L, table, "text");
    u->format = ml_sops_lua_format(L, table, &u->path);
    ml_optpush(L, table, "recipients");
    approved = ml_checkapproved(L, lua_gettop(L));
    lua_pop(L, 1);
    u->keys = &approved->keys;
    u->rewrap = rewrap;
    u->renew = renew;
}

static void push_update(lua_State *L, const ml_sops_update *u)
{
    if (u->status == 0 && u->out.len > 0) {
        ml_sops_lua_push_changes(L, &u->changes);
        ml_setbytes(L, "text", ml_buf_bytes(&u->out));
        return;
    }
    lua_createtable(L, 0, 1);
    if (u->status == 0) {
        ml_setflag(L, "unchanged", true);
    } else {
        ml_pusherror(L, &u->e);
        lua_setfield(L, -2, "error");
    }
}

/* sops.update_many(list of { text, recipients = Approved, path, format }, identities[, { rewrap =
 * false, renew = false }]) -> list of { text, added, removed, rewrapped } | { unchanged = true } |
 * { error = }. The work is spread over all processors. */
int ml_sops_lua_update_many(lua_State *L)
{
    static const char *const options[] = { "renew", "rewrap", NULL };
    const ml_age_identity *const *identities;
    size_t identity_count, i;
    bool rewrap, renew;
    batch *b;

    luaL_checktype(L, 1, LUA_TTABLE);
    ml_checkoptions(L, 3, options);
    rewrap = ml_optflag(L, 3, "rewrap", false);
    renew = ml_optflag(L, 3, "renew", false);
    identities = ml_checkidentities(L, 2, &identity_count);
    b = ml_newowned(L, &batch_type, sizeof *b, 0);
    b->count = (size_t)lua_rawlen(L, 1);
    b->list = calloc(b->count + 1, sizeof *b->list);
    if (b->list == NULL) {
        b->count = 0;
        return ml_raisememory(L);
    }
    for (i = 0; i < b->count; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        luaL_checktype(L, -1, LUA_TTABLE);
        read_update(L, &b->list[i], rewrap, renew);
        lua_pop(L, 1);
    }
    ml_sops_update_many(b->list, b->count, identities, identity_count, 0);
    lua_createtable(L, (int)b->count, 0);
    for (i = 0; i < b->count; i++) {
        push_update(L, &b->list[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

void ml_sops_lua_types(lua_State *L)
{
    ml_newtype(L, &notes_type, NULL, NULL);
    ml_newtype(L, &batch_type, NULL, NULL);
}
