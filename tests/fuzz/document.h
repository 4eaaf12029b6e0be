#ifndef ML_TESTS_FUZZ_DOCUMENT_H
#define ML_TESTS_FUZZ_DOCUMENT_H

/* document.h — what must hold for every document that parses, in either format; fuzz_yaml.c and
 * fuzz_json_doc.c ask it of random texts.
 *
 *   1. The text is its leaves and comments, in order, with nothing but structure between them.
 *   2. Setting each scalar to the value it has changes nothing.
 *   3. After one scalar is set, a fresh parse differs in exactly that node, and no byte outside its
 *      span has changed. An entry inserted or removed changes that entry alone. The check that
 * every change goes through agrees.
 *   4. Sealed and opened again the document has the same values and comments; whatever is not a
 *      scalar keeps every byte, and so does a scalar in sops' own spelling. Doing it once more
 *      changes nothing at all. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"
#include "doc/change.h"
#include "doc/value.h"
#include "doc/yaml_entry.h"
#include "doc/yaml_text.h"
#include "sops/file_internal.h"

/* Ends the fuzzer and says what did not hold. */
#define must(holds) ((holds) ? (void)0 : broken(#holds, __func__, __LINE__))

static inline _Noreturn void broken(const char *what, const char *function, int line)
{
    fprintf(stderr, "%s, line %d: %s\n", function, line, what);
    abort();
}

