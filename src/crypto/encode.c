/* encode.c — base64, hex and bech32; see encode.h. The loops have no branches on the decoded bytes,
 * since private keys pass through them. */
#include "crypto/encode.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "base/secret.h"

/* All bits when a <= x <= b, else none. */
static uint32_t in_range(uint32_t x, uint32_t a, uint32_t b)
{
    return 0U - (((a - 1 - x) & (x - b - 1)) >> 31);
}

static char base64_char(unsigned v)
{
    return (char)((in_range(v, 0, 25) & (v + 'A')) | (in_range(v, 26, 51) & (v - 26 + 'a')) |
                  (in_range(v, 52, 61) & (v - 52 + '0')) | (in_range(v, 62, 62) & '+') |
                  (in_range(v, 63, 63) & '/'));
}

/* The value of a character, or all bits if it has none. */
static uint32_t base64_value(uint32_t c)
{
    return ((in_range(c, 'A', 'Z') & (c - 'A' + 1)) | (in_range(c, 'a', 'z') & (c - 'a' + 27)) |
            (in_range(c, '0', '9') & (c - '0' + 53)) | (in_range(c, '+', '+') & 63) |
            (in_range(c, '/', '/') & 64)) -
           1;
}

enum { BASE64_NONE = 0x40 }; /* a bit that no value has */

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

/* A byte in each of eight lanes. */
#define LANES(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The lanes of `x` that are a or more, as 1; those of x are below 0x80. */
static uint64_t lanes_from(uint64_t x, unsigned a)
{
    return ((x + LANES(0x80 - a)) & LANES(0x80)) >> 7;
}

/* The lanes of `x` that lie between a and b, as 1; those of x are below 0x80. */
static uint64_t lanes_between(uint64_t x, unsigned a, unsigned b)
{
    return ((x + LANES(0x80 - a)) & ~(x + LANES(0x7F - b)) & LANES(0x80)) >> 7;
}

/* 48 bits, set apart into eight lanes of six bits each. */
static uint64_t set_apart(uint64_t x)
{
    x = (x & UINT64_C(0x0000FFFFFF000000)) << 8 | (x & UINT64_C(0x0000000000FFFFFF));
    x = (x & UINT64_C(0x00FFF00000FFF000)) << 4 | (x & UINT64_C(0x00000FFF00000FFF));
    return (x & UINT64_C(0x0FC00FC00FC00FC0)) << 2 | (x & UINT64_C(0x003F003F003F003F));
}

/* Encodes groups of six bytes, as far as there are such; returns where it stopped. Eight characters
 * at once, because an armored file is base64 throughout. */
static size_t encode_groups(char *out, size_t *n, ml_bytes bytes)
{
    size_t at = 0;

    for (; bytes.len - at >= 6; at += 6) {
        uint32_t high;
        uint16_t low;
        uint64_t x;

        memcpy(&high, bytes.p + at, sizeof high);
        memcpy(&low, bytes.p + at + sizeof high, sizeof low);
        x = set_apart((uint64_t)be32toh(high) << 16 | be16toh(low));
        /* The steps from one row of the alphabet to the next. */
        x = x + LANES('A') + lanes_from(x, 26) * ('a' - 'A' - 26) -
            lanes_from(x, 52) * ('a' - '0' + 26) - lanes_from(x, 62) * ('0' - '+' + 10) +
            lanes_from(x, 63) * ('/' - '+' - 1);
        x = htobe64(x);
        memcpy(out + *n, &x, sizeof x);
        *n += sizeof x;
    }
    return at;
}

void ml_base64_encode(ml_base64 kind, char *out, ml_bytes bytes)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t n = 0, i = encode_groups(out, &n, bytes);

    for (; i < bytes.len; i++) {
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

/* Eight lanes of six bits each, drawn together at the lower end. */
static uint64_t draw_together(uint64_t x)
{
    x = (x & UINT64_C(0x3F003F003F003F00)) >> 2 | (x & UINT64_C(0x003F003F003F003F));
    x = (x & UINT64_C(0x0FFF00000FFF0000)) >> 4 | (x & UINT64_C(0x00000FFF00000FFF));
    return (x & UINT64_C(0x00FFFFFF00000000)) >> 8 | (x & UINT64_C(0x0000000000FFFFFF));
}

/* Decodes groups of eight characters, as far as there are such from `at` on; returns where it
 * stopped. Eight at once, because a large file is mostly base64. */
static size_t decode_groups(unsigned char *out, size_t *n, ml_bytes text, size_t at)
{
    for (; text.len - at >= 8; at += 8) {
        uint64_t x, upper, lower, digit, plus, slash;

        memcpy(&x, text.p + at, sizeof x);
        x = be64toh(x);
        if ((x & LANES(0x80)) != 0)
            break;
        upper = lanes_between(x, 'A', 'Z');
        lower = lanes_between(x, 'a', 'z');
        digit = lanes_between(x, '0', '9');
        plus = lanes_between(x, '+', '+');
        slash = lanes_between(x, '/', '/');
        if ((upper | lower | digit | plus | slash) != LANES(1))
            break;
        x = x - upper * 'A' - lower * ('a' - 26) + digit * (52 - '0') + plus * (62 - '+') +
            slash * (63 - '/');
        x = htobe64(draw_together(x) << 16);
        memcpy(out + *n, &x, 6);
        *n += 6;
    }
    return at;
}

int ml_base64_decode(ml_base64 kind, unsigned char *out, size_t *len, ml_bytes text)
{
    uint32_t bits = 0, none = 0;
    unsigned held = 0;
    size_t i, n = 0, chars = 0, padding = 0;

    for (i = 0; i < text.len; i++) {
        uint32_t v;

        if (held == 0 && padding == 0 && (i = decode_groups(out, &n, text, i)) == text.len)
            break;
        if (kind == ML_BASE64_LINES && (text.p[i] == '\r' || text.p[i] == '\n'))
            continue;
        if (text.p[i] == '=' && kind != ML_BASE64_BARE) {
            padding++;
            continue;
        }
        v = base64_value(text.p[i]);
        none |= v & BASE64_NONE;
        if (padding > 0)
            none = BASE64_NONE;
        bits = bits << 6 | (v & 0x3F);
        chars++;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (unsigned char)(bits >> held & 0xFF);
        }
    }
    *len = n;
    if (none != 0 || chars % 4 == 1 || (bits & ((1U << held) - 1)) != 0)
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
