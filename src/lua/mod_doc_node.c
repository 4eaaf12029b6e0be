/* mod_doc_node.c — part of `moonlatch.doc`: the places in a document. */
#include <string.h>

#include "doc/value.h"
#include "lua/mod_doc.h"

#define NODE "moonlatch.node"

typedef struct node {
    ml_node index;
    unsigned long generation;
} node;

void ml_pushnode(lua_State *L, int document, ml_node n)
{
    const ml_lua_doc *d = ml_checkdocument(L, document);
    node *made;

    document = lua_absindex(L, document);
    made = lua_newuserdatauv(L, sizeof *made, 1);
    made->index = n;
    made->generation = d->generation;
    luaL_setmetatable(L, NODE);
    lua_pushvalue(L, document);
    lua_setiuservalue(L, -2, 1);
}

/* Pushes the node, or nil for ML_NO_NODE. */
static int push_optional(lua_State *L, int document, ml_node n)
{
    if (n == ML_NO_NODE)
        lua_pushnil(L);
    else
        ml_pushnode(L, document, n);
    return 1;
}

static void raise_closed(lua_State *L)
{
    ml_err e;

    ml_fail(&e, ML_E_CLOSED, "the node is from before an edit of its document");
    ml_err_hint(&e, "find it again in the document as it is now");
    ml_pusherror(L, &e);
    lua_error(L);
}

ml_node ml_checknode(lua_State *L, int arg, ml_lua_doc **document)
{
    const node *n = luaL_checkudata(L, arg, NODE);
    void *const *slot;

    lua_getiuservalue(L, arg, 1);
    slot = lua_touserdata(L, -1);
    lua_pop(L, 1); /* the node holds it */
    if (*slot == NULL)
        luaL_argerror(L, arg, "the node's document is closed");
    *document = *slot;
    if (n->generation != (*document)->generation)
        raise_closed(L);
    return n->index;
}

/* As ml_checknode, and pushes the document. */
static ml_node check_and_push(lua_State *L, int arg, ml_lua_doc **d)
{
    const ml_node n = ml_checknode(L, arg, d);

    lua_getiuservalue(L, arg, 1);
    return n;
}

static const char *kind_word(uint8_t kind)
{
    static const char *const words[] = { "map", "list", "scalar", "alias", "comment" };

    return words[kind];
}

static const char *style_word(uint8_t style)
{
    static const char *const words[] = { "plain",  "single",   "double", "literal",
                                         "folded", "backtick", "triple" };

    return words[style];
}

static const char *type_word(const ml_node_info *info)
{
    if (info->kind == ML_KIND_COMMENT)
        return "comment";
    return info->type == ML_TYPE_NULL ? "null" : ml_type_word((ml_type)info->type);
}

static void push_text(lua_State *L, const ml_lua_doc *d, ml_node n)
{
    if (d->is_secret)
        ml_pushsecret(L, ml_doc_scalar(d->doc, n));
    else
        ml_pushbytes(L, ml_doc_scalar(d->doc, n));
}

/* Pushes text, or nil when there are no bytes. */
static bool push_some(lua_State *L, ml_bytes text)
{
    if (text.len > 0)
        ml_pushbytes(L, text);
    else
        lua_pushnil(L);
    return true;
}

/* Fields of a node that need more than its numbers. */
static bool node_more(lua_State *L, ml_lua_doc *d, ml_node n, const char *name)
{
    const ml_node_info *info = ml_doc_node(d->doc, n);

    if (strcmp(name, "key") == 0 && info->key != ML_NO_NODE) {
        ml_pushbytes(L, ml_doc_scalar(d->doc, info->key)); /* which may be empty */
        return true;
    }
    if (strcmp(name, "anchor") == 0)
        return push_some(L, ml_doc_anchor(d->doc, n));
    if (strcmp(name, "tag") == 0)
        return push_some(L, ml_doc_tag(d->doc, n));
    if (strcmp(name, "target") == 0) {
        lua_getiuservalue(L, 1, 1);
        push_optional(L, lua_gettop(L), info->kind == ML_KIND_ALIAS ? info->target : ML_NO_NODE);
        return true;
    }
    return false;
}

