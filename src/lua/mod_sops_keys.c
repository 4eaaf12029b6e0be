/* mod_sops_keys.c — part of `moonlatch.sops`: approved keys, envelopes, and who can open a file.
 *
 * What wraps a data key takes an approved set, which moonlatch.recipients makes after asking. A Key
 * is a table: { kind = "age" | "pgp" | …, recipient = what sops prints, and the fields that the
 * kind has in the metadata (spec/sops.md 3.1) }. */
#include <stdlib.h>
#include <string.h>

#include "lua/mod_sops.h"
#include "lua/types.h"

/* --- approved sets --- */

static void release_approved(void *p)
{
    ml_lua_approved *a = p;
    size_t i;

    if (--a->users > 0)
        return;
    for (i = 0; i < a->keys.count; i++)
        ml_sops_key_free(&a->list[i]);
    for (i = 0; i < a->age_count; i++)
        ml_age_recipient_free(&a->ages[i]);
    free(a->list);
    free(a->ages);
    free(a);
}

static const ml_handle_type approved_type = { "moonlatch.approved", release_approved, NULL };

const ml_lua_approved *ml_checkapproved(lua_State *L, int arg)
{
    return ml_checkhandle(L, arg, &approved_type);
}

/* An empty set with room for `count` keys; `anchors` is the place of the table that keeps their
 * texts alive. */
static ml_lua_approved *new_approved(lua_State *L, size_t count, int *anchors)
{
    void **slot = ml_newhandle(L, &approved_type, 1);
    ml_lua_approved *a = calloc(1, sizeof *a);

    if (a == NULL)
        ml_raisememory(L);
    a->users = 1;
    *slot = a;
    a->list = calloc(count + 1, sizeof *a->list);
    a->ages = calloc(count + 1, sizeof *a->ages);
    if (a->list == NULL || a->ages == NULL)
        ml_raisememory(L);
    a->keys.list = a->list;
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, -3, 1);
    *anchors = lua_gettop(L);
    return a;
}

static int add_age(ml_lua_approved *a, uint32_t group, ml_bytes text, ml_err *e)
{
    ml_age_recipient *made = &a->ages[a->age_count];

    if (ml_age_recipient_parse(made, text, e) < 0)
        return -1;
    a->age_count++;
    ml_sops_key_age(&a->list[a->keys.count], made);
    a->list[a->keys.count++].group = group;
    return 0;
}

/* The last key goes again if its group has it already. */
static void drop_double(ml_lua_approved *a)
{
    ml_sops_key *last = &a->list[a->keys.count - 1];
    size_t i;

    for (i = 0; i + 1 < a->keys.count; i++)
        if (a->list[i].group == last->group && ml_sops_key_same(&a->list[i], last)) {
            ml_sops_key_free(last);
            a->keys.count--;
            return;
        }
}

/* The text field `name` of the table at `table`, which the table at `anchors` keeps alive. */
static ml_bytes key_text(lua_State *L, int arg, int table, int anchors, const char *name)
{
    ml_bytes text = { NULL, 0 };

    if (lua_getfield(L, table, name) == LUA_TSTRING) {
        text.p = (const unsigned char *)lua_tolstring(L, -1, &text.len);
        lua_pushvalue(L, -1);
        lua_rawseti(L, anchors, (lua_Integer)lua_rawlen(L, anchors) + 1);
    } else if (!lua_isnil(L, -1)) {
        luaL_argerror(L, arg, lua_pushfstring(L, "the field '%s' of a key is no string", name));
    }
    lua_pop(L, 1);
    return text;
}

