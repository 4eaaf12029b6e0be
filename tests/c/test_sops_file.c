/* Sealed files: made and opened again, refused, tampered with, and what selectors pick. */
#include "tests/c/sops.h"

#include <dirent.h>

/* Making and opening -------------------------------------------------------------------------- */

static void check_round_trip(const char *name, ml_bytes clear, ml_sops_format format,
                             ml_bytes expected)
{
    ml_buf sealed = { 0 };
    ml_secret opened = { 0 };
    ml_sops *s;
    ml_err e;

    seal_for_test_key(clear, format, NULL, &sealed);
    s = decrypted(ml_buf_bytes(&sealed), format);
    assert_int_equal(ml_sops_clear_text(s, &opened, &e), 0);
    if (!ml_bytes_equal(ml_secret_bytes(&opened), expected))
        fail_msg("%s came back as\n%.*s", name, (int)opened.len, (char *)opened.p);
    ml_sops_free(s);
    ml_secret_free(&opened);
    ml_buf_free(&sealed);
}

/* All inputs of the vectors come back byte for byte but for some, which hold what does not: aliases
 * that are written out, joined lines, and spellings that sops' values cannot carry; documents of
 * nothing are not sealed. */
static void files_come_back_byte_for_byte(void **state)
{
    static const char folder[] = "tests/vectors/sops/clear";
    static const char *const others[] = {
        "anchors.yaml", "scalars.yaml",     "scalars.json", "strings.yaml",       "strings.json",
        "blocks.yaml",  "not_numbers.yaml", "quotes.ini",   "null_documents.yaml"
    };
    DIR *d = opendir(folder);
    struct dirent *entry;
    size_t exact = 0, i;

    (void)state;
    assert_non_null(d);
    while ((entry = readdir(d)) != NULL) {
        char path[512];
        bool other = entry->d_name[0] == '.';
        ml_buf clear;

        for (i = 0; i < sizeof others / sizeof *others; i++)
            other = other || strcmp(entry->d_name, others[i]) == 0;
        if (other)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        clear = read_file(path);
        check_round_trip(entry->d_name, ml_buf_bytes(&clear), ml_sops_format_of(entry->d_name),
                         ml_buf_bytes(&clear));
        ml_buf_free(&clear);
        exact++;
    }
    closedir(d);
    assert_true(exact >= 25);
}

