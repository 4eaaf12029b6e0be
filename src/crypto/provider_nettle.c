/* provider_nettle.c — the part of provider.h that nettle does: AES, because libsodium knows no GCM
 * with a nonce other than 12 bytes, and no Triple DES; SHA-256, for which libsodium does not use
 * the processor's own instructions (8 KiB: 34 µs, nettle 7.5); and SHA-3's permutation. */
#include <nettle/aes.h>
#include <nettle/cbc.h>
#include <nettle/ctr.h>
#include <nettle/des.h>
#include <nettle/gcm.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <nettle/sha3.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/provider.h"

/* The key schedule and the hash table of GCM; both are secret. */
struct ml_gcm {
    ml_secret owner; /* of the memory this stands in */
    struct aes256_ctx aes;
    struct gcm_key table;
};

static void encrypt_blocks(const void *aes, size_t len, uint8_t *to, const uint8_t *from)
{
    aes256_encrypt(aes, len, to, from);
}

int ml_gcm_new(ml_gcm **out, const unsigned char key[ML_GCM_KEY], ml_err *e)
{
    ml_secret memory = { 0 };
    ml_gcm *g;

    *out = NULL;
    if (ml_secret_new(&memory, sizeof *g, e) < 0)
        return -1;
    g = (ml_gcm *)(void *)memory.p;
    g->owner = memory;
    aes256_set_encrypt_key(&g->aes, key);
    gcm_set_key(&g->table, &g->aes, encrypt_blocks);
    *out = g;
    return 0;
}

void ml_gcm_free(ml_gcm *g)
{
    ml_secret memory;

    if (g == NULL)
        return;
    memory = g->owner;
    ml_secret_free(&memory);
}

void ml_gcm_seal(const ml_gcm *g, unsigned char *out, unsigned char tag[ML_GCM_TAG], ml_bytes nonce,
                 ml_bytes aad, ml_bytes text)
{
    struct gcm_ctx state;

    gcm_set_iv(&state, &g->table, nonce.len, nonce.p);
    gcm_update(&state, &g->table, aad.len, aad.p);
    gcm_encrypt(&state, &g->table, &g->aes, encrypt_blocks, text.len, out, text.p);
    gcm_digest(&state, &g->table, &g->aes, encrypt_blocks, ML_GCM_TAG, tag);
    ml_wipe(&state, sizeof state);
}

int ml_gcm_open(const ml_gcm *g, unsigned char *out, ml_bytes nonce, ml_bytes aad, ml_bytes box,
                const unsigned char tag[ML_GCM_TAG], ml_err *e)
{
    unsigned char computed[ML_GCM_TAG];
    struct gcm_ctx state;
    bool same;

    gcm_set_iv(&state, &g->table, nonce.len, nonce.p);
    gcm_update(&state, &g->table, aad.len, aad.p);
    gcm_decrypt(&state, &g->table, &g->aes, encrypt_blocks, box.len, out, box.p);
    gcm_digest(&state, &g->table, &g->aes, encrypt_blocks, ML_GCM_TAG, computed);
    same = ml_secret_equal(ml_bytes_of(computed, sizeof computed), ml_bytes_of(tag, ML_GCM_TAG));
    ml_wipe(&state, sizeof state);
    ml_wipe(computed, sizeof computed);
    if (same)
        return 0;
    ml_wipe(out, box.len);
    return ml_fail(e, ML_E_AUTH, "wrong key, or the data was changed");
}

typedef union aes_any {
    struct aes128_ctx a128;
    struct aes192_ctx a192;
    struct aes256_ctx a256;
} aes_any;

static nettle_cipher_func *set_encrypt(aes_any *aes, const unsigned char *key, size_t key_len)
{
    switch (key_len) {
    case 16:
        aes128_set_encrypt_key(&aes->a128, key);
        return (nettle_cipher_func *)aes128_encrypt;
    case 24:
        aes192_set_encrypt_key(&aes->a192, key);
        return (nettle_cipher_func *)aes192_encrypt;
    default:
        aes256_set_encrypt_key(&aes->a256, key);
        return (nettle_cipher_func *)aes256_encrypt;
    }
}

static nettle_cipher_func *set_decrypt(aes_any *aes, const unsigned char *key, size_t key_len)
{
    switch (key_len) {
    case 16:
        aes128_set_decrypt_key(&aes->a128, key);
        return (nettle_cipher_func *)aes128_decrypt;
    case 24:
        aes192_set_decrypt_key(&aes->a192, key);
        return (nettle_cipher_func *)aes192_decrypt;
    default:
        aes256_set_decrypt_key(&aes->a256, key);
        return (nettle_cipher_func *)aes256_decrypt;
    }
}

void ml_aes_ctr(unsigned char *p, size_t len, const unsigned char *key, size_t key_len,
                const unsigned char iv[16])
{
    unsigned char counter[16];
    aes_any aes;
    nettle_cipher_func *encrypt = set_encrypt(&aes, key, key_len);

    memcpy(counter, iv, sizeof counter);
    ctr_crypt(&aes, encrypt, sizeof counter, counter, len, p, p);
    ml_wipe(&aes, sizeof aes);
}

