/* test_host.c — what surrounds the process: start-up hygiene, the environment, the terminal, the
 * worker pool. */
#include "tests/c/temp.h"
#include "tests/c/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>

#include "sys/env.h"
#include "sys/pool.h"
#include "sys/tty.h"

/* --- start --- */

/* Runs `check` in a child, whose environment and limits it may spoil; it returns 0 if all is well.
 */
static void in_a_child(int (*check)(void))
{
    const pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(check());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static int check_hardening(void)
{
    struct rlimit core;
    ml_env_start start;
    char byte;
    ml_err e;

    umask(027);
    close(0);
    close(1);
    if (ml_env_harden(&start, &e) < 0 || start.umask != 027 || umask(0) != 077)
        return 1;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0)
        return 2;
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
        return 3;
    if (fcntl(0, F_GETFD) != 0 || fcntl(1, F_GETFD) != 0)
        return 4;
    return read(0, &byte, 1) < 0 && write(1, "x", 1) < 0 ? 0 : 5;
}

static void the_start_leaves_no_core_and_no_open_umask(void **state)
{
    (void)state;
    in_a_child(check_hardening);
}

static int check_taking(void)
{
    char text[65536];
    ml_secret value;
    ssize_t len;
    int fd;
    ml_err e;

    if (ml_env_take("SOPS_AGE_KEY", &value, &e) != 1 ||
        !ml_bytes_is(ml_secret_bytes(&value), "AGE-SECRET-KEY-TEST"))
        return 1;
    if (getenv("SOPS_AGE_KEY") != NULL)
        return 2;
    fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
    len = fd < 0 ? 0 : read(fd, text, sizeof text);
    if (len <= 0 || memmem(text, (size_t)len, "AGE-SECRET-KEY-TEST", 19) != NULL)
        return 3;
    ml_secret_free(&value);
    return ml_env_take("SOPS_AGE_KEY", &value, &e) == 0 ? 0 : 4;
}

/* The variable must be in the block that the kernel made: so this program runs itself again. */
static void secrets_are_taken_out_of_the_environment(void **state)
{
    char self[] = "/proc/self/exe", word[] = "take", key[] = "SOPS_AGE_KEY=AGE-SECRET-KEY-TEST";
    char asan[] = "ASAN_OPTIONS=detect_leaks=0";
    char *argv[] = { self, word, NULL }, *env[] = { key, asan, NULL };
    const pid_t pid = fork();
    int status;

    (void)state;
    if (pid == 0) {
        execve(self, argv, env);
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(ml_env_is_secret("BW_SESSION"));
    assert_false(ml_env_is_secret("PATH"));
}

static void folders_follow_xdg(void **state)
{
    char wanted[TEMP_PATH + 32], *path;
    ml_root top;
    ml_err e;

    (void)state;
    temp_open(&top);
    setenv("HOME", top.real, 1);
    unsetenv("XDG_STATE_HOME");
    setenv("XDG_CONFIG_HOME", "relative/is/ignored", 1);
    snprintf(wanted, sizeof wanted, "%s/.local/state/moonlatch", top.real);
    assert_int_equal(ml_env_state(&path, &e), 0);
    assert_string_equal(path, wanted);
    free(path);
    assert_int_equal(ml_env_make_state(&path, &e), 0);
    assert_string_equal(path, wanted);
    free(path);
    assert_int_equal(temp_mode(&top, ".local/state/moonlatch"), 0700);
    assert_int_equal(chmod(wanted, 0755), 0);
    assert_int_equal(ml_env_make_state(&path, &e), -1);
    assert_string_equal(e.code, ML_E_PERMISSION);
    assert_null(path);
    assert_int_equal(ml_env_configs(&path, &e), 0);
    snprintf(wanted, sizeof wanted, "%s/.config", top.real);
    assert_string_equal(path, wanted);
    free(path);
    setenv("XDG_STATE_HOME", "/elsewhere", 1);
    assert_int_equal(ml_env_state(&path, &e), 0);
    assert_string_equal(path, "/elsewhere/moonlatch");
    free(path);
    temp_close(&top);
}

/* --- the terminal --- */

static int ask_passphrase(void)
{
    ml_secret answer;
    ml_err e;
    int same;

    if (ml_tty_passphrase("Pass\x1b[2Jphrase: ", &answer, &e) < 0)
        return 1;
    same = ml_bytes_is(ml_secret_bytes(&answer), "correct horse");
    ml_secret_free(&answer);
    return same && echoes(0) ? 0 : 2;
}

static void a_passphrase_is_read_without_echo(void **state)
{
    char seen[4096] = "";
    int master, status;
    const pid_t pid = with_terminal(&master, ask_passphrase);

    (void)state;
    await(master, "Pass[2Jphrase: ", seen, sizeof seen); /* the escape character is not printed */
    assert_false(echoes(master));
    type(master, "correct horse\n");
    await(master, "\n", seen, sizeof seen);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_null(strstr(seen, "horse"));
    close(master);
}

static int ask_when_it_was_answered(void)
{
    struct pollfd typed = { 0, POLLIN, 0 };

    return poll(&typed, 1, 20000) == 1 ? ask_passphrase() + ask_passphrase() : 1;
}

/* As scripts do that give a program all its lines at once. */
static void what_is_typed_ahead_answers(void **state)
{
    int master, status;
    const pid_t pid = with_terminal(&master, ask_when_it_was_answered);

    (void)state;
    type(master, "correct horse\ncorrect horse\n");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(master);
}

static int ask_to_be_interrupted(void)
{
    ml_secret answer;
    ml_err e;

    return ml_tty_passphrase("Passphrase: ", &answer, &e) < 0 ? 1 : 0;
}

/* Ctrl-C with the default action: the process dies of the signal, the terminal echoes again. */
static void an_interrupt_restores_the_terminal(void **state)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        char seen[4096] = "";
        int master, status;
        const pid_t pid = with_terminal(&master, ask_to_be_interrupted);

        await(master, "Passphrase: ", seen, sizeof seen);
        assert_false(echoes(master));
        if (signals[i] == SIGINT)
            type(master, "\x03");
        else
            kill(pid, signals[i]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
        assert_true(echoes(master));
        close(master);
    }
}

