#ifndef ML_HOST_LOADER_H
#define ML_HOST_LOADER_H

/* loader.h — how `require` finds things: modules in C, and Lua files built into the program. No
 * path, no current directory, no environment variable is ever searched. */
#include <lua.h>

#include "lua/context.h"

/* All built-in files, sorted by name (made by tools/embed.c). */
extern const ml_embedded ml_embedded_files[];
extern const size_t ml_embedded_file_count;

/* Replaces package's searchers, and takes `package` and everything else that reaches files or
 * processes out of the globals. `library` (may be NULL): read files from there in sanitizer builds.
 * May raise. */
void ml_loader_open(lua_State *L, const char *library);

#endif
