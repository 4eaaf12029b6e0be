/* ssh_wire.c — see ssh_wire.h. */
#include "format/ssh_wire.h"

#include <string.h>

bool ml_ssh_take_bytes(ml_bytes *from, size_t len, ml_bytes *bytes)
{
    if (from->len < len)
        return false;
    *bytes = ml_bytes_slice(*from, 0, len);
    *from = ml_bytes_slice(*from, len, from->len);
    return true;
}

bool ml_ssh_take_number(ml_bytes *from, uint32_t *number)
{
    ml_bytes b;

    if (!ml_ssh_take_bytes(from, 4, &b))
        return false;
    *number =
        (uint32_t)b.p[0] << 24 | (uint32_t)b.p[1] << 16 | (uint32_t)b.p[2] << 8 | (uint32_t)b.p[3];
    return true;
}

bool ml_ssh_take_string(ml_bytes *from, ml_bytes *string)
{
    const ml_bytes before = *from;
    uint32_t len;

    if (ml_ssh_take_number(from, &len) && ml_ssh_take_bytes(from, len, string))
        return true;
    *from = before;
    return false;
}

unsigned char *ml_ssh_put_number(unsigned char *p, uint32_t number)
{
    p[0] = (unsigned char)(number >> 24);
    p[1] = (unsigned char)(number >> 16);
    p[2] = (unsigned char)(number >> 8);
    p[3] = (unsigned char)number;
    return p + 4;
}

unsigned char *ml_ssh_put_bytes(unsigned char *p, ml_bytes bytes)
{
    if (bytes.len > 0)
        memcpy(p, bytes.p, bytes.len);
    return p + bytes.len;
}

unsigned char *ml_ssh_put_string(unsigned char *p, ml_bytes string)
{
    return ml_ssh_put_bytes(ml_ssh_put_number(p, (uint32_t)string.len), string);
}

void ml_ssh_add_number(ml_buf *to, uint32_t number)
{
    unsigned char bytes[4];

    ml_ssh_put_number(bytes, number);
    ml_buf_add(to, ml_bytes_of(bytes, sizeof bytes));
}

void ml_ssh_add_string(ml_buf *to, ml_bytes string)
{
    ml_ssh_add_number(to, (uint32_t)string.len);
    ml_buf_add(to, string);
}
