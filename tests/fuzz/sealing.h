#ifndef ML_TESTS_FUZZ_SEALING_H
#define ML_TESTS_FUZZ_SEALING_H

/* sealing.h — documents that are sealed and opened again. */
#include "tests/fuzz/entries.h"

/* The same bytes in every run, so that a find can be looked into. */
static inline void count_up(void *p, size_t len)
{
    static unsigned char next;

    while (len-- > 0)
        ((unsigned char *)p)[len] = next++;
}

static inline const ml_sops_cipher *fixed_cipher(void)
{
    static ml_sops_cipher *cipher;
    static const unsigned char key[ML_SOPS_KEY_SIZE] = { 1, 2, 3 };
    ml_err e;

    if (cipher == NULL) {
        ml_random_source(count_up);
        must(ml_sops_cipher_new(&cipher, ml_bytes_of(key, sizeof key), &e) == 0);
    }
    return cipher;
}

/* Additional data and canonical text of every value and comment. A comment behind an alias may
 * count as part of what is written out there, and one behind a tag, which goes, as one above: none
 * is listed then. */
typedef struct listing {
    const ml_doc *d;
    bool values_only;
    ml_arena arena;
    ml_buf out;
} listing;

static inline int list_value(void *context, const ml_walk_place *at, ml_err *e)
{
    listing *l = context;
    const ml_node_info *info = ml_doc_node(l->d, at->node);
    ml_bytes text;

    if (info->kind == ML_KIND_COMMENT && l->values_only)
        return 0;
    if (ml_sops_canonical(l->d, at->node, &l->arena, &text, e) < 0)
        return -1;
    ml_buf_add(&l->out, at->aad);
    /* Whole floats come back as sops writes them, and that reads as an integer. */
    ml_buf_format(&l->out, " %u ", info->type == ML_TYPE_FLOAT ? ML_TYPE_INT : info->type);
    ml_buf_add(&l->out, text);
    ml_buf_byte(&l->out, '\n');
    return 0;
}

/* -1 when the document cannot be sealed: a value that sops cannot hold, aliases without end. */
static inline int list_sealable(listing *l, const ml_doc *d, const ml_selector *selector)
{
    const ml_walk_visitor visitor = { list_value, list_value, NULL, l };
    ml_err e;

    l->d = d;
    return ml_walk(d, selector, &visitor, &e);
}

/* Whether every document is a map that has entries and room for metadata. */
static inline bool has_sealable_roots(const ml_doc *d)
{
    size_t i;

    for (i = 0; i < ml_doc_roots(d); i++) {
        const ml_node root = ml_doc_root(d, i);
        const ml_node_info *info = ml_doc_node(d, root);

        if (info->kind != ML_KIND_MAP || info->count == 0 || info->indent > 40 ||
            ml_doc_get(d, root, ml_bytes_text("sops")) != ML_NO_NODE)
            return false;
    }
    return i > 0;
}

/* A line without content, or a comment's, may begin with a tab below a plain scalar, and below
 * nothing else: what is put in the scalar's place makes no document then, which the caller of an
 * edit is told. */
static inline bool has_loose_tab(ml_bytes text)
{
    size_t at = 0;

    for (; (at = ml_bytes_find(text, at, '\t')) != SIZE_MAX; at++) {
        const size_t next = ml_yaml_skip_blanks(text, at);

        if (next == text.len || text.p[next] == '#' || ml_yaml_break(text, next) > 0)
            return true;
    }
    return false;
}

/* A byte order mark that is part of a value cannot begin a line. */
static inline bool has_inner_mark(ml_bytes text)
{
    return memmem(text.p + 1, text.len - 1, "\xEF\xBB\xBF", 3) != NULL;
}

