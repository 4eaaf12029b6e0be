/* kem.c — see kem.h. */
#include "crypto/kem.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/keccak.h"
#include "crypto/mlkem.h"
#include "crypto/provider.h"

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

/* The secret of a hybrid: that of ML-KEM and the classic one, bound to the classic share and public
 * key. ML-KEM binds its own. */
static void combine(unsigned char secret[ML_KEM_SECRET], const unsigned char post_quantum[32],
                    const unsigned char classic[32], ml_bytes share, ml_bytes public_key,
                    const char *label)
{
    const ml_bytes parts[] = { ml_bytes_of(post_quantum, 32), ml_bytes_of(classic, 32), share,
                               public_key, ml_bytes_text(label) };

    ml_keccak(ML_SHA3_256, secret, ML_KEM_SECRET, parts, sizeof parts / sizeof *parts);
}

static const char x25519_label[] = "\\.//^\\"; /* the wings of X-Wing */

static int encapsulate_x25519(unsigned char secret[ML_KEM_SECRET], unsigned char *share,
                              const unsigned char *public_key, ml_err *e)
{
    unsigned char *point = share + ML_MLKEM_CIPHERTEXT;
    const unsigned char *other = public_key + ML_MLKEM_PUBLIC;
    struct {
        unsigned char message[ML_MLKEM_MESSAGE], ephemeral[ML_X25519_SIZE];
        unsigned char post_quantum[ML_MLKEM_SHARED], classic[ML_X25519_SIZE];
    } work;
    int status;

    ml_random(work.message, sizeof work.message);
    ml_random(work.ephemeral, sizeof work.ephemeral);
    ml_mlkem_encapsulate(share, work.post_quantum, public_key, work.message);
    ml_x25519_base(point, work.ephemeral);
    status = ml_x25519(work.classic, work.ephemeral, other, e);
    if (status == 0)
        combine(secret, work.post_quantum, work.classic, ml_bytes_of(point, ML_X25519_SIZE),
                ml_bytes_of(other, ML_X25519_SIZE), x25519_label);
    ml_wipe(&work, sizeof work);
    return status;
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
        combine(secret, work.post_quantum, work.classic, ml_bytes_of(point, ML_X25519_SIZE),
                ml_bytes_of(own_point, ML_X25519_SIZE), x25519_label);
    ml_wipe(&work, sizeof work);
    return status;
}

const ml_kem ml_kem_mlkem768_x25519 = { 0x647a, ML_KEM_HYBRID_PUBLIC, ML_KEM_HYBRID_SHARE,
                                        encapsulate_x25519, decapsulate_x25519 };
