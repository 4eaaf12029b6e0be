/* test_ssh.c — OpenSSH keys and their conversion to age keys. */
#include "tests/c/files.h"

#include "base/limits.h"
#include "crypto/bcrypt.h"
#include "crypto/encode.h"
#include "format/ssh_to_age.h"

#define VECTORS "tests/vectors/ssh-to-age/"

static const char readme_identity[] =
    "AGE-SECRET-KEY-1K3VN4N03PTHJWSJSCCMQCN33RY5FSKQPJ4KRRTG3JMQUYE0TUSEQEDH6V8";
static const char passphrase_identity[] =
    "AGE-SECRET-KEY-1EJQ0DZ679RZ4MF6KDC8L8F327SHUULYD5XP53C08ZHYT0KQLNWJQHG7X8P";

/* Converts the private key at `path` and compares identity and recipient. */
static void check_private(const char *path, const char *passphrase, const char *identity,
                          const char *recipient)
{
    ml_buf file = read_file(path);
    ml_ssh_private key;
    ml_age_identity age;
    ml_secret text = { 0 };
    ml_err e;

    if (ml_ssh_private_parse(&key, ml_buf_bytes(&file), ml_bytes_text(passphrase), &e) < 0)
        fail_msg("%s: %s", path, e.message);
    assert_int_equal(ml_ssh_to_age_identity(&age, &key, &e), 0);
    assert_int_equal(ml_age_identity_text(&text, &age, &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&text), identity));
    assert_string_equal(age.recipient.text, recipient);
    ml_secret_free(&text);
    ml_age_identity_free(&age);
    ml_ssh_private_free(&key);
    ml_buf_free(&file);
}

static void private_keys_convert_unclamped(void **state)
{
    (void)state;
    check_private(VECTORS "id_ed25519", "", readme_identity,
                  "age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452");
    check_private(VECTORS "id_ed25519_passphrase", "test", passphrase_identity,
                  "age1pa3t6c94xl4z6k02rt0lw2za7e7tdjsse46xjh8y7tluy59qu5tqaqgauq");
}

static void public_lines_convert(void **state)
{
    static const char *const expected[] = {
        "age1hjm3aujg9e79f5yth8a2cejzdjg5n9vnu96l05p70uvfpeltnpms7yy3pp",
        "age1v8zjc47jmlqwefyu66s0d4ke98qr4vnuj3cpvs4z9npfdw833dxqwjrhzv"
    };
    ml_buf file = read_file(VECTORS "keyscan.txt");
    const ml_bytes text = ml_buf_bytes(&file);
    size_t at = 0, found = 0, others = 0;
    ml_err e;

    (void)state;
    while (at < text.len) {
        size_t lf = ml_bytes_find(text, at, '\n');
        ml_age_recipient r = { 0 };
        ml_ssh_public key;
        int status;

        lf = lf == SIZE_MAX ? text.len : lf;
        status = ml_ssh_line_parse(&key, ml_bytes_slice(text, at, lf + 1), &e);
        at = lf + 1;
        assert_in_range(status + 1, 1, 2); /* a key, or nothing */
        if (status == 1)
            continue;
        assert_int_not_equal(key.hosts.len, 0);
        if (ml_ssh_to_age_recipient(&r, &key, &e) < 0) {
            assert_string_equal(e.code, ML_E_UNSUPPORTED);
            others++;
            continue;
        }
        assert_in_range(found, 0, 1);
        assert_string_equal(r.text, expected[found++]);
        ml_age_recipient_free(&r);
    }
    assert_int_equal(found, 2);
    assert_int_not_equal(others, 0);
    ml_buf_free(&file);
}

static void points_outside_the_group_are_refused(void **state)
{
    /* y = 1 (the neutral element), y = -1, y = 0 (order 4), a point of order 8, no point at all;
     * then the base point plus a point of order 8, 4, 2: of high order, but outside the group */
    static const char *const bad[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "0200000000000000000000000000000000000000000000000000000000000000",
        "da99e28ba529cdde35a25fba9059e78ecaee239f99755b9b1aa4f65df00803e2",
        "5252cc0a7f208133b620acbd4537eba2a4123bf0a8c2e4f980c3b31bb69765ea",
        "9599999999999999999999999999999999999999999999999999999999999999",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        unsigned char point[32];
        ml_age_recipient r;
        ml_err e;

        assert_int_equal(ml_hex_decode(point, ml_bytes_text(bad[i])), 0);
        assert_int_equal(ml_ssh_to_age_point(&r, point, &e), -1);
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_int_equal(ml_age_recipient_ssh(&r, point, &e), -1);
    }
}

