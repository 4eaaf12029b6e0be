#ifndef ML_LUA_MOD_AGE_H
#define ML_LUA_MOD_AGE_H

/* mod_age.h — what the files of `moonlatch.age` share, and modules that take its lists. */
#include "format/age.h"
#include "lua/border.h"
#include "sys/input.h"
#include "sys/output.h"

/* The identities listed at `arg`; pushes the block that holds the pointers. */
const ml_age_identity *const *ml_checkidentities(lua_State *L, int arg, size_t *count);

/* The recipients listed at `arg`, texts or Recipients; what it makes stays on the stack. An entry
 * that is no recipient raises its error. */
const ml_age_recipient *const *ml_checkrecipients(lua_State *L, int arg, size_t *count);

/* Bytes on their way between what Lua owns. Only `at` and `written` outlive a call. */
typedef struct ml_age_transfer {
    lua_State *L;
    lua_Hook hook;   /* as it was at the beginning */
    ml_input *input; /* read from here, or else from `bytes` */
    ml_bytes bytes;
    uint64_t at; /* bytes read so far */
    ml_output *output;
    uint64_t written;
} ml_age_transfer;

/* The bytes or the Input at `arg` as what is read; and the two ends as ml_age_source and
 * ml_age_sink have them. */
void ml_age_transfer_from(lua_State *L, int arg, ml_age_transfer *t);
int ml_age_transfer_read(void *transfer, unsigned char *p, size_t room, size_t *got, ml_err *e);
int ml_age_transfer_write(void *transfer, ml_bytes part, ml_err *e);

/* mod_age_file.c: files being opened. */
void ml_age_file_type(lua_State *L); /* makes the type */
int ml_age_lua_decrypt(lua_State *L);
int ml_age_lua_decrypt_passphrase(lua_State *L);
int ml_age_lua_open(lua_State *L);

/* mod_age_seal.c: files being made. */
void ml_age_seal_type(lua_State *L); /* makes the type */
int ml_age_lua_encrypt(lua_State *L);
int ml_age_lua_encrypt_passphrase(lua_State *L);
int ml_age_lua_seal(lua_State *L);

#endif
