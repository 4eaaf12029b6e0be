#ifndef ML_LUA_DATA_H
#define ML_LUA_DATA_H

/* data.h — Lua text that is data: moonlatch.lua, which anybody who can write to a repository can
 * write, and which is read before anything is trusted. */
#include "lua/border.h"

/* Runs `text` in a Lua state of its own that has no libraries, no globals, 16 MiB of memory and a
 * budget of instructions, and pushes a copy of the one value it returns: text, numbers, booleans
 * and tables of them. Fails with "format" and the line, "limit" when a budget is used up. */
int ml_data_load(lua_State *L, ml_bytes text, const char *name, ml_err *e);

/* Fills *e with "format" from a message of Lua's compiler, `NAME:LINE: what`. Returns -1. */
int ml_data_error(ml_err *e, const char *message, const char *name);

/* inspect.c, for the REPL: the running functions, their locals, the types there are.
 * Levels count from the caller of these functions, which is 1. */
int ml_inspect_stack(lua_State *L);     /* (level) -> { { kind=, name=, source=, line= } … } */
int ml_inspect_locals(lua_State *L);    /* (level) -> { { name=, value=, index=, upvalue= } … } */
int ml_inspect_set_local(lua_State *L); /* (level, index, upvalue, value) */
int ml_inspect_types(lua_State *L);     /* () -> { name = table of methods } */

#endif
