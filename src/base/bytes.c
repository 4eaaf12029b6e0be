/* bytes.c — spans of bytes; see bytes.h. */
#include "base/bytes.h"

#include <stdint.h>
#include <string.h>

ml_bytes ml_bytes_text(const char *text)
{
    return ml_bytes_of(text, text == NULL ? 0 : strlen(text));
}

ml_bytes ml_bytes_of(const void *p, size_t len)
{
    const ml_bytes b = { p, len };

    return b;
}

ml_bytes ml_bytes_slice(ml_bytes all, size_t from, size_t to)
{
    if (to > all.len)
        to = all.len;
    if (from >= to)
        return ml_bytes_of(NULL, 0);
    return ml_bytes_of(all.p + from, to - from);
}

bool ml_bytes_equal(ml_bytes a, ml_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool ml_bytes_is(ml_bytes a, const char *text)
{
    return ml_bytes_equal(a, ml_bytes_text(text));
}

bool ml_bytes_starts(ml_bytes a, const char *prefix)
{
    const ml_bytes b = ml_bytes_text(prefix);

    return a.len >= b.len && ml_bytes_equal(ml_bytes_slice(a, 0, b.len), b);
}

bool ml_bytes_ends(ml_bytes a, const char *suffix)
{
    const ml_bytes b = ml_bytes_text(suffix);

    return a.len >= b.len && ml_bytes_equal(ml_bytes_slice(a, a.len - b.len, a.len), b);
}

int ml_bytes_compare(ml_bytes a, ml_bytes b)
{
    const size_t n = a.len < b.len ? a.len : b.len;
    const int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

size_t ml_bytes_find(ml_bytes all, size_t from, unsigned char byte)
{
    const unsigned char *hit;

    if (from >= all.len)
        return SIZE_MAX;
    hit = memchr(all.p + from, byte, all.len - from);
    return hit == NULL ? SIZE_MAX : (size_t)(hit - all.p);
}

size_t ml_bytes_find_last(ml_bytes all, size_t from, size_t to, const char *mark)
{
    const size_t len = strlen(mark);

    while (to >= from + len) {
        const unsigned char *at = memrchr(all.p + from, mark[0], to - len + 1 - from);

        if (at == NULL)
            break;
        to = (size_t)(at - all.p);
        if (memcmp(at, mark, len) == 0)
            return to;
        to += len - 1;
    }
    return SIZE_MAX;
}

uint64_t ml_bytes_hash(uint64_t seed, ml_bytes bytes)
{
    uint64_t h = seed ^ bytes.len, word;
    size_t i = 0;

    while (i < bytes.len) {
        const size_t part = bytes.len - i < 8 ? bytes.len - i : 8;

        word = 0;
        memcpy(&word, bytes.p + i, part);
        h ^= word;
        h *= UINT64_C(0xD6E8FEB86659FD93);
        h ^= h >> 32;
        h += seed;
        i += part;
    }
    h *= UINT64_C(0xD6E8FEB86659FD93);
    return h ^ h >> 32;
}
