#ifndef ML_LUA_MODULES_H
#define ML_LUA_MODULES_H

/* modules.h — every Lua module that is written in C. */
#include <lauxlib.h>
#include <lua.h>

/* name ("moonlatch.fs") and opener; NULL at the end. */
extern const luaL_Reg ml_modules[];

int luaopen_moonlatch_age(lua_State *L);
int luaopen_moonlatch_age_dialogue(lua_State *L);
int luaopen_moonlatch_doc(lua_State *L);
int luaopen_moonlatch_editor(lua_State *L);
int luaopen_moonlatch_encode(lua_State *L);
int luaopen_moonlatch_fs(lua_State *L);
int luaopen_moonlatch_glob(lua_State *L);
int luaopen_moonlatch_host(lua_State *L);
int luaopen_moonlatch_json(lua_State *L);
int luaopen_moonlatch_proc(lua_State *L);
int luaopen_moonlatch_regex(lua_State *L);
int luaopen_moonlatch_secret(lua_State *L);
int luaopen_moonlatch_sops(lua_State *L);
int luaopen_moonlatch_ssh(lua_State *L);
int luaopen_moonlatch_tty(lua_State *L);
int luaopen_moonlatch_zerotier(lua_State *L);

#endif
