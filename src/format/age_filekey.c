/* age_filekey.c — from keys to the file key and back: all stanzas and the MAC of one header. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "format/age_type.h"
#include "format/age_wrap.h"

int ml_age_filekey_new(unsigned char file_key[ML_AGE_FILE_KEY], ml_buf *out,
                       const ml_age_recipient *const *recipients, size_t count, ml_err *e)
{
    size_t i;

    if (ml_age_recipients_check(recipients, count, e) < 0)
        return -1;
    ml_random(file_key, ML_AGE_FILE_KEY);
    ml_age_header_begin(out);
    for (i = 0; i < count; i++)
        if (ml_age_wrap(out, recipients[i], file_key, e) < 0)
            return -1;
    ml_age_header_finish(out, file_key);
    return ml_buf_check(out, e);
}

int ml_age_filekey_new_passphrase(unsigned char file_key[ML_AGE_FILE_KEY], ml_buf *out,
                                  ml_bytes passphrase, unsigned log_n, ml_err *e)
{
    ml_random(file_key, ML_AGE_FILE_KEY);
    ml_age_header_begin(out);
    if (ml_age_wrap_passphrase(out, passphrase, log_n, file_key, e) < 0)
        return -1;
    ml_age_header_finish(out, file_key);
    return ml_buf_check(out, e);
}

/* Says which stanza it was. */
static int fail_stanza(const ml_age_header *h, size_t index, ml_err *e)
{
    char message[ML_ERR_TEXT];

    snprintf(message, sizeof message, "%s", e->message);
    snprintf(e->message, sizeof e->message, "stanza %zu of the age header: %.400s", index + 1,
             message);
    return ml_age_stanza_at(&h->stanzas[index], e);
}

static int try_passphrase(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_keys *keys,
                          const ml_age_header *h, ml_err *e)
{
    const unsigned most = keys->most_log_n > 0 ? keys->most_log_n : ML_LIMIT_SCRYPT_LOG;
    int opened;

    if (keys->passphrase.len == 0)
        return ml_fail(e, ML_E_PASSPHRASE, "the age file is protected by a passphrase");
    opened = ml_age_unwrap_passphrase(file_key, keys->passphrase, most, &h->stanzas[0], e);
    if (opened < 0)
        return fail_stanza(h, 0, e);
    return opened > 0 ? 0 : ml_fail(e, ML_E_AUTH, "wrong passphrase for the age file");
}

/* Tries one identity on all stanzas; as ml_age_unwrap. */
static int try_identity(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                        const ml_age_header *h, ml_err *e)
{
    size_t j;

    for (j = 0; j < h->count; j++) {
        const int opened = ml_age_unwrap(file_key, i, &h->stanzas[j], e);

        if (opened != 0)
            return opened < 0 ? fail_stanza(h, j, e) : 1;
    }
    return 0;
}

static bool is_native(const ml_age_identity *i)
{
    return i->kind == ML_AGE_X25519 || i->kind == ML_AGE_HYBRID;
}

static int try_identities(unsigned char file_key[ML_AGE_FILE_KEY], size_t *used,
                          const ml_age_keys *keys, const ml_age_header *h, ml_err *e)
{
    size_t i, round;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < keys->count; i++) {
            int opened;

            if (is_native(keys->identities[i]) != (round == 0))
                continue;
            opened = try_identity(file_key, keys->identities[i], h, e);
            if (opened < 0)
                return -1;
            if (opened > 0) {
                *used = i;
                return 0;
            }
        }
    }
    return ml_fail(e, ML_E_KEY, "no identity opens the age file");
}

int ml_age_filekey_check(const unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_header *h,
                         ml_err *e)
{
    unsigned char mac[ML_AGE_MAC];

    ml_age_header_mac(mac, file_key, h->covered);
    if (ml_secret_equal(ml_bytes_of(mac, sizeof mac), ml_bytes_of(h->mac, sizeof h->mac)))
        return 0;
    ml_fail(e, ML_E_AUTH, "the header of the age file was changed");
    return ml_err_part(e, ML_AGE_PART_MAC);
}

int ml_age_filekey_find(unsigned char file_key[ML_AGE_FILE_KEY], size_t *used,
                        const ml_age_keys *keys, const ml_age_header *h, ml_err *e)
{
    const bool scrypt = ml_bytes_is(h->stanzas[0].arguments[0], "scrypt");
    const int status =
        scrypt ? try_passphrase(file_key, keys, h, e) : try_identities(file_key, used, keys, h, e);

    return status < 0 ? -1 : ml_age_filekey_check(file_key, h, e);
}
