/* mod_proc.c — Lua module `moonlatch.proc`: child processes. See sys/proc.h.
 *
 *     proc.run{ program = "bw", options = { "list", "items" }, operands = { path },
 *               env = { BW_SESSION = secret }, pass = { "HOME", "PATH" },
 *               stdin = bytes, stdout = "secret", stderr = "null", timeout = 60, cwd = root }
 *
 * Arguments are public strings: a secret in them raises. The child's environment is what `env` and
 * `pass` (names taken from our own) say and nothing else. Conversations: mod_proc_converse.c. */
#include "lua/mod_proc.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "lua/border.h"
#include "lua/context.h"
#include "lua/modules.h"
#include "lua/types.h"

/* What one call runs, owned by a handle while it does. */
typedef struct batch {
    ml_proc_job *jobs;
    char **programs; /* malloc'd, as found */
    ml_proc_user *users;
    ml_proc_result *results;
    ml_err *errors;
    size_t count;
} batch;

static void release(void *p)
{
    batch *b = p;
    size_t i;

    for (i = 0; i < b->count; i++) {
        ml_proc_result_free(&b->results[i]);
        ml_proc_user_free(&b->users[i]);
        free(b->programs[i]);
    }
    free(b->jobs);
    free(b->programs);
    free(b->users);
    free(b->results);
    free(b->errors);
    free(b);
}

static const ml_handle_type type = { "moonlatch.processes", release, NULL };

static batch *new_batch(lua_State *L, size_t count)
{
    batch *b = ml_newowned(L, &type, sizeof *b, 0);

    b->jobs = calloc(count + 1, sizeof *b->jobs);
    b->programs = calloc(count + 1, sizeof *b->programs);
    b->users = calloc(count + 1, sizeof *b->users);
    b->results = calloc(count + 1, sizeof *b->results);
    b->errors = calloc(count + 1, sizeof *b->errors);
    if (b->jobs == NULL || b->programs == NULL || b->users == NULL || b->results == NULL ||
        b->errors == NULL)
        ml_raisememory(L);
    b->count = count;
    return b;
}

/* A list of arguments; the strings belong to the table, which stays on the stack. */
static const char *const *read_list(lua_State *L, int arg, const char *name, size_t *count)
{
    const char **list;
    size_t i;
    int table;

    *count = 0;
    if (ml_optpush(L, arg, name) == LUA_TNIL)
        return NULL;
    table = lua_gettop(L);
    *count = ml_checklist(L, table);
    list = ml_newblock(L, *count, sizeof *list);
    for (i = 0; i < *count; i++)
        list[i] = ml_listname(L, table, i);
    return list;
}

static size_t count_fields(lua_State *L, int table)
{
    size_t count = 0;

    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        count++;
        lua_pop(L, 1);
    }
    return count;
}

/* The variables of `env`; the values belong to the table. */
static size_t read_variables(lua_State *L, int table, ml_proc_var *out)
{
    size_t count = 0;

    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        const int value = lua_gettop(L);
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;

        if (name == NULL || name[0] == '\0' || strchr(name, '=') != NULL)
            luaL_error(L, "option 'env': names of variables are expected");
        out[count].name = name;
        out[count++].value = ml_checkbytes(L, value);
        lua_pop(L, 1);
    }
    return count;
}

/* The environment: `env`, then what `pass` names and `env` does not. Leaves what it needs on the
 * stack. */
static void read_environment(lua_State *L, int arg, ml_proc_job *job)
{
    const bool has_env = ml_optpush(L, arg, "env") != LUA_TNIL;
    const int env = lua_gettop(L);
    size_t names, count = 0, i, j;
    const char *const *pass;
    ml_proc_var *list;

    if (has_env)
        luaL_checktype(L, env, LUA_TTABLE);
    pass = read_list(L, arg, "pass", &names);
    list = ml_newblock(L, names + (has_env ? count_fields(L, env) : 0), sizeof *list);
    if (has_env)
        count = read_variables(L, env, list);
    for (i = 0; i < names; i++) {
        const char *value = getenv(pass[i]);

        for (j = 0; j < count && value != NULL; j++)
            if (strcmp(list[j].name, pass[i]) == 0)
                value = NULL;
        if (value == NULL)
            continue;
        list[count].name = pass[i];
        list[count++].value = ml_bytes_text(value);
    }
    job->env = list;
    job->env_count = count;
}

static ml_proc_out_kind read_output(lua_State *L, int arg, const char *name)
{
    static const char *const words[] = { "null", "inherit", "string", "secret", NULL };
    static const ml_proc_out_kind kinds[] = { ML_PROC_OUT_NULL, ML_PROC_OUT_INHERIT,
                                              ML_PROC_OUT_BUF, ML_PROC_OUT_SECRET };

    return kinds[ml_optword(L, arg, name, words, 0)];
}

