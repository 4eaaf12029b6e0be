/* Metadata in every shape that some release of sops wrote or reads: orders of fields, empty lists,
 * null, unknown fields, loose types. And what is malformed: refused, with the field and its line.
 * The shapes of 3.7 to 3.12 are made by hand, after what those releases wrote; files that 3.9.4
 * itself made are in tests/vectors/sops/cases. */
#include "tests/c/sops.h"

#include <stdio.h>
#include <string.h>

/* A sealed value, and the metadata that goes with it. */
typedef struct parts {
    ml_sops *s;
    ml_bytes value, enc, mac, time;
} parts;

static void parts_make(parts *p, ml_sops_format format)
{
    const ml_doc *d;

    p->s = sealed_and_opened(format == ML_SOPS_JSON ? "{\"a\": \"v\"}" : "a: v\n", format, NULL);
    d = ml_sops_doc(p->s);
    p->value = ml_doc_scalar(d, ml_doc_get(d, ml_doc_root(d, 0), ml_bytes_text("a")));
    p->enc = ml_sops_meta(p->s)->recipients[0].enc;
    p->mac = ml_sops_meta(p->s)->mac;
    p->time = ml_sops_meta(p->s)->lastmodified;
}

/* The armor with its line breaks as `line_break`. */
static void add_enc(ml_buf *out, ml_bytes enc, const char *line_break)
{
    size_t i;

    for (i = 0; i < enc.len; i++) {
        if (enc.p[i] == '\n')
            ml_buf_text(out, line_break);
        else
            ml_buf_byte(out, enc.p[i]);
    }
}

/* Writes a template out: @ENC is the armor as a literal block at column 16, @QUOTED between double
 * quotes, @R the recipient, @V the sealed value, @MAC and @TIME. */
static void expand(ml_buf *out, const char *template, const parts *p)
{
    const struct {
        const char *word;
        ml_bytes text;
    } words[] = { { "@R", ml_sops_meta(p->s)->recipients[0].key.name },
                  { "@V", p->value },
                  { "@MAC", p->mac },
                  { "@TIME", p->time } };
    const char *at = template;

    while (*at != '\0') {
        size_t i;

        if (strncmp(at, "@ENC", 4) == 0) {
            ml_buf_text(out, "|\n                ");
            add_enc(out, ml_bytes_slice(p->enc, 0, p->enc.len - 1), "\n                ");
            at += 4;
            continue;
        }
        if (strncmp(at, "@QUOTED", 7) == 0) {
            add_enc(out, p->enc, "\\n");
            at += 7;
            continue;
        }
        for (i = 0; i < sizeof words / sizeof *words; i++)
            if (strncmp(at, words[i].word, strlen(words[i].word)) == 0)
                break;
        if (i == sizeof words / sizeof *words) {
            ml_buf_byte(out, (unsigned char)*at++);
            continue;
        }
        ml_buf_add(out, words[i].text);
        at += strlen(words[i].word);
    }
}

#define AGE "    age:\n        - enc: @ENC\n          recipient: @R\n"
#define TAIL "    lastmodified: \"@TIME\"\n    mac: @MAC\n    version: 3.13.3\n"
#define J_AGE "\"age\":[{\"enc\":\"@QUOTED\",\"recipient\":\"@R\"}]"
#define J_TAIL "\"lastmodified\":\"@TIME\",\"mac\":\"@MAC\",\"version\":\"3.13.3\""

