/* age_flow.c — payloads of any size, from a source to a sink, in bounded memory and on all cores;
 * see age_stream.h.
 *
 * A piece is a few chunks. The calling thread reads pieces and writes them in order; chunks do not
 * depend on each other, so that any thread may work on a piece in between (sys/relay.h). */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format/age_chunk.h"
#include "sys/relay.h"

enum {
    CHUNK = ML_AGE_CHUNK,
    SEALED = ML_AGE_SEALED_CHUNK,
    PIECE_CHUNKS = 4,
    FAST_FROM = 64, /* chunks: less would not pay back what libcrypto costs to start */
    ALONE = 4,      /* below about 1 MiB other threads cost more than they save */
    THREADS = 4,    /* more only wait for the disk */
    SLOTS = THREADS + 2
};

/* A few chunks on their way. When sealing, `clear` is what was read; when opening, `sealed` is. */
typedef struct piece {
    ml_secret clear;
    unsigned char *sealed;
    ml_chacha_fast *fast; /* or NULL */
    size_t chunks;        /* room */
    size_t read;          /* bytes of what was read */
    size_t made;          /* bytes of the result */
    uint64_t index;       /* of the first chunk */
    bool more;            /* something follows, were it only an error */
    int status;           /* when opening, with its error */
    ml_err e;
} piece;

/* What is kept in locked memory beside the pieces. */
typedef struct kept {
    unsigned char key[ML_CHACHA_KEY];
    unsigned char next; /* the byte read ahead to know whether something follows */
} kept;

typedef struct flow {
    ml_secret memory; /* one kept */
    const ml_age_source *source;
    const ml_age_sink *sink;
    piece pieces[SLOTS];
    uint64_t index; /* of the next chunk */
    enum { UNDECIDED, PLAIN, FAST } cipher;
    bool ahead; /* there is a byte read ahead */
    bool ended;
    int status; /* of the source */
    ml_err e;
} flow;

static kept *kept_of(const flow *f)
{
    return (kept *)(void *)f->memory.p;
}

static ml_age_cipher cipher_of(const flow *f, const piece *p)
{
    return (ml_age_cipher){ kept_of(f)->key, p->fast };
}

static int begin(flow *f, const unsigned char file_key[ML_AGE_FILE_KEY],
                 const unsigned char nonce[ML_AGE_NONCE], ml_err *e)
{
    if (ml_secret_new(&f->memory, sizeof(kept), e) < 0)
        return -1;
    ml_age_payload_key(kept_of(f)->key, file_key, nonce);
    return 0;
}

static void end(flow *f)
{
    size_t i;

    for (i = 0; i < SLOTS; i++) {
        ml_secret_free(&f->pieces[i].clear);
        free(f->pieces[i].sealed);
        ml_chacha_fast_free(f->pieces[i].fast);
    }
    ml_secret_free(&f->memory);
}

/* Nanoseconds that sealing a chunk takes at least. The index is one that no file reaches. */
static int64_t measure(const piece *p, ml_age_cipher cipher)
{
    const ml_bytes text = ml_bytes_of(p->clear.p, CHUNK);
    int64_t least = INT64_MAX;
    int i;

    for (i = 0; i < 3; i++) {
        struct timespec before, after;
        int64_t took;

        clock_gettime(CLOCK_MONOTONIC, &before);
        ml_age_chunk_seal(p->sealed, cipher, UINT64_MAX, false, text);
        clock_gettime(CLOCK_MONOTONIC, &after);
        took =
            (after.tv_sec - before.tv_sec) * INT64_C(1000000000) + after.tv_nsec - before.tv_nsec;
        least = took < least ? took : least;
    }
    return least;
}

/* Gives the piece, which is empty, the faster cipher of the two libraries, once the file is large
 * enough. Which one that is, is measured: it depends on the processor and on the versions. */
