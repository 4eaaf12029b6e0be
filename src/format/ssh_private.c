/* ssh_private.c — reading OpenSSH private keys ("openssh-key-v1"); see ssh_key.h. */
#include <string.h>

#include "crypto/bcrypt.h"
#include "format/pem.h"
#include "format/ssh_key.h"
#include "format/ssh_pkcs.h"
#include "format/ssh_rsa.h"
#include "format/ssh_wire.h"

static const char openssh[] = "OPENSSH PRIVATE KEY";
static const char magic[] = "openssh-key-v1"; /* with its NUL */

typedef enum cipher_mode { NONE, CTR, CBC, GCM, CHACHA, DES3 } cipher_mode;

/* bcrypt makes key and IV, one behind the other. Of chacha20-poly1305's 64 bytes the second half is
 * a key for packet lengths, which files have not. */
typedef struct cipher {
    const char *name;
    cipher_mode mode;
    size_t block, key, iv, tag;
} cipher;

static const cipher ciphers[] = {
    { "none", NONE, 8, 0, 0, 0 },
    { "aes256-ctr", CTR, 16, 32, 16, 0 },
    { "aes192-ctr", CTR, 16, 24, 16, 0 },
    { "aes128-ctr", CTR, 16, 16, 16, 0 },
    { "aes256-cbc", CBC, 16, 32, 16, 0 },
    { "aes192-cbc", CBC, 16, 24, 16, 0 },
    { "aes128-cbc", CBC, 16, 16, 16, 0 },
    { "aes256-gcm@openssh.com", GCM, 16, 32, 12, 16 },
    { "aes128-gcm@openssh.com", GCM, 16, 16, 12, 16 },
    { "chacha20-poly1305@openssh.com", CHACHA, 8, 64, 0, 16 },
    { "3des-cbc", DES3, 8, 24, 8, 0 },
};

enum { DERIVED_MAX = 64 };

/* The parts of a container; spans into the decoded file. */
typedef struct container {
    ml_bytes cipher_name, kdf, kdf_options, public_blob, block, tag;
    const cipher *cipher; /* NULL when we do not know it */
} container;

static int bad(ml_err *e, const char *what)
{
    return ml_fail(e, ML_E_FORMAT, "malformed OpenSSH private key: %s", what);
}

static const cipher *find_cipher(ml_bytes name)
{
    size_t i;

    for (i = 0; i < sizeof ciphers / sizeof *ciphers; i++)
        if (ml_bytes_is(name, ciphers[i].name))
            return &ciphers[i];
    return NULL;
}

static int split(container *c, ml_bytes file, ml_err *e)
{
    ml_bytes head;
    uint32_t keys;

    memset(c, 0, sizeof *c);
    if (!ml_ssh_take_bytes(&file, sizeof magic, &head) ||
        !ml_bytes_equal(head, ml_bytes_of(magic, sizeof magic)))
        return bad(e, "it does not begin with openssh-key-v1");
    if (!ml_ssh_take_string(&file, &c->cipher_name) || !ml_ssh_take_string(&file, &c->kdf) ||
        !ml_ssh_take_string(&file, &c->kdf_options) || !ml_ssh_take_number(&file, &keys))
        return bad(e, "it is cut short");
    if (keys != 1)
        return bad(e, "it holds more or less than one key");
    if (!ml_ssh_take_string(&file, &c->public_blob) || !ml_ssh_take_string(&file, &c->block))
        return bad(e, "it is cut short");
    c->cipher = find_cipher(c->cipher_name);
    c->tag = file;
    if (c->cipher != NULL && file.len != c->cipher->tag)
        return bad(e, "bytes behind its end, or too few");
    if (ml_bytes_is(c->cipher_name, "none") != ml_bytes_is(c->kdf, "none"))
        return bad(e, "its cipher and its key derivation do not belong together");
    return 0;
}

static int inspect(ml_ssh_info *info, ml_buf *line, ml_bytes wire, bool encrypted, ml_err *e)
{
    ml_ssh_blob blob;

    if (ml_ssh_blob_parse(&blob, wire, e) < 0)
        return -1;
    if (blob.type.len >= sizeof info->type)
        return bad(e, "the name of its type is too long");
    info->encrypted = encrypted;
    info->kind = blob.kind;
    memcpy(info->type, blob.type.p, blob.type.len);
    memcpy(info->fingerprint, blob.fingerprint, sizeof info->fingerprint);
    if (blob.kind != ML_SSH_OTHER)
        ml_ssh_line_write(line, blob.type, wire, ml_bytes_of(NULL, 0));
    return ml_buf_check(line, e);
}

