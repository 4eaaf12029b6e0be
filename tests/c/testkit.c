/* testkit.c — runs a folder of vectors in the format of the C2SP age test kit: testkit FOLDER.
 *
 * Each file is opened whole in memory, and as a stream in pieces of several sizes. All must end in
 * the class that the vector expects; what a stream has released, also before a failure, must have
 * the hash that it names. Then what was accepted is written again and must be the same: armor,
 * header, chunks. Ends in a table of the classes and `N passed, N failed, N skipped`; the status is
 * 1 when a vector failed, or none ran. */
#include "tests/c/pieces.h"
#include "tests/c/testkit_writers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/encode.h"
#include "format/age_armor.h"
#include "format/age_file.h"
#include "format/ssh_key.h"
#include "sys/fs.h"

/* What became of a file. */
typedef struct outcome {
    testkit_class class;
    ml_buf released;
    ml_err e;
} outcome;

static void outcome_free(outcome *o)
{
    ml_buf_free(&o->released);
}

static testkit_class class_of(const ml_err *e)
{
    static const struct {
        const char *part;
        testkit_class class;
    } parts[] = {
        { ML_AGE_PART_ARMOR, TESTKIT_ARMOR },
        { ML_AGE_PART_HEADER, TESTKIT_HEADER },
        { ML_AGE_PART_MAC, TESTKIT_MAC },
        { ML_AGE_PART_PAYLOAD, TESTKIT_PAYLOAD },
    };
    size_t i;

    for (i = 0; e->part != NULL && i < sizeof parts / sizeof *parts; i++)
        if (strcmp(e->part, parts[i].part) == 0)
            return parts[i].class;
    if (strcmp(e->code, ML_E_KEY) == 0 || strcmp(e->code, ML_E_PASSPHRASE) == 0 ||
        strcmp(e->code, ML_E_AUTH) == 0) /* a wrong passphrase */
        return TESTKIT_NO_MATCH;
    return TESTKIT_CLASSES;
}

/* The keys of a vector, ready for use. */
typedef struct keys {
    ml_age_identity own[2 * TESTKIT_KEYS];
    const ml_age_identity *list[2 * TESTKIT_KEYS];
    size_t count;
} keys;

