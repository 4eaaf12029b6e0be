/* encode.c — base64, hex and bech32; see encode.h. The loops have no branches on the decoded bytes,
 * since private keys pass through them. */
#include "crypto/encode.h"

#include <stdint.h>
#include <string.h>

#include "base/secret.h"

/* 0xFF when a <= x <= b, else 0; all between 0 and 255. */
static unsigned in_range(unsigned x, unsigned a, unsigned b)
{
    return (((a - 1 - x) & (x - b - 1)) >> 8) & 0xFF;
}

static char base64_char(unsigned v)
{
    return (char)((in_range(v, 0, 25) & (v + 'A')) | (in_range(v, 26, 51) & (v - 26 + 'a')) |
                  (in_range(v, 52, 61) & (v - 52 + '0')) | (in_range(v, 62, 62) & '+') |
                  (in_range(v, 63, 63) & '/'));
}

/* The value of a character with 0x100 added when it is one. */
static unsigned base64_value(unsigned c)
{
    return (in_range(c, 'A', 'Z') & (c - 'A')) | (in_range(c, 'a', 'z') & (c - 'a' + 26)) |
           (in_range(c, '0', '9') & (c - '0' + 52)) | (in_range(c, '+', '+') & 62) |
           (in_range(c, '/', '/') & 63) |
           ((in_range(c, 'A', 'Z') | in_range(c, 'a', 'z') | in_range(c, '0', '9') |
             in_range(c, '+', '+') | in_range(c, '/', '/')) &
            1) << 8;
}

size_t ml_base64_size(ml_base64 kind, size_t len)
{
    if (kind == ML_BASE64_BARE)
        return len / 3 * 4 + (len % 3 * 8 + 5) / 6;
    return (len + 2) / 3 * 4;
}

size_t ml_base64_room(size_t len)
{
    return len / 4 * 3 + 3;
}

void ml_base64_encode(ml_base64 kind, char *out, ml_bytes bytes)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t i, n = 0;

    for (i = 0; i < bytes.len; i++) {
        bits = bits << 8 | bytes.p[i];
        held += 8;
        while (held >= 6) {
            held -= 6;
            out[n++] = base64_char(bits >> held & 0x3F);
        }
    }
    if (held > 0)
        out[n++] = base64_char(bits << (6 - held) & 0x3F);
    if (kind != ML_BASE64_BARE)
        while (n % 4 != 0)
            out[n++] = '=';
}

int ml_base64_decode(ml_base64 kind, unsigned char *out, size_t *len, ml_bytes text)
{
    uint32_t bits = 0;
    unsigned held = 0, ok = 0x100;
    size_t i, n = 0, chars = 0, padding = 0;

    for (i = 0; i < text.len; i++) {
        const unsigned c = text.p[i];
        unsigned v;

        if (kind == ML_BASE64_LINES && (c == '\r' || c == '\n'))
            continue;
        if (c == '=' && kind != ML_BASE64_BARE) {
            padding++;
            continue;
        }
        v = base64_value(c);
        ok &= v;
        if (padding > 0)
            ok = 0;
        bits = bits << 6 | (v & 0x3F);
        chars++;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (unsigned char)(bits >> held & 0xFF);
        }
    }
    *len = n;
    if (ok == 0 || chars % 4 == 1 || (bits & ((1U << held) - 1)) != 0)
        return -1;
    if (kind == ML_BASE64_BARE)
        return 0;
    return padding == (4 - chars % 4) % 4 ? 0 : -1;
}

void ml_hex_encode(char *out, ml_bytes bytes)
{
    size_t i;

    for (i = 0; i < 2 * bytes.len; i++) {
        const unsigned v = i % 2 == 0 ? bytes.p[i / 2] >> 4 : bytes.p[i / 2] & 15U;

        out[i] = (char)(v + '0' + (in_range(v, 10, 15) & ('a' - '0' - 10)));
    }
}

