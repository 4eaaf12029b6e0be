#ifndef ML_CRYPTO_PROVIDER_H
#define ML_CRYPTO_PROVIDER_H

/* provider.h — the door to the crypto libraries: everything cryptographic that the program uses is
 * declared here. provider.c stands before libsodium, provider_nettle.c before nettle, the other
 * provider_*.c before libcrypto; no other file (but base/secret.c, for wiping) includes their
 * headers. This list is the audit surface.
 *
 * What libcrypto does (RSA, P-256, the fast ChaCha20-Poly1305) fails with "unsupported" on a system
 * that has none. */
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/secret.h"

enum {
    ML_SHA1_SIZE = 20,
    ML_SHA256_SIZE = 32,
    ML_SHA512_SIZE = 64,
    ML_X25519_SIZE = 32, /* scalars, points and shared secrets */
    ML_ED25519_SEED = 32,
    ML_ED25519_PUBLIC = 32,
    ML_ED25519_SIGNATURE = 64,
    ML_CHACHA_KEY = 32,
    ML_CHACHA_NONCE = 12,
    ML_CHACHA_TAG = 16,
    ML_SALSA_KEY = 32,
    ML_SALSA_NONCE = 8,
    ML_GCM_KEY = 32,
    ML_GCM_TAG = 16,
    ML_P256_SIZE = 32,       /* scalars and shared secrets */
    ML_P256_POINT = 65,      /* uncompressed: 4, x, y */
    ML_P256_COMPRESSED = 33, /* 2 or 3, x */
    ML_RSA_MAX = 2048        /* bytes of the largest modulus, 16384 bits */
};

/* Fills p with random bytes of the system. */
void ml_random(void *p, size_t len);

/* From C only, for vectors that must come out the same each time: `fill` takes the place of the
 * system's random source for the whole process; NULL restores it. */
void ml_random_source(void (*fill)(void *p, size_t len));

/* Seconds since 1970, or the fixed time set (from C only, for the same reason; a negative value
 * restores the system's clock). */
int64_t ml_clock_now(void);
void ml_clock_set(int64_t fixed);

void ml_sha256(unsigned char out[ML_SHA256_SIZE], ml_bytes message);
void ml_sha512(unsigned char out[ML_SHA512_SIZE], ml_bytes message);

/* SHA-256 and SHA-512 (the MAC of sops) piece by piece. The state is opaque and holds no pointers;
 * finish wipes it. */
typedef struct ml_hash {
    _Alignas(16) unsigned char state[256];
} ml_hash;

void ml_sha256_begin(ml_hash *h);
void ml_sha256_add(ml_hash *h, ml_bytes part);
void ml_sha256_finish(ml_hash *h, unsigned char out[ML_SHA256_SIZE]);
void ml_sha512_begin(ml_hash *h);
void ml_sha512_add(ml_hash *h, ml_bytes part);
void ml_sha512_finish(ml_hash *h, unsigned char out[ML_SHA512_SIZE]);

/* The permutation of SHA-3 (keccak.h is built on it): 25 lanes, in the order of FIPS 202. */
void ml_keccak_permute(uint64_t lanes[25]);

/* HMAC-SHA-1, for what others have hashed with it (host names in known_hosts). */
void ml_hmac_sha1(unsigned char out[ML_SHA1_SIZE], ml_bytes key, ml_bytes message);

/* HMAC-SHA-256; key of any length. The second takes a message in `count` parts. */
void ml_hmac_sha256(unsigned char out[ML_SHA256_SIZE], ml_bytes key, ml_bytes message);
void ml_hmac_sha256_parts(unsigned char out[ML_SHA256_SIZE], ml_bytes key, const ml_bytes *parts,
                          size_t count);

/* HKDF-SHA-256 (RFC 5869) with one block of output, as age uses it. An empty salt is 32 zero bytes.
 */
void ml_hkdf_sha256(unsigned char out[ML_SHA256_SIZE], ml_bytes secret, ml_bytes salt,
                    const char *info);

/* Public point of a scalar (clamped inside, as RFC 7748 says). */
void ml_x25519_base(unsigned char out[ML_X25519_SIZE], const unsigned char scalar[ML_X25519_SIZE]);

/* Shared secret; -1 when it would be all zero (a point of low order). *e is filled with "format".
 */
