#ifndef ML_LUA_TYPES_H
#define ML_LUA_TYPES_H

/* types.h — the handles that more than one module takes. Each is defined, and its metatable made,
 * by the module named beside it, which a module that takes one requires first (ml_require). */
#include "lua/border.h"

extern const ml_handle_type ml_type_root;      /* mod_fs.c: an ml_root */
extern const ml_handle_type ml_type_input;     /* mod_fs_stream.c, with moonlatch.fs: an ml_input */
extern const ml_handle_type ml_type_output;    /* likewise: an ml_output */
extern const ml_handle_type ml_type_private;   /* mod_private.c, with moonlatch.fs: an ml_private */
extern const ml_handle_type ml_type_identity;  /* mod_age.c: an ml_age_identity */
extern const ml_handle_type ml_type_recipient; /* mod_age.c: an ml_age_recipient */

/* Sees that the module `name` ("moonlatch.age") is loaded, so that its types exist. */
void ml_require(lua_State *L, const char *name);

#endif
