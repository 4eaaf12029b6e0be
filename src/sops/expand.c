/* expand.c — an alias of sealed values, written out at its place: real sops reads aliases as
 * copies, and a copy stands at another place, so it must be sealed on its own. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/provider.h"
#include "sops/file_internal.h"

/* All nodes of the tree in one block, its scalars in the order the walk shows them. */
typedef struct expansion {
    ml_sops_sealing *what;
    ml_hash *hash;
    ml_tree *nodes;
    size_t used;
    ml_tree **scalars;
    size_t scalar_count, next; /* the next one to be given its text */
    ml_arena arena;
} expansion;

enum { NODE_COST = 16, MOST_NODES = ML_LIMIT_ALIAS_BYTES / NODE_COST + 1 };

/* All aliases of a document share one budget: each of many may be small. */
static int spend(ml_sops_sealing *what, size_t bytes, ml_err *e)
{
    what->expanded += bytes;
    if (what->expanded <= ML_LIMIT_ALIAS_BYTES)
        return 0;
    return ml_walk_expands_too_much(e);
}

/* Nodes below `n`, itself included, aliases followed; MOST_NODES, which is too many, for more. */
static size_t size_of(const ml_doc *d, ml_node n, size_t so_far)
{
    const ml_node_info *info = ml_doc_node(d, ml_doc_resolve(d, n));
    ml_node child;

    so_far++;
    for (child = info->first; child != ML_NO_NODE && so_far < MOST_NODES;
         child = ml_doc_node(d, child)->next)
        if (ml_doc_node(d, child)->kind != ML_KIND_COMMENT)
            so_far = size_of(d, child, so_far);
    return so_far;
}

/* Fills nodes[at]; its children get a run of their own behind everything used so far. */
static void build(expansion *x, size_t at, ml_node n)
{
    const ml_doc *d = x->what->doc;
    const ml_node_info *info = ml_doc_node(d, n);
    ml_tree *tree = &x->nodes[at];
    ml_node child;
    size_t first;

    if (info->key != ML_NO_NODE)
        tree->key = ml_doc_scalar(d, info->key);
    n = ml_doc_resolve(d, n);
    info = ml_doc_node(d, n);
    tree->kind = (ml_kind)info->kind;
    if (info->kind == ML_KIND_SCALAR) {
        x->scalars[x->scalar_count++] = tree;
        return;
    }
    first = x->used;
    tree->children = x->nodes + first;
    tree->count = info->count;
    x->used += info->count;
    for (child = info->first; child != ML_NO_NODE; child = ml_doc_node(d, child)->next)
        if (ml_doc_node(d, child)->kind != ML_KIND_COMMENT)
            build(x, first++, child);
}

static int seal_copy(expansion *x, const ml_walk_place *at, ml_tree *tree, ml_type type,
                     ml_bytes text, ml_err *e)
{
    ml_buf enc = { 0 };
    unsigned char *copy = NULL;

    x->what->picked++;
    if (text.len == 0)
        return 0;
    if (ml_sops_value_seal(x->what->cipher, type, text, at->aad, &enc, e) == 0 &&
        spend(x->what, enc.len, e) == 0)
        copy = ml_arena_take(&x->arena, enc.len, e);
    if (copy != NULL) {
        memcpy(copy, enc.p, enc.len);
        tree->type = ML_TYPE_STR;
        tree->text = ml_bytes_of(copy, enc.len);
    }
    ml_buf_free(&enc);
    return copy == NULL ? -1 : 0;
}

static int fill_value(void *context, const ml_walk_place *at, ml_err *e)
{
    expansion *x = context;
    ml_tree *tree = x->scalars[x->next++];
    const ml_type type = (ml_type)ml_doc_node(x->what->doc, at->node)->type;
    ml_bytes text;

    tree->type = type;
    if (type == ML_TYPE_NULL)
        return 0;
    if (ml_sops_canonical(x->what->doc, at->node, &x->arena, &text, e) < 0)
        return -1;
    tree->text = text;
    if (at->picked || !x->what->only_encrypted)
        ml_sha512_add(x->hash, text);
    if (at->picked)
        return seal_copy(x, at, tree, type, text, e);
    x->what->passed++;
    return 0;
}

int ml_sops_expand(ml_sops_sealing *what, ml_hash *hash, const ml_walk_place *at,
                   const ml_selector_level *level, ml_edits *es, ml_err *e)
{
    const ml_node target = ml_doc_resolve(what->doc, at->node);
    const size_t count = size_of(what->doc, target, 0);
    expansion x = { .what = what, .hash = hash, .used = 1 };
    const ml_walk_visitor visitor = { fill_value, NULL, NULL, &x };
    int status = -1;

    if (spend(what, count * NODE_COST, e) < 0)
        return ml_doc_blame(what->doc, at->node, e);
    x.nodes = calloc(count, sizeof *x.nodes);
    x.scalars = calloc(count, sizeof *x.scalars);
    if (x.nodes == NULL || x.scalars == NULL) {
        ml_fail_memory(e);
    } else {
        build(&x, 0, target);
        x.nodes[0].key = ml_bytes_of(NULL, 0);
        status = ml_walk_below(what->doc, what->selector, &visitor, target, at->aad, level, e);
        if (status == 0)
            status = ml_edit_replace(es, what->doc, at->node, &x.nodes[0], e);
    }
    free(x.nodes);
    free(x.scalars);
    ml_arena_free(&x.arena);
    return status;
}
