#ifndef ML_TESTS_FUZZ_VALUES_H
#define ML_TESTS_FUZZ_VALUES_H

/* values.h — values of a document that are set: to what they are, and to others. */
#include "tests/fuzz/text.h"

typedef struct value {
    ml_type type;
    const char *text;
} value;

static const value values[] = {
    { ML_TYPE_STR, "" },
    { ML_TYPE_STR, "x" },
    { ML_TYPE_STR, "12" },
    { ML_TYPE_STR, "true" },
    { ML_TYPE_STR, "a: b" },
    { ML_TYPE_STR, "#c" },
    { ML_TYPE_STR, "a #c" },
    { ML_TYPE_STR, "one\ntwo\n" },
    { ML_TYPE_STR, "one\ntwo" },
    { ML_TYPE_STR, " lead\nx" },
    { ML_TYPE_STR, "trail \n\n" },
    { ML_TYPE_STR, "a\n\n\nb\n\n\n" },
    { ML_TYPE_STR, "\tx" },
    { ML_TYPE_STR, "\xC3\xA9" },
    { ML_TYPE_STR, "\xF0\x9F\x98\x80" },
    { ML_TYPE_STR, "null" },
    { ML_TYPE_STR, "---" },
    { ML_TYPE_STR, "- a" },
    { ML_TYPE_STR, "q\"'\\" },
    { ML_TYPE_STR, "]" },
    { ML_TYPE_STR, "a, b" },
    { ML_TYPE_STR, "? x" },
    { ML_TYPE_STR, "\n" },
    { ML_TYPE_STR, "x\r\ny" },
    { ML_TYPE_STR, "%x" },
    { ML_TYPE_STR, "\xC2\x85y" },
    { ML_TYPE_STR, "a:" },
    { ML_TYPE_STR, "a?b" },
    { ML_TYPE_STR, "\xEF\xBB\xBF" },
    { ML_TYPE_STR, "ENC[x]" },
    { ML_TYPE_STR, "\n\n a\n" },
    { ML_TYPE_STR, "a\n \nb\n" },
    { ML_TYPE_STR, "x\t\n  y\n" },
    { ML_TYPE_INT, "7" },
    { ML_TYPE_INT, "-1" },
    { ML_TYPE_FLOAT, "1.5" },
    { ML_TYPE_BOOL, "True" },
    { ML_TYPE_NULL, "" },
};

enum { VALUES = sizeof values / sizeof *values };

/* Everything that can be read off a document, one line a node. `changed` shows its canonical value
 * alone: the one given, or its own. Comments, whose texts lie outside, are counted: to which
 * collection sops gives them depends on the values beside them. */
static inline void describe(const ml_doc *d, ml_node changed, const value *v, ml_buf *out)
{
    ml_node n;

    for (n = 0; n < ml_doc_count(d); n++) {
        const ml_node_info *info = ml_doc_node(d, n);
        ml_err ignored;

        if (info->kind == ML_KIND_COMMENT) {
            ml_buf_byte(out, '#');
            continue;
        }
        ml_buf_format(out, "%u: %u in %u key %u ", n, info->kind, info->parent, info->key);
        if (n == changed && v != NULL) {
            ml_buf_format(out, "%u ", v->type);
            ml_buf_text(out, v->text);
        } else if (n == changed) {
            ml_buf_format(out, "%u ", info->type);
            must(ml_value_canonical(ml_doc_format(d), (ml_type)info->type, ml_doc_scalar(d, n), out,
                                    &ignored) == 0);
        } else {
            ml_buf_format(out, "%u %u %u %u ", info->type, info->style, info->flow, info->target);
            ml_buf_add(out, ml_doc_anchor(d, n));
            ml_buf_byte(out, ' ');
            ml_buf_add(out, ml_doc_tag(d, n));
            ml_buf_byte(out, ' ');
            ml_buf_add(out, ml_doc_scalar(d, n));
        }
        ml_buf_byte(out, '\n');
    }
}

