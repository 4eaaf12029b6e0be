/* tree.c — the values of a document as a tree, to be written in another format. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "sops/file_internal.h"

typedef struct building {
    const ml_sops *s; /* decrypted, or NULL: the document is in clear */
    const ml_doc *d;
    ml_arena *arena;
    bool comments;
    size_t nodes; /* made so far: aliases can multiply them */
    unsigned depth;
} building;

static void free_children(ml_tree *tree)
{
    ml_tree *children = (ml_tree *)(uintptr_t)tree->children;
    size_t i;

    for (i = 0; i < tree->count && children != NULL; i++)
        free_children(&children[i]);
    free(children);
    memset(tree, 0, sizeof *tree);
}

void ml_sops_tree_free(ml_sops_tree *t)
{
    free_children(&t->root);
    ml_arena_free(&t->arena);
}

static bool is_comment(const building *b, ml_node n)
{
    return ml_doc_node(b->d, n)->kind == ML_KIND_COMMENT ||
           (b->s != NULL && b->s->plain[n].known && b->s->plain[n].type == ML_TYPE_COMMENT);
}

/* A comment that did not open is what stands there. */
static ml_bytes comment_text(const building *b, ml_node n)
{
    return b->s != NULL && b->s->plain[n].known ? b->s->plain[n].text : ml_doc_scalar(b->d, n);
}

static int build(building *b, ml_node n, ml_tree *out, ml_err *e);

/* sops has a section DEFAULT before all others, whether it holds anything or not. */
static bool lacks_default(const building *b, ml_node n)
{
    return ml_doc_format(b->d) == ML_FORMAT_INI && ml_doc_node(b->d, n)->parent == ML_NO_NODE &&
           ml_doc_get(b->d, n, ml_bytes_text("DEFAULT")) == ML_NO_NODE;
}

static int build_children(building *b, ml_node map, ml_tree *out, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(b->d, map);
    size_t room = 2, used = 0;
    ml_tree *children;
    ml_node n;

    for (n = info->first; n != ML_NO_NODE; n = ml_doc_node(b->d, n)->next)
        room++;
    children = calloc(room, sizeof *children);
    if (children == NULL)
        return ml_fail_memory(e);
    out->children = children;
    if (lacks_default(b, map)) {
        children[used].kind = ML_KIND_MAP;
        children[used++].key = ml_bytes_text("DEFAULT");
    }
    for (n = info->first; n != ML_NO_NODE; n = ml_doc_node(b->d, n)->next) {
        const ml_node key = ml_doc_node(b->d, n)->key;
        ml_tree *child = &children[used];

        if (ml_walk_is_metadata(b->d, n) || (is_comment(b, n) && !b->comments))
            continue;
        out->count = ++used;
        if (is_comment(b, n)) {
            child->kind = ML_KIND_COMMENT;
            child->text = comment_text(b, n);
        } else if (build(b, n, child, e) < 0) {
            return -1;
        } else if (key != ML_NO_NODE) {
            child->key = ml_doc_scalar(b->d, key);
        }
    }
    out->count = used;
    return 0;
}

static int build_scalar(building *b, ml_node n, ml_tree *out, ml_err *e)
{
    ml_type type = ML_TYPE_NULL;
    bool sealed;

    if (b->s == NULL) {
        out->type = (ml_type)ml_doc_node(b->d, n)->type;
        return ml_sops_canonical(b->d, n, b->arena, &out->text, e);
    }
    if (ml_sops_value(b->s, n, &type, &out->text, &sealed, e) < 0)
        return -1;
    out->type = type;
    return 0;
}

/* Fills *out; after a failure it is freed as well as after success. */
static int build(building *b, ml_node n, ml_tree *out, ml_err *e)
{
    const ml_node_info *info;
    int status;

    n = ml_doc_resolve(b->d, n);
    info = ml_doc_node(b->d, n);
    if (++b->nodes > ML_LIMIT_NODES)
        return ml_fail(e, ML_E_LIMIT, "more than %d values with all aliases written out",
                       (int)ML_LIMIT_NODES);
    out->kind = (ml_kind)info->kind;
    if (info->kind == ML_KIND_SCALAR)
        return build_scalar(b, n, out, e);
    if (++b->depth > ML_WALK_DEPTH)
        return ml_walk_nests_too_deep(b->d, n, e);
    status = build_children(b, n, out, e);
    b->depth--;
    return status;
}

int ml_sops_tree_build(ml_sops_tree *t, const ml_doc *d, const ml_sops *s, ml_node n, bool comments,
                       ml_err *e)
{
    building b = { .s = s, .d = d, .arena = &t->arena, .comments = comments };

    memset(t, 0, sizeof *t);
    return build(&b, n, &t->root, e);
}
