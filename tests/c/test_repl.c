/* test_repl.c — the REPL of the program, at a terminal. PROGRAM says which program. */
#include "tests/c/temp.h"
#include "tests/c/terminal.h"

#include <signal.h>

typedef struct session {
    ml_root home;
    pid_t pid;
    int master;
    char seen[65536];
} session;

static char *program;

static int run_repl(void)
{
    char word[] = "repl";
    char *argv[] = { program, word, NULL };

    setenv("TERM", "xterm", 1);
    execv(program, argv);
    return 99;
}

static void await_text(session *s, const char *text)
{
    const size_t len = strlen(text);
    const bool prompt = len >= 2 && strcmp(text + len - 2, "> ") == 0;

    (prompt && has_libedit() ? await_prompt : await)(s->master, text, s->seen, sizeof s->seen);
}

/* Starts the program with a home of its own, up to its first prompt. */
static void start(session *s)
{
    memset(s, 0, sizeof *s);
    temp_open(&s->home);
    assert_int_equal(setenv("HOME", s->home.real, 1), 0);
    assert_int_equal(unsetenv("XDG_STATE_HOME"), 0);
    s->pid = with_terminal(&s->master, run_repl);
    await_text(s, "> ");
}

/* Types, forgets what was seen before, and waits for the text. */
static void converse(session *s, const char *typed, const char *awaited)
{
    s->seen[0] = '\0';
    type(s->master, typed);
    await_text(s, awaited);
}

static void end(session *s, int wanted)
{
    int status;

    assert_int_equal(waitpid(s->pid, &status, 0), s->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), wanted);
    assert_true(echoes(s->master));
    close(s->master);
    temp_close(&s->home);
}

static void a_line_is_read_run_and_remembered(void **state)
{
    session s;

    (void)state;
    needs_libedit();
    start(&s);
    converse(&s, "for i = 1, 2 do\n", ">> ");
    converse(&s, "print(i * 21) end\n", "42\r\n> ");
    assert_non_null(strstr(s.seen, "21\r\n"));
    converse(&s, "\"h\xC3\xA9\"\n", "\r\n\"h\xC3\xA9\"\r\n> ");
    converse(&s, "error 'once'\n", "input:1: once\r\n> "); /* and the session goes on */
    converse(&s, "\x1b[A\x1b[A\n", "\r\n\"h\xC3\xA9\"\r\n> ");
    type(s.master, "\x04");
    end(&s, 0);
}

static void words_are_completed(void **state)
{
    session s;

    (void)state;
    needs_libedit();
    start(&s);
    converse(&s, "json.forma\t({ 1 })\n", "\"[1]\"\r\n> ");
    converse(&s, "local root = fs.root '.'\n", "> ");
    converse(&s, "root:exi\t '.'\n", "true\r\n> ");
    converse(&s, "ctx.glo\t.yes\n", "nil\r\n> ");
    converse(&s, ":hel\t secret.ra\t\n", "secret.random(n)\r\n");
    converse(&s, "#(secret.nosuch\t or 'four')\n", "4\r\n> ");
    type(s.master, "\x04");
    end(&s, 0);
}

/* Ctrl-C drops what was typed, and ends what runs; the session goes on. */
static void an_interrupt_ends_a_line_only(void **state)
{
    static const char *const endless[] = {
        "print 'begun' while true do end\n",
        "loop = function() print 'begun' while true do end end\n"
        "wrapped = coroutine.wrap(loop) wrapped()\n",
        "inner = coroutine.create(loop) f = coroutine.wrap(coroutine.resume) _, e = f(inner) "
        "error(e)\n",
        "c = coroutine.create(function() local l <close> = setmetatable({}, { __close = loop }) "
        "coroutine.yield() end) coroutine.resume(c) error(select(2, coroutine.close(c)))\n",
    };
    session s;
    size_t i;

    (void)state;
    start(&s);
    converse(&s, "for i = 1, 2 do\n", ">> ");
    s.seen[0] = '\0';
    interrupt(s.master, "\r\n> ", s.seen, sizeof s.seen);
    converse(&s, "6 * 7\n", "42\r\n> ");
    for (i = 0; i < sizeof endless / sizeof *endless; i++) {
        converse(&s, endless[i], "\r\nbegun\r\n");
        s.seen[0] = '\0';
        interrupt(s.master, "interrupted [interrupted]\r\n> ", s.seen, sizeof s.seen);
        converse(&s, "6 * 9\n", "54\r\n> ");
    }
    type(s.master, "\x04");
    end(&s, 0);
}

static void told_to_end_it_ends(void **state)
{
    session s;
    int waited = 0, status;
    pid_t ended;

    (void)state;
    start(&s);
    do { /* once more after a while, because a signal that comes just before the wait does not end
          * it; not sooner, since one that comes at the very end is not caught any more */
        if (waited % 300 == 0)
            assert_int_equal(kill(s.pid, SIGTERM), 0);
        poll(NULL, 0, 10);
        ended = waitpid(s.pid, &status, WNOHANG);
    } while (ended == 0 && ++waited < 6000);
    assert_int_equal(ended, s.pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 130);
    assert_true(echoes(s.master));
    close(s.master);
    temp_close(&s.home);
}

/* A passphrase is asked for at the terminal, not echoed, and not offered by the arrow keys. */
static void a_passphrase_is_no_line(void **state)
{
    session s;

    (void)state;
    needs_libedit();
    start(&s);
    converse(&s, "tty.passphrase 'Word: '\n", "\r\nWord: ");
    converse(&s, "correct horse\n", "<secret, 13 bytes>\r\n> ");
    assert_null(strstr(s.seen, "horse"));
    converse(&s, "\x1b[A\n", "\r\nWord: ");
    converse(&s, "again\n", "<secret, 5 bytes>\r\n> ");
    type(s.master, "\x04");
    end(&s, 0);
}

/* What is pending is written only after a yes. */
static void a_commit_asks(void **state)
{
    static const char write[] = "for _, n in ipairs { 'a', 'b' } do pending:write(fs.root "
                                "(host.user().home), n, 'x', { kind = 'public' }) end\n";
    session s;

    (void)state;
    start(&s);
    converse(&s, write, "\r\n> ");
    converse(&s, ":commit\n", "Do this? [y/N] ");
    assert_non_null(strstr(s.seen, "this session: 2 changes"));
    converse(&s, "no\n", "[declined]\r\n> ");
    assert_true(temp_holds(&s.home, "a", NULL));
    converse(&s, ":commit\n", "Do this? [y/N] ");
    converse(&s, "yes\n", "\r\n> ");
    assert_true(temp_holds(&s.home, "a", "x") && temp_holds(&s.home, "b", "x"));
    type(s.master, "\x04");
    end(&s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_run_and_remembered), cmocka_unit_test(words_are_completed),
        cmocka_unit_test(an_interrupt_ends_a_line_only),     cmocka_unit_test(told_to_end_it_ends),
        cmocka_unit_test(a_passphrase_is_no_line),           cmocka_unit_test(a_commit_asks),
    };

    program = getenv("PROGRAM");
    if (program == NULL || *program == '\0') {
        fputs("PROGRAM must name the program to test\n", stderr);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
