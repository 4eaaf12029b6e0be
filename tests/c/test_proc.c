/* test_proc.c — children: what they get, what comes back, how they end. */
#include "tests/c/temp.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/proc.h"

static const char SH[] = "/bin/sh"; /* as a program to run; the code under test never uses it */

static ml_proc_job shell(const char *const *options)
{
    ml_proc_job job = { .program = SH, .name = "sh", .options = options, .umask = 022 };

    job.option_count = 2;
    job.out = ML_PROC_OUT_BUF;
    return job;
}

#define SCRIPT(text)                                                                               \
    (const char *const[])                                                                          \
    {                                                                                              \
        "-c", text                                                                                 \
    }

/* Runs and compares what it wrote. */
static void expect(const ml_proc_job *job, const char *output)
{
    ml_proc_result r;
    ml_err e;

    assert_int_equal(ml_proc_run(job, &r, &e), 0);
    assert_int_equal(r.status, 0);
    ml_buf_byte(&r.out, '\0');
    assert_string_equal((const char *)r.out.p, output);
    ml_proc_result_free(&r);
}

static void a_child_gets_only_what_is_listed(void **state)
{
    static const ml_proc_var env[] = { { "A", { (const unsigned char *)"1 2", 3 } },
                                       { "EMPTY", { NULL, 0 } } };
    /* What a shell adds by itself is taken out. */
    ml_proc_job job =
        shell(SCRIPT("/usr/bin/env | grep -v -e ^PWD= -e ^_= -e ^OLDPWD= -e ^SHLVL="));

    (void)state;
    setenv("MOONLATCH_TEST_LEAK", "x", 1);
    job.env = env;
    job.env_count = 2;
    expect(&job, "A=1 2\nEMPTY=\n");
    job = shell(SCRIPT("umask; ulimit -c; trap"));
    job.umask = 027;
    expect(&job, "0027\n0\n");
}

static void a_child_has_no_other_descriptors_and_its_own_group(void **state)
{
    /* On purpose without O_CLOEXEC, and a number that no shell uses. */
    const int leak = fcntl(STDERR_FILENO, F_DUPFD, 77);
    ml_proc_job job = shell(SCRIPT("for f in /proc/$$/fd/*; do echo ${f##*/}; done"));
    ml_proc_result r;
    char number[16];
    ml_err e;

    (void)state;
    assert_true(leak >= 77);
    job.err = ML_PROC_OUT_NULL;
    assert_int_equal(ml_proc_run(&job, &r, &e), 0);
    snprintf(number, sizeof number, "\n%d\n", leak);
    ml_buf_byte(&r.out, '\0');
    assert_null(strstr((const char *)r.out.p, number));
    ml_proc_result_free(&r);
    close(leak);
    job = shell(SCRIPT("set -- $(cat /proc/$$/stat); test $5 = $$ && echo own"));
    expect(&job, "own\n");
}

/* Standard descriptors that are closed or crossed over. */
static void streams_may_be_given_in_any_order(void **state)
{
    ml_proc_job job = shell(SCRIPT("cat; echo err >&2"));
    int ends[2];
    char got[64] = "";

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    job.in = ML_PROC_IN_BYTES;
    job.in_bytes = ml_bytes_text("in\n");
    job.err = ML_PROC_OUT_FD;
    job.err_fd = ends[1];
    expect(&job, "in\n");
    close(ends[1]);
    assert_int_equal(read(ends[0], got, sizeof got), 4);
    assert_string_equal(got, "err\n");
    close(ends[0]);
}

static void signals_are_as_new(void **state)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
    const unsigned long ignored[4] = { 1 }, plain[4] = { 0 }; /* the kernel's: SIG_IGN, SIG_DFL */
    ml_proc_job job = shell(SCRIPT("grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -d '\\t'"));
    sigset_t block, old;

    (void)state;
    sigaction(SIGPIPE, &ignore, &before);
    syscall(SYS_rt_sigaction, 33, ignored, NULL, (size_t)8); /* one that libc keeps for itself */
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block, &old);
    expect(&job, "SigBlk:0000000000000000\nSigIgn:0000000000000000\n");
    syscall(SYS_rt_sigaction, 33, plain, NULL, (size_t)8);
    sigprocmask(SIG_SETMASK, &old, NULL);
    sigaction(SIGPIPE, &before, NULL);
}