static bool node_field(lua_State *L, const char *name)
{
    static const char *const fields[] = { "anchor", "column", "count", "flow",   "key",  "kind",
                                          "line",   "style",  "tag",   "target", "type", NULL };
    const ml_node_info *info;
    ml_lua_doc *d;
    ml_node n;
    int i = 0;

    while (fields[i] != NULL && strcmp(fields[i], name) != 0)
        i++;
    if (fields[i] == NULL)
        return false;
    n = ml_checknode(L, 1, &d);
    info = ml_doc_node(d->doc, n);
    if (strcmp(name, "kind") == 0)
        lua_pushstring(L, kind_word(info->kind));
    else if (strcmp(name, "style") == 0)
        lua_pushstring(L, style_word(info->style));
    else if (strcmp(name, "type") == 0)
        lua_pushstring(L, type_word(info));
    else if (strcmp(name, "flow") == 0)
        lua_pushboolean(L, info->flow);
    else if (strcmp(name, "line") == 0)
        lua_pushinteger(L, (lua_Integer)info->line);
    else if (strcmp(name, "column") == 0)
        lua_pushinteger(L, (lua_Integer)info->column);
    else if (strcmp(name, "count") == 0)
        lua_pushinteger(L, (lua_Integer)info->count);
    else
        return node_more(L, d, n, name);
    return true;
}

/* node:text() -> decoded text of a scalar, key or comment; a Secret in a secret document */
static int node_text(lua_State *L)
{
    ml_lua_doc *d;
    const ml_node n = ml_checknode(L, 1, &d);
    const uint8_t kind = ml_doc_node(d->doc, n)->kind;

    luaL_argcheck(L, kind == ML_KIND_SCALAR || kind == ML_KIND_COMMENT, 1,
                  "only scalars and comments have a text");
    push_text(L, d, n);
    return 1;
}

/* node:value() -> a scalar as string, integer, number, boolean or nil (null). In a secret document
 * all but null is a Secret with the text. */
static int node_value(lua_State *L)
{
    ml_lua_doc *d;
    const ml_node n = ml_checknode(L, 1, &d);
    const ml_node_info *info = ml_doc_node(d->doc, n);
    ml_buf *out;
    ml_err e;

    luaL_argcheck(L, info->kind == ML_KIND_SCALAR, 1, "only scalars have a value");
    if (info->type == ML_TYPE_NULL) {
        lua_pushnil(L);
        return 1;
    }
    if (d->is_secret ||
        (info->type != ML_TYPE_INT && info->type != ML_TYPE_FLOAT && info->type != ML_TYPE_BOOL)) {
        push_text(L, d, n);
        return 1;
    }
    out = ml_newbuf(L);
    if (ml_value_canonical(ml_doc_format(d->doc), (ml_type)info->type, ml_doc_scalar(d->doc, n),
                           out, &e) < 0) {
        push_text(L, d, n); /* a number beyond what Lua has */
        return 1;
    }
    if (info->type == ML_TYPE_BOOL) {
        lua_pushboolean(L, ml_bytes_is(ml_buf_bytes(out), "True"));
        return 1;
    }
    ml_buf_byte(out, '\0');
    if (out->failed || lua_stringtonumber(L, (const char *)out->p) == 0)
        push_text(L, d, n);
    return 1;
}

/* The next child in `next`; upvalues: document, next node, generation, a word that says what. */
static int next_child(lua_State *L)
{
    const ml_lua_doc *d = ml_checkdocument(L, lua_upvalueindex(1));
    ml_node n = (ml_node)lua_tointeger(L, lua_upvalueindex(2));
    const lua_Integer mode = lua_tointeger(L, lua_upvalueindex(4));
    const ml_node_info *info;

    if ((unsigned long)lua_tointeger(L, lua_upvalueindex(3)) != d->generation)
        raise_closed(L);
    while (mode != 0 && n != ML_NO_NODE && ml_doc_node(d->doc, n)->kind == ML_KIND_COMMENT)
        n = ml_doc_node(d->doc, n)->next;
    if (n == ML_NO_NODE)
        return 0;
    info = ml_doc_node(d->doc, n);
    lua_pushinteger(L, (lua_Integer)info->next);
    lua_replace(L, lua_upvalueindex(2));
    if (mode == 1)
        ml_pushbytes(L, ml_doc_scalar(d->doc, info->key));
    else if (mode == 2) {
        lua_pushinteger(L, lua_tointeger(L, lua_upvalueindex(5)) + 1);
        lua_pushvalue(L, -1);
        lua_replace(L, lua_upvalueindex(5));
    }
    ml_pushnode(L, lua_upvalueindex(1), n);
    return mode == 0 ? 1 : 2;
}