static void read_context(lua_State *L, int arg, int table, int anchors, ml_sops_key *key)
{
    static const char problem[] = "the context of a key is no table of strings";
    size_t count = 0;

    if (lua_getfield(L, table, "context") == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    luaL_argcheck(L, lua_istable(L, -1), arg, problem);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1), count++)
        luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, arg,
                      problem);
    key->context = calloc(count + 1, sizeof *key->context);
    if (key->context == NULL)
        ml_raisememory(L);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        ml_sops_pair *pair = &key->context[key->context_count++];

        pair->name = ml_checkbytes(L, lua_gettop(L) - 1);
        pair->value = ml_checkbytes(L, lua_gettop(L));
        lua_pushvalue(L, -2);
        lua_rawseti(L, anchors, (lua_Integer)lua_rawlen(L, anchors) + 1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, anchors, (lua_Integer)lua_rawlen(L, anchors) + 1);
    }
    lua_pop(L, 1);
}

/* Adds the Key at the top of the stack. */
static int add_key(lua_State *L, int arg, int anchors, ml_lua_approved *a, uint32_t group,
                   ml_err *e)
{
    const int table = lua_gettop(L);
    const ml_sops_field *f;
    ml_sops_key *key = &a->list[a->keys.count];
    ml_sops_kind kind;
    size_t i;

    luaL_argcheck(L, lua_istable(L, table), arg, "a key group is a list of keys");
    if (ml_sops_kind_of_word(key_text(L, arg, table, anchors, "kind"), &kind) < 0)
        return luaL_argerror(L, arg, "a key of an unknown kind");
    if (kind == ML_SOPS_AGE)
        return add_age(a, group, key_text(L, arg, table, anchors, "recipient"), e);
    key->kind = kind;
    key->group = group;
    a->keys.count++; /* it is freed with the others from here on */
    for (f = ml_sops_kind_fields(kind), i = 0; f[i].name != NULL; i++) {
        if (f[i].role == ML_SOPS_CONTEXT)
            read_context(L, arg, table, anchors, key);
        else if (f[i].role != ML_SOPS_ENC && f[i].role != ML_SOPS_CREATED)
            key->text[i] = key_text(L, arg, table, anchors, f[i].name);
        if (f[i].role == ML_SOPS_NEEDED && key->text[i].len == 0)
            return luaL_argerror(
                L, arg,
                lua_pushfstring(L, "a %s key needs '%s'", ml_sops_kind_word(kind), f[i].name));
    }
    return ml_sops_key_name(key, e);
}

static size_t count_keys(lua_State *L, int arg, int groups)
{
    size_t count = 0;
    lua_Integer i;

    luaL_argcheck(L, lua_istable(L, groups), arg, "a list of key groups expected");
    for (i = 1; i <= (lua_Integer)lua_rawlen(L, groups); i++) {
        luaL_argcheck(L, lua_rawgeti(L, groups, i) == LUA_TTABLE, arg,
                      "a key group is a list of keys");
        count += (size_t)lua_rawlen(L, -1);
        lua_pop(L, 1);
    }
    return count;
}

