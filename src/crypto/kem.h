#ifndef ML_CRYPTO_KEM_H
#define ML_CRYPTO_KEM_H

/* kem.h — the key encapsulations of HPKE (hpke.h) that age uses: each makes a fresh secret for the
 * holder of a key, and the share by which they find it. */
#include "base/bytes.h"
#include "base/err.h"

enum {
    ML_KEM_SECRET = 32,
    ML_KEM_HYBRID_SEED = 32,     /* the private key of ml_kem_mlkem768_x25519 */
    ML_KEM_HYBRID_PUBLIC = 1216, /* its public key: ML-KEM's and a point of X25519 */
    ML_KEM_HYBRID_SHARE = 1120   /* its share: ML-KEM's ciphertext and a point */
};

typedef struct ml_kem {
    uint16_t id; /* as registered for HPKE */
    size_t public_size, share_size;

    /* Fails with "format" for a public key that gives no secret, and where P-256 is used as
     * ml_p256 does. */
    int (*encapsulate)(unsigned char secret[ML_KEM_SECRET], unsigned char *share,
                       const unsigned char *public_key, ml_err *e);

    /* Fails with "format" for a share that nobody makes. One made for another key gives another
     * secret. NULL where private keys never leave hardware. */
    int (*decapsulate)(unsigned char secret[ML_KEM_SECRET], const unsigned char *private_key,
                       const unsigned char *share, ml_err *e);
} ml_kem;

/* MLKEM768-X25519, also called X-Wing: secret as long as one of the two is not broken. */
extern const ml_kem ml_kem_mlkem768_x25519;

/* DHKEM(P-256, HKDF-SHA256), and the hybrid of ML-KEM with that curve. Points are uncompressed. */
extern const ml_kem ml_kem_p256, ml_kem_mlkem768_p256;

void ml_kem_hybrid_public(unsigned char public_key[ML_KEM_HYBRID_PUBLIC],
                          const unsigned char seed[ML_KEM_HYBRID_SEED]);

#endif