/* What comes back otherwise, and how; NULL: not otherwise. */
static void what_does_not_come_back_is_known(void **state)
{
    static const struct {
        ml_sops_format format;
        const char *clear, *opened;
    } rows[] = {
        { ML_SOPS_YAML, "a: &x {k: v}\nb: *x\n", "a: &x {k: v}\nb:\n    k: v\n" },
        { ML_SOPS_YAML, "a: 1\n---\xC2\x85z: 1\n", NULL },
        { ML_SOPS_YAML, "a: &x v\nb: *x\n", "a: &x v\nb: v\n" },
        { ML_SOPS_YAML, "a_unencrypted: &x v\nb_unencrypted: *x\nc: 1\n", NULL },
        { ML_SOPS_YAML, "a: !!int 1\nb: !!str 2\nc: !mine x\n", "a: 1\nb: !!str 2\nc: !mine x\n" },
        { ML_SOPS_YAML, "a: |\n  x\n \n  y\nb: 1\n", "a: |\n  x\n\n  y\nb: 1\n" },
        { ML_SOPS_YAML, "a: |+\n  x\nb: 1\n", "a: |\n  x\nb: 1\n" },
        { ML_SOPS_YAML, "a: |\n  x\r\n  y\nb: 1\n", "a: |\n  x\n  y\nb: 1\n" },
        { ML_SOPS_YAML, "a: |\n  x", "a: |-\n  x" },
        { ML_SOPS_YAML, "a: 1\nb_unencrypted: |\n  x", "a: 1\nb_unencrypted: |-\n  x" },
        { ML_SOPS_YAML, "a: 1\nb: |+\n  ", "a: 1\nb: |-\n  " },
        { ML_SOPS_INI, "a = 1 \\\n  2\n", "a = 1 2\n" },
        { ML_SOPS_YAML, "a: 1.50\nb: 0x1F\nc: 2025-01-02\n",
          "a: 1.5\nb: 31\nc: 2025-01-02T00:00:00Z\n" },
        { ML_SOPS_YAML, "a: x\n\n  y  \nb: 1\n", "a: \"x\\ny\"  \nb: 1\n" },
        { ML_SOPS_YAML, "{a: 1 # one,\n}\n", NULL },
        { ML_SOPS_YAML, "? a\n: 1\n? b # :\n: 2\n", NULL },
        { ML_SOPS_JSON, "{\"a\": \"\\/\", \"b\": 1.0}", "{\"a\": \"/\", \"b\": 1}" },
        { ML_SOPS_JSON, "{\"a\": \"<&>\", \"b\": \"\\u00e9\"}",
          "{\"a\": \"<&>\", \"b\": \"\xC3\xA9\"}" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++)
        check_round_trip(rows[i].clear, ml_bytes_text(rows[i].clear), rows[i].format,
                         ml_bytes_text(rows[i].opened == NULL ? rows[i].clear : rows[i].opened));
}

/* The real program seals an empty map, too. */
static void a_file_of_metadata_alone_opens_to_an_empty_map(void **state)
{
    static const struct {
        const char *before, *opened;
        size_t cut; /* bytes off the end */
    } rows[] = { { "", "{}\n", 0 }, { "---\n", "---\n{}\n", 0 }, { "---\n", "---\n{}", 1 } };
    ml_sops *s = sealed_and_opened("a: 1\n", ML_SOPS_YAML, NULL);
    ml_buf sealed = text_of(s), rest = { 0 };
    ml_secret opened = { 0 };
    size_t i;
    ml_err e;

    (void)state;
    ml_sops_free(s);
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        rest.len = 0;
        ml_buf_text(&rest, rows[i].before);
        ml_buf_add(&rest, ml_bytes_slice(ml_buf_bytes(&sealed),
                                         ml_bytes_find(ml_buf_bytes(&sealed), 0, '\n') + 1,
                                         sealed.len - rows[i].cut));
        s = open_with_test_key(ml_buf_bytes(&rest), ML_SOPS_YAML);
        assert_int_equal(ml_sops_decrypt(s, true, &e), 0);
        assert_int_equal(ml_sops_clear_text(s, &opened, &e), 0);
        assert_true(ml_bytes_is(ml_secret_bytes(&opened), rows[i].opened));
        ml_secret_free(&opened);
        ml_sops_free(s);
    }
    ml_buf_free(&sealed);
    ml_buf_free(&rest);
}

