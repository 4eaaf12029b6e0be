/* value_spell.c — canonical values as a document writes them; see value.h. */
#include <math.h>

#include "doc/number.h"
#include "doc/value.h"

/* In dotenv and INI a float is always seen to be one. */
static void mark_float(ml_buf *out, size_t from)
{
    bool marked = false;
    size_t i;

    for (i = from; i < out->len; i++) {
        if (out->p[i] == 'e')
            out->p[i] = 'E';
        marked = marked || out->p[i] == 'E' || out->p[i] == '.';
    }
    if (!marked)
        ml_buf_text(out, ".0");
}

/* Go's spellings of a float64: 'g' with the odd limit of 6, and that of JSON. */
static int spell_float(ml_format format, ml_bytes canonical, ml_buf *out, ml_err *e)
{
    const bool lines = format == ML_FORMAT_DOTENV || format == ML_FORMAT_INI;
    const bool json = format == ML_FORMAT_JSON;
    const size_t before = out->len;
    const bool plus = ml_bytes_is(canonical, "+Inf"), minus = ml_bytes_is(canonical, "-Inf");
    ml_decimal d;
    double value;
    int exponent;

    if (plus || minus || ml_bytes_is(canonical, "NaN")) {
        if (json)
            return ml_fail(e, ML_E_FORMAT, "JSON has no spelling for an infinite number or NaN");
        if (lines)
            ml_buf_add(out, canonical);
        else
            ml_buf_text(out, plus ? ".inf" : minus ? "-.inf" : ".nan");
        return 0;
    }
    if (ml_decimal_read(&value, canonical) < 0 || !isfinite(value))
        return ml_fail(e, ML_E_FORMAT, "the value is not of type %s", ml_type_word(ML_TYPE_FLOAT));
    if (value == 0 && signbit(value)) { /* `-0` would be read again as the integer 0 */
        ml_buf_text(out, "-0.0");
        return 0;
    }
    ml_decimal_shortest(&d, value);
    exponent = d.count == 0 ? 0 : d.point - 1;
    if (json ? exponent < -6 || exponent >= 21 : exponent < -4 || exponent >= 6)
        ml_decimal_exponent(out, &d, json ? 1 : 2);
    else
        ml_decimal_positional(out, &d);
    if (lines)
        mark_float(out, before);
    return 0;
}

/* A time as formats of lines have it: whole seconds. */
static void spell_seconds(ml_bytes canonical, ml_buf *out)
{
    const size_t point = ml_bytes_find(canonical, 0, '.');
    size_t zone = point;

    if (point == SIZE_MAX) {
        ml_buf_add(out, canonical);
        return;
    }
    for (zone++; zone < canonical.len && canonical.p[zone] >= '0' && canonical.p[zone] <= '9';)
        zone++;
    ml_buf_add(out, ml_bytes_slice(canonical, 0, point));
    ml_buf_add(out, ml_bytes_slice(canonical, zone, canonical.len));
}

int ml_value_spell(ml_format format, ml_type type, ml_bytes canonical, ml_buf *out, ml_err *e)
{
    const bool lines = format == ML_FORMAT_DOTENV || format == ML_FORMAT_INI;

    switch (type) {
    case ML_TYPE_NULL:
        ml_buf_text(out, lines ? "<nil>" : "null");
        break;
    case ML_TYPE_TIME:
        if (lines)
            spell_seconds(canonical, out);
        else
            ml_buf_add(out, canonical);
        break;
    case ML_TYPE_FLOAT:
        if (spell_float(format, canonical, out, e) < 0)
            return -1;
        break;
    case ML_TYPE_BOOL:
        ml_buf_text(out, ml_bytes_is(canonical, "True") ? "true" : "false");
        break;
    default:
        ml_buf_add(out, canonical);
    }
    return ml_buf_check(out, e);
}
