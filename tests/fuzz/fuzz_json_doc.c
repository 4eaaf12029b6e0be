/* fuzz_json_doc.c — JSON documents: read, edited, sealed and opened; see document.h. */
#include "tests/fuzz/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_document(ML_FORMAT_JSON, ml_bytes_of(data, size));
    return 0;
}
