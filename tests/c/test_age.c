/* test_age.c — age files: armor, header, recipients, payload, whole files and streams. */
#include "tests/c/files.h"
#include "tests/c/pieces.h"

#include "base/limits.h"
#include "crypto/encode.h"
#include "format/age_armor.h"
#include "format/age_file.h"
#include "format/age_header.h"
#include "format/ssh_to_age.h"

#define BEGIN "-----BEGIN AGE ENCRYPTED FILE-----\n"
#define END "-----END AGE ENCRYPTED FILE-----\n"
#define LINE "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBhZ2UtZW5jcnlwdGlvbi5v\n"

static ml_age_identity new_identity(void)
{
    ml_age_identity i;
    ml_err e;

    assert_int_equal(ml_age_identity_generate(&i, ML_AGE_X25519, &e), 0);
    return i;
}

/* ---- armor ---- */

/* Reads in one go and byte by byte; both must agree. */
static int read_both(ml_buf *out, ml_bytes text)
{
    ml_age_armor_reader r = { 0 };
    ml_buf pieces = { 0 };
    int whole, piecewise = 0;
    ml_err e;
    size_t i;

    whole = ml_age_armor_read(out, text, &e);
    if (whole < 0)
        assert_string_equal(e.code, ML_E_FORMAT);
    for (i = 0; i < text.len && piecewise == 0; i++)
        piecewise = ml_age_armor_feed(&r, &pieces, ml_bytes_of(text.p + i, 1), &e);
    if (piecewise == 0)
        piecewise = ml_age_armor_finish(&r, &pieces, &e);
    assert_int_equal(whole, piecewise);
    if (whole == 0)
        assert_true(ml_bytes_equal(ml_buf_bytes(out), ml_buf_bytes(&pieces)));
    ml_buf_free(&pieces);
    return whole;
}

static void armor_takes_what_age_takes(void **state)
{
    static const char *const good[] = {
        BEGIN END,
        BEGIN LINE END,
        BEGIN LINE "QUJD\n" END,
        BEGIN LINE "QQ==\n" END,
        BEGIN LINE "QUJD\r\n-----END AGE ENCRYPTED FILE-----\r\n",
        " \n\t\r\n\n" BEGIN LINE END "\n\n  ",
        BEGIN LINE "-----END AGE ENCRYPTED FILE-----",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof good / sizeof *good; i++) {
        ml_buf out = { 0 };

        if (read_both(&out, ml_bytes_text(good[i])) < 0)
            fail_msg("good armor %zu refused", i);
        assert_true(ml_age_is_armored(ml_bytes_text(good[i])));
        ml_buf_free(&out);
    }
}

static void malformed_armor_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "hello",
        BEGIN,
        BEGIN LINE,
        BEGIN LINE "QUJD\n",
        " " BEGIN LINE END,
        "x\n" BEGIN LINE END,
        "-----BEGIN AGE ENCRYPTED FILE----- \n" LINE END,
        "-----begin age encrypted file-----\n" LINE END,
        BEGIN "\n" LINE END,
        BEGIN LINE "\n" END,
        BEGIN LINE "QUI\n" END,
        BEGIN LINE "QUI=\nQUJD\n" END,
        BEGIN LINE "QUJ=\n" END, /* unused bits that are not zero */
        BEGIN LINE "QU JD\n" END,
        BEGIN LINE " QUJD\n" END,
        BEGIN LINE "QQ==\r\r\n" END,
        BEGIN LINE "A" END,
        BEGIN "QUJD\n" LINE END,
        BEGIN LINE "QUJD" LINE END,
        BEGIN LINE END "x",
        BEGIN LINE " " END,
        BEGIN LINE END BEGIN LINE END,
        BEGIN "Comment: x\n" LINE END,
    };
    char spaces[2048];
    ml_buf out = { 0 }, many = { 0 };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (read_both(&out, ml_bytes_text(bad[i])) == 0)
            fail_msg("bad armor %zu accepted", i);
        ml_buf_free(&out);
    }
    memset(spaces, '\n', sizeof spaces);
    ml_buf_add(&many, ml_bytes_of(spaces, 1025));
    ml_buf_text(&many, BEGIN LINE END);
    assert_int_equal(read_both(&out, ml_buf_bytes(&many)), -1);
    ml_buf_free(&out);
    assert_int_equal(read_both(&out, ml_bytes_slice(ml_buf_bytes(&many), 1, many.len)), 0);
    ml_buf_add(&many, ml_bytes_of(spaces, 1024));
    ml_buf_free(&out);
    assert_int_equal(read_both(&out, ml_bytes_slice(ml_buf_bytes(&many), 1, many.len)), -1);
    ml_buf_free(&out);
    ml_buf_free(&many);
}

