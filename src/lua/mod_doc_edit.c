/* mod_doc_edit.c — part of `moonlatch.doc`: edits. Each takes effect at once: the new text is read
 * again, and when that is not the change that was asked for, the document stays what it was. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "doc/change.h"
#include "lua/doc_tree.h"
#include "lua/mod_doc.h"

/* The edits of one call, freed by Lua whatever happens. */
static void release(void *p)
{
    ml_edits_free(p);
    free(p);
}

static const ml_handle_type type = { "moonlatch.edits", release, NULL };

static ml_edits *new_edits(lua_State *L)
{
    ml_newtype(L, &type, NULL, NULL);
    return ml_newowned(L, &type, sizeof(ml_edits), 0);
}

/* Makes the edits: the document then has the new text, which differs by the change alone. */
static int apply(ml_lua_doc *d, ml_edits *edits, const ml_change *change, ml_err *e)
{
    ml_lua_doc next = { .is_secret = d->is_secret, .generation = d->generation + 1 };
    ml_bytes text;
    int result;

    if (d->is_secret) {
        result = ml_edits_apply_secret(edits, ml_doc_text(d->doc), &next.secret, e);
        text = ml_secret_bytes(&next.secret);
    } else {
        result = ml_edits_apply(edits, ml_doc_text(d->doc), &next.text, e);
        text = ml_buf_bytes(&next.text);
    }
    if (result == 0)
        result = ml_doc_parse(&next.doc, ml_doc_format(d->doc), text, ml_doc_path(d->doc), e);
    if (result == 0)
        result = ml_change_check(change, d->doc, next.doc, e);
    if (result < 0) {
        ml_doc_free(next.doc);
        ml_secret_free(&next.secret);
        ml_buf_free(&next.text);
        return -1;
    }
    ml_doc_free(d->doc);
    ml_secret_free(&d->secret);
    ml_buf_free(&d->text);
    *d = next;
    return 0;
}

static int finish(lua_State *L, ml_lua_doc *d, const ml_change *change)
{
    ml_edits *edits = new_edits(L);
    ml_err e;
    int result = ml_change_edit(change, d->doc, edits, &e);

    if (result == 0)
        result = apply(d, edits, change, &e);
    return ml_pushdone(L, result, &e);
}

/* The node that an argument means: a Node, or a path from the root. -1: it is not there. */
static int check_place(lua_State *L, int arg, const ml_lua_doc *d, ml_node *out, ml_err *e)
{
    ml_lua_doc *other;

    if (lua_type(L, arg) != LUA_TSTRING) {
        *out = ml_checknode(L, arg, &other);
        luaL_argcheck(L, other == d, arg, "a node of another document");
        return 0;
    }
    if (ml_doc_roots(d->doc) == 0)
        return ml_fail(e, ML_E_MISSING, "the document is empty");
    return ml_doc_find(d->doc, ml_doc_root(d->doc, 0), ml_checkname(L, arg), out, e);
}

/* d:set(node or path, value[, { type = }]) -> true | nil, error */
static int edit_set(lua_State *L)
{
    static const char *const options[] = { "type", NULL };
    ml_lua_doc *d = ml_checkdocument(L, 1);
    ml_tree tree;
    ml_change change = { .kind = ML_CHANGE_SET, .tree = &tree };
    ml_err e;

    lua_settop(L, 4);
    ml_checkoptions(L, 4, options);
    if (check_place(L, 2, d, &change.node, &e) < 0)
        return ml_pushfail(L, &e);
    ml_checktree(L, 3, ml_opttext(L, 4, "type", NULL), &tree);
    return finish(L, d, &change);
}

/* The option `after`: a child of the container, "first" or "last". */
static ml_node check_after(lua_State *L, int arg, const ml_lua_doc *d)
{
    ml_node after = ML_LAST;
    ml_lua_doc *other;

    if (ml_optpush(L, arg, "after") == LUA_TUSERDATA) {
        after = ml_checknode(L, lua_gettop(L), &other);
        luaL_argcheck(L, other == d, arg, "option 'after': a node of another document");
    } else {
        static const char *const words[] = { "first", "last", NULL };

        if (ml_optword(L, arg, "after", words, 1) == 0)
            after = ML_NO_NODE;
    }
    lua_pop(L, 1);
    return after;
}

/* d:insert(container, value, { key =, after = Node | "first" | "last", anchor =, type = }) -> true
 * | nil, error */
static int edit_insert(lua_State *L)
{
    static const char *const options[] = { "after", "anchor", "key", "type", NULL };
    ml_lua_doc *d = ml_checkdocument(L, 1);
    const char *key, *anchor;
    ml_tree tree;
    ml_change change = { .kind = ML_CHANGE_INSERT, .tree = &tree };
    ml_err e;

    lua_settop(L, 4);
    ml_checkoptions(L, 4, options);
    if (check_place(L, 2, d, &change.node, &e) < 0)
        return ml_pushfail(L, &e);
    change.after = check_after(L, 4, d);
    ml_checktree(L, 3, ml_opttext(L, 4, "type", NULL), &tree);
    key = ml_opttext(L, 4, "key", NULL);
    anchor = ml_opttext(L, 4, "anchor", NULL);
    tree.key = ml_bytes_text(key);
    tree.anchor = ml_bytes_text(anchor);
    return finish(L, d, &change);
}

/* d:remove(node or path) -> true | nil, error */
static int edit_remove(lua_State *L)
{
    ml_lua_doc *d = ml_checkdocument(L, 1);
    ml_change change = { .kind = ML_CHANGE_REMOVE };
    ml_err e;

    if (check_place(L, 2, d, &change.node, &e) < 0)
        return ml_pushfail(L, &e);
    return finish(L, d, &change);
}

