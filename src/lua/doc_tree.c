/* doc_tree.c — see doc_tree.h. */
#include "lua/doc_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "doc/value.h"
#include "lua/null.h"

static void read_value(lua_State *L, int keep, const char *type, ml_tree *out, int depth);

/* Moves the value at the top into the table `keep`. */
static void keep_it(lua_State *L, int keep)
{
    lua_rawseti(L, keep, (lua_Integer)lua_rawlen(L, keep) + 1);
}

/* A tree node's children, owned by `keep`. */
static ml_tree *new_children(lua_State *L, int keep, size_t count)
{
    ml_tree *children = ml_newblock(L, count, sizeof *children);

    keep_it(L, keep);
    return children;
}

static bool has_meta(lua_State *L, const char *name)
{
    bool same = false;

    if (lua_getmetatable(L, -1)) {
        luaL_getmetatable(L, name);
        same = lua_rawequal(L, -1, -2) != 0;
        lua_pop(L, 2);
    }
    return same;
}

static int by_key(const void *a, const void *b)
{
    return ml_bytes_compare(((const ml_tree *)a)->key, ((const ml_tree *)b)->key);
}

static ml_bytes key_of(lua_State *L, int index)
{
    size_t len;
    const char *text;

    if (lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "a map's keys are strings, not a %s", luaL_typename(L, index));
    text = lua_tolstring(L, index, &len);
    return ml_bytes_of(text, len);
}

/* The table at the top as a map, keys sorted. */
static void read_map(lua_State *L, int keep, ml_tree *out, int depth)
{
    const int table = lua_gettop(L);
    ml_tree *children;

    out->kind = ML_KIND_MAP;
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        out->count++;
        lua_pop(L, 1);
    }
    children = new_children(L, keep, out->count);
    out->children = children;
    out->count = 0;
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        ml_tree *child = &children[out->count++];

        child->key = key_of(L, -2);
        read_value(L, keep, NULL, child, depth + 1);
        lua_pop(L, 1);
    }
    qsort(children, out->count, sizeof *children, by_key);
}

/* doc.map{ { key, value }, … } */
static void read_ordered_map(lua_State *L, int keep, ml_tree *out, int depth)
{
    const int table = lua_gettop(L);
    ml_tree *children;
    size_t i;

    out->kind = ML_KIND_MAP;
    out->count = (size_t)lua_rawlen(L, table);
    children = new_children(L, keep, out->count);
    out->children = children;
    for (i = 0; i < out->count; i++) {
        if (lua_rawgeti(L, table, (lua_Integer)i + 1) != LUA_TTABLE)
            luaL_error(L, "doc.map is made of pairs { key, value }");
        lua_rawgeti(L, -1, 1);
        children[i].key = key_of(L, -1);
        lua_pop(L, 1);
        lua_rawgeti(L, -1, 2);
        read_value(L, keep, NULL, &children[i], depth + 1);
        lua_pop(L, 2);
    }
}

static void read_list(lua_State *L, int keep, ml_tree *out, int depth)
{
    const int table = lua_gettop(L);
    ml_tree *children;
    size_t i;

    out->kind = ML_KIND_LIST;
    out->count = (size_t)lua_rawlen(L, table);
    children = new_children(L, keep, out->count);
    out->children = children;
    for (i = 0; i < out->count; i++) {
        lua_rawgeti(L, table, (lua_Integer)i + 1);
        read_value(L, keep, NULL, &children[i], depth + 1);
        lua_pop(L, 1);
    }
}

/* doc.scalar(bytes, type) */
static void read_scalar(lua_State *L, int keep, ml_tree *out, int depth)
{
    const char *type;

    out->kind = ML_KIND_SCALAR;
    lua_getfield(L, -1, "type");
    type = lua_tostring(L, -1);
    lua_getfield(L, -2, "bytes");
    read_value(L, keep, type, out, depth + 1);
    lua_pop(L, 2); /* the table holds both */
}

