/* fuzz_glob.c — file name patterns. The first line is the pattern, the rest the path; a path that
 * is escaped throughout matches itself. */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "match/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes all = ml_bytes_of(data, size);
    const size_t line = ml_bytes_find(all, 0, '\n');
    const ml_bytes path = ml_bytes_slice(all, line == SIZE_MAX ? size : line + 1, size);
    ml_buf escaped = { 0 };
    bool matched;
    ml_err e;
    size_t i;

    if (ml_glob_match(ml_bytes_slice(all, 0, line), path, &matched, &e) < 0 && matched)
        abort();
    for (i = 0; i < path.len; i++) {
        if (path.p[i] < 0x80)
            ml_buf_byte(&escaped, '\\');
        ml_buf_byte(&escaped, path.p[i]);
    }
    if (escaped.len <= ML_LIMIT_GLOB &&
        (ml_glob_match(ml_buf_bytes(&escaped), path, &matched, &e) < 0 || !matched))
        abort();
    ml_buf_free(&escaped);
    return 0;
}
