/* age.c — whole age files in memory: header and payload together; see age.h. */
#include "format/age.h"

#include "format/age_armor.h"
#include "format/age_stream.h"
#include "format/age_wrap.h"

/* Seals the payload behind the header in *file and moves all to *out. */
static int finish(ml_buf *out, ml_buf *file, const unsigned char file_key[ML_AGE_FILE_KEY],
                  ml_bytes text, bool armor, ml_err *e)
{
    ml_age_stream_seal(file, file_key, text);
    if (ml_buf_check(file, e) < 0)
        return -1;
    if (armor)
        ml_age_armor_write(out, ml_buf_bytes(file));
    else
        ml_buf_add(out, ml_buf_bytes(file));
    return ml_buf_check(out, e);
}

int ml_age_encrypt(ml_buf *out, const ml_age_recipient *const *recipients, size_t count,
                   ml_bytes text, bool armor, ml_err *e)
{
    unsigned char file_key[ML_AGE_FILE_KEY];
    ml_buf file = { 0 };
    int status = ml_age_filekey_new(file_key, &file, recipients, count, e);

    if (status == 0)
        status = finish(out, &file, file_key, text, armor, e);
    ml_wipe(file_key, sizeof file_key);
    ml_buf_free(&file);
    return status;
}

int ml_age_encrypt_passphrase(ml_buf *out, ml_bytes passphrase, unsigned log_n, ml_bytes text,
                              bool armor, ml_err *e)
{
    unsigned char file_key[ML_AGE_FILE_KEY];
    ml_buf file = { 0 };
    int status = ml_age_filekey_new_passphrase(file_key, &file, passphrase, log_n, e);

    if (status == 0)
        status = finish(out, &file, file_key, text, armor, e);
    ml_wipe(file_key, sizeof file_key);
    ml_buf_free(&file);
    return status;
}

static int open_binary(ml_secret *out, const ml_age_keys *keys, ml_bytes file, size_t *used,
                       ml_err *e)
{
    unsigned char file_key[ML_AGE_FILE_KEY];
    ml_age_header h;
    int status;

    if (ml_age_header_parse(&h, file, e) < 0)
        return -1;
    status = ml_age_filekey_find(file_key, used, keys, &h, e);
    if (status == 0)
        status = ml_age_stream_open(out, file_key, ml_bytes_slice(file, h.size, file.len), e);
    ml_wipe(file_key, sizeof file_key);
    ml_age_header_free(&h);
    return status;
}

int ml_age_decrypt(ml_secret *out, const ml_age_keys *keys, ml_bytes file, size_t *used, ml_err *e)
{
    ml_buf binary = { 0 };
    size_t which = SIZE_MAX;
    int status = 0;

    if (ml_age_is_armored(file)) {
        status = ml_age_armor_read(&binary, file, e);
        file = ml_buf_bytes(&binary);
    }
    if (status == 0)
        status = open_binary(out, keys, file, &which, e);
    if (status == 0 && used != NULL)
        *used = which;
    ml_buf_free(&binary);
    return status;
}
