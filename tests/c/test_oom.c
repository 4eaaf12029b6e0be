/* test_oom.c — memory runs out at the first, the second, the third… allocation, until nothing more
 * is asked for: in Lua's allocator, in C's, and in the whole program. Nothing may crash or leak
 * (the sanitizers look), descriptors are closed, and every error says "memory".
 *
 * For each module in C there is tests/c/oom/NAME.lua, which prepares and returns a function that
 * uses all of the module; that function is what runs short. */
#include "tests/c/temp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "lua/modules.h"
#include "moonlatch.h"

/* --- allocators that fail on order --- */

typedef struct heap {
    atomic_long count;
    long fail_at; /* from 0; -1: never */
    bool once;    /* else all that follow fail too */
} heap;

static heap of_lua = { .fail_at = -1 }, of_c = { .fail_at = -1 };

static void arm(heap *h, long fail_at, bool once)
{
    atomic_store(&h->count, 0);
    h->once = once;
    h->fail_at = fail_at;
}

static bool refuses(heap *h)
{
    const long number = atomic_fetch_add(&h->count, 1);

    return h->fail_at >= 0 && (h->once ? number == h->fail_at : number >= h->fail_at);
}

/* Was the end reached? */
static bool has_refused(heap *h)
{
    const long fail_at = h->fail_at;

    h->fail_at = -1;
    return fail_at >= 0 && atomic_load(&h->count) > fail_at;
}

/* The linker gives every call of these in our objects to __wrap_X (see the Makefile). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);

static bool refuse_c(void)
{
    if (!refuses(&of_c))
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return refuse_c() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuse_c() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return refuse_c() ? NULL : __real_realloc(p, size);
}

char *__wrap_strndup(const char *text, size_t most)
{
    const size_t len = strnlen(text, most);
    char *const copy = __wrap_malloc(len + 1);

    if (copy == NULL)
        return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

/* What secret.c takes its locked memory from. */
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return refuse_c() ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

static void *lua_heap(void *ud, void *p, size_t old, size_t size)
{
    (void)ud;
    (void)old;
    if (size == 0) {
        free(p);
        return NULL;
    }
    /* Lua takes for granted that a block can be made smaller */
    if ((p == NULL || size > old) && refuses(&of_lua))
        return NULL;
    return __real_realloc(p, size);
}

/* --- modules --- */

static size_t open_descriptors(void)
{
    DIR *const dir = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* The value of a failed call, at the top: a memory error of Lua, or our error object with that
 * code.
 */
static void check_error(lua_State *L, int status, const char *module, long number)
{
    const char *code, *message;

    if (status == LUA_ERRMEM)
        return;
    if (lua_type(L, -1) == LUA_TSTRING) {
        if (strcmp(lua_tostring(L, -1), "not enough memory") == 0)
            return;
        fail_msg("%s, allocation %ld: %s", module, number, lua_tostring(L, -1));
    }
    if (lua_getfield(L, -1, "code") != LUA_TSTRING)
        fail_msg("%s, allocation %ld: not an error object", module, number);
    code = lua_tostring(L, -1);
    lua_getfield(L, -2, "message");
    message = lua_tostring(L, -1);
    if (strcmp(code, "memory") != 0)
        fail_msg("%s, allocation %ld: %s: %s", module, number, code, message);
}

/* Calls the function at index 1 again and again, one allocation further each time; how many times
 * it failed. */
static long run_short(lua_State *L, heap *h, bool once, const char *module)
{
    const size_t descriptors = open_descriptors();
    long number, failures = 0;
    bool refused = true;

    for (number = 0; refused; number++) {
        int status;

        lua_pushvalue(L, 1);
        arm(h, number, once);
        status = lua_pcall(L, 0, 0, 0);
        refused = has_refused(h);
        if (status != LUA_OK) {
            check_error(L, status, module, number);
            failures++;
        }
        assert_true(refused || status == LUA_OK);
        lua_settop(L, 1);
        lua_gc(L, LUA_GCCOLLECT);
        if (open_descriptors() != descriptors)
            fail_msg("%s, allocation %ld: a descriptor was left open", module, number);
    }
    return failures;
}

static lua_State *open_state(void)
{
    lua_State *const L = lua_newstate(lua_heap, NULL);

    assert_non_null(L);
    luaL_openlibs(L);
    lua_pushcfunction(L, luaopen_moonlatch);
    lua_call(L, 0, 0);
    return L;
}

/* Runs one file of tests/c/oom short in each way. */
static void exhaust(const char *name)
{
    lua_State *const L = open_state();
    char path[256];
    long lua_count, c_count;

    snprintf(path, sizeof path, "tests/c/oom/%s.lua", name);
    if (luaL_loadfile(L, path) != LUA_OK || lua_pcall(L, 0, 1, 0) != LUA_OK)
        fail_msg("%s: %s", path, luaL_tolstring(L, -1, NULL));
    assert_true(lua_isfunction(L, 1));
    lua_pushvalue(L, 1);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK)
        fail_msg("%s: %s", path, luaL_tolstring(L, -1, NULL));
    lua_gc(L, LUA_GCCOLLECT);
    lua_count = run_short(L, &of_lua, false, name);
    c_count = run_short(L, &of_c, false, name) + run_short(L, &of_c, true, name);
    print_message("  %s: failed at %ld allocations of Lua, at %ld of C\n", name, lua_count,
                  c_count);
    assert_true(lua_count > 0);
    lua_close(L);
}

