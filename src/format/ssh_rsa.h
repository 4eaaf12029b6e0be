#ifndef ML_FORMAT_SSH_RSA_H
#define ML_FORMAT_SSH_RSA_H

/* ssh_rsa.h — the numbers of RSA keys, as SSH writes them: public ones in the wire form of a key,
 * private ones as they stand in OpenSSH's files ("n, e, d, iqmp, p, q"). */
#include "base/buf.h"
#include "base/secret.h"
#include "crypto/provider.h"

/* Checks what every RSA key of this program must be: a modulus of 2048 to ML_LIMIT_RSA_BITS bits,
 * an exponent of at most 24 bits, both odd. Fails with "limit" or "format". */
int ml_ssh_rsa_check_bits(unsigned bits, ml_err *e);
int ml_ssh_rsa_check(const ml_rsa_public *key, ml_err *e);

/* Takes apart the wire form of a public key of type ssh-rsa, checked as above; spans point into it.
 */
int ml_ssh_rsa_public(ml_rsa_public *key, ml_bytes wire, ml_err *e);

/* Appends that wire form. */
void ml_ssh_rsa_wire(ml_buf *out, const ml_rsa_public *key);

/* Takes the six numbers from the front of *from, the public ones checked as above. */
int ml_ssh_rsa_private(ml_rsa_private *key, ml_bytes *from, ml_err *e);

/* Makes *out the owner of the six numbers. */
int ml_ssh_rsa_numbers(ml_secret *out, const ml_rsa_private *key, ml_err *e);

#endif
