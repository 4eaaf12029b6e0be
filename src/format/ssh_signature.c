/* ssh_signature.c — see ssh_signature.h. */
#include "format/ssh_signature.h"

#include <string.h>

#include "format/ssh_rsa.h"

/* What a token signs: the hash of an application, what the token says, and the hash of the message.
 */
enum { SAID = 1 + 4, TOKEN_MESSAGE = ML_SHA256_SIZE + SAID + ML_SHA256_SIZE };

/* The signatures of RSA keys that are checked; the one by SHA-1, "ssh-rsa", is not. */
static const char *const rsa_types[] = {
    [ML_RSA_SHA256] = "rsa-sha2-256", [ML_RSA_SHA512] = "rsa-sha2-512"
};

static int malformed(ml_err *e)
{
    return ml_fail(e, ML_E_FORMAT, "malformed SSH signature");
}

/* The result of a check that went this way. */
static int outcome(int status, ml_err *e)
{
    if (status == 0)
        return 1;
    if (strcmp(e->code, ML_E_UNSUPPORTED) == 0)
        return 0;
    return ml_fail(e, ML_E_AUTH, "the SSH signature does not fit");
}

static int check_ed25519(ml_bytes key, ml_bytes bytes, ml_bytes message, ml_err *e)
{
    if (key.len != ML_ED25519_PUBLIC || bytes.len != ML_ED25519_SIGNATURE)
        return malformed(e);
    return outcome(ml_ed25519_verify(key.p, bytes.p, message, e), e);
}

static int check_rsa(ml_bytes wire, ml_bytes type, ml_bytes bytes, ml_bytes message, ml_err *e)
{
    const bool short_hash = ml_bytes_is(type, rsa_types[ML_RSA_SHA256]);
    ml_rsa_public key;

    if ((!short_hash && !ml_bytes_is(type, rsa_types[ML_RSA_SHA512])) ||
        ml_ssh_rsa_public(&key, wire, e) < 0)
        return 0;
    return outcome(
        ml_rsa_verify(&key, short_hash ? ML_RSA_SHA256 : ML_RSA_SHA512, bytes, message, e), e);
}

/* `strings`: of the key, behind its type: curve and point. */
static int check_ecdsa(unsigned bits, ml_bytes *strings, ml_bytes bytes, ml_bytes message,
                       ml_err *e)
{
    ml_bytes curve, point, r, s;

    if (!ml_ssh_take_string(strings, &curve) || !ml_ssh_take_string(strings, &point) ||
        !ml_ssh_take_string(&bytes, &r) || !ml_ssh_take_string(&bytes, &s) || bytes.len != 0)
        return malformed(e);
    return outcome(ml_ecdsa_verify(bits, point, r, s, message, e), e);
}

/* By a key in a token: flags and a counter stand behind the signature, and are signed with it. */
static int check_token(const ml_ssh_blob *key, ml_bytes bytes, ml_bytes said, ml_bytes message,
                       ml_err *e)
{
    const bool ecdsa = strstr(key->key_type, "ecdsa") != NULL;
    unsigned char composed[TOKEN_MESSAGE];
    ml_bytes strings = key->key, application, first, second;

    if (said.len != SAID || !ml_ssh_take_string(&strings, &first) ||
        (ecdsa && !ml_ssh_take_string(&strings, &second)) ||
        !ml_ssh_take_string(&strings, &application))
        return malformed(e);
    ml_sha256(composed, application);
    memcpy(composed + ML_SHA256_SIZE, said.p, SAID);
    ml_sha256(composed + ML_SHA256_SIZE + SAID, message);
    message = ml_bytes_of(composed, sizeof composed);
    strings = key->key;
    return ecdsa ? check_ecdsa(key->bits, &strings, bytes, message, e)
                 : check_ed25519(first, bytes, message, e);
}

int ml_ssh_signature_check(const ml_ssh_blob *key, ml_bytes wire, ml_bytes signature,
                           ml_bytes message, ml_err *e)
{
    ml_bytes strings = key->key, type, bytes;

    if (!ml_ssh_take_string(&signature, &type) || !ml_ssh_take_string(&signature, &bytes) ||
        (key->kind != ML_SSH_SECURITY_KEY && signature.len != 0))
        return malformed(e);
    if (key->kind == ML_SSH_RSA)
        return check_rsa(wire, type, bytes, message, e);
    if (key->kind == ML_SSH_ED25519 && ml_bytes_equal(type, key->type))
        return check_ed25519(ml_bytes_of(key->ed25519, sizeof key->ed25519), bytes, message, e);
    if (key->kind == ML_SSH_ECDSA && ml_bytes_equal(type, key->type))
        return check_ecdsa(key->bits, &strings, bytes, message, e);
    if (key->kind == ML_SSH_SECURITY_KEY && ml_bytes_equal(type, key->type))
        return check_token(key, bytes, signature, message, e);
    return key->kind == ML_SSH_ED25519 || key->kind == ML_SSH_ECDSA ? malformed(e) : 0;
}

int ml_ssh_signature_add(ml_buf *to, const ml_ssh_private *key, ml_bytes message, ml_err *e)
{
    unsigned char signature[ML_RSA_MAX];
    ml_bytes type = ml_bytes_text("ssh-ed25519"), numbers = ml_secret_bytes(&key->numbers);
    size_t len = ML_ED25519_SIGNATURE;
    ml_rsa_private rsa;

    if (key->kind == ML_SSH_RSA) {
        if (ml_ssh_rsa_private(&rsa, &numbers, e) < 0 ||
            ml_rsa_sign(signature, &rsa, ML_RSA_SHA512, message, e) < 0)
            return -1;
        type = ml_bytes_text(rsa_types[ML_RSA_SHA512]);
        len = rsa.public.n.len;
    } else {
        ml_ed25519_sign(signature, key->seed.p, message);
    }
    ml_ssh_add_number(to, (uint32_t)(4 + type.len + 4 + len));
    ml_ssh_add_string(to, type);
    ml_ssh_add_string(to, ml_bytes_of(signature, len));
    return ml_buf_check(to, e);
}
