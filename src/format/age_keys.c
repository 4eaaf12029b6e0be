/* age_keys.c — recipients and identities of age.h, as texts and as keys. */
#include <stdlib.h>
#include <string.h>

#include "crypto/encode.h"
#include "format/age_plugin.h"
#include "format/age_type.h"
#include "format/ssh_key.h"

static const char recipient_prefix[] = "age";

enum { RECIPIENT_TEXT = 62, IDENTITY_ROOM = 80 }; /* the longest word of an identity has 77 */

/* An identity with a text of age: 32 bytes behind a prefix. */
typedef struct written {
    const char *prefix; /* in front of the '1' */
    int (*make)(ml_age_identity *i, ml_bytes secret, ml_err *e);
} written;

/* NULL for the kinds that have none. */
static const written *written_as(ml_age_kind kind)
{
    static const written x25519 = { "age-secret-key-", ml_age_identity_x25519 };
    static const written hybrid = { "age-secret-key-pq-", ml_age_identity_hybrid };

    return kind == ML_AGE_X25519 ? &x25519 : kind == ML_AGE_HYBRID ? &hybrid : NULL;
}

int ml_age_recipient_text(ml_age_recipient *r, ml_bytes text, ml_err *e)
{
    r->text = malloc(text.len + 1);
    if (r->text == NULL)
        return ml_fail_memory(e);
    memcpy(r->text, text.p, text.len);
    r->text[text.len] = '\0';
    return 0;
}

int ml_age_recipient_key(ml_age_recipient *r, ml_bytes key, ml_err *e)
{
    r->key = malloc(key.len + 1);
    if (r->key == NULL)
        return ml_fail_memory(e);
    memcpy(r->key, key.p, key.len);
    r->key_len = key.len;
    return 0;
}

int ml_age_recipient_x25519(ml_age_recipient *r, const unsigned char point[ML_X25519_SIZE],
                            ml_err *e)
{
    char text[RECIPIENT_TEXT];

    memset(r, 0, sizeof *r);
    r->kind = ML_AGE_X25519;
    if (ml_x25519_check(point, e) < 0)
        return -1;
    memcpy(r->point, point, sizeof r->point);
    ml_bech32_encode(text, recipient_prefix, ml_bytes_of(point, ML_X25519_SIZE), false);
    return ml_age_recipient_text(r, ml_bytes_of(text, sizeof text), e);
}

int ml_age_recipient_ssh(ml_age_recipient *r, const unsigned char ed25519[ML_ED25519_PUBLIC],
                         ml_err *e)
{
    unsigned char wire[ML_SSH_ED25519_WIRE], hash[ML_SHA256_SIZE];
    ml_buf text = { 0 };
    int status;

    memset(r, 0, sizeof *r);
    r->kind = ML_AGE_SSH_ED25519;
    if (ml_ed25519_to_x25519(r->point, ed25519, e) < 0)
        return -1;
    memcpy(r->ed25519, ed25519, sizeof r->ed25519);
    ml_ssh_wire(wire, ed25519);
    ml_sha256(hash, ml_bytes_of(wire, sizeof wire));
    memcpy(r->tag, hash, sizeof r->tag);
    ml_hkdf_sha256(r->tweak, ml_bytes_of(NULL, 0), ml_bytes_of(wire, sizeof wire),
                   "age-encryption.org/v1/ssh-ed25519");
    ml_ssh_public_write(&text, ed25519, ml_bytes_of(NULL, 0));
    status = ml_buf_check(&text, e) < 0 ? -1 : ml_age_recipient_text(r, ml_buf_bytes(&text), e);
    ml_buf_free(&text);
    return status;
}

/* '1' is not in the alphabet of bech32, so a second one means age1NAME1…: a plugin. */
static bool is_plugin(ml_bytes text)
{
    const size_t first = ml_bytes_find(text, 0, '1');

    return ml_bytes_find(text, first + 1, '1') != SIZE_MAX;
}

static int parse_plugin(ml_age_recipient *r, ml_bytes text, ml_err *e)
{
    char name[ML_AGE_PLUGIN_NAME + 1];

    if (ml_age_plugin_recipient(name, text, e) < 0)
        return -1;
    r->kind = ML_AGE_PLUGIN;
    return ml_age_recipient_text(r, text, e);
}

