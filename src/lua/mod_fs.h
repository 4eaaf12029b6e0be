#ifndef ML_LUA_MOD_FS_H
#define ML_LUA_MOD_FS_H

/* mod_fs.h — the parts of moonlatch.fs that have files of their own. */
#include <lua.h>

#include "sys/fs.h"
#include "sys/tx.h"

/* Pushes a Root that is not open yet and returns it, owned by the handle. */
ml_root *ml_newroot(lua_State *L);

/* mod_fs_dirs.c: folders that are known by what they are for. */
int ml_fs_config_dir(lua_State *L);
int ml_fs_config_home(lua_State *L);
int ml_fs_cwd(lua_State *L);
int ml_fs_home(lua_State *L);
int ml_fs_remove_named_tree(lua_State *L);
int ml_fs_search_up(lua_State *L);
int ml_fs_state_dir(lua_State *L);
int ml_fs_state_write(lua_State *L);
int ml_fs_temp_folder(lua_State *L);

/* mod_fs_stream.c: files read and written piece by piece. */
void ml_fs_stream_types(lua_State *L); /* makes the types */
/* Pushes what tells that two names mean the same file; nil for what has no name on a disk. */
void ml_fs_push_identity(lua_State *L, const ml_stat *st);
int ml_fs_input(lua_State *L);
int ml_fs_output(lua_State *L);
int ml_fs_root_input(lua_State *L);
int ml_fs_root_output(lua_State *L);

/* mod_private.c: folders in memory. */
int ml_fs_private(lua_State *L);

/* mod_fs_walk.c: what is in a folder, and all that is below it. */
void ml_fs_walk_types(lua_State *L); /* makes the types */
int ml_fs_root_list(lua_State *L);
int ml_fs_root_walk(lua_State *L);

/* "file", "folder", "link", or "other". */
const char *ml_fs_kind_word(ml_file_kind kind);

/* mod_tx.c: transactions. */
void ml_fs_transaction_type(lua_State *L); /* makes the type */
int ml_fs_transaction(lua_State *L);

/* mod_tx_recover.c: what a crash left of them. */
void ml_fs_recovery_types(lua_State *L); /* makes the types */
int ml_fs_pending(lua_State *L);
int ml_fs_recover(lua_State *L);

/* The setup of transactions in this process; *state, which it points to, is malloc'd. */
int ml_tx_lua_setup(lua_State *L, ml_tx_setup *setup, char **state, ml_err *e);

#endif
