/* age_filekey.c — from keys to the file key and back: all stanzas and the MAC of one header. */
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

/* A passphrase stanza must stand alone: who knows the passphrase could otherwise be shown a file
 * that somebody else has written. */
static int check_scrypt_alone(const ml_age_header *h, bool *scrypt, ml_err *e)
{
    size_t i = 0;

    while (i < h->count && !ml_bytes_is(h->stanzas[i].arguments[0], "scrypt"))
        i++;
    *scrypt = i < h->count;
    if (!*scrypt || h->count == 1)
        return 0;
    ml_fail(e, ML_E_FORMAT, "malformed age header: a passphrase stanza is not alone");
    return ml_age_stanza_at(&h->stanzas[i], e);
}

static int try_passphrase(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_header *h,
                          ml_bytes passphrase, ml_err *e)
{
    int opened;

    if (passphrase.len == 0)
        return ml_fail(e, ML_E_PASSPHRASE, "the age file is protected by a passphrase");
    opened = ml_age_unwrap_passphrase(file_key, passphrase, &h->stanzas[0], e);
    if (opened == 0)
        return ml_fail(e, ML_E_AUTH, "wrong passphrase for the age file");
    return opened < 0 ? ml_age_stanza_at(&h->stanzas[0], e) : 0;
}

static int try_identities(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_header *h,
                          const ml_age_keys *keys, size_t *used, ml_err *e)
{
    size_t i, j;

    for (i = 0; i < keys->count; i++) {
        for (j = 0; j < h->count; j++) {
            const int opened = ml_age_unwrap(file_key, keys->identities[i], &h->stanzas[j], e);

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

int ml_age_filekey_find(unsigned char file_key[ML_AGE_FILE_KEY], size_t *size, size_t *used,
                        const ml_age_keys *keys, ml_bytes file, ml_err *e)
{
    unsigned char mac[ML_AGE_MAC];
    ml_age_header h;
    bool scrypt;
    int status;

    *used = SIZE_MAX;
    if (ml_age_header_parse(&h, file, e) < 0)
        return ml_err_part(e, ML_AGE_PART_HEADER);
    status = check_scrypt_alone(&h, &scrypt, e);
    if (status == 0)
        status = scrypt ? try_passphrase(file_key, &h, keys->passphrase, e)
                        : try_identities(file_key, &h, keys, used, e);
    if (status == 0) {
        ml_age_header_mac(mac, file_key, ml_bytes_slice(file, 0, h.covered));
        if (!ml_secret_equal(ml_bytes_of(mac, sizeof mac), ml_bytes_of(h.mac, sizeof h.mac))) {
            ml_fail(e, ML_E_AUTH, "the header of the age file was changed");
            status = ml_err_part(e, ML_AGE_PART_MAC);
        }
    }
    *size = h.size;
    ml_age_header_free(&h);
    return status;
}
