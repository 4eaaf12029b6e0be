/* mod_age_dialogue.c — Lua module `moonlatch.age_dialogue`: what is said between us and an age
 * plugin. See format/age_dialogue.h; lua/moonlatch/age_plugin runs the plugin and asks the
 * person. */
#include <stdlib.h>
#include <string.h>

#include "format/age_dialogue.h"
#include "lua/border.h"
#include "lua/modules.h"

static void release(void *p)
{
    ml_age_dialogue_free(p);
    free(p);
}

static bool field(lua_State *L, void *p, const char *name)
{
    const ml_age_dialogue *d = p;

    if (strcmp(name, "name") == 0)
        lua_pushstring(L, d->name);
    else if (strcmp(name, "machine") == 0)
        lua_pushstring(L, d->wraps ? "recipient-v1" : "identity-v1");
    else
        return false;
    return true;
}

static const ml_handle_type type = { "moonlatch.age.dialogue", release, field };

static ml_age_dialogue *new_dialogue(lua_State *L)
{
    return ml_newowned(L, &type, sizeof(ml_age_dialogue), 0);
}

/* age_dialogue.wrap(key, file_key) -> Dialogue | nil, error: for age1NAME1… or AGE-PLUGIN-NAME-1…
 */
static int dialogue_wrap(lua_State *L)
{
    const ml_bytes key = ml_checkbytes(L, 1), file_key = ml_checkexact(L, 2, ML_AGE_FILE_KEY);
    ml_age_dialogue *d = new_dialogue(L);
    ml_err e;

    return ml_age_dialogue_wrap(d, key, file_key.p, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* Offers the stanza { type =, args = { … }, body = } at the top of the stack. */
static int offer(lua_State *L, ml_age_dialogue *d, ml_err *e)
{
    const int stanza = lua_gettop(L);
    const char *name;
    ml_bytes *words;
    size_t count, i;

    luaL_checktype(L, stanza, LUA_TTABLE);
    name = ml_opttext(L, stanza, "type", NULL);
    luaL_argcheck(L, name != NULL, 2, "a stanza has a type");
    ml_optpush(L, stanza, "args");
    count = ml_checklist(L, stanza + 1);
    words = ml_newblock(L, count + 1, sizeof *words);
    words[0] = ml_bytes_text(name);
    for (i = 0; i < count; i++)
        words[i + 1] = ml_bytes_text(ml_listname(L, stanza + 1, i));
    ml_optpush(L, stanza, "body");
    return ml_age_dialogue_offer(d, words, count + 1, ml_checkbytes(L, lua_gettop(L)), e);
}

/* age_dialogue.unwrap(identity, stanzas) -> Dialogue | nil, error */
static int dialogue_unwrap(lua_State *L)
{
    const ml_bytes identity = ml_checkbytes(L, 1);
    ml_age_dialogue *d;
    lua_Integer i;
    ml_err e;

    luaL_checktype(L, 2, LUA_TTABLE);
    d = new_dialogue(L);
    if (ml_age_dialogue_unwrap(d, identity, &e) < 0)
        return ml_pushfail(L, &e);
    for (i = 1; i <= (lua_Integer)lua_rawlen(L, 2); i++) {
        lua_settop(L, 3);
        lua_rawgeti(L, 2, i);
        if (offer(L, d, &e) < 0)
            return ml_pushfail(L, &e);
    }
    lua_settop(L, 3);
    return ml_age_dialogue_ready(d, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* age_dialogue.default_identity(name) -> Secret: the identity without data | nil, error */
static int default_identity(lua_State *L)
{
    const char *name = ml_checkname(L, 1);
    ml_secret *out = ml_newemptysecret(L);
    ml_err e;

    return ml_age_plugin_default_identity(out, ml_bytes_text(name), &e) < 0 ? ml_pushfail(L, &e)
                                                                            : 1;
}

/* dialogue:output() -> Secret: what is to be sent now */
static int dialogue_output(lua_State *L)
{
    ml_age_dialogue *d = ml_checkhandle(L, 1, &type);

    ml_pushsecret(L, ml_age_dialogue_output(d));
    ml_age_dialogue_sent(d);
    return 1;
}

/* dialogue:feed(bytes) -> true | nil, error: what the plugin wrote */
static int dialogue_feed(lua_State *L)
{
    ml_age_dialogue *d = ml_checkhandle(L, 1, &type);
    const ml_bytes bytes = ml_checkbytes(L, 2);
    ml_err e;

    return ml_pushdone(L, ml_age_dialogue_feed(d, bytes, &e), &e);
}

/* Pushes the words from *at on as a list. */
static void push_words(lua_State *L, ml_bytes words, size_t at)
{
    lua_newtable(L);
    while (at < words.len) {
        ml_pushbytes(L, ml_age_stanza_word(words, &at));
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
}

static void push_stanza(lua_State *L, const ml_age_event *event)
{
    size_t at = 0;

    lua_createtable(L, 0, 3);
    ml_setbytes(L, "type", ml_age_stanza_word(event->words, &at));
    push_words(L, event->words, at);
    lua_setfield(L, -2, "args");
    ml_setbytes(L, "body", event->body);
}

static void push_event(lua_State *L, const ml_age_event *event)
{
    static const char *const words[] = { "wait", "stanza",  "labels", "file-key", "error",
                                         "done", "message", "public", "secret",   "confirm" };

    lua_createtable(L, 0, 4);
    ml_settext(L, "kind", words[event->kind]);
    switch (event->kind) {
    case ML_AGE_EVENT_STANZA:
        push_stanza(L, event);
        lua_setfield(L, -2, "stanza");
        return;
    case ML_AGE_EVENT_LABELS:
        push_words(L, event->words, 0);
        lua_setfield(L, -2, "labels");
        return;
    case ML_AGE_EVENT_FILE_KEY:
        ml_pushsecret(L, event->body);
        lua_setfield(L, -2, "file_key");
        return;
    case ML_AGE_EVENT_CONFIRM:
        ml_setbytes(L, "yes", event->yes);
        if (event->no.len > 0)
            ml_setbytes(L, "no", event->no);
        break;
    case ML_AGE_EVENT_WAIT:
    case ML_AGE_EVENT_DONE:
        return;
    case ML_AGE_EVENT_ERROR:
    case ML_AGE_EVENT_MESSAGE:
    case ML_AGE_EVENT_PUBLIC:
    case ML_AGE_EVENT_SECRET:
        break;
    }
    ml_setbytes(L, "text", event->body);
}

/* dialogue:next() -> { kind = , … } | nil, error: what the plugin wants. A person is to be asked,
 * and a reply given, for the kinds "message", "public", "secret" and "confirm". */
static int dialogue_next(lua_State *L)
{
    ml_age_dialogue *d = ml_checkhandle(L, 1, &type);
    ml_age_event event;
    ml_err e;

    if (ml_age_dialogue_next(d, &event, &e) < 0)
        return ml_pushfail(L, &e);
    push_event(L, &event);
    return 1;
}

/* dialogue:accept([body[, word]]) -> true | nil, error: the reply "ok" */
static int dialogue_accept(lua_State *L)
{
    ml_age_dialogue *d = ml_checkhandle(L, 1, &type);
    const ml_bytes body = ml_optbytes(L, 2);
    const char *word = ml_optname(L, 3, NULL);
    ml_err e;

    return ml_pushdone(L, ml_age_dialogue_accept(d, word, body, &e), &e);
}

/* dialogue:refuse() -> true | nil, error: the reply "fail" */
static int dialogue_refuse(lua_State *L)
{
    ml_age_dialogue *d = ml_checkhandle(L, 1, &type);
    ml_err e;

    return ml_pushdone(L, ml_age_dialogue_refuse(d, &e), &e);
}

static const luaL_Reg methods[] = {
    { "accept", dialogue_accept }, { "feed", dialogue_feed },     { "next", dialogue_next },
    { "output", dialogue_output }, { "refuse", dialogue_refuse }, { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "default_identity", default_identity },
    { "unwrap", dialogue_unwrap },
    { "wrap", dialogue_wrap },
    { NULL, NULL },
};

int luaopen_moonlatch_age_dialogue(lua_State *L)
{
    ml_newtype(L, &type, methods, NULL);
    luaL_newlib(L, functions);
    return 1;
}
