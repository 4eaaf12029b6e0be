/* The MAC: what it covers and in which form, by the vector of spec 11 that two programs agree on,
 * and the forms of an encrypted comment in a list, on which releases of sops disagree. */
#include "tests/c/sops.h"

#include <string.h>

#include "crypto/encode.h"

/* `top: v`, a comment, and a map with a list, under one data key. */
static const char vector_key[] = "93222370dae35698ebaea1b74e92d2fd532e42a9eae2c8e052f144ab9c271951";

#define TOP                                                                                        \
    "ENC[AES256_GCM,data:1Q==,iv:Xfe8erdAnq2Vg/HKzczpsk84ZTb0soKz0G+u14E0Sgo=,"                    \
    "tag:Etm68IQHn8vKLlOAmSU1Dg==,type:str]"
#define ROOT_COMMENT                                                                               \
    "#ENC[AES256_GCM,data:MfI=,iv:0X6SC+712kzmZzG57NEHSsDx5zqOC18nVytAiqoH0bI=,"                   \
    "tag:S/Az1nRxftyq7f44QoTP4Q==,type:comment]"
#define M_K                                                                                        \
    "ENC[AES256_GCM,data:rA==,iv:zlMoWMUBqDmThssuXGiRfPURb7Nku3KOvGsHFMgb9rY=,"                    \
    "tag:rLlYNTf7hj8uC5Ld5ZvLTA==,type:int]"
#define M_L_A                                                                                      \
    "ENC[AES256_GCM,data:XQ==,iv:esviKekS+0W4y52/vLqQO6CICgzmoM4+5OYBx+m1bbg=,"                    \
    "tag:2jqJ1ijHyvXpq0irkZQXpw==,type:str]"
#define M_L_B                                                                                      \
    "ENC[AES256_GCM,data:6Q==,iv:8F8OfJkF7uWAdzrdUbv/QBnQ3kCmYzO4cJUGJr4ZuPw=,"                    \
    "tag:dR+PfZErfpaIwCHEYbaDEA==,type:str]"
#define M_L_Z                                                                                      \
    "ENC[AES256_GCM,data:lryr,iv:ozthq8UQ0OkbGv9/AWlpjFQVq62QBRs8ZcBtaAsZMks=,"                    \
    "tag:CCttDLQiE4EDAW/GRFu/FQ==,type:float]"
#define M_COMMENT                                                                                  \
    "#ENC[AES256_GCM,data:ScX4,iv:2oC4giNRz+Tn4YZQgmlH0cRAxWaT66h52NfQU5M+Gd8=,"                   \
    "tag:T/DrcPtH+7CmP3Kc9FuoLA==,type:comment]"
#define M_T                                                                                        \
    "ENC[AES256_GCM,data:wHOCBg==,iv:hqkoiOi3KyJWNc71mnqtBbnY4ObFHjrktx9FSsy70ZA=,"                \
    "tag:u/7DDhpWbKyEW4gqSQRsBA==,type:bool]"
#define MAC                                                                                        \
    "ENC[AES256_GCM,data:ig2JCKpVnZaEYqlBsA4cRvzYZBk7VKJOuO752a0Pdc+KGKx0sEfj3MqVhoKlWOozzZNZb6rv" \
    "diOwjcAYrGeFHaBQGy0u8VXmRQdMOa9sQZB5dUfguniOmo9UGaGLpLqDE8Dd+9tfYQAnU8z0VR5zXVjpW4C+umy6Y/y6" \
    "bfpiXOw=,iv:8ZhAeWnHA6VlZYnImwTrUySWd13Nl/ylkwpGML0mDbQ=,"                                    \
    "tag:Uv6GrqW0Sl+d4TyUmoGPgw==,type:str]"

/* The vector with another time in it. */
static ml_sops *vector_of(const char *time)
{
    unsigned char key[ML_SOPS_KEY_SIZE];
    ml_buf text = { 0 };
    ml_sops *s;
    ml_err e;

    ml_buf_format(&text,
                  "top: " TOP "\n" ROOT_COMMENT "\nm:\n    k: " M_K "\n    l:\n        - " M_L_A
                  "\n        - - " M_L_B "\n        - z: " M_L_Z "\n    " M_COMMENT "\n    t: " M_T
                  "\nsops:\n    lastmodified: \"%s\"\n    mac: " MAC "\n    version: 3.13.2\n",
                  time);
    assert_int_equal(ml_sops_open(&s, ml_buf_bytes(&text), ML_SOPS_YAML, NULL, &e), 0);
    assert_int_equal(ml_hex_decode(key, ml_bytes_text(vector_key)), 0);
    assert_int_equal(ml_sops_cipher_new(&s->cipher, ml_bytes_of(key, sizeof key), &e), 0);
    ml_buf_free(&text);
    return s;
}

