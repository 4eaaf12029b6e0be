/* age_part.c — see age_part.h. */
#include "format/age_part.h"

#include <string.h>

#include "format/age_chunk.h"

enum { CHUNK = ML_AGE_CHUNK, SEALED = ML_AGE_SEALED_CHUNK };

/* What p->memory holds. */
typedef struct memory {
    unsigned char key[ML_CHACHA_KEY];
    unsigned char text[CHUNK]; /* of the chunk p->held */
    unsigned char sealed[SEALED];
} memory;

static memory *memory_of(const ml_age_part *p)
{
    return (memory *)(void *)p->memory.p;
}

/* A read that must give all it is asked for: the file had these bytes. */
static int read_all(const ml_age_part *p, uint64_t offset, unsigned char *to, size_t len, ml_err *e)
{
    size_t got;

    if (p->place.read(p->place.context, offset, to, len, &got, e) < 0)
        return -1;
    return got == len ? 0 : ml_age_payload_cut(e);
}

static uint64_t last_chunk(const ml_age_part *p)
{
    return p->size == 0 ? 0 : (p->size - 1) / CHUNK;
}

/* Sees that the memory holds the text of this chunk. */
static int hold(ml_age_part *p, uint64_t index, ml_err *e)
{
    memory *const m = memory_of(p);
    const bool last = index == last_chunk(p);
    const size_t len = last ? (size_t)(p->size - index * CHUNK) : CHUNK;

    if (p->held == index)
        return 0;
    p->held = UINT64_MAX;
    if (read_all(p, p->begin + index * SEALED, m->sealed, len + ML_CHACHA_TAG, e) < 0)
        return -1;
    if (!ml_age_chunk_open(m->text, (ml_age_cipher){ m->key, NULL }, index, last,
                           ml_bytes_of(m->sealed, len + ML_CHACHA_TAG)))
        return ml_age_payload_changed(e);
    p->held = index;
    return 0;
}

int ml_age_part_open(ml_age_part *p, const unsigned char file_key[ML_AGE_FILE_KEY],
                     const ml_age_place *place, uint64_t payload, ml_err *e)
{
    unsigned char nonce[ML_AGE_NONCE];
    uint64_t sealed, chunks;

    memset(p, 0, sizeof *p);
    p->place = *place;
    p->begin = payload + ML_AGE_NONCE;
    p->held = UINT64_MAX;
    if (place->size < p->begin)
        return ml_age_no_nonce(e);
    sealed = place->size - p->begin;
    chunks = ml_age_chunk_count(sealed);
    if (chunks == 0)
        return ml_age_payload_cut(e);
    p->size = sealed - chunks * ML_CHACHA_TAG;
    if (read_all(p, payload, nonce, sizeof nonce, e) < 0 ||
        ml_secret_new(&p->memory, sizeof(memory), e) < 0)
        return -1;
    ml_age_payload_key(memory_of(p)->key, file_key, nonce);
    if (hold(p, last_chunk(p), e) == 0)
        return 0;
    ml_age_part_free(p);
    return -1;
}

int ml_age_part_read(ml_age_part *p, uint64_t offset, size_t len, ml_secret *out, ml_err *e)
{
    const uint64_t rest = offset < p->size ? p->size - offset : 0;
    size_t done = 0;

    if (len > rest)
        len = (size_t)rest;
    if (ml_secret_new(out, len, e) < 0)
        return -1;
    while (done < len) {
        const size_t within = (size_t)((offset + done) % CHUNK);
        const size_t part = len - done < CHUNK - within ? len - done : CHUNK - within;

        if (hold(p, (offset + done) / CHUNK, e) < 0) {
            ml_secret_free(out);
            return -1;
        }
        memcpy(out->p + done, memory_of(p)->text + within, part);
        done += part;
    }
    return 0;
}

void ml_age_part_free(ml_age_part *p)
{
    ml_secret_free(&p->memory);
    memset(p, 0, sizeof *p);
}
