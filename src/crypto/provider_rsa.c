/* provider_rsa.c — RSA of provider.h, by libcrypto.
 *
 * A key comes as its numbers and is put together for each use: that costs a hundredth of what is
 * then done with it, and nothing of libcrypto's has to be kept, copied or handed around. While it
 * works, libcrypto has the numbers in memory that is wiped, but not locked. */
#include <string.h>

#include "base/secret.h"
#include "crypto/provider.h"
#include "crypto/provider_libcrypto.h"

/* The numbers of a key in libcrypto's form: a public one has the first two. */
enum { N, E, D, P, Q, IQMP, DP, DQ, NUMBERS, PUBLIC = E + 1 };

static const char *const names[NUMBERS] = {
    OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,         OSSL_PKEY_PARAM_RSA_D,
    OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
};

typedef struct numbers {
    const ml_libcrypto *lib;
    BIGNUM *of[NUMBERS];
} numbers;

static void numbers_free(numbers *k)
{
    size_t i;

    for (i = 0; i < NUMBERS; i++)
        k->lib->BN_clear_free(k->of[i]);
}

static size_t bytes_of(const numbers *k, size_t i)
{
    return ((size_t)k->lib->BN_num_bits(k->of[i]) + 7) / 8;
}

static bool number_read(numbers *k, size_t i, ml_bytes bytes)
{
    if (bytes.len <= ML_RSA_MAX)
        k->of[i] = k->lib->BN_bin2bn(bytes.p, (int)bytes.len, NULL);
    return k->of[i] != NULL;
}

/* d modulo one less than a prime factor. */
static bool number_reduce(numbers *k, size_t i, const BIGNUM *factor, BN_CTX *scratch)
{
    BIGNUM *less = k->lib->BN_new();
    bool good;

    k->of[i] = k->lib->BN_new();
    good = less != NULL && k->of[i] != NULL && k->lib->BN_copy(less, factor) != NULL &&
           k->lib->BN_sub_word(less, 1) == 1 &&
           k->lib->BN_div(NULL, k->of[i], k->of[D], less, scratch) == 1;
    k->lib->BN_clear_free(less);
    return good;
}

/* What follows from the other numbers: the exponents of the Chinese remainder theorem. False also
 * when the factors are not those of n. */
static bool numbers_complete(numbers *k)
{
    BN_CTX *scratch = k->lib->BN_CTX_new();
    BIGNUM *product = k->lib->BN_new();
    size_t i;
    bool good;

    for (i = D; i <= Q; i++) /* the time of what is computed does not depend on their values */
        k->lib->BN_set_flags(k->of[i], BN_FLG_CONSTTIME);
    good = scratch != NULL && product != NULL &&
           k->lib->BN_mul(product, k->of[P], k->of[Q], scratch) == 1 &&
           k->lib->BN_cmp(product, k->of[N]) == 0 && number_reduce(k, DP, k->of[P], scratch) &&
           number_reduce(k, DQ, k->of[Q], scratch);
    k->lib->BN_clear_free(product);
    k->lib->BN_CTX_free(scratch);
    return good;
}

/* The key of the first `count` numbers; NULL when libcrypto takes them for none, or with *e filled
 * when memory is out. */
static EVP_PKEY *numbers_key(const numbers *k, size_t count, ml_err *e)
{
    OSSL_PARAM params[NUMBERS + 1];
    EVP_PKEY_CTX *maker = k->lib->EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    ml_secret native = { 0 };
    size_t room = 0, at = 0, i;
    bool good = maker != NULL && k->lib->EVP_PKEY_fromdata_init(maker) == 1;

    for (i = 0; i < count; i++)
        room += bytes_of(k, i);
    good = good && ml_secret_new(&native, room, e) == 0;
    memset(params, 0, sizeof params); /* a row of zeroes ends it */
    for (i = 0; good && i < count; i++) {
        params[i] = (OSSL_PARAM){ .key = names[i],
                                  .data_type = OSSL_PARAM_UNSIGNED_INTEGER,
                                  .data = native.p + at,
                                  .data_size = bytes_of(k, i) };
        good = k->lib->BN_bn2nativepad(k->of[i], native.p + at, (int)params[i].data_size) >= 0;
        at += params[i].data_size;
    }
    if (good)
        k->lib->EVP_PKEY_fromdata(maker, &key,
                                  count == PUBLIC ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, params);
    k->lib->EVP_PKEY_CTX_free(maker);
    ml_secret_free(&native);
    return key;
}

