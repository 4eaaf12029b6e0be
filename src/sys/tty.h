#ifndef ML_SYS_TTY_H
#define ML_SYS_TTY_H

/* tty.h — asking a person. Questions go to /dev/tty, the controlling terminal, never to the
 * standard streams; without one the answer is an error, never a silent read from stdin.
 *
 * The terminal's settings are saved and put back to what they were, also when SIGINT, SIGTERM,
 * SIGHUP, SIGQUIT or SIGTSTP comes: these are blocked while the prompt is open and seen through a
 * signalfd; the settings are restored first and the signal is let through after (after a stop the
 * question is asked again). So no handler and
 * no global is needed. A prompt is asked from the main thread while no other threads run. */
#include "base/secret.h"

/* Asks for a passphrase without echo. `prompt` is printed as it is (control characters are dropped)
 * to the terminal. *out (new, the caller frees) has the line without its newline, in locked memory
 * from the first byte. Errors: "unsupported" (no terminal), "interrupted" (a signal, or end of
 * input), "limit" (ML_LIMIT_PASSPHRASE). */
int ml_tty_passphrase(const char *prompt, ml_secret *out, ml_err *e);

/* The same with echo, for answers that are not secret. */
int ml_tty_line(const char *prompt, ml_secret *out, ml_err *e);

/* Asks until the answer is y, yes, n or no (any case); an empty line is no. Returns 1 or 0, or -1
 * as above. */
int ml_tty_confirm(const char *question, ml_err *e);

/* Prints to the terminal what only the person at it shall see. Control characters but line breaks
 * are dropped. */
int ml_tty_show(ml_bytes text, ml_err *e);

/* Is there a controlling terminal to ask at? */
bool ml_tty_present(void);

/* From now on there is none, for us and for what we start. Its signals still come. The first
 * process of a session keeps it, since with that one all would lose it. */
void ml_tty_leave(void);

/* Is this descriptor a terminal, and how wide? The width is 80 when unknown. */
bool ml_tty_is(int fd);
unsigned ml_tty_columns(int fd);

#endif