static inline void set_each_to_itself(const ml_doc *d)
{
    const ml_bytes text = ml_doc_text(d);
    ml_edits es = { 0 };
    ml_buf canonical = { 0 }, out = { 0 };
    ml_node n;
    ml_err e;

    for (n = 0; n < ml_doc_count(d); n++) {
        const ml_node_info *info = ml_doc_node(d, n);

        canonical.len = 0;
        if (info->kind != ML_KIND_SCALAR ||
            ml_value_canonical(ml_doc_format(d), (ml_type)info->type, ml_doc_scalar(d, n),
                               &canonical, &e) < 0)
            continue;
        must(ml_edit_scalar(&es, d, n, (ml_type)info->type, ml_buf_bytes(&canonical), &e) == 0);
    }
    must(ml_edits_apply(&es, text, &out, &e) == 0);
    must(ml_bytes_equal(ml_buf_bytes(&out), text));
    ml_edits_free(&es);
    ml_buf_free(&canonical);
    ml_buf_free(&out);
}

/* Applies the edits and parses what comes of them, which must be a document. */
static inline ml_doc *parse_edited(ml_edits *es, const ml_doc *d, ml_buf *out)
{
    ml_doc *fresh;
    ml_err e;

    must(ml_edits_apply(es, ml_doc_text(d), out, &e) == 0);
    must(ml_doc_parse(&fresh, ml_doc_format(d), ml_buf_bytes(out), NULL, &e) == 0);
    return fresh;
}

static inline void set_one(const ml_doc *d, ml_node n, const value *v)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    const size_t tail = text.len - info->end;
    const ml_tree tree = { .kind = ML_KIND_SCALAR,
                           .type = v->type,
                           .text = ml_bytes_text(v->text) };
    const ml_change change = { .kind = ML_CHANGE_SET, .node = n, .tree = &tree };
    ml_edits es = { 0 };
    ml_buf out = { 0 }, expected = { 0 }, found = { 0 };
    ml_doc *fresh;
    ml_err e;

    must(ml_change_edit(&change, d, &es, &e) == 0);
    fresh = parse_edited(&es, d, &out);
    must(out.len >= info->start + tail);
    must(memcmp(out.p, text.p, info->start) == 0);
    must(memcmp(out.p + out.len - tail, text.p + info->end, tail) == 0);
    describe(d, n, v, &expected);
    describe(fresh, n, NULL, &found);
    must(ml_bytes_equal(ml_buf_bytes(&expected), ml_buf_bytes(&found)));
    must(ml_change_check(&change, d, fresh, &e) == 0);
    ml_doc_free(fresh);
    ml_edits_free(&es);
    ml_buf_free(&out);
    ml_buf_free(&expected);
    ml_buf_free(&found);
}

/* The index-th node that `wanted` takes, or ML_NO_NODE; the index runs around. */
static inline ml_node nth(const ml_doc *d, bool (*wanted)(const ml_node_info *), uint32_t index)
{
    uint32_t count = 0;
    ml_node n;

    for (n = 0; n < ml_doc_count(d); n++)
        count += wanted(ml_doc_node(d, n));
    if (count == 0)
        return ML_NO_NODE;
    for (index %= count, n = 0;; n++)
        if (wanted(ml_doc_node(d, n)) && index-- == 0)
            return n;
}

static inline bool can_be_set(const ml_node_info *info)
{
    return info->kind == ML_KIND_SCALAR && !info->is_key;
}

/* A key without a value that is over several lines, `{one\n two}`, nothing but a tag, `{!t}`, or a
 * block scalar, cannot get one. */
static inline bool is_odd_bare_key(const ml_doc *d, const ml_node_info *info)
{
    const ml_node_info *key = info->key == ML_NO_NODE ? NULL : ml_doc_node(d, info->key);

    if (key != NULL && key->style >= ML_STYLE_LITERAL)
        return true;
    return key != NULL && info->flow && info->start == info->end &&
           (ml_yaml_line_end(ml_doc_text(d), key->start) < key->end || key->content == key->end);
}

static inline void set_some(const ml_doc *d)
{
    const ml_bytes text = ml_doc_text(d);
    uint32_t i;

    for (i = 0; i < 3; i++) {
        const ml_node n = nth(d, can_be_set, choice(text, 2 * i));

        if (n != ML_NO_NODE && !is_odd_bare_key(d, ml_doc_node(d, n)))
            set_one(d, n, &values[choice(text, 2 * i + 1) % VALUES]);
    }
}

#endif