int ml_x25519(unsigned char out[ML_X25519_SIZE], const unsigned char scalar[ML_X25519_SIZE],
              const unsigned char point[ML_X25519_SIZE], ml_err *e);

/* Fails with "format" for a point of low order: every secret shared with it would be zero. */
int ml_x25519_check(const unsigned char point[ML_X25519_SIZE], ml_err *e);

void ml_ed25519_public(unsigned char out[ML_ED25519_PUBLIC],
                       const unsigned char seed[ML_ED25519_SEED]);

/* Ed25519 (RFC 8032) under the key of a seed. verify: "auth" when the signature does not fit. */
void ml_ed25519_sign(unsigned char out[ML_ED25519_SIGNATURE],
                     const unsigned char seed[ML_ED25519_SEED], ml_bytes message);
int ml_ed25519_verify(const unsigned char point[ML_ED25519_PUBLIC],
                      const unsigned char signature[ML_ED25519_SIGNATURE], ml_bytes message,
                      ml_err *e);

/* The Montgomery u of an Ed25519 point. Refuses (-1, "format") what is no point of the prime-order
 * group. */
int ml_ed25519_to_x25519(unsigned char out[ML_X25519_SIZE],
                         const unsigned char point[ML_ED25519_PUBLIC], ml_err *e);

/* ChaCha20-Poly1305 (RFC 8439) without associated data. Seal writes text.len + 16 bytes. Open
 * writes box.len - 16 bytes, or fails with "auth" and leaves zeroes: unauthenticated bytes never
 * get out. */
void ml_chacha_seal(unsigned char *out, const unsigned char key[ML_CHACHA_KEY],
                    const unsigned char nonce[ML_CHACHA_NONCE], ml_bytes text);
int ml_chacha_open(unsigned char *out, const unsigned char key[ML_CHACHA_KEY],
                   const unsigned char nonce[ML_CHACHA_NONCE], ml_bytes box, ml_err *e);

/* Salsa20/20: `len` bytes of the keystream from block number `block` (of 64 bytes) on. */
void ml_salsa20(unsigned char *out, size_t len, const unsigned char key[ML_SALSA_KEY],
                const unsigned char nonce[ML_SALSA_NONCE], uint64_t block);

/* scrypt with r = 8, p = 1 and N = 2^log_n. Fails with "memory". */
int ml_scrypt(unsigned char out[32], ml_bytes passphrase, ml_bytes salt, unsigned log_n, ml_err *e);

/* AES-256-GCM under one key, prepared once for many values. The nonce may have any length > 0
 * (sops: 32). The prepared key is secret: it is 4 KiB of locked memory, freed and wiped by
 * ml_gcm_free. */
typedef struct ml_gcm ml_gcm;

int ml_gcm_new(ml_gcm **out, const unsigned char key[ML_GCM_KEY], ml_err *e);
void ml_gcm_free(ml_gcm *g);
void ml_gcm_seal(const ml_gcm *g, unsigned char *out, unsigned char tag[ML_GCM_TAG], ml_bytes nonce,
                 ml_bytes aad, ml_bytes text);

/* Writes box.len bytes; on a wrong tag fails with "auth" and leaves zeroes. */
int ml_gcm_open(const ml_gcm *g, unsigned char *out, ml_bytes nonce, ml_bytes aad, ml_bytes box,
                const unsigned char tag[ML_GCM_TAG], ml_err *e);

/* The ciphers of passphrase-protected SSH keys. In place; key_len 16, 24 or 32; iv 16 bytes; len a
 * multiple of 16 for CBC. */
void ml_aes_ctr(unsigned char *p, size_t len, const unsigned char *key, size_t key_len,
                const unsigned char iv[16]);
void ml_aes_cbc_decrypt(unsigned char *p, size_t len, const unsigned char *key, size_t key_len,
                        const unsigned char iv[16]);

/* Triple DES, for keys that are that old. In place; len a multiple of 8. */
void ml_des3_cbc_decrypt(unsigned char *p, size_t len, const unsigned char key[24],
                         const unsigned char iv[8]);

/* Two more of them, authenticated. Both write box.len bytes, or fail with "auth" and leave zeroes.
 * GCM has a nonce of 12 bytes here. OpenSSH's chacha20-poly1305 is not the one of RFC 8439: a nonce
 * of 64 bits (zero for key files), a tag over the ciphertext alone. */