static int open_ssh(ml_age_identity *i, ml_bytes base64, ml_err *e)
{
    ml_ssh_private key = { 0 };
    ml_buf pem = { 0 };
    int status;

    ml_buf_text(&pem, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
    ml_buf_add(&pem, base64);
    ml_buf_text(&pem, "\n-----END OPENSSH PRIVATE KEY-----\n");
    status = ml_buf_check(&pem, e);
    if (status == 0)
        status = ml_ssh_private_parse(&key, ml_buf_bytes(&pem), ml_bytes_text(""), e);
    if (status == 0)
        status = key.kind == ML_SSH_RSA ? ml_age_identity_rsa(i, ml_secret_bytes(&key.numbers), e)
                                        : ml_age_identity_ssh(i, ml_secret_bytes(&key.seed), e);
    ml_ssh_private_free(&key);
    ml_buf_free(&pem);
    return status;
}

static int keys_open(keys *k, const testkit_vector *v, ml_err *e)
{
    size_t i;

    memset(k, 0, sizeof *k);
    for (i = 0; i < v->identity_count + v->ssh_identity_count; i++) {
        ml_age_identity *own = &k->own[i];

        if ((i < v->identity_count
                 ? ml_age_identity_parse(own, v->identities[i], e)
                 : open_ssh(own, v->ssh_identities[i - v->identity_count], e)) < 0)
            return -1;
        k->list[k->count++] = own;
    }
    return 0;
}

static void keys_free(keys *k)
{
    while (k->count > 0)
        ml_age_identity_free(&k->own[--k->count]);
}

/* Opens the file with one passphrase at most; in pieces, or whole when `size` is 0. */
static int open_file(outcome *o, const ml_age_keys *with, ml_bytes file, size_t size)
{
    in_pieces from = { file, size };
    const ml_age_source source = { pieces_read, &from };
    const ml_age_sink sink = { pieces_keep, &o->released };
    ml_secret text = { 0 };
    int status;

    if (size > 0)
        return ml_age_file_decrypt(with, &source, &sink, NULL, &o->e);
    status = ml_age_decrypt(&text, with, file, NULL, &o->e);
    if (status == 0)
        ml_buf_add(&o->released, ml_secret_bytes(&text));
    ml_secret_free(&text);
    return status;
}

/* Tries the passphrases in their order, as the identities are. */
static outcome run(const testkit_vector *v, const keys *k, size_t size)
{
    const ml_bytes file = ml_buf_bytes(&v->file);
    outcome o = { .class = TESTKIT_SUCCESS };
    size_t i = 0;

    if (v->armored && !ml_age_is_armored(file)) {
        /* Nobody would take this for armor; read as armor it must be malformed. */
        o.class = ml_age_armor_read(&o.released, file, &o.e) < 0 ? TESTKIT_ARMOR : TESTKIT_CLASSES;
        return o;
    }
    do {
        const ml_age_keys with = { .identities = k->list,
                                   .count = k->count,
                                   .passphrase = i < v->passphrase_count ? v->passphrases[i]
                                                                         : ml_bytes_of(NULL, 0) };

        o.class = open_file(&o, &with, file, size) == 0 ? TESTKIT_SUCCESS : class_of(&o.e);
    } while (o.class == TESTKIT_NO_MATCH && ++i < v->passphrase_count);
    return o;
}

static bool has_hash(ml_bytes bytes, ml_bytes hex)
{
    unsigned char hash[ML_SHA256_SIZE];
    char text[2 * ML_SHA256_SIZE];

    ml_sha256(hash, bytes);
    ml_hex_encode(text, ml_bytes_of(hash, sizeof hash));
    return ml_bytes_equal(ml_bytes_of(text, sizeof text), hex);
}

/* NULL, or what is wrong. */
static const char *check_outcome(const testkit_vector *v, const outcome *o, bool streamed)
{
    static char said[2 * ML_ERR_TEXT];

    if (o->class != v->expected) {
        snprintf(said, sizeof said, "expected %s, got %s%s%s", testkit_class_word(v->expected),
                 testkit_class_word(o->class), o->class == TESTKIT_SUCCESS ? "" : ": ",
                 o->class == TESTKIT_SUCCESS ? "" : o->e.message);
        return said;
    }
    /* Opened whole, a file releases all or nothing. */
    if (v->payload.len > 0 && (streamed || o->class == TESTKIT_SUCCESS) &&
        !has_hash(ml_buf_bytes(&o->released), v->payload))
        return "the bytes released are not those expected";
    return NULL;
}

/* NULL, or what is wrong. */
static const char *check_vector(const testkit_vector *v, const keys *k)
{
    static const size_t sizes[] = { 0, 1, 4093, 65536 };
    const char *problem = NULL;
    size_t i;

    for (i = 0; i < sizeof sizes / sizeof *sizes && problem == NULL; i++) {
        outcome o;

        if (sizes[i] == 1 && v->file.len > 4096)
            continue;
        o = run(v, k, sizes[i]);
        problem = check_outcome(v, &o, sizes[i] > 0);
        if (problem == NULL && i == 0)
            problem = testkit_check_writers(v, ml_buf_bytes(&o.released));
        outcome_free(&o);
    }
    return problem;
}

typedef struct counts {
    unsigned passed[TESTKIT_CLASSES], all[TESTKIT_CLASSES];
    unsigned failed, skipped;
} counts;

/* Links are followed: a copy of the kit may be made of them. */
static int read_file(ml_buf *out, const char *folder, const char *name, ml_err *e)
{
    ml_root root = ML_ROOT_CLOSED;
    ml_buf path = { 0 };
    char *rest = NULL;
    int status;

    ml_buf_format(&path, "%s/%s", folder, name);
    ml_buf_byte(&path, '\0');
    status = ml_buf_check(&path, e);
    if (status == 0)
        status = ml_fs_locate(&root, &rest, (const char *)path.p, e);
    if (status == 0)
        status = strcmp(rest, ".") == 0 ? ml_fail(e, ML_E_UNSUPPORTED, "a folder")
                                        : ml_fs_read(&root, rest, 0, out, NULL, e);
    free(rest);
    ml_root_close(&root);
    ml_buf_free(&path);
    return status;
}

static void run_one(const char *folder, const char *name, counts *c)
{
    testkit_vector v = { 0 };
    const char *problem = NULL;
    keys k = { .count = 0 };
    ml_err e;

    if (read_file(&v.source, folder, name, &e) == 0 && testkit_vector_parse(&v, &e) == 0) {
        c->all[v.expected]++;
        problem = keys_open(&k, &v, &e) < 0 ? e.message : check_vector(&v, &k);
        c->passed[v.expected] += problem == NULL;
    } else if (strcmp(e.code, ML_E_UNSUPPORTED) == 0) {
        printf("  %s: skipped: %s\n", name, e.message);
        c->skipped++;
    } else {
        problem = e.message;
    }
    if (problem != NULL) {
        printf("  %s: FAILED: %s\n", name, problem);
        c->failed++;
    }
    keys_free(&k);
    testkit_vector_free(&v);
}

int main(int argc, char **argv)
{
    ml_root folder = ML_ROOT_CLOSED;
    ml_names names = { 0 };
    counts c = { 0 };
    unsigned passed = 0;
    size_t i;
    ml_err e;

    if (argc != 2) {
        fprintf(stderr, "usage: testkit FOLDER\n");
        return 3;
    }
    if (ml_root_open(&folder, argv[1], &e) < 0 || ml_fs_list(&folder, ".", &names, &e) < 0) {
        fprintf(stderr, "testkit: %s\n", e.message);
        ml_root_close(&folder);
        return 2;
    }
    for (i = 0; i < names.count; i++)
        run_one(argv[1], names.names[i], &c);
    for (i = 0; i < TESTKIT_CLASSES; i++) {
        printf("  %-16s %u of %u\n", testkit_class_word((testkit_class)i), c.passed[i], c.all[i]);
        passed += c.passed[i];
    }
    printf("%u passed, %u failed, %u skipped\n", passed, c.failed, c.skipped);
    ml_names_free(&names);
    ml_root_close(&folder);
    return c.failed > 0 || passed == 0;
}