static void choose_cipher(flow *f, piece *p)
{
    const ml_age_cipher plain = { kept_of(f)->key, NULL };
    ml_err ignored;

    if (f->cipher == PLAIN || f->index < FAST_FROM || p->fast != NULL)
        return;
    if (ml_chacha_fast_new(&p->fast, plain.key, &ignored) < 0)
        f->cipher = PLAIN;
    else if (f->cipher == UNDECIDED)
        f->cipher = measure(p, cipher_of(f, p)) < measure(p, plain) ? FAST : PLAIN;
    if (f->cipher == PLAIN) {
        ml_chacha_fast_free(p->fast);
        p->fast = NULL;
    }
}

/* Room for the chunks of the next piece: one at first, since most files have one. And for the byte
 * that is read ahead. */
static int make_room(flow *f, piece *p, ml_err *e)
{
    const size_t chunks = f->index == 0 ? 1 : PIECE_CHUNKS;

    if (p->chunks >= chunks) {
        choose_cipher(f, p);
        return 0;
    }
    ml_secret_free(&p->clear);
    free(p->sealed);
    p->chunks = 0;
    p->sealed = malloc(chunks * SEALED + 1);
    if (p->sealed == NULL)
        return ml_fail_memory(e);
    if (ml_secret_new(&p->clear, chunks * CHUNK + 1, e) < 0)
        return -1;
    p->chunks = chunks;
    return 0;
}

/* Reads until there are `wanted` bytes, or the source ends. */
static int fill(const ml_age_source *source, unsigned char *to, size_t wanted, size_t *got,
                ml_err *e)
{
    size_t part = 1;

    while (*got < wanted && part > 0) {
        if (source->read(source->context, to + *got, wanted - *got, &part, e) < 0)
            return -1;
        *got += part;
    }
    return 0;
}

/* Reads the next piece, of chunks of `size` bytes, to `to`: 1, or 0 when there is none. */
static int read_piece(flow *f, piece *p, unsigned char *to, size_t size)
{
    const size_t wanted = p->chunks * size;

    p->read = 0;
    if (f->ahead)
        to[p->read++] = kept_of(f)->next;
    f->status = fill(f->source, to, wanted + 1, &p->read, &f->e);
    p->more = p->read > wanted || f->status < 0;
    f->ended = p->read <= wanted;
    f->ahead = !f->ended;
    if (f->ahead)
        kept_of(f)->next = to[--p->read];
    p->index = f->index;
    f->index += p->chunks;
    return f->status;
}

/* The end of the source, or the error that it ended in. */
static int end_of_source(const flow *f, ml_err *e)
{
    if (f->status < 0)
        *e = f->e;
    return f->status;
}

static int take_clear(void *context, size_t slot, ml_err *e)
{
    flow *const f = context;
    piece *const p = &f->pieces[slot];

    if (f->ended)
        return end_of_source(f, e);
    if (make_room(f, p, e) < 0)
        return -1;
    return read_piece(f, p, p->clear.p, CHUNK) < 0 ? end_of_source(f, e) : 1;
}

static void seal(void *context, size_t slot)
{
    flow *const f = context;
    piece *const p = &f->pieces[slot];
    const ml_bytes text = ml_bytes_of(p->clear.p, p->read);
    uint64_t index = p->index;
    size_t at = 0;

    p->made = 0;
    do { /* an empty text has one empty chunk; no other chunk is empty */
        const ml_bytes part = ml_bytes_slice(text, at, at + CHUNK);

        at += CHUNK;
        ml_age_chunk_seal(p->sealed + p->made, cipher_of(f, p), index++, !p->more && at >= text.len,
                          part);
        p->made += part.len + ML_CHACHA_TAG;
    } while (at < text.len);
}

static int give_sealed(void *context, size_t slot, ml_err *e)
{
    const flow *const f = context;
    const piece *const p = &f->pieces[slot];

    return f->sink->write(f->sink->context, ml_bytes_of(p->sealed, p->made), e);
}

/* An error of the source, which may come from armor, does not keep whole chunks before it from
 * being released. */
