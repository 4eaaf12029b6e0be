/* age_stream.c — see age_stream.h. */
#include "format/age_stream.h"

#include <string.h>

#include "crypto/provider.h"

enum { NONCE = ML_AGE_NONCE, CHUNK = ML_AGE_CHUNK, SEALED = ML_AGE_SEALED_CHUNK };

/* 11 bytes of big-endian counter and the mark of the last chunk. */
static void chunk_nonce(unsigned char nonce[ML_CHACHA_NONCE], uint64_t index, bool last)
{
    size_t i;

    memset(nonce, 0, ML_CHACHA_NONCE);
    for (i = 0; i < 8; i++)
        nonce[10 - i] = (unsigned char)(index >> 8 * i);
    nonce[11] = last;
}

static void payload_key(unsigned char key[ML_CHACHA_KEY],
                        const unsigned char file_key[ML_AGE_FILE_KEY],
                        const unsigned char nonce[NONCE])
{
    ml_hkdf_sha256(key, ml_bytes_of(file_key, ML_AGE_FILE_KEY), ml_bytes_of(nonce, NONCE),
                   "payload");
}

void ml_age_stream_seal(ml_buf *out, const unsigned char file_key[ML_AGE_FILE_KEY], ml_bytes text)
{
    unsigned char key[ML_CHACHA_KEY], nonce[ML_CHACHA_NONCE], *room = ml_buf_room(out, NONCE);
    uint64_t index = 0;
    size_t at = 0;

    if (room == NULL)
        return;
    ml_random(room, NONCE);
    payload_key(key, file_key, room);
    out->len += NONCE;
    do { /* an empty text has one empty chunk; no other chunk is empty */
        const ml_bytes part = ml_bytes_slice(text, at, at + CHUNK);

        at += CHUNK;
        chunk_nonce(nonce, index++, at >= text.len);
        room = ml_buf_room(out, part.len + ML_CHACHA_TAG);
        if (room == NULL)
            break;
        ml_chacha_seal(room, key, nonce, part);
        out->len += part.len + ML_CHACHA_TAG;
    } while (at < text.len);
    ml_wipe(key, sizeof key);
}

static int changed(ml_err *e)
{
    ml_fail(e, ML_E_AUTH, "the contents of the age file were changed or cut short");
    return ml_err_part(e, ML_AGE_PART_PAYLOAD);
}

static int cut_short(ml_err *e)
{
    ml_fail(e, ML_E_FORMAT, "the age file is cut short");
    return ml_err_part(e, ML_AGE_PART_PAYLOAD);
}

int ml_age_no_nonce(ml_err *e)
{
    ml_fail(e, ML_E_FORMAT, "the age file is cut short: it ends behind its header");
    return ml_err_part(e, ML_AGE_PART_HEADER);
}

/* The number of chunks that `sealed` bytes make, or 0 when no text has that many. */
static size_t count_chunks(size_t sealed)
{
    const size_t chunks = (sealed + SEALED - 1) / SEALED;

    if (chunks == 0 || sealed < chunks * ML_CHACHA_TAG ||
        (chunks > 1 && sealed % SEALED == ML_CHACHA_TAG))
        return 0;
    return chunks;
}

int ml_age_stream_open(ml_secret *out, const unsigned char file_key[ML_AGE_FILE_KEY],
                       ml_bytes payload, ml_err *e)
{
    const ml_bytes sealed = ml_bytes_slice(payload, NONCE, payload.len);
    const size_t chunks = count_chunks(sealed.len);
    unsigned char key[ML_CHACHA_KEY], nonce[ML_CHACHA_NONCE];
    ml_secret text = { 0 };
    int status = 0;
    size_t i;

    if (payload.len < NONCE)
        return ml_age_no_nonce(e);
    if (chunks == 0)
        return cut_short(e);
    if (ml_secret_new(&text, sealed.len - chunks * ML_CHACHA_TAG, e) < 0)
        return -1;
    payload_key(key, file_key, payload.p);
    for (i = 0; i < chunks && status == 0; i++) {
        chunk_nonce(nonce, i, i + 1 == chunks);
        status = ml_chacha_open(text.p + i * CHUNK, key, nonce,
                                ml_bytes_slice(sealed, i * SEALED, (i + 1) * SEALED), e);
    }
    ml_wipe(key, sizeof key);
    if (status == 0) {
        *out = text;
        return 0;
    }
    ml_secret_free(&text);
    return changed(e);
}

