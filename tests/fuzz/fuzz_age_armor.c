/* fuzz_age_armor.c — armor read whole and in pieces agrees; what is taken writes back to the same
 * text, but for CR and the white space around it. */
#include <stdint.h>
#include <stdlib.h>

#include "format/age_armor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads `text` in pieces of `step` bytes. */
static int read_pieces(ml_buf *out, ml_bytes text, size_t step)
{
    ml_age_armor_reader r = { 0 };
    ml_err e;
    size_t at;

    for (at = 0; at < text.len; at += step)
        if (ml_age_armor_feed(&r, out, ml_bytes_slice(text, at, at + step), &e) < 0)
            return -1;
    return ml_age_armor_finish(&r, out, &e);
}

/* The bytes of `text` that are not white space. */
static ml_buf essence(ml_bytes text)
{
    ml_buf out = { 0 };
    size_t i;

    for (i = 0; i < text.len; i++)
        if (text.p[i] > ' ')
            ml_buf_byte(&out, text.p[i]);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes text = ml_bytes_of(data, size);
    ml_buf whole = { 0 }, pieces = { 0 }, again = { 0 }, before, after;
    ml_err e;
    const int status = ml_age_armor_read(&whole, text, &e);

    if (read_pieces(&pieces, text, size % 7 + 1) != status)
        abort();
    if (status == 0) {
        if (!ml_bytes_equal(ml_buf_bytes(&whole), ml_buf_bytes(&pieces)) ||
            !ml_age_is_armored(text))
            abort();
        ml_age_armor_write(&again, ml_buf_bytes(&whole));
        before = essence(text);
        after = essence(ml_buf_bytes(&again));
        if (!ml_bytes_equal(ml_buf_bytes(&before), ml_buf_bytes(&after)))
            abort();
        ml_buf_free(&before);
        ml_buf_free(&after);
    }
    ml_buf_free(&whole);
    ml_buf_free(&pieces);
    ml_buf_free(&again);
    return 0;
}