int ml_ssh_inspect(ml_ssh_info *info, ml_buf *line, ml_bytes file, ml_err *e)
{
    const ml_bytes label = ml_pem_label(file);
    ml_secret decoded = { 0 };
    ml_ssh_private key;
    container c;
    int status;

    memset(info, 0, sizeof *info);
    if (ml_pem_decode(&decoded, file, e) < 0)
        return -1;
    if (ml_bytes_is(label, openssh)) {
        status = split(&c, ml_secret_bytes(&decoded), e);
        if (status == 0)
            status = inspect(info, line, c.public_blob, !ml_bytes_is(c.cipher_name, "none"), e);
    } else {
        status = ml_ssh_pkcs_parse(&key, label, ml_secret_bytes(&decoded), e);
        if (status == 0) {
            status = inspect(info, line, ml_buf_bytes(&key.wire), false, e);
            ml_ssh_private_free(&key);
        }
    }
    ml_secret_free(&decoded);
    return status;
}

/* Runs bcrypt for key and IV of the container's cipher. */
static int derive(unsigned char derived[DERIVED_MAX], const container *c, ml_bytes passphrase,
                  ml_err *e)
{
    ml_bytes options = c->kdf_options, salt;
    uint32_t rounds;

    if (!ml_bytes_is(c->kdf, "bcrypt"))
        return ml_fail(e, ML_E_UNSUPPORTED, "the SSH key has an unknown key derivation");
    if (!ml_ssh_take_string(&options, &salt) || !ml_ssh_take_number(&options, &rounds) ||
        options.len != 0 || salt.len == 0 || rounds == 0)
        return bad(e, "the options of its key derivation");
    return ml_bcrypt_pbkdf(derived, c->cipher->key + c->cipher->iv, passphrase, salt, rounds, e);
}

/* Decrypts `block` in place; it is c->block, which stands in memory of our own. */
static int decrypt(unsigned char *block, const container *c, ml_bytes passphrase, ml_err *e)
{
    unsigned char derived[DERIVED_MAX];
    const unsigned char *iv = derived + c->cipher->key;
    int status = derive(derived, c, passphrase, e);

    if (status == 0) {
        switch (c->cipher->mode) {
        case NONE:
            break;
        case CTR:
            ml_aes_ctr(block, c->block.len, derived, c->cipher->key, iv);
            break;
        case CBC:
            ml_aes_cbc_decrypt(block, c->block.len, derived, c->cipher->key, iv);
            break;
        case DES3:
            ml_des3_cbc_decrypt(block, c->block.len, derived, iv);
            break;
        case GCM:
            status = ml_aes_gcm_open(block, derived, c->cipher->key, iv, c->block, c->tag.p, e);
            break;
        case CHACHA:
            status = ml_openssh_chacha_open(block, derived, c->block, c->tag.p, e);
            break;
        }
        if (status < 0)
            ml_fail(e, ML_E_AUTH, "wrong passphrase for the SSH key");
    }
    ml_wipe(derived, sizeof derived);
    return status;
}

/* The fields of the private part that are the kind's own; spans of it. */
typedef struct own_fields {
    ml_bytes point, both; /* Ed25519: the public key; the seed and it again */
    ml_rsa_private rsa;
} own_fields;

static int take_own(own_fields *f, ml_ssh_kind kind, ml_bytes *rest, ml_err *e)
{
    if (kind == ML_SSH_RSA)
        return ml_ssh_rsa_private(&f->rsa, rest, e);
    if (!ml_ssh_take_string(rest, &f->point) || f->point.len != ML_ED25519_PUBLIC ||
        !ml_ssh_take_string(rest, &f->both) || f->both.len != ML_ED25519_SEED + ML_ED25519_PUBLIC)
        return bad(e, "its private part");
    return 0;
}

static int make(ml_ssh_private *k, ml_ssh_kind kind, const own_fields *f, ml_bytes comment,
                ml_err *e)
{
    if (kind == ML_SSH_RSA)
        return ml_ssh_private_from_numbers(k, &f->rsa, comment, e);
    return ml_ssh_private_from_seed(k, ml_bytes_slice(f->both, 0, ML_ED25519_SEED), comment, e);
}