/* Seals and opens again; what was sealed must open. -1 with *e when it cannot be sealed. */
static inline int seal_and_clear(ml_bytes text, ml_sops_format format, ml_secret *clear, ml_err *e)
{
    const ml_bytes name = ml_bytes_text("age1x");
    const ml_sops_key key = { .kind = ML_SOPS_AGE, .name = name, .text = { [1] = name } };
    unsigned char enc[] = "enc\n";
    ml_sops_wrapped wrapped = { .key = &key, .enc = { .p = enc, .len = sizeof enc - 1 } };
    const ml_sops_wrapping keys = { .list = &wrapped, .count = 1, .groups = 1 };
    static const char mac[] = "ENC[AES256_GCM,data:none,iv:none,tag:none,type:str]";
    const ml_sops_fields fields = { .keys = &keys,
                                    .selectors = { .unencrypted_suffix = ml_bytes_text("_clear") },
                                    .lastmodified = ml_bytes_text("2026-01-02T03:04:05Z"),
                                    .mac = ml_bytes_text(mac),
                                    .version = ml_bytes_text(ML_SOPS_VERSION) };
    const ml_sops_making making = {
        .clear = text, .format = format, .cipher = fixed_cipher(), .fields = &fields
    };
    ml_buf sealed = { 0 };
    ml_sops *s;

    if (ml_sops_make(&making, &sealed, e) < 0) {
        ml_buf_free(&sealed);
        return -1;
    }
    must(ml_sops_open(&s, ml_buf_bytes(&sealed), format, NULL, e) == 0);
    must(ml_sops_cipher_new(&s->cipher, ml_sops_cipher_key(fixed_cipher()), e) == 0);
    must(ml_sops_decrypt(s, false, e) == 0);
    must(ml_sops_clear_text(s, clear, e) == 0);
    ml_sops_free(s);
    ml_buf_free(&sealed);
    return 0;
}

/* As above for YAML and JSON. -1 when there is nothing to seal, or aliases make too much of it. */
static inline int through_sops(ml_bytes text, ml_sops_format format, ml_secret *clear)
{
    ml_err e;
    const int status = seal_and_clear(text, format, clear, &e);

    /* A last line of nothing but blanks can be more than one break of a value in clear. A key that
     * is a block scalar ends in a break once something stands behind it, and may be one that is
     * there. */
    must(status == 0 || strstr(e.message, "twice") != NULL ||
         (is_unsupported(&e) && has_loose_tab(text)) || text.p[text.len - 1] == ' ' ||
         strcmp(e.code, ML_E_LIMIT) == 0 || strstr(e.message, "picks no value") != NULL);
    return status;
}

/* Whether a scalar is spelled as it comes back. */
static inline bool is_canonical(const ml_doc *d, const ml_node_info *info, ml_bytes decoded)
{
    const ml_bytes raw = ml_bytes_slice(ml_doc_text(d), info->content, info->end);
    size_t i;

    for (i = 0; i < raw.len; i++)
        if (raw.p[i] < 0x20 || raw.p[i] >= 0x7F || raw.p[i] == '\\')
            return false;
    switch (info->style) {
    case ML_STYLE_PLAIN:
        return info->type == ML_TYPE_STR;
    case ML_STYLE_SINGLE:
    case ML_STYLE_DOUBLE:
        return decoded.len > 0 || raw.len == 2;
    default:
        return false;
    }
}

/* The bytes of the text that belong to no scalar, and those of scalars in canonical spelling. A
 * last line of nothing but blanks goes, with the break above it, when a block scalar there does. */
static inline void list_exact(const ml_doc *d, ml_buf *out)
{
    const ml_bytes text = ml_doc_text(d);
    unsigned char *map = map_of_leaves(d, false);
    size_t end = text.len, at;
    ml_node n;

    while (ml_bytes_ends(text, " ") && end > 0 && memchr(" \r\n", text.p[end - 1], 3) != NULL)
        end--;
    for (at = 0; at < end; at++)
        if (!map[at])
            ml_buf_byte(out, text.p[at]);
    for (n = 0; n < ml_doc_count(d); n++) {
        const ml_node_info *info = ml_doc_node(d, n);

        if (info->kind == ML_KIND_COMMENT ||
            (info->kind == ML_KIND_SCALAR && is_canonical(d, info, ml_doc_scalar(d, n)))) {
            ml_buf_byte(out, '\n');
            ml_buf_add(out, ml_bytes_slice(text, info->content, info->end));
        }
    }
    free(map);
}

