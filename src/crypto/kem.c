/* kem.c — see kem.h. */
#include "crypto/kem.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/hpke.h"
#include "crypto/keccak.h"
#include "crypto/mlkem.h"

_Static_assert(ML_KEM_HYBRID_PUBLIC == ML_MLKEM_PUBLIC + ML_X25519_SIZE, "two public keys");
_Static_assert(ML_KEM_HYBRID_SHARE == ML_MLKEM_CIPHERTEXT + ML_X25519_SIZE, "two shares");

/* Both halves of a hybrid private key. */
typedef struct hybrid_keys {
    unsigned char mlkem_public[ML_MLKEM_PUBLIC], mlkem[ML_MLKEM_PRIVATE];
    unsigned char x25519[ML_X25519_SIZE];
} hybrid_keys;

static void expand(hybrid_keys *keys, const unsigned char seed[ML_KEM_HYBRID_SEED])
{
    const ml_bytes part = ml_bytes_of(seed, ML_KEM_HYBRID_SEED);
    unsigned char seeds[ML_MLKEM_SEED + ML_X25519_SIZE];

    ml_keccak(ML_SHAKE256, seeds, sizeof seeds, &part, 1);
    ml_mlkem_keys(keys->mlkem_public, keys->mlkem, seeds);
    memcpy(keys->x25519, seeds + ML_MLKEM_SEED, ML_X25519_SIZE);
    ml_wipe(seeds, sizeof seeds);
}

void ml_kem_hybrid_public(unsigned char public_key[ML_KEM_HYBRID_PUBLIC],
                          const unsigned char seed[ML_KEM_HYBRID_SEED])
{
    hybrid_keys keys;

    expand(&keys, seed);
    memcpy(public_key, keys.mlkem_public, ML_MLKEM_PUBLIC);
    ml_x25519_base(public_key + ML_MLKEM_PUBLIC, keys.x25519);
    ml_wipe(&keys, sizeof keys);
}

/* A classic key agreement, as it stands beside ML-KEM in a hybrid. */
typedef struct group {
    size_t point_size;
    const char *label; /* of the hybrid */

    /* A fresh private key and its public one. */
    int (*generate)(unsigned char *point, unsigned char scalar[32], ml_err *e);
    int (*agree)(unsigned char secret[32], const unsigned char scalar[32],
                 const unsigned char *point, ml_err *e);
} group;

static int generate_x25519(unsigned char *point, unsigned char scalar[32], ml_err *e)
{
    (void)e;
    ml_random(scalar, ML_X25519_SIZE);
    ml_x25519_base(point, scalar);
    return 0;
}

static int generate_p256(unsigned char *point, unsigned char scalar[32], ml_err *e)
{
    int status;

    do { /* one in 2^32 random numbers is no private key */
        ml_random(scalar, ML_P256_SIZE);
        status = ml_p256_base(point, scalar, e);
    } while (status < 0 && strcmp(e->code, ML_E_FORMAT) == 0);
    return status;
}

/* The label of the first shows the wings of X-Wing. */
static const group x25519 = { ML_X25519_SIZE, "\\.//^\\", generate_x25519, ml_x25519 };
static const group p256 = { ML_P256_POINT, "MLKEM768-P256", generate_p256, ml_p256 };

/* The secret of a hybrid: that of ML-KEM and the classic one, bound to the classic share and public
 * key. ML-KEM binds its own. */
static void combine(unsigned char secret[ML_KEM_SECRET], const group *g,
                    const unsigned char post_quantum[32], const unsigned char classic[32],
                    const unsigned char *share, const unsigned char *public_key)
{
    const ml_bytes parts[] = { ml_bytes_of(post_quantum, 32), ml_bytes_of(classic, 32),
                               ml_bytes_of(share, g->point_size),
                               ml_bytes_of(public_key, g->point_size), ml_bytes_text(g->label) };

    ml_keccak(ML_SHA3_256, secret, ML_KEM_SECRET, parts, sizeof parts / sizeof *parts);
}