static void fingerprints_and_lines(void **state)
{
    ml_buf file = read_file(VECTORS "id_ed25519.pub"), line = { 0 };
    ml_ssh_public key, again;
    ml_err e;

    (void)state;
    assert_int_equal(ml_ssh_public_parse(&key, ml_buf_bytes(&file), &e), 0);
    assert_int_equal(key.kind, ML_SSH_ED25519);
    ml_ssh_public_write(&line, key.ed25519, key.comment);
    assert_int_equal(ml_ssh_public_parse(&again, ml_buf_bytes(&line), &e), 0);
    assert_true(ml_bytes_equal(again.comment, key.comment));
    assert_string_equal(again.fingerprint, key.fingerprint);
    assert_memory_equal(line.p, file.p, line.len); /* the line of the file, without its end */
    ml_buf_free(&line);
    ml_ssh_public_write(&line, key.ed25519, ml_bytes_text("a b\nssh-ed25519 forged"));
    assert_true(ml_bytes_ends(ml_buf_bytes(&line), " a b")); /* a comment cannot make a new line */
    ml_buf_free(&line);
    ml_buf_free(&file);
}

static void malformed_lines_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "ssh-ed25519",
        "ssh-ed25519 ",
        "ssh-ed25519 !!!!",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",                           /* no point */
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAA==",                   /* an empty one */
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIEv5Qx1aYQy9Wg5kE6Zl0n3o0Z", /* not the type it says */
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII+FSxzRr7k7wdPW6nnSkdvQPvOb2sv2nDpQxjEc4tKh\n\n",
        "ssh-ed25519\nAAAAC3NzaC1lZDI1NTE5AAAAII+FSxzRr7k7wdPW6nnSkdvQPvOb2sv2nDpQxjEc4tKh",
        "ssh-ed25519 /////w==", /* a length beyond the end */
    };
    ml_ssh_public key;
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ml_ssh_public_parse(&key, ml_bytes_text(bad[i]), &e), -1);
        assert_string_equal(e.code, ML_E_FORMAT);
    }
    assert_int_equal(ml_ssh_line_parse(&key, ml_bytes_text("# comment"), &e), 1);
    assert_int_equal(ml_ssh_line_parse(&key, ml_bytes_text("  \r\n"), &e), 1);
    assert_int_equal(ml_ssh_line_parse(&key, ml_bytes_text("host"), &e), -1);
    assert_int_equal(ml_ssh_line_parse(&key, ml_bytes_text("@revoked"), &e), -1);
}

