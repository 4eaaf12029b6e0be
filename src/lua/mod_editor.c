/* mod_editor.c — Lua module `moonlatch.editor`: lines that a person types. See sys/editor.h. */
#include <string.h>

#include "lua/border.h"
#include "lua/context.h"
#include "lua/modules.h"
#include "sys/editor.h"

static void release_editor(void *p)
{
    ml_editor_free(p);
}

static const ml_handle_type editor_type = { "moonlatch.editor", release_editor, NULL };

/* editor.open() -> Editor */
static int editor_open(lua_State *L)
{
    void **slot = ml_newhandle(L, &editor_type, 0);
    ml_editor *editor = NULL;
    ml_err e;

    /* sudo may keep the HOME of somebody whose macros must not type for root */
    if (ml_editor_new(&editor, !ml_contextof(L)->privileged, &e) < 0)
        return ml_pushfail(L, &e);
    *slot = editor;
    return 1;
}

/* A word to complete, on its way through a protected call. */
typedef struct request {
    const char *word;
    unsigned number;
    char *found;
} request;

/* Places on the stack of editor_line. */
enum { COMPLETE = 3, CANDIDATES = 4 };

/* request, complete, a table that holds the list made for candidate 0 -> sets request.found */
static int find_candidate(lua_State *L)
{
    request *r = lua_touserdata(L, 1);

    if (r->number == 0) {
        lua_pushvalue(L, 2);
        lua_pushstring(L, r->word);
        lua_call(L, 1, 1);
        lua_rawseti(L, 3, 1);
    }
    if (lua_rawgeti(L, 3, 1) == LUA_TTABLE &&
        lua_rawgeti(L, -1, (lua_Integer)r->number + 1) == LUA_TSTRING)
        r->found = strdup(lua_tostring(L, -1));
    return 0;
}

/* Nothing may jump over libedit's frames: an error is no candidate. */
static char *next_candidate(void *context, const char *word, unsigned number)
{
    lua_State *L = context;
    request r = { word, number, NULL };

    lua_pushcfunction(L, find_candidate);
    lua_pushlightuserdata(L, &r);
    lua_pushvalue(L, COMPLETE);
    lua_pushvalue(L, CANDIDATES);
    if (lua_pcall(L, 3, 0, 0) != LUA_OK)
        lua_pop(L, 1);
    return r.found;
}

/* e:line(prompt[, complete]) -> string without its line break | nil at the end | nil, error
 * ("interrupted" after Ctrl-C). complete(word) -> list of whole words. */
static int editor_line(lua_State *L)
{
    ml_editor *editor = ml_checkhandle(L, 1, &editor_type);
    void **slot = lua_touserdata(L, 1);
    const char *prompt = ml_checkname(L, 2);
    ml_buf *line;
    ml_err e;
    int status;

    if (!lua_isnoneornil(L, COMPLETE))
        luaL_checktype(L, COMPLETE, LUA_TFUNCTION);
    lua_settop(L, COMPLETE);
    lua_newtable(L); /* CANDIDATES */
    line = ml_newbuf(L);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    *slot = NULL; /* complete() can neither close it nor read a line of its own */
    status =
        ml_editor_line(editor, prompt, lua_isnil(L, COMPLETE) ? NULL : next_candidate, L, line, &e);
    *slot = editor;
    if (status < 0)
        return ml_pushfail(L, &e);
    if (status > 0)
        ml_pushbuf(L, line);
    else
        lua_pushnil(L);
    return 1;
}

/* e:remember(line): for the arrow keys, where lines are edited */
static int editor_remember(lua_State *L)
{
    ml_editor_remember(ml_checkhandle(L, 1, &editor_type), luaL_checkstring(L, 2));
    return 0;
}

static const luaL_Reg methods[] = {
    { "line", editor_line },
    { "remember", editor_remember },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "open", editor_open },
    { NULL, NULL },
};

int luaopen_moonlatch_editor(lua_State *L)
{
    ml_newtype(L, &editor_type, methods, NULL);
    luaL_newlib(L, functions);
    return 1;
}
