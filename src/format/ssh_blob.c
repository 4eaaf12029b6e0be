/* ssh_blob.c — the wire form of public keys (ssh_wire.h): types, fingerprints. */
#include <string.h>

#include "crypto/encode.h"
#include "format/ssh_wire.h"

static const char ed25519_type[] = "ssh-ed25519";

/* The types of keys, and what their wire form holds behind the type: so many strings, numbers among
 * them. */
typedef struct key_type {
    const char *name;
    ml_ssh_kind kind;
    unsigned strings;
    unsigned measured; /* which string is the number that has as many bits as the key; 0: none */
    unsigned bits;     /* if all keys of the type have as many */
    const char *curve; /* ECDSA: the first string; the second is a point */
} key_type;

static const key_type key_types[] = {
    { ed25519_type, ML_SSH_ED25519, 1, 0, 256, NULL },
    { "ssh-rsa", ML_SSH_RSA, 2, 2, 0, NULL },
    { "ssh-dss", ML_SSH_DSA, 4, 1, 0, NULL },
    { "ecdsa-sha2-nistp256", ML_SSH_ECDSA, 2, 0, 256, "nistp256" },
    { "ecdsa-sha2-nistp384", ML_SSH_ECDSA, 2, 0, 384, "nistp384" },
    { "ecdsa-sha2-nistp521", ML_SSH_ECDSA, 2, 0, 521, "nistp521" },
    { "sk-ssh-ed25519@openssh.com", ML_SSH_SECURITY_KEY, 2, 0, 256, NULL },
    { "sk-ecdsa-sha2-nistp256@openssh.com", ML_SSH_SECURITY_KEY, 3, 0, 256, "nistp256" },
};

static const char openssh[] = "@openssh.com";
static const char certified[] = "-cert-v01@openssh.com";

static const key_type *find_type(ml_bytes name)
{
    size_t i;

    for (i = 0; i < sizeof key_types / sizeof *key_types; i++)
        if (ml_bytes_is(name, key_types[i].name))
            return &key_types[i];
    return NULL;
}

/* The type of key in certificates of a type: `ssh-rsa-cert-v01@openssh.com` is of a `ssh-rsa`,
 * `sk-…-cert-v01@openssh.com` of a `sk-…@openssh.com`. */
static const key_type *find_certified(ml_bytes name)
{
    size_t i;

    if (!ml_bytes_ends(name, certified))
        return NULL;
    name.len -= sizeof certified - 1;
    for (i = 0; i < sizeof key_types / sizeof *key_types; i++) {
        ml_bytes plain = ml_bytes_text(key_types[i].name);

        if (ml_bytes_ends(plain, openssh))
            plain.len -= sizeof openssh - 1;
        if (ml_bytes_equal(name, plain))
            return &key_types[i];
    }
    return NULL;
}

ml_ssh_kind ml_ssh_kind_of(ml_bytes type)
{
    const key_type *known = find_type(type);

    if (known != NULL)
        return known->kind;
    return find_certified(type) != NULL ? ML_SSH_CERTIFICATE : ML_SSH_OTHER;
}

void ml_ssh_wire(unsigned char out[ML_SSH_ED25519_WIRE],
                 const unsigned char ed25519[ML_ED25519_PUBLIC])
{
    out = ml_ssh_put_string(out, ml_bytes_text(ed25519_type));
    ml_ssh_put_string(out, ml_bytes_of(ed25519, ML_ED25519_PUBLIC));
}

/* Of the wire form that has this type, and behind it these bytes. */
static void fingerprint_of(char out[ML_SSH_FINGERPRINT], ml_bytes type, ml_bytes key)
{
    unsigned char hash[ML_SHA256_SIZE], len[4];
    ml_hash h;

    ml_ssh_put_number(len, (uint32_t)type.len);
    ml_sha256_begin(&h);
    ml_sha256_add(&h, ml_bytes_of(len, sizeof len));
    ml_sha256_add(&h, type);
    ml_sha256_add(&h, key);
    ml_sha256_finish(&h, hash);
    memcpy(out, "SHA256:", 7);
    ml_base64_encode(ML_BASE64_BARE, out + 7, ml_bytes_of(hash, sizeof hash));
}

unsigned ml_ssh_bits(ml_bytes number)
{
    unsigned bits;

    while (number.len > 0 && number.p[0] == 0)
        number = ml_bytes_slice(number, 1, number.len);
    if (number.len == 0)
        return 0;
    bits = (unsigned)number.len * 8;
    for (unsigned top = number.p[0]; top < 0x80; top <<= 1)
        bits--;
    return bits;
}

/* Whether these are the first two strings of an ECDSA key: its curve, and an uncompressed point. */
static bool is_on(const key_type *type, const ml_bytes *strings)
{
    return ml_bytes_is(strings[0], type->curve) &&
           strings[1].len == 1 + 2 * (size_t)((type->bits + 7) / 8) && strings[1].p[0] == 4;
}

/* Takes the strings of a key from the front of *from. */
static bool take_key(ml_ssh_blob *b, const key_type *type, ml_bytes *from)
{
    const ml_bytes before = *from;
    ml_bytes strings[4];
    unsigned i;

    for (i = 0; i < type->strings; i++)
        if (!ml_ssh_take_string(from, &strings[i]))
            return false;
    if (type->curve != NULL && !is_on(type, strings))
        return false;
    b->key_type = type->name;
    b->key = ml_bytes_slice(before, 0, before.len - from->len);
    b->bits = type->measured > 0 ? ml_ssh_bits(strings[type->measured - 1]) : type->bits;
    return true;
}

int ml_ssh_blob_parse(ml_ssh_blob *b, ml_bytes wire, ml_err *e)
{
    const key_type *type;
    ml_bytes rest = wire, nonce;

    memset(b, 0, sizeof *b);
    if (!ml_ssh_take_string(&rest, &b->type) || b->type.len == 0)
        return ml_fail(e, ML_E_FORMAT, "malformed SSH public key: it does not begin with a type");
    b->kind = ml_ssh_kind_of(b->type);
    b->key = rest;
    if (b->kind == ML_SSH_OTHER) {
        fingerprint_of(b->fingerprint, b->type, b->key);
        return 0;
    }
    type = b->kind == ML_SSH_CERTIFICATE ? find_certified(b->type) : find_type(b->type);
    if ((b->kind == ML_SSH_CERTIFICATE && !ml_ssh_take_string(&rest, &nonce)) ||
        !take_key(b, type, &rest) || (b->kind != ML_SSH_CERTIFICATE && rest.len != 0))
        return ml_fail(e, ML_E_FORMAT, "malformed SSH public key: not what a key of type %s holds",
                       type->name);
    b->rest = rest;
    fingerprint_of(b->fingerprint, ml_bytes_text(type->name), b->key);
    if (b->kind != ML_SSH_ED25519)
        return 0;
    if (b->key.len != 4 + ML_ED25519_PUBLIC)
        return ml_fail(e, ML_E_FORMAT, "malformed SSH public key: an Ed25519 key has 32 bytes");
    memcpy(b->ed25519, b->key.p + 4, sizeof b->ed25519);
    return 0;
}
