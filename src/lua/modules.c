/* modules.c — the list of all modules, on one screen. A new mod_NAME.c gets its line here. */
#include "lua/modules.h"

const luaL_Reg ml_modules[] = {
    { "moonlatch.age", luaopen_moonlatch_age },
    { "moonlatch.age_dialogue", luaopen_moonlatch_age_dialogue },
    { "moonlatch.doc", luaopen_moonlatch_doc },
    { "moonlatch.editor", luaopen_moonlatch_editor },
    { "moonlatch.encode", luaopen_moonlatch_encode },
    { "moonlatch.fs", luaopen_moonlatch_fs },
    { "moonlatch.glob", luaopen_moonlatch_glob },
    { "moonlatch.host", luaopen_moonlatch_host },
    { "moonlatch.json", luaopen_moonlatch_json },
    { "moonlatch.proc", luaopen_moonlatch_proc },
    { "moonlatch.regex", luaopen_moonlatch_regex },
    { "moonlatch.secret", luaopen_moonlatch_secret },
    { "moonlatch.sops", luaopen_moonlatch_sops },
    { "moonlatch.ssh", luaopen_moonlatch_ssh },
    { "moonlatch.tty", luaopen_moonlatch_tty },
    { "moonlatch.zerotier", luaopen_moonlatch_zerotier },
    { NULL, NULL },
};