static void every_module_survives(void **state)
{
    ml_root temp;
    size_t i;

    (void)state;
    assert_non_null(freopen("/dev/null", "r", stdin));
    temp_open(&temp);
    setenv("HOME", temp.real, 1);
    setenv("XDG_STATE_HOME", temp.real, 1);
    for (i = 0; ml_modules[i].name != NULL; i++)
        exhaust(strchr(ml_modules[i].name, '.') + 1);
    exhaust("transaction"); /* a part of fs with a file of its own */
    temp_close(&temp);
}

/* Opening the modules themselves. */
static void a_state_without_room_is_refused(void **state)
{
    bool refused = true;
    long number, failures = 0;

    (void)state;
    for (number = 0; refused; number += 1 + number / 100) {
        lua_State *L;

        arm(&of_lua, number, false);
        L = lua_newstate(lua_heap, NULL);
        if (L != NULL) {
            lua_pushcfunction(L, luaopen_moonlatch);
            failures += lua_pcall(L, 0, 1, 0) != LUA_OK;
        }
        refused = has_refused(&of_lua);
        if (L != NULL)
            lua_close(L);
    }
    assert_true(failures > 50);
}

/* --- the program --- */

/* Opens a runtime and runs a recipe in it; what it prints goes nowhere. */
static int run_program(char **argv, int argc)
{
    ml_runtime *const runtime = ml_open(NULL);
    int status = 2;

    if (runtime != NULL)
        status = ml_main(runtime, argc, argv);
    ml_close(runtime);
    return status;
}

static void the_program_says_that_memory_is_out(void **state)
{
    char name[] = "moonlatch", word[] = "help", what[] = "encrypt";
    char *argv[] = { name, word, what, NULL };
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC), out = dup(1), err = dup(2);
    bool refused = true;
    long number, failures = 0;

    (void)state;
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    for (number = 0; refused; number += 1 + number / 40) {
        int status;

        arm(&of_c, number, false);
        status = run_program(argv, 3);
        refused = has_refused(&of_c);
        if (status != 0 && status != 2)
            break;
        failures += status == 2;
    }
    dup2(out, 1);
    dup2(err, 2);
    close(nowhere);
    close(out);
    close(err);
    assert_false(refused);
    assert_true(failures > 100);
    print_message("  the program: ended with status 2 at %ld allocations\n", failures);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_module_survives),
        cmocka_unit_test(a_state_without_room_is_refused),
        cmocka_unit_test(the_program_says_that_memory_is_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
