/* fuzz_sops.c — any text opened as a sealed file. What can be asked without a key is answered; a
 * change of recipients keeps every byte outside the metadata; what opens has a clear text. */
#include "tests/c/keys.h"
#include "tests/fuzz/document.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sops/flat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The key of tests/vectors/sops: files made from those in the corpus can be unlocked. */
static const char key_text[] =
    "AGE-SECRET-KEY-1X7Y5JZRJF9E95XXRXLGUF908KERUQKYP8QHED09T7RUWSUEY5QAS5REW7G";

static const ml_age_identity *identity(unsigned which)
{
    static ml_age_identity list[2];
    static const unsigned char scalar[ML_X25519_SIZE] = { 7 };
    ml_err e;

    if (list[0].recipient.text == NULL) {
        ml_random_source(count_up);
        must(ml_age_identity_parse(&list[0], ml_bytes_text(key_text), &e) == 0);
        must(ml_age_identity_x25519(&list[1], ml_bytes_of(scalar, sizeof scalar), &e) == 0);
    }
    return &list[which];
}

/* Comments behind the last entry of the metadata that are deeper belong to it and go with it, lines
 * of blanks may. */
static size_t over_deep_lines(ml_bytes text, size_t end)
{
    while (end < text.len && (text.p[end] == ' ' || text.p[end] == '\t')) {
        const size_t content = ml_yaml_skip_blanks(text, end);
        const size_t line_end = ml_yaml_line_end(text, content);

        if (content < line_end && text.p[content] != '#')
            break;
        end = line_end + (line_end < text.len ? ml_yaml_break(text, line_end) : 0);
    }
    return end;
}

/* The text without the metadata of any document. */
static void without_metadata(const ml_sops *s, ml_buf *out)
{
    const ml_bytes text = ml_sops_text(s);
    ml_edits es = { 0 };
    size_t done = 0, i;
    ml_err e;

    if (s->metadata != s->doc) {
        must(ml_sops_flat_drop(&es, s->doc, &e) == 0);
        must(ml_edits_apply(&es, text, out, &e) == 0);
        ml_edits_free(&es);
        return;
    }
    for (i = 0; i < ml_doc_roots(s->doc); i++) {
        const ml_node map = ml_sops_map_of(s->doc, i);
        size_t start, end;

        if (map == ML_NO_NODE)
            continue;
        ml_sops_metadata_span(s->doc, map, &start, &end);
        must(done <= start && start <= end && end <= text.len);
        end = over_deep_lines(text, end);
        ml_buf_add(out, ml_bytes_slice(text, done, start));
        done = end;
    }
    ml_buf_add(out, ml_bytes_slice(text, done, text.len));
}

static void check_recipients(const ml_sops *s, const ml_sops_keys *wanted)
{
    const ml_sops_metadata *m = ml_sops_meta(s);
    size_t i, k, found;

    must(m->groups == wanted->groups);
    for (i = 0; i < wanted->count; i++) {
        for (k = found = 0; k < m->count; k++)
            found += m->recipients[k].key.group == wanted->list[i].group &&
                     ml_sops_key_same(&m->recipients[k].key, &wanted->list[i]);
        must(found >= 1);
    }
}

/* To the first keys of `list`, in so many groups. */
static void change_to(ml_sops *s, ml_sops_key *list, size_t count, uint32_t groups)
{
    const ml_sops_keys keys = { .list = list, .count = count, .groups = groups };
    ml_buf old = { 0 }, text = { 0 };
    ml_sops_key_changes changes;
    size_t i;
    ml_err e;

    for (i = 0; i < count; i++)
        list[i].group = groups == 1 ? 0 : (uint32_t)i;
    ml_buf_add(&old, ml_sops_text(s));
    if (update_to(s, &keys, false, &changes, &e) < 0) {
        must(ml_bytes_equal(ml_sops_text(s), ml_buf_bytes(&old)));
    } else {
        check_recipients(s, &keys);
        ml_buf_add(&text, ml_sops_text(s));
        must(update_to(s, &keys, false, &changes, &e) == 0);
        must(changes.added + changes.removed + changes.rewrapped == 0);
        must(ml_bytes_equal(ml_sops_text(s), ml_buf_bytes(&text)));
    }
    ml_buf_free(&old);
    ml_buf_free(&text);
}

static void change_recipients(ml_sops *s)
{
    static const struct {
        size_t count;
        uint32_t groups;
    } choices[] = { { 2, 1 }, { 2, 2 }, { 1, 1 } };
    ml_sops_key list[2];
    ml_buf before = { 0 }, after = { 0 };
    size_t i;

    ml_sops_key_age(&list[0], &identity(0)->recipient);
    ml_sops_key_age(&list[1], &identity(1)->recipient);
    without_metadata(s, &before);
    for (i = 0; i < sizeof choices / sizeof *choices; i++) {
        change_to(s, list, choices[i].count, choices[i].groups);
        after.len = 0;
        without_metadata(s, &after);
        must(ml_bytes_equal(ml_buf_bytes(&before), ml_buf_bytes(&after)));
    }
    ml_buf_free(&before);
    ml_buf_free(&after);
}

/* A file that opens: its clear text, and one value set. */
static void read_and_set(ml_sops *s)
{
    static const ml_bytes name = { (const unsigned char *)"added", 5 };
    const ml_tree tree = { .kind = ML_KIND_SCALAR, .type = ML_TYPE_STR, .text = name };
    const ml_sops_change change = { .clear = &name, .clear_count = 1 };
    ml_secret clear = { 0 };
    ml_doc *d;
    ml_err e;

    if (ml_sops_decrypt(s, true, &e) < 0)
        return;
    if (ml_sops_clear_text(s, &clear, &e) == 0 && s->format != ML_SOPS_BINARY) {
        must(ml_doc_parse(&d, ml_sops_doc_format(s->format), ml_secret_bytes(&clear), NULL, &e) ==
             0);
        ml_doc_free(d);
    }
    ml_secret_free(&clear);
    must(ml_sops_set(s, "added", &tree, &change, &e) < 0); /* the MAC was not checked */
    if (ml_sops_decrypt(s, false, &e) == 0 && ml_sops_set(s, "added", &tree, &change, &e) == 0)
        must(ml_doc_get(s->doc, ml_doc_root(s->doc, 0), name) != ML_NO_NODE);
}

static void check_as(ml_bytes text, ml_sops_format format)
{
    const ml_age_identity *key = identity(0);
    ml_sops_finding *list;
    size_t count;
    ml_sops *s;
    ml_err e;

    if (ml_sops_open(&s, text, format, "fuzz", &e) < 0)
        return;
    must(ml_bytes_equal(ml_sops_text(s), text));
    must(ml_sops_is_sealed(text, format, &e) ==
         (ml_sops_meta(s)->mac.len > 0 && ml_sops_meta(s)->version.len > 0));
    if (ml_sops_verify(s, &list, &count, &e) == 0)
        free(list);
    if (ml_sops_unlock(s, &key, 1, NULL, NULL, &e) < 0)
        must(ml_sops_cipher_new(&s->cipher, ml_sops_cipher_key(fixed_cipher()), &e) == 0);
    read_and_set(s);
    change_recipients(s);
    ml_sops_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes text = ml_bytes_of(data, size);

    check_as(text, ML_SOPS_YAML);
    check_as(text, ML_SOPS_JSON);
    check_as(text, ML_SOPS_BINARY);
    check_as(text, ML_SOPS_DOTENV);
    check_as(text, ML_SOPS_INI);
    return 0;
}
