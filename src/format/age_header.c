/* age_header.c — see age_header.h. */
#include "format/age_header.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/secret.h"
#include "crypto/encode.h"
#include "crypto/provider.h"
#include "format/age.h"

static const char version_line[] = ML_AGE_VERSION "\n";

void ml_age_header_mac(unsigned char mac[ML_AGE_MAC], const unsigned char file_key[ML_AGE_FILE_KEY],
                       ml_bytes covered)
{
    unsigned char key[ML_SHA256_SIZE];

    ml_hkdf_sha256(key, ml_bytes_of(file_key, ML_AGE_FILE_KEY), ml_bytes_of(NULL, 0), "header");
    ml_hmac_sha256(mac, ml_bytes_of(key, sizeof key), covered);
    ml_wipe(key, sizeof key);
}

void ml_age_header_begin(ml_buf *out)
{
    ml_buf_text(out, version_line);
}

static void add_base64(ml_buf *out, ml_bytes bytes)
{
    const size_t size = ml_base64_size(ML_BASE64_BARE, bytes.len);
    unsigned char *room = ml_buf_room(out, size);

    if (room == NULL)
        return;
    ml_base64_encode(ML_BASE64_BARE, (char *)room, bytes);
    out->len += size;
}

void ml_age_header_stanza(ml_buf *out, const ml_age_stanza *s)
{
    const size_t size = ml_age_stanza_size(s->arguments, s->count, s->body);
    unsigned char *room = ml_buf_room(out, size);

    if (room == NULL)
        return;
    ml_age_stanza_write(room, s->arguments, s->count, s->body);
    out->len += size;
}

void ml_age_header_finish(ml_buf *out, const unsigned char file_key[ML_AGE_FILE_KEY])
{
    unsigned char mac[ML_AGE_MAC];

    ml_buf_text(out, "---");
    if (out->failed)
        return;
    ml_age_header_mac(mac, file_key, ml_buf_bytes(out));
    ml_buf_byte(out, ' ');
    add_base64(out, ml_bytes_of(mac, sizeof mac));
    ml_buf_byte(out, '\n');
}

/* Where the parser stands. */
typedef struct reader {
    ml_bytes file;
    size_t at;
    unsigned long line;
} reader;

static int bad(const reader *r, ml_err *e, const char *what)
{
    ml_fail(e, ML_E_FORMAT, "malformed age header, line %lu: %s", r->line, what);
    return ml_err_at(e, NULL, r->line, 1);
}

static int next_line(reader *r, ml_bytes *line, ml_err *e)
{
    const size_t lf = ml_bytes_find(r->file, r->at, '\n');

    r->line++;
    if (lf == SIZE_MAX)
        return r->file.len == ML_LIMIT_AGE_HEADER
                   ? ml_fail(e, ML_E_LIMIT, "the age header is longer than %d bytes",
                             ML_LIMIT_AGE_HEADER)
                   : bad(r, e, "it ends in the middle of a line");
    *line = ml_bytes_slice(r->file, r->at, lf);
    r->at = lf + 1;
    return 0;
}

/* Appends the body to h->bodies; its span is fixed up at the end, since the buffer may move. */
static int parse_body(reader *r, ml_age_header *h, ml_age_stanza *s, ml_err *e)
{
    const size_t start = h->bodies.len;
    int more;

    do {
        const char *wrong;
        unsigned char *room;
        ml_bytes line;
        size_t len;

        if (next_line(r, &line, e) < 0)
            return -1;
        room = ml_buf_room(&h->bodies, ML_AGE_STANZA_LINE);
        if (room == NULL)
            return ml_fail_memory(e);
        more = ml_age_stanza_decode(room, &len, line, &wrong);
        if (more < 0)
            return bad(r, e, wrong);
        h->bodies.len += len;
    } while (more > 0);
    s->body = ml_bytes_of(NULL, h->bodies.len - start);
    return 0;
}

static int parse_stanza(reader *r, ml_age_header *h, size_t *cap, ml_bytes line, ml_err *e)
{
    const char *wrong;
    ml_age_stanza *s;

    if (h->count == ML_LIMIT_STANZAS)
        return ml_fail(e, ML_E_LIMIT, "the age header has more than %d stanzas", ML_LIMIT_STANZAS);
    if (!ml_list_grow(&h->stanzas, cap, h->count, sizeof *h->stanzas))
        return ml_fail_memory(e);
    s = &h->stanzas[h->count++];
    if (ml_age_stanza_parse(s, line, &wrong) < 0)
        return bad(r, e, wrong);
    s->line = r->line;
    return parse_body(r, h, s, e);
}

