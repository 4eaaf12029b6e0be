/* fuzz_pem.c — private keys in the forms of OpenSSL: DER in armor. A key that is taken writes and
 * reads back, as an OpenSSH file, to the same key; armor gives back what was put into it. */
#include <stdint.h>
#include <stdlib.h>

#include "format/pem.h"
#include "format/ssh_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void armored(const char *label, ml_bytes der)
{
    ml_ssh_private key, again;
    ml_secret file = { 0 }, back = { 0 }, text = { 0 };
    ml_err e;

    if (ml_pem_encode(&file, label, der, 64, &e) < 0)
        abort();
    if (file.len <= 65536 && (ml_pem_decode(&back, ml_secret_bytes(&file), &e) < 0 ||
                              !ml_bytes_equal(der, ml_secret_bytes(&back))))
        abort();
    if (ml_ssh_private_parse(&key, ml_secret_bytes(&file), ml_bytes_of(NULL, 0), &e) == 0) {
        if (ml_ssh_private_write(&text, &key, &e) < 0 ||
            ml_ssh_private_parse(&again, ml_secret_bytes(&text), ml_bytes_of(NULL, 0), &e) < 0 ||
            !ml_secret_equal(ml_secret_bytes(&key.seed), ml_secret_bytes(&again.seed)) ||
            !ml_secret_equal(ml_secret_bytes(&key.numbers), ml_secret_bytes(&again.numbers)) ||
            !ml_bytes_equal(ml_buf_bytes(&key.wire), ml_buf_bytes(&again.wire)))
            abort();
        ml_ssh_private_free(&key);
        ml_ssh_private_free(&again);
    }
    ml_secret_free(&text);
    ml_secret_free(&back);
    ml_secret_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes input = ml_bytes_of(data, size);
    ml_secret decoded = { 0 };
    ml_err e;

    if (ml_pem_decode(&decoded, input, &e) == 0)
        ml_secret_free(&decoded);
    armored("RSA PRIVATE KEY", input);
    armored("PRIVATE KEY", input);
    return 0;
}
