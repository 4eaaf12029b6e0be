/* test_agent.c — an SSH agent that is asked for its keys: good answers, bad ones, none. The real
 * ssh-agent is asked in tests/lua/test_ssh_lines.lua. */
#include "tests/c/files.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/limits.h"
#include "sys/agent.h"

static char folder[] = "/tmp/ml-test-XXXXXX";
static char path[64];

/* A process that takes one request at `path` and gives these bytes; then it closes, or waits until
 * it is killed. */
static pid_t serve(ml_bytes answer, bool closes)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    unsigned char request[5];
    pid_t pid;
    int fd;

    strcpy(address.sun_path, path);
    unlink(path);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    pid = fork();
    assert_int_not_equal(pid, -1);
    if (pid > 0) {
        close(listener);
        return pid;
    }
    fd = accept(listener, NULL, NULL);
    if (read(fd, request, sizeof request) != sizeof request ||
        memcmp(request, "\0\0\0\1\x0b", sizeof request) != 0 ||
        write(fd, answer.p, answer.len) != (ssize_t)answer.len)
        _exit(1);
    if (!closes)
        pause();
    _exit(0);
}

/* Asks an agent that gives these bytes; the error's code, or NULL. */
static const char *ask(ml_bytes bytes, bool closes, int patience)
{
    static ml_err e;
    const pid_t pid = serve(bytes, closes);
    ml_buf answer = { 0 };
    ml_agent_keys keys;
    ml_agent_key key;
    int status = ml_agent_ask(&answer, path, patience, &e);

    if (status == 0)
        status = ml_agent_begin(&keys, ml_buf_bytes(&answer), &e);
    while (status == 0 && (status = ml_agent_next(&keys, &key, &e)) > 0)
        status = 0;
    ml_buf_free(&answer);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return status < 0 ? e.code : NULL;
}

#define ASK(text) ask(ml_bytes_of(text, sizeof text - 1), true, 10000)

static void answers_are_read(void **state)
{
    (void)state;
    assert_null(ASK("\0\0\0\5\x0c\0\0\0\0"));
    assert_null(ASK("\0\0\0\x11\x0c\0\0\0\1\0\0\0\3key\0\0\0\1c"));
}

static void bad_answers_are_refused(void **state)
{
    (void)state;
    assert_string_equal(ASK(""), ML_E_CHILD);                     /* nothing */
    assert_string_equal(ASK("\0\0\0\5\x0c\0\0\0"), ML_E_CHILD);   /* cut short */
    assert_string_equal(ASK("\0\0\0\1\5"), ML_E_CHILD);           /* a failure */
    assert_string_equal(ASK("\0\0\0\0\x0c"), ML_E_CHILD);         /* of no length */
    assert_string_equal(ASK("\0\0\0\1\x0c"), ML_E_CHILD);         /* no number of keys */
    assert_string_equal(ASK("\0\0\0\5\x0c\0\0\0\1"), ML_E_CHILD); /* one key, and it is not there */
    assert_string_equal(ASK("\0\0\0\6\x0c\0\0\0\0x"), ML_E_CHILD); /* something behind the last */
    assert_string_equal(ASK("\xff\xff\xff\xff\x0c"), ML_E_LIMIT);
    assert_string_equal(ASK("\0\4\0\1\x0c"), ML_E_LIMIT);
    assert_string_equal(ASK("\0\0\0\x11\x0c\0\0\0\1\xff\xff\xff\xffkey\0\0\0\1c"), ML_E_CHILD);
}

static void an_agent_that_says_nothing_is_not_waited_for(void **state)
{
    (void)state;
    assert_string_equal(ask(ml_bytes_text(""), false, 20), ML_E_CHILD);
    assert_string_equal(ask(ml_bytes_of("\0\0\0\5\x0c\0", 6), false, 20), ML_E_CHILD);
}

static void nobody_there_is_told(void **state)
{
    ml_buf answer = { 0 };
    char far[200];
    ml_err e;

    (void)state;
    unlink(path);
    assert_int_equal(ml_agent_ask(&answer, path, 1000, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    write_file(path, ml_bytes_text("no socket"));
    assert_int_equal(ml_agent_ask(&answer, path, 1000, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    memset(far, 'a', sizeof far);
    far[sizeof far - 1] = '\0';
    assert_int_equal(ml_agent_ask(&answer, far, 1000, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
}

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/agent", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read),
        cmocka_unit_test(bad_answers_are_refused),
        cmocka_unit_test(an_agent_that_says_nothing_is_not_waited_for),
        cmocka_unit_test(nobody_there_is_told),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
