/* Every file of tests/vectors/sops (made by the real program, current and 3.9.4) opens here, its
 * MAC holds, and its values are those that the real program opens it to. Files of ours that were
 * made under fixed random bytes open there. */
#include "tests/c/files.h"
#include "tests/c/sops.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"
#include "format/age_keyfile.h"

static const char folder[] = "tests/vectors/sops/cases";

/* `path = canonical` of every value, a line each; of a decrypted file, or of a clear document. */
typedef struct listing {
    const ml_sops *s;
    const ml_doc *d;
    ml_buf out;
    ml_arena arena;
} listing;

static int list_value(void *context, const ml_walk_place *at, ml_err *e)
{
    listing *l = context;
    ml_bytes text;

    if (l->s != NULL && l->s->plain[at->node].type == ML_TYPE_COMMENT)
        return 1;
    if (l->s != NULL)
        text = l->s->plain[at->node].text;
    else if (ml_sops_canonical(l->d, at->node, &l->arena, &text, e) < 0)
        return -1;
    ml_buf_add(&l->out, at->aad);
    ml_buf_text(&l->out, " = ");
    /* The float -0 comes back as -0, which JSON then reads as the integer 0. */
    ml_buf_add(&l->out, ml_bytes_is(text, "-0") ? ml_bytes_text("0") : text);
    ml_buf_byte(&l->out, '\n');
    return 0;
}

static void list_all(listing *l, const ml_selector *selector)
{
    const ml_walk_visitor visitor = { list_value, NULL, NULL, l };
    ml_err e;

    if (ml_walk(l->d, selector, &visitor, &e) < 0)
        fail_msg("%s (line %lu)", e.message, e.line);
}

/* The values are those of the file that the real program decrypted. */
static void compare_values(const char *name, const ml_sops *s, ml_bytes opened)
{
    listing ours = { .s = s, .d = s->doc }, theirs = { 0 };
    ml_doc *d;
    ml_err e;

    if (ml_doc_parse(&d, ml_sops_doc_format(s->format), opened, name, &e) < 0)
        fail_msg("%s: %s (line %lu)", name, e.message, e.line);
    theirs.d = d;
    list_all(&ours, s->selector);
    list_all(&theirs, s->selector);
    if (!ml_bytes_equal(ml_buf_bytes(&ours.out), ml_buf_bytes(&theirs.out)))
        fail_msg("%s: the values differ", name);
    ml_buf_free(&ours.out);
    ml_buf_free(&theirs.out);
    ml_arena_free(&theirs.arena);
    ml_doc_free(d);
}

static ml_sops_format format_of_case(const char *sealed)
{
    return ml_sops_format_of(sealed);
}

static void check_case(const char *sealed_name, const ml_age_identity *identity)
{
    char sealed_path[512], opened_path[512];
    const char *dot = strstr(sealed_name, ".sealed.");
    ml_buf text, opened;
    ml_sops *s;
    size_t used = 9, recipient = 9;
    ml_err e;

    snprintf(sealed_path, sizeof sealed_path, "%s/%s", folder, sealed_name);
    snprintf(opened_path, sizeof opened_path, "%s/%.*s.opened.%s", folder, (int)(dot - sealed_name),
             sealed_name, dot + strlen(".sealed."));
    text = read_file(sealed_path);
    assert_int_equal(ml_sops_is_sealed(ml_buf_bytes(&text), format_of_case(sealed_name), &e), 1);
    if (ml_sops_open(&s, ml_buf_bytes(&text), format_of_case(sealed_name), sealed_name, &e) < 0 ||
        ml_sops_unlock(s, &identity, 1, &used, &recipient, &e) < 0 ||
        ml_sops_decrypt(s, false, &e) < 0)
        fail_msg("%s: %s (line %lu)", sealed_name, e.message, e.line);
    assert_int_equal(used, 0);
    assert_true(recipient < ml_sops_meta(s)->count);
    if (s->format != ML_SOPS_BINARY && access(opened_path, R_OK) == 0) {
        opened = read_file(opened_path);
        compare_values(opened_path, s, ml_buf_bytes(&opened));
        ml_buf_free(&opened);
    }
    ml_sops_free(s);
    ml_buf_free(&text);
}

static void files_of_the_real_program_open(void **state)
{
    ml_age_identity identity = test_identity();
    struct dirent *entry;
    size_t cases = 0;
    DIR *d = opendir(folder);

    (void)state;
    assert_non_null(d);
    while ((entry = readdir(d)) != NULL) {
        if (strstr(entry->d_name, ".sealed.") == NULL)
            continue;
        check_case(entry->d_name, &identity);
        cases++;
    }
    closedir(d);
    ml_age_identity_free(&identity);
    assert_true(cases >= 300);
}