int ml_aes_gcm_open(unsigned char *out, const unsigned char *key, size_t key_len,
                    const unsigned char nonce[12], ml_bytes box,
                    const unsigned char tag[ML_GCM_TAG], ml_err *e);
int ml_openssh_chacha_open(unsigned char *out, const unsigned char key[ML_CHACHA_KEY], ml_bytes box,
                           const unsigned char tag[ML_CHACHA_TAG], ml_err *e);

/* ChaCha20-Poly1305 as ml_chacha_seal and _open, twice as fast on large payloads, after a start
 * that only they pay back. One context for each thread and key, for many nonces; `out` may be where
 * the input is. */
typedef struct ml_chacha_fast ml_chacha_fast;

int ml_chacha_fast_new(ml_chacha_fast **out, const unsigned char key[ML_CHACHA_KEY], ml_err *e);
void ml_chacha_fast_free(ml_chacha_fast *c);
int ml_chacha_fast_seal(ml_chacha_fast *c, unsigned char *out,
                        const unsigned char nonce[ML_CHACHA_NONCE], ml_bytes text, ml_err *e);
int ml_chacha_fast_open(ml_chacha_fast *c, unsigned char *out,
                        const unsigned char nonce[ML_CHACHA_NONCE], ml_bytes box, ml_err *e);

/* P-256, as X25519 above: the public point of a scalar, and the shared secret (the x coordinate).
 * "format" for a scalar that is none, or a point that is not on the curve. */
int ml_p256_base(unsigned char out[ML_P256_POINT], const unsigned char scalar[ML_P256_SIZE],
                 ml_err *e);
int ml_p256(unsigned char out[ML_P256_SIZE], const unsigned char scalar[ML_P256_SIZE],
            const unsigned char point[ML_P256_POINT], ml_err *e);
int ml_p256_decompress(unsigned char out[ML_P256_POINT],
                       const unsigned char compressed[ML_P256_COMPRESSED], ml_err *e);

/* Checks an ECDSA signature on the curve P-256, P-384 or P-521 (bits: 256, 384, 521), with the hash
 * that goes with it (RFC 5656 section 6.2.1). point: uncompressed. r, s: numbers as SSH writes
 * them, the highest byte first. "auth" when it does not fit, "format" for a point that is not on
 * the curve. */
int ml_ecdsa_verify(unsigned bits, ml_bytes point, ml_bytes r, ml_bytes s, ml_bytes message,
                    ml_err *e);

/* The numbers of an RSA key, the highest byte first and not zero. Nothing is owned. Whoever reads
 * them from somewhere checks their sizes; that they belong together shows when a private key is
 * used ("format"). */
typedef struct ml_rsa_public {
    ml_bytes n, e;
} ml_rsa_public;

typedef struct ml_rsa_private {
    ml_rsa_public public;
    ml_bytes d, p, q, iqmp; /* iqmp: the inverse of q modulo p */
} ml_rsa_private;

/* A fresh key with the exponent 65537, whose numbers stand in *memory. Seconds for 4096 bits,
 * minutes for 16384. */
int ml_rsa_generate(ml_rsa_private *key, ml_secret *memory, unsigned bits, ml_err *e);

/* RSA-OAEP with SHA-256. Seal writes as many bytes as the modulus has. Open writes `len` bytes, or
 * fails with "auth" when there were others, or the key is another. */
int ml_rsa_oaep_seal(unsigned char *out, const ml_rsa_public *key, ml_bytes label, ml_bytes text,
                     ml_err *e);
int ml_rsa_oaep_open(unsigned char *out, size_t len, const ml_rsa_private *key, ml_bytes label,
                     ml_bytes box, ml_err *e);

/* Signatures of PKCS#1 v1.5, as long as the modulus. verify: "auth" when it does not fit. */
typedef enum ml_rsa_hash { ML_RSA_SHA256, ML_RSA_SHA512 } ml_rsa_hash;

int ml_rsa_sign(unsigned char *out, const ml_rsa_private *key, ml_rsa_hash kind, ml_bytes message,
                ml_err *e);
int ml_rsa_verify(const ml_rsa_public *key, ml_rsa_hash kind, ml_bytes signature, ml_bytes message,
                  ml_err *e);

#endif