static void revoked_keys_do_not_convert(void **state)
{
    static const char line[] = "@revoked host ssh-ed25519 "
                               "AAAAC3NzaC1lZDI1NTE5AAAAII+FSxzRr7k7wdPW6nnSkdvQPvOb2sv2nDpQxjEc"
                               "4tKh c";
    ml_age_recipient r;
    ml_ssh_public key;
    ml_err e;

    (void)state;
    assert_int_equal(ml_ssh_line_parse(&key, ml_bytes_text(line), &e), 0);
    assert_true(ml_bytes_is(key.marker, "@revoked"));
    assert_true(ml_bytes_is(key.hosts, "host"));
    assert_true(ml_bytes_is(key.comment, "c"));
    assert_int_equal(ml_ssh_to_age_recipient(&r, &key, &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
}

static void a_passphrase_is_asked_for_and_checked(void **state)
{
    ml_buf file = read_file(VECTORS "id_ed25519_passphrase"), line = { 0 };
    ml_ssh_private key;
    ml_ssh_info info;
    ml_err e;

    (void)state;
    assert_int_equal(ml_ssh_inspect(&info, &line, ml_buf_bytes(&file), &e), 0);
    assert_true(info.encrypted);
    assert_int_equal(info.kind, ML_SSH_ED25519);
    assert_string_equal(info.type, "ssh-ed25519");
    assert_true(ml_bytes_starts(ml_buf_bytes(&line), "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"));
    ml_buf_free(&line);
    assert_int_equal(ml_ssh_private_parse(&key, ml_buf_bytes(&file), ml_bytes_text(""), &e), -1);
    assert_string_equal(e.code, ML_E_PASSPHRASE);
    assert_int_equal(ml_ssh_private_parse(&key, ml_buf_bytes(&file), ml_bytes_text("tset"), &e),
                     -1);
    assert_string_equal(e.code, ML_E_AUTH);
    ml_buf_free(&file);
}

/* Every changed byte of a key without passphrase is an error, never another key. */
static void damaged_private_keys_are_refused(void **state)
{
    ml_buf file = read_file(VECTORS "id_ed25519");
    size_t i, accepted = 0;
    ml_err e;

    (void)state;
    for (i = 0; i < file.len; i++) {
        const unsigned char before = file.p[i];
        ml_ssh_private key;

        file.p[i] = before == 'A' ? 'B' : 'A';
        if (ml_ssh_private_parse(&key, ml_buf_bytes(&file), ml_bytes_text(""), &e) == 0) {
            accepted++;
            ml_ssh_private_free(&key);
        }
        file.p[i] = before;
    }
    for (i = 0; i < file.len; i++) {
        ml_ssh_private key;
        const int status =
            ml_ssh_private_parse(&key, ml_bytes_of(file.p, i), ml_bytes_text(""), &e);

        assert_int_equal(status, i == file.len - 1 ? 0 : -1); /* the last LF may be missing */
        if (status == 0)
            ml_ssh_private_free(&key);
    }
    /* The comment is not authenticated: changes inside it go unseen. */
    assert_in_range(accepted, 0, 60);
    ml_buf_free(&file);
}

static void other_private_keys_are_named(void **state)
{
    static const char *const pem[] = {
        "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"
        "AAAA\n-----END RSA PRIVATE KEY-----\n"
    };
    ml_buf line = { 0 };
    ml_ssh_private key;
    ml_ssh_info info;
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < 3; i++) {
        assert_int_equal(ml_ssh_private_parse(&key, ml_bytes_text(pem[i]), ml_bytes_text(""), &e),
                         -1);
        assert_string_equal(e.code, ML_E_UNSUPPORTED);
        assert_true(e.hint[0] != '\0');
        assert_int_equal(ml_ssh_inspect(&info, &line, ml_bytes_text(pem[i]), &e), -1);
    }
    assert_int_equal(ml_ssh_inspect(&info, &line, ml_bytes_text("hello"), &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
}

static void written_keys_read_back(void **state)
{
    static const char *const comments[] = { "", "a", "user@host", "eight888", "ünïcode" };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof comments / sizeof *comments; i++) {
        ml_ssh_private key, again;
        ml_secret text = { 0 };
        ml_err e;

        assert_int_equal(ml_ssh_private_generate(&key, ml_bytes_text(comments[i]), &e), 0);
        assert_int_equal(ml_ssh_private_write(&text, &key, &e), 0);
        assert_int_equal(
            ml_ssh_private_parse(&again, ml_secret_bytes(&text), ml_bytes_text("ignored"), &e), 0);
        assert_true(ml_secret_equal(ml_secret_bytes(&key.seed), ml_secret_bytes(&again.seed)));
        assert_true(ml_bytes_is(ml_buf_bytes(&again.comment), comments[i]));
        ml_ssh_private_free(&again);
        ml_ssh_private_free(&key);
        ml_secret_free(&text);
    }
}

static void ssh_keygen_reads_what_we_write(void **state)
{
    char folder[] = "/tmp/ml-test-XXXXXX", path[64], command[256];
    ml_ssh_private key;
    ml_secret text = { 0 };
    ml_buf line = { 0 }, said;
    ml_err e;

    (void)state;
    need_program("ssh-keygen");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(ml_ssh_private_generate(&key, ml_bytes_text("me@here"), &e), 0);
    assert_int_equal(ml_ssh_private_write(&text, &key, &e), 0);
    snprintf(path, sizeof path, "%s/key", folder);
    write_file(path, ml_secret_bytes(&text));
    snprintf(command, sizeof command, "ssh-keygen -y -f %s > %s.out", path, path);
    assert_int_equal(system(command), 0);
    strcat(path, ".out");
    said = read_file(path);
    ml_ssh_public_write(&line, key.ed25519, ml_bytes_text("me@here"));
    ml_buf_byte(&line, '\n');
    assert_true(ml_bytes_equal(ml_buf_bytes(&said), ml_buf_bytes(&line)));
    ml_buf_free(&said);
    ml_buf_free(&line);
    ml_secret_free(&text);
    ml_ssh_private_free(&key);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void bcrypt_checks_its_arguments(void **state)
{
    unsigned char out[32];
    ml_err e;

    (void)state;
    assert_int_equal(ml_bcrypt_pbkdf(out, 32, ml_bytes_text(""), ml_bytes_text("salt"), 1, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_int_equal(ml_bcrypt_pbkdf(out, 32, ml_bytes_text("p"), ml_bytes_text("salt"),
                                     ML_LIMIT_BCRYPT_ROUNDS + 1, &e),
                     -1);
    assert_string_equal(e.code, ML_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_keys_convert_unclamped),
        cmocka_unit_test(public_lines_convert),
        cmocka_unit_test(points_outside_the_group_are_refused),
        cmocka_unit_test(fingerprints_and_lines),
        cmocka_unit_test(malformed_lines_are_refused),
        cmocka_unit_test(revoked_keys_do_not_convert),
        cmocka_unit_test(a_passphrase_is_asked_for_and_checked),
        cmocka_unit_test(damaged_private_keys_are_refused),
        cmocka_unit_test(other_private_keys_are_named),
        cmocka_unit_test(written_keys_read_back),
        cmocka_unit_test(ssh_keygen_reads_what_we_write),
        cmocka_unit_test(bcrypt_checks_its_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