/* A key ready for use. */
typedef struct operation {
    const ml_libcrypto *lib;
    EVP_PKEY *key;
    EVP_PKEY_CTX *context;
} operation;

static void operation_free(operation *o)
{
    o->lib->EVP_PKEY_CTX_free(o->context);
    o->lib->EVP_PKEY_free(o->key);
    o->lib->ERR_clear_error();
}

/* private == NULL: with the public half alone. */
static int operation_new(operation *o, const ml_rsa_public *public, const ml_rsa_private *private,
                         ml_err *e)
{
    numbers k = { .lib = ml_libcrypto_load("RSA keys", e) };
    bool good;

    memset(o, 0, sizeof *o);
    if (k.lib == NULL)
        return -1;
    o->lib = k.lib;
    ml_fail(e, ML_E_FORMAT, "not an RSA key: its numbers do not belong together");
    good = number_read(&k, N, public->n) && number_read(&k, E, public->e);
    if (good && private != NULL)
        good = number_read(&k, D, private->d) && number_read(&k, P, private->p) &&
               number_read(&k, Q, private->q) && number_read(&k, IQMP, private->iqmp) &&
               numbers_complete(&k);
    if (good)
        o->key = numbers_key(&k, private == NULL ? PUBLIC : NUMBERS, e);
    numbers_free(&k);
    if (o->key != NULL)
        o->context = o->lib->EVP_PKEY_CTX_new_from_pkey(NULL, o->key, NULL);
    if (o->context != NULL)
        return 0;
    operation_free(o);
    return -1;
}

/* Encryption by OAEP with SHA-256 throughout (RFC 8017 section 7.1). */
static void oaep(OSSL_PARAM params[5], ml_bytes label)
{
    params[0] = ml_libcrypto_text(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_OAEP);
    params[1] = ml_libcrypto_text(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, "SHA256");
    params[2] = ml_libcrypto_text(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, "SHA256");
    params[3] = ml_libcrypto_bytes(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, label);
    memset(&params[4], 0, sizeof params[4]);
}

int ml_rsa_oaep_seal(unsigned char *out, const ml_rsa_public *key, ml_bytes label, ml_bytes text,
                     ml_err *e)
{
    OSSL_PARAM params[5];
    size_t len = key->n.len;
    operation o;
    bool good;

    if (operation_new(&o, key, NULL, e) < 0)
        return -1;
    oaep(params, label);
    good = o.lib->EVP_PKEY_encrypt_init_ex(o.context, params) == 1 &&
           o.lib->EVP_PKEY_encrypt(o.context, out, &len, text.p, text.len) == 1;
    operation_free(&o);
    return good ? 0 : ml_fail(e, ML_E_UNSUPPORTED, "libcrypto could not encrypt to the RSA key");
}

int ml_rsa_oaep_open(unsigned char *out, size_t len, const ml_rsa_private *key, ml_bytes label,
                     ml_bytes box, ml_err *e)
{
    OSSL_PARAM params[5];
    ml_secret text = { 0 };
    size_t found = key->public.n.len;
    operation o;
    bool good;

    if (operation_new(&o, &key->public, key, e) < 0)
        return -1;
    if (ml_secret_new(&text, found, e) < 0) {
        operation_free(&o);
        return -1;
    }
    oaep(params, label);
    good = o.lib->EVP_PKEY_decrypt_init_ex(o.context, params) == 1 &&
           o.lib->EVP_PKEY_decrypt(o.context, text.p, &found, box.p, box.len) == 1 && found == len;
    if (good)
        memcpy(out, text.p, len);
    ml_secret_free(&text);
    operation_free(&o);
    return good ? 0 : ml_fail(e, ML_E_AUTH, "wrong RSA key, or the data was changed");
}

