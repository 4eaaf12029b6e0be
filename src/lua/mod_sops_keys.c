/* mod_sops_keys.c — part of `moonlatch.sops`: who can open a file: envelopes, unlocking, changes.
 */
#include <stdlib.h>
#include <string.h>

#include "lua/mod_age.h"
#include "lua/mod_sops.h"
#include "lua/types.h"

/* file:recipients() -> list of Keys, each with index, group (from 1), line, enc */
int ml_sops_lua_recipients(lua_State *L)
{
    const ml_sops_metadata *m = ml_sops_meta(ml_checksops(L, 1));
    size_t i;

    lua_createtable(L, (int)m->count, 0);
    for (i = 0; i < m->count; i++) {
        const ml_sops_recipient *r = &m->recipients[i];

        ml_sops_lua_push_key(L, &r->key);
        ml_setinteger(L, "index", (lua_Integer)i + 1);
        ml_setinteger(L, "group", (lua_Integer)r->key.group + 1);
        ml_setinteger(L, "line", (lua_Integer)r->line);
        ml_setbytes(L, "enc", r->enc);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* --- envelopes --- */

/* With the keys it was made for, which it needs as long as it lives. */
typedef struct lua_envelope {
    ml_sops_envelope *envelope;
    ml_lua_approved *approved;
} lua_envelope;

static void release_envelope(void *p)
{
    lua_envelope *v = p;

    ml_sops_envelope_free(v->envelope);
    ml_sops_lua_release_approved(v->approved);
    free(v);
}

static const ml_handle_type envelope_type = { "moonlatch.sops.envelope", release_envelope, NULL };

static ml_sops_envelope *check_envelope(lua_State *L, int arg)
{
    const lua_envelope *v = ml_checkhandle(L, arg, &envelope_type);

    return v->envelope;
}

/* Pushes an envelope for the approved set at `arg`: with a new data key, or that of `s`. NULL with
 * *e filled. */
static ml_sops_envelope *new_envelope(lua_State *L, int arg, const ml_sops *s, bool rewrap,
                                      ml_err *e)
{
    ml_lua_approved *a = ml_checkapproved(L, arg);
    lua_envelope *v = ml_newowned(L, &envelope_type, sizeof *v, 1);

    v->approved = a;
    a->users++;
    lua_pushvalue(L, arg);
    lua_setiuservalue(L, -2, 1); /* whose table holds the texts */
    if ((s == NULL ? ml_sops_envelope_new(&v->envelope, &a->keys, e)
                   : ml_sops_envelope_of(&v->envelope, s, &a->keys, rewrap, e)) < 0)
        return NULL;
    return v->envelope;
}

ml_sops_envelope *ml_sops_lua_take_envelope(lua_State *L, int arg, const ml_sops *s, bool rewrap,
                                            ml_err *e)
{
    if (ml_sops_lua_is_approved(L, arg))
        return new_envelope(L, arg, s, rewrap, e);
    return check_envelope(L, arg);
}

/* sops.envelope(approved) -> Envelope | nil, error: a new data key, for one file */
int ml_sops_lua_envelope(lua_State *L)
{
    ml_err e;

    return new_envelope(L, 1, NULL, false, &e) == NULL ? ml_pushfail(L, &e) : 1;
}

/* file:envelope(approved[, { rewrap = false }]) -> Envelope | nil, error: with the data key of this
 * file; who stays keeps what is wrapped for them */
int ml_sops_lua_file_envelope(lua_State *L)
{
    static const char *const options[] = { "rewrap", NULL };
    const ml_sops *s = ml_checksops(L, 1);
    bool rewrap;
    ml_err e;

    ml_checkoptions(L, 3, options);
    rewrap = ml_optflag(L, 3, "rewrap", false);
    return new_envelope(L, 2, s, rewrap, &e) == NULL ? ml_pushfail(L, &e) : 1;
}

/* envelope:open() -> list of { index, key = Key, share = Secret }: what key sources must wrap */
static int envelope_open(lua_State *L)
{
    const ml_sops_envelope *v = check_envelope(L, 1);
    size_t i = 0;

    lua_newtable(L);
    while ((i = ml_sops_envelope_open(v, i)) != SIZE_MAX) {
        lua_createtable(L, 0, 3);
        ml_setinteger(L, "index", (lua_Integer)i + 1);
        ml_sops_lua_push_key(L, v->keys.list[i].key);
        lua_setfield(L, -2, "key");
        ml_pushsecret(L, ml_sops_envelope_share(v, i));
        lua_setfield(L, -2, "share");
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
        i++;
    }
    return 1;
}

/* An index from 1 of a script, as one from 0. */
static size_t check_index(lua_State *L, int arg)
{
    const lua_Integer index = luaL_checkinteger(L, arg);

    luaL_argcheck(L, index >= 1 && index <= UINT32_MAX, arg, "an index is counted from 1");
    return (size_t)index - 1;
}

/* envelope:give(index, enc) -> true | nil, error: what was wrapped for the key with this index */
static int envelope_give(lua_State *L)
{
    ml_sops_envelope *v = check_envelope(L, 1);
    const size_t index = check_index(L, 2);
    const ml_bytes enc = ml_checkbytes(L, 3);
    ml_err e;

    return ml_pushdone(L, ml_sops_envelope_give(v, index, enc, &e), &e);
}

static const luaL_Reg envelope_methods[] = {
    { "give", envelope_give },
    { "open", envelope_open },
    { NULL, NULL },
};

/* --- unlocking --- */

/* file:offer(index, secret) -> true | nil, error: what a key source unwrapped for a recipient */
int ml_sops_lua_offer(lua_State *L)
{
    ml_sops *s = ml_checksops(L, 1);
    const size_t index = check_index(L, 2);
    const ml_bytes share = ml_checkbytes(L, 3);
    ml_err e;

    return ml_pushdone(L, ml_sops_offer(s, index, share, &e), &e);
}

/* Adds the recipients of one group and kind to the list at the top. */
static void list_kind(lua_State *L, const ml_sops *s, uint32_t group, ml_sops_kind kind)
{
    const ml_sops_metadata *m = ml_sops_meta(s);
    size_t i;

    for (i = 0; i < m->count; i++) {
        if (m->recipients[i].key.group != group || m->recipients[i].key.kind != kind)
            continue;
        lua_createtable(L, 0, 4);
        ml_settext(L, "kind", ml_sops_kind_word(kind));
        ml_setbytes(L, "name", m->recipients[i].key.name);
        ml_setinteger(L, "index", (lua_Integer)i + 1);
        ml_settext(L, "error", ml_sops_reason(s, i));
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
}

/* All kinds: those of the option `order` first, then the others as the metadata has them. */
static void read_order(lua_State *L, int arg, ml_sops_kind order[ML_SOPS_KINDS])
{
    bool listed[ML_SOPS_KINDS] = { false };
    size_t count = 0, named = 0, i;
    ml_sops_kind kind;

    if (ml_optpush(L, arg, "order") != LUA_TNIL)
        named = ml_checklist(L, lua_gettop(L));
    for (i = 0; i < named; i++) /* sops passes over other words */
        if (ml_sops_kind_of_word(ml_bytes_text(ml_listname(L, lua_gettop(L), i)), &kind) == 0 &&
            !listed[kind]) {
            listed[kind] = true;
            order[count++] = kind;
        }
    for (i = 0; i < ML_SOPS_KINDS; i++)
        if (!listed[ml_sops_kinds_read[i]])
            order[count++] = ml_sops_kinds_read[i];
    lua_pop(L, 1);
}

/* A place in one of C's lists as one in Lua's; none, SIZE_MAX, is no field at all. */
static void set_index(lua_State *L, const char *name, size_t index)
{
    if (index != SIZE_MAX)
        ml_setinteger(L, name, (lua_Integer)index + 1);
}

/* Sets the field `groups` of the table at the top: for each group whether it is open, by which
 * recipient and which identity, and its keys with what was said of them. */
static void set_groups(lua_State *L, const ml_sops *s, const ml_sops_kind order[ML_SOPS_KINDS])
{
    const uint32_t groups = ml_sops_meta(s)->groups;
    uint32_t group;
    size_t identity, recipient, i;

    lua_createtable(L, (int)groups, 0);
    for (group = 0; group < groups; group++) {
        lua_createtable(L, 0, 4);
        ml_setflag(L, "open", ml_sops_group_open(s, group));
        ml_sops_group_opener(s, group, &identity, &recipient);
        set_index(L, "identity", identity);
        set_index(L, "by", recipient);
        lua_newtable(L);
        for (i = 0; i < ML_SOPS_KINDS; i++)
            list_kind(L, s, group, order[i]);
        lua_setfield(L, -2, "keys");
        lua_rawseti(L, -2, (lua_Integer)group + 1);
    }
    lua_setfield(L, -2, "groups");
}

/* file:unlock(identities[, { order = { "age", "pgp" } }]) -> { identity = index, recipient = text
 * (none where key sources opened all), groups } | nil, error ("key", with `groups`); `groups` in
 * this order of kinds */
int ml_sops_lua_unlock(lua_State *L)
{
    static const char *const options[] = { "order", NULL };
    ml_sops *s = ml_checksops(L, 1);
    ml_sops_kind order[ML_SOPS_KINDS];
    size_t count, identity = 0, recipient = 0;
    const ml_age_identity *const *list;
    ml_err e;

    ml_checkoptions(L, 3, options);
    read_order(L, 3, order);
    list = ml_checkidentities(L, 2, &count);
    if (ml_sops_unlock(s, list, count, &identity, &recipient, &e) < 0) {
        ml_pushfail(L, &e);
        if (strcmp(e.code, ML_E_KEY) == 0)
            set_groups(L, s, order);
        return 2;
    }
    lua_createtable(L, 0, 3);
    set_groups(L, s, order);
    set_index(L, "identity", identity);
    if (identity != SIZE_MAX)
        ml_setbytes(L, "recipient", ml_sops_meta(s)->recipients[recipient].key.name);
    return 1;
}

/* --- changes --- */

/* file:update_keys(approved | envelope[, { rewrap = false }]) -> { added, removed, rewrapped } |
 * nil, error */
int ml_sops_lua_update_keys(lua_State *L)
{
    static const char *const options[] = { "rewrap", NULL };
    ml_sops *s = ml_checksops(L, 1);
    ml_sops_key_changes changes = { 0 };
    ml_sops_envelope *v;
    ml_err e;

    ml_checkoptions(L, 3, options);
    v = ml_sops_lua_take_envelope(L, 2, s, ml_optflag(L, 3, "rewrap", false), &e);
    if (v == NULL || ml_sops_update_keys(s, v, &changes, &e) < 0)
        return ml_pushfail(L, &e);
    ml_sops_lua_push_changes(L, &changes);
    return 1;
}

void ml_sops_lua_push_changes(lua_State *L, const ml_sops_key_changes *changes)
{
    lua_createtable(L, 0, 4);
    ml_setinteger(L, "added", (lua_Integer)changes->added);
    ml_setinteger(L, "removed", (lua_Integer)changes->removed);
    ml_setinteger(L, "rewrapped", (lua_Integer)changes->rewrapped);
}

/* file:renew(approved | envelope) -> true | nil, error: a new data key for exactly these keys */
int ml_sops_lua_renew(lua_State *L)
{
    ml_sops *s = ml_checksops(L, 1);
    ml_err e;
    ml_sops_envelope *v = ml_sops_lua_take_envelope(L, 2, NULL, false, &e);

    return v == NULL ? ml_pushfail(L, &e) : ml_pushdone(L, ml_sops_renew(s, v, &e), &e);
}

void ml_sops_lua_key_types(lua_State *L)
{
    ml_sops_lua_approved_type(L);
    ml_newtype(L, &envelope_type, envelope_methods, NULL);
}
