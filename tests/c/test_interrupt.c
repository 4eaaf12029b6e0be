/* test_interrupt.c — signals that come while C code of the runtime waits, or is about to. */
#include "tests/c/test.h"

#include <errno.h>
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "moonlatch.h"

/* The exit status of Lua code that calls `function`. */
static int run(ml_runtime *runtime, lua_CFunction function)
{
    lua_State *const L = ml_lua(runtime);

    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, "moonlatch.tested");
    lua_pop(L, 1);
    return ml_run(runtime, "require 'moonlatch.tested'()", "=test");
}

static int woken; /* by a signal: 1, or 0 when it waited in vain */

/* A C function that a signal meets just before it begins to wait. */
static int wait_too_late(lua_State *L)
{
    struct pollfd nothing = { -1, POLLIN, 0 };

    (void)L;
    raise(SIGTERM);
    woken = poll(&nothing, 1, 30 * 1000) < 0 && errno == EINTR;
    return 0;
}

static void a_signal_just_before_a_wait_ends_it(void **state)
{
    ml_runtime *const runtime = ml_open(NULL);

    (void)state;
    assert_int_equal(run(runtime, wait_too_late), 2);
    assert_int_equal(woken, 1);
    assert_int_equal(alarm(0), 0); /* none is left */
    ml_close(runtime);
}

static volatile sig_atomic_t heard;

static void hear(int number)
{
    (void)number;
    heard++;
}

static int raise_alarm(lua_State *L)
{
    (void)L;
    raise(SIGALRM);
    return 0;
}

/* A program may have set one, as may the one that started it. */
static void an_alarm_of_others_is_theirs(void **state)
{
    ml_runtime *const runtime = ml_open(NULL);

    (void)state;
    signal(SIGALRM, hear);
    alarm(1000);
    assert_int_equal(run(runtime, raise_alarm), 0);
    assert_int_equal(heard, 1);
    assert_true(alarm(0) > 900);
    signal(SIGALRM, SIG_DFL);
    ml_close(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_just_before_a_wait_ends_it),
        cmocka_unit_test(an_alarm_of_others_is_theirs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
