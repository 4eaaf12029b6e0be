/* One sealed value: sops/value.h, against texts made by the real program. */
#include <string.h>

#include "crypto/encode.h"
#include "crypto/provider.h"
#include "sops/value.h"
#include "test.h"

static const char key_hex[] = "93222370dae35698ebaea1b74e92d2fd532e42a9eae2c8e052f144ab9c271951";

static ml_sops_cipher *new_cipher(const char *hex)
{
    unsigned char key[32];
    ml_sops_cipher *c;
    ml_err e;

    assert_int_equal(ml_hex_decode(key, ml_bytes_text(hex)), 0);
    assert_int_equal(ml_sops_cipher_new(&c, ml_bytes_of(key, sizeof key), &e), 0);
    return c;
}

typedef struct sealed {
    const char *aad, *type, *plain, *text;
} sealed;

static const sealed vectors[] = {
    { "top:", "str", "v",
      "ENC[AES256_GCM,data:1Q==,iv:Xfe8erdAnq2Vg/HKzczpsk84ZTb0soKz0G+u14E0Sgo=,"
      "tag:Etm68IQHn8vKLlOAmSU1Dg==,type:str]" },
    { ":", "comment", " c",
      "ENC[AES256_GCM,data:MfI=,iv:0X6SC+712kzmZzG57NEHSsDx5zqOC18nVytAiqoH0bI=,"
      "tag:S/Az1nRxftyq7f44QoTP4Q==,type:comment]" },
    { "m:k:", "int", "7",
      "ENC[AES256_GCM,data:rA==,iv:zlMoWMUBqDmThssuXGiRfPURb7Nku3KOvGsHFMgb9rY=,"
      "tag:rLlYNTf7hj8uC5Ld5ZvLTA==,type:int]" },
    { "m:l:", "str", "a",
      "ENC[AES256_GCM,data:XQ==,iv:esviKekS+0W4y52/vLqQO6CICgzmoM4+5OYBx+m1bbg=,"
      "tag:2jqJ1ijHyvXpq0irkZQXpw==,type:str]" },
    { "m:l:", "str", "b",
      "ENC[AES256_GCM,data:6Q==,iv:8F8OfJkF7uWAdzrdUbv/QBnQ3kCmYzO4cJUGJr4ZuPw=,"
      "tag:dR+PfZErfpaIwCHEYbaDEA==,type:str]" },
    { "m:l:z:", "float", "1.5",
      "ENC[AES256_GCM,data:lryr,iv:ozthq8UQ0OkbGv9/AWlpjFQVq62QBRs8ZcBtaAsZMks=,"
      "tag:CCttDLQiE4EDAW/GRFu/FQ==,type:float]" },
    { "m:", "comment", " mc",
      "ENC[AES256_GCM,data:ScX4,iv:2oC4giNRz+Tn4YZQgmlH0cRAxWaT66h52NfQU5M+Gd8=,"
      "tag:T/DrcPtH+7CmP3Kc9FuoLA==,type:comment]" },
    { "m:t:", "bool", "True",
      "ENC[AES256_GCM,data:wHOCBg==,iv:hqkoiOi3KyJWNc71mnqtBbnY4ObFHjrktx9FSsy70ZA=,"
      "tag:u/7DDhpWbKyEW4gqSQRsBA==,type:bool]" },
    { "2026-11-23T12:48:04Z", "str",
      "FBBFD929F656B17427920E74EB6257C0E07EADE16159B082FE2D08D2A752312509EC9E8B9DD32F417547EA59"
      "20ABFC9ED2CDF0D43614BE438386BBBBBE1DDDFF",
      "ENC[AES256_GCM,data:ig2JCKpVnZaEYqlBsA4cRvzYZBk7VKJOuO752a0Pdc+KGKx0sEfj3MqVhoKlWOozzZNZ"
      "b6rvdiOwjcAYrGeFHaBQGy0u8VXmRQdMOa9sQZB5dUfguniOmo9UGaGLpLqDE8Dd+9tfYQAnU8z0VR5zXVjpW4C+"
      "umy6Y/y6bfpiXOw=,iv:8ZhAeWnHA6VlZYnImwTrUySWd13Nl/ylkwpGML0mDbQ=,"
      "tag:Uv6GrqW0Sl+d4TyUmoGPgw==,type:str]" },
};

enum { VECTORS = sizeof vectors / sizeof *vectors };

