#ifndef ML_CRYPTO_BCRYPT_H
#define ML_CRYPTO_BCRYPT_H

/* bcrypt.h — bcrypt_pbkdf, the slow hash that protects OpenSSH private keys. Neither libsodium nor
 * nettle has it; it is written here over a Blowfish of our own. */
#include "base/bytes.h"
#include "base/err.h"

/* Fills out with `len` bytes. Fails with "argument" for an empty passphrase or salt, no rounds, or
 * len over 1024; "limit" for more than ML_LIMIT_BCRYPT_ROUNDS rounds; "memory". 16 rounds take
 * about 0.15 s. */
int ml_bcrypt_pbkdf(unsigned char *out, size_t len, ml_bytes passphrase, ml_bytes salt,
                    unsigned long rounds, ml_err *e);

#endif
