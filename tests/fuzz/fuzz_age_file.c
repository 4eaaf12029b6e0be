/* fuzz_age_file.c — an age file opened whole and in pieces comes to the same: the text, or the part
 * that is at fault. The identities are those of the vectors in tests/vectors/age. */
#include "tests/c/pieces.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/age_armor.h"
#include "format/age_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IDENTITIES = 2 };

static const ml_age_keys *keys(void)
{
    static const char *const words[IDENTITIES] = {
        "AGE-SECRET-KEY-1PNRYDZL7MJZQVR7RD8E49PNLQVHUU42A2U9LNV4L4D24CQDJHF6QFLX99S",
        "AGE-SECRET-KEY-PQ-1XET4TU5K86Z7J7D62GMR2CZWRK0CQ2JVLQP6DC98C2UQY7J7C2DQ33H8LC",
    };
    static ml_age_identity identities[IDENTITIES];
    static const ml_age_identity *list[IDENTITIES];
    static const ml_age_keys all = { .identities = list, .count = IDENTITIES };
    size_t i;
    ml_err e;

    for (i = 0; i < IDENTITIES && list[i] == NULL; i++) {
        if (ml_age_identity_parse(&identities[i], ml_bytes_text(words[i]), &e) < 0)
            abort();
        list[i] = &identities[i];
    }
    return &all;
}

static bool same_part(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes file = ml_bytes_of(data, size);
    in_pieces from = { file, size % 61 + 1 };
    ml_secret whole = { 0 };
    ml_buf streamed = { 0 };
    const ml_age_source source = { pieces_read, &from };
    const ml_age_sink sink = { pieces_keep, &streamed };
    ml_err e, other;
    const int status = ml_age_decrypt(&whole, keys(), file, NULL, &e);

    if (ml_age_file_decrypt(keys(), &source, &sink, NULL, &other) != status)
        abort();
    if (status == 0 && !ml_bytes_equal(ml_secret_bytes(&whole), ml_buf_bytes(&streamed)))
        abort();
    /* Armor is read to its end before anything else in one way, and piece by piece in the other. */
    if (status < 0 && !ml_age_is_armored(file) && !same_part(e.part, other.part))
        abort();
    ml_secret_free(&whole);
    ml_buf_free(&streamed);
    return 0;
}