void ml_aes_cbc_decrypt(unsigned char *p, size_t len, const unsigned char *key, size_t key_len,
                        const unsigned char iv[16])
{
    unsigned char before[16];
    aes_any aes;
    nettle_cipher_func *decrypt = set_decrypt(&aes, key, key_len);

    memcpy(before, iv, sizeof before);
    cbc_decrypt(&aes, decrypt, sizeof before, before, len, p, p);
    ml_wipe(&aes, sizeof aes);
}

void ml_des3_cbc_decrypt(unsigned char *p, size_t len, const unsigned char key[24],
                         const unsigned char iv[8])
{
    unsigned char before[DES_BLOCK_SIZE];
    struct des3_ctx des;

    des3_set_key(&des,
                 key); /* says of weak keys that they are weak; the key decrypts all the same */
    memcpy(before, iv, sizeof before);
    cbc_decrypt(&des, (nettle_cipher_func *)des3_decrypt, sizeof before, before, len, p, p);
    ml_wipe(&des, sizeof des);
}

int ml_aes_gcm_open(unsigned char *out, const unsigned char *key, size_t key_len,
                    const unsigned char nonce[12], ml_bytes box,
                    const unsigned char tag[ML_GCM_TAG], ml_err *e)
{
    unsigned char computed[ML_GCM_TAG];
    struct gcm_key table;
    struct gcm_ctx state;
    aes_any aes;
    nettle_cipher_func *encrypt = set_encrypt(&aes, key, key_len);
    bool same;

    gcm_set_key(&table, &aes, encrypt);
    gcm_set_iv(&state, &table, 12, nonce);
    gcm_decrypt(&state, &table, &aes, encrypt, box.len, out, box.p);
    gcm_digest(&state, &table, &aes, encrypt, ML_GCM_TAG, computed);
    same = ml_secret_equal(ml_bytes_of(computed, sizeof computed), ml_bytes_of(tag, ML_GCM_TAG));
    ml_wipe(&table, sizeof table);
    ml_wipe(&state, sizeof state);
    ml_wipe(&aes, sizeof aes);
    ml_wipe(computed, sizeof computed);
    if (same)
        return 0;
    ml_wipe(out, box.len);
    return ml_fail(e, ML_E_AUTH, "wrong key, or the data was changed");
}

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(ml_hash), "ml_hash holds the state");

void ml_sha256_begin(ml_hash *h)
{
    sha256_init((struct sha256_ctx *)(void *)h);
}

void ml_sha256_add(ml_hash *h, ml_bytes part)
{
    sha256_update((struct sha256_ctx *)(void *)h, part.len, part.p);
}

void ml_sha256_finish(ml_hash *h, unsigned char out[ML_SHA256_SIZE])
{
    sha256_digest((struct sha256_ctx *)(void *)h, ML_SHA256_SIZE, out);
    ml_wipe(h, sizeof *h);
}

void ml_sha256(unsigned char out[ML_SHA256_SIZE], ml_bytes message)
{
    ml_hash h;

    ml_sha256_begin(&h);
    ml_sha256_add(&h, message);
    ml_sha256_finish(&h, out);
}

void ml_hmac_sha256_parts(unsigned char out[ML_SHA256_SIZE], ml_bytes key, const ml_bytes *parts,
                          size_t count)
{
    struct hmac_sha256_ctx state;
    size_t i;

    hmac_sha256_set_key(&state, key.len, key.p);
    for (i = 0; i < count; i++)
        hmac_sha256_update(&state, parts[i].len, parts[i].p);
    hmac_sha256_digest(&state, ML_SHA256_SIZE, out);
    ml_wipe(&state, sizeof state);
}

void ml_hmac_sha1(unsigned char out[ML_SHA1_SIZE], ml_bytes key, ml_bytes message)
{
    struct hmac_sha1_ctx state;

    hmac_sha1_set_key(&state, key.len, key.p);
    hmac_sha1_update(&state, message.len, message.p);
    hmac_sha1_digest(&state, ML_SHA1_SIZE, out);
    ml_wipe(&state, sizeof state);
}

void ml_hmac_sha256(unsigned char out[ML_SHA256_SIZE], ml_bytes key, ml_bytes message)
{
    ml_hmac_sha256_parts(out, key, &message, 1);
}

void ml_hkdf_sha256(unsigned char out[ML_SHA256_SIZE], ml_bytes secret, ml_bytes salt,
                    const char *info)
{
    static const unsigned char zeroes[ML_SHA256_SIZE];
    const ml_bytes expand[] = { ml_bytes_text(info), ml_bytes_of("\x01", 1) };
    unsigned char extracted[ML_SHA256_SIZE];

    if (salt.len == 0)
        salt = ml_bytes_of(zeroes, sizeof zeroes);
    ml_hmac_sha256(extracted, salt, secret);
    ml_hmac_sha256_parts(out, ml_bytes_of(extracted, sizeof extracted), expand, 2);
    ml_wipe(extracted, sizeof extracted);
}

void ml_keccak_permute(uint64_t lanes[25])
{
    sha3_permute((struct sha3_state *)(void *)lanes);
}
