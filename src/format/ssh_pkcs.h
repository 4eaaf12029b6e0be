#ifndef ML_FORMAT_SSH_PKCS_H
#define ML_FORMAT_SSH_PKCS_H

/* ssh_pkcs.h — private keys in the forms of OpenSSL: PKCS#1 (RFC 8017, "RSA PRIVATE KEY") and
 * PKCS#8 (RFC 5958, "PRIVATE KEY"), neither encrypted. */
#include "format/ssh_key.h"

/* Reads what stands below this label of pem.h. Fails with "format", and with "unsupported" for a
 * label or a kind of key that is not read here. */
int ml_ssh_pkcs_parse(ml_ssh_private *k, ml_bytes label, ml_bytes der, ml_err *e);

#endif