/* What c->work holds. */
typedef struct work {
    unsigned char key[ML_CHACHA_KEY];
    unsigned char chunk[SEALED];  /* gathered, of which c->held bytes are filled */
    unsigned char result[SEALED]; /* for the sink */
} work;

static work *work_of(const ml_age_chunks *c)
{
    return (work *)(void *)c->work.p;
}

int ml_age_chunks_begin(ml_age_chunks *c, const unsigned char file_key[ML_AGE_FILE_KEY],
                        const unsigned char nonce[ML_AGE_NONCE], ml_err *e)
{
    memset(c, 0, sizeof *c);
    if (ml_secret_new(&c->work, sizeof(work), e) < 0)
        return -1;
    payload_key(work_of(c)->key, file_key, nonce);
    return 0;
}

void ml_age_chunks_free(ml_age_chunks *c)
{
    ml_secret_free(&c->work);
}

/* Moves bytes from *text to the gathered chunk until it has `full` of them. */
static void gather(ml_age_chunks *c, ml_bytes *text, size_t full)
{
    const ml_bytes part = ml_bytes_slice(*text, 0, full - c->held);

    if (part.len > 0)
        memcpy(work_of(c)->chunk + c->held, part.p, part.len);
    c->held += part.len;
    *text = ml_bytes_slice(*text, part.len, text->len);
}

static int seal_chunk(ml_age_chunks *c, bool last, const ml_age_sink *sink, ml_err *e)
{
    work *w = work_of(c);
    const ml_bytes sealed = ml_bytes_of(w->result, c->held + ML_CHACHA_TAG);
    unsigned char nonce[ML_CHACHA_NONCE];

    chunk_nonce(nonce, c->index++, last);
    ml_chacha_seal(w->result, w->key, nonce, ml_bytes_of(w->chunk, c->held));
    c->held = 0;
    return sink->write(sink->context, sealed, e);
}

int ml_age_chunks_seal(ml_age_chunks *c, ml_bytes text, const ml_age_sink *sink, ml_err *e)
{
    for (;;) {
        gather(c, &text, CHUNK);
        if (text.len == 0)
            return 0; /* a full chunk waits: it may be the last one */
        if (seal_chunk(c, false, sink, e) < 0)
            return -1;
    }
}

int ml_age_chunks_seal_finish(ml_age_chunks *c, const ml_age_sink *sink, ml_err *e)
{
    return seal_chunk(c, true, sink, e);
}

/* Opens the gathered chunk; -1 when it is not authentic as what it claims to be. */
static int open_chunk(ml_age_chunks *c, bool last, ml_err *e)
{
    work *w = work_of(c);
    unsigned char nonce[ML_CHACHA_NONCE];

    if (last && c->index > 0 && c->held == ML_CHACHA_TAG)
        return changed(e); /* only a file without contents may end in an empty chunk */
    chunk_nonce(nonce, c->index, last);
    if (ml_chacha_open(w->result, w->key, nonce, ml_bytes_of(w->chunk, c->held), e) < 0)
        return changed(e);
    c->last = last;
    return 0;
}

static int release(ml_age_chunks *c, const ml_age_sink *sink, ml_err *e)
{
    const ml_bytes text = ml_bytes_of(work_of(c)->result, c->held - ML_CHACHA_TAG);

    c->index++;
    c->held = 0;
    return sink->write(sink->context, text, e);
}

int ml_age_chunks_open(ml_age_chunks *c, ml_bytes sealed, const ml_age_sink *sink, ml_err *e)
{
    while (sealed.len > 0) {
        if (c->last) {
            ml_fail(e, ML_E_AUTH, "bytes behind the end of the age file");
            return ml_err_part(e, ML_AGE_PART_PAYLOAD);
        }
        gather(c, &sealed, SEALED);
        if (sealed.len == 0)
            return 0; /* a full chunk waits: it may be the last one */
        /* More follows. A chunk marked as last is released even so, as age does; then it is an
         * error. */
        if (open_chunk(c, false, e) < 0 && open_chunk(c, true, e) < 0)
            return -1;
        if (release(c, sink, e) < 0)
            return -1;
    }
    return 0;
}

int ml_age_chunks_open_finish(ml_age_chunks *c, const ml_age_sink *sink, ml_err *e)
{
    if (c->last)
        return 0;
    if (c->held == 0)
        return cut_short(e);
    if (open_chunk(c, true, e) == 0)
        return release(c, sink, e);
    /* A whole chunk that is not the last one is genuine: it is released, and its successor missed.
     */
    if (c->held == SEALED && open_chunk(c, false, e) == 0 && release(c, sink, e) < 0)
        return -1;
    return changed(e);
}
