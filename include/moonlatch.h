#ifndef MOONLATCH_H
#define MOONLATCH_H

/* moonlatch.h — run moonlatch from C, or give its modules to a Lua state of your own.
 *
 * One runtime belongs to one thread; several may live in one process. A program that opens one
 * should call ml_harden first: no core dumps, umask 077. examples/embed.c shows the use. */
#ifdef __cplusplus
extern "C" {
#endif

struct lua_State;

typedef struct ml_runtime ml_runtime;

/* Zero-initialise; every field may be left out. */
typedef struct ml_options {
    unsigned umask;      /* the caller's, for public files and children; 0 means 022 */
    const char *library; /* a folder with lua/ and recipes/ to be used in place of the built-in
                            ones: honoured in sanitizer builds only, ignored otherwise */
} ml_options;

/* Hygiene for the whole process, once, before anything else: no core files, no dumps, umask 077,
 * descriptors 0 to 2 open, SIGPIPE ignored. Stores the umask that was in force (may be NULL).
 * Returns 0, or -1 when the system refused. */
int ml_harden(unsigned *umask);

/* A runtime, or NULL when memory is out. `options` may be NULL. */
ml_runtime *ml_open(const ml_options *options);

/* Runs a recipe as the program does: argv[0] is the program's name. Returns the exit status. */
int ml_main(ml_runtime *runtime, int argc, char **argv);

/* Runs Lua text in which the modules can be required. Returns the integer that it returns, 0 when
 * it returns none, or 2 after an error, which was printed. */
int ml_run(ml_runtime *runtime, const char *text, const char *name);

/* Its Lua state, for hosts that want more. It stays the runtime's. */
struct lua_State *ml_lua(ml_runtime *runtime);

/* Wipes and frees all it ever held; NULL is fine. */
void ml_close(ml_runtime *runtime);

/* A Lua C function for a state of your own: makes `require "moonlatch.NAME"` find the modules
 * written in C, and returns a table of them. */
int luaopen_moonlatch(struct lua_State *L);

/* "v1.2-3-gabcdef", as git described it. */
const char *ml_version(void);

#ifdef __cplusplus
}
#endif

#endif
