/* Values as sops types and spells them: doc/value.h, doc/number.h, doc/timestamp.h. */
#include <math.h>
#include <string.h>

#include "doc/number.h"
#include "doc/timestamp.h"
#include "doc/value.h"
#include "test.h"

typedef struct row {
    const char *plain;
    ml_type type;
    const char *canonical; /* NULL: refused */
} row;

/* Types and canonical texts as the real program gives them. */
static const row yaml_rows[] = {
    { "", ML_TYPE_NULL, "" },
    { "~", ML_TYPE_NULL, "" },
    { "Null", ML_TYPE_NULL, "" },
    { "nULL", ML_TYPE_STR, "nULL" },
    { "true", ML_TYPE_BOOL, "True" },
    { "FALSE", ML_TYPE_BOOL, "False" },
    { "tRUE", ML_TYPE_STR, "tRUE" },
    { "yes", ML_TYPE_STR, "yes" },
    { "off", ML_TYPE_STR, "off" },
    { "0", ML_TYPE_INT, "0" },
    { "-0", ML_TYPE_INT, "0" },
    { "+12", ML_TYPE_INT, "12" },
    { "1_000", ML_TYPE_INT, "1000" },
    { "0x1F", ML_TYPE_INT, "31" },
    { "-0x1f", ML_TYPE_INT, "-31" },
    { "0o17", ML_TYPE_INT, "15" },
    { "0777", ML_TYPE_INT, "511" },
    { "0b101", ML_TYPE_INT, "5" },
    { "08", ML_TYPE_FLOAT, "8" },
    { "0x", ML_TYPE_STR, "0x" },
    { "9223372036854775807", ML_TYPE_INT, "9223372036854775807" },
    { "-9223372036854775808", ML_TYPE_INT, "-9223372036854775808" },
    { "9223372036854775808", ML_TYPE_INT, NULL },
    { "18446744073709551615", ML_TYPE_INT, NULL },
    { "12345678901234567890123", ML_TYPE_FLOAT, NULL },
    { "1.0", ML_TYPE_FLOAT, "1" },
    { "1.50", ML_TYPE_FLOAT, "1.5" },
    { "1e3", ML_TYPE_FLOAT, "1000" },
    { "1e21", ML_TYPE_FLOAT, "1000000000000000000000" },
    { "1e-7", ML_TYPE_FLOAT, "0.0000001" },
    { "-0.0", ML_TYPE_FLOAT, "-0" },
    { ".5", ML_TYPE_FLOAT, "0.5" },
    { "5.", ML_TYPE_FLOAT, "5" },
    { "1e400", ML_TYPE_STR, "1e400" },
    { "0.1000000000000000055511151231257827", ML_TYPE_FLOAT, NULL },
    { ".", ML_TYPE_STR, "." },
    { ".inf", ML_TYPE_FLOAT, "+Inf" },
    { "-.INF", ML_TYPE_FLOAT, "-Inf" },
    { ".NaN", ML_TYPE_FLOAT, "NaN" },
    { ".iNF", ML_TYPE_STR, ".iNF" },
    { "1.2.3", ML_TYPE_STR, "1.2.3" },
    { "12:30:45", ML_TYPE_STR, "12:30:45" },
    { "-", ML_TYPE_STR, "-" },
    { "+1-2", ML_TYPE_STR, "+1-2" },
    { "2025-01-02", ML_TYPE_TIME, "2025-01-02T00:00:00Z" },
    { "2025-1-2", ML_TYPE_TIME, "2025-01-02T00:00:00Z" },
    { "2025-02-30", ML_TYPE_STR, "2025-02-30" },
    { "2024-02-29", ML_TYPE_TIME, "2024-02-29T00:00:00Z" },
    { "2025-01-02 3:4:5", ML_TYPE_TIME, "2025-01-02T03:04:05Z" },
    { "2025-01-02T03:04:05.120Z", ML_TYPE_TIME, "2025-01-02T03:04:05.12Z" },
    { "2025-01-02t03:04:05-07:30", ML_TYPE_TIME, "2025-01-02T03:04:05-07:30" },
    { "2025-01-02T03:04:05", ML_TYPE_STR, "2025-01-02T03:04:05" },
    { "hello world", ML_TYPE_STR, "hello world" },
};

static void yaml_scalars_have_the_types_of_sops(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof yaml_rows / sizeof *yaml_rows; i++) {
        const row *r = &yaml_rows[i];
        const ml_bytes plain = ml_bytes_text(r->plain);
        const ml_type type = ml_value_yaml_type(plain);
        ml_buf out = { 0 };
        ml_err e;
        int status;

        if (type != r->type)
            fail_msg("'%s' is %s, not %s", r->plain, ml_type_word(type), ml_type_word(r->type));
        status = ml_value_canonical(ML_FORMAT_YAML, type, plain, &out, &e);
        if (r->canonical == NULL) {
            assert_int_equal(status, -1);
            assert_string_equal(e.code, ML_E_FORMAT);
            assert_string_not_equal(e.hint, "");
            assert_null(strstr(e.message, r->plain)); /* it may be a secret */
        } else {
            assert_int_equal(status, 0);
            if (!ml_bytes_is(ml_buf_bytes(&out), r->canonical))
                fail_msg("'%s' gives '%.*s'", r->plain, (int)out.len, (const char *)out.p);
        }
        ml_buf_free(&out);
    }
}

