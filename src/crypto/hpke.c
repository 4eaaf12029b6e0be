/* hpke.c — see hpke.h. */
#include "crypto/hpke.h"

#include <string.h>

#include "base/secret.h"

static const char version[] = "HPKE-v1";

void ml_hpke_extract(unsigned char out[ML_SHA256_SIZE], ml_bytes suite, ml_bytes salt,
                     const char *label, ml_bytes secret)
{
    const ml_bytes parts[] = { ml_bytes_text(version), suite, ml_bytes_text(label), secret };

    /* no salt is the same as 32 zeroes: HMAC fills its key up with them */
    ml_hmac_sha256_parts(out, salt, parts, sizeof parts / sizeof *parts);
}

void ml_hpke_expand(unsigned char *out, size_t len, ml_bytes suite,
                    const unsigned char extracted[ML_SHA256_SIZE], const char *label, ml_bytes info)
{
    const unsigned char size[2] = { 0, (unsigned char)len };
    const ml_bytes parts[] = {
        ml_bytes_of(size, sizeof size), ml_bytes_text(version), suite, ml_bytes_text(label), info,
        ml_bytes_of("\x01", 1)
    };
    unsigned char block[ML_SHA256_SIZE];

    ml_hmac_sha256_parts(block, ml_bytes_of(extracted, ML_SHA256_SIZE), parts,
                         sizeof parts / sizeof *parts);
    memcpy(out, block, len);
    ml_wipe(block, sizeof block);
}

void ml_hpke_schedule(unsigned char key[ML_CHACHA_KEY], unsigned char nonce[ML_CHACHA_NONCE],
                      const ml_kem *kem, const unsigned char secret[ML_KEM_SECRET], ml_bytes info)
{
    /* HKDF-SHA-256 is 1, ChaCha20-Poly1305 is 3 */
    const unsigned char suite_bytes[] = {
        'H', 'P', 'K', 'E', (unsigned char)(kem->id >> 8), (unsigned char)kem->id, 0, 1, 0, 3
    };
    const ml_bytes suite = ml_bytes_of(suite_bytes, sizeof suite_bytes), none = { NULL, 0 };
    unsigned char context[1 + 2 * ML_SHA256_SIZE], extracted[ML_SHA256_SIZE];
    const ml_bytes whole = ml_bytes_of(context, sizeof context);

    context[0] = 0; /* the base mode */
    ml_hpke_extract(context + 1, suite, none, "psk_id_hash", none);
    ml_hpke_extract(context + 1 + ML_SHA256_SIZE, suite, none, "info_hash", info);
    ml_hpke_extract(extracted, suite, ml_bytes_of(secret, ML_KEM_SECRET), "secret", none);
    ml_hpke_expand(key, ML_CHACHA_KEY, suite, extracted, "key", whole);
    ml_hpke_expand(nonce, ML_CHACHA_NONCE, suite, extracted, "base_nonce", whole);
    ml_wipe(extracted, sizeof extracted);
}

int ml_hpke_seal(unsigned char *share, unsigned char *out, const ml_kem *kem,
                 const unsigned char *public_key, ml_bytes info, ml_bytes text, ml_err *e)
{
    unsigned char secret[ML_KEM_SECRET], key[ML_CHACHA_KEY], nonce[ML_CHACHA_NONCE];

    if (kem->encapsulate(secret, share, public_key, e) < 0)
        return -1;
    ml_hpke_schedule(key, nonce, kem, secret, info);
    ml_chacha_seal(out, key, nonce, text);
    ml_wipe(secret, sizeof secret);
    ml_wipe(key, sizeof key);
    return 0;
}

int ml_hpke_open(unsigned char *out, const ml_kem *kem, const unsigned char *private_key,
                 const unsigned char *share, ml_bytes info, ml_bytes box, ml_err *e)
{
    unsigned char secret[ML_KEM_SECRET], key[ML_CHACHA_KEY], nonce[ML_CHACHA_NONCE];
    int status;

    if (kem->decapsulate(secret, private_key, share, e) < 0)
        return -1;
    ml_hpke_schedule(key, nonce, kem, secret, info);
    status = ml_chacha_open(out, key, nonce, box, e);
    ml_wipe(secret, sizeof secret);
    ml_wipe(key, sizeof key);
    return status;
}