static void the_vector_of_two_programs_holds(void **state)
{
    ml_sops *s = vector_of("2026-11-23T12:48:04Z");
    ml_secret clear = { 0 };
    ml_err e;

    (void)state;
    if (ml_sops_decrypt(s, false, &e) < 0)
        fail_msg("%s (line %lu)", e.message, e.line);
    assert_int_equal(ml_sops_clear_text(s, &clear, &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&clear),
                            "top: v\n# c\nm:\n    k: 7\n    l:\n        - a\n        - - b\n"
                            "        - z: 1.5\n    # mc\n    t: true\n"));
    ml_secret_free(&clear);
    ml_sops_free(s);
}

/* The time is authenticated by seconds: a fraction is dropped, another zone is another text. */
static void the_time_is_part_of_the_mac(void **state)
{
    static const struct {
        const char *time;
        bool holds;
    } rows[] = {
        { "2026-11-23T12:48:04Z", true },      { "2026-11-23T12:48:04.25Z", true },
        { "2026-11-23T12:48:05Z", false },     { "2026-11-23T13:48:04+01:00", false },
        { "2026-11-23T12:48:04+00:00", true },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops *s = vector_of(rows[i].time);
        ml_err e;

        if ((ml_sops_decrypt(s, false, &e) == 0) != rows[i].holds)
            fail_msg("%s: %s", rows[i].time, rows[i].holds ? e.message : "holds");
        if (!rows[i].holds) {
            assert_string_equal(e.code, ML_E_MAC);
            assert_int_equal(ml_sops_decrypt(s, true, &e), 0);
        }
        ml_sops_free(s);
    }
}

/* A text with `from` in place of `to`. */
static ml_buf replaced(ml_bytes text, const char *from, const char *to)
{
    const unsigned char *at = memmem(text.p, text.len, from, strlen(from));
    ml_buf out = { 0 };

    assert_non_null(at);
    ml_buf_add(&out, ml_bytes_slice(text, 0, (size_t)(at - text.p)));
    ml_buf_text(&out, to);
    ml_buf_add(&out, ml_bytes_slice(text, (size_t)(at - text.p) + strlen(from), text.len));
    return out;
}

/* Values in clear are covered, unless mac_only_encrypted says that they are not. */
static void clear_values_are_covered(void **state)
{
    static const char clear[] = "a: x\nb_unencrypted: y\n";
    bool only;

    (void)state;
    for (only = false;; only = true) {
        const ml_sops_selectors selectors = { .unencrypted_suffix = ml_bytes_text("_unencrypted"),
                                              .mac_only_encrypted = only };
        ml_sops *s = sealed_and_opened(clear, ML_SOPS_YAML, &selectors);
        ml_buf changed = replaced(ml_sops_text(s), "b_unencrypted: y", "b_unencrypted: z");
        ml_sops *again = open_with_test_key(ml_buf_bytes(&changed), ML_SOPS_YAML);
        ml_err e;

        assert_int_equal(ml_sops_decrypt(again, false, &e), only ? 0 : -1);
        if (!only)
            assert_string_equal(e.code, ML_E_MAC);
        ml_sops_free(again);
        ml_sops_free(s);
        ml_buf_free(&changed);
        if (only)
            return;
    }
}

/* The two MACs differ even where all values are sealed: what was made with the one rule does not
 * hold under the other. */
static void the_two_rules_never_agree(void **state)
{
    const ml_sops_selectors only = { .mac_only_encrypted = true };
    ml_sops *s = sealed_and_opened("a: x\n", ML_SOPS_YAML, &only);
    ml_buf changed =
        replaced(ml_sops_text(s), "mac_only_encrypted: true", "mac_only_encrypted: false");
    ml_sops *again = open_with_test_key(ml_buf_bytes(&changed), ML_SOPS_YAML);
    ml_err e;

    (void)state;
    assert_int_equal(ml_sops_decrypt(again, false, &e), -1);
    assert_string_equal(e.code, ML_E_MAC);
    ml_sops_free(again);
    ml_sops_free(s);
    ml_buf_free(&changed);
}

/* An encrypted comment in a list. All releases of sops write it as an element, which 3.13.2 then
 * counts to the MAC, against all others; a comment line every release reads, and so do we write it.
 * Both are read here, and neither is covered. */
static void comments_of_lists_are_read_in_both_forms(void **state)
{
    ml_sops *s = sealed_and_opened("l:\n    # c\n    - x\n", ML_SOPS_YAML, NULL);
    ml_buf element = replaced(ml_sops_text(s), "    #ENC[", "    - ENC[");
    ml_sops *again = decrypted(ml_buf_bytes(&element), ML_SOPS_YAML);
    ml_secret clear = { 0 };
    ml_err e;

    (void)state;
    assert_non_null(memmem(ml_sops_text(s).p, ml_sops_text(s).len, "l:\n    #ENC[", 12));
    assert_int_equal(ml_sops_clear_text(again, &clear, &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&clear), "l:\n    # c\n    - x\n"));
    ml_secret_free(&clear);
    ml_sops_free(again);
    ml_sops_free(s);
    ml_buf_free(&element);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_of_two_programs_holds),
        cmocka_unit_test(the_time_is_part_of_the_mac),
        cmocka_unit_test(clear_values_are_covered),
        cmocka_unit_test(the_two_rules_never_agree),
        cmocka_unit_test(comments_of_lists_are_read_in_both_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