static int ask_yes(void)
{
    ml_err e;

    if (!ml_tty_is(0) || !ml_tty_present())
        return 5;
    return ml_tty_confirm("Really? ", &e) == 1 && ml_tty_confirm("And this? ", &e) == 0 ? 0 : 1;
}

static void yes_must_be_said(void **state)
{
    char seen[4096] = "";
    int master, status;
    const pid_t pid = with_terminal(&master, ask_yes);

    (void)state;
    await(master, "Really? ", seen, sizeof seen);
    type(master, "maybe\n");
    await(master, "yes or no: ", seen, sizeof seen);
    type(master, "Yes\n");
    await(master, "And this? ", seen, sizeof seen);
    type(master, "\n");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(master);
}

static int ask_without_a_terminal(void)
{
    ml_secret answer;
    int ends[2];
    ml_err e;

    setsid();
    /* A line waits on stdin: it must not be taken for the answer. */
    if (pipe(ends) != 0 || write(ends[1], "secret\n", 7) != 7 || dup2(ends[0], 0) != 0)
        return 1;
    if (ml_tty_passphrase("Passphrase: ", &answer, &e) == 0)
        return 2;
    return strcmp(e.code, ML_E_UNSUPPORTED) == 0 ? 0 : 3;
}

static void stdin_is_never_asked_instead(void **state)
{
    (void)state;
    in_a_child(ask_without_a_terminal);
    assert_int_equal(ml_tty_columns(-1), 80);
}

/* --- the pool --- */

static int square(void *context, size_t item, ml_err *e)
{
    size_t *const numbers = context;

    if (item % 100 == 7)
        return ml_fail(e, ML_E_FORMAT, "item %zu", item);
    numbers[item] = item * item;
    return 0;
}

static void the_pool_does_each_item_once(void **state)
{
    enum { ITEMS = 1000 };
    size_t *const numbers = calloc(ITEMS, sizeof *numbers);
    ml_pool_result *const results = calloc(ITEMS, sizeof *results);
    unsigned threads;
    size_t i;

    (void)state;
    assert_true(numbers != NULL && results != NULL);
    for (threads = 0; threads < 4; threads++) {
        memset(numbers, 0, ITEMS * sizeof *numbers);
        assert_int_equal(ml_pool_run(ITEMS, threads, square, numbers, results), 10);
        for (i = 0; i < ITEMS; i++) {
            assert_int_equal(numbers[i], i % 100 == 7 ? 0 : i * i);
            assert_int_equal(results[i].status, i % 100 == 7 ? -1 : 0);
        }
        assert_string_equal(results[107].e.message, "item 107");
    }
    assert_int_equal(ml_pool_run(0, 0, square, numbers, results), 0);
    free(numbers);
    free(results);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_start_leaves_no_core_and_no_open_umask),
        cmocka_unit_test(secrets_are_taken_out_of_the_environment),
        cmocka_unit_test(folders_follow_xdg),
        cmocka_unit_test(a_passphrase_is_read_without_echo),
        cmocka_unit_test(what_is_typed_ahead_answers),
        cmocka_unit_test(an_interrupt_restores_the_terminal),
        cmocka_unit_test(yes_must_be_said),
        cmocka_unit_test(stdin_is_never_asked_instead),
        cmocka_unit_test(the_pool_does_each_item_once),
    };

    if (argc == 2 && strcmp(argv[1], "take") == 0)
        return check_taking();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
