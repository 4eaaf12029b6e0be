/* change.c — a change made, and compared with what came of it; see change.h. */
#include "doc/change.h"

#include <string.h>

#include "doc/value.h"

int ml_change_edit(const ml_change *c, const ml_doc *d, ml_edits *es, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, c->node);

    switch (c->kind) {
    case ML_CHANGE_SET:
        if (c->tree->kind == ML_KIND_SCALAR &&
            (info->kind == ML_KIND_SCALAR || info->kind == ML_KIND_COMMENT))
            return ml_edit_scalar(es, d, c->node, c->tree->type, c->tree->text, e);
        return ml_edit_replace(es, d, c->node, c->tree, e);
    case ML_CHANGE_INSERT:
        return ml_edit_insert(es, d, c->node, c->after, c->tree, e);
    case ML_CHANGE_REMOVE:
        return ml_edit_remove(es, d, c->node, e);
    default:
        return ml_edit_rename_anchor(es, d, c->node, c->name, e);
    }
}

/* Both documents, with the nodes [from, to) of the old one that went and the number of those that
 * came in their place. Nodes stand in the order of the text, comments behind all others. */
typedef struct comparison {
    ml_err *e; /* why a value could not be compared */
    const ml_change *change;
    const ml_doc *before, *after;
    ml_node values_before, values_after; /* nodes that are no comments */
    ml_node from, to, added;
} comparison;

static ml_node count_values(const ml_doc *d)
{
    size_t count = ml_doc_count(d);

    while (count > 0 && ml_doc_node(d, (ml_node)count - 1)->kind == ML_KIND_COMMENT)
        count--;
    return (ml_node)count;
}

/* The node of the new document that an old one has become; ML_NO_NODE for one that went. The one in
 * whose place another came keeps its number, and its aliases. */
static ml_node moved(const comparison *x, ml_node n)
{
    if (n == ML_NO_NODE || n < x->from)
        return n;
    if (n < x->to)
        return n == x->from && x->added > 0 ? n : ML_NO_NODE;
    return n - x->to + x->from + x->added;
}

/* Whether node b is node a, seen from outside. */
static bool is_same_place(const comparison *x, ml_node a, ml_node b)
{
    const ml_node_info *left = ml_doc_node(x->before, a), *right = ml_doc_node(x->after, b);

    return left->is_key == right->is_key && moved(x, left->parent) == right->parent &&
           moved(x, left->key) == right->key;
}

static bool is_same(const comparison *x, ml_node a, ml_node b)
{
    const ml_node_info *left = ml_doc_node(x->before, a), *right = ml_doc_node(x->after, b);
    const bool renamed = x->change->kind == ML_CHANGE_RENAME && x->change->node == a;

    if (!is_same_place(x, a, b) || left->kind != right->kind)
        return false;
    if (left->kind == ML_KIND_ALIAS)
        return moved(x, left->target) == right->target;
    return left->type == right->type &&
           ml_bytes_equal(renamed ? x->change->name : ml_doc_anchor(x->before, a),
                          ml_doc_anchor(x->after, b)) &&
           ml_bytes_equal(ml_doc_tag(x->before, a), ml_doc_tag(x->after, b)) &&
           ml_bytes_equal(ml_doc_scalar(x->before, a), ml_doc_scalar(x->after, b));
}

/* A float without a fraction may be read again as an integer; bytes are text that is read from
 * base64, and times are text where the format has none. */
static bool is_type(ml_format format, ml_type wanted, ml_type found)
{
    if (wanted == found)
        return true;
    if (wanted == ML_TYPE_FLOAT)
        return found == ML_TYPE_INT;
    return found == ML_TYPE_STR &&
           (wanted == ML_TYPE_BYTES || (wanted == ML_TYPE_TIME && format == ML_FORMAT_JSON));
}

static bool is_scalar(const comparison *x, ml_node n, const ml_tree *tree)
{
    const ml_doc *d = x->after;
    const ml_type type = (ml_type)ml_doc_node(d, n)->type;
    ml_buf canonical = { 0 };
    bool same;

    if (!is_type(ml_doc_format(d), tree->type, type))
        return false;
    same = ml_value_canonical(ml_doc_format(d), type, ml_doc_scalar(d, n), &canonical, x->e) == 0 &&
           (type == ML_TYPE_NULL || ml_bytes_equal(ml_buf_bytes(&canonical), tree->text));
    ml_buf_free(&canonical);
    return same;
}

/* Whether the nodes from *at on are the tree, with `anchor`; *at moves behind them. */
static bool is_tree(const comparison *x, ml_node *at, ml_node end, const ml_tree *tree,
                    ml_bytes anchor)
{
    const ml_doc *d = x->after;
    const ml_node n = *at;
    const ml_node_info *info;
    size_t i;

    if (n >= end)
        return false;
    info = ml_doc_node(d, n);
    ++*at;
    if (info->kind != tree->kind || !ml_bytes_equal(ml_doc_anchor(d, n), anchor))
        return false;
    if (tree->kind == ML_KIND_SCALAR)
        return is_scalar(x, n, tree);
    if (tree->kind == ML_KIND_ALIAS)
        return ml_bytes_equal(ml_doc_anchor(d, info->target), tree->text);
    for (i = 0; i < tree->count; i++) {
        const ml_tree *child = &tree->children[i];

        if (tree->kind == ML_KIND_MAP &&
            (*at >= end || !ml_bytes_equal(ml_doc_scalar(d, (*at)++), child->key)))
            return false;
        if (*at >= end || ml_doc_node(d, *at)->parent != n ||
            !is_tree(x, at, end, child, child->anchor))
            return false;
    }
    return info->count == tree->count;
}

