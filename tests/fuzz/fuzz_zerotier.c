/* fuzz_zerotier.c — an identity that is taken writes back to the same text, but for the case of its
 * digits and a line end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "format/zerotier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char public[ML_ZEROTIER_PUBLIC_TEXT];
    ml_secret text = { 0 };
    ml_zerotier z;
    ml_err e;

    if (ml_zerotier_parse(&z, ml_bytes_of(data, size), &e) < 0)
        return 0;
    ml_zerotier_public_text(public, &z);
    if (strncasecmp(public, (const char *)data, sizeof public) != 0)
        abort();
    if (ml_zerotier_secret_text(&text, &z, &e) == 0 &&
        strncasecmp((const char *)text.p, (const char *)data, text.len) != 0)
        abort();
    ml_secret_free(&text);
    ml_zerotier_free(&z);
    return 0;
}
