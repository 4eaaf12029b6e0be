/* mod_sops_values.c — part of `moonlatch.sops`: the values of a sealed file, and their paths. */
#include "doc/value.h"
#include "lua/mod_sops.h"

/* The node at `path` of the first document. */
static int find_node(const ml_sops *s, const char *path, ml_node *out, ml_err *e)
{
    const ml_doc *d = ml_sops_doc(s);

    if (ml_doc_roots(d) == 0)
        return ml_fail(e, ML_E_MISSING, "the file is empty");
    if (ml_doc_find(d, ml_doc_root(d, 0), path, out, e) < 0)
        return -1;
    if (ml_sops_is_metadata(s, *out))
        return ml_fail(e, ML_E_ARGUMENT, "'%s' is the file's metadata, not a value", path);
    return 0;
}

/* file:value(path[, { format = "yaml", indent = }]) -> bytes, type | nil, error. A scalar's exact
 * bytes with its type ("str", "int", …): a Secret if it was sealed, a string if it stands in clear.
 * A map or list is a Secret with a document of that format, and the type "map" or "list". */
int ml_sops_lua_value(lua_State *L)
{
    static const char *const options[] = { "format", "indent", NULL };
    ml_sops *s = ml_checksops(L, 1);
    const char *path = ml_checkname(L, 2);
    const ml_node_info *info;
    ml_sops_output output;
    ml_type type = ML_TYPE_NULL;
    bool sealed = true;
    ml_secret *out;
    ml_bytes text;
    ml_node n;
    ml_err e;

    ml_checkoptions(L, 3, options);
    output = ml_sops_lua_output(
        L, 3, "format", ml_sops_format_now(s) == ML_SOPS_JSON ? ML_SOPS_JSON : ML_SOPS_YAML);
    if (find_node(s, path, &n, &e) < 0)
        return ml_pushfail(L, &e);
    n = ml_doc_resolve(ml_sops_doc(s), n);
    info = ml_doc_node(ml_sops_doc(s), n);
    if (info->kind == ML_KIND_SCALAR && ml_sops_value(s, n, &type, &text, &sealed, &e) < 0)
        return ml_pushfail(L, &e);
    out = ml_newemptysecret(L);
    if (ml_sops_clear_node(s, n, &output, out, &e) < 0)
        return ml_pushfail(L, &e);
    if (!sealed)
        ml_pushbytes(L, ml_secret_bytes(out));
    lua_pushstring(L, info->kind == ML_KIND_MAP    ? "map"
                      : info->kind == ML_KIND_LIST ? "list"
                      : type == ML_TYPE_NULL       ? "null"
                                                   : ml_type_word(type));
    return 2;
}

/* Adds the values below a node, whose path is at the top, to the lists of paths and of lines. */
static void add_leaves(lua_State *L, const ml_sops *s, ml_node n, int list)
{
    const ml_doc *d = ml_sops_doc(s);
    const ml_node_info *info = ml_doc_node(d, n);
    ml_node child;
    lua_Integer index = 0;

    luaL_checkstack(L, 4, "the file nests too deep");
    if (ml_sops_is_metadata(s, n))
        return;
    if (info->kind != ML_KIND_MAP && info->kind != ML_KIND_LIST) {
        const lua_Integer at = (lua_Integer)lua_rawlen(L, list) + 1;

        lua_pushvalue(L, -1);
        lua_rawseti(L, list, at);
        lua_pushinteger(L, (lua_Integer)info->line);
        lua_rawseti(L, list + 1, at);
        return;
    }
    for (child = info->first; child != ML_NO_NODE; child = ml_doc_node(d, child)->next) {
        const ml_node_info *c = ml_doc_node(d, child);
        const char *joint = lua_rawlen(L, -1) > 0 ? "/" : "";

        if (c->kind == ML_KIND_COMMENT)
            continue;
        lua_pushvalue(L, -1);
        lua_pushstring(L, joint);
        if (c->key != ML_NO_NODE) {
            ml_pushbytes(L, ml_doc_scalar(d, c->key));
            luaL_gsub(L, lua_tostring(L, -1), "~", "~0");
            luaL_gsub(L, lua_tostring(L, -1), "/", "~1");
            lua_replace(L, -3);
            lua_pop(L, 1);
        } else {
            lua_pushfstring(L, "%I", (LUAI_UACINT)index++);
        }
        lua_concat(L, 3);
        add_leaves(L, s, child, list);
        lua_pop(L, 1);
    }
}

/* file:paths() -> list of the paths of all values, of each document in turn, list of their lines;
 * no key is needed */
int ml_sops_lua_paths(lua_State *L)
{
    const ml_sops *s = ml_checksops(L, 1);
    const ml_doc *d = ml_sops_doc(s);
    size_t i;

    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "");
    for (i = 0; i < ml_doc_roots(d); i++)
        add_leaves(L, s, ml_doc_root(d, i), lua_gettop(L) - 2);
    lua_pop(L, 1);
    return 2;
}
