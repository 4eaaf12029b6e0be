/* modules.c — the list of all modules, on one screen. A new mod_NAME.c gets its line here. */
#include "lua/modules.h"

const luaL_Reg ml_modules[] = {
    { "moonlatch.host", luaopen_moonlatch_host },
    { "moonlatch.secret", luaopen_moonlatch_secret },
    { NULL, NULL },
};
