#ifndef ML_LUA_MODULES_H
#define ML_LUA_MODULES_H

/* modules.h — every Lua module that is written in C. */
#include <lauxlib.h>
#include <lua.h>

/* name ("moonlatch.fs") and opener; NULL at the end. */
extern const luaL_Reg ml_modules[];

int luaopen_moonlatch_host(lua_State *L);
int luaopen_moonlatch_secret(lua_State *L);

#endif