static int encapsulate_hybrid(unsigned char secret[ML_KEM_SECRET], const group *g,
                              unsigned char *share, const unsigned char *public_key, ml_err *e)
{
    unsigned char *point = share + ML_MLKEM_CIPHERTEXT;
    const unsigned char *other = public_key + ML_MLKEM_PUBLIC;
    struct {
        unsigned char message[ML_MLKEM_MESSAGE], scalar[32];
        unsigned char post_quantum[ML_MLKEM_SHARED], classic[32];
    } work;
    int status;

    ml_random(work.message, sizeof work.message);
    ml_mlkem_encapsulate(share, work.post_quantum, public_key, work.message);
    status = g->generate(point, work.scalar, e);
    if (status == 0)
        status = g->agree(work.classic, work.scalar, other, e);
    if (status == 0)
        combine(secret, g, work.post_quantum, work.classic, point, other);
    ml_wipe(&work, sizeof work);
    return status;
}

static int encapsulate_x25519(unsigned char secret[ML_KEM_SECRET], unsigned char *share,
                              const unsigned char *public_key, ml_err *e)
{
    return encapsulate_hybrid(secret, &x25519, share, public_key, e);
}

static int decapsulate_x25519(unsigned char secret[ML_KEM_SECRET], const unsigned char *seed,
                              const unsigned char *share, ml_err *e)
{
    const unsigned char *point = share + ML_MLKEM_CIPHERTEXT;
    unsigned char own_point[ML_X25519_SIZE];
    struct {
        hybrid_keys keys;
        unsigned char post_quantum[ML_MLKEM_SHARED], classic[ML_X25519_SIZE];
    } work;
    int status;

    expand(&work.keys, seed);
    ml_x25519_base(own_point, work.keys.x25519);
    ml_mlkem_decapsulate(work.post_quantum, work.keys.mlkem, share);
    status = ml_x25519(work.classic, work.keys.x25519, point, e);
    if (status == 0)
        combine(secret, &x25519, work.post_quantum, work.classic, point, own_point);
    ml_wipe(&work, sizeof work);
    return status;
}

static int encapsulate_mlkem768_p256(unsigned char secret[ML_KEM_SECRET], unsigned char *share,
                                     const unsigned char *public_key, ml_err *e)
{
    return encapsulate_hybrid(secret, &p256, share, public_key, e);
}

/* DHKEM of RFC 9180: the agreed secret is bound to share and public key by HKDF. */
static int encapsulate_p256(unsigned char secret[ML_KEM_SECRET], unsigned char *share,
                            const unsigned char *public_key, ml_err *e)
{
    static const unsigned char suite_bytes[] = { 'K', 'E', 'M', 0, 0x10 };
    const ml_bytes suite = ml_bytes_of(suite_bytes, sizeof suite_bytes), none = { NULL, 0 };
    unsigned char context[2 * ML_P256_POINT];
    struct {
        unsigned char scalar[ML_P256_SIZE], agreed[ML_P256_SIZE], extracted[ML_SHA256_SIZE];
    } work;
    int status = generate_p256(share, work.scalar, e);

    if (status == 0)
        status = ml_p256(work.agreed, work.scalar, public_key, e);
    if (status == 0) {
        memcpy(context, share, ML_P256_POINT);
        memcpy(context + ML_P256_POINT, public_key, ML_P256_POINT);
        ml_hpke_extract(work.extracted, suite, none, "eae_prk",
                        ml_bytes_of(work.agreed, sizeof work.agreed));
        ml_hpke_expand(secret, ML_KEM_SECRET, suite, work.extracted, "shared_secret",
                       ml_bytes_of(context, sizeof context));
    }
    ml_wipe(&work, sizeof work);
    return status;
}

const ml_kem ml_kem_mlkem768_x25519 = { 0x647a, ML_KEM_HYBRID_PUBLIC, ML_KEM_HYBRID_SHARE,
                                        encapsulate_x25519, decapsulate_x25519 };
const ml_kem ml_kem_p256 = { 0x0010, ML_P256_POINT, ML_P256_POINT, encapsulate_p256, NULL };
const ml_kem ml_kem_mlkem768_p256 = { 0x0050, ML_MLKEM_PUBLIC + ML_P256_POINT,
                                      ML_MLKEM_CIPHERTEXT + ML_P256_POINT,
                                      encapsulate_mlkem768_p256, NULL };