/* A number that depends on the whole input: which node, which value. */
static inline uint32_t choice(ml_bytes text, uint32_t what)
{
    uint32_t hash = 2166136261u + what;
    size_t i;

    for (i = 0; i < text.len; i++)
        hash = (hash ^ text.p[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static inline bool is_unsupported(const ml_err *e)
{
    return strcmp(e->code, ML_E_UNSUPPORTED) == 0;
}

static inline bool is_leaf(const ml_node_info *info)
{
    return info->kind == ML_KIND_SCALAR || info->kind == ML_KIND_ALIAS;
}

/* 1. The text -------------------------------------------------------------------------------- */

/* Structure that may stand between leaves: its width at `at`, or 0. */
static inline size_t structure(ml_bytes text, size_t at)
{
    const unsigned char c = text.p[at];
    const ml_bytes rest = ml_bytes_slice(text, at, text.len);
    const size_t line_break = ml_yaml_break(text, at);

    if (line_break > 0)
        return line_break;
    if (ml_bytes_starts(rest, "\xEF\xBB\xBF"))
        return 3;
    if (ml_yaml_line_start(text, at) == at && ml_bytes_starts(rest, "..."))
        return 3;
    if (ml_yaml_line_start(text, at) == at && c == '%') { /* a directive, up to its comment */
        size_t end = at;

        while (end < text.len && ml_yaml_break(text, end) == 0 && text.p[end] != '#')
            end++;
        return end - at;
    }
    return c != '\0' && strchr(" \t-?:,[]{}", c) != NULL ? 1 : 0;
}

/* Which bytes belong to a leaf, a comment, or an anchor and tag: 1, to none: 0. */
static inline unsigned char *map_of_leaves(const ml_doc *d, bool properties)
{
    const ml_bytes text = ml_doc_text(d);
    unsigned char *map = calloc(text.len + 1, 1);
    ml_node n;

    must(map != NULL);
    for (n = 0; n < ml_doc_count(d); n++) {
        const ml_node_info *info = ml_doc_node(d, n);
        const bool leaf = is_leaf(info) || info->kind == ML_KIND_COMMENT;
        const size_t start = properties ? info->start : info->content;

        must(info->start <= info->content && info->content <= info->end && info->end <= text.len);
        memset(map + start, 1, (leaf ? info->end : info->content) - start);
    }
    return map;
}

static inline void check_order(const ml_doc *d)
{
    uint32_t last = 0, leaf_end = 0;
    bool comments = false;
    ml_node n;

    for (n = 0; n < ml_doc_count(d); n++) {
        const ml_node_info *info = ml_doc_node(d, n);
        const ml_node_info *parent =
            info->parent == ML_NO_NODE ? NULL : ml_doc_node(d, info->parent);

        must(info->line >= 1 && info->column >= 1);
        if (info->kind == ML_KIND_COMMENT) {
            must(ml_doc_text(d).p[info->start] == '#' && info->end > info->start);
            comments = true;
            continue;
        }
        must(!comments); /* they stand behind all others */
        must(info->start >= last);
        must(parent == NULL || (parent->start <= info->start && info->end <= parent->end));
        last = info->start;
        if (is_leaf(info)) {
            must(info->start >= leaf_end);
            leaf_end = info->end;
        }
    }
}

static inline void check_text(const ml_doc *d)
{
    const ml_bytes text = ml_doc_text(d);
    unsigned char *map = map_of_leaves(d, true);
    size_t at = 0;

    check_order(d);
    while (at < text.len) {
        const size_t width = map[at] ? 1 : structure(text, at);

        must(width > 0);
        at += width;
    }
    free(map);
}

/* 2 and 3. Edits ------------------------------------------------------------------------------ */

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

/* 3. Entries ---------------------------------------------------------------------------------- */

/* The values alone, with what their keys are: what stays when lines around them move. `without`: a
 * node that is passed over with all below it. */
static inline void list_values(const ml_doc *d, ml_node n, ml_node without, ml_buf *out)
{
    const ml_node_info *info = ml_doc_node(d, n);
    ml_node child;

    if (n == without || info->kind == ML_KIND_COMMENT)
        return;
    if (info->key != ML_NO_NODE) {
        ml_buf_add(out, ml_doc_scalar(d, info->key));
        ml_buf_byte(out, '=');
    }
    ml_buf_format(out, "%u %u ", info->kind, info->type);
    ml_buf_add(out, ml_doc_anchor(d, n));
    ml_buf_byte(out, ' ');
    if (is_leaf(info))
        ml_buf_add(out, ml_doc_scalar(d, n));
    ml_buf_byte(out, '(');
    for (child = info->first; child != ML_NO_NODE; child = ml_doc_node(d, child)->next)
        list_values(d, child, without, out);
    ml_buf_byte(out, ')');
}

static inline void list_all_values(const ml_doc *d, ml_node without, ml_buf *out)
{
    size_t i;

    for (i = 0; i < ml_doc_roots(d); i++)
        list_values(d, ml_doc_root(d, i), without, out);
}

static inline void check_same_values(const ml_doc *a, ml_node without_a, const ml_doc *b,
                                     ml_node without_b)
{
    ml_buf left = { 0 }, right = { 0 };

    list_all_values(a, without_a, &left);
    list_all_values(b, without_b, &right);
    must(ml_bytes_equal(ml_buf_bytes(&left), ml_buf_bytes(&right)));
    ml_buf_free(&left);
    ml_buf_free(&right);
}

/* Where the entry of n begins: at its key, or the question mark before that. */
static inline size_t entry_start(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);

    if (ml_doc_format(d) == ML_FORMAT_YAML && info->parent != ML_NO_NODE)
        return ml_yaml_entry_start(d, n);
    return info->key == ML_NO_NODE ? info->start : ml_doc_node(d, info->key)->start;
}

/* Where the next value begins behind n and all below it. */
static inline size_t next_start(const ml_doc *d, ml_node n)
{
    const ml_node next = ml_doc_behind(d, n);

    return next < ml_doc_count(d) && ml_doc_node(d, next)->kind != ML_KIND_COMMENT
               ? ml_doc_node(d, next)->start
               : ml_doc_text(d).len;
}

/* Whether a comment stands in the entry of n or between it and the next value. */
static inline bool is_inside(const ml_doc *d, ml_node n, const ml_node_info *comment)
{
    return comment->start >= entry_start(d, n) && comment->start < next_start(d, n);
}

/* Whether a comment may go with the entry of n: one inside, behind it on its line, before its
 * comma, or, in a block, below it and deeper. The last entry leaves {} or [], without comments. */
static inline bool goes_with(const ml_doc *d, ml_node n, const ml_node_info *comment)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *parent = ml_doc_node(d, ml_doc_node(d, n)->parent);
    const size_t start = entry_start(d, n), end = ml_doc_node(d, n)->end;
    const size_t comma = ml_yaml_skip_gap(text, end);

    if (parent->count == 1)
        return is_inside(d, ml_doc_node(d, n)->parent, comment);
    if (!is_inside(d, n, comment))
        return false;
    if (parent->flow && comma < text.len && text.p[comma] == ',')
        return comment->start <= ml_yaml_line_end(text, comma);
    return comment->start <= ml_yaml_line_end(text, end) ||
           (!parent->flow && comment->column > start - ml_yaml_line_start(text, start) + 1);
}

typedef bool comment_test(const ml_doc *d, ml_node n, const ml_node_info *comment);

/* How many comments have this text, without those that may go with n. */
static inline size_t count_comments(const ml_doc *d, ml_bytes text, ml_node n, comment_test *goes)
{
    size_t count = 0;
    ml_node i;

    for (i = 0; i < ml_doc_count(d); i++) {
        const ml_node_info *info = ml_doc_node(d, i);

        count += info->kind == ML_KIND_COMMENT && ml_bytes_equal(ml_doc_scalar(d, i), text) &&
                 (n == ML_NO_NODE || !goes(d, n, info));
    }
    return count;
}

/* No comment went but those that may go with n. */
static inline void check_comments_stay(const ml_doc *before, ml_node n, comment_test *goes,
                                       const ml_doc *after)
{
    ml_node i;

    for (i = 0; i < ml_doc_count(before); i++) {
        const ml_bytes text = ml_doc_scalar(before, i);

        must(ml_doc_node(before, i)->kind != ML_KIND_COMMENT ||
             count_comments(before, text, n, goes) <=
                 count_comments(after, text, ML_NO_NODE, NULL));
    }
}

/* Whether all bytes of `less` stand in `more`, in this order. */
static inline bool is_part(ml_bytes less, ml_bytes more)
{
    size_t at = 0, i;

    for (i = 0; i < less.len; i++, at++) {
        while (at < more.len && more.p[at] != less.p[i])
            at++;
        if (at >= more.len)
            return false;
    }
    return true;
}

static inline bool is_container(const ml_node_info *info)
{
    return info->kind == ML_KIND_MAP || info->kind == ML_KIND_LIST;
}

/* A pair in brackets without braces, `[a: b]`, has room for one pair only. */
static inline bool is_bare_pair(const ml_doc *d, const ml_node_info *info)
{
    return info->kind == ML_KIND_MAP && info->flow && ml_doc_text(d).p[info->content] != '{';
}

/* Only maps may stand in what `<<` takes. */
static inline bool is_merged(const ml_doc *d, const ml_node_info *info)
{
    return info->key != ML_NO_NODE && ml_bytes_is(ml_doc_scalar(d, info->key), "<<");
}

/* The index-th child that is no comment. */
static inline ml_node nth_child(const ml_doc *d, ml_node n, uint32_t index)
{
    ml_node child = ml_doc_node(d, n)->first;

    for (;; child = ml_doc_node(d, child)->next)
        if (ml_doc_node(d, child)->kind != ML_KIND_COMMENT && index-- == 0)
            return child;
}

static inline void insert_one(const ml_doc *d)
{
    static const ml_tree leaf = { .kind = ML_KIND_SCALAR, .type = ML_TYPE_STR, .text = { 0 } };
    const ml_bytes text = ml_doc_text(d);
    const ml_node into = nth(d, is_container, choice(text, 10));
    const ml_node_info *info = into == ML_NO_NODE ? NULL : ml_doc_node(d, into);
    ml_tree tree = leaf;
    ml_change change = { .kind = ML_CHANGE_INSERT, .node = into, .tree = &tree };
    ml_edits es = { 0 };
    ml_buf out = { 0 };
    ml_doc *fresh;
    ml_node added;
    uint32_t before;
    ml_err e;

    if (info == NULL || is_bare_pair(d, info) || is_merged(d, info) ||
        (info->kind == ML_KIND_MAP &&
         ml_doc_get(d, into, ml_bytes_text("added_key")) != ML_NO_NODE))
        return;
    before = choice(text, 11) % (info->count + 1); /* so many children stay in front of it */
    tree.text = ml_bytes_text(values[choice(text, 12) % VALUES].text);
    if (info->kind == ML_KIND_MAP)
        tree.key = ml_bytes_text("added_key");
    change.after = before == 0             ? ML_NO_NODE
                   : before == info->count ? ML_LAST
                                           : nth_child(d, into, before - 1);
    must(ml_change_edit(&change, d, &es, &e) == 0);
    fresh = parse_edited(&es, d, &out);
    /* A block scalar at the end of the text may need another header before something follows. */
    must(info->count == 0 || text.len == 0 || text.p[text.len - 1] != '\n' ||
         is_part(text, ml_buf_bytes(&out)));
    added = info->kind == ML_KIND_MAP ? ml_doc_get(fresh, into, tree.key)
                                      : ml_doc_item(fresh, into, before);
    must(added != ML_NO_NODE && ml_bytes_equal(ml_doc_scalar(fresh, added), tree.text));
    check_same_values(d, ML_NO_NODE, fresh, added);
    must(ml_change_check(&change, d, fresh, &e) == 0);
    ml_doc_free(fresh);
    ml_edits_free(&es);
    ml_buf_free(&out);
}

static inline bool can_be_replaced(const ml_node_info *info)
{
    return info->kind != ML_KIND_COMMENT && !info->is_key;
}

static inline bool can_be_removed(const ml_node_info *info)
{
    return info->kind != ML_KIND_COMMENT && info->parent != ML_NO_NODE && !info->is_key;
}

/* Whether something else needs what would go: an anchor, or the only pair in brackets. */
static inline bool is_needed(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const size_t start = entry_start(d, n);
    ml_node i;

    if (is_bare_pair(d, ml_doc_node(d, info->parent)))
        return true;
    for (i = 0; i < ml_doc_count(d); i++)
        if (ml_doc_anchor(d, i).len > 0 && ml_doc_node(d, i)->start >= start &&
            ml_doc_node(d, i)->start < info->end)
            return true;
    return false;
}

static inline void remove_one(const ml_doc *d)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node n = nth(d, can_be_removed, choice(text, 20));
    const ml_change change = { .kind = ML_CHANGE_REMOVE, .node = n };
    ml_edits es = { 0 };
    ml_buf out = { 0 };
    ml_doc *fresh;
    ml_err e;

    if (n == ML_NO_NODE || is_needed(d, n))
        return;
    must(ml_change_edit(&change, d, &es, &e) == 0);
    fresh = parse_edited(&es, d, &out);
    /* The only entry leaves brackets, and one in brackets may leave a blank behind a colon. */
    must(ml_doc_node(d, ml_doc_node(d, n)->parent)->count == 1 || ml_doc_node(d, n)->flow ||
         is_part(ml_buf_bytes(&out), text));
    check_same_values(d, n, fresh, ML_NO_NODE);
    check_comments_stay(d, n, goes_with, fresh);
    must(ml_change_check(&change, d, fresh, &e) == 0);
    ml_doc_free(fresh);
    ml_edits_free(&es);
    ml_buf_free(&out);
}

