/* mod_proc_converse.c — part of `moonlatch.proc`: programs that answer. */
#include "lua/mod_proc.h"

static void release(void *p)
{
    ml_proc_hang_up(p);
}

static const ml_handle_type type = { "moonlatch.conversation", release, NULL };

/* proc.converse{ … } -> Conversation | nil, error */
int ml_proc_lua_converse(lua_State *L)
{
    const ml_proc_job *job;
    ml_proc_talk *talk;
    void **slot;
    ml_err e;

    lua_settop(L, 1);
    slot = ml_newhandle(L, &type, 0);
    job = ml_proc_lua_conversation(L, &e);
    if (job == NULL)
        return ml_pushfail(L, &e);
    ml_wipe_stack();
    if (ml_proc_converse(&talk, job, &e) < 0)
        return ml_pushfail(L, &e);
    *slot = talk;
    lua_settop(L, 2);
    return 1;
}

/* conversation:exchange(bytes[, seconds]) -> Secret: what it says to that, of no bytes when nothing
 * came in this time | nil, error */
static int conversation_exchange(lua_State *L)
{
    ml_proc_talk *talk = ml_checkhandle(L, 1, &type);
    const ml_bytes bytes = ml_checkbytes(L, 2);
    const lua_Integer seconds = luaL_optinteger(L, 3, 0);
    ml_secret *heard;
    ml_err e;

    luaL_argcheck(L, seconds >= 0 && seconds <= 86400, 3, "seconds of a day expected");
    heard = ml_newemptysecret(L);
    return ml_proc_exchange(talk, bytes, (unsigned)seconds * 1000, heard, &e) < 0
               ? ml_pushfail(L, &e)
               : 1;
}

static const luaL_Reg methods[] = { { "exchange", conversation_exchange }, { NULL, NULL } };

void ml_proc_lua_types(lua_State *L)
{
    ml_newtype(L, &type, methods, NULL);
}
