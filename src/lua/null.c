/* null.c — see null.h: a light userdata with the address of something that is never read. */
#include "lua/null.h"

static const char place;

static void *address(void)
{
    const union {
        const char *p;
        void *q;
    } u = { &place };

    return u.q;
}

void ml_pushnull(lua_State *L)
{
    lua_pushlightuserdata(L, address());
}

bool ml_isnull(lua_State *L, int index)
{
    return lua_islightuserdata(L, index) && lua_touserdata(L, index) == address();
}
