/* test_edit.c — `edit` and `exec` at a terminal: who has it, what is asked, and what is left behind
 * when the program, the editor or the terminal is killed. PROGRAM says which program. */
#include "tests/c/namespaces.h"
#include "tests/c/temp.h"
#include "tests/c/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>

#include "sys/private.h"

/* What is sealed, and found nowhere else, not even in another run of this test. */
static char secret[64];

typedef struct session {
    ml_root home;
    pid_t pid;
    int master;
    char seen[65536];
} session;

static char *program;
static char *arguments[8]; /* of the program at the terminal */
static bool confined;      /* the program can make no namespace */

/* Runs a line of shell; the test fails when that does. */
static void sh(const char *format, ...)
{
    char line[8192];
    va_list given;
    int status;

    va_start(given, format);
    assert_true(vsnprintf(line, sizeof line, format, given) < (int)sizeof line);
    va_end(given);
    status = system(line);
    if (status != 0)
        fail_msg("status %d of: %s", status, line);
}

/* A home with a key, a sealed file a.yaml, and a folder for temporary files. */
static void setup(session *s)
{
    memset(s, 0, sizeof *s);
    s->master = -1;
    temp_open(&s->home);
    assert_int_equal(setenv("HOME", s->home.real, 1), 0);
    assert_int_equal(unsetenv("XDG_STATE_HOME") + unsetenv("XDG_CONFIG_HOME"), 0);
    assert_int_equal(unsetenv("XDG_RUNTIME_DIR") + unsetenv("SOPS_EDITOR"), 0);
    sh("cd %s && mkdir tmp && '%s' -q keygen -o .config/sops/age/keys.txt && "
       "printf 'name: %s\nlist:\n- one\nfirst: 1st\nsecond: 2nd\n' > a.yaml && chmod 600 a.yaml && "
       "'%s' -q encrypt -i -a $('%s' keygen --public .config/sops/age/keys.txt) a.yaml",
       s->home.real, program, secret, program, program);
    assert_int_equal(chdir(s->home.real), 0);
    assert_int_equal(setenv("TMPDIR", "tmp", 1) + setenv("PROGRAM", program, 1), 0);
}

static void teardown(session *s)
{
    if (s->master >= 0)
        close(s->master);
    assert_int_equal(unsetenv("TMPDIR"), 0);
    assert_int_equal(chdir("/"), 0);
    temp_close(&s->home);
}

/* Makes a script that is the editor from now on. */
static void set_editor(const session *s, const char *name, const char *script)
{
    char text[4096], path[TEMP_PATH];

    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    temp_write(&s->home, name, text, 0755);
    assert_int_equal(setenv("EDITOR", temp_path(&s->home, name, path), 1), 0);
}

static int run_program(void)
{
    if (!confined || refuse_namespaces())
        execv(program, arguments);
    return 99;
}

static void start(session *s, char *first, ...)
{
    va_list given;
    size_t count = 1;

    arguments[0] = program;
    va_start(given, first);
    for (; first != NULL; first = va_arg(given, char *))
        arguments[count++] = first;
    va_end(given);
    arguments[count] = NULL;
    s->seen[0] = '\0';
    s->pid = with_terminal(&s->master, run_program);
}

static void start_edit(session *s)
{
    static char edit[] = "edit", file[] = "a.yaml";

    start(s, edit, file, NULL);
}

static void see(session *s, const char *text)
{
    await(s->master, text, s->seen, sizeof s->seen);
}

