/* context.c — see context.h. */
#include "lua/context.h"

#include <string.h>

#include "lua/modules.h"
#include "lua/types.h"

#define CONTEXT "moonlatch.context"

static int context_gc(lua_State *L)
{
    ml_context *context = luaL_checkudata(L, 1, CONTEXT);

    ml_writer_free(&context->writer);
    return 0;
}

ml_context *ml_contextof(lua_State *L)
{
    ml_context *context;

    if (lua_getfield(L, LUA_REGISTRYINDEX, CONTEXT "*") == LUA_TUSERDATA) {
        context = lua_touserdata(L, -1);
        lua_pop(L, 1);
        return context;
    }
    lua_pop(L, 1);
    context = lua_newuserdatauv(L, sizeof *context, 0);
    memset(context, 0, sizeof *context);
    context->umask = 022;
    if (luaL_newmetatable(L, CONTEXT)) {
        lua_pushcfunction(L, context_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, CONTEXT "*");
    return context;
}

const ml_embedded *ml_embedded_find(const ml_context *context, const char *name)
{
    size_t low = 0, high = context->embedded_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(name, context->embedded[middle].name);

        if (order == 0)
            return &context->embedded[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

void ml_require(lua_State *L, const char *name)
{
    size_t i;

    for (i = 0; ml_modules[i].name != NULL; i++)
        if (strcmp(ml_modules[i].name, name) == 0) {
            luaL_requiref(L, name, ml_modules[i].func, 0);
            lua_pop(L, 1);
            return;
        }
    luaL_error(L, "there is no module '%s' in the program", name);
}
