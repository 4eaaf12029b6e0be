/* yaml_place.c — comment nodes: the comments in the slots of nodes, strung into maps and lists in
 * the order of sops; see yaml_comments.h. A comment that sops would lose stays, in the innermost
 * collection around it. */
#include <stdlib.h>
#include <string.h>

#include "doc/yaml_comments.h"

/* A child list being written anew. */
typedef struct string {
    ml_doc *d;
    ml_yaml_comments *c;
    ml_node container, last;
    ml_err *e;
} string;

int ml_yaml_keep_comments(ml_doc *d, ml_yaml_comments *c, ml_err *e)
{
    if (!c->any)
        return 0;
    d->comments = malloc(sizeof *d->comments);
    if (d->comments == NULL)
        return ml_fail_memory(e);
    *d->comments = *c;
    memset(c, 0, sizeof *c);
    return 0;
}

void ml_yaml_drop_comments(ml_doc *d)
{
    if (d->comments == NULL)
        return;
    ml_yaml_comments_free(d->comments);
    free(d->comments);
    d->comments = NULL;
}

static void link_child(string *s, ml_node n)
{
    if (s->last == ML_NO_NODE)
        ml_doc_edit_info(s->d, s->container)->first = n;
    else
        ml_doc_edit_info(s->d, s->last)->next = n;
    ml_doc_edit_info(s->d, n)->next = ML_NO_NODE;
    s->last = n;
}

/* Makes the node of a comment line; container may be ML_NO_NODE. */
static int make_comment(ml_doc *d, ml_yaml_comment_line *line, ml_node container, bool behind,
                        ml_node *out, ml_err *e)
{
    ml_node_info info = ml_doc_blank(ML_KIND_COMMENT);

    info.type = ML_TYPE_COMMENT;
    info.inline_comment = behind;
    info.parent = container;
    info.flow = container != ML_NO_NODE && ml_doc_node(d, container)->flow;
    info.start = info.content = line->start;
    info.end = line->end;
    info.line = line->line;
    info.column = line->column;
    line->placed = true;
    if (ml_doc_add(d, &info, out, e) < 0)
        return -1;
    ml_doc_set_text(d, *out, ml_bytes_slice(d->text, (size_t)line->start + 1, line->end));
    return 0;
}

/* Appends the comments of one slot of node n. */
static int take_slot(string *s, ml_node n, ml_yaml_slot slot, bool behind)
{
    uint32_t at = ml_yaml_comments_first(s->c, n, slot);

    while (at != 0) {
        ml_yaml_comment_line *line = &s->c->lines[at - 1];
        ml_node comment;

        at = line->next;
        if (make_comment(s->d, line, s->container, behind, &comment, s->e) < 0)
            return -1;
        link_child(s, comment);
    }
    return 0;
}

static bool is_leaf(const ml_node_info *info)
{
    return info->kind == ML_KIND_SCALAR || info->kind == ML_KIND_ALIAS;
}

/* A value of a map, with the comments of its key. */
static int string_value(string *s, ml_node n)
{
    const bool leaf = is_leaf(ml_doc_node(s->d, n));
    const ml_node key = ml_doc_node(s->d, n)->key;

    if (take_slot(s, key, ML_YAML_HEAD, false) < 0 || take_slot(s, key, ML_YAML_LINE, false) < 0)
        return -1;
    if (leaf &&
        (take_slot(s, n, ML_YAML_HEAD, false) < 0 || take_slot(s, n, ML_YAML_LINE, true) < 0))
        return -1;
    link_child(s, n);
    if (leaf && take_slot(s, n, ML_YAML_FOOT, false) < 0)
        return -1;
    return take_slot(s, key, ML_YAML_FOOT, false);
}

static int string_item(string *s, ml_node n)
{
    if (take_slot(s, n, ML_YAML_HEAD, false) < 0 || take_slot(s, n, ML_YAML_LINE, true) < 0)
        return -1;
    link_child(s, n);
    return take_slot(s, n, ML_YAML_FOOT, false);
}

/* A collection: the comments of an item of a list went to that list, all others have their own. */
static int string_container(ml_doc *d, ml_node container, ml_err *e)
{
    string s = { d, d->comments, container, ML_NO_NODE, e };
    const ml_node_info info = *ml_doc_node(d, container);
    const bool own = info.parent == ML_NO_NODE || ml_doc_node(d, info.parent)->kind != ML_KIND_LIST;
    ml_node child = info.first, next;

    if (own && (take_slot(&s, container, ML_YAML_HEAD, false) < 0 ||
                take_slot(&s, container, ML_YAML_LINE, false) < 0))
        return -1;
    for (; child != ML_NO_NODE; child = next) {
        next = ml_doc_node(d, child)->next;
        if ((info.kind == ML_KIND_MAP ? string_value(&s, child) : string_item(&s, child)) < 0)
            return -1;
    }
    return own ? take_slot(&s, container, ML_YAML_FOOT, false) : 0;
}

/* Where a comment that the loader loses stays: the innermost collection around it, behind the child
 * before it. `n` is the last node that begins before the comment. */
static void place_lost(const ml_doc *d, ml_node n, uint32_t at, ml_node *container, ml_node *after)
{
    *container = *after = ML_NO_NODE;
    if (n == ML_NO_NODE && d->root_count > 0)
        *container = d->roots[0];
    while (n != ML_NO_NODE) {
        const ml_node_info *info = ml_doc_node(d, n);

        if ((!is_leaf(info) && info->end > at) || info->parent == ML_NO_NODE) {
            *container = n;
            return;
        }
        if (!info->is_key)
            *after = n;
        n = info->parent;
    }
}

static int keep_lost(ml_doc *d, size_t nodes, ml_err *e)
{
    ml_node container, after, last_container = ML_NO_NODE, last_after = ML_NO_NODE;
    ml_node last = ML_NO_NODE, comment;
    size_t i, n = 0;

    for (i = 0; i < d->comments->line_count; i++) {
        ml_yaml_comment_line *line = &d->comments->lines[i];
        ml_node_info *info;

        if (line->placed)
            continue;
        while (n < nodes && ml_doc_node(d, (ml_node)n)->start < line->start)
            n++;
        place_lost(d, n == 0 ? ML_NO_NODE : (ml_node)(n - 1), line->start, &container, &after);
        if (make_comment(d, line, container, false, &comment, e) < 0)
            return -1;
        if (container == ML_NO_NODE)
            continue;
        if (last != ML_NO_NODE && container == last_container && after == last_after)
            after = last;
        else
            last_after = after;
        info = ml_doc_edit_info(d, comment);
        if (after == ML_NO_NODE) {
            info->next = ml_doc_node(d, container)->first;
            ml_doc_edit_info(d, container)->first = comment;
        } else {
            info->next = ml_doc_node(d, after)->next;
            ml_doc_edit_info(d, after)->next = comment;
        }
        last_container = container;
        last = comment;
    }
    return 0;
}

int ml_yaml_place_comments(ml_doc *d, ml_err *e)
{
    const size_t nodes = d->count;
    size_t i;
    int result = 0;

    if (d->comments == NULL)
        return 0;
    for (i = 0; i < nodes && result == 0; i++)
        if (!is_leaf(ml_doc_node(d, (ml_node)i)) ||
            ml_doc_node(d, (ml_node)i)->parent == ML_NO_NODE)
            result = string_container(d, (ml_node)i, e);
    if (result == 0)
        result = keep_lost(d, nodes, e);
    ml_yaml_drop_comments(d);
    return result;
}
