#ifndef ML_TESTS_C_TERMINAL_H
#define ML_TESTS_C_TERMINAL_H

/* terminal.h — a child at a terminal of its own, and us in the place of the person. Each function
 * fails the test when it cannot do its work. */
#include "tests/c/test.h"

#include <dlfcn.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* A child with a terminal of its own, which exits with the result of `child`; `master` is our end
 * of that terminal. */
static inline pid_t with_terminal(int *master, int (*child)(void))
{
    const pid_t pid = forkpty(master, NULL, NULL, NULL);

    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGINT, SIG_DFL); /* ignored by what a shell starts in the background, */
        signal(SIGHUP, SIG_DFL); /* and by what nohup starts */
        _exit(child());
    }
    return pid;
}

/* Reads from the terminal until `text` has come. All that came is in `seen`. */
static inline void await(int master, const char *text, char *seen, size_t size)
{
    size_t len = strlen(seen);

    while (strstr(seen, text) == NULL) {
        struct pollfd p = { master, POLLIN, 0 };
        ssize_t got;

        if (poll(&p, 1, 60000) != 1)
            fail_msg("'%s' did not come, but: %s", text, seen);
        got = read(master, seen + len, size - len - 1);
        assert_true(got > 0);
        len += (size_t)got;
        seen[len] = '\0';
    }
}

static inline void type(int master, const char *text)
{
    assert_int_equal(write(master, text, strlen(text)), (int)strlen(text));
}

static inline bool echoes(int fd)
{
    struct termios now;

    assert_int_equal(tcgetattr(fd, &now), 0);
    return (now.c_lflag & ECHO) != 0;
}

/* Reads what comes within a moment into `seen`: 1 if something came, 0 if nothing, -1 when the
 * other side is closed. */
static inline int hear(int master, char *seen, size_t size)
{
    struct pollfd p = { master, POLLIN, 0 };
    const size_t len = strlen(seen);
    ssize_t got;

    if (poll(&p, 1, 200) == 0)
        return 0;
    got = read(master, seen + len, size - len - 1);
    seen[got > 0 ? len + (size_t)got : len] = '\0';
    return got > 0 ? 1 : -1;
}

/* Types Ctrl-C until `text` has come, or with NULL until the other side is closed. Again when
 * nothing happens, because a signal that comes just before the child waits does not wake it. */
static inline void interrupt(int master, const char *text, char *seen, size_t size)
{
    int tries = 300, came;

    do {
        type(master, "\x03");
        do {
            came = hear(master, seen, size);
        } while (came == 1 && (text == NULL || strstr(seen, text) == NULL));
    } while (came == 0 && --tries > 0);
    assert_int_equal(came, text == NULL ? -1 : 1);
}

/* Did the program end as one that Ctrl-C has ended? `status` is its exit status, or 256 and the
 * signal: one that comes at the very end, because it was typed again, is not caught any more. */
static inline bool was_interrupted(int status)
{
    return status == 130 || status == 256 + SIGINT;
}

static inline bool has_libedit(void)
{
    return dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL) != NULL;
}

/* Skips the test where lines cannot be edited. */
static inline void needs_libedit(void)
{
    if (!has_libedit())
        skip();
}

/* Waits for a prompt of libedit's, and then until keys reach it: it writes the prompt first, and a
 * Ctrl-D that comes before it has set the terminal up is lost. */
static inline void await_prompt(int master, const char *prompt, char *seen, size_t size)
{
    struct termios now;
    int tries = 20000;

    await(master, prompt, seen, size);
    do {
        assert_int_equal(tcgetattr(master, &now), 0);
    } while ((now.c_lflag & ICANON) != 0 && --tries > 0 && poll(NULL, 0, 1) == 0);
    assert_int_equal(now.c_lflag & ICANON, 0);
}

#endif
