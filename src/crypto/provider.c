/* provider.c — the part of provider.h that libsodium does. */
#include "crypto/provider.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/secret.h"

/* Settable from C only, so that whole encrypted files can be test vectors; see docs/decisions.md.
 */
static struct {
    void (*fill)(void *p, size_t len);
    int64_t fixed_time;
} fixed = { NULL, -1 };

static pthread_once_t started = PTHREAD_ONCE_INIT;

static void start(void)
{
    if (sodium_init() < 0)
        abort(); /* no random source: nothing in this program may go on */
}

/* libsodium picks its fast implementations when it starts. Not sodium_init each time: it takes a
 * lock that the workers of a batch would queue at. */
static void ready(void)
{
    pthread_once(&started, start);
}

void ml_random(void *p, size_t len)
{
    if (fixed.fill != NULL) {
        fixed.fill(p, len);
        return;
    }
    ready();
    randombytes_buf(p, len);
}

void ml_random_source(void (*fill)(void *p, size_t len))
{
    fixed.fill = fill;
}

int64_t ml_clock_now(void)
{
    return fixed.fixed_time >= 0 ? fixed.fixed_time : (int64_t)time(NULL);
}

void ml_clock_set(int64_t time)
{
    fixed.fixed_time = time;
}

void ml_sha512(unsigned char out[ML_SHA512_SIZE], ml_bytes message)
{
    crypto_hash_sha512(out, message.p, message.len);
}

_Static_assert(sizeof(crypto_hash_sha512_state) <= sizeof(ml_hash), "ml_hash holds the state");

void ml_sha512_begin(ml_hash *h)
{
    crypto_hash_sha512_init((crypto_hash_sha512_state *)(void *)h);
}

void ml_sha512_add(ml_hash *h, ml_bytes part)
{
    crypto_hash_sha512_update((crypto_hash_sha512_state *)(void *)h, part.p, part.len);
}

void ml_sha512_finish(ml_hash *h, unsigned char out[ML_SHA512_SIZE])
{
    crypto_hash_sha512_final((crypto_hash_sha512_state *)(void *)h, out);
    ml_wipe(h, sizeof *h);
}

void ml_x25519_base(unsigned char out[ML_X25519_SIZE], const unsigned char scalar[ML_X25519_SIZE])
{
    ready();
    crypto_scalarmult_base(out, scalar);
}

static int low_order(ml_err *e)
{
    return ml_fail(e, ML_E_FORMAT, "the X25519 public key is a point of low order");
}

