/* text.c — UTF-8 and positions; see text.h. */
#include "base/text.h"

#include <string.h>

size_t ml_utf8_decode(ml_bytes text, size_t at, uint32_t *point)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *s = text.p + at;
    const size_t left = text.len - at;
    const size_t len = s[0] < 0x80   ? 1
                       : s[0] < 0xC2 ? 0
                       : s[0] < 0xE0 ? 2
                       : s[0] < 0xF0 ? 3
                       : s[0] < 0xF5 ? 4
                                     : 0;
    uint32_t c;
    size_t i;

    if (len == 0 || len > left)
        return 0;
    c = len == 1 ? s[0] : s[0] & (0x7FU >> len);
    for (i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3FU);
    }
    if (c < least[len] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return 0;
    *point = c;
    return len;
}

size_t ml_utf8_encode(uint32_t point, unsigned char out[4])
{
    if (point < 0x80) {
        out[0] = (unsigned char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (unsigned char)(0xC0 | point >> 6);
        out[1] = (unsigned char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        if (point >= 0xD800 && point < 0xE000)
            return 0;
        out[0] = (unsigned char)(0xE0 | point >> 12);
        out[1] = (unsigned char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (unsigned char)(0x80 | (point & 0x3F));
        return 3;
    }
    if (point > 0x10FFFF)
        return 0;
    out[0] = (unsigned char)(0xF0 | point >> 18);
    out[1] = (unsigned char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (unsigned char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (unsigned char)(0x80 | (point & 0x3F));
    return 4;
}

size_t ml_ascii_end(ml_bytes text, size_t at)
{
    static const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t word;

    for (; text.len - at >= sizeof word; at += sizeof word) { /* eight at a time */
        memcpy(&word, text.p + at, sizeof word);
        if ((word & high) != 0)
            break;
    }
    while (at < text.len && text.p[at] < 0x80)
        at++;
    return at;
}

bool ml_utf8_is_unsafe(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0xad || point == 0x61c ||
           point == 0x180e || (point >= 0x200b && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) ||
           point == 0xfeff || (point >= 0xfff9 && point <= 0xfffb) ||
           (point >= 0xe0000 && point <= 0xe007f);
}

size_t ml_utf8_check(ml_bytes text)
{
    uint32_t point;
    size_t at;

    for (at = ml_ascii_end(text, 0); at < text.len; at = ml_ascii_end(text, at)) {
        const size_t len = ml_utf8_decode(text, at, &point);

        if (len == 0)
            return at;
        at += len;
    }
    return SIZE_MAX;
}

bool ml_text_is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

bool ml_text_is_space(unsigned char c)
{
    return ml_text_is_blank(c) || c == '\n' || c == '\r';
}

static bool is_unicode_space(uint32_t point)
{
    return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 || point == 0xA0 ||
           point == 0x1680 || (point >= 0x2000 && point <= 0x200A) || point == 0x2028 ||
           point == 0x2029 || point == 0x202F || point == 0x205F || point == 0x3000;
}

ml_bytes ml_text_trim_left(ml_bytes text)
{
    size_t at = 0, len;
    uint32_t point;

    while (at < text.len && (len = ml_utf8_decode(text, at, &point)) > 0 && is_unicode_space(point))
        at += len;
    return ml_bytes_slice(text, at, text.len);
}

ml_bytes ml_text_trim(ml_bytes text)
{
    size_t end, start;
    uint32_t point;

    text = ml_text_trim_left(text);
    for (end = text.len; end > 0; end = start) {
        start = end - 1;
        while (start > 0 && end - start < 4 && (text.p[start] & 0xC0) == 0x80)
            start--;
        if (ml_utf8_decode(ml_bytes_slice(text, 0, end), start, &point) != end - start ||
            !is_unicode_space(point))
            break;
    }
    return ml_bytes_slice(text, 0, end);
}

void ml_text_position(ml_bytes text, size_t at, unsigned long *line, unsigned long *column)
{
    size_t i, start = 0;

    *line = 1;
    for (i = 0; i < at && i < text.len; i++) {
        if (text.p[i] == '\n') {
            ++*line;
            start = i + 1;
        }
    }
    *column = (unsigned long)(i - start) + 1;
}