/* The hash of a message, and PKCS#1 v1.5 with it (RFC 8017 section 8.2). */
static ml_bytes digest(OSSL_PARAM params[3], unsigned char hash[ML_SHA512_SIZE], ml_rsa_hash kind,
                       ml_bytes message)
{
    const bool long_one = kind == ML_RSA_SHA512;

    if (long_one)
        ml_sha512(hash, message);
    else
        ml_sha256(hash, message);
    params[0] = ml_libcrypto_text(OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
    params[1] = ml_libcrypto_text(OSSL_SIGNATURE_PARAM_DIGEST, long_one ? "SHA512" : "SHA256");
    memset(&params[2], 0, sizeof params[2]);
    return ml_bytes_of(hash, long_one ? ML_SHA512_SIZE : ML_SHA256_SIZE);
}

int ml_rsa_sign(unsigned char *out, const ml_rsa_private *key, ml_rsa_hash kind, ml_bytes message,
                ml_err *e)
{
    unsigned char hash[ML_SHA512_SIZE];
    OSSL_PARAM params[3];
    const ml_bytes hashed = digest(params, hash, kind, message);
    size_t len = key->public.n.len;
    operation o;
    bool good;

    if (operation_new(&o, &key->public, key, e) < 0)
        return -1;
    good = o.lib->EVP_PKEY_sign_init_ex(o.context, params) == 1 &&
           o.lib->EVP_PKEY_sign(o.context, out, &len, hashed.p, hashed.len) == 1;
    operation_free(&o);
    return good ? 0 : ml_fail(e, ML_E_UNSUPPORTED, "libcrypto could not sign with the RSA key");
}

int ml_rsa_verify(const ml_rsa_public *key, ml_rsa_hash kind, ml_bytes signature, ml_bytes message,
                  ml_err *e)
{
    unsigned char hash[ML_SHA512_SIZE];
    OSSL_PARAM params[3];
    const ml_bytes hashed = digest(params, hash, kind, message);
    operation o;
    bool good;

    if (operation_new(&o, key, NULL, e) < 0)
        return -1;
    good = o.lib->EVP_PKEY_verify_init_ex(o.context, params) == 1 &&
           o.lib->EVP_PKEY_verify(o.context, signature.p, signature.len, hashed.p, hashed.len) == 1;
    operation_free(&o);
    return good ? 0 : ml_fail(e, ML_E_AUTH, "the RSA signature does not fit");
}

/* Fills the key's spans with the numbers of `made`, which stand one behind the other in `memory`.
 */
static int export(ml_rsa_private *key, ml_secret *memory, numbers *k, const EVP_PKEY *made,
                  ml_err *e)
{
    ml_bytes *const spans[PUBLIC + 4] = { &key->public.n, &key->public.e, &key->d,
                                          &key->p,        &key->q,        &key->iqmp };
    size_t room = 0, at = 0, i;

    for (i = N; i <= IQMP; i++) {
        if (k->lib->EVP_PKEY_get_bn_param(made, names[i], &k->of[i]) != 1)
            return ml_fail_memory(e);
        room += bytes_of(k, i);
    }
    if (ml_secret_new(memory, room, e) < 0)
        return -1;
    for (i = N; i <= IQMP; i++) {
        *spans[i] = ml_bytes_of(memory->p + at, bytes_of(k, i));
        k->lib->BN_bn2binpad(k->of[i], memory->p + at, (int)spans[i]->len);
        at += spans[i]->len;
    }
    return 0;
}

int ml_rsa_generate(ml_rsa_private *key, ml_secret *memory, unsigned bits, ml_err *e)
{
    numbers k = { .lib = ml_libcrypto_load("RSA keys", e) };
    size_t wanted = bits;
    OSSL_PARAM params[2] = { { OSSL_PKEY_PARAM_RSA_BITS, OSSL_PARAM_UNSIGNED_INTEGER, &wanted,
                               sizeof wanted, 0 } };
    EVP_PKEY_CTX *maker;
    EVP_PKEY *made = NULL;
    int status;

    if (k.lib == NULL)
        return -1;
    maker = k.lib->EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (maker != NULL && k.lib->EVP_PKEY_keygen_init(maker) == 1 &&
        k.lib->EVP_PKEY_CTX_set_params(maker, params) == 1 &&
        k.lib->EVP_PKEY_generate(maker, &made) == 1)
        status = export(key, memory, &k, made, e);
    else
        status = ml_fail(e, ML_E_UNSUPPORTED, "libcrypto makes no RSA key of %u bits", bits);
    numbers_free(&k);
    k.lib->EVP_PKEY_free(made);
    k.lib->EVP_PKEY_CTX_free(maker);
    k.lib->ERR_clear_error();
    return status;
}
