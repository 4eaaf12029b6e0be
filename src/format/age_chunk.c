/* age_chunk.c — see age_chunk.h. */
#include "format/age_chunk.h"

#include <string.h>

/* 11 bytes of big-endian counter and the mark of the last chunk. */
static void chunk_nonce(unsigned char nonce[ML_CHACHA_NONCE], uint64_t index, bool last)
{
    size_t i;

    memset(nonce, 0, ML_CHACHA_NONCE);
    for (i = 0; i < 8; i++)
        nonce[10 - i] = (unsigned char)(index >> 8 * i);
    nonce[11] = last;
}

void ml_age_payload_key(unsigned char key[ML_CHACHA_KEY],
                        const unsigned char file_key[ML_AGE_FILE_KEY],
                        const unsigned char nonce[ML_AGE_NONCE])
{
    ml_hkdf_sha256(key, ml_bytes_of(file_key, ML_AGE_FILE_KEY), ml_bytes_of(nonce, ML_AGE_NONCE),
                   "payload");
}

void ml_age_chunk_seal(unsigned char *out, ml_age_cipher cipher, uint64_t index, bool last,
                       ml_bytes text)
{
    unsigned char nonce[ML_CHACHA_NONCE];
    ml_err ignored;

    chunk_nonce(nonce, index, last);
    if (cipher.fast == NULL || ml_chacha_fast_seal(cipher.fast, out, nonce, text, &ignored) < 0)
        ml_chacha_seal(out, cipher.key, nonce, text);
}

bool ml_age_chunk_open(unsigned char *out, ml_age_cipher cipher, uint64_t index, bool last,
                       ml_bytes sealed)
{
    unsigned char nonce[ML_CHACHA_NONCE];
    ml_err ignored;

    chunk_nonce(nonce, index, last);
    if (cipher.fast != NULL)
        return ml_chacha_fast_open(cipher.fast, out, nonce, sealed, &ignored) == 0;
    return ml_chacha_open(out, cipher.key, nonce, sealed, &ignored) == 0;
}

bool ml_age_chunk_may_be_last(uint64_t index, uint64_t sealed)
{
    return sealed > ML_CHACHA_TAG || (index == 0 && sealed == ML_CHACHA_TAG);
}

uint64_t ml_age_chunk_count(uint64_t sealed)
{
    const uint64_t whole = sealed == 0 ? 0 : (sealed - 1) / ML_AGE_SEALED_CHUNK;

    return ml_age_chunk_may_be_last(whole, sealed - whole * ML_AGE_SEALED_CHUNK) ? whole + 1 : 0;
}

int ml_age_no_nonce(ml_err *e)
{
    ml_fail(e, ML_E_FORMAT, "the age file is cut short: it ends behind its header");
    return ml_err_part(e, ML_AGE_PART_HEADER);
}

int ml_age_payload_cut(ml_err *e)
{
    ml_fail(e, ML_E_FORMAT, "the age file is cut short");
    return ml_err_part(e, ML_AGE_PART_PAYLOAD);
}

int ml_age_payload_changed(ml_err *e)
{
    ml_fail(e, ML_E_AUTH, "the contents of the age file were changed or cut short");
    return ml_err_part(e, ML_AGE_PART_PAYLOAD);
}
