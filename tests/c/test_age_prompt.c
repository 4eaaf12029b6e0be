/* test_age_prompt.c — what an age plugin asks a person at a terminal. PROGRAM says which program.
 */
#include "tests/c/temp.h"
#include "tests/c/terminal.h"

#include <errno.h>
#include <stdio.h>

static char *program;
static char script[TEMP_PATH]; /* what the program runs */

static const char wrap[] = "local secret = require 'moonlatch.secret'\n"
                           "local seal = { give = function() return true end }\n"
                           "function seal:open() return { { index = 1,\n"
                           "  recipient = 'age1test1qypqs9228n' } } end\n"
                           "function seal:file_key() return secret.new(('k'):rep(16)) end\n"
                           "return { summary = '', takes = {}, options = {}, run = function()\n"
                           "  assert(require('moonlatch.age_plugin').wrap(seal))\n"
                           "  require('moonlatch.host').out 'wrapped\\n'\n"
                           "end }\n";

typedef struct session {
    ml_root home;
    pid_t pid;
    int master;
    char seen[16384];
} session;

static int run_program(void)
{
    static char run[] = "run";
    char *const arguments[] = { program, run, script, NULL };

    execv(program, arguments);
    return 99;
}

/* The program at a terminal, with a plugin that does this. */
static void start(session *s, const char *plugin)
{
    char text[2 * TEMP_PATH], path[TEMP_PATH];

    memset(s, 0, sizeof *s);
    temp_open(&s->home);
    assert_int_equal(setenv("HOME", s->home.real, 1), 0);
    assert_int_equal(unsetenv("XDG_STATE_HOME") + unsetenv("XDG_RUNTIME_DIR"), 0);
    snprintf(path, sizeof path, "%s:/usr/bin:/bin", s->home.real);
    assert_int_equal(setenv("PATH", path, 1), 0);
    temp_write(&s->home, "script.lua", wrap, 0600);
    temp_path(&s->home, "script.lua", script);
    assert_non_null(getcwd(path, sizeof path));
    snprintf(text, sizeof text,
             "#!/usr/bin/lua5.4\nlocal plugin = dofile '%s/tests/plugin/plugin.lua'\n%s\n", path,
             plugin);
    temp_write(&s->home, "age-plugin-test", text, 0755);
    s->pid = with_terminal(&s->master, run_program);
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
    close(s->master);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void a_person_answers(void **state)
{
    session s;

    (void)state;
    start(&s, "local pin = plugin.say { 'request-secret', body = 'PIN\\27[2J?' }\n"
              "local name = plugin.say { 'request-public', body = 'Name?' }\n"
              "local choice = plugin.say { 'confirm', plugin.base64 'go', plugin.base64 'stay',\n"
              "  body = 'Where to?' }\n"
              "plugin.note('said', table.concat({ pin.body, name.body, choice[2] }, ' '))\n"
              "plugin.serve {}");
    see(&s, "age-plugin-test: PIN\\x1b[2J? ");
    assert_false(echoes(s.master));
    type(s.master, "1234\n");
    see(&s, "age-plugin-test: Name? ");
    assert_true(echoes(s.master));
    type(s.master, "me\n");
    see(&s, "age-plugin-test: Where to? (y: go, n: stay) ");
    type(s.master, "n\n");
    see(&s, "wrapped");
    assert_int_equal(end(&s), 0);
    assert_null(strstr(s.seen, "1234"));
    assert_true(temp_holds(&s.home, "said", "1234 me no"));
    temp_close(&s.home);
}

static void leaving_at_a_question_ends_it(void **state)
{
    session s;

    (void)state;
    start(&s, "plugin.say { 'request-secret', body = 'PIN?' }\nplugin.serve {}");
    see(&s, "age-plugin-test: PIN? ");
    interrupt(s.master, NULL, s.seen, sizeof s.seen);
    assert_true(was_interrupted(end(&s)));
    temp_close(&s.home);
}

/* The plugin does not hear the key: it is in a group of its own. */
static void leaving_while_a_plugin_works_ends_both(void **state)
{
    char path[TEMP_PATH], number[32] = "";
    session s;
    FILE *f;

    (void)state;
    start(&s, "plugin.note('pid', io.open '/proc/self/stat':read 'n')\n"
              "plugin.say { 'msg', body = 'touch it' }\n"
              "while true do plugin.read() end");
    see(&s, "age-plugin-test: touch it");
    interrupt(s.master, NULL, s.seen, sizeof s.seen);
    assert_true(was_interrupted(end(&s)));
    f = fopen(temp_path(&s.home, "pid", path), "r");
    assert_non_null(f);
    assert_non_null(fgets(number, sizeof number, f));
    fclose(f);
    assert_int_equal(kill((pid_t)strtol(number, NULL, 10), 0), -1);
    assert_int_equal(errno, ESRCH);
    temp_close(&s.home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_answers),
        cmocka_unit_test(leaving_at_a_question_ends_it),
        cmocka_unit_test(leaving_while_a_plugin_works_ends_both),
    };
    const char *given = getenv("PROGRAM");

    program = given == NULL || *given == '\0' ? NULL : realpath(given, NULL);
    if (program == NULL) {
        fputs("PROGRAM must name the program to test\n", stderr);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