static void armor_round_trips_at_every_length(void **state)
{
    unsigned char raw[200];
    size_t len;

    (void)state;
    ml_random(raw, sizeof raw);
    for (len = 0; len < sizeof raw; len++) {
        ml_buf text = { 0 }, pieces = { 0 }, back = { 0 };
        ml_age_armor_writer w = { 0 };
        size_t i;

        ml_age_armor_write(&text, ml_bytes_of(raw, len));
        ml_age_armor_begin(&pieces);
        for (i = 0; i < len; i += 7)
            ml_age_armor_add(&w, &pieces, ml_bytes_slice(ml_bytes_of(raw, len), i, i + 7));
        ml_age_armor_end(&w, &pieces);
        assert_true(ml_bytes_equal(ml_buf_bytes(&text), ml_buf_bytes(&pieces)));
        assert_int_equal(read_both(&back, ml_buf_bytes(&text)), 0);
        assert_true(ml_bytes_equal(ml_buf_bytes(&back), ml_bytes_of(raw, len)));
        ml_buf_free(&text);
        ml_buf_free(&pieces);
        ml_buf_free(&back);
    }
}

/* ---- header ---- */

#define V1 "age-encryption.org/v1\n"
#define BODY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define FULL "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
#define MAC "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"

static void headers_parse_and_write_the_same(void **state)
{
    static const char *const good[] = {
        V1 "-> X25519 a\n" BODY MAC,
        V1 "-> a b c d e f g h\n\n" MAC,
        V1 "-> a\n" FULL "\n-> b !~\n" FULL BODY MAC,
    };
    size_t i, j;

    (void)state;
    for (i = 0; i < sizeof good / sizeof *good; i++) {
        const ml_bytes text = ml_bytes_text(good[i]);
        ml_age_header h;
        ml_buf again = { 0 };
        size_t seen = 0;
        ml_err e;

        if (ml_age_header_parse(&h, text, &e) < 0)
            fail_msg("good header %zu: %s", i, e.message);
        ml_age_header_begin(&again);
        for (j = 0; j < h.count; j++)
            ml_age_header_stanza(&again, &h.stanzas[j]);
        ml_buf_text(&again, MAC);
        assert_true(ml_bytes_equal(ml_buf_bytes(&again), text));
        assert_int_equal(h.size, text.len);
        assert_int_equal(h.covered.len, text.len - 45);
        assert_int_equal(ml_age_header_find(ml_bytes_slice(text, 0, text.len - 1), &seen), 0);
        assert_int_equal(ml_age_header_find(text, &seen), text.len);
        ml_buf_free(&again);
        ml_age_header_free(&h);
    }
}

