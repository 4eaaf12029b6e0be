/* tty.c — asking a person at the controlling terminal; see tty.h. */
#include "sys/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"

/* An open prompt. `signals` becomes readable when one of the blocked signals waits. */
typedef struct prompt {
    int fd, signals;
    sigset_t before;
    struct termios saved;
    bool changed;
} prompt;

static const int WATCHED[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

bool ml_tty_is(int fd)
{
    return isatty(fd) == 1;
}

unsigned ml_tty_columns(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool ml_tty_present(void)
{
    const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return false;
    close(fd);
    return true;
}

void ml_tty_leave(void)
{
    const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return;
    if (getsid(0) != getpid())
        ioctl(fd, TIOCNOTTY);
    close(fd);
}

/* Nothing that is typed ahead of a question is thrown away, here or by set_silent: scripts answer
 * before they are asked. */
static void restore(prompt *p)
{
    if (p->changed)
        while (tcsetattr(p->fd, TCSANOW, &p->saved) != 0 && errno == EINTR)
            ;
    p->changed = false;
}

/* Puts everything back as it was; a signal that waits is delivered here, with the terminal whole.
 */
static void prompt_close(prompt *p)
{
    const int saved = errno;

    restore(p);
    if (p->signals >= 0)
        close(p->signals);
    close(p->fd);
    pthread_sigmask(SIG_SETMASK, &p->before, NULL);
    errno = saved;
}

/* Echo off. */
static int set_silent(prompt *p)
{
    struct termios silent;

    if (tcgetattr(p->fd, &p->saved) != 0)
        return -1;
    silent = p->saved;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ICANON | ISIG;
    p->changed = true;
    return tcsetattr(p->fd, TCSANOW, &silent);
}

static int prompt_open(prompt *p, bool silent, ml_err *e)
{
    struct sigaction now;
    sigset_t watched;
    size_t i;
    int error;

    *p = (prompt){ .fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), .signals = -1 };
    if (p->fd < 0) {
        ml_fail(e, ML_E_UNSUPPORTED, "there is no terminal to ask at");
        return ml_err_hint(e, "run it at a terminal, or give the answer by its option");
    }
    sigemptyset(&watched);
    for (i = 0; i < sizeof WATCHED / sizeof *WATCHED; i++)
        if (sigaction(WATCHED[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(&watched, WATCHED[i]);
    pthread_sigmask(SIG_BLOCK, &watched, &p->before);
    p->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (p->signals >= 0 && (!silent || set_silent(p) == 0))
        return 0;
    error = errno;
    prompt_close(p);
    return ml_fail_errno(e, error, "cannot set the terminal up");
}

/* A prompt may quote a name from a file: control characters could rewrite the screen. */
static void say(const prompt *p, ml_bytes all)
{
    size_t at = 0;

    while (at < all.len) {
        uint32_t point = 0;
        const size_t len = ml_utf8_decode(all, at, &point);
        const bool plain = len > 0 && (point == '\n' || !ml_utf8_is_unsafe(point));

        if (plain && write(p->fd, all.p + at, len) < 0)
            return;
        at += len > 0 ? len : 1;
    }
}

/* Is Ctrl-Z all that waits? */
static bool only_stops(void)
{
    sigset_t pending;
    size_t i;

    sigpending(&pending);
    for (i = 0; i < sizeof WATCHED / sizeof *WATCHED; i++)
        if (WATCHED[i] != SIGTSTP && sigismember(&pending, WATCHED[i]) == 1)
            return false;
    return sigismember(&pending, SIGTSTP) == 1;
}

/* 1 when we are to be stopped and must ask again after. Reads a line into locked memory, one byte
 * beyond the limit so that a longer one is seen. */
static int read_line(prompt *p, ml_secret *line, size_t *len, ml_err *e)
{
    struct pollfd fds[2] = { { p->fd, POLLIN, 0 }, { p->signals, POLLIN, 0 } };
    ssize_t got;

    *len = 0;
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return ml_fail(e, ML_E_SYSTEM, "cannot wait for the terminal");
        if (fds[1].revents != 0)
            return only_stops() ? 1 : ml_fail(e, ML_E_INTERRUPTED, "interrupted");
        if (fds[0].revents == 0)
            continue;
        got = read(p->fd, line->p + *len, line->len - *len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ml_fail(e, ML_E_INTERRUPTED, "no answer");
        *len += (size_t)got;
        if (line->p[*len - 1] == '\n') {
            --*len;
            return 0;
        }
        if (*len > ML_LIMIT_PASSPHRASE)
            return ml_fail(e, ML_E_LIMIT, "an answer has at most %d bytes", ML_LIMIT_PASSPHRASE);
    }
}

static int ask(const char *text, bool silent, ml_secret *out, ml_err *e)
{
    prompt p;
    size_t len;
    int status;

    memset(out, 0, sizeof *out);
    if (ml_secret_new(out, ML_LIMIT_PASSPHRASE + 1, e) < 0)
        return -1;
    do {
        if (prompt_open(&p, silent, e) < 0) {
            ml_secret_free(out);
            return -1;
        }
        say(&p, ml_bytes_text(text));
        status = read_line(&p, out, &len, e);
        if (status != 0 && silent)
            tcflush(p.fd, TCIFLUSH); /* half a passphrase is not for the program that asks next */
        if (silent)
            say(&p, ml_bytes_text("\n"));
        prompt_close(&p); /* stops here when status is 1 */
    } while (status > 0);
    if (status < 0)
        ml_secret_free(out);
    else
        ml_secret_shrink(out, len);
    return status;
}

int ml_tty_passphrase(const char *prompt_text, ml_secret *out, ml_err *e)
{
    return ask(prompt_text, true, out, e);
}

int ml_tty_line(const char *prompt_text, ml_secret *out, ml_err *e)
{
    return ask(prompt_text, false, out, e);
}

int ml_tty_show(ml_bytes text, ml_err *e)
{
    prompt p;

    if (prompt_open(&p, false, e) < 0)
        return -1;
    say(&p, text);
    prompt_close(&p);
    return 0;
}

/* 1 yes, 0 no, -1 neither. */
static int answer(ml_bytes line)
{
    char text[4] = "";

    if (line.len == 0)
        return 0;
    if (line.len > 3)
        return -1;
    memcpy(text, line.p, line.len);
    if (strcasecmp(text, "y") == 0 || strcasecmp(text, "yes") == 0)
        return 1;
    return strcasecmp(text, "n") == 0 || strcasecmp(text, "no") == 0 ? 0 : -1;
}

int ml_tty_confirm(const char *question, ml_err *e)
{
    ml_secret line;
    int verdict;

    for (;;) {
        if (ask(question, false, &line, e) < 0)
            return -1;
        verdict = answer(ml_secret_bytes(&line));
        ml_secret_free(&line);
        if (verdict >= 0)
            return verdict;
        question = "Please answer yes or no: ";
    }
}