static int approve_groups(lua_State *L)
{
    static const char *const options[] = { "groups", "threshold", NULL };
    ml_lua_approved *a;
    lua_Integer i, k;
    int groups, anchors;
    ml_err e;

    ml_checkoptions(L, 1, options);
    ml_optpush(L, 1, "groups");
    groups = lua_gettop(L);
    a = new_approved(L, count_keys(L, 1, groups), &anchors);
    a->keys.groups = (uint32_t)lua_rawlen(L, groups);
    a->keys.threshold = (uint32_t)ml_optnumber(L, 1, "threshold", 0, UINT32_MAX, 0);
    for (i = 1; i <= (lua_Integer)a->keys.groups; i++) {
        lua_rawgeti(L, groups, i);
        for (k = 1; k <= (lua_Integer)lua_rawlen(L, -1); k++) {
            lua_rawgeti(L, -1, k);
            if (add_key(L, 1, anchors, a, (uint32_t)(i - 1), &e) < 0)
                return ml_pushfail(L, &e);
            drop_double(a);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    lua_pushvalue(L, anchors - 1);
    return 1;
}

/* sops.approved(list of age texts | { groups = { { Key, … }, … }, threshold = }) -> Approved |
 * nil, error. Only moonlatch.recipients, which asks, and the faces, whose peers do not ask, may
 * call it. A key twice in a group counts once. */
int ml_sops_lua_approved(lua_State *L)
{
    ml_lua_approved *a;
    size_t count, i;
    int anchors;
    ml_err e;

    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_getfield(L, 1, "groups") != LUA_TNIL)
        return approve_groups(L);
    count = ml_checklist(L, 1);
    a = new_approved(L, count, &anchors);
    a->keys.groups = 1;
    for (i = 0; i < count; i++) {
        if (add_age(a, 0, ml_bytes_text(ml_listname(L, 1, i)), &e) < 0)
            return ml_pushfail(L, &e);
        drop_double(a);
    }
    lua_pushvalue(L, anchors - 1);
    return 1;
}

/* --- keys as tables --- */

static void push_key(lua_State *L, const ml_sops_key *key)
{
    const ml_sops_field *f = ml_sops_kind_fields(key->kind);
    size_t i;

    lua_createtable(L, 0, 8);
    ml_settext(L, "kind", ml_sops_kind_word(key->kind));
    for (i = 0; f[i].name != NULL; i++)
        if (key->text[i].len > 0)
            ml_setbytes(L, f[i].name, key->text[i]);
    ml_setbytes(L, "recipient", key->name);
    if (key->context_count == 0)
        return;
    lua_createtable(L, 0, (int)key->context_count);
    for (i = 0; i < key->context_count; i++) {
        ml_pushbytes(L, key->context[i].name);
        ml_pushbytes(L, key->context[i].value);
        lua_rawset(L, -3);
    }
    lua_setfield(L, -2, "context");
}

/* file:recipients() -> list of Keys, each with index, group (from 1), line, enc */
int ml_sops_lua_recipients(lua_State *L)
{
    const ml_sops_metadata *m = ml_sops_meta(ml_checksops(L, 1));
    size_t i;

    lua_createtable(L, (int)m->count, 0);
    for (i = 0; i < m->count; i++) {
        const ml_sops_recipient *r = &m->recipients[i];

        push_key(L, &r->key);
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
    release_approved(v->approved);
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
    ml_lua_approved *a = ml_checkhandle(L, arg, &approved_type);
    void **slot = ml_newhandle(L, &envelope_type, 1);
    lua_envelope *v = calloc(1, sizeof *v);

    if (v == NULL)
        ml_raisememory(L);
    v->approved = a;
    a->users++;
    *slot = v;
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
    if (ml_tohandle(L, arg, &approved_type) != NULL)
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
        push_key(L, v->keys.list[i].key);
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

/* Sets the field `groups` of the table at the top: for each group whether it is open, and its keys
 * with what was said of them. */
static void set_groups(lua_State *L, const ml_sops *s, const ml_sops_kind order[ML_SOPS_KINDS])
{
    const uint32_t groups = ml_sops_meta(s)->groups;
    uint32_t group;
    size_t i;

    lua_createtable(L, (int)groups, 0);
    for (group = 0; group < groups; group++) {
        lua_createtable(L, 0, 2);
        ml_setflag(L, "open", ml_sops_group_open(s, group));
        lua_newtable(L);
        for (i = 0; i < ML_SOPS_KINDS; i++)
            list_kind(L, s, group, order[i]);
        lua_setfield(L, -2, "keys");
        lua_rawseti(L, -2, (lua_Integer)group + 1);
    }
    lua_setfield(L, -2, "groups");
}

/* file:unlock(identities[, { order = { "age", "pgp" } }]) -> { identity = index, recipient = text }
 * (none where key sources opened all) | nil, error ("key", with `groups`, in this order of kinds)
 */
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
    lua_createtable(L, 0, 2);
    if (identity != SIZE_MAX)
        ml_setinteger(L, "identity", (lua_Integer)identity + 1);
    if (recipient != SIZE_MAX)
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
    ml_newtype(L, &approved_type, NULL, NULL);
    ml_newtype(L, &envelope_type, envelope_methods, NULL);
}
