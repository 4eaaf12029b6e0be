#ifndef ML_CRYPTO_PROVIDER_LIBCRYPTO_H
#define ML_CRYPTO_PROVIDER_LIBCRYPTO_H

/* provider_libcrypto.h — libcrypto, loaded when it is first needed: mapping and starting it costs
 * more than a whole run that needs none of it. Only provider_*.c files include this. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/err.h"

/* Every function of it that is called. The headers give the types; nothing is linked. */
#define ML_LIBCRYPTO(USE)                                                                          \
    USE(OPENSSL_init_crypto)                                                                       \
    USE(ERR_clear_error)                                                                           \
    USE(BN_CTX_free)                                                                               \
    USE(BN_CTX_new)                                                                                \
    USE(BN_bin2bn)                                                                                 \
    USE(BN_bn2binpad)                                                                              \
    USE(BN_bn2nativepad)                                                                           \
    USE(BN_clear_free)                                                                             \
    USE(BN_cmp)                                                                                    \
    USE(BN_div)                                                                                    \
    USE(BN_is_zero)                                                                                \
    USE(BN_mul)                                                                                    \
    USE(BN_new)                                                                                    \
    USE(BN_num_bits)                                                                               \
    USE(BN_set_flags)                                                                              \
    USE(BN_sub_word)                                                                               \
    USE(BN_copy)                                                                                   \
    USE(EC_GROUP_free)                                                                             \
    USE(EC_GROUP_get0_order)                                                                       \
    USE(EC_GROUP_new_by_curve_name)                                                                \
    USE(EC_POINT_clear_free)                                                                       \
    USE(EC_POINT_mul)                                                                              \
    USE(EC_POINT_new)                                                                              \
    USE(EC_POINT_oct2point)                                                                        \
    USE(EC_POINT_point2oct)                                                                        \
    USE(EVP_CIPHER_CTX_ctrl)                                                                       \
    USE(EVP_CIPHER_CTX_free)                                                                       \
    USE(EVP_CIPHER_CTX_new)                                                                        \
    USE(EVP_CIPHER_fetch)                                                                          \
    USE(EVP_CIPHER_free)                                                                           \
    USE(EVP_CipherFinal_ex)                                                                        \
    USE(EVP_CipherInit_ex)                                                                         \
    USE(EVP_CipherUpdate)                                                                          \
    USE(EVP_DigestVerify)                                                                          \
    USE(EVP_DigestVerifyInit_ex)                                                                   \
    USE(EVP_MD_CTX_free)                                                                           \
    USE(EVP_MD_CTX_new)                                                                            \
    USE(EVP_PKEY_CTX_free)                                                                         \
    USE(EVP_PKEY_CTX_new_from_name)                                                                \
    USE(EVP_PKEY_CTX_new_from_pkey)                                                                \
    USE(EVP_PKEY_CTX_set_params)                                                                   \
    USE(EVP_PKEY_decrypt)                                                                          \
    USE(EVP_PKEY_decrypt_init_ex)                                                                  \
    USE(EVP_PKEY_encrypt)                                                                          \
    USE(EVP_PKEY_encrypt_init_ex)                                                                  \
    USE(EVP_PKEY_free)                                                                             \
    USE(EVP_PKEY_fromdata)                                                                         \
    USE(EVP_PKEY_fromdata_init)                                                                    \
    USE(EVP_PKEY_generate)                                                                         \
    USE(EVP_PKEY_get_bn_param)                                                                     \
    USE(EVP_PKEY_keygen_init)                                                                      \
    USE(EVP_PKEY_sign)                                                                             \
    USE(EVP_PKEY_sign_init_ex)                                                                     \
    USE(EVP_PKEY_verify)                                                                           \
    USE(EVP_PKEY_verify_init_ex)

#define ML_LIBCRYPTO_MEMBER(name) __typeof__(name) *(name);

typedef struct ml_libcrypto {
    ML_LIBCRYPTO(ML_LIBCRYPTO_MEMBER)
} ml_libcrypto;

/* The loaded library, for the life of the process; from any thread. NULL with "unsupported" when
 * the system has none; `user` says what needs it ("RSA keys"). */
const ml_libcrypto *ml_libcrypto_load(const char *user, ml_err *e);

/* A parameter that is text, or bytes; both stay the caller's. */
OSSL_PARAM ml_libcrypto_text(const char *name, const char *text);
OSSL_PARAM ml_libcrypto_bytes(const char *name, ml_bytes bytes);

#endif
