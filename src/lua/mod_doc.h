#ifndef ML_LUA_MOD_DOC_H
#define ML_LUA_MOD_DOC_H

/* mod_doc.h — what the files of `moonlatch.doc` share. */
#include "doc/doc.h"
#include "lua/border.h"

/* A document with the text it borrows. Each edit replaces text and nodes as a whole. */
typedef struct ml_lua_doc {
    ml_doc *doc;
    ml_secret secret; /* the text, if it is one */
    ml_buf text;      /* the text otherwise */
    bool is_secret;
    unsigned long generation; /* counts edits; nodes of an earlier one are closed */
} ml_lua_doc;

extern const ml_handle_type ml_type_document;

/* The document at `arg`; raises. */
ml_lua_doc *ml_checkdocument(lua_State *L, int arg);

/* mod_doc_node.c: pushes a node of the document at stack index `document`. */
void ml_pushnode(lua_State *L, int document, ml_node n);

/* The node at `arg` and its document; raises "closed" for one from before an edit. */
ml_node ml_checknode(lua_State *L, int arg, ml_lua_doc **document);

void ml_doc_node_type(lua_State *L); /* makes the type */

/* mod_doc_edit.c: d:insert, d:remove, d:rename_anchor, d:replace_text, d:set. */
extern const luaL_Reg ml_doc_edits[];

#endif
