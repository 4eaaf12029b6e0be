/* pem.c — see pem.h. */
#include "format/pem.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/encode.h"

static const char begin[] = "-----BEGIN ", end[] = "-----END ", dashes[] = "-----";

enum { LABEL_MAX = 64 };

static int bad(ml_err *e, const char *what)
{
    return ml_fail(e, ML_E_FORMAT, "malformed private key: %s", what);
}

int ml_pem_hint(ml_err *e)
{
    return ml_err_hint(e, "ssh-keygen -p -f FILE writes it again in the form of OpenSSH");
}

static ml_bytes trim(ml_bytes text)
{
    while (text.len > 0 && ml_text_is_space(text.p[0]))
        text = ml_bytes_slice(text, 1, text.len);
    while (text.len > 0 && ml_text_is_space(text.p[text.len - 1]))
        text.len--;
    return text;
}

ml_bytes ml_pem_label(ml_bytes file)
{
    ml_bytes line = trim(file);

    if (!ml_bytes_starts(line, begin))
        return ml_bytes_of(NULL, 0);
    line = ml_bytes_slice(line, 0, ml_bytes_find(line, 0, '\n'));
    line = trim(ml_bytes_slice(line, sizeof begin - 1, line.len));
    if (!ml_bytes_ends(line, dashes))
        return ml_bytes_of(NULL, 0);
    return ml_bytes_slice(line, 0, line.len - (sizeof dashes - 1));
}

/* The text between the lines. */
static int strip(ml_bytes *text, ml_bytes file, ml_err *e)
{
    const ml_bytes label = ml_pem_label(file);
    char last[sizeof end + LABEL_MAX + sizeof dashes];
    size_t head;

    if (label.len == 0 || label.len > LABEL_MAX)
        return ml_fail(e, ML_E_FORMAT, "not a private key: it has no BEGIN line");
    snprintf(last, sizeof last, "%s%.*s%s", end, (int)label.len, (const char *)label.p, dashes);
    file = trim(file);
    head = sizeof begin - 1 + label.len + sizeof dashes - 1;
    if (!ml_bytes_ends(file, last) || file.len < head + strlen(last))
        return bad(e, "it has no END line, or text behind it");
    *text = ml_bytes_slice(file, head, file.len - strlen(last));
    if (text->len == 0 || !ml_text_is_space(text->p[0]) || text->p[text->len - 1] != '\n')
        return bad(e, "its BEGIN and END stand on lines of their own");
    return 0;
}

int ml_pem_decode(ml_secret *out, ml_bytes file, ml_err *e)
{
    ml_bytes text;
    size_t len = 0;

    if (file.len > ML_LIMIT_SSH_KEY)
        return ml_fail(e, ML_E_LIMIT, "an SSH key file may have %d bytes", ML_LIMIT_SSH_KEY);
    if (strip(&text, file, e) < 0)
        return -1;
    if (ml_bytes_starts(trim(text), "Proc-Type:")) {
        ml_fail(e, ML_E_UNSUPPORTED, "a private key that is encrypted as OpenSSL once did it");
        return ml_pem_hint(e);
    }
    if (ml_secret_new(out, ml_base64_room(text.len), e) < 0)
        return -1;
    if (ml_base64_decode(ML_BASE64_LINES, out->p, &len, text) == 0) {
        ml_secret_shrink(out, len);
        return 0;
    }
    ml_secret_free(out);
    return bad(e, "not canonical base64");
}

/* Appends at `p`, where there is room, and returns the end. */
static unsigned char *put(unsigned char *p, ml_bytes bytes)
{
    memcpy(p, bytes.p, bytes.len);
    return p + bytes.len;
}

int ml_pem_encode(ml_secret *out, const char *label, ml_bytes bytes, size_t columns, ml_err *e)
{
    const size_t chars = ml_base64_size(ML_BASE64_PADDED, bytes.len);
    const size_t lines = (chars + columns - 1) / columns;
    char first[sizeof begin + LABEL_MAX + sizeof dashes], last[sizeof first];
    ml_secret text = { 0 };
    unsigned char *p;
    size_t at;

    snprintf(first, sizeof first, "%s%s%s\n", begin, label, dashes);
    snprintf(last, sizeof last, "%s%s%s\n", end, label, dashes);
    if (ml_secret_new(&text, chars, e) < 0)
        return -1;
    if (ml_secret_new(out, strlen(first) + chars + lines + strlen(last), e) < 0) {
        ml_secret_free(&text);
        return -1;
    }
    ml_base64_encode(ML_BASE64_PADDED, (char *)text.p, bytes);
    p = put(out->p, ml_bytes_text(first));
    for (at = 0; at < chars; at += columns) {
        p = put(p, ml_bytes_slice(ml_secret_bytes(&text), at, at + columns));
        *p++ = '\n';
    }
    put(p, ml_bytes_text(last));
    ml_secret_free(&text);
    return 0;
}
