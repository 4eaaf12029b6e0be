#ifndef ML_TESTS_FUZZ_TEXT_H
#define ML_TESTS_FUZZ_TEXT_H

/* text.h — the text of a document is its leaves and comments, in order, with nothing but structure
 * between them; and what all fuzzers of documents share. */
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

#endif