static inline bool has_aliases(const ml_doc *d)
{
    ml_node n;

    for (n = 0; n < ml_doc_count(d); n++)
        if (ml_doc_node(d, n)->kind == ML_KIND_ALIAS)
            return true;
    return false;
}

static inline bool has_tags(const ml_doc *d)
{
    ml_node n;

    for (n = 0; n < ml_doc_count(d); n++)
        if (ml_doc_tag(d, n).len > 0)
            return true;
    return false;
}

/* Aliases and tags do not come back, nor does a CR that is a line break of its own. */
static inline bool can_be_exact(const ml_doc *d)
{
    const ml_bytes text = ml_doc_text(d);
    size_t at = 0;

    if (has_aliases(d) || has_tags(d))
        return false;
    for (; (at = ml_bytes_find(text, at, '\r')) != SIZE_MAX; at++)
        if (at + 1 == text.len || text.p[at + 1] != '\n')
            return false;
    return true;
}

static inline void check_exact(const ml_doc *d, ml_bytes clear)
{
    ml_buf before = { 0 }, after = { 0 };
    ml_doc *fresh;
    ml_err e;

    must(ml_doc_parse(&fresh, ml_doc_format(d), clear, NULL, &e) == 0);
    list_exact(d, &before);
    list_exact(fresh, &after);
    must(is_part(ml_buf_bytes(&before), ml_buf_bytes(&after)));
    ml_doc_free(fresh);
    ml_buf_free(&before);
    ml_buf_free(&after);
}

static inline void check_sealing(const ml_doc *d)
{
    const ml_sops_selectors names = { .unencrypted_suffix = ml_bytes_text("_clear") };
    const ml_sops_format format = ml_doc_format(d) == ML_FORMAT_YAML ? ML_SOPS_YAML : ML_SOPS_JSON;
    const bool values_only = has_aliases(d) || has_tags(d);
    listing before = { .values_only = values_only }, after = { .values_only = values_only };
    ml_secret once = { 0 }, twice = { 0 };
    ml_selector *selector;
    ml_doc *fresh;
    ml_err e;

    must(ml_selector_new(&selector, &names, &e) == 0);
    if (has_sealable_roots(d) && list_sealable(&before, d, selector) == 0 &&
        through_sops(ml_doc_text(d), format, &once) == 0) {
        must(ml_doc_parse(&fresh, ml_doc_format(d), ml_secret_bytes(&once), NULL, &e) == 0);
        must(list_sealable(&after, fresh, selector) == 0);
        if (!ml_bytes_equal(ml_buf_bytes(&before.out), ml_buf_bytes(&after.out))) {
            fprintf(stderr, "%.*s\n---\n%.*s\n", (int)before.out.len, before.out.p,
                    (int)after.out.len, after.out.p);
        }
        must(ml_bytes_equal(ml_buf_bytes(&before.out), ml_buf_bytes(&after.out)));
        if (can_be_exact(d))
            check_exact(d, ml_secret_bytes(&once));
        must(through_sops(ml_secret_bytes(&once), format, &twice) == 0);
        must(ml_bytes_equal(ml_secret_bytes(&once), ml_secret_bytes(&twice)));
        ml_doc_free(fresh);
    }
    ml_secret_free(&once);
    ml_secret_free(&twice);
    ml_arena_free(&before.arena);
    ml_arena_free(&after.arena);
    ml_buf_free(&before.out);
    ml_buf_free(&after.out);
    ml_selector_free(selector);
}

#endif