/* 3. Trees ------------------------------------------------------------------------------------ */

/* Tries one change. NULL when it is refused, which leaves nothing behind; else the document that
 * came of it, of the text in *out. */
static inline ml_doc *try_change(const ml_change *change, const ml_doc *d, ml_buf *out)
{
    ml_edits es = { 0 };
    ml_doc *fresh = NULL;
    ml_err e;

    if (ml_change_edit(change, d, &es, &e) < 0) {
        must(is_unsupported(&e));
    } else {
        must(ml_edits_apply(&es, ml_doc_text(d), out, &e) == 0);
        if (ml_doc_parse(&fresh, ml_doc_format(d), ml_buf_bytes(out), NULL, &e) == 0 &&
            ml_change_check(change, d, fresh, &e) < 0) {
            must(is_unsupported(&e));
            ml_doc_free(fresh);
            fresh = NULL;
        }
    }
    ml_edits_free(&es);
    return fresh;
}

/* A tree as list_values lists it, with the anchor of what it came in place of. */
static inline void list_tree(const ml_tree *tree, bool in_map, ml_bytes anchor, ml_buf *out)
{
    size_t i;

    if (in_map) {
        ml_buf_add(out, tree->key);
        ml_buf_byte(out, '=');
    }
    ml_buf_format(out, "%u %u ", tree->kind, tree->type);
    ml_buf_add(out, anchor);
    ml_buf_byte(out, ' ');
    ml_buf_add(out, tree->text);
    ml_buf_byte(out, '(');
    for (i = 0; i < tree->count; i++)
        list_tree(&tree->children[i], tree->kind == ML_KIND_MAP, tree->children[i].anchor, out);
    ml_buf_byte(out, ')');
}

