#ifndef ML_LUA_DOC_TREE_H
#define ML_LUA_DOC_TREE_H

/* doc_tree.h — a Lua value as the tree of a document's new value. */
#include "doc/edit.h"
#include "lua/border.h"

/* Pushes a table that keeps alive what the tree points to, and fills *out from the value at `arg`:
 *   string, secret    a string, or what `type` says ("int", "float", "bool", "null", "str")
 *   integer, number, boolean, doc.null
 *   doc.scalar(bytes, type)   a typed scalar
 *   doc.alias(name)   an alias
 *   table             a list if it has elements or is marked by json.array, else a map with its
 *                     keys sorted; doc.map{ { key, value }, … } keeps an order
 * Raises for anything else, and for text that is not what `type` says. The tree lives as long as
 * the table that was pushed and the value itself. */
void ml_checktree(lua_State *L, int arg, const char *type, ml_tree *out);

/* The metatables of doc.alias, doc.map and doc.scalar: registry names. */
#define ML_DOC_ALIAS "moonlatch.doc.alias"
#define ML_DOC_MAP "moonlatch.doc.map"
#define ML_DOC_SCALAR "moonlatch.doc.scalar"

#endif
