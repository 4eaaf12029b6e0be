#ifndef ML_LUA_MOD_PROC_H
#define ML_LUA_MOD_PROC_H

/* mod_proc.h — what the parts of `moonlatch.proc` share. */
#include "lua/border.h"
#include "sys/proc.h"

/* The job that the table at index 1 describes, for a conversation. It lives as long as what this
 * leaves on the stack. NULL with *e filled where the program is not there; raises a wrong option.
 */
const ml_proc_job *ml_proc_lua_conversation(lua_State *L, ml_err *e);

/* mod_proc_converse.c */
int ml_proc_lua_converse(lua_State *L);
void ml_proc_lua_types(lua_State *L);

#endif
