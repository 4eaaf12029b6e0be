/* interrupt.c — see interrupt.h. */
#include "host/interrupt.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "lua/types.h"

static const int NUMBERS[ML_INTERRUPT_SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGALRM };

/* The coroutine to stop: a signal handler has no argument. Set only while ml_main or ml_run runs
 * (docs/decisions.md lists it). */
static lua_State *volatile running;

static void stop(lua_State *L, const char *message, bool final)
{
    ml_err e;

    lua_sethook(L, NULL, 0, 0);
    alarm(0);
    ml_fail(&e, ML_E_INTERRUPTED, "%s", message);
    ml_pusherror(L, &e);
    ml_setflag(L, "final", final);
    lua_error(L);
}

static void interrupt_hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    stop(L, "interrupted", false);
}

/* SIGTERM and SIGHUP are not for a prompt to shrug off: the error says that it is final. */
static void end_hook(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    stop(L, "told to end", true);
}

static void ask_to_stop(lua_State *L, lua_Hook hook)
{
    lua_sethook(L, hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static void watch(int number, void (*handler)(int))
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigaction(number, &action, NULL);
}

/* Only asks Lua to stop at the next instruction; lua_sethook is made for this. A signal that comes
 * just before C begins to wait for something would not end that wait: so an alarm follows each
 * second, until Lua has stopped. Any other alarm is not ours. */
static void on_signal(int number)
{
    lua_State *L = running;

    if (L == NULL)
        return;
    if (number != SIGALRM) {
        ask_to_stop(L, number == SIGINT ? interrupt_hook : end_hook);
        watch(SIGALRM, on_signal);
    }
    alarm(1);
}

/* Calls the function at index 1, which runs `coroutine`, with what is above it. */
static int run(lua_State *L, lua_State *coroutine)
{
    lua_State *const outer = running;
    lua_Hook unseen;
    int status;

    if (outer != NULL)
        running = coroutine;
    status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    running = outer;
    unseen = lua_gethook(coroutine);
    if (outer != NULL && unseen != NULL) { /* a signal came when it was about to end or to yield */
        lua_sethook(coroutine, NULL, 0, 0);
        ask_to_stop(outer, unseen);
    }
    return status == LUA_OK ? lua_gettop(L) : lua_error(L);
}

/* coroutine.resume and coroutine.close; upvalue: the library's function of that name. */
static int run_argument(lua_State *L)
{
    lua_State *const coroutine = lua_tothread(L, 1);

    luaL_argexpected(L, coroutine != NULL, 1, "coroutine");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    return run(L, coroutine);
}

/* What coroutine.wrap gives; upvalues: what the library's own gave, and its coroutine. */
static int run_wrapped(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    return run(L, lua_tothread(L, lua_upvalueindex(2)));
}

/* coroutine.wrap; upvalue: the library's. */
static int wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    /* lcorolib.c: the only upvalue of what it gives is the coroutine */
    if (lua_getupvalue(L, -1, 1) == NULL || !lua_isthread(L, -1))
        return luaL_error(L, "this Lua keeps the coroutine of coroutine.wrap elsewhere");
    lua_pushcclosure(L, run_wrapped, 2);
    return 1;
}

void ml_interrupt_open(lua_State *L)
{
    static const luaL_Reg watched[] = {
        { "close", run_argument },
        { "resume", run_argument },
        { "wrap", wrap },
    };
    size_t i;

    lua_getglobal(L, LUA_COLIBNAME);
    for (i = 0; i < sizeof watched / sizeof *watched; i++) {
        lua_getfield(L, -1, watched[i].name);
        lua_pushcclosure(L, watched[i].func, 1);
        lua_setfield(L, -2, watched[i].name);
    }
    lua_pop(L, 1);
}

void ml_interrupt_watch(lua_State *L, struct sigaction old[ML_INTERRUPT_SIGNALS])
{
    size_t i;

    running = L;
    for (i = 0; i < ML_INTERRUPT_SIGNALS; i++) {
        sigaction(NUMBERS[i], NULL, &old[i]);
        if (old[i].sa_handler != SIG_IGN && NUMBERS[i] != SIGALRM) /* nohup stays in force */
            watch(NUMBERS[i], on_signal);
    }
}

void ml_interrupt_unwatch(const struct sigaction old[ML_INTERRUPT_SIGNALS])
{
    struct sigaction now;
    size_t i;

    running = NULL;
    sigaction(SIGALRM, NULL, &now);
    if (now.sa_handler == on_signal)
        alarm(0);
    for (i = 0; i < ML_INTERRUPT_SIGNALS; i++)
        sigaction(NUMBERS[i], &old[i], NULL);
}
