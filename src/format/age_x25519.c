/* age_x25519.c — the two types whose file key is wrapped by an X25519 key agreement: X25519 itself,
 * and ssh-ed25519 (format: age's own). */
#include <string.h>

#include "crypto/encode.h"
#include "format/age_type.h"

static const char x25519_info[] = "age-encryption.org/v1/X25519";
static const char ssh_info[] = "age-encryption.org/v1/ssh-ed25519";

/* The key that wraps the file key, from the shared secret and both public shares. */
static void wrap_key(unsigned char key[32], const unsigned char shared[32],
                     const unsigned char share[32], const unsigned char point[32], const char *info)
{
    unsigned char salt[64];

    memcpy(salt, share, 32);
    memcpy(salt + 32, point, 32);
    ml_hkdf_sha256(key, ml_bytes_of(shared, 32), ml_bytes_of(salt, sizeof salt), info);
}

/* What age adds for SSH keys: the shared secret is multiplied by a scalar that comes from the key,
 * so that a stanza cannot be moved to an X25519 key with the same point. */
static int tweak(unsigned char shared[32], const ml_age_recipient *r, ml_err *e)
{
    unsigned char tweaked[32];
    const int status = ml_x25519(tweaked, r->tweak, shared, e);

    memcpy(shared, tweaked, 32);
    ml_wipe(tweaked, sizeof tweaked);
    return status;
}

int ml_age_x25519_wrap(ml_buf *header, const ml_age_recipient *r,
                       const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e)
{
    const bool ssh = r->kind == ML_AGE_SSH_ED25519;
    unsigned char ephemeral[32], share[32], shared[32], key[32], body[ML_AGE_BODY];
    char share_text[ML_AGE_KEY_TEXT], tag[ML_AGE_TAG_TEXT];
    ml_age_stanza s;
    int status;

    ml_random(ephemeral, sizeof ephemeral);
    ml_x25519_base(share, ephemeral);
    status = ml_x25519(shared, ephemeral, r->point, e);
    if (status == 0 && ssh)
        status = tweak(shared, r, e);
    if (status == 0) {
        wrap_key(key, shared, share, r->point, ssh ? ssh_info : x25519_info);
        ml_age_body_seal(body, key, file_key);
        ml_base64_encode(ML_BASE64_BARE, share_text, ml_bytes_of(share, sizeof share));
        memset(&s, 0, sizeof s);
        s.arguments[s.count++] = ml_bytes_text(ssh ? "ssh-ed25519" : "X25519");
        if (ssh) {
            ml_base64_encode(ML_BASE64_BARE, tag, ml_bytes_of(r->tag, sizeof r->tag));
            s.arguments[s.count++] = ml_bytes_of(tag, ML_AGE_TAG_TEXT);
        }
        s.arguments[s.count++] = ml_bytes_of(share_text, ML_AGE_KEY_TEXT);
        s.body = ml_bytes_of(body, ML_AGE_BODY);
        ml_age_header_stanza(header, &s);
    }
    ml_wipe(ephemeral, sizeof ephemeral);
    ml_wipe(shared, sizeof shared);
    ml_wipe(key, sizeof key);
    return status;
}

int ml_age_x25519_unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                         const ml_age_stanza *s, ml_err *e)
{
    const bool ssh = i->kind == ML_AGE_SSH_ED25519;
    const char *kind = ssh ? "ssh-ed25519" : "X25519";
    const size_t count = ssh ? 3 : 2;
    unsigned char share[36], shared[32], key[32], hash[64];
    char tag[ML_AGE_TAG_TEXT];
    size_t len;
    int status;

    if (s->count != count || s->arguments[count - 1].len != ML_AGE_KEY_TEXT ||
        s->body.len != ML_AGE_BODY ||
        ml_base64_decode(ML_BASE64_BARE, share, &len, s->arguments[count - 1]) < 0)
        return ml_age_stanza_bad(e, kind);
    if (ssh) {
        ml_base64_encode(ML_BASE64_BARE, tag, ml_bytes_of(i->recipient.tag, ML_AGE_SSH_TAG));
        if (!ml_bytes_equal(s->arguments[1], ml_bytes_of(tag, ML_AGE_TAG_TEXT)))
            return 0;
        ml_sha512(hash,
                  ml_secret_bytes(&i->secret)); /* its first half is the scalar of the SSH key */
    }
    status = ml_x25519(shared, ssh ? hash : i->secret.p, share, e);
    if (status == 0 && ssh)
        status = tweak(shared, &i->recipient, e);
    if (status == 0) {
        wrap_key(key, shared, share, i->recipient.point, ssh ? ssh_info : x25519_info);
        status = ml_age_body_open(file_key, key, s->body.p);
    }
    ml_wipe(hash, sizeof hash);
    ml_wipe(shared, sizeof shared);
    ml_wipe(key, sizeof key);
    return status;
}
