/* fuzz_encode.c — base64, hex and bech32: what is taken encodes to the same text. The first byte
 * chooses the encoding. */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text that the encoder makes of `bytes`. */
static size_t encode(int kind, char *out, ml_bytes bytes)
{
    static const char prefix[] = "age";

    switch (kind) {
    case 0:
        ml_base64_encode(ML_BASE64_PADDED, out, bytes);
        return ml_base64_size(ML_BASE64_PADDED, bytes.len);
    case 1:
        ml_base64_encode(ML_BASE64_BARE, out, bytes);
        return ml_base64_size(ML_BASE64_BARE, bytes.len);
    case 2:
        ml_hex_encode(out, bytes);
        return 2 * bytes.len;
    default:
        ml_bech32_encode(out, prefix, bytes, kind == 4);
        return ml_bech32_size(prefix, bytes.len);
    }
}

static int decode(int kind, unsigned char *out, size_t *len, ml_bytes text)
{
    switch (kind) {
    case 0:
        return ml_base64_decode(ML_BASE64_PADDED, out, len, text);
    case 1:
        return ml_base64_decode(ML_BASE64_BARE, out, len, text);
    case 2:
        *len = text.len / 2;
        return ml_hex_decode(out, text);
    default:
        return ml_bech32_decode(out, len, "age", kind == 4, text);
    }
}

/* Hex is taken in upper case too, and written in lower case. */
static bool same(int kind, ml_bytes text, const char *again, size_t len)
{
    size_t i;

    if (kind != 2)
        return ml_bytes_equal(text, ml_bytes_of(again, len));
    for (i = 0; i < len && i < text.len; i++)
        if (again[i] != (text.p[i] >= 'A' && text.p[i] <= 'F' ? text.p[i] + 32 : text.p[i]))
            return false;
    return len == text.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int kind = size > 0 ? data[0] % 5 : 0;
    const ml_bytes text = ml_bytes_slice(ml_bytes_of(data, size), 1, size);
    unsigned char *bytes = malloc(size + 64);
    char *again = malloc(3 * size + 64);
    size_t len = 0;

    if (bytes == NULL || again == NULL)
        abort();
    if (decode(kind, bytes, &len, text) == 0) {
        const size_t made = encode(kind, again, ml_bytes_of(bytes, len));

        if (!same(kind, text, again, made))
            abort();
    }
    free(bytes);
    free(again);
    return 0;
}
