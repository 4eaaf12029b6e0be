/* data.c — see data.h. */
#include "lua/data.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEMORY = 16 * 1024 * 1024, STEP = 100, STEPS = 20000, DEPTH = 32, VALUES = 100000 };

/* One instruction can compare or join strings of megabytes, so that steps alone bound no time. */
enum { SECONDS = 2 };

typedef struct budget {
    size_t used;
    int steps;
    clock_t began;
    size_t values;
    bool memory, time;
} budget;

static void *limited(void *ud, void *p, size_t old, size_t size)
{
    budget *b = ud;
    void *result;

    if (p == NULL)
        old = 0; /* it then tells the kind of object */
    if (size == 0) {
        free(p);
        b->used -= old;
        return NULL;
    }
    if (size > old && size - old > MEMORY - b->used) {
        b->memory = true;
        return NULL;
    }
    result = realloc(p, size);
    if (result != NULL)
        b->used = b->used - old + size;
    return result;
}

static void count_steps(lua_State *L, lua_Debug *ar)
{
    budget *b;

    (void)ar;
    memcpy(&b, lua_getextraspace(L), sizeof b);
    if (++b->steps > STEPS || clock() - b->began > SECONDS * CLOCKS_PER_SEC) {
        b->time = true;
        luaL_error(L, "it does not end");
    }
}

/* The place behind a chunk's name in Lua's message, or NULL. Of a long name Lua shows the end. */
static const char *behind_name(const char *message, const char *name)
{
    static const char cut[] = "...";
    const size_t most = LUA_IDSIZE - 1, len = strlen(name);

    if (len > most) {
        if (strncmp(message, cut, sizeof cut - 1) != 0)
            return NULL;
        message += sizeof cut - 1;
        name += len - (most - (sizeof cut - 1));
    }
    return strncmp(message, name, strlen(name)) == 0 ? message + strlen(name) : NULL;
}

int ml_data_error(ml_err *e, const char *message, const char *name)
{
    const char *place = message == NULL ? NULL : behind_name(message, name);
    unsigned long line = 0;

    if (message == NULL)
        message = "it cannot be read";
    if (place != NULL && *place == ':') {
        char *end;

        line = strtoul(place + 1, &end, 10);
        message = strncmp(end, ": ", 2) == 0 ? end + 2 : message;
    }
    ml_fail(e, ML_E_FORMAT, "%s", message);
    return ml_err_at(e, name, line, 0);
}

/* Copies the value at the top of `from` to `to`. Called protected in neither: what can raise is
 * memory in `to`, which is the caller's own. */
static int copy_value(lua_State *from, lua_State *to, budget *b, int depth, ml_err *e)
{
    size_t len;
    const char *text;

    if (++b->values > VALUES)
        return ml_fail(e, ML_E_LIMIT, "more than %d values", (int)VALUES);
    switch (lua_type(from, -1)) {
    case LUA_TBOOLEAN:
        lua_pushboolean(to, lua_toboolean(from, -1));
        return 0;
    case LUA_TNUMBER:
        if (lua_isinteger(from, -1))
            lua_pushinteger(to, lua_tointeger(from, -1));
        else
            lua_pushnumber(to, lua_tonumber(from, -1));
        return 0;
    case LUA_TSTRING:
        text = lua_tolstring(from, -1, &len);
        lua_pushlstring(to, text, len);
        return 0;
    case LUA_TTABLE:
        break;
    default:
        return ml_fail(e, ML_E_FORMAT, "a %s is not data", luaL_typename(from, -1));
    }
    if (depth == 0 || !lua_checkstack(from, 4))
        return ml_fail(e, ML_E_LIMIT, "more than %d tables within tables", (int)DEPTH);
    luaL_checkstack(to, 4, "data");
    lua_newtable(to);
    lua_pushnil(from);
    while (lua_next(from, -2) != 0) {
        lua_pushvalue(from, -2);
        if (copy_value(from, to, b, 0, e) < 0) /* a key is no table */
            return -1;
        lua_pop(from, 1);
        if (copy_value(from, to, b, depth - 1, e) < 0)
            return -1;
        lua_pop(from, 1);
        lua_rawset(to, -3);
    }
    return 0;
}

/* Called protected, with the text and its name as light userdata. */
static int evaluate(lua_State *data)
{
    const ml_bytes *text = lua_touserdata(data, 1);
    const char *const *name = lua_touserdata(data, 2);
    const char *chunk = lua_pushfstring(data, "@%s", *name);

    if (luaL_loadbufferx(data, (const char *)text->p, text->len, chunk, "t") != LUA_OK)
        return lua_error(data);
    lua_newtable(data); /* the empty environment */
    if (lua_setupvalue(data, -2, 1) == NULL)
        lua_pop(data, 1);
    lua_call(data, 0, 1);
    return 1;
}

static int run(lua_State *data, budget *b, ml_bytes text, const char *name, ml_err *e)
{
    int status;

    b->began = clock();
    lua_sethook(data, count_steps, LUA_MASKCOUNT, STEP);
    lua_pushcfunction(data, evaluate);
    lua_pushlightuserdata(data, &text);
    lua_pushlightuserdata(data, &name);
    status = lua_pcall(data, 2, 1, 0);
    if (status == LUA_OK)
        return 0;
    if (b->memory)
        return ml_fail(e, ML_E_LIMIT, "it uses too much memory for data");
    if (status == LUA_ERRMEM)
        return ml_fail_memory(e);
    if (b->time)
        return ml_fail(e, ML_E_LIMIT, "it does not come to an end: it must be data, not a program");
    return ml_data_error(e, lua_type(data, -1) == LUA_TSTRING ? lua_tostring(data, -1) : NULL,
                         name);
}

/* The state in which data runs, owned by a userdata so that nothing leaks when memory is out. */
static int close_state(lua_State *L)
{
    lua_State **slot = lua_touserdata(L, 1);

    if (*slot != NULL)
        lua_close(*slot);
    *slot = NULL;
    return 0;
}

int ml_data_load(lua_State *L, ml_bytes text, const char *name, ml_err *e)
{
    budget *b = lua_newuserdatauv(L, sizeof *b, 0);
    lua_State **slot = lua_newuserdatauv(L, sizeof *slot, 1);
    budget *const shared = b;
    int result;

    *slot = NULL;
    memset(b, 0, sizeof *b);
    lua_pushvalue(L, -2);
    lua_setiuservalue(L, -2, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, close_state);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    *slot = lua_newstate(limited, b);
    if (*slot == NULL) {
        lua_pop(L, 2);
        return ml_fail_memory(e);
    }
    memcpy(lua_getextraspace(*slot), &shared, sizeof shared);
    result = run(*slot, b, text, name, e);
    if (result == 0) {
        const int top = lua_gettop(L);

        result = copy_value(*slot, L, b, DEPTH, e);
        if (result < 0)
            lua_settop(L, top);
    }
    lua_close(*slot);
    *slot = NULL;
    if (result < 0) {
        lua_pop(L, 2);
        return ml_err_at(e, name, 0, 0);
    }
    lua_insert(L, -3);
    lua_pop(L, 2);
    return 0;
}
