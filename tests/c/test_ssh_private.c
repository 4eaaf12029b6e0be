/* test_ssh_private.c — private keys under every cipher, as ssh-keygen writes them, and containers
 * that it would never write. */
#include "tests/c/files.h"

#include "crypto/encode.h"
#include "format/ssh_key.h"

#define PRIVATE "tests/vectors/ssh/private/"

/* Every cipher that ssh-keygen has for key files. */
static const char *const ciphers[] = { "3des-cbc",
                                       "aes128-cbc",
                                       "aes128-ctr",
                                       "aes192-cbc",
                                       "aes192-ctr",
                                       "aes256-cbc",
                                       "aes256-ctr",
                                       "aes128-gcm@openssh.com",
                                       "aes256-gcm@openssh.com",
                                       "chacha20-poly1305@openssh.com" };
enum { CIPHERS = sizeof ciphers / sizeof *ciphers };

static void check_passphrase(ml_bytes file, const char *comment)
{
    ml_ssh_private key;
    ml_err e;

    if (ml_ssh_private_parse(&key, file, ml_bytes_text("pass word"), &e) < 0)
        fail_msg("%s", e.message);
    assert_true(ml_bytes_is(ml_buf_bytes(&key.comment), comment));
    ml_ssh_private_free(&key);
    assert_int_equal(ml_ssh_private_parse(&key, file, ml_bytes_text("pass wore"), &e), -1);
    assert_string_equal(e.code, ML_E_AUTH);
    assert_int_equal(ml_ssh_private_parse(&key, file, ml_bytes_text(""), &e), -1);
    assert_string_equal(e.code, ML_E_PASSPHRASE);
}

static void keys_under_every_cipher_open(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < CIPHERS; i++) {
        char path[96];
        ml_buf file;

        snprintf(path, sizeof path, PRIVATE "%.*s", (int)strcspn(ciphers[i], "@"), ciphers[i]);
        file = read_file(path);
        check_passphrase(ml_buf_bytes(&file), "test vector");
        ml_buf_free(&file);
    }
}

static void keys_of_ssh_keygen_open(void **state)
{
    char folder[] = "/tmp/ml-test-XXXXXX", path[64], command[256];
    size_t i;

    (void)state;
    need_program("ssh-keygen");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
    for (i = 0; i < CIPHERS; i++) {
        ml_buf file;

        snprintf(command, sizeof command,
                 "cd %s && rm -f key key.pub && "
                 "ssh-keygen -q -t ed25519 -a 1 -N 'pass word' -Z %s -C comment -f key",
                 folder, ciphers[i]);
        assert_int_equal(system(command), 0);
        file = read_file(path);
        check_passphrase(ml_buf_bytes(&file), "comment");
        ml_buf_free(&file);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static const char begin_line[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";

/* Reads a key of the vectors in which the bytes `from` are `to`; how that fails. */
static const char *fault_with(const char *name, ml_bytes from, ml_bytes to)
{
    static ml_err e;
    char path[96], text[700];
    unsigned char container[512];
    ml_buf file, changed = { 0 };
    ml_ssh_private key;
    size_t len, at = 0;

    snprintf(path, sizeof path, PRIVATE "%s", name);
    file = read_file(path);
    len = ml_bytes_find(ml_buf_bytes(&file), sizeof begin_line - 1, '-');
    assert_int_equal(
        ml_base64_decode(ML_BASE64_LINES, container, &len,
                         ml_bytes_slice(ml_buf_bytes(&file), sizeof begin_line - 1, len)),
        0);
    while (memcmp(container + at, from.p, from.len) != 0)
        assert_in_range(++at, 0, len - from.len);
    memcpy(container + at, to.p, to.len);
    ml_base64_encode(ML_BASE64_PADDED, text, ml_bytes_of(container, len));
    ml_buf_text(&changed, begin_line);
    ml_buf_add(&changed, ml_bytes_of(text, ml_base64_size(ML_BASE64_PADDED, len)));
    ml_buf_text(&changed, "\n-----END OPENSSH PRIVATE KEY-----\n");
    assert_int_equal(
        ml_ssh_private_parse(&key, ml_buf_bytes(&changed), ml_bytes_text("pass word"), &e), -1);
    ml_buf_free(&changed);
    ml_buf_free(&file);
    return e.code;
}

static void containers_that_contradict_themselves_are_refused(void **state)
{
    static const struct {
        const char *name, *from, *to;
        size_t len;
        const char *code;
    } cases[] = {
        /* a cipher without a key for it, and the reverse */
        { "none", "\4none\0\0\0\4none", "\4nine\0\0\0\4none", 13, ML_E_FORMAT },
        { "none", "\4none\0\0\0\4none", "\4none\0\0\0\4nine", 13, ML_E_FORMAT },
        { "aes256-ctr", "\6bcrypt", "\6BCRYPT", 7, ML_E_UNSUPPORTED },
        { "aes256-ctr", "aes256-ctr", "aes512-ctr", 10, ML_E_UNSUPPORTED },
        /* rounds: more than the limit, none */
        { "aes256-ctr", "\0\0\0\2\0\0\0\1", "\0\0\x08\1\0\0\0\1", 8, ML_E_LIMIT },
        { "aes256-ctr", "\0\0\0\2\0\0\0\1", "\0\0\0\0\0\0\0\1", 8, ML_E_FORMAT },
        { "none", "\0\0\0\1\0\0\0\x33", "\0\0\0\2\0\0\0\x33", 8, ML_E_FORMAT }, /* two keys */
        { "none", "\x89\xf7\x8d\x44\0", "\x89\xf7\x8d\x45\0", 5, ML_E_FORMAT }, /* check number */
        { "none", "vector\1\2", "vector\1\3", 8, ML_E_FORMAT },                 /* padding */
        { "none", "vector\1\2", "vector\2\1", 8, ML_E_FORMAT },
        /* the seed; the public half beside it, and in clear */
        { "none", "\x40\xb5\x74\x9d", "\x40\xb5\x74\x9c", 4, ML_E_FORMAT },
        { "none", "\xb5\x16\xf1\x60", "\xb5\x16\xf1\x61", 4, ML_E_FORMAT },
        { "none", "\0\0\0\x20\xf1\x60", "\0\0\0\x20\xf1\x61", 6, ML_E_FORMAT },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(fault_with(cases[i].name, ml_bytes_of(cases[i].from, cases[i].len),
                                       ml_bytes_of(cases[i].to, cases[i].len)),
                            cases[i].code);
}

/* ssh itself refuses the first two; keys that went through a vault or a clipboard look so. */
static void line_ends_of_other_systems_are_read(void **state)
{
    ml_buf file = read_file(PRIVATE "none"), changed = { 0 };
    ml_ssh_private key;
    size_t i;
    ml_err e;

    (void)state;
    ml_buf_text(&changed, "\r\n ");
    for (i = 0; i < file.len; i++) {
        if (file.p[i] == '\n')
            ml_buf_byte(&changed, '\r');
        ml_buf_byte(&changed, file.p[i]);
    }
    changed.len -= 2; /* no end of the last line */
    assert_int_equal(
        ml_ssh_private_parse(&key, ml_buf_bytes(&changed), ml_bytes_text("ignored"), &e), 0);
    ml_ssh_private_free(&key);
    ml_buf_free(&changed);
    ml_buf_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_under_every_cipher_open),
        cmocka_unit_test(keys_of_ssh_keygen_open),
        cmocka_unit_test(containers_that_contradict_themselves_are_refused),
        cmocka_unit_test(line_ends_of_other_systems_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