static void malformed_headers_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "age-encryption.org/v1",
        "age-encryption.org/v2\n-> a\n\n" MAC,
        "age-encryption.org/v1\r\n-> a\n\n" MAC,
        " " V1 "-> a\n\n" MAC,
        V1,
        V1 MAC, /* no stanza */
        V1 "-> a\n\n",
        V1 "-> a\n" MAC,      /* no body */
        V1 "-> a\n" FULL MAC, /* no short line at the end of the body */
        V1 "->\n\n" MAC,
        V1 "-> \n\n" MAC,
        V1 "->a\n\n" MAC,
        V1 "->  a\n\n" MAC,
        V1 "-> a \n\n" MAC,
        V1 "-> a  b\n\n" MAC,
        V1 "-> \xc3\xa4\n\n" MAC,
        V1 "-> a\tb\n\n" MAC,
        V1 "-> a\r\n\n" MAC,
        V1 "-> a\nA\n" MAC,
        V1 "-> a\nAB\n" MAC, /* unused bits that are not zero */
        V1 "-> a\nAA==\n" MAC,
        V1 "-> a\n" BODY BODY MAC,
        V1 "-> a\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" MAC,
        V1 "x\n" MAC,
        V1 "-> a\n\n---\n",
        V1 "-> a\n\n--- \n",
        V1 "-> a\n\n---  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA \n",
        V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n",
        V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        V1 "-> a\n\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    ml_buf many = { 0 };
    ml_age_header h;
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ml_age_header_parse(&h, ml_bytes_text(bad[i]), &e) == 0)
            fail_msg("bad header %zu accepted", i);
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_int_not_equal(e.line, 0);
    }
    ml_buf_text(&many, V1);
    for (i = 0; i <= ML_LIMIT_STANZAS; i++)
        ml_buf_text(&many, "-> a\n\n");
    ml_buf_text(&many, MAC);
    assert_int_equal(ml_age_header_parse(&h, ml_buf_bytes(&many), &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    ml_buf_repeat(&many, 'a', ML_LIMIT_AGE_HEADER);
    assert_int_equal(ml_age_header_parse(&h, ml_buf_bytes(&many), &e), -1);
    ml_buf_free(&many);
    ml_buf_text(&many, V1 "-> ");
    ml_buf_repeat(&many, 'a', ML_LIMIT_AGE_HEADER);
    assert_int_equal(ml_age_header_parse(&h, ml_buf_bytes(&many), &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    ml_buf_free(&many);
}

/* ---- keys as texts ---- */

static void recipients_parse_to_their_kinds(void **state)
{
    static const struct {
        const char *text, *canonical;
        ml_age_kind kind;
    } good[] = {
        { "age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452",
          "age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452", ML_AGE_X25519 },
        { "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF/KPU3Z5LSjbBI6hrq25wCcseq2UpqSzUFZRr+ux6LM a b",
          "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF/KPU3Z5LSjbBI6hrq25wCcseq2UpqSzUFZRr+ux6LM",
          ML_AGE_SSH_ED25519 },
        { "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t",
          "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t",
          ML_AGE_PLUGIN },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof good / sizeof *good; i++) {
        const ml_age_recipient *list[1];
        ml_age_recipient r;
        ml_buf out = { 0 };
        ml_err e;

        if (ml_age_recipient_parse(&r, ml_bytes_text(good[i].text), &e) < 0)
            fail_msg("%s: %s", good[i].text, e.message);
        assert_int_equal(r.kind, good[i].kind);
        assert_string_equal(r.text, good[i].canonical);
        list[0] = &r;
        if (!ml_age_kind_usable(r.kind)) {
            assert_int_equal(ml_age_encrypt(&out, list, 1, ml_bytes_text("x"), true, &e), -1);
            assert_string_equal(e.code, ML_E_UNSUPPORTED);
            assert_int_equal(out.len, 0);
        }
        ml_buf_free(&out);
        ml_age_recipient_free(&r);
    }
}

static void malformed_recipients_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "age",
        "age1",
        "Age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452",
        "AGE17044M9WGAKLA6PZFTF4SRTL3H5MCSR85JYSGT5FG23ZPNTA8SFDQHZN452",
        "age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn45",
        "age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn453",
        " age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452",
        "age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452 ",
        "age1plugin1abc def",
        "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3s",
        "age1pq1abc\n",
        "AGE-SECRET-KEY-1K3VN4N03PTHJWSJSCCMQCN33RY5FSKQPJ4KRRTG3JMQUYE0TUSEQEDH6V8",
        "ssh-ed25519 AAAA",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ== me",
        "hello",
    };
    ml_age_recipient r;
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ml_age_recipient_parse(&r, ml_bytes_text(bad[i]), &e) == 0)
            fail_msg("bad recipient %zu accepted", i);
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_null(strstr(e.message, "K3VN4N03")); /* least of all when it is a private key */
    }
}

