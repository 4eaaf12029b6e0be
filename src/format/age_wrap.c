/* age_wrap.c — see age_wrap.h. */
#include "format/age_wrap.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/encode.h"

static const char x25519_info[] = "age-encryption.org/v1/X25519";
static const char ssh_info[] = "age-encryption.org/v1/ssh-ed25519";
static const char scrypt_salt[] = "age-encryption.org/v1/scrypt";

enum {
    BODY = ML_AGE_FILE_KEY + ML_CHACHA_TAG,
    KEY_TEXT = 43, /* characters of 32 bytes in bare base64 */
    TAG_TEXT = 6,
    DEFAULT_LOG_N = 18,
    SALT = 16,
    SALT_TEXT = 22
};

static const unsigned char zero_nonce[ML_CHACHA_NONCE];

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

int ml_age_wrap(ml_buf *header, const ml_age_recipient *r,
                const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e)
{
    const bool ssh = r->kind == ML_AGE_SSH_ED25519;
    unsigned char ephemeral[32], share[32], shared[32], key[32], body[BODY];
    char share_text[KEY_TEXT], tag[TAG_TEXT];
    ml_age_stanza s;
    int status;

    if (!ml_age_kind_usable(r->kind)) {
        ml_fail(e, ML_E_UNSUPPORTED, "cannot encrypt to a recipient of kind %s yet",
                ml_age_kind_word(r->kind));
        return ml_err_hint(e, "use a recipient age1… or ssh-ed25519");
    }
    ml_random(ephemeral, sizeof ephemeral);
    ml_x25519_base(share, ephemeral);
    status = ml_x25519(shared, ephemeral, r->point, e);
    if (status == 0 && ssh)
        status = tweak(shared, r, e);
    if (status == 0) {
        wrap_key(key, shared, share, r->point, ssh ? ssh_info : x25519_info);
        ml_chacha_seal(body, key, zero_nonce, ml_bytes_of(file_key, ML_AGE_FILE_KEY));
        ml_base64_encode(ML_BASE64_BARE, share_text, ml_bytes_of(share, sizeof share));
        memset(&s, 0, sizeof s);
        s.arguments[s.count++] = ml_bytes_text(ssh ? "ssh-ed25519" : "X25519");
        if (ssh) {
            ml_base64_encode(ML_BASE64_BARE, tag, ml_bytes_of(r->tag, sizeof r->tag));
            s.arguments[s.count++] = ml_bytes_of(tag, TAG_TEXT);
        }
        s.arguments[s.count++] = ml_bytes_of(share_text, KEY_TEXT);
        s.body = ml_bytes_of(body, BODY);
        ml_age_header_stanza(header, &s);
    }
    ml_wipe(ephemeral, sizeof ephemeral);
    ml_wipe(shared, sizeof shared);
    ml_wipe(key, sizeof key);
    return status;
}

static int bad(ml_err *e, const char *kind)
{
    return ml_fail(e, ML_E_FORMAT,
                   "malformed age header: a stanza of type %s has wrong arguments or body", kind);
}

int ml_age_unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                  const ml_age_stanza *s, ml_err *e)
{
    const bool ssh = i->kind == ML_AGE_SSH_ED25519;
    const char *kind = ssh ? "ssh-ed25519" : "X25519";
    const size_t count = ssh ? 3 : 2;
    unsigned char share[36], shared[32], key[32], hash[64];
    char tag[TAG_TEXT];
    size_t len;
    int status;

    if (!ml_bytes_is(s->arguments[0], kind))
        return 0;
    if (s->count != count || s->arguments[count - 1].len != KEY_TEXT || s->body.len != BODY ||
        ml_base64_decode(ML_BASE64_BARE, share, &len, s->arguments[count - 1]) < 0)
        return bad(e, kind);
    if (ssh) {
        ml_base64_encode(ML_BASE64_BARE, tag, ml_bytes_of(i->recipient.tag, ML_AGE_SSH_TAG));
        if (!ml_bytes_equal(s->arguments[1], ml_bytes_of(tag, TAG_TEXT)))
            return 0;
        ml_sha512(hash,
                  ml_secret_bytes(&i->secret)); /* its first half is the scalar of the SSH key */
    }
    status = ml_x25519(shared, ssh ? hash : i->secret.p, share, e);
    if (status == 0 && ssh)
        status = tweak(shared, &i->recipient, e);
    if (status == 0) {
        wrap_key(key, shared, share, i->recipient.point, ssh ? ssh_info : x25519_info);
        status = ml_chacha_open(file_key, key, zero_nonce, s->body, e) == 0;
        if (status == 0 && ssh) /* the tag says it is ours: nothing else can open it */
            status =
                ml_fail(e, ML_E_AUTH, "the stanza for this SSH key does not open: it was changed");
    }
    ml_wipe(hash, sizeof hash);
    ml_wipe(shared, sizeof shared);
    ml_wipe(key, sizeof key);
    return status;
}

