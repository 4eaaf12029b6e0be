/* test_zerotier.c — identities of ZeroTier, among them the known-good one of its own self test. */
#include "tests/c/files.h"

#include "format/zerotier.h"

#define POINTS                                                                                     \
    "ac3d46abe0c21f3cfe7a6c8d6a85cfcffcb82fbd55af6a4d6350657c68200843"                             \
    "fa2e16f9418bbd9702cae365f2af5fb4c420908b803a681d4daef6114d78a2d7"
#define SECRET                                                                                     \
    "bd8dd6e4ce7022d2f812797a80c6ee8ad180dc4ebf301dec8b06d1be08832bdd"                             \
    "d63a2f1cfa7b2c504474c75bdc8898ba476ef92e8e2d0509f8441985171ff16e"
#define PUBLIC_TEXT "8e4df28b72:0:" POINTS
#define SECRET_TEXT PUBLIC_TEXT ":" SECRET

/* One that zerotier-idtool made. */
#define OF_IDTOOL                                                                                  \
    "1c41190849:0:"                                                                                \
    "b511c983f3e51d47f2367398930038a19b2c81037fbfe151713ef42e6600717f"                             \
    "5593da8ef7067b803f2f621c1c45b3f048681ca2877b92b632c911bde394c37c:"                            \
    "dcbf724b1209e0869e9118d20efe8d67e10865569aaf302867bd9dfbf22ed6f5"                             \
    "2b2eb1f027f061273bdf3be3000dad5cdb0d0bf347cc18028666f2157eeefdf4"

static int parse(ml_zerotier *z, const char *text)
{
    ml_err e;
    const int status = ml_zerotier_parse(z, ml_bytes_text(text), &e);

    if (status < 0)
        assert_string_equal(e.code, ML_E_FORMAT);
    return status;
}

static int check(const char *text)
{
    ml_zerotier z;
    ml_err e;
    int status;

    assert_int_equal(parse(&z, text), 0);
    status = ml_zerotier_check(&z, &e);
    if (status < 0)
        assert_string_equal(e.code, ML_E_CONFLICT);
    ml_zerotier_free(&z);
    return status;
}

static void the_known_identity_is_valid(void **state)
{
    char public[ML_ZEROTIER_PUBLIC_TEXT];
    ml_secret text;
    ml_zerotier z;
    ml_err e;

    (void)state;
    assert_int_equal(check(SECRET_TEXT), 0);
    assert_int_equal(check(PUBLIC_TEXT), 0);
    assert_int_equal(check(OF_IDTOOL), 0);
    assert_int_equal(parse(&z, SECRET_TEXT "\r\n"), 0);
    ml_zerotier_public_text(public, &z);
    assert_memory_equal(public, PUBLIC_TEXT, sizeof public);
    assert_int_equal(ml_zerotier_secret_text(&text, &z, &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&text), SECRET_TEXT));
    ml_secret_free(&text);
    ml_zerotier_free(&z);
    assert_int_equal(parse(&z, PUBLIC_TEXT), 0);
    assert_int_equal(ml_zerotier_secret_text(&text, &z, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    ml_zerotier_free(&z);
}

/* A copy of the identity with one character changed. */
static char *changed(char copy[ML_ZEROTIER_SECRET_TEXT + 1], size_t at, char to)
{
    strcpy(copy, SECRET_TEXT);
    assert_int_not_equal(copy[at], to);
    copy[at] = to;
    return copy;
}

static void what_does_not_belong_together_is_told(void **state)
{
    const size_t points = 13, ed25519 = points + 64, secret = ML_ZEROTIER_PUBLIC_TEXT + 1;
    char copy[ML_ZEROTIER_SECRET_TEXT + 1];

    (void)state;
    assert_int_equal(check(changed(copy, 0, '9')), -1);
    assert_int_equal(check(changed(copy, points, '0')), -1);
    assert_int_equal(check(changed(copy, ed25519, '0')), -1);
    assert_int_equal(check(changed(copy, secret + 2, '0')), -1);
    assert_int_equal(check(changed(copy, secret + 64, '0')), -1);
    /* a public half alone: the address is what tells */
    changed(copy, points + 127, '0')[ML_ZEROTIER_PUBLIC_TEXT] = '\0';
    assert_int_equal(check(copy), -1);
}

static void malformed_identities_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "8e4df28b72",
        "8e4df28b72:0:",
        "8e4df28b72:1:" POINTS,
        "8e4df28b72::0" POINTS,
        "8e4df28b7:0:" POINTS "0",
        "8e4df28b7g:0:" POINTS,
        "8e4df28b72:0:g" POINTS,
        PUBLIC_TEXT ":",
        PUBLIC_TEXT " ",
        " " PUBLIC_TEXT,
        PUBLIC_TEXT "\n\n",
        PUBLIC_TEXT SECRET ":",
        SECRET_TEXT ":",
        SECRET_TEXT "00",
    };
    char copy[ML_ZEROTIER_SECRET_TEXT + 1];
    ml_zerotier z;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(&z, bad[i]) == 0)
            fail_msg("taken: %s", bad[i]);
    assert_int_equal(parse(&z, changed(copy, ML_ZEROTIER_SECRET_TEXT - 1, 'g')), -1);
    assert_int_equal(parse(&z, changed(copy, ML_ZEROTIER_PUBLIC_TEXT, '0')), -1);
    assert_null(z.secret.p);
}

static void new_identities_are_valid(void **state)
{
    unsigned threads;

    (void)state;
    for (threads = 0; threads < 3; threads++) {
        ml_zerotier z, again;
        ml_secret text;
        ml_err e;

        assert_int_equal(ml_zerotier_generate(&z, threads, &e), 0);
        assert_int_equal(ml_zerotier_check(&z, &e), 0);
        assert_int_equal(ml_zerotier_secret_text(&text, &z, &e), 0);
        assert_int_equal(ml_zerotier_parse(&again, ml_secret_bytes(&text), &e), 0);
        assert_int_equal(ml_zerotier_check(&again, &e), 0);
        assert_memory_equal(again.address, z.address, sizeof z.address);
        ml_secret_free(&text);
        ml_zerotier_free(&z);
        ml_zerotier_free(&again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_identity_is_valid),
        cmocka_unit_test(what_does_not_belong_together_is_told),
        cmocka_unit_test(malformed_identities_are_refused),
        cmocka_unit_test(new_identities_are_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
