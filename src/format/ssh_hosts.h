#ifndef ML_FORMAT_SSH_HOSTS_H
#define ML_FORMAT_SSH_HOSTS_H

/* ssh_hosts.h — the hosts of a known_hosts line (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
#include "base/bytes.h"
#include "base/err.h"

enum { ML_SSH_PORT = 22, ML_SSH_HOST_NAME = 1025 /* longest host name, with its NUL */ };

/* Whether the field `hosts` means this host: 1 or 0. It is a list of patterns with commas between
 * them (`*`, `?`; `!` before one that excludes; `[NAME]:PORT` for another port than 22), or one
 * name that is hashed: `|1|SALT|HASH`. -1: "format" for a hash that is none, "argument" for a name
 * that is too long. Capital letters do not count. */
int ml_ssh_hosts_match(ml_bytes hosts, ml_bytes name, unsigned port, ml_err *e);

#endif
