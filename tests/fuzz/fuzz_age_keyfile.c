/* fuzz_age_keyfile.c — the lines of a key file make it up; identities write back to their line. */
#include <stdint.h>
#include <stdlib.h>

#include "format/age_keyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes file = ml_bytes_of(data, size);
    ml_age_keyfile f;
    ml_buf again = { 0 };
    ml_err e;
    size_t i;

    if (ml_age_keyfile_parse(&f, file, &e) < 0)
        return 0;
    for (i = 0; i < f.count; i++) {
        ml_secret text = { 0 };

        ml_buf_add(&again, f.lines[i].whole);
        if (f.lines[i].kind == ML_AGE_LINE_BLANK || f.lines[i].kind == ML_AGE_LINE_COMMENT)
            continue;
        if (ml_age_identity_text(&text, &f.lines[i].identity, &e) < 0 ||
            !ml_bytes_equal(ml_secret_bytes(&text), f.lines[i].text))
            abort();
        ml_secret_free(&text);
    }
    if (!ml_bytes_equal(ml_buf_bytes(&again), file))
        abort();
    ml_buf_free(&again);
    ml_age_keyfile_free(&f);
    return 0;
}
