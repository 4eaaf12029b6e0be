/* test_interrupt.c — signals that come while C code of the runtime waits, or is about to. */
#include "tests/c/test.h"

#include <errno.h>
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "moonlatch.h"

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
    lua_State *const L = ml_lua(runtime);

    (void)state;
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushcfunction(L, wait_too_late);
    lua_setfield(L, -2, "moonlatch.waiting");
    lua_pop(L, 1);
    assert_int_equal(ml_run(runtime, "require 'moonlatch.waiting'()", "=test"), 2);
    assert_int_equal(woken, 1);
    assert_int_equal(alarm(0), 0); /* none is left */
    ml_close(runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_just_before_a_wait_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