static const struct {
    const char *name;
    ml_sops_format format;
    const char *template;
} shapes[] = {
    { "3.13", ML_SOPS_YAML, "a: @V\nsops:\n" AGE TAIL },
    { "3.7: every list, empty ones as [], recipient before enc", ML_SOPS_YAML,
      "a: @V\nsops:\n    kms: []\n    gcp_kms: []\n    azure_kv: []\n    hc_vault: []\n    age:\n"
      "        - recipient: @R\n          enc: @ENC\n    lastmodified: \"@TIME\"\n    mac: @MAC\n"
      "    pgp: []\n    unencrypted_suffix: _unencrypted\n    version: 3.7.3\n" },
    { "3.7 in JSON: null", ML_SOPS_JSON,
      "{\"a\":\"@V\",\"sops\":{\"kms\":null,\"gcp_kms\":null,\"azure_kv\":null,\"hc_vault\":null,"
      "\"age\":[{\"recipient\":\"@R\",\"enc\":\"@QUOTED\"}],\"lastmodified\":\"@TIME\","
      "\"mac\":\"@MAC\",\"pgp\":null,\"unencrypted_suffix\":\"_unencrypted\","
      "\"version\":\"3.7.3\"}}" },
    { "3.10: no empty lists", ML_SOPS_YAML,
      "a: @V\nsops:\n    age:\n        - recipient: @R\n          enc: @ENC\n"
      "    lastmodified: \"@TIME\"\n    mac: @MAC\n    unencrypted_suffix: _unencrypted\n"
      "    version: 3.10.2\n" },
    { "3.12: other kinds of keys too", ML_SOPS_YAML,
      "a: @V\nsops:\n    kms:\n        - arn: arn:aws:kms:eu-west-1:1:key/x\n"
      "          created_at: \"2024-01-02T03:04:05Z\"\n          enc: AAAA\n"
      "          aws_profile: \"\"\n    hckms: []\n    age:\n        - recipient: @R\n"
      "          enc: @ENC\n    lastmodified: \"@TIME\"\n    mac: @MAC\n    pgp:\n"
      "        - created_at: \"2024-01-02T03:04:05Z\"\n          enc: x\n          fp: ABCD\n"
      "    mac_only_encrypted: false\n    version: 3.12.1\n" },
    { "fields that no release knows", ML_SOPS_YAML,
      "a: @V\nsops:\n    zeta: {b: [1, 2]}\n" AGE TAIL "    other:\n        - x\n" },
    { "names in another case", ML_SOPS_YAML,
      "a: @V\nsops:\n    AGE:\n        - Enc: @ENC\n          RECIPIENT: @R\n"
      "    LastModified: \"@TIME\"\n    MAC: @MAC\n    Version: 3.13.3\n" },
    { "one key in place of a list", ML_SOPS_YAML,
      "a: @V\nsops:\n    age:\n        enc: @ENC\n        recipient: @R\n" TAIL },
    { "one group in place of a list", ML_SOPS_YAML,
      "a: @V\nsops:\n    key_groups:\n        age:\n            - enc: @ENC\n"
      "              recipient: @R\n" TAIL },
    { "numbers and words as text", ML_SOPS_YAML,
      "a: @V\nsops:\n" AGE TAIL
      "    shamir_threshold: \"0\"\n    mac_only_encrypted: \"false\"\n" },
    { "a number for a word", ML_SOPS_JSON,
      "{\"a\":\"@V\",\"sops\":{" J_AGE "," J_TAIL ",\"mac_only_encrypted\":0}}" },
    { "key_groups beside keys are not looked at", ML_SOPS_JSON,
      "{\"a\":\"@V\",\"sops\":{" J_AGE ",\"key_groups\":[]," J_TAIL "}}" },
    { "null everywhere", ML_SOPS_JSON,
      "{\"a\":\"@V\",\"sops\":{" J_AGE "," J_TAIL ",\"kms\":null,\"key_groups\":null,"
      "\"shamir_threshold\":null,\"mac_only_encrypted\":null,\"encrypted_regex\":null}}" },
    { "first in the file", ML_SOPS_YAML, "sops:\n" AGE TAIL "a: @V\n" },
    { "in brackets", ML_SOPS_YAML,
      "a: @V\nsops: {age: [{enc: \"@QUOTED\", recipient: @R}], lastmodified: \"@TIME\","
      " mac: \"@MAC\", version: 3.13.3}\n" },
    { "with comments", ML_SOPS_YAML, "a: @V\n# of sops\nsops: # here\n    # keys\n" AGE TAIL },
};