int ml_x25519_check(const unsigned char point[ML_X25519_SIZE], ml_err *e)
{
    /* 0 and 1, the points of order 8, p - 1, and p and p + 1, which are other spellings of 0 and 1.
     */
    static const unsigned char low[][ML_X25519_SIZE] = {
        { 0x00 },
        { 0x01 },
        { 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
          0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
          0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
        { 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
          0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
          0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
        { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
        { 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
        { 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
    };
    unsigned char masked[ML_X25519_SIZE];
    size_t i;

    memcpy(masked, point, sizeof masked);
    masked[ML_X25519_SIZE - 1] &= 0x7f; /* the top bit does not count */
    for (i = 0; i < sizeof low / sizeof *low; i++)
        if (memcmp(masked, low[i], sizeof masked) == 0)
            return low_order(e);
    return 0;
}

int ml_x25519(unsigned char out[ML_X25519_SIZE], const unsigned char scalar[ML_X25519_SIZE],
              const unsigned char point[ML_X25519_SIZE], ml_err *e)
{
    ready();
    if (crypto_scalarmult(out, scalar, point) == 0)
        return 0;
    ml_wipe(out, ML_X25519_SIZE);
    return low_order(e);
}

void ml_ed25519_public(unsigned char out[ML_ED25519_PUBLIC],
                       const unsigned char seed[ML_ED25519_SEED])
{
    unsigned char both[crypto_sign_SECRETKEYBYTES];

    ready();
    crypto_sign_seed_keypair(out, both, seed);
    ml_wipe(both, sizeof both);
}

void ml_ed25519_sign(unsigned char out[ML_ED25519_SIGNATURE],
                     const unsigned char seed[ML_ED25519_SEED], ml_bytes message)
{
    unsigned char both[crypto_sign_SECRETKEYBYTES], point[ML_ED25519_PUBLIC];

    ready();
    crypto_sign_seed_keypair(point, both, seed);
    crypto_sign_detached(out, NULL, message.p, message.len, both);
    ml_wipe(both, sizeof both);
}

int ml_ed25519_verify(const unsigned char point[ML_ED25519_PUBLIC],
                      const unsigned char signature[ML_ED25519_SIGNATURE], ml_bytes message,
                      ml_err *e)
{
    ready();
    if (crypto_sign_verify_detached(signature, message.p, message.len, point) == 0)
        return 0;
    return ml_fail(e, ML_E_AUTH, "the signature does not fit");
}

int ml_ed25519_to_x25519(unsigned char out[ML_X25519_SIZE],
                         const unsigned char point[ML_ED25519_PUBLIC], ml_err *e)
{
    ready();
    if (crypto_sign_ed25519_pk_to_curve25519(out, point) == 0)
        return 0;
    memset(out, 0, ML_X25519_SIZE);
    return ml_fail(e, ML_E_FORMAT,
                   "the Ed25519 public key is not a point of the prime-order group");
}

void ml_salsa20(unsigned char *out, size_t len, const unsigned char key[ML_SALSA_KEY],
                const unsigned char nonce[ML_SALSA_NONCE], uint64_t block)
{
    ready();
    memset(out, 0, len);
    crypto_stream_salsa20_xor_ic(out, out, len, nonce, block, key);
}

void ml_chacha_seal(unsigned char *out, const unsigned char key[ML_CHACHA_KEY],
                    const unsigned char nonce[ML_CHACHA_NONCE], ml_bytes text)
{
    ready();
    crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, text.p, text.len, NULL, 0, NULL, nonce,
                                              key);
}

int ml_chacha_open(unsigned char *out, const unsigned char key[ML_CHACHA_KEY],
                   const unsigned char nonce[ML_CHACHA_NONCE], ml_bytes box, ml_err *e)
{
    ready();
    if (box.len >= ML_CHACHA_TAG && crypto_aead_chacha20poly1305_ietf_decrypt(
                                        out, NULL, NULL, box.p, box.len, NULL, 0, nonce, key) == 0)
        return 0;
    if (box.len > ML_CHACHA_TAG)
        ml_wipe(out, box.len - ML_CHACHA_TAG);
    return ml_fail(e, ML_E_AUTH, "wrong key, or the data was changed");
}

int ml_openssh_chacha_open(unsigned char *out, const unsigned char key[ML_CHACHA_KEY], ml_bytes box,
                           const unsigned char tag[ML_CHACHA_TAG], ml_err *e)
{
    static const unsigned char nonce[crypto_stream_chacha20_NONCEBYTES];
    unsigned char once[crypto_onetimeauth_poly1305_KEYBYTES];
    int genuine;

    ready();
    crypto_stream_chacha20(once, sizeof once, nonce, key);
    genuine = crypto_onetimeauth_poly1305_verify(tag, box.p, box.len, once) == 0;
    ml_wipe(once, sizeof once);
    if (genuine) {
        crypto_stream_chacha20_xor_ic(out, box.p, box.len, nonce, 1, key);
        return 0;
    }
    ml_wipe(out, box.len);
    return ml_fail(e, ML_E_AUTH, "wrong key, or the data was changed");
}

int ml_scrypt(unsigned char out[32], ml_bytes passphrase, ml_bytes salt, unsigned log_n, ml_err *e)
{
    ready();
    if (crypto_pwhash_scryptsalsa208sha256_ll(passphrase.p, passphrase.len, salt.p, salt.len,
                                              UINT64_C(1) << log_n, 8, 1, out, 32) == 0)
        return 0;
    ml_fail(e, ML_E_MEMORY, "scrypt with work factor %u needs %lu MiB of memory", log_n,
            log_n > 10 ? 1UL << (log_n - 10) : 1UL);
    return -1;
}
