/* provider_ecdsa.c — ECDSA signatures of provider.h, by libcrypto. */
#include <string.h>

#include "crypto/provider.h"
#include "crypto/provider_libcrypto.h"

/* Bytes of a number on P-521 with its sign, and of two of them as DER writes a signature. */
enum { NUMBER_MAX = 66, SIGNATURE_MAX = 3 + 2 * (2 + NUMBER_MAX) };

typedef struct curve {
    unsigned bits;
    const char *name, *hash;
} curve;

static const curve curves[] = { { 256, "P-256", "SHA256" },
                                { 384, "P-384", "SHA384" },
                                { 521, "P-521", "SHA512" } };

static const curve *find_curve(unsigned bits)
{
    size_t i = 0;

    while (i < sizeof curves / sizeof *curves && curves[i].bits != bits)
        i++;
    return i < sizeof curves / sizeof *curves ? &curves[i] : NULL;
}

/* A number of SSH has the bytes that DER's INTEGER has. */
static size_t put_number(unsigned char *out, ml_bytes number)
{
    out[0] = 0x02;
    out[1] = (unsigned char)number.len;
    if (number.len > 0)
        memcpy(out + 2, number.p, number.len);
    return 2 + number.len;
}

/* SEQUENCE { r INTEGER, s INTEGER }; its length, or 0 when a number is too long for any curve. */
static size_t put_signature(unsigned char out[SIGNATURE_MAX], ml_bytes r, ml_bytes s)
{
    size_t at = 0, inside;

    if (r.len > NUMBER_MAX || s.len > NUMBER_MAX)
        return 0;
    inside = 2 + r.len + 2 + s.len;
    out[at++] = 0x30;
    if (inside > 0x7F)
        out[at++] = 0x81;
    out[at++] = (unsigned char)inside;
    at += put_number(out + at, r);
    return at + put_number(out + at, s);
}

static EVP_PKEY *key_new(const ml_libcrypto *lib, const char *curve_name, ml_bytes point)
{
    OSSL_PARAM params[] = { ml_libcrypto_text(OSSL_PKEY_PARAM_GROUP_NAME, curve_name),
                            ml_libcrypto_bytes(OSSL_PKEY_PARAM_PUB_KEY, point),
                            { .key = NULL } };
    EVP_PKEY_CTX *maker = lib->EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (maker != NULL && lib->EVP_PKEY_fromdata_init(maker) == 1)
        lib->EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, params);
    lib->EVP_PKEY_CTX_free(maker);
    return key;
}

int ml_ecdsa_verify(unsigned bits, ml_bytes point, ml_bytes r, ml_bytes s, ml_bytes message,
                    ml_err *e)
{
    const ml_libcrypto *lib = ml_libcrypto_load("ECDSA keys", e);
    const curve *on = find_curve(bits);
    unsigned char signature[SIGNATURE_MAX];
    const size_t len = put_signature(signature, r, s);
    EVP_MD_CTX *context;
    EVP_PKEY *key;
    bool fits;

    if (lib == NULL)
        return -1;
    key = on == NULL ? NULL : key_new(lib, on->name, point);
    if (key == NULL) {
        lib->ERR_clear_error();
        return ml_fail(e, ML_E_FORMAT, "not an ECDSA key");
    }
    context = lib->EVP_MD_CTX_new();
    fits = context != NULL && len > 0 &&
           lib->EVP_DigestVerifyInit_ex(context, NULL, on->hash, NULL, NULL, key, NULL) == 1 &&
           lib->EVP_DigestVerify(context, signature, len, message.p, message.len) == 1;
    lib->EVP_MD_CTX_free(context);
    lib->EVP_PKEY_free(key);
    lib->ERR_clear_error();
    return fits ? 0 : ml_fail(e, ML_E_AUTH, "the ECDSA signature does not fit");
}
