/* interrupt.h — signals end Lua code, in whichever coroutine it runs. */
#ifndef ML_HOST_INTERRUPT_H
#define ML_HOST_INTERRUPT_H

#include <lua.h>
#include <signal.h>

enum { ML_INTERRUPT_SIGNALS = 4 }; /* SIGINT, SIGTERM, SIGHUP, and SIGALRM behind them */

/* Puts functions of ours around those of the coroutine library that run a coroutine: a hook holds
 * for one coroutine only, so that a signal has to know the one that runs. Raises a Lua error. */
void ml_interrupt_open(lua_State *L);

/* From here on a signal raises the error "interrupted" in the code that L runs (SIGTERM and SIGHUP:
 * "told to end", with the field `final`). What was set before is kept in `old`; a signal that was
 * ignored stays so. SIGALRM is the caller's until one of the others has come. One state of the
 * process at a time. */
void ml_interrupt_watch(lua_State *L, struct sigaction old[ML_INTERRUPT_SIGNALS]);

/* Puts back what ml_interrupt_watch kept. */
void ml_interrupt_unwatch(const struct sigaction old[ML_INTERRUPT_SIGNALS]);

#endif
