/* fuzz_ssh_cert.c — OpenSSH certificates in binary, past their signature, which no mutation meets:
 * it is made anew for what else the bytes say. What is taken has lists that can be walked. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/ssh_cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const ml_ssh_certificate *c)
{
    ml_bytes lists[] = { c->critical, c->extensions }, names = c->principals, name;
    ml_ssh_option option;
    size_t i;

    while (ml_ssh_take_string(&names, &name)) {
    }
    if (names.len != 0)
        abort();
    for (i = 0; i < 2; i++) {
        while (ml_ssh_take_option(&lists[i], &option)) {
        }
        if (lists[i].len != 0)
            abort();
    }
}

/* The same certificate, signed by a key in hand, says the same. */
static void sign_again(const ml_ssh_certificate *c)
{
    static const unsigned char seed[ML_ED25519_SEED];
    ml_ssh_certificate again = *c;
    ml_ssh_private ca;
    ml_buf plain = { 0 }, wire = { 0 };
    ml_err e;

    ml_ssh_add_string(&plain, ml_bytes_text(c->subject.key_type));
    ml_buf_add(&plain, c->subject.key);
    if (ml_ssh_private_from_seed(&ca, ml_bytes_of(seed, sizeof seed), ml_bytes_text(""), &e) < 0 ||
        ml_ssh_blob_parse(&again.subject, ml_buf_bytes(&plain), &e) < 0)
        abort();
    if (ml_ssh_certificate_sign(&wire, &again, &ca, &e) == 0) {
        if (ml_ssh_certificate_parse(&again, ml_buf_bytes(&wire), &e) < 0 || !again.verified ||
            again.serial != c->serial || again.host != c->host ||
            !ml_bytes_equal(again.subject.type, c->subject.type) ||
            !ml_bytes_equal(again.principals, c->principals) ||
            !ml_bytes_equal(again.extensions, c->extensions) ||
            strcmp(again.subject.fingerprint, c->subject.fingerprint) != 0)
            abort();
    }
    ml_buf_free(&wire);
    ml_buf_free(&plain);
    ml_ssh_private_free(&ca);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ml_ssh_certificate c;
    ml_err e;

    memset(&c, 0, sizeof c);
    if (ml_ssh_certificate_parse(&c, ml_bytes_of(data, size), &e) < 0 &&
        strcmp(e.code, ML_E_AUTH) != 0)
        return 0;
    walk(&c);
    sign_again(&c);
    return 0;
}
