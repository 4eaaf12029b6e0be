#ifndef ML_CRYPTO_MLKEM_H
#define ML_CRYPTO_MLKEM_H

/* mlkem.h — ML-KEM-768 (FIPS 203): a key encapsulation that a quantum computer does not break.
 *
 * Constant time in everything secret: seeds, private keys, messages, shared keys, and whether a
 * ciphertext fits. Buffers of the caller; what is secret on the stack here is wiped here. */
#include "base/bytes.h"
#include "base/err.h"

enum {
    ML_MLKEM_SEED = 64,      /* d and z of FIPS 203 */
    ML_MLKEM_PUBLIC = 1184,  /* the encapsulation key */
    ML_MLKEM_PRIVATE = 2400, /* the decapsulation key; it holds the public one, too */
    ML_MLKEM_CIPHERTEXT = 1088,
    ML_MLKEM_MESSAGE = 32, /* random bytes that one encapsulation is made of */
    ML_MLKEM_SHARED = 32
};

void ml_mlkem_keys(unsigned char public_key[ML_MLKEM_PUBLIC],
                   unsigned char private_key[ML_MLKEM_PRIVATE],
                   const unsigned char seed[ML_MLKEM_SEED]);

/* The same behind the first hash: from the seed of the matrix, that of the samples, and z. For
 * vectors. */
void ml_mlkem_expand(unsigned char public_key[ML_MLKEM_PUBLIC],
                     unsigned char private_key[ML_MLKEM_PRIVATE],
                     const unsigned char matrix_seed[32], const unsigned char sample_seed[32],
                     const unsigned char z[32]);

/* The check of FIPS 203 7.2: "format" for a key with coefficients that are not below the modulus.
 * Whoever takes a key from elsewhere calls it before any encapsulation. */
int ml_mlkem_check(const unsigned char public_key[ML_MLKEM_PUBLIC], ml_err *e);

/* `message` is fresh and random, and secret. */
void ml_mlkem_encapsulate(unsigned char ciphertext[ML_MLKEM_CIPHERTEXT],
                          unsigned char shared[ML_MLKEM_SHARED],
                          const unsigned char public_key[ML_MLKEM_PUBLIC],
                          const unsigned char message[ML_MLKEM_MESSAGE]);

/* Never fails: a ciphertext that was not made for this key gives a shared key that nobody else
 * knows. */
void ml_mlkem_decapsulate(unsigned char shared[ML_MLKEM_SHARED],
                          const unsigned char private_key[ML_MLKEM_PRIVATE],
                          const unsigned char ciphertext[ML_MLKEM_CIPHERTEXT]);

#endif