int ml_hex_decode(unsigned char *out, ml_bytes text)
{
    unsigned ok = 1;
    size_t i;

    if (text.len % 2 != 0)
        return -1;
    for (i = 0; i < text.len; i++) {
        const unsigned c = text.p[i];
        const unsigned digit = in_range(c, '0', '9'), lower = in_range(c, 'a', 'f'),
                       upper = in_range(c, 'A', 'F');
        const unsigned v =
            (digit & (c - '0')) | (lower & (c - 'a' + 10)) | (upper & (c - 'A' + 10));

        ok &= digit | lower | upper;
        out[i / 2] = (unsigned char)(i % 2 == 0 ? v << 4 : out[i / 2] | v);
    }
    return ok != 0 ? 0 : -1;
}

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

enum { CHECKSUM = 6 };

/* One step of the BIP-173 checksum. */
static uint32_t polymod(uint32_t check, unsigned value)
{
    static const uint32_t generator[5] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                           0x2a1462b3 };
    const uint32_t top = check >> 25;
    unsigned i;

    check = (check & 0x1ffffff) << 5 ^ value;
    for (i = 0; i < 5; i++)
        check ^= generator[i] & (0U - (top >> i & 1));
    return check;
}

static uint32_t polymod_prefix(const char *prefix)
{
    uint32_t check = 1;
    const char *s;

    for (s = prefix; *s != '\0'; s++)
        check = polymod(check, (unsigned char)*s >> 5);
    check = polymod(check, 0);
    for (s = prefix; *s != '\0'; s++)
        check = polymod(check, (unsigned char)*s & 31);
    return check;
}

static char cased(char c, bool upper)
{
    return upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

size_t ml_bech32_size(const char *prefix, size_t len)
{
    return strlen(prefix) + 1 + (len * 8 + 4) / 5 + CHECKSUM;
}

void ml_bech32_encode(char *out, const char *prefix, ml_bytes bytes, bool upper)
{
    uint32_t check = polymod_prefix(prefix), bits = 0;
    unsigned held = 0, i;
    size_t at;

    for (; *prefix != '\0'; prefix++)
        *out++ = cased(*prefix, upper);
    *out++ = '1';
    for (at = 0; at < bytes.len || held > 0;) {
        unsigned v;

        if (held < 5 && at < bytes.len) {
            bits = bits << 8 | bytes.p[at++];
            held += 8;
        }
        v = (held >= 5 ? bits >> (held - 5) : bits << (5 - held)) & 31;
        held = held >= 5 ? held - 5 : 0;
        check = polymod(check, v);
        *out++ = cased(alphabet[v], upper);
    }
    for (i = 0; i < CHECKSUM; i++)
        check = polymod(check, 0);
    check ^= 1;
    for (i = 0; i < CHECKSUM; i++)
        *out++ = cased(alphabet[check >> 5 * (5 - i) & 31], upper);
}

/* The value of a character of the alphabet, or 32. */
static unsigned bech32_value(char c, bool upper)
{
    unsigned v, found = 32;

    for (v = 0; v < 32; v++)
        if (cased(alphabet[v], upper) == c)
            found = v;
    return found;
}

int ml_bech32_decode(unsigned char *out, size_t *len, const char *prefix, bool upper, ml_bytes text)
{
    const size_t head = strlen(prefix);
    uint32_t check = polymod_prefix(prefix), bits = 0;
    unsigned held = 0;
    size_t i, n = 0;

    if (text.len < head + 1 + CHECKSUM || text.p[head] != '1')
        return -1;
    for (i = 0; i < head; i++)
        if ((char)text.p[i] != cased(prefix[i], upper))
            return -1;
    for (i = head + 1; i < text.len; i++) {
        const unsigned v = bech32_value((char)text.p[i], upper);

        if (v == 32)
            return -1;
        check = polymod(check, v);
        if (i >= text.len - CHECKSUM)
            continue;
        bits = bits << 5 | v;
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[n++] = (unsigned char)(bits >> held & 0xFF);
        }
    }
    *len = n;
    return check == 1 && held < 5 && (bits & ((1U << held) - 1)) == 0 ? 0 : -1;
}
