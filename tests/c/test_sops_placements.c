/* Where a comment stands decides how it is sealed: tests/vectors/sops/placements has 35 places,
 * what the real program made of them, and the additional data it used. */
#include "tests/c/files.h"
#include "tests/c/sops.h"

#include "sops/file.h"
#include "sops/file_internal.h"

static const char folder[] = "tests/vectors/sops/placements";

enum { PLACES = 35, MOST = 4 };

/* The comments of one file by the table. */
typedef struct place {
    char aad[MOST][16], text[MOST][16];
    size_t count;
} place;

/* Lines of number, additional data, text. */
static void read_table(place list[PLACES + 1])
{
    char name[128], aad[16], text[16];
    unsigned number = 0;
    FILE *f;

    snprintf(name, sizeof name, "%s/aad.tsv", folder);
    f = fopen(name, "r");
    assert_non_null(f);
    while (fscanf(f, "%2u\t%15[^\t]%*1[\t]%15[^\n]", &number, aad, text) == 3) {
        place *p;

        assert_in_range(number, 1, PLACES);
        p = &list[number];
        assert_true(p->count < MOST);
        memcpy(p->aad[p->count], aad, sizeof aad);
        memcpy(p->text[p->count++], text, sizeof text);
    }
    assert_true(number == PLACES && feof(f));
    fclose(f);
}

static ml_buf read_case(unsigned number, const char *kind)
{
    char name[128];

    snprintf(name, sizeof name, "%s/%02u.%s.yaml", folder, number, kind);
    return read_file(name);
}

/* A row of the table used up by what is found in a file. */
typedef struct search {
    const place *p;
    const ml_doc *d;
    const ml_sops_cipher *cipher; /* of a sealed file */
    bool used[MOST];
    size_t found;
    unsigned number;
} search;

static int take(search *s, ml_bytes aad, ml_bytes text)
{
    size_t i;

    for (i = 0; i < s->p->count; i++)
        if (!s->used[i] && ml_bytes_is(aad, s->p->aad[i]) && ml_bytes_is(text, s->p->text[i])) {
            s->used[i] = true;
            s->found++;
            return 0;
        }
    fail_msg("%02u: '#%.*s' with '%.*s' is not in the table", s->number, (int)text.len,
             (const char *)text.p, (int)aad.len, (const char *)aad.p);
    return -1;
}

static int take_clear(void *context, const ml_walk_place *at, ml_err *e)
{
    search *s = context;

    (void)e;
    return take(s, at->aad, ml_doc_scalar(s->d, at->node));
}

static int pass_value(void *context, const ml_walk_place *at, ml_err *e)
{
    (void)context;
    (void)at;
    (void)e;
    return 0;
}

/* In clear text we put each comment where the table has it. */
static void clear_comments_stand_where_sops_puts_them(void **state)
{
    place list[PLACES + 1] = { 0 };
    const ml_sops_selectors names = { .unencrypted_suffix = ml_bytes_text("_unencrypted") };
    ml_selector *selector;
    unsigned i;
    ml_err e;

    (void)state;
    read_table(list);
    assert_int_equal(ml_selector_new(&selector, &names, &e), 0);
    for (i = 1; i <= PLACES; i++) {
        ml_buf text = read_case(i, "clear");
        search s = { .p = &list[i], .number = i };
        const ml_walk_visitor visitor = { pass_value, take_clear, NULL, &s };
        ml_doc *d;

        assert_int_equal(ml_doc_parse(&d, ML_FORMAT_YAML, ml_buf_bytes(&text), NULL, &e), 0);
        s.d = d;
        assert_int_equal(ml_walk(d, selector, &visitor, &e), 0);
        assert_true(s.found == list[i].count && s.found > 0);
        ml_doc_free(d);
        ml_buf_free(&text);
    }
    ml_selector_free(selector);
}

/* The table is right: what the real program sealed opens with the additional data that stands
 * there, and only with that. */
