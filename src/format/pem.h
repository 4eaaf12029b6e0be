#ifndef ML_FORMAT_PEM_H
#define ML_FORMAT_PEM_H

/* pem.h — the armor of private keys (RFC 7468): base64 between a BEGIN and an END line. White space
 * around them and CRLF are taken, though ssh itself does not: keys that went through a vault or a
 * clipboard have them. */
#include "base/secret.h"

/* What the BEGIN line of `file` says it is ("OPENSSH PRIVATE KEY"); no bytes when it has none. */
ml_bytes ml_pem_label(ml_bytes file);

/* Makes *out the owner of what stands between the lines. Fails with "format", "limit", and with
 * "unsupported" when it is encrypted in the way of OpenSSL before PKCS#8. */
int ml_pem_decode(ml_secret *out, ml_bytes file, ml_err *e);

/* Makes *out the owner of `bytes` in this armor, in lines of `columns` characters. */
int ml_pem_encode(ml_secret *out, const char *label, ml_bytes bytes, size_t columns, ml_err *e);

/* The hint for private keys that only other programs read. Returns -1. */
int ml_pem_hint(ml_err *e);

#endif
