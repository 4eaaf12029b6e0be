#ifndef ML_FORMAT_SSH_TO_AGE_H
#define ML_FORMAT_SSH_TO_AGE_H

/* ssh_to_age.h — the X25519 age key that follows from an Ed25519 SSH key, the same as the program
 * ssh-to-age derives: the public half by the birational map (the sign bit does not count), the
 * private half as the first 32 bytes of SHA-512(seed), *not clamped*, so that the text is equal
 * too.
 *
 * This is not age's own ssh-ed25519: a file for one cannot be opened by the other. */
#include "format/age.h"
#include "format/ssh_key.h"

/* Fails with "unsupported" when the key is not Ed25519, and with "format" when its point is of low
 * order or outside the prime-order group (no honest key is), or the line is marked @revoked. */
int ml_ssh_to_age_recipient(ml_age_recipient *r, const ml_ssh_public *key, ml_err *e);

/* The same for a key in hand, and for its private half. */
int ml_ssh_to_age_point(ml_age_recipient *r, const unsigned char ed25519[ML_ED25519_PUBLIC],
                        ml_err *e);
int ml_ssh_to_age_identity(ml_age_identity *i, const ml_ssh_private *key, ml_err *e);

#endif