/* Pushes an iterator over the children of a node: 0 all, 1 pairs of a map, 2 items of a list. */
static int push_iterator(lua_State *L, int mode)
{
    ml_lua_doc *d;
    const ml_node n = check_and_push(L, 1, &d);
    const ml_node_info *info = ml_doc_node(d->doc, ml_doc_resolve(d->doc, n));

    luaL_argcheck(L, mode != 1 || info->kind == ML_KIND_MAP, 1, "the node is no map");
    luaL_argcheck(L, mode != 2 || info->kind == ML_KIND_LIST, 1, "the node is no list");
    lua_pushinteger(L, (lua_Integer)info->first);
    lua_pushinteger(L, (lua_Integer)d->generation);
    lua_pushinteger(L, mode);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_child, 5);
    return 1;
}

/* node:children() -> iterator of Nodes, comments too */
static int node_children(lua_State *L)
{
    return push_iterator(L, 0);
}

/* node:pairs() -> iterator of key, Node */
static int node_pairs(lua_State *L)
{
    return push_iterator(L, 1);
}

/* node:items() -> iterator of index (from 1), Node */
static int node_items(lua_State *L)
{
    return push_iterator(L, 2);
}

/* node:get(key) -> Node of a map's value, an alias followed | nil */
static int node_get(lua_State *L)
{
    ml_lua_doc *d;
    const ml_node n = check_and_push(L, 1, &d);
    const ml_bytes key = ml_checkbytes(L, 2);

    return push_optional(L, lua_gettop(L), ml_doc_get(d->doc, n, key));
}

/* node:item(i) -> Node of a list, from 1 | nil */
static int node_item(lua_State *L)
{
    ml_lua_doc *d;
    const ml_node n = check_and_push(L, 1, &d);
    const lua_Integer index = luaL_checkinteger(L, 2);

    if (index < 1 || index > UINT32_MAX) {
        lua_pushnil(L);
        return 1;
    }
    return push_optional(L, lua_gettop(L),
                         ml_doc_item(d->doc, ml_doc_resolve(d->doc, n), (size_t)index - 1));
}

/* node:resolve() -> the node that an alias stands for, else the node */
static int node_resolve(lua_State *L)
{
    ml_lua_doc *d;
    const ml_node n = check_and_push(L, 1, &d);

    return push_optional(L, lua_gettop(L), ml_doc_resolve(d->doc, n));
}

/* node:parent() -> Node | nil */
static int node_parent(lua_State *L)
{
    ml_lua_doc *d;
    const ml_node n = check_and_push(L, 1, &d);

    return push_optional(L, lua_gettop(L), ml_doc_node(d->doc, n)->parent);
}

/* node:path() -> "a/b/0" */
static int node_path(lua_State *L)
{
    ml_lua_doc *d;
    const ml_node n = ml_checknode(L, 1, &d);
    ml_buf *out = ml_newbuf(L);

    ml_doc_write_path(d->doc, n, out);
    ml_pushbuf(L, out);
    return 1;
}

static int node_equal(lua_State *L)
{
    const node *a = luaL_testudata(L, 1, NODE), *b = luaL_testudata(L, 2, NODE);
    bool same = a != NULL && b != NULL && a->index == b->index && a->generation == b->generation;

    if (same) {
        lua_getiuservalue(L, 1, 1);
        lua_getiuservalue(L, 2, 1);
        same = lua_rawequal(L, -1, -2) != 0;
    }
    lua_pushboolean(L, same);
    return 1;
}

static int node_tostring(lua_State *L)
{
    const node *n = luaL_checkudata(L, 1, NODE);

    lua_pushfstring(L, "<node %d>", (int)n->index);
    return 1;
}

static const luaL_Reg node_methods[] = {
    { "children", node_children },
    { "get", node_get },
    { "item", node_item },
    { "items", node_items },
    { "pairs", node_pairs },
    { "parent", node_parent },
    { "path", node_path },
    { "resolve", node_resolve },
    { "text", node_text },
    { "value", node_value },
    { NULL, NULL },
};

static const luaL_Reg node_meta[] = {
    { "__eq", node_equal },
    { "__tostring", node_tostring },
    { NULL, NULL },
};

void ml_doc_node_type(lua_State *L)
{
    ml_newmeta(L, NODE, node_methods, node_meta, node_field);
}