static void every_shape_opens(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        ml_buf text = { 0 };
        parts p;
        ml_sops *s;
        ml_err e;

        parts_make(&p, shapes[i].format);
        expand(&text, shapes[i].template, &p);
        s = open_with_test_key(ml_buf_bytes(&text), shapes[i].format);
        if (ml_sops_decrypt(s, false, &e) < 0)
            fail_msg("%s: %s (line %lu)", shapes[i].name, e.message, e.line);
        ml_sops_free(s);
        ml_sops_free(p.s);
        ml_buf_free(&text);
    }
}

/* The same files through the real program: what we read, it reads. */
static void every_shape_opens_in_sops(void **state)
{
    const char *sops = find_sops();
    size_t i;

    (void)state;
    if (sops == NULL)
        skip();
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        ml_buf text = { 0 }, opened;
        parts p;

        parts_make(&p, shapes[i].format);
        expand(&text, shapes[i].template, &p);
        opened = decrypt_with_sops(sops, ml_buf_bytes(&text),
                                   shapes[i].format == ML_SOPS_JSON ? "json" : "yaml");
        assert_non_null(memmem(opened.p, opened.len, "v", 1));
        ml_buf_free(&opened);
        ml_sops_free(p.s);
        ml_buf_free(&text);
    }
}

/* A change of a file keeps what it does not know, and the order it was written in. */
static void a_change_keeps_every_shape(void **state)
{
    const ml_tree value = { .kind = ML_KIND_SCALAR,
                            .type = ML_TYPE_STR,
                            .text = ml_bytes_text("w") };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        ml_buf text = { 0 };
        ml_bytes after;
        parts p;
        ml_sops *s;
        size_t at;
        ml_err e;

        parts_make(&p, shapes[i].format);
        expand(&text, shapes[i].template, &p);
        s = decrypted(ml_buf_bytes(&text), shapes[i].format);
        if (ml_sops_set(s, "a", &value, NULL, &e) < 0)
            fail_msg("%s: %s (line %lu)", shapes[i].name, e.message, e.line);
        after = ml_sops_text(s);
        /* behind the sealed value, the time and the MAC there is nothing that changed: the texts
         * are of one length, for all three are */
        assert_int_equal(after.len, text.len);
        for (at = 0; at < text.len && text.p[at] == after.p[at]; at++)
            ;
        assert_true(at < text.len);
        ml_sops_free(s);
        ml_sops_free(p.s);
        ml_buf_free(&text);
    }
}