/* Whether all that the file says of the public half is what follows from the private one. */
static bool halves_agree(const ml_ssh_private *k, const container *c, const own_fields *f)
{
    return ml_bytes_equal(ml_buf_bytes(&k->wire), c->public_blob) &&
           (k->kind != ML_SSH_ED25519 ||
            (memcmp(k->ed25519, f->point.p, ML_ED25519_PUBLIC) == 0 &&
             memcmp(k->ed25519, f->both.p + ML_ED25519_SEED, ML_ED25519_PUBLIC) == 0));
}

/* The private block in clear: two equal numbers, the key, the comment, padding 1, 2, 3, … */
static int parse_block(ml_ssh_private *k, const container *c, const ml_ssh_blob *blob, ml_err *e)
{
    ml_bytes rest = c->block, type, comment;
    uint32_t first, second;
    own_fields own;
    size_t i;

    if (!ml_ssh_take_number(&rest, &first) || !ml_ssh_take_number(&rest, &second))
        return bad(e, "it is cut short");
    if (first != second)
        return c->cipher->mode == NONE ? bad(e, "its two check numbers differ")
                                       : ml_fail(e, ML_E_AUTH, "wrong passphrase for the SSH key");
    if (!ml_ssh_take_string(&rest, &type) || !ml_bytes_equal(type, blob->type))
        return bad(e, "its private part");
    if (take_own(&own, blob->kind, &rest, e) < 0)
        return -1;
    if (!ml_ssh_take_string(&rest, &comment))
        return bad(e, "its private part");
    for (i = 0; i < rest.len; i++)
        if (rest.p[i] != ((i + 1) & 255))
            return bad(e, "its padding");
    if (make(k, blob->kind, &own, comment, e) < 0)
        return -1;
    if (halves_agree(k, c, &own))
        return 0;
    ml_ssh_private_free(k);
    return bad(e, "its public and private halves do not belong together");
}

/* Whether this key is one that we can read at all, before any work is done for it. */
static int check_kind(const container *c, const ml_ssh_blob *blob, ml_bytes passphrase, ml_err *e)
{
    if (blob->kind != ML_SSH_ED25519 && blob->kind != ML_SSH_RSA) {
        if (blob->kind == ML_SSH_OTHER || blob->type.len >= ML_SSH_TYPE)
            ml_fail(e, ML_E_UNSUPPORTED, "an SSH key of unknown type");
        else
            ml_fail(e, ML_E_UNSUPPORTED, "an SSH key of type %.*s", (int)blob->type.len,
                    (const char *)blob->type.p);
        return ml_err_hint(e, "only keys of type ssh-ed25519 and ssh-rsa can be used");
    }
    if (c->cipher == NULL) {
        ml_fail(e, ML_E_UNSUPPORTED, "the SSH key is encrypted with an unknown cipher");
        return ml_err_hint(e, "ssh-keygen -p -Z aes256-ctr -f FILE encrypts it with the usual one");
    }
    if (c->block.len == 0 || c->block.len % c->cipher->block != 0)
        return bad(e, "the length of its private part");
    if (c->cipher->mode != NONE && passphrase.len == 0)
        return ml_fail(e, ML_E_PASSPHRASE, "the SSH key is protected by a passphrase");
    return 0;
}

/* The key in a container, which stands in `decoded`. */
static int parse_container(ml_ssh_private *k, const ml_secret *decoded, ml_bytes passphrase,
                           ml_err *e)
{
    ml_ssh_blob blob;
    container c;

    if (split(&c, ml_secret_bytes(decoded), e) < 0 ||
        ml_ssh_blob_parse(&blob, c.public_blob, e) < 0 || check_kind(&c, &blob, passphrase, e) < 0)
        return -1;
    if (c.cipher->mode != NONE &&
        decrypt(decoded->p + (c.block.p - decoded->p), &c, passphrase, e) < 0)
        return -1;
    return parse_block(k, &c, &blob, e);
}

int ml_ssh_private_parse(ml_ssh_private *k, ml_bytes file, ml_bytes passphrase, ml_err *e)
{
    const ml_bytes label = ml_pem_label(file);
    ml_secret decoded = { 0 };
    int status;

    memset(k, 0, sizeof *k);
    if (ml_pem_decode(&decoded, file, e) < 0)
        return -1;
    if (ml_bytes_is(label, openssh))
        status = parse_container(k, &decoded, passphrase, e);
    else
        status = ml_ssh_pkcs_parse(k, label, ml_secret_bytes(&decoded), e);
    ml_secret_free(&decoded);
    return status;
}
