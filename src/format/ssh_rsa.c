/* ssh_rsa.c — see ssh_rsa.h. */
#include "format/ssh_rsa.h"

#include "base/limits.h"
#include "format/ssh_wire.h"

enum { BITS_MIN = 2048, EXPONENT_MAX = 3, NUMBERS = 6 };

static const char type[] = "ssh-rsa";

static int bad(ml_err *e)
{
    return ml_fail(e, ML_E_FORMAT, "malformed RSA key");
}

static bool is_odd(ml_bytes number)
{
    return number.len > 0 && (number.p[number.len - 1] & 1) != 0;
}

int ml_ssh_rsa_check_bits(unsigned bits, ml_err *e)
{
    if (bits >= BITS_MIN && bits <= ML_LIMIT_RSA_BITS)
        return 0;
    return ml_fail(e, ML_E_LIMIT, "an RSA key of %u bits; from %d to %d are taken", bits, BITS_MIN,
                   ML_LIMIT_RSA_BITS);
}

int ml_ssh_rsa_check(const ml_rsa_public *key, ml_err *e)
{
    if (ml_ssh_rsa_check_bits(ml_ssh_bits(key->n), e) < 0)
        return -1;
    if (key->e.len > EXPONENT_MAX)
        return ml_fail(e, ML_E_LIMIT, "an RSA key whose exponent has more than %d bits",
                       EXPONENT_MAX * 8);
    if (!is_odd(key->n) || !is_odd(key->e) || ml_bytes_equal(key->e, ml_bytes_of("\1", 1)))
        return bad(e);
    return 0;
}

/* Takes a positive number in its one form: the top bit is the sign, so a zero may stand before it,
 * and nowhere else. */
static bool take(ml_bytes *from, ml_bytes *number)
{
    if (!ml_ssh_take_string(from, number) || number->len == 0 || (number->p[0] & 0x80) != 0)
        return false;
    if (number->p[0] != 0)
        return true;
    *number = ml_bytes_slice(*number, 1, number->len);
    return number->len > 0 && (number->p[0] & 0x80) != 0;
}

static size_t size_of(ml_bytes number)
{
    return 4 + (number.p[0] >> 7) + number.len;
}

static unsigned char *put(unsigned char *p, ml_bytes number)
{
    p = ml_ssh_put_number(p, (uint32_t)(size_of(number) - 4));
    if ((number.p[0] & 0x80) != 0)
        *p++ = 0;
    return ml_ssh_put_bytes(p, number);
}

int ml_ssh_rsa_public(ml_rsa_public *key, ml_bytes wire, ml_err *e)
{
    ml_bytes name;

    if (!ml_ssh_take_string(&wire, &name) || !ml_bytes_is(name, type) || !take(&wire, &key->e) ||
        !take(&wire, &key->n) || wire.len != 0)
        return bad(e);
    return ml_ssh_rsa_check(key, e);
}

void ml_ssh_rsa_wire(ml_buf *out, const ml_rsa_public *key)
{
    const size_t size = size_of(key->e) + size_of(key->n);
    unsigned char *room;

    ml_ssh_add_string(out, ml_bytes_text(type));
    room = ml_buf_room(out, size);
    if (room == NULL)
        return;
    put(put(room, key->e), key->n);
    out->len += size;
}

int ml_ssh_rsa_private(ml_rsa_private *key, ml_bytes *from, ml_err *e)
{
    if (!take(from, &key->public.n) || !take(from, &key->public.e) || !take(from, &key->d) ||
        !take(from, &key->iqmp) || !take(from, &key->p) || !take(from, &key->q))
        return bad(e);
    return ml_ssh_rsa_check(&key->public, e);
}

int ml_ssh_rsa_numbers(ml_secret *out, const ml_rsa_private *key, ml_err *e)
{
    const ml_bytes numbers[NUMBERS] = { key->public.n, key->public.e, key->d,
                                        key->iqmp,     key->p,        key->q };
    unsigned char *p;
    size_t size = 0, i;

    for (i = 0; i < NUMBERS; i++) {
        if (numbers[i].len == 0)
            return bad(e);
        size += size_of(numbers[i]);
    }
    if (ml_secret_new(out, size, e) < 0)
        return -1;
    p = out->p;
    for (i = 0; i < NUMBERS; i++)
        p = put(p, numbers[i]);
    return 0;
}