static void the_real_programs_values_open(void **state)
{
    ml_sops_cipher *c = new_cipher(key_hex);
    ml_arena arena = { 0 };
    size_t i;

    (void)state;
    for (i = 0; i < VECTORS; i++) {
        ml_type type;
        ml_bytes plain;
        ml_err e;

        assert_int_equal(ml_sops_value_open(c, ml_bytes_text(vectors[i].text),
                                            ml_bytes_text(vectors[i].aad), &arena, &type, &plain,
                                            &e),
                         0);
        assert_string_equal(ml_type_word(type), vectors[i].type);
        assert_true(ml_bytes_is(plain, vectors[i].plain));
        assert_int_equal(ml_sops_value_open(c, ml_bytes_text(vectors[i].text),
                                            ml_bytes_text("other:"), &arena, &type, &plain, &e),
                         -1);
        assert_string_equal(e.code, ML_E_AUTH);
    }
    ml_arena_free(&arena);
    ml_sops_cipher_free(c);
}

static void fixed_nonce(void *p, size_t len)
{
    static const char nonce[] = "Xfe8erdAnq2Vg/HKzczpsk84ZTb0soKz0G+u14E0Sgo=";
    unsigned char bytes[64];
    size_t got = 0;

    assert_int_equal(ml_base64_decode(ML_BASE64_PADDED, bytes, &got, ml_bytes_text(nonce)), 0);
    assert_int_equal(got, len);
    memcpy(p, bytes, len);
}

static void sealing_gives_the_real_programs_text(void **state)
{
    ml_sops_cipher *c = new_cipher(key_hex);
    ml_buf out = { 0 };
    ml_err e;

    (void)state;
    ml_random_source(fixed_nonce);
    assert_int_equal(
        ml_sops_value_seal(c, ML_TYPE_STR, ml_bytes_text("v"), ml_bytes_text("top:"), &out, &e), 0);
    ml_random_source(NULL);
    assert_true(ml_bytes_is(ml_buf_bytes(&out), vectors[0].text));
    ml_buf_free(&out);
    ml_sops_cipher_free(c);
}

static void long_values_and_empty_ones(void **state)
{
    ml_sops_cipher *c = new_cipher(key_hex);
    ml_arena arena = { 0 };
    unsigned char text[5000];
    ml_buf out = { 0 };
    ml_type type;
    ml_bytes plain;
    ml_err e;

    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(ml_sops_value_seal(c, ML_TYPE_STR, ml_bytes_of(text, sizeof text),
                                        ml_bytes_text("a:"), &out, &e),
                     0);
    assert_int_equal(
        ml_sops_value_open(c, ml_buf_bytes(&out), ml_bytes_text("a:"), &arena, &type, &plain, &e),
        0);
    assert_true(ml_bytes_equal(plain, ml_bytes_of(text, sizeof text)));
    out.len = 0;
    assert_int_equal(
        ml_sops_value_seal(c, ML_TYPE_STR, ml_bytes_text(""), ml_bytes_text("a:"), &out, &e), 0);
    assert_int_equal(out.len, 0);
    assert_int_equal(
        ml_sops_value_open(c, ml_bytes_text(""), ml_bytes_text("a:"), &arena, &type, &plain, &e),
        0);
    assert_int_equal(plain.len, 0);
    ml_buf_free(&out);
    ml_arena_free(&arena);
    ml_sops_cipher_free(c);
}

static void odd_texts_parse_as_in_go(void **state)
{
    static const struct {
        const char *text, *data, *iv, *tag, *type; /* data NULL: no ENC[…] */
    } rows[] = {
        { "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]tail", "a", "b", "c", "str" },
        { "ENC[AES256_GCM,data:a,iv:x,iv:b,tag:c,type:str]", "a,iv:x", "b", "c", "str" },
        { "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]]", "a", "b", "c", "str]" },
        { "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]\n]", "a", "b", "c", "str" },
        { " ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]", NULL, NULL, NULL, NULL },
        { "ENC[AES256_GCM,data:,iv:b,tag:c,type:str]", NULL, NULL, NULL, NULL },
        { "ENC[AES256_GCM,data:a,iv:b,tag:c,type:]", NULL, NULL, NULL, NULL },
        { "ENC[AES256_GCM,data:a,iv:b,tag:c,type:str", NULL, NULL, NULL, NULL },
        { "ENC[AES256_GCM,data:a\n,iv:b,tag:c,type:str]", NULL, NULL, NULL, NULL },
        { "ENC[", NULL, NULL, NULL, NULL },
        { "", NULL, NULL, NULL, NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops_enc enc;
        const int status = ml_sops_enc_parse(&enc, ml_bytes_text(rows[i].text));

        if (status != (rows[i].data == NULL ? -1 : 0))
            fail_msg("%s", rows[i].text);
        if (status == 0) {
            assert_true(ml_bytes_is(enc.data, rows[i].data));
            assert_true(ml_bytes_is(enc.iv, rows[i].iv));
            assert_true(ml_bytes_is(enc.tag, rows[i].tag));
            assert_true(ml_bytes_is(enc.type, rows[i].type));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_real_programs_values_open),
        cmocka_unit_test(sealing_gives_the_real_programs_text),
        cmocka_unit_test(long_values_and_empty_ones),
        cmocka_unit_test(odd_texts_parse_as_in_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
