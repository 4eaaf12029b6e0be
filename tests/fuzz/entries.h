#ifndef ML_TESTS_FUZZ_ENTRIES_H
#define ML_TESTS_FUZZ_ENTRIES_H

/* entries.h — entries of a document that come and go, and trees in place of values. */
#include "tests/fuzz/values.h"

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

    /* U+2028 and U+2029 are part of the block scalar that they end: what would come between is
     * refused */
    if (info == NULL || is_bare_pair(d, info) || is_merged(d, info) ||
        (text.len > 0 && memmem(text.p, text.len, "\xE2\x80", 2) != NULL) ||
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

#endif