/* Until nobody has the terminal any more; then the status of the program. */
static int end(session *s)
{
    int status;

    while (hear(s->master, s->seen, sizeof s->seen) >= 0)
        ;
    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* Is a value in a file where none belongs? The editor's own file must be gone too. */
static void assert_nothing_left(const session *s)
{
    char line[2 * TEMP_PATH];

    snprintf(line, sizeof line,
             "! grep -rsF '%s' '%s' /dev/shm /var/tmp ${XDG_RUNTIME_DIR:-/dev/shm}", secret,
             s->home.real);
    sh("%s", line);
}

static void assert_value(const char *path, const char *value)
{
    sh("test \"$('%s' get a.yaml %s)\" = '%s'", program, path, value);
}

static void the_editor_has_the_terminal(void **state)
{
    session s;

    (void)state;
    setup(&s);
    /* fields 5 and 8: its group, and the one in the foreground */
    set_editor(&s, "ed",
               "set -- \"$1\" $(cat /proc/$$/stat)\n"
               "test $6 = $9 && echo in front\n"
               "read word && sed -i \"s/one/$word/\" \"$1\"");
    start_edit(&s);
    see(&s, "in front");
    type(s.master, "typed\n");
    assert_int_equal(end(&s), 0);
    assert_value("list/0", "typed");
    assert_nothing_left(&s);
    teardown(&s);
}

static void an_error_is_marked_and_the_text_offered_again(void **state)
{
    session s;

    (void)state;
    setup(&s);
    set_editor(&s, "ed",
               "if test -e first\n"
               "then grep '^#' \"$1\" > marks; sed -i 's/^- \\[ 1st$/- 1st/' \"$1\"\n"
               "else touch first; sed -i 's/^- one$/- [ 1st/' \"$1\"\n"
               "fi");
    start_edit(&s);
    see(&s, "Press enter to return to the editor, or Ctrl+C to exit.");
    assert_non_null(strstr(s.seen, "[format]"));
    type(s.master, "\n");
    assert_int_equal(end(&s), 0);
    sh("grep -q '^# moonlatch: line 6: ' marks && grep -q 'these lines go' marks");
    assert_value("list/0", "1st");
    sh("! '%s' decrypt a.yaml | grep moonlatch:", program);
    teardown(&s);
}

static void leaving_at_the_question_writes_nothing(void **state)
{
    static const char *const answers[] = { "\x03", "\x04" }; /* Ctrl-C and Ctrl-D */
    session s;
    size_t i;

    (void)state;
    setup(&s);
    sh("cp a.yaml before");
    set_editor(&s, "ed", "echo '- [' >> \"$1\"");
    for (i = 0; i < 2; i++) {
        start_edit(&s);
        see(&s, "Ctrl+C to exit.");
        if (i == 0) {
            interrupt(s.master, NULL, s.seen, sizeof s.seen);
            assert_true(was_interrupted(end(&s)));
        } else {
            type(s.master, answers[i]);
            assert_int_equal(end(&s), 2);
        }
        close(s.master);
        sh("cmp a.yaml before");
        assert_nothing_left(&s);
    }
    s.master = -1;
    teardown(&s);
}

static void what_somebody_else_wrote_is_told_and_nothing_typed_is_lost(void **state)
{
    session s;

    (void)state;
    setup(&s);
    set_editor(&s, "ed",
               "if test -e first\n"
               "then cp \"$1\" again\n"
               "else touch first; sed -i 's/1st$/mine/' \"$1\"\n"
               "for place in first second\n"
               "do printf theirs | \"$PROGRAM\" -q set a.yaml $place -; done\n"
               "fi");
    start_edit(&s);
    see(&s, "Press enter");
    assert_non_null(strstr(s.seen, "somebody changed the same values"));
    assert_value("first", "theirs");
    sh("cp a.yaml met");
    type(s.master, "\n");
    assert_int_equal(end(&s), 0);
    sh("grep -q '^# moonlatch: first$' again && grep -qx 'second: theirs' again");
    assert_value("first", "mine");
    assert_value("second", "theirs");
    /* and the sealed text of theirs is the same */
    sh("grep -qF \"$(grep ^second: met)\" a.yaml");
    teardown(&s);
}

/* --- what is left --- */

enum { PROGRAM_KILLED, PROGRAM_ENDED, EDITOR_KILLED, HUNG_UP, WAYS };

static pid_t editor_of(const session *s)
{
    char path[TEMP_PATH], text[32] = "";
    FILE *file = fopen(temp_path(&s->home, "pid", path), "r");

    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    return (pid_t)atoi(text);
}

static void end_in_this_way(session *s, int way)
{
    switch (way) {
    case PROGRAM_KILLED:
        assert_int_equal(kill(s->pid, SIGKILL), 0);
        assert_int_equal(end(s), 256 + SIGKILL);
        break;
    case PROGRAM_ENDED:
        assert_int_equal(kill(s->pid, SIGTERM), 0);
        assert_int_equal(end(s), 130);
        break;
    case EDITOR_KILLED:
        assert_int_equal(kill(editor_of(s), SIGKILL), 0);
        assert_int_equal(end(s), 2);
        break;
    default:
        close(s->master);
        s->master = -1;
        assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
    }
}

/* The editor has put a copy beside the file, as it may, when the end comes. */
static void kill_each(const char *name, bool hidden)
{
    session s;
    int way;

    setup(&s);
    sh("cp a.yaml before");
    for (way = 0; way < WAYS; way++) {
        set_editor(&s, name,
                   "echo \"$1\" > place; cp \"$1\" \"$1~\"; echo more >> \"$1\"; echo $$ > pid; "
                   "echo ready\n"
                   "while read line; do :; done");
        start_edit(&s);
        see(&s, "ready");
        sh("%s grep -qE '/moonlatch-[0-9a-f]{32}/' place", hidden ? "!" : "");
        end_in_this_way(&s, way);
        if (s.master >= 0)
            close(s.master);
        s.master = -1;
        /* what has a name and a killed owner goes when the next one begins */
        set_editor(&s, "none", "exit 1");
        start_edit(&s);
        assert_int_equal(end(&s), 2);
        close(s.master);
        s.master = -1;
        assert_nothing_left(&s);
        sh("cmp a.yaml before");
    }
    teardown(&s);
}

static void needs_namespaces(void)
{
    ml_private folder;
    ml_err e;
    bool hidden;

    hidden = ml_private_open(&folder, ML_PRIVATE_HIDDEN, &e) == 0 && ml_private_is_hidden(&folder);
    ml_private_close(&folder, &e);
    if (!hidden)
        skip();
}

static void nothing_is_left_of_a_hidden_file(void **state)
{
    (void)state;
    needs_namespaces();
    kill_each("ed", true);
}

static void nothing_is_left_of_a_file_with_a_name(void **state)
{
    (void)state;
    kill_each("subl", false);
}

/* The same where the kernel allows no namespaces. There programs that belong to root are those of a
 * stranger for anybody but root. */
static void nothing_is_left_where_nothing_can_be_hidden(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(refuse_namespaces() ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (geteuid() != 0 || status != 0)
        skip();
    confined = true;
    kill_each("ed", false);
    confined = false;
}

/* --- exec --- */

/* Ctrl-C reaches the command, once, and its end is told. */
static void a_command_gets_the_terminals_signals(void **state)
{
    static char exec[] = "exec", flatten[] = "--flatten", file[] = "a.yaml", dashes[] = "--",
                ed[] = "./ed";
    session s;

    (void)state;
    setup(&s);
    set_editor(&s, "ed",
               "n=0; trap 'n=$((n+1))' INT; trap 'exit $((n+20))' TERM\n"
               "echo ready; while test $n = 0; do :; done\n"
               "echo heard; while :; do :; done");
    start(&s, exec, flatten, file, dashes, ed, NULL);
    see(&s, "ready");
    type(s.master, "\x03");
    see(&s, "heard");
    assert_int_equal(kill(s.pid, SIGTERM), 0);
    assert_int_equal(end(&s), 21);
    teardown(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_editor_has_the_terminal),
        cmocka_unit_test(an_error_is_marked_and_the_text_offered_again),
        cmocka_unit_test(leaving_at_the_question_writes_nothing),
        cmocka_unit_test(what_somebody_else_wrote_is_told_and_nothing_typed_is_lost),
        cmocka_unit_test(nothing_is_left_of_a_hidden_file),
        cmocka_unit_test(nothing_is_left_of_a_file_with_a_name),
        cmocka_unit_test(nothing_is_left_where_nothing_can_be_hidden),
        cmocka_unit_test(a_command_gets_the_terminals_signals),
    };
    const char *given = getenv("PROGRAM");

    snprintf(secret, sizeof secret, "hunter2-of-the-editor-%ld", (long)getpid());
    /* every test works in a folder of its own */
    program = given == NULL || *given == '\0' ? NULL : realpath(given, NULL);
    if (program == NULL) {
        fputs("PROGRAM must name the program to test\n", stderr);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
