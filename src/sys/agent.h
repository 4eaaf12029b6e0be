#ifndef ML_SYS_AGENT_H
#define ML_SYS_AGENT_H

/* agent.h — the SSH agent of the user (draft-miller-ssh-agent): which public keys it holds. It is
 * asked for nothing else, so no agent has a reason to ask its user. */
#include "base/buf.h"

/* Appends the answer of the agent at a socket. Fails with "missing" when nobody listens there,
 * "limit" when the answer is larger than ML_LIMIT_AGENT, and "child" when it is none, or has not
 * come in so many milliseconds. */
int ml_agent_ask(ml_buf *answer, const char *socket_path, int patience, ml_err *e);

/* One key of an answer; the spans point into it. */
typedef struct ml_agent_key {
    ml_bytes wire; /* as ml_ssh_blob_parse takes it */
    ml_bytes comment;
} ml_agent_key;

/* Goes through an answer from its beginning. `next` returns 1, 0 when there is no further key, -1
 * ("child") when the answer is malformed. */
typedef struct ml_agent_keys {
    ml_bytes rest;
    uint32_t left;
} ml_agent_keys;

int ml_agent_begin(ml_agent_keys *keys, ml_bytes answer, ml_err *e);
int ml_agent_next(ml_agent_keys *keys, ml_agent_key *key, ml_err *e);

#endif