/* Whether those of the keys whose bit is set open a file. */
static bool opens_with(const char *path, const ml_age_keyfile *keys, unsigned chosen)
{
    const ml_age_identity *list[8];
    ml_buf text = read_file(path);
    size_t count = 0, number = 0, i;
    ml_sops *s;
    bool open;
    ml_err e;

    for (i = 0; i < keys->count; i++)
        if (keys->lines[i].kind == ML_AGE_LINE_X25519 && (chosen >> number++ & 1U) != 0)
            list[count++] = &keys->lines[i].identity;
    assert_int_equal(ml_sops_open(&s, ml_buf_bytes(&text), ml_sops_format_of(path), path, &e), 0);
    open = ml_sops_unlock(s, list, count, NULL, NULL, &e) == 0;
    if (open && ml_sops_decrypt(s, false, &e) < 0)
        fail_msg("%s with %u: %s", path, chosen, e.message);
    ml_sops_free(s);
    ml_buf_free(&text);
    return open;
}

/* groups/make.sh says what stands in these files. Bits are the keys of keys.txt. */
static void key_groups_of_the_real_program_open(void **state)
{
    static const struct {
        const char *name;
        unsigned enough[3], few[4];
    } rows[] = { { "two", { 3, 6, 7 }, { 1, 2, 4, 5 } }, { "three", { 3, 5, 6 }, { 1, 2, 4, 0 } } };
    static const char *const endings[] = { "yaml", "json", "env", "ini", "bin" };
    ml_buf text = read_file("tests/vectors/sops/keys.txt");
    ml_age_keyfile keys;
    size_t row, ending, i;
    ml_err e;

    (void)state;
    assert_int_equal(ml_age_keyfile_parse(&keys, ml_buf_bytes(&text), &e), 0);
    for (row = 0; row < sizeof rows / sizeof *rows; row++)
        for (ending = 0; ending < sizeof endings / sizeof *endings; ending++) {
            char path[128];

            snprintf(path, sizeof path, "tests/vectors/sops/groups/%s.%s", rows[row].name,
                     endings[ending]);
            for (i = 0; i < 3; i++)
                assert_true(opens_with(path, &keys, rows[row].enough[i]));
            for (i = 0; i < 4; i++)
                assert_false(opens_with(path, &keys, rows[row].few[i]));
        }
    ml_age_keyfile_free(&keys);
    ml_buf_free(&text);
}

static uint64_t drawn;

/* The same bytes in each run: SHA-256 of a counter. */
static void counted(void *p, size_t len)
{
    unsigned char *out = p, block[ML_SHA256_SIZE];
    size_t i;

    for (i = 0; i < len; i++) {
        if (i % sizeof block == 0) {
            drawn++;
            ml_sha256(block, ml_bytes_of(&drawn, sizeof drawn));
        }
        out[i] = block[i % sizeof block];
    }
}

/* Under a fixed clock and fixed random bytes each sealed file is the committed one, which the real
 * program opens, too. */
static void sealed_files_are_the_committed_ones(void **state)
{
    static const char *const names[] = { "golden.yaml", "golden.json", "golden.env", "golden.ini",
                                         "golden.bin" };
    const char *sops = find_sops();
    size_t i;

    (void)state;
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        char clear_path[128], sealed_path[128];
        const ml_sops_format format = ml_sops_format_of(names[i]);
        ml_buf clear, expected, sealed = { 0 };
        ml_secret opened = { 0 };
        ml_sops *s;
        ml_err e;

        snprintf(clear_path, sizeof clear_path, "tests/vectors/sops/golden/clear/%s", names[i]);
        snprintf(sealed_path, sizeof sealed_path, "tests/vectors/sops/golden/%s", names[i]);
        clear = read_file(clear_path);
        drawn = 0;
        ml_random_source(counted);
        ml_clock_set(1767323045); /* 2026-01-02T03:04:05Z */
        seal_for_test_key(ml_buf_bytes(&clear), format, NULL, &sealed);
        ml_random_source(NULL);
        ml_clock_set(-1);
        if (getenv("MOONLATCH_WRITE_GOLDEN") != NULL)
            write_file(sealed_path, ml_buf_bytes(&sealed));
        expected = read_file(sealed_path);
        if (!ml_bytes_equal(ml_buf_bytes(&sealed), ml_buf_bytes(&expected)))
            fail_msg("%s is now\n%.*s", names[i], (int)sealed.len, (char *)sealed.p);
        s = decrypted(ml_buf_bytes(&expected), format);
        assert_int_equal(ml_sops_clear_text(s, &opened, &e), 0);
        assert_true(ml_bytes_equal(ml_secret_bytes(&opened), ml_buf_bytes(&clear)));
        if (sops != NULL) {
            ml_buf theirs =
                decrypt_with_sops(sops, ml_buf_bytes(&expected), ml_sops_format_word(format));

            assert_null(memmem(theirs.p, theirs.len, "ENC[", 4));
            if (format == ML_SOPS_BINARY)
                assert_true(ml_bytes_equal(ml_buf_bytes(&theirs), ml_buf_bytes(&clear)));
            ml_buf_free(&theirs);
        }
        ml_sops_free(s);
        ml_secret_free(&opened);
        ml_buf_free(&clear);
        ml_buf_free(&expected);
        ml_buf_free(&sealed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_the_real_program_open),
        cmocka_unit_test(key_groups_of_the_real_program_open),
        cmocka_unit_test(sealed_files_are_the_committed_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