/* Whoever has such a recipient wrap a file key shares it with everybody. */
static void recipients_of_low_order_are_refused(void **state)
{
    static const char *const low[] = {
        "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z",
        "age1qyqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqj7vrya",
        "age1ur4h5lpmgxu2u9jku0a0r87ydtdqnr0tnsetrlvxvgz3vh6fhqqqzyt4v9",
        "age1t7wft09r2zxzfvwsk92eeql0tvzyghxytqwgapkcyf8dm5ylz9ts6wm9s8",
        "age1anlllllllllllllllllllllllllllllllllllllllllllllllals4n2t7m",
        "age1ahlllllllllllllllllllllllllllllllllllllllllllllllalsn46ayy",
        "age1amlllllllllllllllllllllllllllllllllllllllllllllllalselrwrv",
        "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqzqqsuwj9m",
        "age1anllllllllllllllllllllllllllllllllllllllllllllllllls3hcv9z",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof low / sizeof *low; i++) {
        unsigned char point[64], shared[ML_X25519_SIZE];
        static const unsigned char scalar[ML_X25519_SIZE] = { 9 };
        ml_age_recipient r;
        size_t len;
        ml_err e;

        assert_int_equal(ml_bech32_decode(point, &len, "age", false, ml_bytes_text(low[i])), 0);
        assert_int_equal(ml_x25519(shared, scalar, point, &e), -1); /* it is what it claims */
        if (ml_age_recipient_parse(&r, ml_bytes_text(low[i]), &e) == 0)
            fail_msg("low-order recipient %zu accepted", i);
        assert_string_equal(e.code, ML_E_FORMAT);
        assert_non_null(strstr(e.message, "low order"));
    }
}

static void identities_keep_their_text(void **state)
{
    static const char text[] =
        "AGE-SECRET-KEY-1K3VN4N03PTHJWSJSCCMQCN33RY5FSKQPJ4KRRTG3JMQUYE0TUSEQEDH6V8";
    ml_age_identity i, copy;
    ml_secret out = { 0 };
    char changed[sizeof text];
    size_t at;
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_identity_parse(&i, ml_bytes_text(text), &e), 0);
    assert_string_equal(i.recipient.text,
                        "age17044m9wgakla6pzftf4srtl3h5mcsr85jysgt5fg23zpnta8sfdqhzn452");
    assert_int_equal(ml_age_identity_copy(&copy, &i, &e), 0);
    ml_age_identity_free(&i);
    assert_int_equal(ml_age_identity_text(&out, &copy, &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&out), text));
    ml_secret_free(&out);
    ml_age_identity_free(&copy);
    for (at = 0; at < sizeof text - 1; at++) {
        memcpy(changed, text, sizeof text);
        changed[at] = changed[at] == 'Q' ? 'P' : 'Q';
        assert_int_equal(ml_age_identity_parse(&i, ml_bytes_text(changed), &e), -1);
    }
    assert_int_equal(ml_age_identity_parse(&i, ml_bytes_text("AGE-PLUGIN-X-1ABC"), &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
}

/* ---- whole files ---- */

static void files_open_for_each_recipient(void **state)
{
    ml_age_identity x = new_identity(), other = new_identity(), ssh;
    const ml_age_recipient *to[2];
    const ml_age_identity *with[2];
    ml_age_keys keys = { .identities = with, .count = 2 };
    unsigned char seed[32] = { 7 };
    ml_err e;
    int armor;

    (void)state;
    assert_int_equal(ml_age_identity_ssh(&ssh, ml_bytes_of(seed, 32), &e), 0);
    to[0] = &x.recipient;
    to[1] = &ssh.recipient;
    for (armor = 0; armor < 2; armor++) {
        ml_buf file = { 0 };
        ml_secret text = { 0 };
        size_t used;

        assert_int_equal(ml_age_encrypt(&file, to, 2, ml_bytes_text("hello"), armor == 1, &e), 0);
        with[0] = &other;
        with[1] = &x;
        assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), &used, &e), 0);
        assert_int_equal(used, 1);
        assert_true(ml_bytes_is(ml_secret_bytes(&text), "hello"));
        ml_secret_free(&text);
        with[0] = &ssh; /* native identities first, as age has it */
        assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), &used, &e), 0);
        assert_int_equal(used, 1);
        ml_secret_free(&text);
        with[1] = &other;
        assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), &used, &e), 0);
        assert_int_equal(used, 0);
        ml_secret_free(&text);
        keys.count = 1;
        with[0] = &other;
        assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), NULL, &e), -1);
        assert_string_equal(e.code, ML_E_KEY);
        keys.count = 2;
        ml_buf_free(&file);
    }
    ml_age_identity_free(&x);
    ml_age_identity_free(&other);
    ml_age_identity_free(&ssh);
}

