/* age_file.c — age files from a source to a sink; see age_file.h. */
#include "format/age_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "format/age_armor.h"
#include "format/age_wrap.h"

enum { PIECE = 65536 };

/* A sink that puts armor around what goes through it. */
typedef struct armored_sink {
    ml_age_armor_writer writer;
    ml_buf text;
    const ml_age_sink *to;
} armored_sink;

static int pass_on(armored_sink *a, ml_err *e)
{
    const int status = ml_buf_check(&a->text, e) < 0
                           ? -1
                           : a->to->write(a->to->context, ml_buf_bytes(&a->text), e);

    a->text.len = 0;
    return status;
}

static int write_armored(void *context, ml_bytes part, ml_err *e)
{
    armored_sink *a = context;

    ml_age_armor_add(&a->writer, &a->text, part);
    return pass_on(a, e);
}

/* Reads the source to its end through the chunks. */
static int seal_all(ml_age_chunks *c, const ml_age_source *source, const ml_age_sink *sink,
                    ml_err *e)
{
    ml_secret piece = { 0 };
    size_t got = 0;
    int status = ml_secret_new(&piece, PIECE, e);

    while (status == 0) {
        status = source->read(source->context, piece.p, PIECE, &got, e);
        if (status < 0 || got == 0)
            break;
        status = ml_age_chunks_seal(c, ml_bytes_of(piece.p, got), sink, e);
    }
    ml_secret_free(&piece);
    return status < 0 ? -1 : ml_age_chunks_seal_finish(c, sink, e);
}

/* Header, nonce and chunks to a sink that wants binary. */
static int encrypt_binary(ml_bytes header, const unsigned char file_key[ML_AGE_FILE_KEY],
                          const ml_age_source *source, const ml_age_sink *sink, ml_err *e)
{
    unsigned char nonce[ML_AGE_NONCE];
    ml_age_chunks chunks;
    int status;

    ml_random(nonce, sizeof nonce);
    if (ml_age_chunks_begin(&chunks, file_key, nonce, e) < 0)
        return -1;
    status = sink->write(sink->context, header, e);
    if (status == 0)
        status = sink->write(sink->context, ml_bytes_of(nonce, sizeof nonce), e);
    if (status == 0)
        status = seal_all(&chunks, source, sink, e);
    ml_age_chunks_free(&chunks);
    return status;
}

static int encrypt_any(ml_bytes header, const unsigned char file_key[ML_AGE_FILE_KEY], bool armor,
                       const ml_age_source *source, const ml_age_sink *sink, ml_err *e)
{
    armored_sink a = { .to = sink };
    const ml_age_sink through = { write_armored, &a };
    int status;

    if (!armor)
        return encrypt_binary(header, file_key, source, sink, e);
    ml_age_armor_begin(&a.text);
    status = encrypt_binary(header, file_key, source, &through, e);
    if (status == 0) {
        ml_age_armor_end(&a.writer, &a.text);
        status = pass_on(&a, e);
    }
    ml_buf_free(&a.text);
    return status;
}

int ml_age_file_encrypt(const ml_age_recipient *const *recipients, size_t count, bool armor,
                        const ml_age_source *source, const ml_age_sink *sink, ml_err *e)
{
    unsigned char file_key[ML_AGE_FILE_KEY];
    ml_buf header = { 0 };
    int status = ml_age_filekey_new(file_key, &header, recipients, count, e);

    if (status == 0)
        status = encrypt_any(ml_buf_bytes(&header), file_key, armor, source, sink, e);
    ml_wipe(file_key, sizeof file_key);
    ml_buf_free(&header);
    return status;
}

int ml_age_file_encrypt_passphrase(ml_bytes passphrase, unsigned log_n, bool armor,
                                   const ml_age_source *source, const ml_age_sink *sink, ml_err *e)
{
    unsigned char file_key[ML_AGE_FILE_KEY];
    ml_buf header = { 0 };
    int status = ml_age_filekey_new_passphrase(file_key, &header, passphrase, log_n, e);

    if (status == 0)
        status = encrypt_any(ml_buf_bytes(&header), file_key, armor, source, sink, e);
    ml_wipe(file_key, sizeof file_key);
    ml_buf_free(&header);
    return status;
}