static int parse_ssh(ml_age_recipient *r, ml_bytes text, ml_err *e)
{
    ml_ssh_public key;
    ml_buf wire = { 0 };
    int status;

    if (ml_ssh_public_parse(&key, text, e) < 0)
        return -1;
    if (key.kind == ML_SSH_ED25519)
        return ml_age_recipient_ssh(r, key.ed25519, e);
    if (key.kind != ML_SSH_RSA) {
        ml_fail(e, ML_E_UNSUPPORTED, "age has no stanza for an SSH key of this type");
        return ml_err_hint(e,
                           "an SSH key that receives age files is of type ssh-ed25519 or ssh-rsa");
    }
    status = ml_ssh_public_wire(&wire, &key, e);
    if (status == 0)
        status = ml_age_recipient_rsa(r, ml_buf_bytes(&wire), e);
    ml_buf_free(&wire);
    return status;
}

int ml_age_recipient_decode(unsigned char *out, size_t len, const char *prefix, ml_bytes text,
                            ml_err *e)
{
    const size_t whole = ml_bech32_size(prefix, len);
    size_t got;

    if (text.len == whole && ml_bech32_decode(out, &got, prefix, false, text) == 0 && got == len)
        return 0;
    ml_fail(e, ML_E_FORMAT, "malformed age recipient: wrong length, character or checksum");
    return ml_err_hint(e, "copy the whole key again: %s1 and %zu characters behind it", prefix,
                       whole - strlen(prefix) - 1);
}

int ml_age_recipient_parse(ml_age_recipient *r, ml_bytes text, ml_err *e)
{
    unsigned char point[ML_AGE_RECIPIENT_ROOM];

    memset(r, 0, sizeof *r);
    if (ml_bytes_starts(text, "ssh-"))
        return parse_ssh(r, text, e);
    if (ml_bytes_starts(text, "age1pq1"))
        return ml_age_hpke_parse(r, ML_AGE_HYBRID, text, e);
    if (ml_bytes_starts(text, "age1tag1"))
        return ml_age_hpke_parse(r, ML_AGE_TAG, text, e);
    if (ml_bytes_starts(text, "age1tagpq1"))
        return ml_age_hpke_parse(r, ML_AGE_TAG_HYBRID, text, e);
    if (!ml_bytes_starts(text, "age1")) {
        if (ml_bytes_starts(text, "AGE-")) {
            ml_fail(e, ML_E_FORMAT, "not a recipient but an identity: a private key");
            return ml_err_hint(e, "a recipient is the public half, age1…");
        }
        ml_fail(e, ML_E_FORMAT, "not a recipient: it begins neither with age1 nor with ssh-");
        return ml_err_hint(e, "a recipient is a public key: age1… or a line of an SSH key");
    }
    if (is_plugin(text))
        return parse_plugin(r, text, e);
    if (ml_age_recipient_decode(point, ML_X25519_SIZE, recipient_prefix, text, e) < 0)
        return -1;
    return ml_age_recipient_x25519(r, point, e);
}

int ml_age_recipient_copy(ml_age_recipient *r, const ml_age_recipient *from, ml_err *e)
{
    *r = *from;
    r->text = NULL;
    r->key = NULL;
    if (ml_age_recipient_text(r, ml_bytes_text(from->text), e) < 0)
        return -1;
    if (from->key == NULL || ml_age_recipient_key(r, ml_bytes_of(from->key, from->key_len), e) == 0)
        return 0;
    ml_age_recipient_free(r);
    return -1;
}

void ml_age_recipient_free(ml_age_recipient *r)
{
    free(r->text);
    free(r->key);
    memset(r, 0, sizeof *r);
}

/* Fills everything but the recipient. */
static int begin_identity(ml_age_identity *i, ml_age_kind kind, ml_bytes secret, ml_err *e)
{
    memset(i, 0, sizeof *i);
    i->kind = kind;
    if (secret.len != ML_X25519_SIZE && kind != ML_AGE_PLUGIN && kind != ML_AGE_SSH_RSA)
        return ml_fail(e, ML_E_ARGUMENT, "the secret of an identity has 32 bytes");
    return ml_secret_copy(&i->secret, secret, e);
}

/* What its public half is, only the plugin knows. */
static int parse_plugin_identity(ml_age_identity *i, ml_bytes text, ml_err *e)
{
    char name[ML_AGE_PLUGIN_NAME + 1];

    if (ml_age_plugin_identity(name, text, e) < 0 || begin_identity(i, ML_AGE_PLUGIN, text, e) < 0)
        return -1;
    i->recipient.kind = ML_AGE_PLUGIN;
    if (ml_age_recipient_text(&i->recipient, ml_bytes_text(""), e) == 0)
        return 0;
    ml_age_identity_free(i);
    return -1;
}

