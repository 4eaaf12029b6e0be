/* fuzz_age_header.c — what the parser of age headers takes, the writer makes again byte for byte.
 */
#include <stdint.h>
#include <stdlib.h>

#include "format/age_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes file = ml_bytes_of(data, size);
    ml_age_header h;
    ml_buf again = { 0 };
    bool whole = true;
    ml_err e;
    size_t i;

    if (ml_age_header_parse(&h, file, &e) < 0)
        return 0;
    if (ml_age_header_find(file, &(size_t){ 0 }) != h.size)
        abort();
    ml_age_header_begin(&again);
    for (i = 0; i < h.count; i++) {
        whole = whole && h.stanzas[i].count <= ML_AGE_MAX_ARGUMENTS;
        if (whole) /* the span of a ninth argument is not kept */
            ml_age_header_stanza(&again, &h.stanzas[i]);
    }
    ml_buf_text(&again, "---");
    if (whole && !ml_bytes_equal(ml_buf_bytes(&again), h.covered))
        abort();
    ml_buf_free(&again);
    ml_age_header_free(&h);
    return 0;
}