/* A file on its way in, its armor taken off. */
typedef struct input {
    const ml_age_source *source;
    unsigned char *piece; /* PIECE bytes, as they came */
    ml_buf binary;        /* not used up yet */
    ml_age_armor_reader armor;
    bool armored, ended;
} input;

/* Reads once more. */
static int more(input *in, ml_err *e)
{
    size_t got;

    if (in->source->read(in->source->context, in->piece, PIECE, &got, e) < 0)
        return -1;
    in->ended = got == 0;
    if (!in->armored)
        ml_buf_add(&in->binary, ml_bytes_of(in->piece, got));
    else if (in->ended)
        return ml_age_armor_finish(&in->armor, &in->binary, e);
    else
        return ml_age_armor_feed(&in->armor, &in->binary, ml_bytes_of(in->piece, got), e);
    return ml_buf_check(&in->binary, e);
}

/* Reads until the beginning tells whether the file is armored. */
static int sniff(input *in, ml_err *e)
{
    ml_buf text;
    int status;

    while (in->binary.len < ML_AGE_ARMOR_SNIFF && !in->ended)
        if (more(in, e) < 0)
            return -1;
    in->armored = ml_age_is_armored(ml_buf_bytes(&in->binary));
    if (!in->armored)
        return 0;
    text = in->binary;
    in->binary = (ml_buf){ 0 };
    status = ml_age_armor_feed(&in->armor, &in->binary, ml_buf_bytes(&text), e);
    if (status == 0 && in->ended)
        status = ml_age_armor_finish(&in->armor, &in->binary, e);
    ml_buf_free(&text);
    return status;
}

/* Reads until the whole header is there, or it is plain that it will never be. */
static int read_header(input *in, ml_err *e)
{
    while (ml_age_header_find(ml_buf_bytes(&in->binary)) == 0 && !in->ended &&
           in->binary.len <= ML_LIMIT_AGE_HEADER)
        if (more(in, e) < 0)
            return -1;
    return 0;
}

/* The payload: what is in in->binary behind `at`, and the rest of the source. */
static int open_payload(input *in, size_t at, const unsigned char file_key[ML_AGE_FILE_KEY],
                        const ml_age_sink *sink, ml_err *e)
{
    ml_age_chunks chunks;
    int status = 0;

    while (in->binary.len - at < ML_AGE_NONCE && !in->ended)
        if (more(in, e) < 0)
            return -1;
    if (in->binary.len - at < ML_AGE_NONCE)
        return ml_age_no_nonce(e);
    if (ml_age_chunks_begin(&chunks, file_key, in->binary.p + at, e) < 0)
        return -1;
    at += ML_AGE_NONCE;
    for (;;) {
        status = ml_age_chunks_open(
            &chunks, ml_bytes_slice(ml_buf_bytes(&in->binary), at, in->binary.len), sink, e);
        in->binary.len = at = 0;
        if (status < 0 || in->ended)
            break;
        status = more(in, e);
        if (status < 0)
            break;
    }
    if (status == 0)
        status = ml_age_chunks_open_finish(&chunks, sink, e);
    ml_age_chunks_free(&chunks);
    return status;
}

int ml_age_file_decrypt(const ml_age_keys *keys, const ml_age_source *source,
                        const ml_age_sink *sink, size_t *used, ml_err *e)
{
    unsigned char file_key[ML_AGE_FILE_KEY];
    input in = { .source = source, .piece = malloc(PIECE) };
    size_t size = 0, which = 0;
    int status = in.piece == NULL ? ml_fail_memory(e) : sniff(&in, e);

    if (status == 0)
        status = read_header(&in, e);
    if (status == 0)
        status = ml_age_filekey_find(file_key, &size, &which, keys, ml_buf_bytes(&in.binary), e);
    if (status == 0)
        status = open_payload(&in, size, file_key, sink, e);
    if (status == 0 && used != NULL)
        *used = which;
    ml_wipe(file_key, sizeof file_key);
    ml_buf_free(&in.binary);
    free(in.piece);
    return status;
}