/* Whether what came is the tree at the place that it was meant for. */
static bool is_wanted(const comparison *x)
{
    const ml_change *c = x->change;
    const ml_node end = x->from + x->added;
    const ml_tree *tree = c->tree;
    ml_tree holder = { .children = tree, .count = 1 };
    ml_node at = x->from;

    if (x->added == 0)
        return false;
    if (c->kind == ML_CHANGE_INSERT && x->to == x->from) { /* among others */
        if (tree->key.p != NULL && !ml_bytes_equal(ml_doc_scalar(x->after, at++), tree->key))
            return false;
        return at < end && ml_doc_node(x->after, at)->parent == c->node &&
               is_tree(x, &at, end, tree, tree->anchor) && at == end;
    }
    if (c->kind == ML_CHANGE_INSERT) { /* in place of null */
        holder.kind = tree->key.p != NULL ? ML_KIND_MAP : ML_KIND_LIST;
        tree = &holder;
    }
    return is_same_place(x, x->from, x->from) &&
           is_tree(x, &at, end, tree, ml_doc_anchor(x->before, x->from)) && at == end;
}

/* The node before which the tree is to stand that is inserted behind `after`. */
static ml_node find_gap(const comparison *x, ml_node into, ml_node after)
{
    ml_node n = 0;

    if (after == ML_NO_NODE)
        return into + 1;
    if (after == ML_LAST)
        return ml_doc_behind(x->before, into);
    if (ml_doc_node(x->before, after)->kind != ML_KIND_COMMENT)
        return ml_doc_behind(x->before, after);
    while (n < x->values_before &&
           ml_doc_node(x->before, n)->start < ml_doc_node(x->before, after)->start)
        n++;
    return n;
}

/* Sets what goes by the change, and with it how much must have come. False when that cannot be. */
static bool find_range(comparison *x)
{
    const ml_change *c = x->change;
    const ml_node_info *info = ml_doc_node(x->before, c->node);

    x->from = x->to = x->values_before;
    if (c->kind == ML_CHANGE_INSERT && info->kind != ML_KIND_SCALAR) {
        x->from = x->to = find_gap(x, c->node, c->after);
    } else if (c->kind != ML_CHANGE_RENAME && info->kind != ML_KIND_COMMENT) {
        x->from = c->kind == ML_CHANGE_REMOVE && info->key != ML_NO_NODE ? info->key : c->node;
        x->to = ml_doc_behind(x->before, c->node);
    }
    if (x->values_after + (x->to - x->from) < x->values_before)
        return false;
    x->added = x->values_after + (x->to - x->from) - x->values_before;
    return true;
}

/* The order of comments depends on the values beside them, so their sum is taken. */
static uint64_t sum_comments(const ml_doc *d, ml_node from)
{
    uint64_t sum = 0;

    for (; from < ml_doc_count(d); from++)
        sum += ml_bytes_hash(0, ml_doc_scalar(d, from));
    return sum;
}

static bool are_comments_kept(const comparison *x)
{
    const size_t had = ml_doc_count(x->before) - x->values_before;
    const size_t has = ml_doc_count(x->after) - x->values_after;
    const ml_change *c = x->change;
    const ml_node_info *info = ml_doc_node(x->before, c->node);
    uint64_t sum;

    if (c->kind == ML_CHANGE_REMOVE ||
        (c->kind == ML_CHANGE_SET && (info->kind == ML_KIND_MAP || info->kind == ML_KIND_LIST)))
        return has <= had;
    sum = sum_comments(x->before, x->values_before);
    if (info->kind == ML_KIND_COMMENT)
        sum +=
            ml_bytes_hash(0, c->tree->text) - ml_bytes_hash(0, ml_doc_scalar(x->before, c->node));
    return has == had && sum == sum_comments(x->after, x->values_after);
}

static bool is_as_wanted(comparison *x)
{
    const bool adds = x->change->kind == ML_CHANGE_INSERT || x->change->kind == ML_CHANGE_SET;
    ml_node n;

    if (ml_doc_roots(x->before) != ml_doc_roots(x->after) || !find_range(x))
        return false;
    for (n = 0; n < x->from; n++)
        if (!is_same(x, n, n))
            return false;
    for (n = x->to; n < x->values_before; n++)
        if (!is_same(x, n, moved(x, n)))
            return false;
    if (adds && ml_doc_node(x->before, x->change->node)->kind != ML_KIND_COMMENT)
        return is_wanted(x) && are_comments_kept(x);
    return x->added == 0 && are_comments_kept(x);
}

int ml_change_check(const ml_change *c, const ml_doc *before, const ml_doc *after, ml_err *e)
{
    comparison x = { .e = e,
                     .change = c,
                     .before = before,
                     .after = after,
                     .values_before = count_values(before),
                     .values_after = count_values(after) };

    e->code = NULL;
    if (is_as_wanted(&x))
        return 0;
    if (e->code != NULL && strcmp(e->code, ML_E_MEMORY) == 0)
        return -1;
    ml_fail(e, ML_E_UNSUPPORTED, "the text cannot be changed here without changing more than this");
    ml_err_hint(e, "write this place of the file in a plainer way, and try again");
    return ml_doc_blame(before, c->node, e);
}