/* The same Ed25519 key as age's own ssh identity and as a derived one: not the same thing. */
static void native_and_derived_ssh_keys_differ(void **state)
{
    const ml_age_recipient *to[1];
    const ml_age_identity *with[1];
    ml_age_keys keys = { .identities = with, .count = 1 };
    ml_ssh_private key;
    ml_age_identity native, derived;
    ml_buf file = { 0 };
    ml_secret text = { 0 };
    ml_err e;

    (void)state;
    assert_int_equal(ml_ssh_private_generate(&key, ml_bytes_text(""), &e), 0);
    assert_int_equal(ml_age_identity_ssh(&native, ml_secret_bytes(&key.seed), &e), 0);
    assert_int_equal(ml_ssh_to_age_identity(&derived, &key, &e), 0);
    assert_memory_equal(native.recipient.point, derived.recipient.point, 32);
    to[0] = &native.recipient;
    with[0] = &derived;
    assert_int_equal(ml_age_encrypt(&file, to, 1, ml_bytes_text("x"), false, &e), 0);
    assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), NULL, &e), -1);
    assert_string_equal(e.code, ML_E_KEY);
    ml_buf_free(&file);
    ml_age_identity_free(&native);
    ml_age_identity_free(&derived);
    ml_ssh_private_free(&key);
}

static void passphrases_open_only_their_files(void **state)
{
    ml_age_identity x = new_identity();
    const ml_age_identity *with[1] = { &x };
    ml_age_keys keys = { .identities = with,
                         .count = 1,
                         .passphrase = ml_bytes_text("open sesame") };
    ml_buf file = { 0 };
    ml_secret text = { 0 };
    size_t used;
    ml_err e;

    (void)state;
    assert_int_equal(
        ml_age_encrypt_passphrase(&file, keys.passphrase, 2, ml_bytes_text("hello"), true, &e), 0);
    assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), &used, &e), 0);
    assert_true(used == SIZE_MAX);
    assert_true(ml_bytes_is(ml_secret_bytes(&text), "hello"));
    ml_secret_free(&text);
    keys.passphrase = ml_bytes_text("open sesamE");
    assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), &used, &e), -1);
    assert_string_equal(e.code, ML_E_AUTH);
    keys.passphrase = ml_bytes_text("");
    assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), &used, &e), -1);
    assert_string_equal(e.code, ML_E_PASSPHRASE);
    assert_int_equal(
        ml_age_encrypt_passphrase(&file, keys.passphrase, 2, ml_bytes_text("x"), true, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    ml_buf_free(&file);
    ml_age_identity_free(&x);
}

static void hostile_scrypt_stanzas_are_refused(void **state)
{
    static const struct {
        const char *header, *code;
    } bad[] = {
        { V1 "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 23\n" BODY MAC, ML_E_LIMIT },
        { V1 "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 010\n" BODY MAC, ML_E_FORMAT },
        { V1 "-> scrypt AAAAAAAAAAAAAAAAAAAAAA +1\n" BODY MAC, ML_E_FORMAT },
        { V1 "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 0\n" BODY MAC, ML_E_FORMAT },
        { V1 "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 18446744073709551617\n" BODY MAC, ML_E_FORMAT },
        { V1 "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 1x\n" BODY MAC, ML_E_FORMAT },
        { V1 "-> scrypt AAAAAAAAAAAAAAAAAAAAAA\n" BODY MAC, ML_E_FORMAT },
        { V1 "-> scrypt AAAAAAAAAAAAAAAAAAAA 10\n" BODY MAC, ML_E_FORMAT },
        { V1 "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 1\n" BODY "-> a\n\n" MAC, ML_E_FORMAT },
        { V1 "-> a\n\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 1\n" BODY MAC, ML_E_FORMAT },
    };
    const ml_age_keys keys = { .passphrase = ml_bytes_text("x") };
    ml_secret text = { 0 };
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ml_age_decrypt(&text, &keys, ml_bytes_text(bad[i].header), NULL, &e), -1);
        assert_string_equal(e.code, bad[i].code);
    }
}

