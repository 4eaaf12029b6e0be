/* mod_sops_approved.c — part of `moonlatch.sops`: sets of keys that were approved, and keys as
 * tables.
 *
 * What wraps a data key takes an approved set, which moonlatch.recipients makes after asking. A Key
 * is a table: { kind = "age" | "pgp" | …, recipient = what sops prints, and the fields that the
 * kind has in the metadata }. */
#include <stdlib.h>
#include <string.h>

#include "lua/mod_sops.h"

void ml_sops_lua_release_approved(void *p)
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

static const ml_handle_type approved_type = { "moonlatch.approved", ml_sops_lua_release_approved,
                                              NULL };

ml_lua_approved *ml_checkapproved(lua_State *L, int arg)
{
    return ml_checkhandle(L, arg, &approved_type);
}

bool ml_sops_lua_is_approved(lua_State *L, int arg)
{
    return ml_tohandle(L, arg, &approved_type) != NULL;
}

/* An empty set with room for `count` keys; `anchors` is the place of the table that keeps their
 * texts alive. */
static ml_lua_approved *new_approved(lua_State *L, size_t count, int *anchors)
{
    ml_lua_approved *a = ml_newowned(L, &approved_type, sizeof *a, 1);

    a->users = 1;
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

    lua_pushstring(L, name);
    if (lua_rawget(L, table) == LUA_TSTRING) { /* no code of the script may change the lists */
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

    lua_pushliteral(L, "context");
    if (lua_rawget(L, table) == LUA_TNIL) {
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
    lua_Integer threshold, i, k;
    int groups, anchors;
    ml_err e;

    ml_checkoptions(L, 1, options);
    threshold = ml_optnumber(L, 1, "threshold", 0, UINT32_MAX, 0);
    ml_optpush(L, 1, "groups");
    groups = lua_gettop(L);
    a = new_approved(L, count_keys(L, 1, groups), &anchors);
    a->keys.groups = (uint32_t)lua_rawlen(L, groups);
    a->keys.threshold = (uint32_t)threshold;
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
    if (ml_optpush(L, 1, "groups") != LUA_TNIL)
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

void ml_sops_lua_push_key(lua_State *L, const ml_sops_key *key)
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

void ml_sops_lua_approved_type(lua_State *L)
{
    ml_newtype(L, &approved_type, NULL, NULL);
}
