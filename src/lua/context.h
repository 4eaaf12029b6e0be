#ifndef ML_LUA_CONTEXT_H
#define ML_LUA_CONTEXT_H

/* context.h — what belongs to one Lua state of ours and to no single module: found in the registry,
 * so that there are no globals and several runtimes can live in one process. */
#include <sys/types.h>

#include "lua/border.h"
#include "lua/writer.h"

/* A file built into the program: its source and, for Lua, the bytecode made from it. */
typedef struct ml_embedded {
    const char *name; /* "lua/moonlatch/fail.lua", "recipes/rotate.lua" */
    const unsigned char *source;
    size_t source_len;
    const unsigned char *code;
    size_t code_len;
} ml_embedded;

typedef struct ml_context {
    mode_t umask;    /* of the caller, for public files and children */
    bool privileged; /* euid 0 or changed ids: only shipped and root-owned code and programs */
    bool trace;
    size_t collect_at;           /* mappings of secrets that make garbage worth collecting */
    ml_writer writer;            /* the one way to the terminal */
    const ml_embedded *embedded; /* sorted by name; NULL in a state that is not the host's */
    size_t embedded_count;
    const char *const *arguments; /* of the program, from argv[0]; NULL at the end */
} ml_context;

/* The state's context; made, empty, when there is none yet. Raises if memory is out. */
ml_context *ml_contextof(lua_State *L);

/* The built-in file of that name, or NULL. */
const ml_embedded *ml_embedded_find(const ml_context *context, const char *name);

/* Wraps every C function of the modules and types loaded so far, so that each call is logged on
 * stderr: name, arguments with secrets masked, result, time. Later modules: ml_require does it. */
void ml_trace_start(lua_State *L);
void ml_trace_module(lua_State *L, const char *name); /* wraps the table at the top */

#endif