static int parse_footer(reader *r, ml_age_header *h, ml_bytes line, ml_err *e)
{
    unsigned char mac[ML_AGE_MAC + 3];
    size_t len;

    if (line.len != 4 + 43 || line.p[3] != ' ' ||
        ml_base64_decode(ML_BASE64_BARE, mac, &len, ml_bytes_slice(line, 4, line.len)) < 0)
        return bad(r, e, "the MAC line is not \"--- \" and 43 characters of base64");
    memcpy(h->mac, mac, ML_AGE_MAC);
    h->covered = ml_bytes_slice(r->file, 0, r->at - 1 - line.len + 3);
    h->size = r->at;
    return 0;
}

/* A passphrase stanza must stand alone: who knows the passphrase could otherwise be shown a file
 * that somebody else has written. */
static int check_scrypt_alone(reader *r, const ml_age_header *h, ml_err *e)
{
    size_t i;

    for (i = 0; h->count > 1 && i < h->count; i++) {
        if (!ml_bytes_is(h->stanzas[i].arguments[0], "scrypt"))
            continue;
        r->line = h->stanzas[i].line;
        return bad(r, e, "a passphrase stanza (scrypt) is not alone");
    }
    return 0;
}

/* What a redirection of PowerShell leaves of the first line: CRLF at its end, or UTF-16. */
static bool is_redirected(ml_bytes file)
{
    static const char utf16[] = { '\xFF', '\xFE', 'a', '\0' };

    return ml_bytes_starts(file, ML_AGE_VERSION "\r") ||
           (file.len >= sizeof utf16 && memcmp(file.p, utf16, sizeof utf16) == 0);
}

static int parse_all(reader *r, ml_age_header *h, ml_err *e)
{
    size_t cap = 0, i, at = 0;
    ml_bytes line = { NULL, 0 };

    if (!ml_bytes_starts(r->file, version_line)) {
        ml_fail(e, ML_E_FORMAT, "not an age file: it %s",
                r->file.len == 0 ? "is empty" : "does not begin with " ML_AGE_VERSION);
        if (is_redirected(r->file))
            ml_err_hint(e,
                        "it looks like this file was corrupted by PowerShell redirection: there, "
                        "write with -o, or armored");
        return ml_err_at(e, NULL, 1, 1);
    }
    r->at = sizeof version_line - 1;
    r->line = 1;
    for (;;) {
        if (next_line(r, &line, e) < 0)
            return -1;
        if (ml_bytes_starts(line, "---"))
            break;
        if (!ml_bytes_starts(line, "->"))
            return bad(r, e, "a line that is neither a stanza nor the MAC");
        if (parse_stanza(r, h, &cap, line, e) < 0)
            return -1;
    }
    if (h->count == 0)
        return bad(r, e, "no stanza");
    for (i = 0; i < h->count; i++) {
        h->stanzas[i].body.p = h->bodies.p + at;
        at += h->stanzas[i].body.len;
    }
    return parse_footer(r, h, line, e) < 0 ? -1 : check_scrypt_alone(r, h, e);
}

int ml_age_header_parse(ml_age_header *h, ml_bytes file, ml_err *e)
{
    reader r = { ml_bytes_slice(file, 0, ML_LIMIT_AGE_HEADER), 0, 0 };

    memset(h, 0, sizeof *h);
    if (parse_all(&r, h, e) == 0)
        return 0;
    ml_age_header_free(h);
    return ml_err_part(e, ML_AGE_PART_HEADER);
}

void ml_age_header_free(ml_age_header *h)
{
    free(h->stanzas);
    ml_buf_free(&h->bodies);
    memset(h, 0, sizeof *h);
}

size_t ml_age_header_find(ml_bytes file, size_t *seen)
{
    size_t lf;

    while (*seen == 0 || !ml_bytes_starts(ml_bytes_slice(file, *seen, file.len), "---")) {
        lf = ml_bytes_find(file, *seen, '\n');
        if (lf == SIZE_MAX)
            return 0;
        *seen = lf + 1;
    }
    lf = ml_bytes_find(file, *seen, '\n');
    return lf != SIZE_MAX ? lf + 1 : 0;
}
