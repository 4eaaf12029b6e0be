/* number.c — see number.h. */
#include "doc/number.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

enum { LONGEST = 17 }; /* digits that always identify a float64 */

/* Digits and point from a text like -1.2345e+06. */
static void split(ml_decimal *d, const char *text)
{
    const char *p = text;

    d->count = 0;
    for (; *p != 'e' && *p != '\0'; p++)
        if (*p >= '0' && *p <= '9')
            d->digits[d->count++] = *p;
    d->point = (int)strtol(p + 1, NULL, 10) + 1;
    while (d->count > 0 && d->digits[d->count - 1] == '0')
        d->count--;
}

static double join(const ml_decimal *d)
{
    char text[64];

    snprintf(text, sizeof text, "%.*se%d", (int)d->count, d->digits, d->point - (int)d->count);
    return strtod(text, NULL);
}

/* One more in the last digit. */
static void step_up(ml_decimal *d)
{
    unsigned i = d->count;

    while (i > 0 && d->digits[i - 1] == '9')
        i--;
    if (i == 0) {
        d->digits[0] = '1';
        d->count = 1;
        d->point++;
        return;
    }
    d->digits[i - 1]++;
    d->count = i;
}

void ml_decimal_shortest(ml_decimal *out, double value)
{
    const double size = fabs(value);
    char text[40];
    int exponent, precision;

    memset(out, 0, sizeof *out);
    out->negative = signbit(value) != 0;
    if (size == 0)
        return;
    for (precision = 0; precision < LONGEST; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, size);
        split(out, text);
        if (join(out) == size)
            return;
        /* Below a power of two the numbers lie closer than above it: the nearest decimal can miss
         * where the next one up still reads back. */
        if (frexp(size, &exponent) == 0.5) {
            step_up(out);
            if (join(out) == size)
                return;
        }
    }
}

/* The significant digits of a written number: where they begin and where the point is. */
static bool significant(ml_bytes text, char digits[40], unsigned *count, long *point)
{
    bool seen_point = false, started = false;
    size_t i;
    long exponent = 0, whole = 0;
    unsigned zeroes = 0;

    *count = 0;
    for (i = 0; i < text.len && (text.p[i] | 0x20) != 'e'; i++) {
        if (text.p[i] == '.')
            seen_point = true;
        if (text.p[i] < '0' || text.p[i] > '9')
            continue;
        if (started && !seen_point)
            whole++;
        if (!started && text.p[i] == '0') {
            whole -= seen_point ? 1 : 0;
            continue;
        }
        if (!started && !seen_point)
            whole++;
        started = true;
        if (text.p[i] == '0') {
            zeroes++;
            continue;
        }
        if (*count + zeroes + 1 > 40)
            return false;
        for (; zeroes > 0; zeroes--)
            digits[(*count)++] = '0';
        digits[(*count)++] = (char)text.p[i];
    }
    if (i < text.len) {
        char number[24];
        const ml_bytes rest = ml_bytes_slice(text, i + 1, text.len);

        snprintf(number, sizeof number, "%.*s", (int)(rest.len > 20 ? 20 : rest.len),
                 (const char *)rest.p);
        exponent = strtol(number, NULL, 10);
        if (exponent > 1000000 || exponent < -1000000)
            return false;
    }
    *point = whole + exponent;
    return true;
}

bool ml_decimal_equals(const ml_decimal *shortest, ml_bytes text)
{
    char digits[40];
    unsigned count;
    long point;

    if (!significant(text, digits, &count, &point))
        return false;
    if (count == 0 || shortest->count == 0)
        return count == shortest->count;
    return count == shortest->count && point == shortest->point &&
           memcmp(digits, shortest->digits, count) == 0;
}

void ml_decimal_positional(ml_buf *out, const ml_decimal *d)
{
    const int count = (int)d->count;

    if (d->negative)
        ml_buf_byte(out, '-');
    if (count == 0) {
        ml_buf_byte(out, '0');
        return;
    }
    if (d->point <= 0) {
        ml_buf_text(out, "0.");
        ml_buf_repeat(out, '0', (size_t)-d->point);
        ml_buf_add(out, ml_bytes_of(d->digits, d->count));
        return;
    }
    if (d->point >= count) {
        ml_buf_add(out, ml_bytes_of(d->digits, d->count));
        ml_buf_repeat(out, '0', (size_t)(d->point - count));
        return;
    }
    ml_buf_add(out, ml_bytes_of(d->digits, (size_t)d->point));
    ml_buf_byte(out, '.');
    ml_buf_add(out, ml_bytes_of(d->digits + d->point, (size_t)(count - d->point)));
}

void ml_decimal_exponent(ml_buf *out, const ml_decimal *d, unsigned exponent_digits)
{
    const int exponent = d->count == 0 ? 0 : d->point - 1;

    if (d->negative)
        ml_buf_byte(out, '-');
    ml_buf_byte(out, d->count == 0 ? '0' : (unsigned char)d->digits[0]);
    if (d->count > 1) {
        ml_buf_byte(out, '.');
        ml_buf_add(out, ml_bytes_of(d->digits + 1, d->count - 1));
    }
    ml_buf_format(out, "e%c%0*d", exponent < 0 ? '-' : '+', (int)exponent_digits, abs(exponent));
}

/* Short numbers, which is all of them, need no memory: that it is out must not make text of a
 * number. */
enum { ROOM = 128 };

int ml_decimal_read(double *out, ml_bytes text)
{
    /* The program never calls setlocale, so strtod's point is '.'; a host that embeds the core may
     * have: then the text is changed to that locale's point. */
    const char *point = localeconv()->decimal_point;
    const size_t need = text.len + strlen(point) + 1;
    char room[ROOM], *const copy = need <= sizeof room ? room : malloc(need);
    char *at = copy, *end;
    bool has_point = false, is_number = false;
    size_t i;

    if (copy == NULL)
        return -1;
    for (i = 0; i < text.len; i++) {
        if (text.p[i] == '.' && !has_point) {
            at = stpcpy(at, point);
            has_point = true;
        } else if (text.p[i] != 0 && strchr("0123456789+-eE", text.p[i]) != NULL) {
            *at++ = (char)text.p[i];
        } else {
            break;
        }
    }
    *at = '\0';
    if (i == text.len && text.len > 0) {
        *out = strtod(copy, &end);
        is_number = *end == '\0' && end != copy;
    }
    ml_wipe(copy, need <= sizeof room ? sizeof room : need);
    if (copy != room)
        free(copy);
    return is_number ? 0 : -1;
}