/* Any changed or missing byte of a small file is noticed. */
static void damaged_files_do_not_open(void **state)
{
    ml_age_identity x = new_identity();
    const ml_age_identity *with[1] = { &x };
    const ml_age_recipient *to[1] = { &x.recipient };
    const ml_age_keys keys = { .identities = with, .count = 1 };
    ml_buf file = { 0 };
    ml_secret text = { 0 };
    size_t i;
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_encrypt(&file, to, 1, ml_bytes_text("hello"), false, &e), 0);
    for (i = 0; i < file.len; i++) {
        file.p[i] ^= 1;
        assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), NULL, &e), -1);
        file.p[i] ^= 1;
        assert_int_equal(ml_age_decrypt(&text, &keys, ml_bytes_of(file.p, i), NULL, &e), -1);
    }
    ml_buf_byte(&file, 0);
    assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), NULL, &e), -1);
    ml_buf_free(&file);
    ml_age_identity_free(&x);
}

/* ---- streams ---- */

/* A buffer that is read in pieces of an odd size, and one that is written. */
typedef struct memory {
    in_pieces from;
    ml_buf to;
} memory;

static int stream_open(memory *m, const ml_age_keys *keys, ml_bytes file, size_t step, ml_err *e)
{
    const ml_age_source source = { pieces_read, &m->from };
    const ml_age_sink sink = { pieces_keep, &m->to };

    m->from = (in_pieces){ file, step };
    ml_buf_free(&m->to);
    return ml_age_file_decrypt(keys, &source, &sink, NULL, e);
}

static void streams_and_buffers_agree(void **state)
{
    static const size_t lengths[] = { 0, 1, 65535, 65536, 65537, 131072, 200000 };
    static const size_t steps[] = { 1 << 20, 4099, 65536, 100 };
    ml_age_identity x = new_identity();
    const ml_age_identity *with[1] = { &x };
    const ml_age_recipient *to[1] = { &x.recipient };
    const ml_age_keys keys = { .identities = with, .count = 1 };
    unsigned char *raw = malloc(200000);
    size_t i;
    ml_err e;

    (void)state;
    assert_non_null(raw);
    ml_random(raw, 200000);
    for (i = 0; i < 2 * sizeof lengths / sizeof *lengths; i++) {
        const ml_bytes clear = ml_bytes_of(raw, lengths[i / 2]);
        const bool armor = i % 2 == 1;
        memory in = { { clear, steps[i % 4] }, { 0 } }, out = { 0 };
        const ml_age_source source = { pieces_read, &in.from };
        const ml_age_sink sink = { pieces_keep, &in.to };
        ml_buf file = { 0 };
        ml_secret text = { 0 };

        assert_int_equal(ml_age_file_encrypt(to, 1, armor, &source, &sink, &e), 0);
        if (ml_age_decrypt(&text, &keys, ml_buf_bytes(&in.to), NULL, &e) < 0)
            fail_msg("%zu bytes: %s", clear.len, e.message);
        assert_true(ml_bytes_equal(ml_secret_bytes(&text), clear));
        assert_int_equal(ml_age_encrypt(&file, to, 1, clear, armor, &e), 0);
        assert_int_equal(file.len, in.to.len);
        if (stream_open(&out, &keys, ml_buf_bytes(&file), steps[(i + 1) % 4], &e) < 0)
            fail_msg("%zu bytes: %s", clear.len, e.message);
        assert_true(ml_bytes_equal(ml_buf_bytes(&out.to), clear));
        ml_secret_free(&text);
        ml_buf_free(&file);
        ml_buf_free(&in.to);
        ml_buf_free(&out.to);
    }
    free(raw);
    ml_age_identity_free(&x);
}

