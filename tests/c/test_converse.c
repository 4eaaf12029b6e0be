/* test_converse.c — conversations with a child: turns, ends, limits. */
#include "tests/c/test.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/proc.h"

static ml_proc_talk *begin(const char *script, size_t limit, unsigned timeout_ms)
{
    static const ml_proc_var env[] = { { "PATH", { (const unsigned char *)"/usr/bin:/bin", 13 } } };
    const char *const options[] = { "-c", script };
    const ml_proc_job job = { .program = "/bin/sh",
                              .options = options,
                              .option_count = 2,
                              .env = env,
                              .env_count = 1,
                              .limit = limit,
                              .timeout_ms = timeout_ms,
                              .umask = 077 };
    ml_proc_talk *t;
    ml_err e;

    if (ml_proc_converse(&t, &job, &e) < 0)
        fail_msg("%s", e.message);
    return t;
}

static void expect(ml_proc_talk *t, const char *text, const char *answer)
{
    ml_secret heard;
    ml_err e;

    if (ml_proc_exchange(t, ml_bytes_text(text), 0, &heard, &e) < 0)
        fail_msg("%s", e.message);
    assert_true(ml_bytes_is(ml_secret_bytes(&heard), answer));
    ml_secret_free(&heard);
}

static void expect_failure(ml_proc_talk *t, const char *code, const char *message)
{
    ml_secret heard;
    ml_err e;

    while (ml_proc_exchange(t, ml_bytes_of(NULL, 0), 0, &heard, &e) == 0)
        ml_secret_free(&heard);
    assert_string_equal(e.code, code);
    if (strstr(e.message, message) == NULL)
        fail_msg("%s", e.message);
}

static void turns_go_both_ways(void **state)
{
    ml_proc_talk *t = begin("while read -r line; do echo \"<$line>\"; done", 0, 60000);

    (void)state;
    expect(t, "one\n", "<one>\n");
    expect(t, "two\n", "<two>\n");
    ml_proc_hang_up(t);
    ml_proc_hang_up(NULL);
}

/* More than both pipes hold, and nobody waits for the other. */
static void much_goes_both_ways_at_once(void **state)
{
    enum { MUCH = 1024 * 1024 };
    ml_proc_talk *t = begin("cat", 0, 60000);
    unsigned char *text = malloc(MUCH);
    size_t got = 0;
    ml_err e;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', MUCH);
    while (got < MUCH) {
        ml_secret heard;

        if (ml_proc_exchange(t, ml_bytes_of(text, got == 0 ? MUCH : 0), 0, &heard, &e) < 0)
            fail_msg("%s", e.message);
        got += heard.len;
        ml_secret_free(&heard);
    }
    assert_int_equal(got, MUCH);
    free(text);
    ml_proc_hang_up(t);
}

static void silence_is_no_failure(void **state)
{
    ml_proc_talk *t = begin("cat", 0, 60000);
    ml_secret heard;
    ml_err e;

    (void)state;
    assert_int_equal(ml_proc_exchange(t, ml_bytes_of(NULL, 0), 1, &heard, &e), 0);
    assert_int_equal(heard.len, 0);
    ml_secret_free(&heard);
    expect(t, "x", "x");
    ml_proc_hang_up(t);
}

static void limits_end_a_conversation(void **state)
{
    ml_proc_talk *t = begin("exit 3", 0, 60000);

    (void)state;
    expect_failure(t, ML_E_CHILD, "sh ended before it was done");
    ml_proc_hang_up(t);
    t = begin("yes", 100000, 60000);
    expect_failure(t, ML_E_CHILD, "wrote more than the limit");
    ml_proc_hang_up(t);
    t = begin("cat", 0, 1);
    expect_failure(t, ML_E_CHILD, "was not done within");
    ml_proc_hang_up(t);
}

/* What it said last counts, whether it still listens or not. */
static void last_words_are_heard(void **state)
{
    ml_proc_talk *t = begin("exec <&-; echo bye", 0, 60000);
    ml_secret heard;
    ml_err e;

    (void)state;
    if (ml_proc_exchange(t, ml_bytes_text("x"), 0, &heard, &e) < 0)
        fail_msg("%s", e.message);
    assert_true(ml_bytes_is(ml_secret_bytes(&heard), "bye\n"));
    ml_secret_free(&heard);
    ml_proc_hang_up(t);
}

/* Is it there, and no zombie that nobody has buried yet? */
static bool lives(long pid)
{
    char path[64], name[64], letter = 'Z';
    FILE *f;

    if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
        return false;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    f = fopen(path, "r");
    if (f != NULL && fscanf(f, "%*d %63s %c", name, &letter) != 2)
        letter = 'Z';
    if (f != NULL)
        fclose(f);
    return letter != 'Z';
}

/* In a shell that is not interactive the background does not hear SIGINT. */
static void nothing_of_it_is_left(void **state)
{
    ml_proc_talk *t = begin("sleep 1000 & echo $!; wait", 0, 60000);
    ml_secret heard;
    char number[32] = "";
    ml_err e;

    (void)state;
    assert_int_equal(ml_proc_exchange(t, ml_bytes_of(NULL, 0), 0, &heard, &e), 0);
    assert_true(heard.len < sizeof number);
    memcpy(number, heard.p, heard.len);
    ml_secret_free(&heard);
    assert_true(lives(strtol(number, NULL, 10)));
    ml_proc_hang_up(t);
    alarm(30);
    while (lives(strtol(number, NULL, 10))) /* it was killed: that takes its time */
        sched_yield();
    alarm(0);
}

static void a_program_that_is_not_there_is_an_error(void **state)
{
    const ml_proc_job job = { .program = "/no/such/program" };
    ml_proc_talk *t;
    ml_err e;

    (void)state;
    assert_int_equal(ml_proc_converse(&t, &job, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    assert_null(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_go_both_ways),
        cmocka_unit_test(much_goes_both_ways_at_once),
        cmocka_unit_test(silence_is_no_failure),
        cmocka_unit_test(limits_end_a_conversation),
        cmocka_unit_test(last_words_are_heard),
        cmocka_unit_test(nothing_of_it_is_left),
        cmocka_unit_test(a_program_that_is_not_there_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
