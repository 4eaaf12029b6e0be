#ifndef ML_LUA_MOD_SSH_H
#define ML_LUA_MOD_SSH_H

/* mod_ssh.h — what the files of `moonlatch.ssh` share. */
#include "format/ssh_wire.h"
#include "lua/border.h"

const char *ml_ssh_lua_kind(ml_ssh_kind kind);

/* Pushes { type, kind, fingerprint, bits, line } of a key; of a certificate that of the key in it.
 */
void ml_ssh_lua_push_key(lua_State *L, const ml_ssh_blob *key);

/* The private key in the field `name` of the options at `arg`; raises when there is none. */
const ml_ssh_private *ml_ssh_lua_private(lua_State *L, int arg, const char *name);

/* mod_ssh_lines.c: public keys as they stand in files, and as an agent lists them. */
int ml_ssh_lua_agent_keys(lua_State *L);
int ml_ssh_lua_authorized(lua_State *L);
int ml_ssh_lua_matches_host(lua_State *L);
int ml_ssh_lua_public(lua_State *L);

/* mod_ssh_cert.c: certificates. */
int ml_ssh_lua_certificate(lua_State *L);
int ml_ssh_lua_sign(lua_State *L);

#endif
