/* age_plugin.c — see age_plugin.h. */
#include "format/age_plugin.h"

#include <stdio.h>
#include <string.h>

#include "crypto/encode.h"

enum {
    RECIPIENT_START = sizeof "age1" - 1,
    IDENTITY_START = sizeof "AGE-PLUGIN-" - 1,
    PREFIX = IDENTITY_START + ML_AGE_PLUGIN_NAME + 2 /* of bech32, with its NUL */
};

/* Copies a name in lower case. No character of it may mean anything in a path. */
static int take_name(char name[ML_AGE_PLUGIN_NAME + 1], ml_bytes text, ml_err *e)
{
    size_t i;

    if (text.len == 0 || text.len > ML_AGE_PLUGIN_NAME)
        return ml_fail(e, ML_E_FORMAT, "the name of an age plugin has 1 to %d characters",
                       ML_AGE_PLUGIN_NAME);
    for (i = 0; i < text.len; i++) {
        const char c = (char)text.p[i];

        name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    name[text.len] = '\0';
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+-._") == text.len)
        return 0;
    return ml_fail(e, ML_E_FORMAT,
                   "the name of an age plugin consists of letters, digits, + - . and _");
}

/* The place of the 1 between prefix and data, which is the last: the data have none. SIZE_MAX:
 * there is none. */
static size_t separator(ml_bytes text)
{
    size_t at = text.len;

    while (at > 0 && text.p[at - 1] != '1')
        at--;
    return at - 1;
}

/* The data are nobody's business, but whether they came whole is. */
static int check(const char *prefix, bool upper, ml_bytes text, const char *what, ml_err *e)
{
    ml_secret data = { 0 };
    size_t len;
    int status;

    if (ml_secret_new(&data, text.len, e) < 0)
        return -1;
    status = ml_bech32_decode(data.p, &len, prefix, upper, text);
    ml_secret_free(&data);
    if (status == 0)
        return 0;
    ml_fail(e, ML_E_FORMAT, "malformed age %s of a plugin: wrong character or checksum", what);
    return ml_err_hint(e, "copy the whole word again");
}

static void identity_prefix(char prefix[PREFIX], const char *name)
{
    snprintf(prefix, PREFIX, "age-plugin-%s-", name);
}

int ml_age_plugin_recipient(char name[ML_AGE_PLUGIN_NAME + 1], ml_bytes text, ml_err *e)
{
    const size_t end = separator(text);
    char prefix[PREFIX];

    if (!ml_bytes_starts(text, "age1") || end < RECIPIENT_START)
        return ml_fail(e, ML_E_FORMAT, "not a recipient of an age plugin");
    if (take_name(name, ml_bytes_slice(text, RECIPIENT_START, end), e) < 0)
        return -1;
    snprintf(prefix, sizeof prefix, "age1%s", name);
    return check(prefix, false, text, "recipient", e);
}

int ml_age_plugin_identity(char name[ML_AGE_PLUGIN_NAME + 1], ml_bytes text, ml_err *e)
{
    const size_t end = separator(text);
    char prefix[PREFIX];

    if (!ml_bytes_starts(text, "AGE-PLUGIN-") || end == SIZE_MAX || end <= IDENTITY_START ||
        text.p[end - 1] != '-')
        return ml_fail(e, ML_E_FORMAT, "not an identity of an age plugin");
    if (take_name(name, ml_bytes_slice(text, IDENTITY_START, end - 1), e) < 0)
        return -1;
    identity_prefix(prefix, name);
    return check(prefix, true, text, "identity", e);
}

int ml_age_plugin_default_identity(ml_secret *out, ml_bytes name, ml_err *e)
{
    char taken[ML_AGE_PLUGIN_NAME + 1], prefix[PREFIX];

    if (take_name(taken, name, e) < 0)
        return -1;
    identity_prefix(prefix, taken);
    if (ml_secret_new(out, ml_bech32_size(prefix, 0), e) < 0)
        return -1;
    ml_bech32_encode((char *)out->p, prefix, ml_bytes_of(NULL, 0), true);
    return 0;
}
