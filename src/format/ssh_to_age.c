/* ssh_to_age.c — see ssh_to_age.h. */
#include "format/ssh_to_age.h"

int ml_ssh_to_age_point(ml_age_recipient *r, const unsigned char ed25519[ML_ED25519_PUBLIC],
                        ml_err *e)
{
    unsigned char point[ML_X25519_SIZE];

    if (ml_ed25519_to_x25519(point, ed25519, e) < 0)
        return -1;
    return ml_age_recipient_x25519(r, point, e);
}

static int only_ed25519(ml_err *e)
{
    ml_fail(e, ML_E_UNSUPPORTED, "an age key follows from an ssh-ed25519 key only");
    return ml_err_hint(e, "an Ed25519 host key is /etc/ssh/ssh_host_ed25519_key.pub");
}

int ml_ssh_to_age_recipient(ml_age_recipient *r, const ml_ssh_public *key, ml_err *e)
{
    if (ml_bytes_is(key->marker, "@revoked"))
        return ml_fail(e, ML_E_FORMAT, "the SSH key is marked @revoked");
    if (key->kind != ML_SSH_ED25519)
        return only_ed25519(e);
    return ml_ssh_to_age_point(r, key->ed25519, e);
}

int ml_ssh_to_age_identity(ml_age_identity *i, const ml_ssh_private *key, ml_err *e)
{
    unsigned char hash[ML_SHA512_SIZE];
    int status;

    if (key->kind != ML_SSH_ED25519)
        return only_ed25519(e);
    /* As it comes: clamping here would give the same key under another text. */
    ml_sha512(hash, ml_secret_bytes(&key->seed));
    status = ml_age_identity_x25519(i, ml_bytes_of(hash, ML_X25519_SIZE), e);
    ml_wipe(hash, sizeof hash);
    return status;
}