/* d:rename_anchor(node, name) -> true | nil, error: with all its aliases */
static int edit_rename_anchor(lua_State *L)
{
    ml_lua_doc *d = ml_checkdocument(L, 1);
    ml_change change = { .kind = ML_CHANGE_RENAME, .name = ml_bytes_text(ml_checkname(L, 3)) };
    ml_err e;

    if (check_place(L, 2, d, &change.node, &e) < 0)
        return ml_pushfail(L, &e);
    return finish(L, d, &change);
}

/* --- part of a scalar --- */

/* Where byte `offset` of the decoded text stands in the source: characters that are no white space
 * are the same in both for every style without escapes. `end`: the place behind the byte before it
 * instead. SIZE_MAX when the two run apart. */
static size_t source_place(ml_bytes source, ml_bytes text, size_t offset, bool end)
{
    size_t at = 0, i = 0, behind = 0;

    for (i = 0; i < offset; i++) {
        if (ml_text_is_space(text.p[i]))
            continue;
        while (at < source.len && ml_text_is_space(source.p[at]))
            at++;
        if (at >= source.len || source.p[at] != text.p[i])
            return SIZE_MAX;
        behind = ++at;
    }
    if (end)
        return behind;
    if (i < text.len && !ml_text_is_space(text.p[i]))
        while (at < source.len && ml_text_is_space(source.p[at]))
            at++;
    return at;
}

/* The source of a scalar's content: inside the quotes, below the header of a block scalar. */
static void content_span(const ml_doc *d, const ml_node_info *info, size_t *start, size_t *end)
{
    const ml_bytes all = ml_doc_text(d);

    *start = info->content;
    *end = info->end;
    if (info->style == ML_STYLE_SINGLE || info->style == ML_STYLE_DOUBLE) {
        (*start)++;
        (*end)--;
    } else if (info->style == ML_STYLE_LITERAL || info->style == ML_STYLE_FOLDED) {
        const size_t line = ml_bytes_find(all, *start, '\n');

        *start = line == SIZE_MAX || line >= *end ? *end : line + 1;
    }
}

/* Replaces the source behind text[from, to) and nothing else; false when that is not possible
 * without writing the scalar anew. */
static bool replace_in_source(ml_edits *edits, const ml_lua_doc *d, ml_node n, size_t from,
                              size_t to, ml_bytes with, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d->doc, n);
    const ml_bytes text = ml_doc_scalar(d->doc, n), all = ml_doc_text(d->doc);
    size_t start, end, first, last, i;
    ml_bytes source;

    content_span(d->doc, info, &start, &end);
    source = ml_bytes_slice(all, start, end);
    first = source_place(source, text, from, from == to);
    last = source_place(source, text, to, to > from ? !ml_text_is_space(text.p[to - 1]) : true);
    for (i = 0; i < with.len; i++)
        if (with.p[i] < ' ' || strchr("'\"\\#:", with.p[i]) != NULL)
            return false; /* needs quoting, which depends on the whole */
    if (first == SIZE_MAX || last == SIZE_MAX || last < first)
        return false;
    return ml_edits_replace(edits, start + first, start + last, with, e) == 0;
}

/* d:replace_text(node, from, to, with) -> true | nil, error. Replaces the bytes from..to (from 1,
 * as string.sub; to = from - 1 inserts) of a scalar's decoded text. Of a scalar over several lines
 * only that part of the source changes, where that gives the wanted text. */
static int edit_replace_text(lua_State *L)
{
    ml_lua_doc *d = ml_checkdocument(L, 1), *other;
    const ml_node n = ml_checknode(L, 2, &other);
    const lua_Integer from = luaL_checkinteger(L, 3), to = luaL_checkinteger(L, 4);
    const ml_bytes with = ml_checkbytes(L, 5);
    ml_tree tree = { .kind = ML_KIND_SCALAR, .type = ML_TYPE_STR };
    const ml_change change = { .kind = ML_CHANGE_SET, .node = n, .tree = &tree };
    ml_bytes text;
    ml_secret *whole;
    ml_edits *edits;
    size_t first, last, at;
    ml_err e;

    luaL_argcheck(L, other == d, 2, "a node of another document");
    luaL_argcheck(L, ml_doc_node(d->doc, n)->kind == ML_KIND_SCALAR, 2, "the node is no scalar");
    text = ml_doc_scalar(d->doc, n);
    luaL_argcheck(L, from >= 1 && from <= (lua_Integer)text.len + 1, 3, "outside the text");
    luaL_argcheck(L, to >= from - 1 && to <= (lua_Integer)text.len, 4, "outside the text");
    first = (size_t)from - 1;
    last = (size_t)to;
    whole = ml_newsecret(L, text.len - (last - first) + with.len);
    at = ml_secret_put(whole, 0, ml_bytes_slice(text, 0, first));
    at = ml_secret_put(whole, at, with);
    ml_secret_put(whole, at, ml_bytes_slice(text, last, text.len));
    tree.text = ml_secret_bytes(whole);
    edits = new_edits(L);
    if (replace_in_source(edits, d, n, first, last, with, &e) && apply(d, edits, &change, &e) == 0)
        return ml_pushdone(L, 0, &e);
    return finish(L, d, &change);
}

const luaL_Reg ml_doc_edits[] = {
    { "insert", edit_insert },
    { "remove", edit_remove },
    { "rename_anchor", edit_rename_anchor },
    { "replace_text", edit_replace_text },
    { "set", edit_set },
    { NULL, NULL },
};
