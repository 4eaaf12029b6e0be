/* test_editor.c — lines that a person types: with libedit at a terminal, plainly everywhere else.
 */
#include "tests/c/terminal.h"

#include <signal.h>
#include <stdio.h>

#include "base/limits.h"
#include "sys/editor.h"

static char *candidate(void *context, const char *word, unsigned number)
{
    static const char *const words[] = { "fs.read", "fs.root", "sops" };
    unsigned i, found = 0;

    (void)context;
    for (i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(words[i], word, strlen(word)) == 0 && found++ == number)
            return strdup(words[i]);
    return NULL;
}

/* Reads a line in a child; 0 if it is `wanted`, and if NULL, when the input has ended. */
static int expect(ml_editor *editor, const char *prompt, const char *wanted)
{
    ml_buf line = { 0 };
    ml_err e;
    const int status = ml_editor_line(editor, prompt, candidate, NULL, &line, &e);
    const bool same =
        wanted == NULL ? status == 0 : status == 1 && ml_bytes_is(ml_buf_bytes(&line), wanted);

    if (status == 1)
        ml_editor_remember(editor, wanted);
    ml_buf_free(&line);
    return same ? 0 : 1;
}

static void ignore(int number)
{
    (void)number;
}

static ml_editor *new_editor(const char *terminal)
{
    struct sigaction action = { 0 };
    ml_editor *editor = NULL;
    ml_err e;

    action.sa_handler = ignore; /* as in the program: a handler, and no restart */
    if (sigaction(SIGINT, &action, NULL) != 0 || setenv("TERM", terminal, 1) != 0 ||
        setenv("LC_ALL", "C", 1) != 0 || setenv("EDITRC", "", 1) != 0 ||
        ml_editor_new(&editor, true, &e) != 0)
        _exit(99);
    return editor;
}

static int edit(void)
{
    ml_editor *editor = new_editor("xterm");
    int status = expect(editor, "1> ", "fs.read(1)");

    if (status == 0 && expect(editor, "2> ", "h\xC3\xA9!") != 0)
        status = 2;
    if (status == 0 && expect(editor, "3> ", "fs.read(1)") != 0)
        status = 3;
    if (status == 0 && expect(editor, "4> ", NULL) != 0)
        status = 4;
    ml_editor_free(editor);
    return status;
}

static void a_terminal_edits_completes_and_remembers(void **state)
{
    char seen[4096] = "";
    int master, status;
    pid_t pid;

    (void)state;
    needs_libedit();
    pid = with_terminal(&master, edit);
    await_prompt(master, "1> ", seen, sizeof seen);
    type(master, "fs.re\t(1)\n");
    await_prompt(master, "2> ", seen, sizeof seen);
    type(master, "he\x7F\xC3\xA9\xC3\xA4\x7F!\n"); /* what is rubbed out are characters */
    await_prompt(master, "3> ", seen, sizeof seen);
    type(master, "\x1b[A\x1b[A\n");
    await_prompt(master, "4> ", seen, sizeof seen);
    type(master, "\x04");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(master);
}

static int edit_plainly(void)
{
    ml_editor *editor = new_editor("dumb");
    int status = expect(editor, "1> ", "fs.re\t");

    if (status == 0 && expect(editor, "2> ", NULL) != 0)
        status = 2;
    ml_editor_free(editor);
    return status;
}

static void a_terminal_that_cannot_edit_is_read_plainly(void **state)
{
    char seen[4096] = "";
    int master, status;
    const pid_t pid = with_terminal(&master, edit_plainly);

    (void)state;
    await(master, "1> ", seen, sizeof seen);
    type(master, "fs.re\t\n");
    await(master, "2> ", seen, sizeof seen);
    type(master, "\x04");
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(master);
}

static int wait_for_interrupt(const char *terminal)
{
    ml_editor *editor = new_editor(terminal);
    ml_buf line = { 0 };
    ml_err e = { 0 };
    const int status = ml_editor_line(editor, "1> ", NULL, NULL, &line, &e);

    ml_editor_free(editor);
    ml_buf_free(&line);
    return status == -1 && strcmp(e.code, ML_E_INTERRUPTED) == 0 ? 0 : 1;
}

static int interrupted_edit(void)
{
    return wait_for_interrupt("xterm");
}

static int interrupted_read(void)
{
    return wait_for_interrupt("dumb");
}

static void an_interrupt_ends_the_wait_and_restores_the_terminal(void **state)
{
    int (*const children[])(void) = { interrupted_edit, interrupted_read };
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        char seen[4096] = "";
        int master, status;
        const pid_t pid = with_terminal(&master, children[i]);

        await(master, "1> ", seen, sizeof seen);
        type(master, "half a li");
        interrupt(master, NULL, seen, sizeof seen);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_true(echoes(master));
        close(master);
    }
}

/* A child whose stdin is a pipe with these bytes; `check` judges in it. */
static int with_pipe(const char *bytes, size_t len, int (*check)(void))
{
    const pid_t pid = fork();
    int status = -1, ends[2];

    if (pid == 0) {
        if (pipe(ends) != 0 || dup2(ends[0], STDIN_FILENO) < 0 || fork() == 0) {
            /* the grandchild writes: more than a pipe holds */
            close(ends[0]);
            close(STDIN_FILENO);
            _exit(write(ends[1], bytes, len) == (ssize_t)len ? 0 : 1);
        }
        close(ends[1]);
        _exit(check());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int read_two_lines(void)
{
    ml_editor *editor = new_editor("xterm");
    char rest[64] = "";
    int status = expect(editor, "> ", "one\r");

    if (status == 0 && expect(editor, "> ", "") != 0)
        status = 2;
    /* what stands behind the lines that were asked for is still there */
    if (status == 0 && (read(STDIN_FILENO, rest, sizeof rest - 1) != 5 || strcmp(rest, "three")))
        status = 3;
    if (status == 0 && expect(editor, "> ", NULL) != 0)
        status = 4;
    ml_editor_free(editor);
    return status;
}

static int read_last_line(void)
{
    ml_editor *editor = new_editor("xterm");
    const int status = expect(editor, "> ", "no line break") + expect(editor, "> ", NULL);

    ml_editor_free(editor);
    return status;
}

static int read_long_line(void)
{
    ml_editor *editor = new_editor("xterm");
    ml_buf line = { 0 };
    ml_err e = { 0 };
    const int status = ml_editor_line(editor, "> ", NULL, NULL, &line, &e);

    ml_editor_free(editor);
    ml_buf_free(&line);
    return status == -1 && strcmp(e.code, ML_E_LIMIT) == 0 ? 0 : 1;
}

static void a_pipe_is_read_line_by_line_and_no_further(void **state)
{
    enum { LONG = ML_LIMIT_LINE + 1 };
    char *longer = malloc(LONG);

    (void)state;
    assert_int_equal(with_pipe("one\r\n\nthree", 11, read_two_lines), 0);
    assert_int_equal(with_pipe("no line break", 13, read_last_line), 0);
    assert_non_null(longer);
    memset(longer, 'x', LONG);
    assert_int_equal(with_pipe(longer, LONG, read_long_line), 0);
    free(longer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_edits_completes_and_remembers),
        cmocka_unit_test(a_terminal_that_cannot_edit_is_read_plainly),
        cmocka_unit_test(an_interrupt_ends_the_wait_and_restores_the_terminal),
        cmocka_unit_test(a_pipe_is_read_line_by_line_and_no_further),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
