/* fuzz_regex.c — the reader of Go patterns. The first line is the pattern, the rest the subject.
 * What it takes PCRE2 must take too, unless it is too large for it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "match/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes all = ml_bytes_of(data, size);
    const size_t line = ml_bytes_find(all, 0, '\n');
    ml_regex *r;
    ml_err e;
    bool matched = false;

    if (ml_regex_compile(&r, ml_bytes_slice(all, 0, line), &e) < 0) {
        if (strcmp(e.code, ML_E_UNSUPPORTED) == 0 && strstr(e.message, "PCRE2") != NULL)
            abort();
        return 0;
    }
    if (line != SIZE_MAX &&
        ml_regex_match(r, ml_bytes_slice(all, line + 1, size), &matched, &e) < 0 &&
        (matched || strcmp(e.code, ML_E_SYSTEM) == 0))
        abort();
    ml_regex_free(r);
    return 0;
}
