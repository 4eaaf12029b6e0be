/* fuzz_json_data.c — JSON data. What is read, written and read again is the same text the second
 * time; with the texts of numbers kept, everything that is taken without them is taken too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes v and gives it free. */
static void write_and_free(ml_buf *out, ml_json *v)
{
    ml_json_writer w;
    ml_err e;

    ml_json_writer_start(&w, out, 1);
    ml_json_add_value(&w, v);
    if (ml_json_writer_end(&w, &e) < 0)
        abort();
    ml_json_free(v);
}

static void round_trip(ml_bytes text, ml_json_numbers numbers)
{
    ml_buf first = { 0 }, second = { 0 };
    ml_json *v;
    ml_err e;

    if (ml_json_read(&v, text, numbers, &e) < 0)
        return;
    write_and_free(&first, v);
    if (ml_json_read(&v, ml_buf_bytes(&first), numbers, &e) < 0)
        abort();
    write_and_free(&second, v);
    if (!ml_bytes_equal(ml_buf_bytes(&first), ml_buf_bytes(&second)))
        abort();
    ml_buf_free(&first);
    ml_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes text = ml_bytes_of(data, size);
    ml_json *exact, *kept;
    ml_err e;

    if (ml_json_read(&exact, text, ML_JSON_EXACT, &e) == 0) {
        if (ml_json_read(&kept, text, ML_JSON_AS_TEXT, &e) < 0)
            abort();
        ml_json_free(kept);
        ml_json_free(exact);
    }
    round_trip(text, ML_JSON_EXACT);
    round_trip(text, ML_JSON_AS_TEXT);
    return 0;
}
