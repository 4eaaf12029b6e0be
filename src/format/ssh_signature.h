#ifndef ML_FORMAT_SSH_SIGNATURE_H
#define ML_FORMAT_SSH_SIGNATURE_H

/* ssh_signature.h — signatures by SSH keys: RFC 4253 section 6.6, RFC 5656 section 3.1.2 (ECDSA),
 * RFC 8332 (RSA with SHA-2), OpenSSH's PROTOCOL.u2f (keys in tokens). */
#include "format/ssh_wire.h"

/* Checks a signature in its wire form by the key of `wire`, which `key` has taken apart. 1 = it
 * fits; 0 = it is of a kind that is not checked here: DSA, RSA with SHA-1, a type that nobody
 * knows, and RSA and ECDSA on a system without libcrypto; -1 = it does not fit ("auth"), or is
 * malformed
 * ("format"). */
int ml_ssh_signature_check(const ml_ssh_blob *key, ml_bytes wire, ml_bytes signature,
                           ml_bytes message, ml_err *e);

/* Appends the signature of `message` in its wire form, in a string. RSA signs with SHA-512. */
int ml_ssh_signature_add(ml_buf *to, const ml_ssh_private *key, ml_bytes message, ml_err *e);

#endif