int ml_age_identity_generate(ml_age_identity *i, ml_age_kind kind, ml_err *e)
{
    const written *as = written_as(kind);
    unsigned char secret[ML_X25519_SIZE];
    int status;

    memset(i, 0, sizeof *i);
    if (as == NULL)
        return ml_fail(e, ML_E_UNSUPPORTED, "no new age identity of kind %s",
                       ml_age_kind_word(kind));
    ml_random(secret, sizeof secret);
    status = as->make(i, ml_bytes_of(secret, sizeof secret), e);
    ml_wipe(secret, sizeof secret);
    return status;
}

int ml_age_identity_x25519(ml_age_identity *i, ml_bytes scalar, ml_err *e)
{
    unsigned char point[ML_X25519_SIZE];

    if (begin_identity(i, ML_AGE_X25519, scalar, e) < 0)
        return -1;
    ml_x25519_base(point, i->secret.p);
    if (ml_age_recipient_x25519(&i->recipient, point, e) == 0)
        return 0;
    ml_age_identity_free(i);
    return -1;
}

int ml_age_identity_ssh(ml_age_identity *i, ml_bytes seed, ml_err *e)
{
    unsigned char point[ML_ED25519_PUBLIC];

    if (begin_identity(i, ML_AGE_SSH_ED25519, seed, e) < 0)
        return -1;
    ml_ed25519_public(point, i->secret.p);
    if (ml_age_recipient_ssh(&i->recipient, point, e) == 0)
        return 0;
    ml_age_identity_free(i);
    return -1;
}

int ml_age_identity_hybrid(ml_age_identity *i, ml_bytes seed, ml_err *e)
{
    unsigned char public_key[ML_KEM_HYBRID_PUBLIC];

    if (begin_identity(i, ML_AGE_HYBRID, seed, e) < 0)
        return -1;
    ml_kem_hybrid_public(public_key, i->secret.p);
    if (ml_age_recipient_hybrid(&i->recipient, public_key, e) == 0)
        return 0;
    ml_age_identity_free(i);
    return -1;
}

bool ml_age_identity_kind(ml_age_kind *kind, ml_bytes text)
{
    if (ml_bytes_starts(text, "AGE-PLUGIN-"))
        *kind = ML_AGE_PLUGIN;
    else if (ml_bytes_starts(text, "AGE-SECRET-KEY-PQ-1"))
        *kind = ML_AGE_HYBRID;
    else if (ml_bytes_starts(text, "AGE-SECRET-KEY-1"))
        *kind = ML_AGE_X25519;
    else
        return false;
    return true;
}

int ml_age_identity_parse(ml_age_identity *i, ml_bytes text, ml_err *e)
{
    unsigned char secret[IDENTITY_ROOM];
    const written *as;
    ml_age_kind kind;
    size_t len = 0;
    int status = -1;

    memset(i, 0, sizeof *i);
    if (!ml_age_identity_kind(&kind, text))
        return ml_fail(e, ML_E_FORMAT, "not an age identity: it has no AGE-SECRET-KEY-1 in front");
    as = written_as(kind);
    if (as == NULL)
        return parse_plugin_identity(i, text, e);
    if (text.len == ml_bech32_size(as->prefix, ML_X25519_SIZE) &&
        ml_bech32_decode(secret, &len, as->prefix, true, text) == 0 && len == ML_X25519_SIZE)
        status = as->make(i, ml_bytes_of(secret, len), e);
    else
        ml_fail(e, ML_E_FORMAT, "malformed age identity: wrong length, character or checksum");
    ml_wipe(secret, sizeof secret);
    return status;
}

int ml_age_identity_text(ml_secret *out, const ml_age_identity *i, ml_err *e)
{
    const written *as = written_as(i->kind);

    if (i->kind == ML_AGE_PLUGIN)
        return ml_secret_copy(out, ml_secret_bytes(&i->secret), e);
    if (as == NULL) {
        ml_fail(e, ML_E_UNSUPPORTED, "the identity of an SSH key has no text of age");
        return ml_err_hint(e, "its text is the OpenSSH key itself");
    }
    if (ml_secret_new(out, ml_bech32_size(as->prefix, i->secret.len), e) < 0)
        return -1;
    ml_bech32_encode((char *)out->p, as->prefix, ml_secret_bytes(&i->secret), true);
    return 0;
}

int ml_age_identity_copy(ml_age_identity *i, const ml_age_identity *from, ml_err *e)
{
    if (begin_identity(i, from->kind, ml_secret_bytes(&from->secret), e) < 0)
        return -1;
    if (ml_age_recipient_copy(&i->recipient, &from->recipient, e) == 0)
        return 0;
    ml_age_identity_free(i);
    return -1;
}

void ml_age_identity_free(ml_age_identity *i)
{
    ml_secret_free(&i->secret);
    ml_age_recipient_free(&i->recipient);
}
