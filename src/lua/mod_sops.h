#ifndef ML_LUA_MOD_SOPS_H
#define ML_LUA_MOD_SOPS_H

/* mod_sops.h — what the files of `moonlatch.sops` share. */
#include "format/age.h"
#include "lua/border.h"
#include "sops/file.h"

/* Keys that were approved; owns them. Their texts belong to a table that the handle keeps. */
typedef struct ml_lua_approved {
    ml_sops_keys keys;
    ml_sops_key *list;
    ml_age_recipient *ages;
    size_t age_count;
    size_t users; /* the handle, until it is closed, and envelopes */
} ml_lua_approved;

/* mod_sops_approved.c. Whoever keeps a pointer counts itself to the users, and gives it back by
 * ml_sops_lua_release_approved; the handle keeps the texts. */
ml_lua_approved *ml_checkapproved(lua_State *L, int arg);
bool ml_sops_lua_is_approved(lua_State *L, int arg);
void ml_sops_lua_release_approved(void *approved);
void ml_sops_lua_approved_type(lua_State *L);
int ml_sops_lua_approved(lua_State *L);

/* Pushes a Key. */
void ml_sops_lua_push_key(lua_State *L, const ml_sops_key *key);

ml_sops *ml_checksops(lua_State *L, int arg);

/* The options `path` (NULL: none) and `format`; without format the path's ending decides. */
ml_sops_format ml_sops_lua_format(lua_State *L, int arg, const char **path);

/* The options `name`, a format, and `indent`. */
ml_sops_output ml_sops_lua_output(lua_State *L, int arg, const char *name, ml_sops_format fallback);

void ml_pushnotes(lua_State *L, const ml_sops_notes *notes);

/* mod_sops_make.c: sops.encrypt, sops.update_many. */
void ml_sops_lua_types(lua_State *L);
int ml_sops_lua_encrypt(lua_State *L);
int ml_sops_lua_update_many(lua_State *L);

/* mod_sops_keys.c: who can open a file. */
void ml_sops_lua_key_types(lua_State *L);
int ml_sops_lua_envelope(lua_State *L);
int ml_sops_lua_file_envelope(lua_State *L);
int ml_sops_lua_offer(lua_State *L);
int ml_sops_lua_recipients(lua_State *L);
int ml_sops_lua_renew(lua_State *L);
int ml_sops_lua_unlock(lua_State *L);
int ml_sops_lua_update_keys(lua_State *L);

/* mod_sops_values.c: what is in a file. */
int ml_sops_lua_paths(lua_State *L);
int ml_sops_lua_value(lua_State *L);

/* The envelope at `arg`, or one that is made, and pushed, for the approved set there: with the data
 * key of `s` (at index 1), or for NULL with a new one. NULL with *e filled. */
ml_sops_envelope *ml_sops_lua_take_envelope(lua_State *L, int arg, const ml_sops *s, bool rewrap,
                                            ml_err *e);

/* Pushes a table { added, removed, rewrapped }. */
void ml_sops_lua_push_changes(lua_State *L, const ml_sops_key_changes *changes);

#endif
