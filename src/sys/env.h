#ifndef ML_SYS_ENV_H
#define ML_SYS_ENV_H

/* env.h — what the process is and what surrounds it: hygiene at the start, secrets in our own
 * environment, the folders of the XDG specification. */
#include <sys/types.h>

#include "base/secret.h"

/* What ml_env_harden found; kept by the runtime, since there are no globals. */
typedef struct ml_env_start {
    mode_t umask; /* as the caller had it: for public files and for children */
} ml_env_start;

/* To be called first, once: no core files (RLIMIT_CORE 0), no dumps or ptrace by our own user
 * (PR_SET_DUMPABLE 0), umask 077; file descriptors 0, 1 and 2 are opened on /dev/null if closed, so
 * that no file of ours is taken for a standard stream, but so that reading stdin and writing stdout
 * still fail; SIGPIPE and SIGXFSZ ignored (writes report EPIPE and EFBIG). */
int ml_env_harden(ml_env_start *start, ml_err *e);

/* Takes the variable `name` out of our own environment: its bytes go into *value (new, the
 * caller frees) and are wiped where they stood, so that /proc/PID/environ and children no longer
 * show them. Returns 1 if it was there, 0 if not, -1 on failure. Not while other threads run. */
int ml_env_take(const char *name, ml_secret *value, ml_err *e);

/* Is `name` one of the variables known to carry a secret (SOPS_AGE_KEY, BW_SESSION, BW_PASSWORD,
 * AGE_PASSPHRASE, …)? These never go to a child unless they are named for it. */
bool ml_env_is_secret(const char *name);

/* Does the process have more rights than a person at a terminal: euid 0, or real and effective ids
 * that differ, or started as such (AT_SECURE)? Then only shipped and root-owned code,
 * configuration and commands are used. */
bool ml_env_privileged(void);

/* The folders below are absolute and malloc'd; "missing" if neither the XDG variable (ignored
 * unless absolute) nor HOME nor the password database tells. Nothing is created.
 *   state:   $XDG_STATE_HOME/moonlatch   or ~/.local/state/moonlatch
 *   config:  $XDG_CONFIG_HOME/moonlatch  or ~/.config/moonlatch
 *   configs: $XDG_CONFIG_HOME            or ~/.config (sops/age/keys.txt lives there)
 *   home:    $HOME, or the password database's */
int ml_env_state(char **path, ml_err *e);
int ml_env_config(char **path, ml_err *e);
int ml_env_configs(char **path, ml_err *e);
int ml_env_home(char **path, ml_err *e);

/* Makes the state folder (0700, each missing parent 0700) durable and checks that it is ours and
 * closed to others; *path as ml_env_state. */
int ml_env_make_state(char **path, ml_err *e);

#endif
