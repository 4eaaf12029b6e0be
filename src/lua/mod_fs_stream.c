/* mod_fs_stream.c — part of `moonlatch.fs`: files of any size, read and written piece by piece.
 *
 * Lua opens, commits and closes them; the bytes move in C, between an Input and an Output, and are
 * no Lua values on the way. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lua/border.h"
#include "lua/context.h"
#include "lua/mod_fs.h"
#include "lua/types.h"
#include "sys/input.h"
#include "sys/output.h"

void ml_fs_push_identity(lua_State *L, const ml_stat *st)
{
    if (st->kind == ML_FILE_FILE)
        lua_pushfstring(L, "%I:%I", (LUAI_UACINT)st->device, (LUAI_UACINT)st->inode);
    else
        lua_pushnil(L);
}

static void release_input(void *p)
{
    ml_input_close(p);
    free(p);
}

static bool input_field(lua_State *L, void *p, const char *name)
{
    const ml_input *in = p;

    if (strcmp(name, "path") == 0)
        lua_pushstring(L, in->path);
    else if (strcmp(name, "id") == 0)
        ml_fs_push_identity(L, &in->st);
    else if (strcmp(name, "size") == 0 && in->st.kind == ML_FILE_FILE)
        lua_pushinteger(L, (lua_Integer)in->st.size);
    else if (strcmp(name, "terminal") == 0)
        lua_pushboolean(L, isatty(in->fd));
    else
        return false;
    return true;
}

const ml_handle_type ml_type_input = { "moonlatch.input", release_input, input_field };

static ml_input *new_input(lua_State *L)
{
    ml_input *in = ml_newowned(L, &ml_type_input, sizeof *in, 0);

    *in = (ml_input)ML_INPUT_CLOSED;
    return in;
}

/* fs.input(path) -> Input (fields path, id, size, terminal) | nil, error: "-" is standard input;
 * links are followed; pipes and FIFOs are what a person may name */
int ml_fs_input(lua_State *L)
{
    const char *path = ml_checkname(L, 1);
    ml_input *in = new_input(L);
    ml_err e;

    return ml_input_open(in, path, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* root:input(path) -> Input | nil, error: a regular file, no link followed */
int ml_fs_root_input(lua_State *L)
{
    const ml_root *root = ml_checkhandle(L, 1, &ml_type_root);
    const char *path = ml_checkname(L, 2);
    ml_input *in = new_input(L);
    ml_err e;

    return ml_input_open_below(in, root, path, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

static void release_output(void *p)
{
    ml_output_close(p);
    free(p);
}

static bool output_field(lua_State *L, void *p, const char *name)
{
    const ml_output *out = p;

    if (strcmp(name, "path") == 0)
        lua_pushstring(L, out->path);
    else if (strcmp(name, "id") == 0)
        ml_fs_push_identity(L, &out->old);
    else if (strcmp(name, "terminal") == 0)
        lua_pushboolean(L, out->folder < 0 && isatty(out->fd));
    else
        return false;
    return true;
}

const ml_handle_type ml_type_output = { "moonlatch.output", release_output, output_field };

static ml_output *new_output(lua_State *L)
{
    ml_output *out = ml_newowned(L, &ml_type_output, sizeof *out, 0);

    *out = (ml_output)ML_OUTPUT_CLOSED;
    return out;
}

static ml_fs_write output_options(lua_State *L, int arg)
{
    static const char *const options[] = { "exclusive", "mode", NULL };
    ml_fs_write how = { .kind = ML_FS_PUBLIC, .umask = ml_contextof(L)->umask };

    ml_checkoptions(L, arg, options);
    how.mode = (mode_t)ml_optnumber(L, arg, "mode", 0, 07777, ML_FS_KEEP_MODE);
    how.exclusive = ml_optflag(L, arg, "exclusive", false);
    return how;
}

/* fs.output(path[, { mode =, exclusive = false }]) -> Output (fields path, id, terminal) | nil,
 * error: "-" is standard output; a link at the end is followed; pipes and devices are written
 * directly, anything else is there when it is committed */
int ml_fs_output(lua_State *L)
{
    const char *path = ml_checkname(L, 1);
    const ml_fs_write how = output_options(L, 2);
    ml_output *out = new_output(L);
    ml_err e;

    return ml_output_open(out, path, &how, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* root:output(path[, { mode =, exclusive = false }]) -> Output | nil, error: a regular file, there
 * or not */
int ml_fs_root_output(lua_State *L)
{
    const ml_root *root = ml_checkhandle(L, 1, &ml_type_root);
    const char *path = ml_checkname(L, 2);
    const ml_fs_write how = output_options(L, 3);
    ml_output *out = new_output(L);
    ml_err e;

    return ml_output_open_below(out, root, path, &how, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

/* output:write(bytes) -> true | nil, error; a secret makes it a file that only its owner may read
 */
static int output_write(lua_State *L)
{
    ml_output *out = ml_checkhandle(L, 1, &ml_type_output);
    const ml_bytes bytes = ml_checkbytes(L, 2);
    ml_err e;

    if (ml_issecret(L, 2))
        out->how.kind = ML_FS_CLEAR;
    return ml_pushdone(L, ml_output_write(out, bytes, &e), &e);
}

/* output:commit() -> true | nil, error: now the file is there, whole */
static int output_commit(lua_State *L)
{
    ml_output *out = ml_checkhandle(L, 1, &ml_type_output);
    ml_err e;

    return ml_pushdone(L, ml_output_commit(out, &e), &e);
}

static const luaL_Reg output_methods[] = {
    { "commit", output_commit },
    { "write", output_write },
    { NULL, NULL },
};

void ml_fs_stream_types(lua_State *L)
{
    ml_newtype(L, &ml_type_input, NULL, NULL);
    ml_newtype(L, &ml_type_output, output_methods, NULL);
}
