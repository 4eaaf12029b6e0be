/* mod_doc.c — Lua module `moonlatch.doc`: YAML and JSON documents that keep their text.
 *
 * A Node is a place in the document as it stands; after an edit all nodes are closed, since the
 * text was read again. A document made from a secret is one itself: text and values are secrets,
 * keys, kinds and places are not. */
#include "lua/mod_doc.h"

#include <stdlib.h>
#include <string.h>

#include "doc/value.h"
#include "lua/doc_tree.h"
#include "lua/modules.h"
#include "lua/null.h"

static void release(void *p)
{
    ml_lua_doc *d = p;

    ml_doc_free(d->doc);
    ml_secret_free(&d->secret);
    ml_buf_free(&d->text);
    free(d);
}

/* In the order of ml_format. */
static const char *const formats[] = { "yaml", "json", "dotenv", "ini", NULL };

static bool document_field(lua_State *L, void *p, const char *name)
{
    const ml_lua_doc *d = p;

    if (strcmp(name, "path") == 0)
        lua_pushstring(L, ml_doc_path(d->doc));
    else if (strcmp(name, "format") == 0)
        lua_pushstring(L, formats[ml_doc_format(d->doc)]);
    else if (strcmp(name, "secret") == 0)
        lua_pushboolean(L, d->is_secret);
    else
        return false;
    return true;
}

const ml_handle_type ml_type_document = { "moonlatch.document", release, document_field };

ml_lua_doc *ml_checkdocument(lua_State *L, int arg)
{
    return ml_checkhandle(L, arg, &ml_type_document);
}

/* doc.parse(bytes, { format = "yaml" | "json" | "dotenv" | "ini", path = }) -> Document | nil,
 * error */
static int doc_parse(lua_State *L)
{
    static const char *const options[] = { "format", "path", NULL };
    const ml_bytes bytes = ml_checkbytes(L, 1);
    const bool is_secret = ml_issecret(L, 1);
    const char *path;
    ml_format format;
    void **slot;
    ml_lua_doc *d;
    ml_bytes text;
    ml_err e;

    ml_checkoptions(L, 2, options);
    format = (ml_format)ml_optword(L, 2, "format", formats, ML_FORMAT_YAML);
    path = ml_opttext(L, 2, "path", NULL);
    slot = ml_newhandle(L, &ml_type_document, 0);
    d = calloc(1, sizeof *d);
    if (d == NULL)
        return ml_raisememory(L);
    *slot = d;
    d->is_secret = is_secret;
    if (is_secret) {
        if (ml_secret_copy(&d->secret, bytes, &e) < 0)
            goto failed;
        text = ml_secret_bytes(&d->secret);
    } else {
        ml_buf_add(&d->text, bytes);
        if (ml_buf_check(&d->text, &e) < 0)
            goto failed;
        text = ml_buf_bytes(&d->text);
    }
    if (ml_doc_parse(&d->doc, format, text, path, &e) < 0)
        goto failed;
    return 1;
failed:
    *slot = NULL; /* without nodes it is not open */
    release(d);
    return ml_pushfail(L, &e);
}

/* d:text() -> the text as it is now; a Secret in a secret document */
static int document_text(lua_State *L)
{
    const ml_lua_doc *d = ml_checkdocument(L, 1);

    if (d->is_secret)
        ml_pushsecret(L, ml_doc_text(d->doc));
    else
        ml_pushbytes(L, ml_doc_text(d->doc));
    return 1;
}

/* d:roots() -> how many documents the text has */
static int document_roots(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ml_doc_roots(ml_checkdocument(L, 1)->doc));
    return 1;
}

/* d:root([i = 1]) -> Node | nil */
static int document_root(lua_State *L)
{
    const ml_lua_doc *d = ml_checkdocument(L, 1);
    const lua_Integer index = luaL_optinteger(L, 2, 1);

    if (index < 1 || (size_t)index > ml_doc_roots(d->doc)) {
        lua_pushnil(L);
        return 1;
    }
    ml_pushnode(L, 1, ml_doc_root(d->doc, (size_t)index - 1));
    return 1;
}

/* d:find(path[, from]) -> Node | nil, error ("missing" with the nearest name) */
static int document_find(lua_State *L)
{
    ml_lua_doc *d = ml_checkdocument(L, 1), *other;
    const char *path = ml_checkname(L, 2);
    ml_node from, found;
    ml_err e;

    if (!lua_isnoneornil(L, 3)) {
        from = ml_checknode(L, 3, &other);
        luaL_argcheck(L, other == d, 3, "a node of another document");
    } else if (ml_doc_roots(d->doc) == 0) {
        ml_fail(&e, ML_E_MISSING, "the document is empty");
        ml_err_at(&e, ml_doc_path(d->doc), 0, 0);
        return ml_pushfail(L, &e);
    } else {
        from = ml_doc_root(d->doc, 0);
    }
    if (ml_doc_find(d->doc, from, path, &found, &e) < 0)
        return ml_pushfail(L, &e);
    ml_pushnode(L, 1, found);
    return 1;
}

/* doc.alias(name) -> a value for edits: the alias *name */
static int doc_alias(lua_State *L)
{
    ml_checkname(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "name");
    luaL_setmetatable(L, ML_DOC_ALIAS);
    return 1;
}

/* doc.map{ { key, value }, … } -> a value for edits: a map in this order */
static int doc_map(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_setmetatable(L, ML_DOC_MAP);
    return 1;
}

/* doc.scalar(bytes, type) -> a value for edits: text that is an "int", "float", "bool", … */
static int doc_scalar(lua_State *L)
{
    ml_checkbytes(L, 1);
    ml_checkname(L, 2);
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "bytes");
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "type");
    luaL_setmetatable(L, ML_DOC_SCALAR);
    return 1;
}

static const luaL_Reg document_methods[] = {
    { "find", document_find },
    { "root", document_root },
    { "roots", document_roots },
    { "text", document_text },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "alias", doc_alias },   { "map", doc_map }, { "parse", doc_parse },
    { "scalar", doc_scalar }, { NULL, NULL },
};

/* Adds the edits to the document's methods. */
static void add_edits(lua_State *L)
{
    luaL_getmetatable(L, ml_type_document.name);
    lua_getfield(L, -1, "methods");
    luaL_setfuncs(L, ml_doc_edits, 0);
    lua_pop(L, 2);
}

int luaopen_moonlatch_doc(lua_State *L)
{
    ml_newtype(L, &ml_type_document, document_methods, NULL);
    add_edits(L);
    ml_doc_node_type(L);
    luaL_newmetatable(L, ML_DOC_ALIAS);
    luaL_newmetatable(L, ML_DOC_MAP);
    luaL_newmetatable(L, ML_DOC_SCALAR);
    lua_pop(L, 3);
    luaL_newlib(L, functions);
    ml_pushnull(L);
    lua_setfield(L, -2, "null");
    return 1;
}
