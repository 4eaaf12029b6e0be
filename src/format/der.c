/* der.c — see der.h. */
#include "format/der.h"

enum { LONG_FORM = 0x80, LENGTH_MAX = 4 };

/* The length behind a tag, in the shortest form; it may be larger than what there is. */
static bool take_length(ml_bytes *from, size_t *len)
{
    size_t count, i;

    if (from->len == 0)
        return false;
    *len = from->p[0];
    *from = ml_bytes_slice(*from, 1, from->len);
    if (*len < LONG_FORM)
        return true;
    count = *len - LONG_FORM;
    if (count == 0 || count > LENGTH_MAX || count > from->len || from->p[0] == 0)
        return false;
    *len = 0;
    for (i = 0; i < count; i++)
        *len = *len << 8 | from->p[i];
    *from = ml_bytes_slice(*from, count, from->len);
    return *len >= LONG_FORM;
}

bool ml_der_take(ml_bytes *from, ml_der_tag tag, ml_bytes *contents)
{
    ml_bytes rest = *from;
    size_t len;

    if (rest.len == 0 || rest.p[0] != (unsigned char)tag)
        return false;
    rest = ml_bytes_slice(rest, 1, rest.len);
    if (!take_length(&rest, &len) || len > rest.len)
        return false;
    *contents = ml_bytes_slice(rest, 0, len);
    *from = ml_bytes_slice(rest, len, rest.len);
    return true;
}

bool ml_der_take_number(ml_bytes *from, ml_bytes *number)
{
    ml_bytes rest = *from, found;

    if (!ml_der_take(&rest, ML_DER_INTEGER, &found) || found.len == 0 || (found.p[0] & 0x80) != 0)
        return false;
    if (found.p[0] == 0) {
        if (found.len > 1 && (found.p[1] & 0x80) == 0)
            return false;
        found = ml_bytes_slice(found, 1, found.len);
    }
    *number = found;
    *from = rest;
    return true;
}
