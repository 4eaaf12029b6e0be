#ifndef ML_LUA_MOD_SOPS_H
#define ML_LUA_MOD_SOPS_H

/* mod_sops.h — what the files of `moonlatch.sops` share. */
#include "format/age.h"
#include "lua/border.h"
#include "sops/file.h"

/* Recipients that were approved; owns them. */
typedef struct ml_lua_approved {
    ml_age_recipient *owned;
    const ml_age_recipient **list;
    size_t count;
} ml_lua_approved;

const ml_lua_approved *ml_checkapproved(lua_State *L, int arg);

/* The identities listed at `arg`; pushes the block that holds the pointers. */
const ml_age_identity *const *ml_checkidentities(lua_State *L, int arg, size_t *count);

void ml_pushnotes(lua_State *L, const ml_sops_notes *notes);

/* mod_sops_make.c: sops.encrypt, sops.update_many. */
void ml_sops_lua_types(lua_State *L);
int ml_sops_lua_encrypt(lua_State *L);
int ml_sops_lua_update_many(lua_State *L);

#endif
