/* ssh_private.c — reading OpenSSH private keys ("openssh-key-v1"); see ssh_key.h. */
#include <string.h>

#include "base/limits.h"
#include "crypto/bcrypt.h"
#include "crypto/encode.h"
#include "format/ssh_key.h"
#include "format/ssh_wire.h"

static const char begin_line[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
static const char end_line[] = "-----END OPENSSH PRIVATE KEY-----";
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

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static ml_bytes trim(ml_bytes text)
{
    while (text.len > 0 && is_space(text.p[0]))
        text = ml_bytes_slice(text, 1, text.len);
    while (text.len > 0 && is_space(text.p[text.len - 1]))
        text.len--;
    return text;
}

bool ml_ssh_is_private(ml_bytes file)
{
    return ml_bytes_starts(trim(file), begin_line);
}

/* Decodes the base64 between the BEGIN and END lines. White space around them and CRLF are taken,
 * though ssh itself does not: keys that went through a vault or a clipboard have them. */
static int decode(ml_secret *out, ml_bytes file, ml_err *e)
{
    size_t len = 0;

    if (file.len > ML_LIMIT_SSH_KEY)
        return ml_fail(e, ML_E_LIMIT, "an SSH key file may have %d bytes", ML_LIMIT_SSH_KEY);
    file = trim(file);
    if (!ml_bytes_starts(file, begin_line)) {
        if (!ml_bytes_starts(file, "-----BEGIN "))
            return ml_fail(e, ML_E_FORMAT, "not an OpenSSH private key: it has no BEGIN line");
        ml_fail(e, ML_E_UNSUPPORTED, "a private key in another form than that of OpenSSH");
        return ml_err_hint(e, "ssh-keygen -p -f FILE writes it again in the form of OpenSSH");
    }
    if (!ml_bytes_ends(file, end_line))
        return bad(e, "it has no END line, or text behind it");
    file = ml_bytes_slice(file, sizeof begin_line - 1, file.len);
    if (file.len < sizeof end_line - 1) /* BEGIN and END overlap */
        return bad(e, "it has no END line");
    file.len -= sizeof end_line - 1;
    if (file.len == 0 || !is_space(file.p[0]) || file.p[file.len - 1] != '\n')
        return bad(e, "its BEGIN and END stand on lines of their own");
    if (ml_secret_new(out, ml_base64_room(file.len), e) < 0)
        return -1;
    if (ml_base64_decode(ML_BASE64_LINES, out->p, &len, file) == 0) {
        ml_secret_shrink(out, len);
        return 0;
    }
    ml_secret_free(out);
    return bad(e, "not canonical base64");
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

int ml_ssh_inspect(ml_ssh_info *info, ml_bytes file, ml_err *e)
{
    ml_secret decoded = { 0 };
    ml_ssh_blob blob;
    container c;
    int status;

    memset(info, 0, sizeof *info);
    if (decode(&decoded, file, e) < 0)
        return -1;
    status = split(&c, ml_secret_bytes(&decoded), e);
    if (status == 0)
        status = ml_ssh_blob_parse(&blob, c.public_blob, e);
    if (status == 0 && blob.type.len >= sizeof info->type)
        status = bad(e, "the name of its type is too long");
    if (status == 0) {
        info->encrypted = !ml_bytes_is(c.cipher_name, "none");
        info->kind = blob.kind;
        memcpy(info->type, blob.type.p, blob.type.len);
        memcpy(info->fingerprint, blob.fingerprint, sizeof info->fingerprint);
        memcpy(info->ed25519, blob.ed25519, sizeof info->ed25519);
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

/* The private block in clear: two equal numbers, the key, the comment, padding 1, 2, 3, … */
static int parse_block(ml_ssh_private *k, const container *c, const ml_ssh_blob *blob, ml_err *e)
{
    ml_bytes rest = c->block, type, point, both, comment;
    uint32_t first, second;
    size_t i;

    if (!ml_ssh_take_number(&rest, &first) || !ml_ssh_take_number(&rest, &second))
        return bad(e, "it is cut short");
    if (first != second)
        return c->cipher->mode == NONE ? bad(e, "its two check numbers differ")
                                       : ml_fail(e, ML_E_AUTH, "wrong passphrase for the SSH key");
    if (!ml_ssh_take_string(&rest, &type) || !ml_bytes_equal(type, blob->type) ||
        !ml_ssh_take_string(&rest, &point) || point.len != ML_ED25519_PUBLIC ||
        !ml_ssh_take_string(&rest, &both) || both.len != ML_ED25519_SEED + ML_ED25519_PUBLIC ||
        !ml_ssh_take_string(&rest, &comment))
        return bad(e, "its private part");
    for (i = 0; i < rest.len; i++)
        if (rest.p[i] != ((i + 1) & 255))
            return bad(e, "its padding");
    if (ml_ssh_private_from_seed(k, ml_bytes_slice(both, 0, ML_ED25519_SEED), comment, e) < 0)
        return -1;
    if (memcmp(k->ed25519, point.p, ML_ED25519_PUBLIC) == 0 &&
        memcmp(k->ed25519, blob->ed25519, ML_ED25519_PUBLIC) == 0 &&
        memcmp(k->ed25519, both.p + ML_ED25519_SEED, ML_ED25519_PUBLIC) == 0)
        return 0;
    ml_ssh_private_free(k);
    return bad(e, "its public and private halves do not belong together");
}

/* Whether this key is one that we can read at all, before any work is done for it. */
static int check_kind(const container *c, const ml_ssh_blob *blob, ml_bytes passphrase, ml_err *e)
{
    if (blob->kind != ML_SSH_ED25519) {
        if (blob->kind == ML_SSH_OTHER || blob->type.len >= ML_SSH_TYPE)
            ml_fail(e, ML_E_UNSUPPORTED, "an SSH key of unknown type");
        else
            ml_fail(e, ML_E_UNSUPPORTED, "an SSH key of type %.*s", (int)blob->type.len,
                    (const char *)blob->type.p);
        return ml_err_hint(e, "only ssh-ed25519 keys can be used (ssh-keygen -t ed25519)");
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

int ml_ssh_private_parse(ml_ssh_private *k, ml_bytes file, ml_bytes passphrase, ml_err *e)
{
    ml_secret decoded = { 0 };
    ml_ssh_blob blob;
    container c;
    int status;

    memset(k, 0, sizeof *k);
    if (decode(&decoded, file, e) < 0)
        return -1;
    status = split(&c, ml_secret_bytes(&decoded), e);
    if (status == 0)
        status = ml_ssh_blob_parse(&blob, c.public_blob, e);
    if (status == 0)
        status = check_kind(&c, &blob, passphrase, e);
    if (status == 0 && c.cipher->mode != NONE)
        status = decrypt(decoded.p + (c.block.p - decoded.p), &c, passphrase, e);
    if (status == 0)
        status = parse_block(k, &c, &blob, e);
    ml_secret_free(&decoded);
    return status;
}