static int passphrase_key(unsigned char key[32], ml_bytes passphrase,
                          const unsigned char salt[SALT], unsigned log_n, ml_err *e)
{
    unsigned char both[sizeof scrypt_salt - 1 + SALT];

    memcpy(both, scrypt_salt, sizeof scrypt_salt - 1);
    memcpy(both + sizeof scrypt_salt - 1, salt, SALT);
    return ml_scrypt(key, passphrase, ml_bytes_of(both, sizeof both), log_n, e);
}

int ml_age_wrap_passphrase(ml_buf *header, ml_bytes passphrase, unsigned log_n,
                           const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e)
{
    unsigned char salt[SALT], key[32], body[BODY];
    char salt_text[SALT_TEXT], number[4];
    ml_age_stanza s;

    if (passphrase.len == 0)
        return ml_fail(e, ML_E_ARGUMENT, "an empty passphrase protects nothing");
    if (log_n == 0)
        log_n = DEFAULT_LOG_N;
    if (log_n > ML_LIMIT_SCRYPT_LOG)
        return ml_fail(e, ML_E_ARGUMENT, "the work factor of scrypt is at most %d",
                       ML_LIMIT_SCRYPT_LOG);
    ml_random(salt, sizeof salt);
    if (passphrase_key(key, passphrase, salt, log_n, e) < 0)
        return -1;
    ml_chacha_seal(body, key, zero_nonce, ml_bytes_of(file_key, ML_AGE_FILE_KEY));
    ml_wipe(key, sizeof key);
    ml_base64_encode(ML_BASE64_BARE, salt_text, ml_bytes_of(salt, SALT));
    snprintf(number, sizeof number, "%u", log_n);
    memset(&s, 0, sizeof s);
    s.arguments[s.count++] = ml_bytes_text("scrypt");
    s.arguments[s.count++] = ml_bytes_of(salt_text, SALT_TEXT);
    s.arguments[s.count++] = ml_bytes_text(number);
    s.body = ml_bytes_of(body, BODY);
    ml_age_header_stanza(header, &s);
    return 0;
}

/* One or two digits without leading zero; 0 when it is anything else. */
static unsigned parse_log_n(ml_bytes text)
{
    unsigned n = 0;
    size_t i;

    for (i = 0; i < text.len && i < 3; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || (i == 0 && text.p[i] == '0'))
            return 0;
        n = n * 10 + (text.p[i] - (unsigned)'0');
    }
    return text.len <= 3 ? n : 0;
}

int ml_age_unwrap_passphrase(unsigned char file_key[ML_AGE_FILE_KEY], ml_bytes passphrase,
                             const ml_age_stanza *s, ml_err *e)
{
    unsigned char salt[SALT + 3], key[32];
    unsigned log_n;
    size_t len;
    int status;

    if (s->count != 3 || s->arguments[1].len != SALT_TEXT || s->body.len != BODY ||
        ml_base64_decode(ML_BASE64_BARE, salt, &len, s->arguments[1]) < 0)
        return bad(e, "scrypt");
    log_n = parse_log_n(s->arguments[2]);
    if (log_n == 0)
        return bad(e, "scrypt");
    if (log_n > ML_LIMIT_SCRYPT_LOG)
        return ml_fail(e, ML_E_LIMIT, "the scrypt work factor %u is over the limit of %d", log_n,
                       ML_LIMIT_SCRYPT_LOG);
    if (passphrase_key(key, passphrase, salt, log_n, e) < 0)
        return -1;
    status = ml_chacha_open(file_key, key, zero_nonce, s->body, e) == 0;
    ml_wipe(key, sizeof key);
    return status;
}
