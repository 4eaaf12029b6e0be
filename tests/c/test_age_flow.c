/* Large payloads: what is released, and in which class of error a file ends, wherever it is wrong,
 * with several threads at work. */
#include "tests/c/pieces.h"
#include "tests/c/test.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"
#include "format/age_file.h"
#include "format/age_header.h"

enum { CHUNK = ML_AGE_CHUNK, SEALED = ML_AGE_SEALED_CHUNK, CHUNKS = 90, TEXT = CHUNKS * CHUNK - 7 };

/* One file for all tests, in both forms. */
typedef struct made {
    ml_age_identity key;
    unsigned char *text;
    ml_buf file, armored;
    size_t payload; /* where the first chunk begins */
} made;

typedef struct pipes {
    in_pieces from;
    size_t size;     /* bytes released so far */
    ml_bytes wanted; /* what is released must be the beginning of this */
} pipes;

static int compare_text(void *context, ml_bytes part, ml_err *e)
{
    pipes *const m = context;

    (void)e;
    assert_true(ml_bytes_equal(part, ml_bytes_slice(m->wanted, m->size, m->size + part.len)));
    m->size += part.len;
    return 0;
}

/* Opens `file`: 0 or -1, and how much was released. */
static int open_file(const made *m, ml_bytes file, size_t step, size_t *released, ml_err *e)
{
    const ml_age_identity *const with[1] = { &m->key };
    const ml_age_keys keys = { .identities = with, .count = 1 };
    pipes p = { .from = { file, step }, .wanted = ml_bytes_of(m->text, TEXT) };
    const ml_age_source source = { pieces_read, &p.from };
    const ml_age_sink sink = { compare_text, &p };
    const int status = ml_age_file_decrypt(&keys, &source, &sink, NULL, e);

    *released = p.size;
    return status;
}

static void fails(const made *m, ml_bytes file, const char *part, size_t released)
{
    size_t got;
    ml_err e;

    assert_int_equal(open_file(m, file, 100000, &got, &e), -1);
    if (e.part == NULL || strcmp(e.part, part) != 0 || got != released)
        fail_msg("%s: %zu bytes released, wanted %s: %zu", e.message, got, part, released);
}

static int make(void **state)
{
    made *const m = calloc(1, sizeof *m);
    const ml_age_recipient *to[1];
    ml_err e;

    if (m == NULL || ml_age_identity_generate(&m->key, ML_AGE_X25519, &e) < 0)
        return -1;
    m->text = malloc(TEXT);
    if (m->text == NULL)
        return -1;
    ml_random(m->text, TEXT);
    to[0] = &m->key.recipient;
    if (ml_age_encrypt(&m->file, to, 1, ml_bytes_of(m->text, TEXT), false, &e) < 0 ||
        ml_age_encrypt(&m->armored, to, 1, ml_bytes_of(m->text, TEXT), true, &e) < 0)
        return -1;
    m->payload = ml_age_header_find(ml_buf_bytes(&m->file), &(size_t){ 0 }) + ML_AGE_NONCE;
    *state = m;
    return 0;
}

static int drop(void **state)
{
    made *const m = *state;

    ml_buf_free(&m->file);
    ml_buf_free(&m->armored);
    free(m->text);
    ml_age_identity_free(&m->key);
    free(m);
    return 0;
}

static void files_open_at_any_pace(void **state)
{
    static const size_t steps[] = { 4093, SEALED, 4 * SEALED + 1, 1 << 30 };
    const made *const m = *state;
    size_t i, released;
    ml_err e;

    for (i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (open_file(m, ml_buf_bytes(&m->file), steps[i], &released, &e) < 0)
            fail_msg("%s", e.message);
        assert_int_equal(released, TEXT);
        if (open_file(m, ml_buf_bytes(&m->armored), steps[i], &released, &e) < 0)
            fail_msg("%s", e.message);
        assert_int_equal(released, TEXT);
    }
}

static void a_damaged_chunk_ends_what_is_released(void **state)
{
    const made *const m = *state;
    size_t i;

    for (i = 0; i < CHUNKS; i++) {
        unsigned char *const byte = m->file.p + m->payload + i * SEALED + 1000;

        *byte ^= 1;
        fails(m, ml_buf_bytes(&m->file), ML_AGE_PART_PAYLOAD, i * CHUNK);
        *byte ^= 1;
    }
}

static void a_file_that_is_cut_short_is_told(void **state)
{
    const made *const m = *state;
    size_t i;

    for (i = 1; i < CHUNKS; i++) {
        const size_t end = m->payload + i * SEALED;

        /* between chunks, all of which are genuine; within the next; within the tag of this one */
        fails(m, ml_bytes_of(m->file.p, end), ML_AGE_PART_PAYLOAD, i * CHUNK);
        fails(m, ml_bytes_of(m->file.p, end + 500), ML_AGE_PART_PAYLOAD, i * CHUNK);
        fails(m, ml_bytes_of(m->file.p, end + ML_CHACHA_TAG), ML_AGE_PART_PAYLOAD, i * CHUNK);
        fails(m, ml_bytes_of(m->file.p, end - 5), ML_AGE_PART_PAYLOAD, (i - 1) * CHUNK);
    }
}

static void what_follows_the_last_chunk_is_an_error_behind_it(void **state)
{
    static const char rest[3 * SEALED];
    const made *const m = *state;
    const ml_age_recipient *const to[1] = { &m->key.recipient };
    size_t chunks;
    ml_err e;

    /* only a whole chunk can be told as the last one when more follows */
    for (chunks = 1; chunks < CHUNKS; chunks += 4) {
        ml_buf file = { 0 };

        assert_int_equal(
            ml_age_encrypt(&file, to, 1, ml_bytes_of(m->text, chunks * CHUNK), false, &e), 0);
        ml_buf_add(&file, ml_bytes_of(rest, chunks % 8 == 1 ? 1 : sizeof rest));
        fails(m, ml_buf_bytes(&file), ML_AGE_PART_PAYLOAD, chunks * CHUNK);
        ml_buf_free(&file);
    }
}

static void malformed_armor_does_not_keep_back_what_came_before(void **state)
{
    const made *const m = *state;
    const size_t header = 36; /* of the armor */
    size_t i;

    for (i = 1; i < CHUNKS; i += 3) {
        /* the line that holds the beginning of the chunk behind these */
        const size_t line = (m->payload + i * SEALED + 47) / 48;
        unsigned char *const byte = m->armored.p + header - 1 + line * 65 + 3;
        const unsigned char was = *byte;

        *byte = '!';
        fails(m, ml_buf_bytes(&m->armored), ML_AGE_PART_ARMOR, i * CHUNK);
        *byte = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_open_at_any_pace),
        cmocka_unit_test(a_damaged_chunk_ends_what_is_released),
        cmocka_unit_test(a_file_that_is_cut_short_is_told),
        cmocka_unit_test(what_follows_the_last_chunk_is_an_error_behind_it),
        cmocka_unit_test(malformed_armor_does_not_keep_back_what_came_before),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
