/* mod_ssh_cert.c — part of `moonlatch.ssh`: certificates, read and made. */
#include <inttypes.h>
#include <string.h>

#include "format/ssh_cert.h"
#include "lua/mod_ssh.h"

/* Parses the line at `arg`. Pushes the buffer that the blob points into; -1 with *e filled. */
static int check_line(lua_State *L, int arg, ml_ssh_public *key, ml_buf **wire, ml_err *e)
{
    const ml_bytes line = ml_checkbytes(L, arg);

    *wire = ml_newbuf(L);
    return ml_ssh_public_parse(key, line, e) < 0 ? -1 : ml_ssh_public_wire(*wire, key, e);
}

/* Sets the field `name` to a time, unless it is one that means no limit. */
static void set_time(lua_State *L, const char *name, uint64_t time)
{
    if (time != ML_SSH_ALWAYS && time != ML_SSH_FOREVER)
        ml_setinteger(L, name, time > INT64_MAX ? INT64_MAX : (lua_Integer)time);
}

/* Sets the field `name` to the names of options, each with its value or true. */
static void set_options(lua_State *L, const char *name, ml_bytes list)
{
    ml_ssh_option option;

    lua_newtable(L);
    while (ml_ssh_take_option(&list, &option)) {
        ml_pushbytes(L, option.name);
        if (option.alone)
            lua_pushboolean(L, true);
        else
            ml_pushbytes(L, option.value);
        lua_rawset(L, -3);
    }
    lua_setfield(L, -2, name);
}

static void set_principals(lua_State *L, ml_bytes list)
{
    lua_Integer i;
    ml_bytes name;

    lua_newtable(L);
    for (i = 1; ml_ssh_take_string(&list, &name); i++) {
        ml_pushbytes(L, name);
        lua_rawseti(L, -2, i);
    }
    lua_setfield(L, -2, "principals");
}

/* ssh.certificate(line) -> { kind = "host" | "user", type, comment, serial, key_id, principals,
 * valid_after, valid_before, critical, extensions, key, authority, verified } | nil, error: "auth"
 * when its signature is wrong */
int ml_ssh_lua_certificate(lua_State *L)
{
    ml_ssh_certificate c;
    ml_ssh_public line;
    char serial[24];
    ml_buf *wire;
    ml_err e;

    if (check_line(L, 1, &line, &wire, &e) < 0 ||
        ml_ssh_certificate_parse(&c, ml_buf_bytes(wire), &e) < 0)
        return ml_pushfail(L, &e);
    lua_createtable(L, 0, 13);
    ml_settext(L, "kind", c.host ? "host" : "user");
    ml_setbytes(L, "type", c.subject.type);
    if (line.comment.len > 0)
        ml_setbytes(L, "comment", line.comment);
    snprintf(serial, sizeof serial, "%" PRIu64, c.serial);
    ml_settext(L, "serial", serial);
    ml_setbytes(L, "key_id", c.key_id);
    set_principals(L, c.principals);
    set_time(L, "valid_after", c.valid_after);
    set_time(L, "valid_before", c.valid_before);
    set_options(L, "critical", c.critical);
    set_options(L, "extensions", c.extensions);
    ml_ssh_lua_push_key(L, &c.subject);
    lua_setfield(L, -2, "key");
    ml_ssh_lua_push_key(L, &c.authority);
    lua_setfield(L, -2, "authority");
    ml_setflag(L, "verified", c.verified);
    return 1;
}

/* Appends the names in the list that the option `principals` is. */
static void add_principals(lua_State *L, ml_buf *to)
{
    size_t count, i;

    if (ml_optpush(L, 1, "principals") != LUA_TNIL) {
        count = ml_checklist(L, lua_gettop(L));
        for (i = 0; i < count; i++)
            ml_ssh_add_string(to, ml_bytes_text(ml_listname(L, lua_gettop(L), i)));
    }
    lua_pop(L, 1);
}

