/* age_reader.c — see age_reader.h. */
#include "format/age_reader.h"

#include <string.h>

#include "base/limits.h"
#include "format/age_chunk.h"
#include "format/age_wrap.h"

enum { PIECE = 65536 };

/* Takes armor off the text, which is what the source gave last. */
static int take_off(ml_age_reader *r, ml_bytes text, ml_err *e)
{
    if (text.len > 0 && ml_age_armor_feed(&r->armor, &r->binary, text, e) < 0)
        return -1;
    return r->ended ? ml_age_armor_finish(&r->armor, &r->binary, e) : 0;
}

/* Asks the source. */
static int ask(ml_age_reader *r, unsigned char *p, size_t room, size_t *got, ml_err *e)
{
    const int status = r->source.read(r->source.context, p, room, got, e);

    if (status == 0)
        r->read += *got;
    return status;
}

/* Reads once more. An error waits until what came before it is used up: it may stand behind whole
 * chunks. */
static void more(ml_age_reader *r)
{
    ml_buf raw = { 0 };
    ml_buf *const to = r->armored ? &raw : &r->binary;
    unsigned char *const room = ml_buf_room(to, PIECE);
    size_t got = 0;

    r->status = room == NULL ? ml_fail_memory(&r->e) : ask(r, room, PIECE, &got, &r->e);
    r->ended = r->status < 0 || got == 0;
    if (r->status == 0) {
        to->len += got;
        if (r->armored)
            r->status = take_off(r, ml_buf_bytes(&raw), &r->e);
    }
    r->ended = r->ended || r->status < 0;
    ml_buf_free(&raw);
}

/* Reads until the beginning tells whether the file is armored. */
static void sniff(ml_age_reader *r)
{
    ml_buf text;

    while (r->binary.len < ML_AGE_ARMOR_SNIFF && !r->ended)
        more(r);
    r->armored = ml_age_is_armored(ml_buf_bytes(&r->binary));
    if (!r->armored)
        return;
    text = r->binary;
    memset(&r->binary, 0, sizeof r->binary);
    if (r->status == 0)
        r->status = take_off(r, ml_buf_bytes(&text), &r->e);
    r->ended = r->ended || r->status < 0;
    ml_buf_free(&text);
}

/* Reads until the whole header is there, or it is plain that it will never be. */
static int read_header(ml_age_reader *r, ml_err *e)
{
    size_t seen = 0, size;

    while ((size = ml_age_header_find(ml_buf_bytes(&r->binary), &seen)) == 0 && !r->ended &&
           r->binary.len <= ML_LIMIT_AGE_HEADER)
        more(r);
    if (size == 0 && r->status < 0) {
        *e = r->e;
        return -1;
    }
    if (size == 0)
        size = r->binary.len;
    ml_buf_add(&r->text, ml_bytes_slice(ml_buf_bytes(&r->binary), 0, size));
    r->at = size;
    if (ml_buf_check(&r->text, e) < 0)
        return -1;
    return ml_age_header_parse(&r->header, ml_buf_bytes(&r->text), e);
}

int ml_age_reader_open(ml_age_reader *r, const ml_age_source *source, ml_err *e)
{
    memset(r, 0, sizeof *r);
    r->source = *source;
    sniff(r);
    if (read_header(r, e) == 0)
        return 0;
    ml_age_reader_free(r);
    return -1;
}

int ml_age_reader_unlock(ml_age_reader *r, const ml_age_keys *keys, size_t *used, ml_err *e)
{
    ml_secret file_key = { 0 };
    size_t which = SIZE_MAX;

    if (ml_secret_new(&file_key, ML_AGE_FILE_KEY, e) < 0)
        return -1;
    if (ml_age_filekey_find(file_key.p, &which, keys, &r->header, e) < 0) {
        ml_secret_free(&file_key);
        return -1;
    }
    ml_secret_free(&r->file_key);
    r->file_key = file_key;
    if (used != NULL)
        *used = which;
    return 0;
}

