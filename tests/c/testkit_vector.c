/* testkit_vector.c — see testkit_vector.h. */
#include "tests/c/testkit_vector.h"

#include <string.h>
#include <zlib.h>

#include "base/limits.h"

static const char *const words[TESTKIT_CLASSES + 1] = {
    "success",  "header failure", "armor failure", "payload failure",
    "no match", "HMAC failure",   "another error",
};

const char *testkit_class_word(testkit_class class)
{
    return words[class];
}

static int set_expected(testkit_vector *v, ml_bytes value, ml_err *e)
{
    int class;

    for (class = 0; class < TESTKIT_CLASSES; class ++)
        if (ml_bytes_is(value, words[class])) {
            v->expected = (testkit_class) class;
            return 0;
        }
    return ml_fail(e, ML_E_UNSUPPORTED, "an expectation that is not known");
}

static int add_key(ml_bytes list[TESTKIT_KEYS], size_t *count, ml_bytes value, ml_err *e)
{
    if (*count == TESTKIT_KEYS)
        return ml_fail(e, ML_E_LIMIT, "more than %d keys of one kind", TESTKIT_KEYS);
    list[(*count)++] = value;
    return 0;
}

/* One line. `ssh identity` is ours: an OpenSSH private key without its first and last line, in one
 * line. */
static int set_value(testkit_vector *v, bool *compressed, ml_bytes key, ml_bytes value, ml_err *e)
{
    if (ml_bytes_is(key, "expect"))
        return set_expected(v, value, e);
    if (ml_bytes_is(key, "identity"))
        return add_key(v->identities, &v->identity_count, value, e);
    if (ml_bytes_is(key, "ssh identity"))
        return add_key(v->ssh_identities, &v->ssh_identity_count, value, e);
    if (ml_bytes_is(key, "passphrase"))
        return add_key(v->passphrases, &v->passphrase_count, value, e);
    if (ml_bytes_is(key, "payload"))
        v->payload = value;
    else if (ml_bytes_is(key, "file key"))
        v->file_key = value;
    else if (ml_bytes_is(key, "armored") && ml_bytes_is(value, "yes"))
        v->armored = true;
    else if (ml_bytes_is(key, "compressed") && ml_bytes_is(value, "zlib"))
        *compressed = true;
    else if (!ml_bytes_is(key, "comment"))
        return ml_fail(e, ML_E_UNSUPPORTED, "a key that is not known: %.*s", (int)key.len,
                       (const char *)key.p);
    return 0;
}

static int inflate_into(ml_buf *out, ml_bytes packed, ml_err *e)
{
    z_stream z = { 0 };
    int status = inflateInit(&z);

    z.next_in = (unsigned char *)(uintptr_t)packed.p; /* only read */
    z.avail_in = (unsigned)packed.len;
    while (status == Z_OK && out->len < ML_LIMIT_FILE) {
        unsigned char *room = ml_buf_room(out, 65536);

        if (room == NULL)
            break;
        z.next_out = room;
        z.avail_out = 65536;
        status = inflate(&z, Z_NO_FLUSH);
        out->len += 65536 - z.avail_out;
    }
    inflateEnd(&z);
    if (ml_buf_check(out, e) < 0)
        return -1;
    return status == Z_STREAM_END ? 0 : ml_fail(e, ML_E_FORMAT, "not a whole zlib stream");
}

int testkit_vector_parse(testkit_vector *v, ml_err *e)
{
    const ml_bytes source = ml_buf_bytes(&v->source);
    bool compressed = false;
    ml_bytes rest;
    size_t at = 0;

    v->expected = TESTKIT_CLASSES;
    for (;;) {
        const size_t lf = ml_bytes_find(source, at, '\n');
        const ml_bytes line = ml_bytes_slice(source, at, lf);
        const size_t colon = ml_bytes_find(line, 0, ':');

        if (lf == SIZE_MAX)
            return ml_fail(e, ML_E_UNSUPPORTED, "not a test vector: it has no empty line");
        at = lf + 1;
        if (line.len == 0)
            break;
        if (colon == SIZE_MAX || !ml_bytes_starts(ml_bytes_slice(line, colon, line.len), ": "))
            return ml_fail(e, ML_E_UNSUPPORTED, "not a test vector: a line without \": \"");
        if (set_value(v, &compressed, ml_bytes_slice(line, 0, colon),
                      ml_bytes_slice(line, colon + 2, line.len), e) < 0)
            return -1;
    }
    if (v->expected == TESTKIT_CLASSES)
        return ml_fail(e, ML_E_UNSUPPORTED, "not a test vector: it expects nothing");
    rest = ml_bytes_slice(source, at, source.len);
    if (compressed)
        return inflate_into(&v->file, rest, e);
    ml_buf_add(&v->file, rest);
    return ml_buf_check(&v->file, e);
}

void testkit_vector_free(testkit_vector *v)
{
    ml_buf_free(&v->source);
    ml_buf_free(&v->file);
    memset(v, 0, sizeof *v);
}
