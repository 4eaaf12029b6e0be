#ifndef ML_LUA_BORDER_H
#define ML_LUA_BORDER_H

/* border.h — what every Lua module written in C leans on: bytes, secrets, handles, options, errors.
 *
 * Two rules carry all of it. Misuse raises, the world returns: a wrong argument is a Lua error with
 * the argument's number, a missing file is `nil, err`. Owner first: what C allocates belongs to a
 * userdata before it exists. "Pushes" and "raises" below say what a function does to the stack. */
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/secret.h"

/* Arguments ------------------------------------------------------------------------------- */

/* The bytes of a string or of a live secret; raises for all else (a number is not bytes). The span
 * lives until the binding returns; no lua_call while it is held. */
ml_bytes ml_checkbytes(lua_State *L, int arg);
ml_bytes ml_checkexact(lua_State *L, int arg, size_t len); /* and exactly len of them */
ml_bytes ml_optbytes(lua_State *L, int arg);               /* none or nil: no bytes */

/* The metatable of secrets, which mod_secret.c makes. */
#define ML_SECRET "moonlatch.secret"

/* Whether the value is a secret. */
bool ml_issecret(lua_State *L, int arg);

/* A string (not a number) without NUL bytes, for paths and names; raises. */
const char *ml_checkname(lua_State *L, int arg);
const char *ml_optname(lua_State *L, int arg, const char *fallback);

/* A list of strings without NUL bytes at `arg`: how many; raises for anything else in it. The list
 * must not change while pointers from ml_listname are in use. */
size_t ml_checklist(lua_State *L, int arg);
const char *ml_listname(lua_State *L, int arg, size_t index); /* index from 0 */

/* Options, one table as the last argument ----------------------------------------------------
 *
 * Tables are read raw, here and in every binding: no metamethod runs in the midst of one, which
 * could close what it holds a pointer to. Nor does a finaliser, unless a script hides it: see
 * host/loader.c. */

/* `arg` is none, nil, or a table whose keys are all in `names` (NULL at the end); raises, naming
 * the nearest known key, otherwise. */
void ml_checkoptions(lua_State *L, int arg, const char *const *names);

/* One option's value, or the fallback when it is absent; raise when it has another type. */
bool ml_optflag(lua_State *L, int arg, const char *name, bool fallback);
lua_Integer ml_optnumber(lua_State *L, int arg, const char *name, lua_Integer least,
                         lua_Integer most, lua_Integer fallback);
/* As a string without NUL bytes; it stays valid as long as the table holds it. */
const char *ml_opttext(lua_State *L, int arg, const char *name, const char *fallback);
/* The index of the option's word in `words` (NULL at the end), or fallback. */
int ml_optword(lua_State *L, int arg, const char *name, const char *const *words, int fallback);
/* Pushes the option's value (nil when absent) and returns its type; raises when `arg` is no table.
 */
int ml_optpush(lua_State *L, int arg, const char *name);

/* Results --------------------------------------------------------------------------------- */

/* Pushes a secret of `len` zero bytes and returns it; raises if memory is out (after a full
 * collection and a second try). Fill it in place. */
ml_secret *ml_newsecret(lua_State *L, size_t len);

/* Pushes an empty secret, to be handed to a core function that fills an ml_secret. Raises. */
ml_secret *ml_newemptysecret(lua_State *L);

/* Pushes the bytes as a string, or as a secret. Raises if memory is out. */
void ml_pushbytes(lua_State *L, ml_bytes bytes);
void ml_pushsecret(lua_State *L, ml_bytes bytes);

/* Pushes an empty buffer that Lua frees and wipes, to be filled by core functions. */
ml_buf *ml_newbuf(lua_State *L);

/* Pushes the buffer's bytes as a string. Raises "memory" if an append had failed. */
void ml_pushbuf(lua_State *L, const ml_buf *buf);

/* A block of zero bytes that Lua frees (after wiping it with the allocator), for lists of what
 * Lua owns already. Pushes it; raises if memory is out. */
void *ml_newblock(lua_State *L, size_t count, size_t size);

/* Pushes nil and the error object; returns 2: `return ml_pushfail(L, &e)`. */
int ml_pushfail(lua_State *L, const ml_err *e);

/* Pushes the error object alone. */
void ml_pusherror(lua_State *L, const ml_err *e);

/* Raises the error object that says so. The int is for `return ml_raisememory(L)`. */
int ml_raisememory(lua_State *L) __attribute__((noreturn));

/* Sets the metatable of error objects (shared with lua/moonlatch/fail.lua) on the table at the
 * top. */
void ml_seterrormeta(lua_State *L);

/* result < 0: as ml_pushfail; else pushes true; returns what a binding returns. */
int ml_pushdone(lua_State *L, int result, const ml_err *e);

/* Set a field of the table at the top of the stack. */
void ml_settext(lua_State *L, const char *name, const char *text); /* NULL: no field */
void ml_setbytes(lua_State *L, const char *name, ml_bytes bytes);
void ml_setinteger(lua_State *L, const char *name, lua_Integer value);
void ml_setflag(lua_State *L, const char *name, bool value);

/* Handles ----------------------------------------------------------------------------------
 *
 * A handle is a userdata with one pointer, NULL once it is closed. Its type is a static
 * ml_handle_type; the types that several modules need are declared in lua/types.h. __gc, __close
 * and the method `close` are one function, harmless any number of times. */

typedef struct ml_handle_type {
    const char *name;        /* "moonlatch.root" */
    void (*release)(void *); /* frees the pointer; never called with NULL */
    /* Pushes the field `name` of an open handle and returns true, or returns false; may be NULL */
    bool (*field)(lua_State *L, void *p, const char *name);
} ml_handle_type;

/* Makes the type's metatable once per state: `methods`, close, __gc, __close, __tostring, __name,
 * __metatable; `meta` (may be NULL) overrides and adds metamethods. Leaves the stack as it was. */
void ml_newtype(lua_State *L, const ml_handle_type *type, const luaL_Reg *methods,
                const luaL_Reg *meta);

/* Pushes a closed handle with `kept` user values (what it needs alive: its root, its document; set
 * them with lua_setiuservalue) and returns the place for the pointer, once that exists. */
void **ml_newhandle(lua_State *L, const ml_handle_type *type, int kept);

/* Pushes an open handle of `size` zero bytes, which the type's release frees with all that is put
 * there; raises if memory is out. */
void *ml_newowned(lua_State *L, const ml_handle_type *type, size_t size, int kept);

/* The pointer; raises for another type, and for a closed handle. */
void *ml_checkhandle(lua_State *L, int arg, const ml_handle_type *type);

/* The pointer, or NULL when the value is of another type or closed. */
void *ml_tohandle(lua_State *L, int arg, const ml_handle_type *type);

/* The same for a userdata that is no handle (a secret, a node of a document): its contents are the
 * caller's. `field` (may be NULL) pushes the field `name` of the value at index 1 and returns true,
 * or returns false. Leaves the stack as it was. */
void ml_newmeta(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta,
                bool (*field)(lua_State *L, const char *name));

#endif
