/* ssh_write.c — making OpenSSH private keys; see ssh_key.h. */
#include <string.h>

#include "base/limits.h"
#include "crypto/encode.h"
#include "format/ssh_key.h"
#include "format/ssh_wire.h"

static const char begin_line[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
static const char end_line[] = "-----END OPENSSH PRIVATE KEY-----\n";

enum {
    COLUMNS = 70,
    BLOCK = 8,
    COMMENT_MAX = 4096,
    MAGIC = sizeof "openssh-key-v1",
    HEAD = MAGIC + 4 + 4 + 4 + 4 + 4 + 4, /* magic, "none", "none", no options, one key */
    PUBLIC = 4 + ML_SSH_ED25519_WIRE,
    FIXED = 4 + 4 + ML_SSH_ED25519_WIRE + 4 + ML_ED25519_SEED + ML_ED25519_PUBLIC
    /* of the private part: check numbers, type and public key, both halves */
};

int ml_ssh_private_from_seed(ml_ssh_private *k, ml_bytes seed, ml_bytes comment, ml_err *e)
{
    memset(k, 0, sizeof *k);
    if (seed.len != ML_ED25519_SEED)
        return ml_fail(e, ML_E_ARGUMENT, "the seed of an Ed25519 key has 32 bytes");
    if (comment.len > COMMENT_MAX)
        return ml_fail(e, ML_E_LIMIT, "the comment of an SSH key may have %d bytes", COMMENT_MAX);
    if (ml_secret_copy(&k->seed, seed, e) < 0)
        return -1;
    ml_buf_add(&k->comment, comment);
    if (ml_buf_check(&k->comment, e) < 0) {
        ml_ssh_private_free(k);
        return -1;
    }
    ml_ed25519_public(k->ed25519, k->seed.p);
    return 0;
}

int ml_ssh_private_generate(ml_ssh_private *k, ml_bytes comment, ml_err *e)
{
    unsigned char seed[ML_ED25519_SEED];
    size_t i;
    int status;

    memset(k, 0, sizeof *k);
    for (i = 0; i < comment.len; i++)
        if (comment.p[i] < ' ' || comment.p[i] == 0x7f)
            return ml_fail(e, ML_E_ARGUMENT, "a control character in the comment of an SSH key");
    ml_random(seed, sizeof seed);
    status = ml_ssh_private_from_seed(k, ml_bytes_of(seed, sizeof seed), comment, e);
    ml_wipe(seed, sizeof seed);
    return status;
}

/* Writes the private part, padding included, and returns its end. */
static unsigned char *put_private(unsigned char *p, const ml_ssh_private *k, size_t padding)
{
    unsigned char check[4];
    size_t i;

    ml_random(check, sizeof check);
    p = ml_ssh_put_bytes(p, ml_bytes_of(check, sizeof check));
    p = ml_ssh_put_bytes(p, ml_bytes_of(check, sizeof check));
    ml_ssh_wire(p, k->ed25519);
    p += ML_SSH_ED25519_WIRE;
    p = ml_ssh_put_number(p, ML_ED25519_SEED + ML_ED25519_PUBLIC);
    p = ml_ssh_put_bytes(p, ml_secret_bytes(&k->seed));
    p = ml_ssh_put_bytes(p, ml_bytes_of(k->ed25519, ML_ED25519_PUBLIC));
    p = ml_ssh_put_string(p, ml_buf_bytes(&k->comment));
    for (i = 1; i <= padding; i++)
        *p++ = (unsigned char)i;
    return p;
}

/* Makes *out the owner of the container in binary. */
static int put_container(ml_secret *out, const ml_ssh_private *k, ml_err *e)
{
    const size_t unpadded = FIXED + 4 + k->comment.len;
    const size_t padding = (BLOCK - unpadded % BLOCK) % BLOCK;
    unsigned char *p;

    if (ml_secret_new(out, HEAD + PUBLIC + 4 + unpadded + padding, e) < 0)
        return -1;
    p = ml_ssh_put_bytes(out->p, ml_bytes_of("openssh-key-v1", MAGIC));
    p = ml_ssh_put_string(p, ml_bytes_text("none"));
    p = ml_ssh_put_string(p, ml_bytes_text("none"));
    p = ml_ssh_put_number(p, 0);
    p = ml_ssh_put_number(p, 1);
    p = ml_ssh_put_number(p, ML_SSH_ED25519_WIRE);
    ml_ssh_wire(p, k->ed25519);
    p = ml_ssh_put_number(p + ML_SSH_ED25519_WIRE, (uint32_t)(unpadded + padding));
    put_private(p, k, padding);
    return 0;
}

int ml_ssh_private_write(ml_secret *out, const ml_ssh_private *k, ml_err *e)
{
    ml_secret binary = { 0 }, text = { 0 };
    size_t chars, lines, at;
    unsigned char *p;
    int status;

    if (put_container(&binary, k, e) < 0)
        return -1;
    chars = ml_base64_size(ML_BASE64_PADDED, binary.len);
    lines = (chars + COLUMNS - 1) / COLUMNS;
    status = ml_secret_new(&text, chars, e);
    if (status == 0)
        status = ml_secret_new(out, sizeof begin_line - 1 + chars + lines + sizeof end_line - 1, e);
    if (status == 0) {
        ml_base64_encode(ML_BASE64_PADDED, (char *)text.p, ml_secret_bytes(&binary));
        p = ml_ssh_put_bytes(out->p, ml_bytes_text(begin_line));
        for (at = 0; at < chars; at += COLUMNS) {
            p = ml_ssh_put_bytes(p, ml_bytes_slice(ml_secret_bytes(&text), at, at + COLUMNS));
            *p++ = '\n';
        }
        ml_ssh_put_bytes(p, ml_bytes_text(end_line));
    }
    ml_secret_free(&text);
    ml_secret_free(&binary);
    return status;
}

void ml_ssh_private_free(ml_ssh_private *k)
{
    ml_secret_free(&k->seed);
    ml_buf_free(&k->comment);
}