/* Puts a map, a list or a text in place of n, whatever it is: that changes, and nothing else. */
static inline void put_tree(const ml_doc *d, ml_node n, const ml_tree *tree)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_change change = { .kind = ML_CHANGE_SET, .node = n, .tree = tree };
    ml_buf out = { 0 }, expected = { 0 }, found = { 0 };
    ml_doc *fresh = try_change(&change, d, &out);

    if (fresh != NULL) {
        if (info->key != ML_NO_NODE) {
            ml_buf_add(&expected, ml_doc_scalar(d, info->key));
            ml_buf_byte(&expected, '=');
        }
        list_tree(tree, false, ml_doc_anchor(d, n), &expected);
        list_values(fresh, n, ML_NO_NODE, &found);
        must(ml_bytes_equal(ml_buf_bytes(&expected), ml_buf_bytes(&found)));
        check_same_values(d, n, fresh, n);
        check_comments_stay(d, n, is_inside, fresh);
    }
    ml_doc_free(fresh);
    ml_buf_free(&out);
    ml_buf_free(&expected);
    ml_buf_free(&found);
}

static inline void put_some(const ml_doc *d)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_tree items[] = {
        { .kind = ML_KIND_SCALAR, .type = ML_TYPE_STR, .text = ml_bytes_text("x") },
        { .kind = ML_KIND_SCALAR, .type = ML_TYPE_STR, .text = ml_bytes_text("a: b") },
        { .kind = ML_KIND_SCALAR, .type = ML_TYPE_STR, .text = ml_bytes_text("one\ntwo\n\n") },
    };
    const ml_tree list = { .kind = ML_KIND_LIST,
                           .key = ml_bytes_text("list"),
                           .children = items,
                           .count = 2 + choice(text, 30) % 2 };
    const ml_tree pairs[] = {
        { .kind = ML_KIND_SCALAR,
          .type = ML_TYPE_INT,
          .key = ml_bytes_text("one"),
          .text = ml_bytes_text("1") },
        list,
        { .kind = ML_KIND_MAP, .key = ml_bytes_text("two: three") },
    };
    const ml_tree trees[] = { { .kind = ML_KIND_MAP, .children = pairs, .count = 3 },
                              { .kind = ML_KIND_MAP, .children = pairs, .count = 1 },
                              { .kind = ML_KIND_MAP },
                              { .kind = ML_KIND_LIST, .children = items, .count = 3 },
                              { .kind = ML_KIND_LIST },
                              items[1] };
    const ml_node n = nth(d, can_be_replaced, choice(text, 31));

    if (n != ML_NO_NODE)
        put_tree(d, n, &trees[choice(text, 32) % (sizeof trees / sizeof *trees)]);
}

/* 4. Sealing ---------------------------------------------------------------------------------- */

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

/* Everything above, for a text that may be no document at all. */
static inline void check_document(ml_format format, ml_bytes text)
{
    ml_doc *d;
    ml_err e;

    if (ml_doc_parse(&d, format, text, "fuzz", &e) < 0) {
        must(e.code != NULL && e.message[0] != '\0');
        return;
    }
    check_text(d);
    set_each_to_itself(d);
    if (!has_loose_tab(text) && (text.len == 0 || !has_inner_mark(text))) {
        set_some(d);
        insert_one(d);
        remove_one(d);
        put_some(d);
    }
    check_sealing(d);
    ml_doc_free(d);
}

#endif
