/* testkit_writers.c — see testkit_writers.h. */
#include "tests/c/testkit_writers.h"

#include <string.h>

#include "crypto/encode.h"
#include "crypto/provider.h"
#include "format/age_armor.h"
#include "format/age_header.h"
#include "format/age_stream.h"

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Armor without the freedom that it has: white space around, CR at the ends of lines, LF at the
 * end. */
static ml_buf plain_armor(ml_bytes text)
{
    ml_buf out = { 0 };
    size_t i;

    while (text.len > 0 && is_space(text.p[0]))
        text = ml_bytes_slice(text, 1, text.len);
    while (text.len > 0 && is_space(text.p[text.len - 1]))
        text.len--;
    for (i = 0; i < text.len; i++)
        if (text.p[i] != '\r')
            ml_buf_byte(&out, text.p[i]);
    ml_buf_byte(&out, '\n');
    return out;
}

/* Takes the armor off v->file, and puts it on again. */
static bool armor_comes_back(const testkit_vector *v, ml_buf *binary)
{
    const ml_bytes file = ml_buf_bytes(&v->file);
    ml_buf before = plain_armor(file), after = { 0 };
    bool same;
    ml_err e;

    if (ml_age_armor_read(binary, file, &e) < 0) {
        ml_buf_free(&before);
        return false;
    }
    ml_age_armor_write(&after, ml_buf_bytes(binary));
    same = ml_bytes_equal(ml_buf_bytes(&before), ml_buf_bytes(&after));
    ml_buf_free(&before);
    ml_buf_free(&after);
    return same;
}

static bool header_comes_back(const ml_age_header *h)
{
    ml_buf again = { 0 };
    bool same;
    size_t i;

    ml_age_header_begin(&again);
    for (i = 0; i < h->count; i++) {
        if (h->stanzas[i].count > ML_AGE_MAX_ARGUMENTS) {
            ml_buf_free(&again);
            return true; /* those beyond the array are not kept */
        }
        ml_age_header_stanza(&again, &h->stanzas[i]);
    }
    ml_buf_text(&again, "---");
    same = ml_bytes_equal(ml_buf_bytes(&again), h->covered);
    ml_buf_free(&again);
    return same;
}

/* The nonce that the file has, where a new one would be random. */
static const unsigned char *nonce_of_file;

static void give_nonce(void *p, size_t len)
{
    memcpy(p, nonce_of_file, len);
}

/* Seals what came out with the same file key and nonce. */
static bool payload_comes_back(const testkit_vector *v, ml_bytes text, ml_bytes payload)
{
    unsigned char file_key[ML_AGE_FILE_KEY];
    ml_buf again = { 0 };
    bool same;

    if (v->file_key.len != 2 * sizeof file_key || ml_hex_decode(file_key, v->file_key) < 0 ||
        payload.len < ML_AGE_NONCE)
        return false;
    nonce_of_file = payload.p;
    ml_random_source(give_nonce);
    ml_age_stream_seal(&again, file_key, text);
    ml_random_source(NULL);
    same = ml_bytes_equal(ml_buf_bytes(&again), payload);
    ml_buf_free(&again);
    return same;
}

const char *testkit_check_writers(const testkit_vector *v, ml_bytes released)
{
    const char *problem = NULL;
    ml_buf binary = { 0 };
    ml_age_header h;
    ml_bytes file;
    ml_err e;

    if (v->expected == TESTKIT_ARMOR || v->expected == TESTKIT_HEADER)
        return NULL;
    if (v->armored && !armor_comes_back(v, &binary)) {
        ml_buf_free(&binary);
        return "its armor is not what the writer makes";
    }
    file = ml_buf_bytes(v->armored ? &binary : &v->file);
    if (ml_age_header_parse(&h, file, &e) < 0) {
        ml_buf_free(&binary);
        return "its header does not parse by itself";
    }
    if (!header_comes_back(&h))
        problem = "its header is not what the writer makes";
    else if (v->expected == TESTKIT_SUCCESS &&
             !payload_comes_back(v, released, ml_bytes_slice(file, h.size, file.len)))
        problem = "its payload is not what the writer makes";
    ml_age_header_free(&h);
    ml_buf_free(&binary);
    return problem;
}
