/* mod_tx_recover.c — part of `moonlatch.fs`: what a crash left of transactions. See sys/tx.h. */
#include <stdlib.h>

#include "lua/border.h"
#include "lua/context.h"
#include "lua/mod_fs.h"
#include "sys/env.h"
#include "sys/tx.h"

int ml_tx_lua_setup(lua_State *L, ml_tx_setup *setup, char **state, ml_err *e)
{
    *state = NULL;
    if (ml_env_make_state(state, e) < 0)
        return -1;
    setup->ops = &ml_fs_ops_real;
    setup->disk = NULL;
    setup->state = *state;
    setup->umask = ml_contextof(L)->umask;
    return 0;
}

static void release_pendings(void *p)
{
    ml_tx_pendings_free(p);
    free(p);
}

static const ml_handle_type pendings_type = { "moonlatch.pendings", release_pendings, NULL };

static void release_outcome(void *p)
{
    ml_tx_outcome_free(p);
    free(p);
}

static const ml_handle_type outcome_type = { "moonlatch.outcome", release_outcome, NULL };

/* Pushes the list of journals as C has it; false with *e when it cannot be read. */
static ml_tx_pendings *list_pending(lua_State *L, const ml_tx_setup *setup, ml_err *e)
{
    ml_tx_pendings *list = ml_newowned(L, &pendings_type, sizeof *list, 0);

    return ml_tx_pending_list(setup, list, e) < 0 ? NULL : list;
}

static void push_pending(lua_State *L, const ml_tx_pending *pending)
{
    static const char *const states[] = { "staging", "commit", "unreadable" };
    size_t i;

    lua_createtable(L, 0, 7);
    ml_settext(L, "id", pending->id);
    ml_settext(L, "state", states[pending->state]);
    ml_setinteger(L, "pid", (lua_Integer)pending->pid);
    ml_setinteger(L, "time", (lua_Integer)pending->time);
    ml_setinteger(L, "entries", (lua_Integer)pending->entries);
    lua_createtable(L, (int)pending->root_count, 0);
    for (i = 0; i < pending->root_count; i++) {
        lua_pushstring(L, pending->roots[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "roots");
    if (pending->state == ML_TX_UNREADABLE) {
        ml_pusherror(L, &pending->problem);
        lua_setfield(L, -2, "problem");
    }
}

/* fs.pending() -> list of { id, state = "staging" | "commit" | "unreadable", pid, time, roots,
 * entries, problem }; oldest first. What a process is still at is not pending. Changes nothing;
 * raises when it cannot look. */
int ml_fs_pending(lua_State *L)
{
    ml_tx_setup setup = { 0 };
    const ml_tx_pendings *list;
    char *state = NULL;
    ml_buf *kept = ml_newbuf(L);
    lua_Integer count = 0;
    size_t i;
    ml_err e;

    if (ml_env_state(&state, &e) < 0) {
        ml_pusherror(L, &e);
        return lua_error(L);
    }
    ml_buf_text(kept, state);
    ml_buf_byte(kept, '\0');
    free(state);
    if (ml_buf_check(kept, &e) < 0)
        return ml_raisememory(L);
    setup.ops = &ml_fs_ops_real;
    setup.state = (const char *)kept->p;
    setup.umask = ml_contextof(L)->umask;
    list = list_pending(L, &setup, &e);
    if (list == NULL) {
        ml_pusherror(L, &e);
        return lua_error(L);
    }
    lua_createtable(L, (int)list->count, 0);
    for (i = 0; i < list->count; i++)
        if (!list->list[i].running) {
            push_pending(L, &list->list[i]);
            lua_rawseti(L, -2, ++count);
        }
    return 1;
}

static void push_outcome(lua_State *L, const char *id, const ml_tx_outcome *outcome)
{
    static const char *const found[] = { "old", "new", "other" };
    size_t i;

    lua_createtable(L, 0, 3);
    ml_settext(L, "id", id);
    ml_setflag(L, "finished", outcome->finished);
    lua_createtable(L, (int)outcome->count, 0);
    for (i = 0; i < outcome->count; i++) {
        lua_createtable(L, 0, 2);
        ml_settext(L, "path", outcome->files[i].path);
        ml_settext(L, "found", found[outcome->files[i].found]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "files");
}

/* fs.recover([{ give_up = false }]) -> list of { id, finished, files = { { path, found = "old" |
 * "new" | "other" } } } | nil, the first error, list. Completes or undoes each pending transaction;
 * with give_up leaves every target as it is now and forgets the journals. */
int ml_fs_recover(lua_State *L)
{
    static const char *const options[] = { "give_up", NULL };
    ml_tx_setup setup = { 0 };
    const ml_tx_pendings *list;
    char *state = NULL;
    ml_buf *kept;
    bool give_up, failed = false;
    size_t i;
    lua_Integer done = 0;
    ml_err e, first;

    ml_checkoptions(L, 1, options);
    give_up = ml_optflag(L, 1, "give_up", false);
    kept = ml_newbuf(L);
    if (ml_tx_lua_setup(L, &setup, &state, &e) < 0)
        return ml_pushfail(L, &e);
    ml_buf_text(kept, state);
    ml_buf_byte(kept, '\0');
    free(state);
    if (ml_buf_check(kept, &e) < 0)
        return ml_raisememory(L);
    setup.state = (const char *)kept->p;
    list = list_pending(L, &setup, &e);
    if (list == NULL)
        return ml_pushfail(L, &e);
    lua_newtable(L);
    for (i = 0; i < list->count; i++) {
        const char *id = list->list[i].id;
        ml_tx_outcome *outcome;
        int result;

        if (list->list[i].running)
            continue;
        outcome = ml_newowned(L, &outcome_type, sizeof *outcome, 0);
        result = give_up ? ml_tx_give_up(&setup, id, outcome, &e)
                         : ml_tx_recover(&setup, id, outcome, &e);
        push_outcome(L, id, outcome);
        lua_rawseti(L, -3, ++done);
        lua_pop(L, 1);
        if (result < 0 && !failed) {
            failed = true; /* the others are of other folders, and recovered all the same */
            first = e;
        }
    }
    if (!failed)
        return 1;
    ml_pushfail(L, &first);
    lua_rotate(L, -3, 2);
    return 3;
}

void ml_fs_recovery_types(lua_State *L)
{
    ml_newtype(L, &pendings_type, NULL, NULL);
    ml_newtype(L, &outcome_type, NULL, NULL);
}
