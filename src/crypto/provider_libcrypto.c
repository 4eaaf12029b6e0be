/* provider_libcrypto.c — see provider_libcrypto.h. */
#include "crypto/provider_libcrypto.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* One per process, as the library's own state is; written once, under `once`. */
static struct {
    pthread_once_t once;
    bool usable;
    ml_libcrypto functions;
} libcrypto = { .once = PTHREAD_ONCE_INIT };

#define ML_LIBCRYPTO_SYMBOL(name) { #name, &libcrypto.functions.name },

static bool find_symbols(void *library)
{
    const struct {
        const char *name;
        void *place;
    } symbols[] = { ML_LIBCRYPTO(ML_LIBCRYPTO_SYMBOL) };
    size_t i;

    for (i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *const found = dlsym(library, symbols[i].name);

        if (found == NULL)
            return false;
        memcpy(symbols[i].place, &found, sizeof found); /* C has no cast from object to function */
    }
    return true;
}

/* What the library would do at its start, and nobody here needs: read openssl.cnf (which could
 * change what it does), load the texts of its errors, register legacy names, clean up at exit. */
static void load(void)
{
    const uint64_t options = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                             OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
                             OPENSSL_INIT_NO_ATEXIT;
    void *const library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);

    libcrypto.usable = library != NULL && find_symbols(library) &&
                       libcrypto.functions.OPENSSL_init_crypto(options, NULL) == 1;
}

const ml_libcrypto *ml_libcrypto_load(const char *user, ml_err *e)
{
    pthread_once(&libcrypto.once, load);
    if (libcrypto.usable)
        return &libcrypto.functions;
    ml_fail(e, ML_E_UNSUPPORTED, "%s need OpenSSL's libcrypto.so.3, which cannot be loaded", user);
    ml_err_hint(e, "install the package libssl3");
    return NULL;
}

/* libcrypto copies what it is given; that its pointer is not const is only its type. */
OSSL_PARAM ml_libcrypto_text(const char *name, const char *text)
{
    return (OSSL_PARAM){ name, OSSL_PARAM_UTF8_STRING, (void *)(uintptr_t)text, strlen(text), 0 };
}

OSSL_PARAM ml_libcrypto_bytes(const char *name, ml_bytes bytes)
{
    return (OSSL_PARAM){ name, OSSL_PARAM_OCTET_STRING, (void *)(uintptr_t)bytes.p, bytes.len, 0 };
}
