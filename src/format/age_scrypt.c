/* age_scrypt.c — the type whose file key is wrapped by a passphrase (C2SP age, "scrypt"). */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/encode.h"
#include "format/age_type.h"
#include "format/age_wrap.h"

static const char scrypt_salt[] = "age-encryption.org/v1/scrypt";

enum { DEFAULT_LOG_N = 18, SALT = 16, SALT_TEXT = 22 };

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
    unsigned char salt[SALT], key[32], body[ML_AGE_BODY];
    char salt_text[SALT_TEXT], number[4];
    ml_age_stanza s;

    if (passphrase.len == 0)
        return ml_fail(e, ML_E_ARGUMENT, "an empty passphrase protects nothing");
    if (log_n == 0)
        log_n = DEFAULT_LOG_N;
    if (log_n > ML_LIMIT_SCRYPT_ASKED)
        return ml_fail(e, ML_E_ARGUMENT, "the work factor of scrypt is at most %d",
                       ML_LIMIT_SCRYPT_ASKED);
    ml_random(salt, sizeof salt);
    if (passphrase_key(key, passphrase, salt, log_n, e) < 0)
        return -1;
    ml_age_body_seal(body, key, file_key);
    ml_wipe(key, sizeof key);
    ml_base64_encode(ML_BASE64_BARE, salt_text, ml_bytes_of(salt, SALT));
    snprintf(number, sizeof number, "%u", log_n);
    memset(&s, 0, sizeof s);
    s.arguments[s.count++] = ml_bytes_text("scrypt");
    s.arguments[s.count++] = ml_bytes_of(salt_text, SALT_TEXT);
    s.arguments[s.count++] = ml_bytes_text(number);
    s.body = ml_bytes_of(body, ML_AGE_BODY);
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
                             unsigned most, const ml_age_stanza *s, ml_err *e)
{
    unsigned char salt[SALT + 3], key[32];
    unsigned log_n;
    size_t len;
    int status;

    if (s->count != 3 || s->arguments[1].len != SALT_TEXT || s->body.len != ML_AGE_BODY ||
        ml_base64_decode(ML_BASE64_BARE, salt, &len, s->arguments[1]) < 0)
        return ml_age_stanza_bad(e, "scrypt");
    log_n = parse_log_n(s->arguments[2]);
    if (log_n == 0)
        return ml_age_stanza_bad(e, "scrypt");
    if (log_n > most)
        return ml_fail(
            e, ML_E_LIMIT,
            "the scrypt work factor %u is over the limit of %u: it needs %lu MiB of memory", log_n,
            most, log_n > 10 ? 1UL << (log_n - 10) : 1UL);
    if (passphrase_key(key, passphrase, salt, log_n, e) < 0)
        return -1;
    status = ml_age_body_open(file_key, key, s->body.p);
    ml_wipe(key, sizeof key);
    return status;
}