static void what_sops_cannot_hold_is_refused(void **state)
{
    static const struct {
        ml_sops_format format;
        const char *clear, *code;
        unsigned long line;
        const char *encrypted_regex, *unencrypted_regex, *encrypted_suffix;
    } rows[] = {
        { ML_SOPS_YAML, "- a\n", ML_E_FORMAT, 1, NULL, NULL, NULL },
        { ML_SOPS_YAML, "a: b\n c\n \t\n", ML_E_UNSUPPORTED, 1, NULL, NULL, NULL },
        { ML_SOPS_YAML, "a: \xEF\xBB\xBF{b\n \t\n", ML_E_UNSUPPORTED, 1, NULL, NULL, NULL },
        { ML_SOPS_YAML, "a\n", ML_E_FORMAT, 1, NULL, NULL, NULL },
        { ML_SOPS_YAML, "a: 1\n---\n- b\n", ML_E_FORMAT, 3, NULL, NULL, NULL },
        { ML_SOPS_YAML, "", ML_E_FORMAT, 0, NULL, NULL, NULL },
        { ML_SOPS_YAML, "# c\n", ML_E_FORMAT, 0, NULL, NULL, NULL },
        { ML_SOPS_YAML, "null\n", ML_E_FORMAT, 1, NULL, NULL, NULL },
        { ML_SOPS_YAML, "a: 1\nsops: x\n", ML_E_EXISTS, 2, NULL, NULL, NULL },
        { ML_SOPS_YAML, "a:\n  b: 12345678901234567890\n", ML_E_FORMAT, 2, NULL, NULL, NULL },
        { ML_SOPS_YAML, "a: 0.1234567890123456789\n", ML_E_FORMAT, 1, NULL, NULL, NULL },
        { ML_SOPS_YAML, "1: x\n", ML_E_FORMAT, 1, NULL, NULL, NULL },
        { ML_SOPS_JSON, "[1]", ML_E_FORMAT, 1, NULL, NULL, NULL },
        { ML_SOPS_JSON, "{\"a\": 1} x", ML_E_FORMAT, 1, NULL, NULL, NULL },
        { ML_SOPS_JSON, "{\"a\": 12345678901234567890}", ML_E_FORMAT, 1, NULL, NULL, NULL },
        { ML_SOPS_JSON, "{\"a\": 1e400}", ML_E_FORMAT, 1, NULL, NULL, NULL },
        /* selectors that pick nothing, that are no pattern, that are two */
        { ML_SOPS_YAML, "a: 1\n", ML_E_CONFLICT, 0, "^b$", NULL, NULL },
        { ML_SOPS_YAML, "a: 1\n", ML_E_CONFLICT, 0, NULL, NULL, "_x" },
        { ML_SOPS_YAML, "a: 1\n", ML_E_FORMAT, 1, "(", NULL, NULL },
        { ML_SOPS_YAML, "a: 1\n", ML_E_FORMAT, 1, NULL, "(?=a)", NULL },
        { ML_SOPS_YAML, "a: 1\n", ML_E_FORMAT, 0, "a", NULL, "a" },
    };
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops_new what = { .clear = ml_bytes_text(rows[i].clear),
                             .format = rows[i].format,
                             .selectors = {
                                 .encrypted_regex = ml_bytes_text(rows[i].encrypted_regex),
                                 .unencrypted_regex = ml_bytes_text(rows[i].unencrypted_regex),
                                 .encrypted_suffix = ml_bytes_text(rows[i].encrypted_suffix) } };
        ml_buf out = { 0 };
        ml_err e;

        if (seal(&what, list, 1, &out, &e) == 0)
            fail_msg("sealed: %s", rows[i].clear);
        if (strcmp(e.code, rows[i].code) != 0 || e.line != rows[i].line)
            fail_msg("%s: %s, line %lu: %s", rows[i].clear, e.code, e.line, e.message);
        ml_buf_free(&out);
    }
    ml_age_identity_free(&identity);
}

