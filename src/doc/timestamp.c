/* timestamp.c — see timestamp.h. */
#include "doc/timestamp.h"

#include <stdio.h>
#include <string.h>

typedef struct cursor {
    ml_bytes text;
    size_t at;
} cursor;

/* A number of `least` to `most` digits. */
static bool number(cursor *c, unsigned least, unsigned most, unsigned *out)
{
    unsigned n = 0;

    *out = 0;
    while (n < most && c->at < c->text.len && c->text.p[c->at] >= '0' && c->text.p[c->at] <= '9') {
        *out = *out * 10 + (c->text.p[c->at++] - '0');
        n++;
    }
    return n >= least;
}

static bool one_of(cursor *c, const char *set)
{
    if (c->at >= c->text.len || c->text.p[c->at] == 0 || strchr(set, c->text.p[c->at]) == NULL)
        return false;
    c->at++;
    return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const unsigned char days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

static bool date(cursor *c, unsigned least, ml_timestamp *t)
{
    return number(c, 4, 4, &t->year) && one_of(c, "-") && number(c, least, 2, &t->month) &&
           one_of(c, "-") && number(c, least, 2, &t->day) && t->month >= 1 && t->month <= 12 &&
           t->day >= 1 && t->day <= days_in(t->year, t->month);
}

/* Go reads a fraction behind seconds also with a comma, and nine digits of it. */
static bool fraction(cursor *c, ml_timestamp *t)
{
    unsigned scale = 100000000;
    const size_t first = c->at;

    while (c->at < c->text.len && c->text.p[c->at] >= '0' && c->text.p[c->at] <= '9') {
        t->nanosecond += (unsigned)(c->text.p[c->at++] - '0') * scale;
        scale /= 10;
    }
    return c->at > first;
}

static bool clock_time(cursor *c, unsigned least, ml_timestamp *t)
{
    if (!number(c, least, 2, &t->hour) || !one_of(c, ":") || !number(c, least, 2, &t->minute) ||
        !one_of(c, ":") || !number(c, least, 2, &t->second))
        return false;
    if (t->hour > 23 || t->minute > 59 || t->second > 59)
        return false;
    return one_of(c, ".,") ? fraction(c, t) : true;
}

static bool zone(cursor *c, ml_timestamp *t)
{
    unsigned hours, minutes;
    int sign;

    if (one_of(c, "Z"))
        return true;
    sign = c->at < c->text.len && c->text.p[c->at] == '-' ? -1 : 1;
    if (!one_of(c, "+-") || !number(c, 2, 2, &hours) || !one_of(c, ":") ||
        !number(c, 2, 2, &minutes) || hours > 24 || minutes > 60)
        return false;
    t->offset = sign * (int)(hours * 60 + minutes);
    return true;
}

int ml_timestamp_yaml(ml_timestamp *out, ml_bytes text)
{
    cursor c = { text, 0 };

    memset(out, 0, sizeof *out);
    if (!date(&c, 1, out))
        return -1;
    if (c.at == text.len)
        return 0;
    if (one_of(&c, "Tt"))
        return clock_time(&c, 1, out) && zone(&c, out) && c.at == text.len ? 0 : -1;
    return one_of(&c, " ") && clock_time(&c, 1, out) && c.at == text.len ? 0 : -1;
}

int ml_timestamp_rfc3339(ml_timestamp *out, ml_bytes text)
{
    cursor c = { text, 0 };

    memset(out, 0, sizeof *out);
    return date(&c, 2, out) && one_of(&c, "T") && clock_time(&c, 2, out) && zone(&c, out) &&
                   c.at == text.len
               ? 0
               : -1;
}

void ml_timestamp_text(char out[ML_TIMESTAMP_SIZE], const ml_timestamp *t, bool with_fraction)
{
    const unsigned away = (unsigned)(t->offset < 0 ? -t->offset : t->offset);
    char fraction[16] = "", zone_text[32] = "Z";

    if (with_fraction && t->nanosecond != 0) {
        size_t len = (size_t)snprintf(fraction, sizeof fraction, ".%09u", t->nanosecond);

        while (fraction[len - 1] == '0')
            fraction[--len] = '\0';
    }
    if (t->offset != 0)
        snprintf(zone_text, sizeof zone_text, "%c%02u:%02u", t->offset < 0 ? '-' : '+', away / 60,
                 away % 60);
    snprintf(out, ML_TIMESTAMP_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u%s%s", t->year, t->month, t->day,
             t->hour, t->minute, t->second, fraction, zone_text);
}