static int take_sealed(void *context, size_t slot, ml_err *e)
{
    flow *const f = context;
    piece *const p = &f->pieces[slot];

    if (f->ended)
        return end_of_source(f, e);
    if (make_room(f, p, e) < 0)
        return -1;
    if (read_piece(f, p, p->sealed, SEALED) == 0)
        return 1;
    p->read -= p->read % SEALED;
    return p->read > 0 ? 1 : end_of_source(f, e);
}

/* Opens one chunk to where the result ends; `more` bytes follow it. Returns 1 when it was not the
 * last one, 0 when it was, -1 when the file is wrong; what is genuine is added to the result in
 * any case. */
static int open_chunk(const flow *f, piece *p, uint64_t index, ml_bytes sealed, bool more)
{
    const ml_age_cipher cipher = cipher_of(f, p);
    unsigned char *const out = p->clear.p + p->made;
    const size_t len = sealed.len < ML_CHACHA_TAG ? 0 : sealed.len - ML_CHACHA_TAG;

    if (more && ml_age_chunk_open(out, cipher, index, false, sealed)) {
        p->made += len;
        return 1;
    }
    if (ml_age_chunk_may_be_last(index, sealed.len) &&
        ml_age_chunk_open(out, cipher, index, true, sealed)) {
        p->made += len;
        if (!more)
            return 0;
        ml_fail(&p->e, ML_E_AUTH, "bytes behind the end of the age file");
        return ml_err_part(&p->e, ML_AGE_PART_PAYLOAD);
    }
    /* A whole chunk that is not the last one: its successor is missed. */
    if (!more && sealed.len == SEALED && ml_age_chunk_open(out, cipher, index, false, sealed))
        p->made += len;
    return ml_age_payload_changed(&p->e);
}

static void open_piece(void *context, size_t slot)
{
    flow *const f = context;
    piece *const p = &f->pieces[slot];
    const ml_bytes sealed = ml_bytes_of(p->sealed, p->read);
    uint64_t index = p->index;
    size_t at = 0;

    p->made = 0;
    p->status = sealed.len == 0 ? ml_age_payload_cut(&p->e) : 1;
    for (; p->status > 0 && at < sealed.len; at += SEALED)
        p->status = open_chunk(f, p, index++, ml_bytes_slice(sealed, at, at + SEALED),
                               p->more || at + SEALED < sealed.len);
}

static int give_clear(void *context, size_t slot, ml_err *e)
{
    const flow *const f = context;
    const piece *const p = &f->pieces[slot];

    if (f->sink->write(f->sink->context, ml_bytes_of(p->clear.p, p->made), e) < 0)
        return -1;
    if (p->status < 0)
        *e = p->e;
    return p->status < 0 ? -1 : 0;
}

int ml_age_stream_encrypt(const unsigned char file_key[ML_AGE_FILE_KEY],
                          const ml_age_source *source, const ml_age_sink *sink, ml_err *e)
{
    unsigned char nonce[ML_AGE_NONCE];
    flow f = { .source = source, .sink = sink };
    const ml_relay relay = { SLOTS, THREADS, ALONE, take_clear, seal, give_sealed, &f };
    int status;

    ml_random(nonce, sizeof nonce);
    status = begin(&f, file_key, nonce, e);
    if (status == 0)
        status = sink->write(sink->context, ml_bytes_of(nonce, sizeof nonce), e);
    if (status == 0)
        status = ml_relay_run(&relay, e);
    end(&f);
    return status;
}

int ml_age_stream_decrypt(const unsigned char file_key[ML_AGE_FILE_KEY],
                          const ml_age_source *source, const ml_age_sink *sink, ml_err *e)
{
    unsigned char nonce[ML_AGE_NONCE];
    flow f = { .source = source, .sink = sink };
    const ml_relay relay = { SLOTS, THREADS, ALONE, take_sealed, open_piece, give_clear, &f };
    size_t got = 0;
    int status = fill(source, nonce, sizeof nonce, &got, e);

    if (status == 0 && got < sizeof nonce)
        status = ml_age_no_nonce(e);
    if (status == 0)
        status = begin(&f, file_key, nonce, e);
    if (status == 0)
        status = ml_relay_run(&relay, e);
    end(&f);
    return status;
}
