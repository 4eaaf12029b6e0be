/* age_stanza.c — see age_stanza.h. */
#include "format/age_stanza.h"

#include <string.h>

#include "crypto/encode.h"

enum { COLUMNS = 64, LINE_BYTES = 48 };

static int fail(const char **wrong, const char *what)
{
    *wrong = what;
    return -1;
}

/* Splits what follows "->" at single spaces. */
int ml_age_stanza_parse(ml_age_stanza *s, ml_bytes line, const char **wrong)
{
    size_t at = 2;

    memset(s, 0, sizeof *s);
    if (!ml_bytes_starts(line, "->"))
        return fail(wrong, "a line that is no stanza");
    while (at < line.len) {
        const size_t start = at + 1;
        size_t stop = start;

        if (line.p[at] != ' ')
            return fail(wrong, "no space behind the arrow");
        while (stop < line.len && line.p[stop] >= 0x21 && line.p[stop] <= 0x7e)
            stop++;
        if (stop == start || (stop < line.len && line.p[stop] != ' '))
            return fail(wrong, "an argument of a stanza is empty or not printable");
        if (s->count < ML_AGE_MAX_ARGUMENTS)
            s->arguments[s->count] = ml_bytes_slice(line, start, stop);
        s->count++;
        at = stop;
    }
    if (s->count == 0)
        return fail(wrong, "a stanza without type");
    s->words = ml_bytes_slice(line, 3, line.len);
    return 0;
}

int ml_age_stanza_decode(unsigned char out[ML_AGE_STANZA_LINE], size_t *len, ml_bytes line,
                         const char **wrong)
{
    *len = 0;
    if (line.len > COLUMNS)
        return fail(wrong, "a line of a stanza is longer than 64 columns");
    if (ml_base64_decode(ML_BASE64_BARE, out, len, line) < 0)
        return fail(wrong, "the body of a stanza is not canonical base64");
    return line.len == COLUMNS;
}

ml_bytes ml_age_stanza_word(ml_bytes words, size_t *at)
{
    const size_t space = ml_bytes_find(words, *at, ' ');
    const ml_bytes word = ml_bytes_slice(words, *at, space);

    *at = space == SIZE_MAX ? words.len : space + 1;
    return word;
}

size_t ml_age_stanza_size(const ml_bytes *arguments, size_t count, ml_bytes body)
{
    const size_t lines = body.len / LINE_BYTES + 1;
    size_t size = 2 + 1 + ml_base64_size(ML_BASE64_BARE, body.len) + lines, i;

    for (i = 0; i < count; i++)
        size += 1 + arguments[i].len;
    return size;
}

void ml_age_stanza_write(unsigned char *out, const ml_bytes *arguments, size_t count, ml_bytes body)
{
    size_t i, at = 0;

    *out++ = '-';
    *out++ = '>';
    for (i = 0; i < count; i++) {
        *out++ = ' ';
        memcpy(out, arguments[i].p, arguments[i].len);
        out += arguments[i].len;
    }
    /* The body ends with its first line shorter than 64 columns, which may be empty. */
    do {
        const ml_bytes part = ml_bytes_slice(body, at, at + LINE_BYTES);

        *out++ = '\n';
        ml_base64_encode(ML_BASE64_BARE, (char *)out, part);
        out += ml_base64_size(ML_BASE64_BARE, part.len);
        at += LINE_BYTES;
    } while (at <= body.len);
    *out = '\n';
}
