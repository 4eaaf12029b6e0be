/* test_age_peer.c — age files exchanged with the real age, both ways. */
#include "tests/c/files.h"

#include "format/age_file.h"
#include "format/ssh_to_age.h"

/* A folder with an X25519 and an SSH key of age-keygen and ssh-keygen. */
typedef struct peer {
    char folder[32];
    ml_age_identity x25519, ssh;
} peer;

static void run(const peer *p, const char *command)
{
    char line[512];

    snprintf(line, sizeof line, "cd %s && %s", p->folder, command);
    if (system(line) != 0)
        fail_msg("%s", command);
}

static ml_buf read_in(const peer *p, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "%s/%s", p->folder, name);
    return read_file(path);
}

static void write_in(const peer *p, const char *name, ml_bytes bytes)
{
    char path[64];

    snprintf(path, sizeof path, "%s/%s", p->folder, name);
    write_file(path, bytes);
}

static void begin(peer *p)
{
    ml_ssh_private key;
    ml_buf file;
    ml_bytes text;
    size_t at;
    ml_err e;

    need_program("age");
    need_program("ssh-keygen");
    strcpy(p->folder, "/tmp/ml-test-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    run(p, "age-keygen -o x.key 2> /dev/null && age-keygen -y x.key > x.pub");
    run(p, "ssh-keygen -q -t ed25519 -N '' -f s.key && mv s.key.pub s.pub");
    file = read_in(p, "x.key");
    text = ml_buf_bytes(&file);
    for (at = 0; text.p[at] == '#'; at = ml_bytes_find(text, at, '\n') + 1) {
    }
    text = ml_bytes_slice(text, at, text.len - 1);
    assert_int_equal(ml_age_identity_parse(&p->x25519, text, &e), 0);
    ml_buf_free(&file);
    file = read_in(p, "s.key");
    assert_int_equal(ml_ssh_private_parse(&key, ml_buf_bytes(&file), ml_bytes_text(""), &e), 0);
    assert_int_equal(ml_age_identity_ssh(&p->ssh, ml_secret_bytes(&key.seed), &e), 0);
    ml_ssh_private_free(&key);
    ml_buf_free(&file);
}

static void finish(peer *p)
{
    run(p, "rm -r \"$PWD\"");
    ml_age_identity_free(&p->x25519);
    ml_age_identity_free(&p->ssh);
}

static const size_t lengths[] = { 0, 1, 1000, 65536, 65537, 300000 };

enum { LENGTHS = sizeof lengths / sizeof *lengths };

static void age_opens_what_we_make(void **state)
{
    unsigned char *raw = malloc(300000);
    peer p;
    size_t i;

    (void)state;
    begin(&p);
    assert_non_null(raw);
    ml_random(raw, 300000);
    for (i = 0; i < LENGTHS; i++) {
        const ml_age_recipient *to[2] = { &p.x25519.recipient, &p.ssh.recipient };
        ml_buf file = { 0 };
        ml_err e;

        write_in(&p, "clear", ml_bytes_of(raw, lengths[i]));
        assert_int_equal(ml_age_encrypt(&file, to, 2, ml_bytes_of(raw, lengths[i]), i % 2 == 1, &e),
                         0);
        write_in(&p, "sealed", ml_buf_bytes(&file));
        run(&p, "age -d -i x.key sealed > opened && cmp clear opened");
        run(&p, "age -d -i s.key sealed > opened && cmp clear opened");
        ml_buf_free(&file);
    }
    free(raw);
    finish(&p);
}

static void we_open_what_age_makes(void **state)
{
    unsigned char *raw = malloc(300000);
    peer p;
    size_t i;

    (void)state;
    begin(&p);
    assert_non_null(raw);
    ml_random(raw, 300000);
    for (i = 0; i < 2 * LENGTHS; i++) {
        const ml_bytes clear = ml_bytes_of(raw, lengths[i / 2]);
        const ml_age_identity *with[2] = { &p.ssh, &p.x25519 };
        const ml_age_keys keys = { .identities = with, .count = 2 };
        ml_secret text = { 0 };
        ml_buf file;
        size_t used;
        ml_err e;

        write_in(&p, "clear", clear);
        run(&p, i % 2 == 0 ? "age -r \"$(cat x.pub)\" -o sealed clear"
                           : "age -a -R s.pub -o sealed clear");
        file = read_in(&p, "sealed");
        if (ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), &used, &e) < 0)
            fail_msg("%s", e.message);
        assert_int_equal(used, i % 2 == 0 ? 1 : 0);
        assert_true(ml_bytes_equal(ml_secret_bytes(&text), clear));
        ml_secret_free(&text);
        ml_buf_free(&file);
        run(&p, "rm sealed");
    }
    free(raw);
    finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(age_opens_what_we_make),
        cmocka_unit_test(we_open_what_age_makes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