static void operands_cannot_become_options(void **state)
{
    static const char *const operands[] = { "-n", "text" };
    ml_proc_job job = {
        .program = "/bin/echo", .operands = operands, .operand_count = 2, .out = ML_PROC_OUT_BUF
    };
    ml_proc_result r;
    ml_err e;

    (void)state;
    assert_int_equal(ml_proc_run(&job, &r, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    ml_proc_result_free(&r);
    job.separator = true;
    expect(&job, "-- -n text\n");
    job.program = "echo";
    assert_int_equal(ml_proc_run(&job, &r, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    ml_proc_result_free(&r);
}

static void secrets_go_in_and_out_in_locked_memory(void **state)
{
    ml_proc_job job = { .program = "/bin/cat", .in = ML_PROC_IN_BYTES, .out = ML_PROC_OUT_SECRET };
    ml_secret big;
    ml_proc_result r;
    ml_err e;

    (void)state;
    /* More than any pipe holds: reading and writing must take turns. */
    assert_int_equal(ml_secret_new(&big, 700000, &e), 0);
    memset(big.p, 's', big.len);
    job.in_bytes = ml_secret_bytes(&big);
    assert_int_equal(ml_proc_run(&job, &r, &e), 0);
    assert_true(ml_secret_equal(ml_secret_bytes(&r.out_secret), job.in_bytes));
    ml_proc_result_free(&r);
    job.in = ML_PROC_IN_NULL;
    assert_int_equal(ml_proc_run(&job, &r, &e), 0);
    assert_true(r.out_secret.p != NULL && r.out_secret.len == 0);
    ml_proc_result_free(&r);
    /* A child that reads nothing: no SIGPIPE for us, no failure. */
    job = (ml_proc_job){ .program = "/bin/true", .in = ML_PROC_IN_BYTES };
    job.in_bytes = ml_secret_bytes(&big);
    assert_int_equal(ml_proc_run(&job, &r, &e), 0);
    assert_int_equal(r.status, 0);
    ml_proc_result_free(&r);
    ml_secret_free(&big);
}

static void the_way_it_ended_is_reported(void **state)
{
    ml_proc_job job = shell(SCRIPT("exit 7"));
    ml_proc_result r;
    ml_err e;

    (void)state;
    assert_int_equal(ml_proc_run(&job, &r, &e), 0);
    assert_true(r.status == 7 && r.signal == 0);
    ml_proc_result_free(&r);
    job = shell(SCRIPT("kill -9 $$"));
    assert_int_equal(ml_proc_run(&job, &r, &e), 0);
    assert_true(r.status == -1 && r.signal == SIGKILL);
    ml_proc_result_free(&r);
    job.program = "/no/such/program";
    assert_int_equal(ml_proc_run(&job, &r, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    ml_proc_result_free(&r);
    job.program = "/etc/passwd";
    assert_int_equal(ml_proc_run(&job, &r, &e), -1);
    assert_string_equal(e.code, ML_E_PERMISSION);
    ml_proc_result_free(&r);
}

/* The whole group ends: a grandchild would hold the pipe. */
static void a_timeout_ends_the_group(void **state)
{
    ml_proc_job job = shell(SCRIPT("sleep 1000 & wait"));
    struct pollfd held;
    ml_proc_result r;
    int ends[2];
    ml_err e;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    job.out = ML_PROC_OUT_FD;
    job.out_fd = ends[1];
    job.timeout_ms = 200;
    assert_int_equal(ml_proc_run(&job, &r, &e), 0);
    assert_true(r.timed_out);
    assert_int_equal(r.signal, SIGTERM);
    close(ends[1]);
    held = (struct pollfd){ .fd = ends[0] }; /* hung up when nobody has the other end any more */
    assert_int_equal(poll(&held, 1, 60000), 1);
    close(ends[0]);
    ml_proc_result_free(&r);
}

static void too_much_output_ends_it(void **state)
{
    ml_proc_job job = { .program = "/usr/bin/yes", .out = ML_PROC_OUT_BUF, .limit = 100000 };
    ml_proc_result r;
    ml_err e;

    (void)state;
    assert_int_equal(ml_proc_run(&job, &r, &e), 0);
    assert_true(r.overflow);
    ml_proc_result_free(&r);
}

/* Each waits for the next one's word through a FIFO: one after the other they would wait for
 * ever. */
static void several_run_at_once(void **state)
{
    ml_proc_job jobs[3];
    ml_proc_result results[3];
    ml_err errors[3];
    ml_root top;
    char path[TEMP_PATH];

    (void)state;
    temp_open(&top);
    assert_int_equal(mkfifo(temp_path(&top, "fifo", path), 0600), 0);
    jobs[0] = shell(SCRIPT("cat fifo"));
    jobs[1] = shell(SCRIPT("echo word > fifo; echo said"));
    jobs[2] = shell(SCRIPT("exit 3"));
    jobs[0].folder = jobs[1].folder = &top;
    assert_int_equal(ml_proc_all(jobs, 3, 0, results, errors), 0);
    assert_true(ml_bytes_is(ml_buf_bytes(&results[0].out), "word\n"));
    assert_true(ml_bytes_is(ml_buf_bytes(&results[1].out), "said\n"));
    assert_int_equal(results[2].status, 3);
    for (int i = 0; i < 3; i++)
        ml_proc_result_free(&results[i]);
    /* One that cannot be started does not stop the others, one at a time. */
    jobs[0] = shell(SCRIPT("echo first"));
    jobs[1].program = "/no/such";
    assert_int_equal(ml_proc_all(jobs, 3, 1, results, errors), 1);
    assert_string_equal(errors[1].code, ML_E_MISSING);
    assert_null(errors[0].code);
    assert_true(ml_bytes_is(ml_buf_bytes(&results[0].out), "first\n"));
    for (int i = 0; i < 3; i++)
        ml_proc_result_free(&results[i]);
    temp_close(&top);
}

static void ignore_interrupt(int signal)
{
    (void)signal;
}

/* Ctrl-C: the child is ended first, then our own handler runs. */
static void an_interrupt_ends_the_children(void **state)
{
    struct sigaction handle = { .sa_handler = ignore_interrupt }, before;
    char script[128];
    const char *options[2] = { "-c", script };
    ml_proc_job job = shell(options);
    ml_proc_result r;
    ml_err e;

    (void)state;
    snprintf(script, sizeof script, "kill -INT %ld; sleep 60", (long)getpid());
    sigaction(SIGINT, &handle, &before);
    assert_int_equal(ml_proc_run(&job, &r, &e), -1);
    assert_string_equal(e.code, ML_E_INTERRUPTED);
    assert_int_equal(r.signal, SIGTERM);
    ml_proc_result_free(&r);
    sigaction(SIGINT, &before, NULL);
}

/* What is sent to us goes on to a child that stands for us, and its end is ours to report. */
static void signals_go_on_to_a_child_that_stands_for_us(void **state)
{
    const struct sigaction handle = { .sa_handler = SIG_DFL };
    struct sigaction before;
    char script[128];
    ml_proc_job job = shell(SCRIPT(script));
    ml_proc_result r;
    ml_err e;

    (void)state;
    /* no sleep may be waited for: a shell runs a trap only between two commands */
    snprintf(script, sizeof script, "trap 'exit 7' TERM; kill -TERM %ld; while :; do :; done",
             (long)getpid());
    sigaction(SIGTERM, &handle, &before);
    job.terminal = job.forward = true;
    assert_int_equal(ml_proc_run(&job, &r, &e), 0);
    assert_int_equal(r.status, 7);
    ml_proc_result_free(&r);
    sigaction(SIGTERM, &before, NULL);
}

/* Whoever runs the tests may have their own signals ignored. */
static void what_is_ignored_stays_so_for_a_child_that_stands_for_us(void **state)
{
    static const int signals[] = { SIGHUP, SIGINT, SIGQUIT };
    ml_proc_job job = shell(SCRIPT("grep -E '^SigIgn' /proc/self/status | tr -d '\\t'"));
    struct sigaction before[3];
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        const struct sigaction action = { .sa_handler = i == 0 ? SIG_IGN : SIG_DFL };

        sigaction(signals[i], &action, &before[i]);
    }
    job.terminal = job.forward = true;
    expect(&job, "SigIgn:0000000000000001\n");
    job.forward = false;
    expect(&job, "SigIgn:0000000000000000\n");
    for (i = 0; i < 3; i++)
        sigaction(signals[i], &before[i], NULL);
}

/* An editor does not outlive the program that it works for. */
static void a_child_is_hung_up_when_we_are_killed(void **state)
{
    ml_proc_job job = shell(SCRIPT("trap 'echo gone; exit' HUP; echo here; while :; do :; done"));
    char got[16];
    int ends[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        ml_proc_result r;
        ml_err e;

        job.out = ML_PROC_OUT_FD;
        job.out_fd = ends[1];
        job.hangup = true;
        _exit(ml_proc_run(&job, &r, &e));
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], got, sizeof got), 5); /* "here\n" */
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(read(ends[0], got, sizeof got), 5);
    assert_memory_equal(got, "gone\n", 5);
    close(ends[0]);
}

static void root_can_work_for_another(void **state)
{
    ml_proc_job job = shell(SCRIPT("id -u; id -G"));
    ml_proc_user user;
    ml_err e;

    (void)state;
    assert_int_equal(ml_proc_user_find(&user, "no-such-user", &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    if (geteuid() != 0) {
        assert_int_equal(ml_proc_user_find(&user, "root", &e), -1);
        assert_string_equal(e.code, ML_E_PERMISSION);
        return;
    }
    assert_int_equal(ml_proc_user_find(&user, "nobody", &e), 0);
    job.user = &user;
    expect(&job, "65534\n65534\n");
    ml_proc_user_free(&user);
}

static void do_nothing(int number)
{
    (void)number;
}

/* With an alarm that this process has set for itself. */
static int become_another(void)
{
    const struct itimerval soon = { { 0, 20000 }, { 0, 20000 } };
    ml_proc_job job = shell(SCRIPT("echo replaced; sleep 0.3; exit 5"));
    ml_err e;

    job.out = ML_PROC_OUT_INHERIT;
    job.terminal = true;
    signal(SIGALRM, do_nothing);
    setitimer(ITIMER_REAL, &soon, NULL);
    ml_proc_replace(&job, &e);
    return 99;
}

static void a_process_becomes_another(void **state)
{
    ml_proc_job job = { .program = "/no/such/program" };
    int status;
    pid_t pid;
    ml_err e;

    (void)state;
    job.terminal = true;
    assert_int_equal(ml_proc_replace(&job, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    pid = fork();
    if (pid == 0)
        _exit(become_another());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}

static void programs_are_found_where_others_cannot_write(void **state)
{
    char open_folder[TEMP_PATH], closed[TEMP_PATH], path[3 * TEMP_PATH];
    char *found;
    ml_root top;
    ml_err e;

    (void)state;
    temp_open(&top);
    mkdir(temp_path(&top, "open", open_folder), 0700);
    mkdir(temp_path(&top, "closed", closed), 0700);
    chmod(open_folder, 0777);
    temp_write(&top, "open/tool", "#!/bin/sh\n", 0755);
    temp_write(&top, "open/lonely", "#!/bin/sh\n", 0755);
    temp_write(&top, "closed/tool", "#!/bin/sh\n", 0755);
    snprintf(path, sizeof path, ":relative::%s:%s:", open_folder, closed);
    assert_int_equal(ml_proc_find(&found, "tool", path, false, &e), 0);
    assert_string_equal(found, strcat(closed, "/tool"));
    free(found);
    assert_int_equal(ml_proc_find(&found, "lonely", path, false, &e), -1);
    assert_string_equal(e.code, ML_E_PERMISSION);
    assert_null(found);
    assert_int_equal(ml_proc_find(&found, "no-such-tool", path, false, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    assert_int_equal(ml_proc_find(&found, "./tool", path, false, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_int_equal(ml_proc_find(&found, closed, NULL, false, &e), 0);
    free(found);
    temp_close(&top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_gets_only_what_is_listed),
        cmocka_unit_test(a_child_has_no_other_descriptors_and_its_own_group),
        cmocka_unit_test(streams_may_be_given_in_any_order),
        cmocka_unit_test(signals_are_as_new),
        cmocka_unit_test(operands_cannot_become_options),
        cmocka_unit_test(secrets_go_in_and_out_in_locked_memory),
        cmocka_unit_test(the_way_it_ended_is_reported),
        cmocka_unit_test(a_timeout_ends_the_group),
        cmocka_unit_test(too_much_output_ends_it),
        cmocka_unit_test(several_run_at_once),
        cmocka_unit_test(an_interrupt_ends_the_children),
        cmocka_unit_test(signals_go_on_to_a_child_that_stands_for_us),
        cmocka_unit_test(what_is_ignored_stays_so_for_a_child_that_stands_for_us),
        cmocka_unit_test(a_child_is_hung_up_when_we_are_killed),
        cmocka_unit_test(root_can_work_for_another),
        cmocka_unit_test(a_process_becomes_another),
        cmocka_unit_test(programs_are_found_where_others_cannot_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