/* Malformed: the code, the line, and the field that the message names. */
static void what_is_malformed_is_refused(void **state)
{
    static const struct {
        ml_sops_format format;
        const char *template, *code;
        unsigned long line;
        const char *named;
    } rows[] = {
        { ML_SOPS_YAML, "a: @V\nsops: 1\n", ML_E_FORMAT, 2, "'sops'" },
        { ML_SOPS_YAML, "a: @V\nsops: [x]\n", ML_E_FORMAT, 2, "'sops'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n", ML_E_FORMAT, 2, "'sops'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n" AGE TAIL "sops:\n" AGE TAIL, ML_E_FORMAT, 16, "twice" },
        { ML_SOPS_YAML, "a: @V\nsops:\n    age: x\n" TAIL, ML_E_FORMAT, 3, "'age'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n    age:\n        - x\n" TAIL, ML_E_FORMAT, 4, "'age'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n    age:\n        - enc: [1]\n" TAIL, ML_E_FORMAT, 4,
          "'enc'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n    age:\n        - recipient: {x: 1}\n" TAIL, ML_E_FORMAT,
          4, "'recipient'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n    mac: []\n", ML_E_FORMAT, 3, "'mac'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n    lastmodified: 2025-01-02T03:04:05Z\n", ML_E_FORMAT, 3,
          "'lastmodified'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n    lastmodified: \"yesterday\"\n", ML_E_FORMAT, 3,
          "'lastmodified'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n    version: {}\n", ML_E_FORMAT, 3, "'version'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n" TAIL "    mac_only_encrypted: perhaps\n", ML_E_FORMAT, 6,
          "'mac_only_encrypted'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n" TAIL "    shamir_threshold: two\n", ML_E_FORMAT, 6,
          "'shamir_threshold'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n" TAIL "    shamir_threshold: 256\n", ML_E_FORMAT, 6,
          "'shamir_threshold'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n" TAIL "    shamir_threshold: 99999999999999999999\n",
          ML_E_FORMAT, 6, "'shamir_threshold'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n" TAIL "    key_groups: x\n", ML_E_FORMAT, 6,
          "'key_groups'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n" TAIL "    key_groups:\n        - x\n", ML_E_FORMAT, 7,
          "'key_groups'" },
        { ML_SOPS_YAML, "a: @V\nsops:\n" TAIL "    encrypted_suffix: x\n    encrypted_regex: x\n",
          ML_E_FORMAT, 3, "selector" },
        { ML_SOPS_YAML, "a: @V\nsops:\n" TAIL "    encrypted_regex: '('\n", ML_E_FORMAT, 6,
          "encrypted_regex" },
        { ML_SOPS_YAML, "a: @V\nsops:\n    mac: x\n    Mac: y\n", ML_E_FORMAT, 4, "'mac'" },
        { ML_SOPS_JSON, "{\"a\":\"@V\",\n\"sops\":[]}", ML_E_FORMAT, 2, "'sops'" },
        { ML_SOPS_JSON, "{\"a\":\"@V\",\n\"sops\":{},\n\"sops\":{}}", ML_E_FORMAT, 3, "twice" },
        { ML_SOPS_JSON, "{\"a\":\"@V\",\n\"sops\":{\"age\":[\n1]}}", ML_E_FORMAT, 3, "'age'" },
    };
    parts p;
    size_t i;

    (void)state;
    parts_make(&p, ML_SOPS_YAML);
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_buf text = { 0 };
        ml_sops *s;
        ml_err e;

        expand(&text, rows[i].template, &p);
        if (ml_sops_open(&s, ml_buf_bytes(&text), rows[i].format, "x", &e) == 0)
            fail_msg("row %zu opened:\n%.*s", i, (int)text.len, (char *)text.p);
        if (strcmp(e.code, rows[i].code) != 0 || e.line != rows[i].line ||
            strstr(e.message, rows[i].named) == NULL)
            fail_msg("row %zu: %s: %s (line %lu, not %lu)", i, e.code, e.message, e.line,
                     rows[i].line);
        ml_buf_free(&text);
    }
    ml_sops_free(p.s);
}

/* Many and large: a limit with its name, or an answer. */
static void what_is_huge_has_a_limit(void **state)
{
    ml_age_identity identity = test_identity();
    const ml_age_identity *list[] = { &identity };
    ml_buf text = { 0 };
    ml_sops *s;
    parts p;
    ml_err e;
    int i;

    (void)state;
    parts_make(&p, ML_SOPS_YAML);
    expand(&text, "a: @V\nsops:\n    age:\n", &p);
    for (i = 0; i < 100000; i++)
        ml_buf_format(&text, "        - enc: x\n          recipient: age1%d\n", i);
    expand(&text, TAIL, &p);
    assert_int_equal(ml_sops_open(&s, ml_buf_bytes(&text), ML_SOPS_YAML, NULL, &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    assert_non_null(strstr(e.message, "4096 recipients"));
    assert_int_equal(e.line, 3 + 2 * 4096 + 1);

    text.len = 0;
    expand(&text, "a: @V\nsops:\n    age:\n        - enc: ", &p);
    for (i = 0; i < 10 * 1024 * 1024; i++)
        ml_buf_byte(&text, 'A');
    expand(&text, "\n          recipient: @R\n" TAIL, &p);
    assert_int_equal(ml_sops_open(&s, ml_buf_bytes(&text), ML_SOPS_YAML, NULL, &e), 0);
    assert_int_equal(ml_sops_unlock(s, list, 1, NULL, NULL, &e), -1);
    ml_age_identity_free(&identity);
    ml_sops_free(s);
    ml_sops_free(p.s);
    ml_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_opens),
        cmocka_unit_test(every_shape_opens_in_sops),
        cmocka_unit_test(a_change_keeps_every_shape),
        cmocka_unit_test(what_is_malformed_is_refused),
        cmocka_unit_test(what_is_huge_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
