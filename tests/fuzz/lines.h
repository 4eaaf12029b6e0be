#ifndef ML_TESTS_FUZZ_LINES_H
#define ML_TESTS_FUZZ_LINES_H

/* lines.h — what must hold for every dotenv or INI document that parses; fuzz_dotenv.c and
 * fuzz_ini.c ask it of random texts.
 *
 *   1. Keys, values and comments stand in the order of the text and do not overlap.
 *   2. After one value is set, a fresh parse differs in that node alone and no byte outside its
 * span has changed; a key inserted or removed changes that key alone. What cannot be written is
 *      refused.
 *   3. Sealed and opened again the text is the same, byte for byte, but for values of INI that were
 *      joined from several lines, or that end in a backslash before a comment. */
#include "tests/fuzz/document.h"

#include "base/text.h"
#include "doc/lines.h"
#include "sops/flat.h"

static inline void check_spans(const ml_doc *d)
{
    const size_t size = ml_doc_text(d).len;
    unsigned char *used = calloc(size + 1, 1);
    bool comments = false;
    ml_node n;
    size_t i;

    must(used != NULL);
    for (n = 0; n < ml_doc_count(d); n++) {
        const ml_node_info *info = ml_doc_node(d, n);

        must(info->start <= info->content && info->content <= info->end && info->end <= size);
        must(info->kind == ML_KIND_COMMENT || !comments);
        comments = comments || info->kind == ML_KIND_COMMENT;
        must((info->parent == ML_NO_NODE) == (n == 0));
        for (i = info->start; i < info->end && info->kind != ML_KIND_MAP; i++) {
            must(used[i] == 0);
            used[i] = 1;
        }
    }
    free(used);
}

static inline bool is_text(const ml_node_info *info)
{
    return info->kind == ML_KIND_SCALAR && !info->is_key;
}

static inline void set_text(const ml_doc *d, ml_node n, const value *v)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_tree tree = { .kind = ML_KIND_SCALAR,
                           .type = ML_TYPE_STR,
                           .text = ml_bytes_text(v->text) };
    const ml_change change = { .kind = ML_CHANGE_SET, .node = n, .tree = &tree };
    const size_t tail = text.len - info->end;
    ml_buf out = { 0 };
    ml_doc *fresh = try_change(&change, d, &out);

    if (fresh != NULL) {
        must(ml_bytes_equal(ml_doc_scalar(fresh, n), tree.text));
        must(out.len >= info->start + tail && memcmp(out.p, text.p, info->start) == 0);
        must(memcmp(out.p + out.len - tail, text.p + info->end, tail) == 0);
    } else { /* only what the format has no spelling for */
        must(v->text[0] != '\0' && strcmp(v->text, "x") != 0);
    }
    ml_doc_free(fresh);
    ml_buf_free(&out);
}

static inline void insert_text(const ml_doc *d)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node into = nth(d, is_container, choice(text, 10));
    const ml_tree leaf = { .kind = ML_KIND_SCALAR,
                           .type = ML_TYPE_STR,
                           .key = ml_bytes_text("added_key"),
                           .text = ml_bytes_text("x") };
    const ml_tree section = {
        .kind = ML_KIND_MAP, .key = ml_bytes_text("added_key"), .children = &leaf, .count = 1
    };
    const ml_change change = { .kind = ML_CHANGE_INSERT,
                               .node = into,
                               .after = choice(text, 11) % 2 == 0 ? ML_NO_NODE : ML_LAST,
                               .tree = ml_doc_format(d) == ML_FORMAT_INI && into == 0 ? &section
                                                                                      : &leaf };
    ml_buf out = { 0 };
    ml_doc *fresh;

    if (ml_doc_get(d, into, leaf.key) != ML_NO_NODE)
        return;
    fresh = try_change(&change, d, &out);
    if (fresh != NULL) {
        const ml_node added = ml_doc_get(fresh, into, leaf.key);

        must(added != ML_NO_NODE);
        check_same_values(d, ML_NO_NODE, fresh, added);
        must(is_part(text, ml_buf_bytes(&out)));
    } else {
        must(ml_doc_format(d) == ML_FORMAT_INI);
    }
    ml_doc_free(fresh);
    ml_buf_free(&out);
}

