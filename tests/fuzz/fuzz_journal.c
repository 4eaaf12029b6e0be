/* fuzz_journal.c — the journal of a transaction: what is taken is the text that is written for it.
 * The sum of its lines, which no mutation meets, is made anew. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/provider.h"
#include "sys/tx_journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
    if (!held)
        abort();
}

/* The lines with the sum behind them. */
static void add_sum(ml_buf *text, ml_bytes lines)
{
    unsigned char sum[ML_SHA256_SIZE];
    char hex[2 * sizeof sum];

    ml_sha256(sum, lines);
    ml_hex_encode(hex, ml_bytes_of(sum, sizeof sum));
    ml_buf_add(text, lines);
    ml_buf_text(text, "sum ");
    ml_buf_add(text, ml_bytes_of(hex, sizeof hex));
    ml_buf_byte(text, '\n');
}

static void check_entry(const ml_journal *j, size_t index)
{
    const ml_entry *entry = &j->entries[index];
    char name[ML_FS_NAME];

    must(entry->root < j->root_count && entry->path != NULL && entry->path[0] != '\0');
    must(entry->secret.len == 0 && entry->bytes.len == 0);
    ml_journal_temp(j, index, name);
    must(memchr(name, '\0', sizeof name) != NULL && strchr(name, '/') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ml_buf text = { 0 }, again = { 0 };
    ml_journal j;
    size_t i;
    ml_err e;

    add_sum(&text, ml_bytes_of(data, size));
    if (ml_journal_parse(&j, ml_buf_bytes(&text), &e) == 0) {
        ml_journal_text(&j, &again);
        must(ml_bytes_equal(ml_buf_bytes(&text), ml_buf_bytes(&again)));
        must(ml_journal_is_id(j.id));
        for (i = 0; i < j.count; i++)
            check_entry(&j, i);
    } else {
        must(e.code != NULL && e.message[0] != '\0');
    }
    ml_journal_free(&j);
    ml_buf_free(&again);
    ml_buf_free(&text);
    return 0;
}
