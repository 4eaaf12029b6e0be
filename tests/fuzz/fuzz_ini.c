/* fuzz_ini.c — INI documents: read, edited, sealed and opened; see lines.h. */
#include "tests/fuzz/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_lines(ML_FORMAT_INI, ml_bytes_of(data, size));
    return 0;
}