/* Whom it works for and what it sees. An unknown user goes into errors[index]. */
static int read_surroundings(lua_State *L, int arg, batch *b, size_t index)
{
    ml_proc_job *job = &b->jobs[index];
    const char *user = ml_opttext(L, arg, "user", NULL);

    job->terminal = ml_optflag(L, arg, "terminal", false);
    job->forward = ml_optflag(L, arg, "forward", false);
    job->hangup = ml_optflag(L, arg, "hangup", false);
    job->umask = ml_contextof(L)->umask;
    if (ml_optpush(L, arg, "cwd") != LUA_TNIL)
        job->folder = ml_checkhandle(L, lua_gettop(L), &ml_type_root);
    if (ml_optpush(L, arg, "private") != LUA_TNIL)
        job->private = ml_checkhandle(L, lua_gettop(L), &ml_type_private);
    if (user == NULL)
        return 0;
    job->user = &b->users[index];
    return ml_proc_user_find(&b->users[index], user, &b->errors[index]);
}

/* Fills job `index` from the table at `arg`. Leaves what it needs on the stack. An unknown program
 * or user goes into errors[index]. */
static void read_job(lua_State *L, int arg, batch *b, size_t index)
{
    static const char *const options[] = { "cwd",      "env",       "forward", "hangup", "limit",
                                           "name",     "operands",  "options", "pass",   "private",
                                           "program",  "separator", "stderr",  "stdin",  "stdout",
                                           "terminal", "timeout",   "user",    NULL };
    ml_proc_job *job = &b->jobs[index];
    const ml_context *context = ml_contextof(L);
    const char *program;
    int user;

    luaL_checkstack(L, 24, "too many programs");
    luaL_checktype(L, arg, LUA_TTABLE);
    ml_checkoptions(L, arg, options);
    program = ml_opttext(L, arg, "program", NULL);
    if (program == NULL)
        luaL_argerror(L, 1, "option 'program' is missing");
    job->name = ml_opttext(L, arg, "name", NULL);
    job->options = read_list(L, arg, "options", &job->option_count);
    job->operands = read_list(L, arg, "operands", &job->operand_count);
    job->separator = ml_optflag(L, arg, "separator", false);
    read_environment(L, arg, job);
    user = read_surroundings(L, arg, b, index);
    job->in = job->terminal ? ML_PROC_IN_INHERIT : ML_PROC_IN_NULL;
    if (ml_optpush(L, arg, "stdin") != LUA_TNIL) {
        job->in = ML_PROC_IN_BYTES;
        job->in_bytes = ml_checkbytes(L, lua_gettop(L));
    }
    job->out = read_output(L, arg, "stdout");
    job->err = read_output(L, arg, "stderr");
    job->limit = (size_t)ml_optnumber(L, arg, "limit", 0, ML_LIMIT_FILE, 0);
    job->timeout_ms = (unsigned)ml_optnumber(L, arg, "timeout", 0, 86400, 0) * 1000;
    if (job->name == NULL)
        job->name = program;
    if (user == 0 && ml_proc_find(&b->programs[index], program, getenv("PATH"), context->privileged,
                                  &b->errors[index]) == 0)
        b->errors[index].code = NULL;
    job->program = b->programs[index];
}

static void set_output(lua_State *L, const char *name, ml_proc_out_kind kind, const ml_buf *buf,
                       const ml_secret *secret)
{
    if (kind == ML_PROC_OUT_BUF)
        ml_pushbytes(L, ml_buf_bytes(buf));
    else if (kind == ML_PROC_OUT_SECRET)
        ml_pushsecret(L, ml_secret_bytes(secret));
    else
        return;
    lua_setfield(L, -2, name);
}

static void push_result(lua_State *L, const batch *b, size_t index)
{
    const ml_proc_result *result = &b->results[index];

    lua_createtable(L, 0, 6);
    if (result->status >= 0)
        ml_setinteger(L, "status", result->status);
    if (result->signal != 0)
        ml_setinteger(L, "signal", result->signal);
    ml_setflag(L, "timed_out", result->timed_out);
    ml_setflag(L, "overflow", result->overflow);
    set_output(L, "stdout", b->jobs[index].out, &result->out, &result->out_secret);
    set_output(L, "stderr", b->jobs[index].err, &result->err, &result->err_secret);
}

/* proc.run{ … } -> { status, signal, timed_out, overflow, stdout, stderr } | nil, error. A program
 * that failed has a status; an error means that it could not be run. */