/* Nine levels of nine aliases would be 387 million values. */
static void aliases_without_end_are_refused(void **state)
{
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    ml_sops_new what = { .format = ML_SOPS_YAML };
    ml_buf clear = { 0 }, out = { 0 };
    int level, i;
    ml_err e;

    (void)state;
    ml_buf_text(&clear, "a0: &a0 x\n");
    for (level = 1; level <= 9; level++) {
        ml_buf_format(&clear, "a%d: &a%d [", level, level);
        for (i = 0; i < 9; i++)
            ml_buf_format(&clear, "%s*a%d", i > 0 ? ", " : "", level - 1);
        ml_buf_text(&clear, "]\n");
    }
    what.clear = ml_buf_bytes(&clear);
    assert_int_equal(seal(&what, list, 1, &out, &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    ml_buf_free(&clear);
    ml_buf_free(&out);
    ml_age_identity_free(&identity);
}

/* Selectors ----------------------------------------------------------------------------------- */

static void selectors_pick_their_values(void **state)
{
    static const char clear[] = "a: 1\n# seal this\nb: 2\nc_x:\n  d: 3\n  e_x: 4\n# plain\n"
                                "f:\n  g: [5, 6]\n";
    static const struct {
        const char *which, *text;
        const char *sealed; /* the digits of the sealed values */
    } rows[] = {
        { "unencrypted_suffix", "_x", "1256" },
        { "encrypted_suffix", "_x", "34" },
        { "unencrypted_regex", "^[ab]$", "3456" },
        { "encrypted_regex", "^(b|g)$", "256" },
        { "unencrypted_comment_regex", "plain", "1234" },
        { "encrypted_comment_regex", "seal", "2" },
    };
    size_t i, k, only;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++)
        for (only = 0; only <= 1; only++) {
            ml_sops_selectors selectors = { .mac_only_encrypted = only == 1 };
            ml_bytes *const fields[] = {
                &selectors.unencrypted_suffix,        &selectors.encrypted_suffix,
                &selectors.unencrypted_regex,         &selectors.encrypted_regex,
                &selectors.unencrypted_comment_regex, &selectors.encrypted_comment_regex
            };
            char found[16] = "";
            ml_sops *s;
            ml_buf text;
            ml_node n;

            *fields[i] = ml_bytes_text(rows[i].text);
            s = sealed_and_opened(clear, ML_SOPS_YAML, &selectors);
            for (n = 0; n < ml_doc_count(s->doc); n++)
                if (s->plain[n].sealed && s->plain[n].type == ML_TYPE_INT)
                    strncat(found, (const char *)s->plain[n].text.p, 1);
            if (strcmp(found, rows[i].sealed) != 0)
                fail_msg("%s seals %s", rows[i].which, found);
            text = text_of(s);
            assert_non_null(memmem(text.p, text.len, rows[i].which, strlen(rows[i].which)));
            assert_int_equal(memmem(text.p, text.len, "mac_only_encrypted: true", 24) != NULL,
                             only);
            /* A value in clear is covered by the MAC, unless only sealed ones are. */
            for (k = 0; k < text.len && text.p[k] != ' '; k++)
                continue;
            if (strchr(rows[i].sealed, '1') == NULL) {
                ml_sops *changed;
                ml_err e;

                assert_int_equal(text.p[k + 1], '1');
                text.p[k + 1] = '9';
                changed = open_with_test_key(ml_buf_bytes(&text), ML_SOPS_YAML);
                assert_int_equal(ml_sops_decrypt(changed, false, &e), only == 1 ? 0 : -1);
                ml_sops_free(changed);
            }
            ml_buf_free(&text);
            ml_sops_free(s);
        }
}

/* Tampering ----------------------------------------------------------------------------------- */

/* Where `what` stands in the text. */
static size_t place_of(const ml_buf *text, const char *what)
{
    const unsigned char *at = memmem(text->p, text->len, what, strlen(what));

    if (at == NULL)
        fail_msg("%s is not in the file", what);
    return (size_t)(at - text->p);
}

/* Exchanges two characters of a base64 text for others, so that it stays base64. */
static void spoil(ml_buf *text, size_t at)
{
    text->p[at] = text->p[at] == 'A' ? 'B' : 'A';
}

/* Swaps two lines of equal length but for their keys, so that each value stands under the other. */
static void swap_values(ml_buf *text, const char *one, const char *other)
{
    const size_t a = place_of(text, one) + strlen(one), b = place_of(text, other) + strlen(other);
    size_t i;

    for (i = 0; text->p[a + i] != '\n' && text->p[b + i] != '\n'; i++) {
        const unsigned char kept = text->p[a + i];

        text->p[a + i] = text->p[b + i];
        text->p[b + i] = kept;
    }
    assert_true(text->p[a + i] == '\n' && text->p[b + i] == '\n');
}

static void cut_line(ml_buf *text, const char *what)
{
    const size_t start = place_of(text, what);
    const size_t end = ml_bytes_find(ml_buf_bytes(text), start, '\n') + 1;

    memmove(text->p + start, text->p + end, text->len - end);
    text->len -= end - start;
}

static void tamper(ml_buf *text, const char *how)
{
    if (strcmp(how, "a value") == 0)
        spoil(text, place_of(text, "a: ENC[") + strlen("a: ENC[AES256_GCM,data:"));
    else if (strcmp(how, "a tag") == 0)
        spoil(text, place_of(text, ",tag:") + strlen(",tag:"));
    else if (strcmp(how, "values under other keys") == 0)
        swap_values(text, "a: ", "b: ");
    else if (strcmp(how, "values of a list") == 0)
        swap_values(text, "    - ", "    -  ");
    else if (strcmp(how, "a value taken out") == 0)
        cut_line(text, "b: ENC[");
    else if (strcmp(how, "a value in clear") == 0)
        text->p[place_of(text, "c_unencrypted: 3") + strlen("c_unencrypted: ")] = '4';
    else if (strcmp(how, "a type") == 0)
        memcpy(text->p + place_of(text, "type:int]"), "type:str]", 9);
    else if (strcmp(how, "the time") == 0)
        text->p[place_of(text, "lastmodified: \"20") + strlen("lastmodified: \"20")] = '1';
    else if (strcmp(how, "the mac") == 0)
        spoil(text, place_of(text, "mac: ENC[") + strlen("mac: ENC[AES256_GCM,data:"));
    else
        cut_line(text, "    mac: ");
}

static void tampering_is_found(void **state)
{
    static const struct {
        const char *how, *code;
        bool opens_without_mac;
    } rows[] = {
        { "a value", ML_E_AUTH, false },
        { "a tag", ML_E_AUTH, false },
        { "values under other keys", ML_E_AUTH, false },
        { "values of a list", ML_E_MAC, true }, /* the path has no index: the MAC knows the order */
        { "a value taken out", ML_E_MAC, true },
        { "a value in clear", ML_E_MAC, true },
        { "the time", ML_E_MAC, true },
        { "the mac", ML_E_MAC, true },
        { "no mac", ML_E_MAC, true },
    };
    const ml_tree value = { .kind = ML_KIND_SCALAR,
                            .type = ML_TYPE_STR,
                            .text = ml_bytes_text("v") };
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_buf sealed = { 0 };
        bool repaired;
        ml_sops *s;
        ml_err e;

        seal_for_test_key(
            ml_bytes_text("a: one\nb: two\nc_unencrypted: 3\nl:\n    - 1\n    -  2\n"),
            ML_SOPS_YAML, NULL, &sealed);
        tamper(&sealed, rows[i].how);
        s = open_with_test_key(ml_buf_bytes(&sealed), ML_SOPS_YAML);
        if (ml_sops_decrypt(s, false, &e) == 0)
            fail_msg("not found: %s", rows[i].how);
        if (strcmp(e.code, rows[i].code) != 0)
            fail_msg("%s: %s: %s", rows[i].how, e.code, e.message);
        if ((ml_sops_decrypt(s, true, &e) == 0) != rows[i].opens_without_mac)
            fail_msg("%s: without the MAC: %s", rows[i].how, e.message);
        if (rows[i].opens_without_mac) {
            /* what was read without the MAC is never given a new one by a change */
            assert_int_equal(ml_sops_set(s, "a", &value, NULL, &e), -1);
            assert_string_equal(e.code, ML_E_MAC);
            assert_int_equal(ml_sops_unset(s, "a", &e), -1);
            assert_string_equal(e.code, ML_E_MAC);
            assert_int_equal(ml_sops_reseal(s, ml_bytes_text("a: 1\n"), NULL, &e), -1);
            assert_string_equal(e.code, ML_E_MAC);
            assert_int_equal(renew(s, list, 1, &e), -1);
            assert_string_equal(e.code, ML_E_MAC);
            assert_true(ml_bytes_equal(ml_sops_text(s), ml_buf_bytes(&sealed)));
            ml_sops_free(s);
            s = open_with_test_key(ml_buf_bytes(&sealed), ML_SOPS_YAML);
            assert_int_equal(ml_sops_repair(s, &e), -1); /* nobody has looked at it */
            assert_int_equal(ml_sops_decrypt(s, true, &e), 0);
            repaired = ml_sops_repair(s, &e) == 0;
            if (repaired != (strcmp(rows[i].how, "no mac") != 0))
                fail_msg("%s: %s", rows[i].how, e.message);
            assert_int_equal(ml_sops_set(s, "new", &value, NULL, &e), repaired ? 0 : -1);
        }
        ml_sops_free(s);
        ml_buf_free(&sealed);
    }
    ml_age_identity_free(&identity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_back_byte_for_byte),
        cmocka_unit_test(what_does_not_come_back_is_known),
        cmocka_unit_test(a_file_of_metadata_alone_opens_to_an_empty_map),
        cmocka_unit_test(what_sops_cannot_hold_is_refused),
        cmocka_unit_test(aliases_without_end_are_refused),
        cmocka_unit_test(selectors_pick_their_values),
        cmocka_unit_test(tampering_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
