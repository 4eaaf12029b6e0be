/* ssh_write.c — making OpenSSH private keys; see ssh_key.h. */
#include <string.h>

#include "base/limits.h"
#include "format/pem.h"
#include "format/ssh_key.h"
#include "format/ssh_rsa.h"
#include "format/ssh_wire.h"

enum {
    COLUMNS = 70,
    BLOCK = 8,
    COMMENT_MAX = 4096,
    MAGIC = sizeof "openssh-key-v1",
    HEAD = MAGIC + 4 + 4 + 4 + 4 + 4 + 4 /* magic, "none", "none", no options, one key */
};

/* Fills all but what is the kind's own. */
static int begin(ml_ssh_private *k, ml_ssh_kind kind, ml_bytes comment, ml_err *e)
{
    memset(k, 0, sizeof *k);
    k->kind = kind;
    if (comment.len > COMMENT_MAX)
        return ml_fail(e, ML_E_LIMIT, "the comment of an SSH key may have %d bytes", COMMENT_MAX);
    ml_buf_add(&k->comment, comment);
    return ml_buf_check(&k->comment, e);
}

/* What a constructor ends with. */
static int finish(ml_ssh_private *k, int status, ml_err *e)
{
    if (status == 0)
        status = ml_buf_check(&k->wire, e);
    if (status < 0)
        ml_ssh_private_free(k);
    return status;
}

int ml_ssh_private_from_seed(ml_ssh_private *k, ml_bytes seed, ml_bytes comment, ml_err *e)
{
    unsigned char wire[ML_SSH_ED25519_WIRE];
    int status = begin(k, ML_SSH_ED25519, comment, e);

    if (status == 0 && seed.len != ML_ED25519_SEED)
        status = ml_fail(e, ML_E_ARGUMENT, "the seed of an Ed25519 key has 32 bytes");
    if (status == 0)
        status = ml_secret_copy(&k->seed, seed, e);
    if (status == 0) {
        ml_ed25519_public(k->ed25519, k->seed.p);
        ml_ssh_wire(wire, k->ed25519);
        ml_buf_add(&k->wire, ml_bytes_of(wire, sizeof wire));
    }
    return finish(k, status, e);
}

int ml_ssh_private_from_numbers(ml_ssh_private *k, const ml_rsa_private *key, ml_bytes comment,
                                ml_err *e)
{
    int status = begin(k, ML_SSH_RSA, comment, e);

    if (status == 0)
        status = ml_ssh_rsa_check(&key->public, e);
    if (status == 0)
        status = ml_ssh_rsa_numbers(&k->numbers, key, e);
    if (status == 0)
        ml_ssh_rsa_wire(&k->wire, &key->public);
    return finish(k, status, e);
}

static int check_comment(ml_bytes comment, ml_err *e)
{
    size_t i;

    for (i = 0; i < comment.len; i++)
        if (comment.p[i] < ' ' || comment.p[i] == 0x7f)
            return ml_fail(e, ML_E_ARGUMENT, "a control character in the comment of an SSH key");
    return 0;
}

int ml_ssh_private_generate(ml_ssh_private *k, ml_bytes comment, ml_err *e)
{
    unsigned char seed[ML_ED25519_SEED];
    int status;

    memset(k, 0, sizeof *k);
    if (check_comment(comment, e) < 0)
        return -1;
    ml_random(seed, sizeof seed);
    status = ml_ssh_private_from_seed(k, ml_bytes_of(seed, sizeof seed), comment, e);
    ml_wipe(seed, sizeof seed);
    return status;
}

int ml_ssh_private_generate_rsa(ml_ssh_private *k, unsigned bits, ml_bytes comment, ml_err *e)
{
    ml_secret memory = { 0 };
    ml_rsa_private key;
    int status;

    memset(k, 0, sizeof *k);
    if (check_comment(comment, e) < 0 || ml_ssh_rsa_check_bits(bits, e) < 0 ||
        ml_rsa_generate(&key, &memory, bits, e) < 0)
        return -1;
    status = ml_ssh_private_from_numbers(k, &key, comment, e);
    ml_secret_free(&memory);
    return status;
}

/* The fields of the private part that are the kind's own: their size, and they themselves. */
static size_t own_size(const ml_ssh_private *k)
{
    if (k->kind == ML_SSH_RSA)
        return 4 + sizeof "ssh-rsa" - 1 + k->numbers.len;
    return ML_SSH_ED25519_WIRE + 4 + ML_ED25519_SEED + ML_ED25519_PUBLIC;
}

static unsigned char *put_own(unsigned char *p, const ml_ssh_private *k)
{
    if (k->kind == ML_SSH_RSA)
        return ml_ssh_put_bytes(ml_ssh_put_string(p, ml_bytes_text("ssh-rsa")),
                                ml_secret_bytes(&k->numbers));
    p = ml_ssh_put_bytes(p, ml_buf_bytes(&k->wire));
    p = ml_ssh_put_number(p, ML_ED25519_SEED + ML_ED25519_PUBLIC);
    p = ml_ssh_put_bytes(p, ml_secret_bytes(&k->seed));
    return ml_ssh_put_bytes(p, ml_bytes_of(k->ed25519, ML_ED25519_PUBLIC));
}

/* Writes the private part, padding included. */
static void put_private(unsigned char *p, const ml_ssh_private *k, size_t padding)
{
    unsigned char check[4];
    size_t i;

    ml_random(check, sizeof check);
    p = ml_ssh_put_bytes(p, ml_bytes_of(check, sizeof check));
    p = ml_ssh_put_bytes(p, ml_bytes_of(check, sizeof check));
    p = put_own(p, k);
    p = ml_ssh_put_string(p, ml_buf_bytes(&k->comment));
    for (i = 1; i <= padding; i++)
        *p++ = (unsigned char)i;
}

/* Makes *out the owner of the container in binary. */
static int put_container(ml_secret *out, const ml_ssh_private *k, ml_err *e)
{
    const size_t unpadded = 4 + 4 + own_size(k) + 4 + k->comment.len;
    const size_t padding = (BLOCK - unpadded % BLOCK) % BLOCK;
    unsigned char *p;

    if (ml_secret_new(out, HEAD + 4 + k->wire.len + 4 + unpadded + padding, e) < 0)
        return -1;
    p = ml_ssh_put_bytes(out->p, ml_bytes_of("openssh-key-v1", MAGIC));
    p = ml_ssh_put_string(p, ml_bytes_text("none"));
    p = ml_ssh_put_string(p, ml_bytes_text("none"));
    p = ml_ssh_put_number(p, 0);
    p = ml_ssh_put_number(p, 1);
    p = ml_ssh_put_string(p, ml_buf_bytes(&k->wire));
    p = ml_ssh_put_number(p, (uint32_t)(unpadded + padding));
    put_private(p, k, padding);
    return 0;
}

int ml_ssh_private_write(ml_secret *out, const ml_ssh_private *k, ml_err *e)
{
    ml_secret binary = { 0 };
    int status;

    if (put_container(&binary, k, e) < 0)
        return -1;
    status = ml_pem_encode(out, "OPENSSH PRIVATE KEY", ml_secret_bytes(&binary), COLUMNS, e);
    ml_secret_free(&binary);
    return status;
}

void ml_ssh_private_free(ml_ssh_private *k)
{
    ml_secret_free(&k->seed);
    ml_secret_free(&k->numbers);
    ml_buf_free(&k->wire);
    ml_buf_free(&k->comment);
}
