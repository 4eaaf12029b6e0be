/* provider_chacha.c — ChaCha20-Poly1305 of provider.h for large payloads, by libcrypto. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/provider.h"
#include "crypto/provider_libcrypto.h"

/* The key stands in libcrypto's context, which wipes it when it is freed. */
struct ml_chacha_fast {
    const ml_libcrypto *lib;
    EVP_CIPHER_CTX *state;
};

int ml_chacha_fast_new(ml_chacha_fast **out, const unsigned char key[ML_CHACHA_KEY], ml_err *e)
{
    const ml_libcrypto *lib = ml_libcrypto_load("large age files at full speed", e);
    ml_chacha_fast *c;
    EVP_CIPHER *cipher;

    *out = NULL;
    if (lib == NULL)
        return -1;
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return ml_fail_memory(e);
    c->lib = lib;
    c->state = lib->EVP_CIPHER_CTX_new();
    cipher = lib->EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
    if (c->state != NULL && cipher != NULL &&
        lib->EVP_CipherInit_ex(c->state, cipher, NULL, key, NULL, 1) == 1)
        *out = c;
    else
        ml_chacha_fast_free(c);
    lib->EVP_CIPHER_free(cipher); /* the context holds it, too */
    lib->ERR_clear_error();
    return *out != NULL ? 0 : ml_fail(e, ML_E_UNSUPPORTED, "libcrypto has no ChaCha20-Poly1305");
}

void ml_chacha_fast_free(ml_chacha_fast *c)
{
    if (c == NULL)
        return;
    c->lib->EVP_CIPHER_CTX_free(c->state);
    free(c);
}

/* What is the same both ways. 0, or -1: the library refuses. */
static int run(const ml_chacha_fast *c, unsigned char *out,
               const unsigned char nonce[ML_CHACHA_NONCE], ml_bytes in, bool seal,
               unsigned char tag[ML_CHACHA_TAG])
{
    const ml_libcrypto *lib = c->lib;
    int len = 0, rest = 0;

    if (in.len > INT_MAX || lib->EVP_CipherInit_ex(c->state, NULL, NULL, NULL, nonce, seal) != 1)
        return -1;
    if (!seal && lib->EVP_CIPHER_CTX_ctrl(c->state, EVP_CTRL_AEAD_SET_TAG, ML_CHACHA_TAG, tag) != 1)
        return -1;
    if (in.len > 0 && lib->EVP_CipherUpdate(c->state, out, &len, in.p, (int)in.len) != 1)
        return -1;
    if (lib->EVP_CipherFinal_ex(c->state, out + len, &rest) != 1)
        return -1;
    if (seal && lib->EVP_CIPHER_CTX_ctrl(c->state, EVP_CTRL_AEAD_GET_TAG, ML_CHACHA_TAG, tag) != 1)
        return -1;
    return 0;
}

int ml_chacha_fast_seal(ml_chacha_fast *c, unsigned char *out,
                        const unsigned char nonce[ML_CHACHA_NONCE], ml_bytes text, ml_err *e)
{
    if (run(c, out, nonce, text, true, out + text.len) == 0)
        return 0;
    c->lib->ERR_clear_error();
    return ml_fail(e, ML_E_UNSUPPORTED, "libcrypto could not encrypt");
}

int ml_chacha_fast_open(ml_chacha_fast *c, unsigned char *out,
                        const unsigned char nonce[ML_CHACHA_NONCE], ml_bytes box, ml_err *e)
{
    unsigned char tag[ML_CHACHA_TAG];
    ml_bytes sealed;

    if (box.len >= ML_CHACHA_TAG) {
        sealed = ml_bytes_slice(box, 0, box.len - ML_CHACHA_TAG);
        memcpy(tag, box.p + sealed.len, sizeof tag);
        if (run(c, out, nonce, sealed, false, tag) == 0)
            return 0;
        c->lib->ERR_clear_error();
        ml_wipe(out, sealed.len);
    }
    return ml_fail(e, ML_E_AUTH, "wrong key, or the data was changed");
}
