/* fuzz_age_keys.c — recipients and identities as texts: what is taken is the text that is kept, and
 * is taken again. Texts end in a checksum, which mutations rarely hit, so bytes behind a letter
 * are the contents of a text of that kind; behind any other they are a text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/encode.h"
#include "format/age_wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_recipient(ml_bytes text)
{
    static const unsigned char file_key[ML_AGE_FILE_KEY];
    ml_age_recipient r, again;
    ml_buf header = { 0 };
    ml_err e;

    if (ml_age_recipient_parse(&r, text, &e) < 0)
        return;
    if (!ml_bytes_starts(text, "ssh-") && !ml_bytes_is(text, r.text))
        abort();
    if (ml_age_recipient_parse(&again, ml_bytes_text(r.text), &e) < 0 || again.kind != r.kind ||
        strcmp(again.text, r.text) != 0 || again.key_len != r.key_len)
        abort();
    if (ml_age_kind_usable(r.kind) && ml_age_wrap(&header, &r, file_key, &e) < 0)
        abort();
    ml_buf_free(&header);
    ml_age_recipient_free(&r);
    ml_age_recipient_free(&again);
}

static void check_identity(ml_bytes text)
{
    ml_secret again = { 0 };
    ml_age_identity i;
    ml_err e;

    if (ml_age_identity_parse(&i, text, &e) < 0)
        return;
    if (ml_age_identity_text(&again, &i, &e) < 0 || !ml_bytes_equal(ml_secret_bytes(&again), text))
        abort();
    ml_secret_free(&again);
    ml_age_identity_free(&i);
}

/* The prefix of a kind, by its letter. */
static const char *prefix_of(uint8_t letter)
{
    static const char *const prefixes[] = { "age",
                                            "age1pq",
                                            "age1tag",
                                            "age1tagpq",
                                            "age1yubikey",
                                            "age-secret-key-",
                                            "age-secret-key-pq-",
                                            "age-plugin-yubikey-" };
    const size_t at = (size_t)letter - 'a';

    return letter >= 'a' && at < sizeof prefixes / sizeof *prefixes ? prefixes[at] : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *prefix = size > 0 ? prefix_of(data[0]) : NULL;
    const ml_bytes input = ml_bytes_slice(ml_bytes_of(data, size), 1, size);
    const bool identity = prefix != NULL && strchr(prefix, '-') != NULL;
    ml_buf text = { 0 };

    if (prefix == NULL) {
        check_recipient(input);
        check_identity(input);
        return 0;
    }
    if (ml_buf_room(&text, ml_bech32_size(prefix, input.len)) == NULL)
        abort();
    text.len = ml_bech32_size(prefix, input.len);
    ml_bech32_encode((char *)text.p, prefix, input, identity);
    (identity ? check_identity : check_recipient)(ml_buf_bytes(&text));
    ml_buf_free(&text);
    return 0;
}