/* Appends the options in the table that the field `field` is. The strings live in that table. */
static void add_options(lua_State *L, const char *field, ml_buf *to)
{
    ml_ssh_option *list;
    size_t count = 0, i = 0;

    if (ml_optpush(L, 1, field) == LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    luaL_checktype(L, -1, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        count++;
    list = ml_newblock(L, count + 1, sizeof *list);
    for (lua_pushnil(L); lua_next(L, -3) != 0; lua_pop(L, 1)) {
        const bool alone = lua_isboolean(L, -1) && lua_toboolean(L, -1);

        if (lua_type(L, -2) != LUA_TSTRING || (!alone && lua_type(L, -1) != LUA_TSTRING))
            luaL_error(L, "%s: names, each with a text or true, expected", field);
        list[i].name = ml_checkbytes(L, lua_gettop(L) - 1);
        list[i].alone = alone;
        if (!alone)
            list[i].value = ml_checkbytes(L, lua_gettop(L));
        i++;
    }
    ml_ssh_add_options(to, list, count);
    lua_pop(L, 2);
}

/* Puts the fields of the options at 1 that are texts, numbers and words. */
static void read_fields(lua_State *L, ml_ssh_certificate *c)
{
    static const char *const kinds[] = { "host", "user", NULL };
    const int kind = ml_optword(L, 1, "kind", kinds, -1);
    const lua_Integer before = ml_optnumber(L, 1, "valid_before", 0, INT64_MAX, -1);

    luaL_argcheck(L, kind >= 0, 1, "kind: \"host\" or \"user\" expected");
    c->host = kind == 0;
    c->key_id = ml_bytes_text(ml_opttext(L, 1, "key_id", ""));
    c->serial = (uint64_t)ml_optnumber(L, 1, "serial", 0, INT64_MAX, 0);
    c->valid_after = (uint64_t)ml_optnumber(L, 1, "valid_after", 0, INT64_MAX, 0);
    c->valid_before = before < 0 ? ML_SSH_FOREVER : (uint64_t)before;
}

/* ssh.sign{ ca = SshKey, key = line, kind = "host" | "user", key_id, principals, serial,
 * valid_after, valid_before, critical, extensions } -> line | nil, error */
int ml_ssh_lua_sign(lua_State *L)
{
    static const char *const options[] = {
        "ca",          "key",          "kind",     "key_id",     "principals", "serial",
        "valid_after", "valid_before", "critical", "extensions", NULL
    };
    ml_buf *subject, *principals, *critical, *extensions, *made;
    ml_ssh_certificate c = { 0 };
    const ml_ssh_private *ca;
    char type[ML_SSH_TYPE];
    ml_ssh_public key;
    ml_err e;

    luaL_checktype(L, 1, LUA_TTABLE);
    ml_checkoptions(L, 1, options);
    lua_settop(L, 1);
    ca = ml_ssh_lua_private(L, 1, "ca");
    read_fields(L, &c);
    principals = ml_newbuf(L);
    add_principals(L, principals);
    critical = ml_newbuf(L);
    add_options(L, "critical", critical);
    extensions = ml_newbuf(L);
    add_options(L, "extensions", extensions);
    made = ml_newbuf(L);
    ml_optpush(L, 1, "key");
    if (check_line(L, lua_gettop(L), &key, &subject, &e) < 0 ||
        ml_ssh_blob_parse(&c.subject, ml_buf_bytes(subject), &e) < 0 ||
        ml_buf_check(principals, &e) < 0 || ml_buf_check(critical, &e) < 0 ||
        ml_buf_check(extensions, &e) < 0)
        return ml_pushfail(L, &e);
    c.principals = ml_buf_bytes(principals);
    c.critical = ml_buf_bytes(critical);
    c.extensions = ml_buf_bytes(extensions);
    if (ml_ssh_certificate_sign(made, &c, ca, &e) < 0)
        return ml_pushfail(L, &e);
    ml_ssh_certificate_type(type, &c.subject);
    extensions->len = 0; /* from here on it is the line */
    ml_ssh_line_write(extensions, ml_bytes_text(type), ml_buf_bytes(made), key.comment);
    ml_pushbuf(L, extensions);
    return 1;
}
