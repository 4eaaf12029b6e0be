/* mod_ssh_lines.c — part of `moonlatch.ssh`: public keys as they stand in .pub files, known_hosts
 * and authorized_keys, and as an agent lists them. */
#include <stdlib.h>

#include "format/ssh_hosts.h"
#include "lua/mod_ssh.h"
#include "sys/agent.h"

enum { PATIENCE = 3000 }; /* milliseconds that an agent has */

/* Pushes { type, kind, comment, fingerprint, bits, line, hosts, marker }. */
static void push_public(lua_State *L, const ml_ssh_public *key)
{
    ml_buf *line;

    lua_createtable(L, 0, 9);
    ml_setbytes(L, "type", key->type);
    ml_settext(L, "kind", ml_ssh_lua_kind(key->kind));
    if (key->comment.len > 0)
        ml_setbytes(L, "comment", key->comment);
    if (key->hosts.len > 0)
        ml_setbytes(L, "hosts", key->hosts);
    if (key->marker.len > 0)
        ml_setbytes(L, "marker", key->marker);
    ml_settext(L, "fingerprint", key->fingerprint);
    ml_setinteger(L, "bits", key->bits);
    line = ml_newbuf(L);
    ml_buf_add(line, key->type);
    ml_buf_byte(line, ' ');
    ml_buf_add(line, key->base64);
    ml_pushbuf(L, line);
    lua_setfield(L, -3, "line");
    lua_pop(L, 1);
}

/* What a parser of lines has found, with its error where that is nothing. */
static bool is_key(int found, ml_err *e)
{
    if (found == 1)
        ml_fail(e, ML_E_FORMAT, "there is no key in this line");
    return found == 0;
}

/* ssh.public(line) -> { type, kind, comment, fingerprint, bits, line, hosts, marker } | nil, error.
 * Takes the lines of .pub files, authorized_keys without options, known_hosts and ssh-keyscan;
 * `line` is "TYPE BASE64". */
int ml_ssh_lua_public(lua_State *L)
{
    const ml_bytes line = ml_checkbytes(L, 1);
    ml_ssh_public key;
    ml_err e;

    if (!is_key(ml_ssh_line_parse(&key, line, &e), &e))
        return ml_pushfail(L, &e);
    push_public(L, &key);
    return 1;
}

/* Pushes a value as its owner has meant it. */
static void push_value(lua_State *L, ml_bytes quoted)
{
    ml_buf *text = ml_newbuf(L);
    size_t i;

    for (i = 0; i < quoted.len; i++)
        if (quoted.p[i] != '\\' || i + 1 == quoted.len || quoted.p[i + 1] != '"')
            ml_buf_byte(text, quoted.p[i]);
    ml_pushbuf(L, text);
    lua_remove(L, -2);
}

/* ssh.authorized(line) -> as ssh.public, and options = { { name, value }, … } | nil, error */
int ml_ssh_lua_authorized(lua_State *L)
{
    const ml_bytes line = ml_checkbytes(L, 1);
    ml_ssh_option option;
    ml_ssh_public key;
    lua_Integer i;
    ml_err e;

    if (!is_key(ml_ssh_authorized_parse(&key, line, &e), &e))
        return ml_pushfail(L, &e);
    push_public(L, &key);
    lua_newtable(L);
    for (i = 1; ml_ssh_authorized_option(&key.options, &option, &e) > 0; i++) {
        lua_createtable(L, 0, 2);
        ml_setbytes(L, "name", option.name);
        if (!option.alone) {
            push_value(L, option.value);
            lua_setfield(L, -2, "value");
        }
        lua_rawseti(L, -2, i);
    }
    lua_setfield(L, -2, "options");
    return 1;
}

/* ssh.matches_host(hosts, name[, port]) -> boolean | nil, error */
int ml_ssh_lua_matches_host(lua_State *L)
{
    const ml_bytes hosts = ml_checkbytes(L, 1), name = ml_checkbytes(L, 2);
    const lua_Integer port = luaL_optinteger(L, 3, ML_SSH_PORT);
    ml_err e;
    int found;

    luaL_argcheck(L, port > 0 && port < 65536, 3, "a port, 1 to 65535, expected");
    found = ml_ssh_hosts_match(hosts, name, (unsigned)port, &e);
    if (found < 0)
        return ml_pushfail(L, &e);
    lua_pushboolean(L, found);
    return 1;
}

/* ssh.agent_keys() -> list of keys as ssh.public gives them | nil, error: "missing" without an
 * agent. A key of a malformed wire form is passed over. */
int ml_ssh_lua_agent_keys(lua_State *L)
{
    const char *path = getenv("SSH_AUTH_SOCK");
    ml_buf *answer = ml_newbuf(L);
    ml_agent_keys keys;
    ml_agent_key key;
    ml_ssh_blob blob;
    lua_Integer i = 0;
    ml_err e;
    int found;

    if (path == NULL || path[0] == '\0') {
        ml_fail(&e, ML_E_MISSING, "there is no SSH agent: SSH_AUTH_SOCK is not set");
        return ml_pushfail(L, &e);
    }
    if (ml_agent_ask(answer, path, PATIENCE, &e) < 0 ||
        ml_agent_begin(&keys, ml_buf_bytes(answer), &e) < 0)
        return ml_pushfail(L, &e);
    lua_newtable(L);
    while ((found = ml_agent_next(&keys, &key, &e)) > 0) {
        if (ml_ssh_blob_parse(&blob, key.wire, &e) < 0)
            continue;
        ml_ssh_lua_push_key(L, &blob);
        ml_setbytes(L, "comment", key.comment);
        lua_rawseti(L, -2, ++i);
    }
    return found < 0 ? ml_pushfail(L, &e) : 1;
}
