#ifndef ML_LUA_NULL_H
#define ML_LUA_NULL_H

/* null.h — the one value that stands for null in documents and JSON, since nil is no element. */
#include <lua.h>
#include <stdbool.h>

void ml_pushnull(lua_State *L);
bool ml_isnull(lua_State *L, int index);

#endif