/* A stream releases whole genuine chunks and then says what is wrong. */
static void broken_streams_end_in_an_error(void **state)
{
    ml_age_identity x = new_identity();
    const ml_age_identity *with[1] = { &x };
    const ml_age_recipient *to[1] = { &x.recipient };
    const ml_age_keys keys = { .identities = with, .count = 1 };
    unsigned char *raw = calloc(1, 131072);
    ml_secret text = { 0 };
    ml_buf file = { 0 };
    memory m = { 0 };
    size_t payload;
    ml_err e;

    (void)state;
    assert_non_null(raw);
    assert_int_equal(ml_age_encrypt(&file, to, 1, ml_bytes_of(raw, 131072), false, &e), 0);
    payload = ml_age_header_find(ml_buf_bytes(&file), &(size_t){ 0 }) + ML_AGE_NONCE;
    /* cut between the chunks: one is released, the other is missed */
    assert_int_equal(
        stream_open(&m, &keys, ml_bytes_of(file.p, payload + ML_AGE_SEALED_CHUNK), 1000, &e), -1);
    assert_int_equal(m.to.len, ML_AGE_CHUNK);
    /* bytes behind the last chunk */
    ml_buf_byte(&file, 0);
    assert_int_equal(stream_open(&m, &keys, ml_buf_bytes(&file), 1 << 20, &e), -1);
    assert_int_equal(m.to.len, 2 * ML_AGE_CHUNK);
    assert_int_equal(ml_age_decrypt(&text, &keys, ml_buf_bytes(&file), NULL, &e), -1);
    /* no payload, half a nonce */
    assert_int_equal(stream_open(&m, &keys, ml_bytes_of(file.p, payload), 7, &e), -1);
    assert_int_equal(stream_open(&m, &keys, ml_bytes_of(file.p, payload - 8), 7, &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
    assert_int_equal(m.to.len, 0);
    /* chunks in another order */
    memcpy(raw, file.p + payload, ML_AGE_SEALED_CHUNK);
    memmove(file.p + payload, file.p + payload + ML_AGE_SEALED_CHUNK, ML_AGE_SEALED_CHUNK);
    memcpy(file.p + payload + ML_AGE_SEALED_CHUNK, raw, ML_AGE_SEALED_CHUNK);
    assert_int_equal(stream_open(&m, &keys, ml_buf_bytes(&file), 5000, &e), -1);
    assert_string_equal(e.code, ML_E_AUTH);
    assert_int_equal(m.to.len, 0);
    ml_buf_free(&m.to);
    ml_buf_free(&file);
    free(raw);
    ml_age_identity_free(&x);
}

static int fail_to_write(void *context, ml_bytes part, ml_err *e)
{
    (void)context;
    (void)part;
    return ml_fail(e, ML_E_SYSTEM, "no space left");
}

static void a_failing_sink_stops_the_work(void **state)
{
    ml_age_identity x = new_identity();
    const ml_age_identity *with[1] = { &x };
    const ml_age_recipient *to[1] = { &x.recipient };
    const ml_age_keys keys = { .identities = with, .count = 1 };
    memory m = { .from = { ml_bytes_text("hello"), 2 } };
    const ml_age_source source = { pieces_read, &m.from };
    const ml_age_sink broken = { fail_to_write, NULL };
    ml_buf file = { 0 };
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_file_encrypt(to, 1, true, &source, &broken, &e), -1);
    assert_string_equal(e.code, ML_E_SYSTEM);
    assert_int_equal(ml_age_encrypt(&file, to, 1, ml_bytes_text("hello"), true, &e), 0);
    m.from.rest = ml_buf_bytes(&file);
    assert_int_equal(ml_age_file_decrypt(&keys, &source, &broken, NULL, &e), -1);
    assert_string_equal(e.code, ML_E_SYSTEM);
    ml_buf_free(&file);
    ml_age_identity_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(armor_takes_what_age_takes),
        cmocka_unit_test(malformed_armor_is_refused),
        cmocka_unit_test(armor_round_trips_at_every_length),
        cmocka_unit_test(headers_parse_and_write_the_same),
        cmocka_unit_test(malformed_headers_are_refused),
        cmocka_unit_test(recipients_parse_to_their_kinds),
        cmocka_unit_test(malformed_recipients_are_refused),
        cmocka_unit_test(recipients_of_low_order_are_refused),
        cmocka_unit_test(identities_keep_their_text),
        cmocka_unit_test(files_open_for_each_recipient),
        cmocka_unit_test(native_and_derived_ssh_keys_differ),
        cmocka_unit_test(passphrases_open_only_their_files),
        cmocka_unit_test(hostile_scrypt_stanzas_are_refused),
        cmocka_unit_test(damaged_files_do_not_open),
        cmocka_unit_test(streams_and_buffers_agree),
        cmocka_unit_test(broken_streams_end_in_an_error),
        cmocka_unit_test(a_failing_sink_stops_the_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