static void read_table(lua_State *L, int keep, ml_tree *out, int depth)
{
    if (has_meta(L, ML_DOC_SCALAR)) {
        read_scalar(L, keep, out, depth);
    } else if (has_meta(L, ML_DOC_ALIAS)) {
        lua_getfield(L, -1, "name");
        out->kind = ML_KIND_ALIAS;
        out->text = key_of(L, -1);
        lua_pop(L, 1);
    } else if (has_meta(L, ML_DOC_MAP)) {
        read_ordered_map(L, keep, out, depth);
    } else if (lua_rawlen(L, -1) > 0 || has_meta(L, "moonlatch.json.array")) {
        read_list(L, keep, out, depth);
    } else {
        read_map(L, keep, out, depth);
    }
}

/* Text that is to become a value of another type: checked, and brought into its one spelling. */
static void read_typed(lua_State *L, int keep, ml_bytes text, ml_type type, ml_tree *out)
{
    ml_buf *canonical = ml_newbuf(L);
    ml_err e;

    keep_it(L, keep);
    if (type == ML_TYPE_INT || type == ML_TYPE_FLOAT) {
        const ml_type found = ml_value_yaml_type(text);

        if (found != type && !(found == ML_TYPE_INT && type == ML_TYPE_FLOAT)) {
            ml_fail(&e, ML_E_ARGUMENT, "the value is no %s", ml_type_word(type));
            ml_pusherror(L, &e);
            lua_error(L);
        }
        if (ml_value_canonical(ML_FORMAT_YAML, type, text, canonical, &e) < 0) {
            ml_pusherror(L, &e);
            lua_error(L);
        }
    } else if (ml_value_accept(type, text, canonical, &e) < 0) {
        ml_pusherror(L, &e);
        lua_error(L);
    }
    if (canonical->failed)
        ml_raisememory(L);
    out->type = type;
    out->text = ml_buf_bytes(canonical);
}

static void read_text(lua_State *L, int keep, const char *type, ml_tree *out)
{
    const ml_bytes text = ml_checkbytes(L, lua_gettop(L));
    ml_type wanted = ML_TYPE_STR;

    if (type != NULL && strcmp(type, "null") == 0) {
        out->type = ML_TYPE_NULL;
        return;
    }
    if (type != NULL && ml_type_of_word(ml_bytes_text(type), &wanted) < 0)
        luaL_error(L, "there is no type '%s'", type);
    if (wanted == ML_TYPE_STR || wanted == ML_TYPE_BYTES) {
        out->type = wanted;
        out->text = text;
        return;
    }
    read_typed(L, keep, text, wanted, out);
}

static void read_number(lua_State *L, int keep, ml_tree *out)
{
    const ml_type type = lua_isinteger(L, -1) ? ML_TYPE_INT : ML_TYPE_FLOAT;
    ml_buf *text = ml_newbuf(L);

    keep_it(L, keep);
    if (type == ML_TYPE_INT)
        ml_buf_format(text, LUA_INTEGER_FMT, lua_tointeger(L, -1));
    else
        ml_buf_format(text, "%.17g", (double)lua_tonumber(L, -1));
    if (text->failed)
        ml_raisememory(L);
    read_typed(L, keep, ml_buf_bytes(text), type, out);
}

/* The value at the top; it stays there. */
static void read_value(lua_State *L, int keep, const char *type, ml_tree *out, int depth)
{
    luaL_checkstack(L, 8, "the value nests too deep");
    if (depth > ML_LIMIT_DEPTH)
        luaL_error(L, "the value nests too deep");
    out->kind = ML_KIND_SCALAR;
    switch (lua_type(L, -1)) {
    case LUA_TTABLE:
        read_table(L, keep, out, depth);
        break;
    case LUA_TNUMBER:
        read_number(L, keep, out);
        break;
    case LUA_TBOOLEAN:
        out->type = ML_TYPE_BOOL;
        out->text = ml_bytes_text(lua_toboolean(L, -1) ? "True" : "False");
        break;
    default:
        if (ml_isnull(L, -1))
            out->type = ML_TYPE_NULL;
        else
            read_text(L, keep, type, out);
        break;
    }
}

void ml_checktree(lua_State *L, int arg, const char *type, ml_tree *out)
{
    int keep;

    luaL_checkany(L, arg);
    lua_newtable(L);
    keep = lua_gettop(L);
    lua_pushvalue(L, arg);
    memset(out, 0, sizeof *out);
    read_value(L, keep, type, out, 0);
    lua_pop(L, 1);
}