static void floats_are_spelled_as_in_go(void **state)
{
    static const struct {
        const char *canonical, *yaml, *json;
    } rows[] = { { "123456", "123456", "123456" },
                 { "1000000", "1e+06", "1000000" },
                 { "123456789.123", "1.23456789123e+08", "123456789.123" },
                 { "1000000000000000000000", "1e+21", "1e+21" },
                 { "0.0000001", "1e-07", "1e-7" },
                 { "0.000001", "1e-06", "0.000001" },
                 { "1000", "1000", "1000" },
                 { "0.0001", "0.0001", "0.0001" },
                 { "-0", "-0.0", "-0.0" },
                 { "1.5", "1.5", "1.5" } };
    ml_buf out = { 0 };
    ml_err e;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        out.len = 0;
        assert_int_equal(ml_value_spell(ML_FORMAT_YAML, ML_TYPE_FLOAT,
                                        ml_bytes_text(rows[i].canonical), &out, &e),
                         0);
        assert_true(ml_bytes_is(ml_buf_bytes(&out), rows[i].yaml));
        out.len = 0;
        assert_int_equal(ml_value_spell(ML_FORMAT_JSON, ML_TYPE_FLOAT,
                                        ml_bytes_text(rows[i].canonical), &out, &e),
                         0);
        assert_true(ml_bytes_is(ml_buf_bytes(&out), rows[i].json));
    }
    assert_int_equal(ml_value_spell(ML_FORMAT_JSON, ML_TYPE_FLOAT, ml_bytes_text("+Inf"), &out, &e),
                     -1);
    ml_buf_free(&out);
}

static void the_shortest_digits_read_back(void **state)
{
    /* Powers of two are where the nearest decimal may miss: 2^-44 needs one digit less upwards. */
    static const struct {
        double value;
        const char *text;
    } rows[] = { { 0x1p-44, "0.00000000000005684341886080802" },
                 { 5e-324, "5e-324" },
                 { 1.7976931348623157e308, "1.7976931348623157e+308" },
                 { 9007199254740993.0, "9007199254740992" },
                 { 0.3, "0.3" },
                 { 2.2250738585072014e-308, "2.2250738585072014e-308" } };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_decimal d;
        ml_buf out = { 0 };

        ml_decimal_shortest(&d, rows[i].value);
        if (strchr(rows[i].text, 'e') != NULL)
            ml_decimal_exponent(&out, &d, 2);
        else
            ml_decimal_positional(&out, &d);
        if (!ml_bytes_is(ml_buf_bytes(&out), rows[i].text))
            fail_msg("%s gives %.*s", rows[i].text, (int)out.len, (const char *)out.p);
        assert_true(ml_decimal_equals(&d, ml_bytes_text(rows[i].text)));
        ml_buf_free(&out);
    }
}

static void opened_plaintexts_must_be_what_they_say(void **state)
{
    static const struct {
        ml_type type;
        const char *plain, *canonical;
    } rows[] = { { ML_TYPE_INT, "+07", "7" },
                 { ML_TYPE_INT, "-0", "0" },
                 { ML_TYPE_INT, "0x10", NULL },
                 { ML_TYPE_INT, "", NULL },
                 { ML_TYPE_BOOL, "1", "True" },
                 { ML_TYPE_BOOL, "yes", NULL },
                 { ML_TYPE_FLOAT, "1.50", "1.5" },
                 { ML_TYPE_FLOAT, "x", NULL },
                 { ML_TYPE_TIME, "2025-01-02", NULL },
                 { ML_TYPE_TIME, "2025-01-02T00:00:00+00:00", "2025-01-02T00:00:00Z" },
                 { ML_TYPE_STR, "0x10", "0x10" } };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_buf out = { 0 };
        ml_err e;
        const int status = ml_value_accept(rows[i].type, ml_bytes_text(rows[i].plain), &out, &e);

        assert_int_equal(status, rows[i].canonical == NULL ? -1 : 0);
        if (status == 0)
            assert_true(ml_bytes_is(ml_buf_bytes(&out), rows[i].canonical));
        ml_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_scalars_have_the_types_of_sops),
        cmocka_unit_test(floats_are_spelled_as_in_go),
        cmocka_unit_test(the_shortest_digits_read_back),
        cmocka_unit_test(opened_plaintexts_must_be_what_they_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
