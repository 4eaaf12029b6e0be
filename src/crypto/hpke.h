#ifndef ML_CRYPTO_HPKE_H
#define ML_CRYPTO_HPKE_H

/* hpke.h — HPKE (RFC 9180) as the recipients of age need it: base mode, HKDF-SHA-256,
 * ChaCha20-Poly1305, one message without associated data. */
#include "crypto/kem.h"
#include "crypto/provider.h"

/* Makes a share and seals `text` for whoever has the private key; writes kem->share_size bytes to
 * `share` and text.len + ML_CHACHA_TAG to `out`. Fails as kem->encapsulate does. */
int ml_hpke_seal(unsigned char *share, unsigned char *out, const ml_kem *kem,
                 const unsigned char *public_key, ml_bytes info, ml_bytes text, ml_err *e);

/* Writes box.len - ML_CHACHA_TAG bytes. Fails as kem->decapsulate does, and with "auth" (leaving
 * zeroes) when the box was sealed for another key. */
int ml_hpke_open(unsigned char *out, const ml_kem *kem, const unsigned char *private_key,
                 const unsigned char *share, ml_bytes info, ml_bytes box, ml_err *e);

/* What both of them seal with: key and nonce of the first message, from the KEM's secret. */
void ml_hpke_schedule(unsigned char key[ML_CHACHA_KEY], unsigned char nonce[ML_CHACHA_NONCE],
                      const ml_kem *kem, const unsigned char secret[ML_KEM_SECRET], ml_bytes info);

/* LabeledExtract and LabeledExpand (RFC 9180 section 4) under a suite; len at most
 * ML_SHA256_SIZE. */
void ml_hpke_extract(unsigned char out[ML_SHA256_SIZE], ml_bytes suite, ml_bytes salt,
                     const char *label, ml_bytes secret);
void ml_hpke_expand(unsigned char *out, size_t len, ml_bytes suite,
                    const unsigned char extracted[ML_SHA256_SIZE], const char *label,
                    ml_bytes info);

#endif