int ml_age_reader_offer(ml_age_reader *r, ml_bytes file_key, ml_err *e)
{
    if (file_key.len != ML_AGE_FILE_KEY)
        return ml_fail(e, ML_E_FORMAT, "a file key has %d bytes, this one %zu", ML_AGE_FILE_KEY,
                       file_key.len);
    if (ml_age_filekey_check(file_key.p, &r->header, e) < 0)
        return -1;
    ml_secret_free(&r->file_key);
    return ml_secret_copy(&r->file_key, file_key, e);
}

/* The payload, armor taken off, as a source: first what was read together with the header. */
static int read_payload(void *context, unsigned char *p, size_t room, size_t *got, ml_err *e)
{
    ml_age_reader *const r = context;
    ml_bytes part;

    while (r->at == r->binary.len) {
        r->binary.len = r->at = 0;
        *got = 0;
        if (r->status < 0)
            *e = r->e;
        if (r->ended)
            return r->status;
        if (!r->armored)
            return ask(r, p, room, got, e);
        more(r);
    }
    part = ml_bytes_slice(ml_buf_bytes(&r->binary), r->at, r->at + room);
    memcpy(p, part.p, part.len);
    r->at += part.len;
    *got = part.len;
    return 0;
}

static int check_unlocked(const ml_age_reader *r, ml_err *e)
{
    return r->file_key.p != NULL ? 0 : ml_fail(e, ML_E_KEY, "the age file is not unlocked");
}

int ml_age_reader_part(const ml_age_reader *r, ml_age_part *part, const ml_age_place *place,
                       ml_err *e)
{
    if (check_unlocked(r, e) < 0)
        return -1;
    if (r->armored)
        return ml_fail(e, ML_E_UNSUPPORTED,
                       "an armored age file can only be read from its beginning");
    return ml_age_part_open(part, r->file_key.p, place, r->header.size, e);
}

int ml_age_reader_decrypt(ml_age_reader *r, const ml_age_sink *sink, ml_err *e)
{
    const ml_age_source payload = { read_payload, r };

    if (check_unlocked(r, e) < 0)
        return -1;
    return ml_age_stream_decrypt(r->file_key.p, &payload, sink, e);
}

int ml_age_reader_is_postquantum(const ml_age_reader *r)
{
    int known = 1;
    size_t i;

    for (i = 0; i < r->header.count; i++) {
        const int one = ml_age_is_postquantum(r->header.stanzas[i].arguments[0]);

        if (one == 0)
            return 0;
        known = one < 0 ? -1 : known;
    }
    return known;
}

int ml_age_reader_measure(ml_age_reader *r, ml_age_sizes *sizes, ml_err *e)
{
    ml_buf piece = { 0 };
    unsigned char *const room = ml_buf_room(&piece, PIECE);
    uint64_t payload = 0, chunks;
    size_t got = 1;
    int status = room == NULL ? ml_fail_memory(e) : 0;

    while (status == 0 && got > 0) {
        status = read_payload(r, room, PIECE, &got, e);
        payload += got;
    }
    ml_buf_free(&piece);
    if (status < 0)
        return -1;
    sizes->header = r->header.size;
    sizes->armor = r->read - r->header.size - payload;
    chunks = payload < ML_AGE_NONCE ? 0 : ml_age_chunk_count(payload - ML_AGE_NONCE);
    sizes->overhead = ML_AGE_NONCE + chunks * ML_CHACHA_TAG;
    sizes->text = payload - sizes->overhead;
    return chunks == 0 ? ml_age_payload_cut(e) : 0;
}

void ml_age_reader_free(ml_age_reader *r)
{
    ml_age_header_free(&r->header);
    ml_secret_free(&r->file_key);
    ml_buf_free(&r->text);
    ml_buf_free(&r->binary);
    memset(r, 0, sizeof *r);
}