static int proc_run(lua_State *L)
{
    batch *b;
    ml_err e;

    lua_settop(L, 1);
    b = new_batch(L, 1);
    read_job(L, 1, b, 0);
    if (b->errors[0].code != NULL)
        return ml_pushfail(L, &b->errors[0]);
    ml_wipe_stack();
    if (ml_proc_run(&b->jobs[0], &b->results[0], &e) < 0)
        return ml_pushfail(L, &e);
    push_result(L, b, 0);
    return 1;
}

/* The only job; *e without a code, or why it cannot run. */
static const ml_proc_job *read_single(lua_State *L, ml_err *e)
{
    batch *const b = new_batch(L, 1);

    read_job(L, 1, b, 0);
    *e = b->errors[0];
    return &b->jobs[0];
}

const ml_proc_job *ml_proc_lua_conversation(lua_State *L, ml_err *e)
{
    const ml_proc_job *const job = read_single(L, e);

    luaL_argcheck(L,
                  job->in == ML_PROC_IN_NULL && job->out == ML_PROC_OUT_NULL &&
                      job->err <= ML_PROC_OUT_INHERIT,
                  1, "in a conversation, input and output are its turns");
    return e->code != NULL ? NULL : job;
}

/* The only job, whose streams are ours or nobody's; NULL with the error. */
static const ml_proc_job *read_unattended(lua_State *L, ml_err *e)
{
    const ml_proc_job *job;

    lua_settop(L, 1);
    job = read_single(L, e);
    luaL_argcheck(L,
                  job->in != ML_PROC_IN_BYTES && job->out <= ML_PROC_OUT_INHERIT &&
                      job->err <= ML_PROC_OUT_INHERIT,
                  1, "nobody would be there for its input and output");
    return e->code != NULL ? NULL : job;
}

/* proc.start{ … } -> true | nil, error: does not wait for it */
static int proc_start(lua_State *L)
{
    ml_err e;
    const ml_proc_job *const job = read_unattended(L, &e);
    pid_t pid;

    return job == NULL ? ml_pushfail(L, &e) : ml_pushdone(L, ml_proc_start(job, &pid, &e), &e);
}

/* proc.replace{ … } -> nil, error: becomes the program */
static int proc_replace(lua_State *L)
{
    ml_err e;
    const ml_proc_job *const job = read_unattended(L, &e);

    return job == NULL ? ml_pushfail(L, &e) : ml_pushdone(L, ml_proc_replace(job, &e), &e);
}

/* proc.all(list[, { parallel = }]) -> list: for each, its result or its error object */
static int proc_all(lua_State *L)
{
    static const char *const options[] = { "parallel", NULL };
    size_t count, parallel, i;
    batch *b;

    luaL_checktype(L, 1, LUA_TTABLE);
    ml_checkoptions(L, 2, options);
    parallel = (size_t)ml_optnumber(L, 2, "parallel", 0, 1024, 0);
    lua_settop(L, 1);
    count = (size_t)lua_rawlen(L, 1);
    b = new_batch(L, count);
    for (i = 0; i < count; i++) {
        luaL_checkstack(L, 24, "too many programs");
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        read_job(L, lua_gettop(L), b, i);
        if (b->errors[i].code != NULL) { /* one that is not there: nothing is begun */
            ml_err e = b->errors[i];

            return ml_pushfail(L, &e);
        }
    }
    ml_wipe_stack();
    ml_proc_all(b->jobs, count, parallel, b->results, b->errors);
    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        if (b->errors[i].code != NULL)
            ml_pusherror(L, &b->errors[i]);
        else
            push_result(L, b, i);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* proc.find(name) -> path | nil, error: the program that a bare name means, if it can be trusted */
static int proc_find(lua_State *L)
{
    const char *name = ml_checkname(L, 1);
    batch *b = new_batch(L, 1);
    ml_err e;

    if (ml_proc_find(&b->programs[0], name, getenv("PATH"), ml_contextof(L)->privileged, &e) < 0)
        return ml_pushfail(L, &e);
    lua_pushstring(L, b->programs[0]);
    return 1;
}

static const luaL_Reg functions[] = {
    { "all", proc_all },   { "converse", ml_proc_lua_converse },
    { "find", proc_find }, { "replace", proc_replace },
    { "run", proc_run },   { "start", proc_start },
    { NULL, NULL },
};

int luaopen_moonlatch_proc(lua_State *L)
{
    ml_require(L, "moonlatch.fs");
    ml_newtype(L, &type, NULL, NULL);
    ml_proc_lua_types(L);
    luaL_newlib(L, functions);
    return 1;
}