static inline void remove_text(const ml_doc *d)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node n = nth(d, can_be_removed, choice(text, 20));
    const ml_change change = { .kind = ML_CHANGE_REMOVE, .node = n };
    ml_buf out = { 0 };
    ml_doc *fresh = n == ML_NO_NODE ? NULL : try_change(&change, d, &out);

    if (fresh != NULL) {
        const ml_bytes tail =
            ml_bytes_slice(text, ml_line_next(text, ml_doc_node(d, n)->end), text.len);
        /* the blank line above a section goes with it, and the last line break may */
        const ml_bytes before =
            ml_text_trim(ml_bytes_slice(text, 0, ml_line_start(text, entry_start(d, n))));
        const size_t head = before.len == 0 ? 0 : (size_t)(before.p - text.p) + before.len;

        must(is_part(ml_buf_bytes(&out), text) && out.len >= head + tail.len);
        must(ml_bytes_equal(ml_bytes_slice(ml_buf_bytes(&out), 0, head),
                            ml_bytes_slice(text, 0, head)));
        must(ml_bytes_equal(ml_bytes_slice(ml_buf_bytes(&out), out.len - tail.len, out.len), tail));
        check_same_values(d, n, fresh, ML_NO_NODE);
    } else {
        must(n == ML_NO_NODE || ml_doc_format(d) == ML_FORMAT_INI);
    }
    ml_doc_free(fresh);
    ml_buf_free(&out);
}

/* Whether a value of INI is joined from several lines: it comes back on one. */
static inline bool is_joined(const ml_doc *d)
{
    ml_node n;

    for (n = 0; n < ml_doc_count(d); n++) {
        const ml_node_info *info = ml_doc_node(d, n);

        if (ml_doc_format(d) == ML_FORMAT_INI && is_text(info) && info->style == ML_STYLE_PLAIN &&
            !ml_bytes_equal(ml_doc_scalar(d, n),
                            ml_bytes_slice(ml_doc_text(d), info->start, info->end)))
            return true;
    }
    return false;
}

/* Whether a value of INI ends in a backslash before a comment: written while the comment is not
 * back yet, it needs quotes. */
static inline bool has_backslash_before_comment(const ml_doc *d)
{
    const ml_bytes text = ml_doc_text(d);
    ml_node n;

    for (n = 0; n < ml_doc_count(d) && ml_doc_format(d) == ML_FORMAT_INI; n++)
        if (is_text(ml_doc_node(d, n)) && ml_bytes_ends(ml_doc_scalar(d, n), "\\") &&
            ml_line_rest(text, ml_doc_node(d, n)->end).len > 0)
            return true;
    return false;
}

static inline void seal_and_open(const ml_doc *d)
{
    const ml_sops_format format = ml_doc_format(d) == ML_FORMAT_INI ? ML_SOPS_INI : ML_SOPS_DOTENV;
    ml_secret clear = { 0 };
    ml_doc *fresh;
    ml_err e;

    /* Three quotes that the text's end keeps from being the beginning of a value come back in
     * others.
     */
    if (seal_and_clear(ml_doc_text(d), format, &clear, &e) == 0) {
        must(is_joined(d) || has_backslash_before_comment(d) ||
             ml_bytes_ends(ml_doc_text(d), "\"\"\"") ||
             ml_bytes_equal(ml_secret_bytes(&clear), ml_doc_text(d)));
        must(ml_doc_parse(&fresh, ml_doc_format(d), ml_secret_bytes(&clear), NULL, &e) == 0);
        check_same_values(d, ML_NO_NODE, fresh, ML_NO_NODE);
        check_comments_stay(d, ML_NO_NODE, NULL, fresh);
        ml_doc_free(fresh);
    } else {
        must(is_unsupported(&e) || strcmp(e.code, ML_E_EXISTS) == 0 ||
             strstr(e.message, "picks no value") != NULL ||
             strstr(e.message, "the document is empty") != NULL);
    }
    ml_secret_free(&clear);
}

static inline void check_lines(ml_format format, ml_bytes text)
{
    uint32_t i;
    ml_doc *d;
    ml_err e;

    if (ml_doc_parse(&d, format, text, "fuzz", &e) < 0) {
        must(e.code != NULL && e.message[0] != '\0');
        return;
    }
    check_spans(d);
    set_each_to_itself(d);
    for (i = 0; i < 3; i++) {
        const ml_node n = nth(d, is_text, choice(text, 2 * i));

        if (n != ML_NO_NODE)
            set_text(d, n, &values[choice(text, 2 * i + 1) % VALUES]);
    }
    insert_text(d);
    remove_text(d);
    seal_and_open(d);
    ml_doc_free(d);
}

#endif
