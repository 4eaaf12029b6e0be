/* age_stream.c — payloads whole in memory; see age_stream.h. */
#include "format/age_stream.h"

#include "format/age_chunk.h"

enum { NONCE = ML_AGE_NONCE, CHUNK = ML_AGE_CHUNK, SEALED = ML_AGE_SEALED_CHUNK };

void ml_age_stream_seal(ml_buf *out, const unsigned char file_key[ML_AGE_FILE_KEY], ml_bytes text)
{
    unsigned char key[ML_CHACHA_KEY], *room = ml_buf_room(out, NONCE);
    uint64_t index = 0;
    size_t at = 0;

    if (room == NULL)
        return;
    ml_random(room, NONCE);
    ml_age_payload_key(key, file_key, room);
    out->len += NONCE;
    do { /* an empty text has one empty chunk; no other chunk is empty */
        const ml_bytes part = ml_bytes_slice(text, at, at + CHUNK);

        at += CHUNK;
        room = ml_buf_room(out, part.len + ML_CHACHA_TAG);
        if (room == NULL)
            break;
        ml_age_chunk_seal(room, (ml_age_cipher){ key, NULL }, index++, at >= text.len, part);
        out->len += part.len + ML_CHACHA_TAG;
    } while (at < text.len);
    ml_wipe(key, sizeof key);
}

int ml_age_stream_open(ml_secret *out, const unsigned char file_key[ML_AGE_FILE_KEY],
                       ml_bytes payload, ml_err *e)
{
    const ml_bytes sealed = ml_bytes_slice(payload, NONCE, payload.len);
    const size_t chunks = (size_t)ml_age_chunk_count(sealed.len);
    unsigned char key[ML_CHACHA_KEY];
    ml_secret text = { 0 };
    bool open = true;
    size_t i;

    if (payload.len < NONCE)
        return ml_age_no_nonce(e);
    if (chunks == 0)
        return ml_age_payload_cut(e);
    if (ml_secret_new(&text, sealed.len - chunks * ML_CHACHA_TAG, e) < 0)
        return -1;
    ml_age_payload_key(key, file_key, payload.p);
    for (i = 0; i < chunks && open; i++)
        open =
            ml_age_chunk_open(text.p + i * CHUNK, (ml_age_cipher){ key, NULL }, i, i + 1 == chunks,
                              ml_bytes_slice(sealed, i * SEALED, (i + 1) * SEALED));
    ml_wipe(key, sizeof key);
    if (open) {
        *out = text;
        return 0;
    }
    ml_secret_free(&text);
    return ml_age_payload_changed(e);
}