static void the_table_opens_what_sops_sealed(void **state)
{
    place list[PLACES + 1] = { 0 };
    unsigned i;

    (void)state;
    read_table(list);
    for (i = 1; i <= PLACES; i++) {
        ml_buf text = read_case(i, "sealed");
        ml_sops *s = open_with_test_key(ml_buf_bytes(&text), ML_SOPS_YAML);
        ml_arena arena = { 0 };
        bool used[MOST] = { false };
        size_t found = 0, k;
        ml_node n;
        ml_err e;

        for (n = 0; n < ml_doc_count(s->doc); n++) {
            ml_sops_enc enc;
            ml_type type;
            ml_bytes plain;

            if (ml_sops_enc_parse(&enc, ml_doc_scalar(s->doc, n)) < 0 ||
                !ml_bytes_is(enc.type, "comment"))
                continue;
            for (k = 0; k < list[i].count; k++)
                if (!used[k] &&
                    ml_sops_value_open(s->cipher, ml_doc_scalar(s->doc, n),
                                       ml_bytes_text(list[i].aad[k]), &arena, &type, &plain,
                                       &e) == 0 &&
                    ml_bytes_is(plain, list[i].text[k])) {
                    used[k] = true;
                    found++;
                    break;
                }
        }
        if (found != list[i].count)
            fail_msg("%02u: %zu of %zu comments open", i, found, list[i].count);
        ml_arena_free(&arena);
        ml_sops_free(s);
        ml_buf_free(&text);
    }
}

/* Sops' files open whole: no comment is left sealed, also those that it wrote as elements. */
static void sealed_comments_open(void **state)
{
    unsigned i;

    (void)state;
    for (i = 1; i <= PLACES; i++) {
        ml_buf text = read_case(i, "sealed");
        ml_sops *s = open_with_test_key(ml_buf_bytes(&text), ML_SOPS_YAML);
        ml_secret clear = { 0 };
        ml_err e;

        if (ml_sops_decrypt(s, false, &e) < 0)
            fail_msg("%02u: %s", i, e.message);
        assert_int_equal(ml_sops_clear_text(s, &clear, &e), 0);
        if (memmem(clear.p, clear.len, "ENC[", 4) != NULL)
            fail_msg("%02u: a comment stays sealed in %.*s", i, (int)clear.len, (char *)clear.p);
        ml_secret_free(&clear);
        ml_sops_free(s);
        ml_buf_free(&text);
    }
}

/* What we seal comes back byte for byte, and the real program opens each comment of it. */
static void our_comments_open_here_and_there(void **state)
{
    const char *sops = find_sops();
    unsigned i;

    (void)state;
    for (i = 1; i <= PLACES; i++) {
        ml_buf text = read_case(i, "clear"), sealed = { 0 };
        ml_secret clear = { 0 };
        ml_sops *s;
        ml_err e;

        seal_for_test_key(ml_buf_bytes(&text), ML_SOPS_YAML, NULL, &sealed);
        s = open_with_test_key(ml_buf_bytes(&sealed), ML_SOPS_YAML);
        assert_int_equal(ml_sops_decrypt(s, false, &e), 0);
        assert_int_equal(ml_sops_clear_text(s, &clear, &e), 0);
        if (!ml_bytes_equal(ml_secret_bytes(&clear), ml_buf_bytes(&text)))
            fail_msg("%02u became %.*s", i, (int)clear.len, (char *)clear.p);
        ml_secret_free(&clear);
        ml_sops_free(s);
        if (sops != NULL) {
            ml_buf theirs = decrypt_with_sops(sops, ml_buf_bytes(&sealed), "yaml");

            if (memmem(theirs.p, theirs.len, "ENC[", 4) != NULL)
                fail_msg("%02u: sops leaves a comment sealed: %.*s", i, (int)theirs.len,
                         (char *)theirs.p);
            ml_buf_free(&theirs);
        }
        ml_buf_free(&sealed);
        ml_buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clear_comments_stand_where_sops_puts_them),
        cmocka_unit_test(the_table_opens_what_sops_sealed),
        cmocka_unit_test(sealed_comments_open),
        cmocka_unit_test(our_comments_open_here_and_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
