/* walk.c — see walk.h. */
#include "sops/walk.h"

#include <stdio.h>
#include <string.h>

#include "sops/flat.h"

typedef struct walk {
    const ml_doc *d;
    const ml_selector *selector;
    const ml_walk_visitor *visitor;
    ml_buf path;   /* the additional data down to here */
    size_t budget; /* bytes that aliases may still add */
    unsigned depth;
    bool through_alias;
} walk;

static int walk_node(walk *w, ml_node n, const ml_selector_level *at, ml_err *e);

bool ml_walk_is_metadata(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);

    return info->key != ML_NO_NODE && info->parent != ML_NO_NODE &&
           ml_doc_node(d, info->parent)->parent == ML_NO_NODE &&
           ml_sops_is_metadata_key(ml_doc_format(d), ml_doc_scalar(d, info->key));
}

int ml_walk_expands_too_much(ml_err *e)
{
    return ml_fail(e, ML_E_LIMIT, "aliases expand to more than %d bytes", ML_LIMIT_ALIAS_BYTES);
}

int ml_walk_nests_too_deep(const ml_doc *d, ml_node n, ml_err *e)
{
    ml_fail(e, ML_E_LIMIT, "aliases nest more than %d levels deep", ML_WALK_DEPTH);
    return ml_doc_blame(d, n, e);
}

static ml_walk_place place_of(const walk *w, ml_node n, bool picked)
{
    /* A root-level comment has no keys above it: its additional data is one ':'. */
    const ml_bytes aad = w->path.len > 0 ? ml_buf_bytes(&w->path) : ml_bytes_text(":");
    const ml_walk_place at = { n, aad, picked, w->through_alias };

    return at;
}

static int walk_comment(walk *w, ml_node n, ml_selector_level *level, ml_err *e)
{
    ml_walk_place at = place_of(w, n, false);

    if (ml_selector_comment(w->selector, level, ml_doc_scalar(w->d, n), &at.picked, e) < 0)
        return ml_doc_blame(w->d, n, e);
    return w->visitor->comment == NULL ? 0 : w->visitor->comment(w->visitor->context, &at, e);
}

/* One child that is no comment. Returns as the visitor. */
static int walk_child(walk *w, ml_node n, const ml_selector_level *level, ml_err *e)
{
    const ml_node key = ml_doc_node(w->d, n)->key;
    const ml_bytes name = key == ML_NO_NODE ? ml_bytes_of(NULL, 0) : ml_doc_scalar(w->d, key);
    const size_t before = w->path.len;
    ml_selector_level below;
    int status;

    if (key != ML_NO_NODE) {
        ml_buf_add(&w->path, name);
        ml_buf_byte(&w->path, ':');
        if (ml_buf_check(&w->path, e) < 0)
            return -1;
    }
    /* An empty key is still a key: its span must not look like none. */
    if (ml_selector_down(w->selector, level,
                         key == ML_NO_NODE ? name : ml_bytes_of(w->path.p + before, name.len),
                         &below, e) < 0)
        return ml_doc_blame(w->d, n, e);
    status = walk_node(w, n, &below, e);
    w->path.len = before;
    return status;
}

static int walk_children(walk *w, ml_node n, const ml_selector_level *at, ml_err *e)
{
    ml_selector_level level = *at;
    ml_node child;

    level.above = at->commented;
    for (child = ml_doc_node(w->d, n)->first; child != ML_NO_NODE;
         child = ml_doc_node(w->d, child)->next) {
        int status;

        if (ml_doc_node(w->d, child)->kind == ML_KIND_COMMENT) {
            if (walk_comment(w, child, &level, e) < 0)
                return -1;
            continue;
        }
        if (ml_walk_is_metadata(w->d, child))
            continue;
        status = walk_child(w, child, &level, e);
        if (status < 0)
            return -1;
        if (status == 0)
            ml_selector_item_done(&level);
    }
    return 0;
}

static int walk_alias(walk *w, ml_node n, const ml_selector_level *at, ml_err *e)
{
    const bool before = w->through_alias;
    int status = 0;

    if (w->visitor->alias != NULL && !before) {
        const ml_walk_place place = place_of(w, n, ml_selector_picks(w->selector, at));

        status = w->visitor->alias(w->visitor->context, &place, at, e);
        if (status != 0)
            return status < 0 ? -1 : 0;
    }
    w->through_alias = true;
    status = walk_node(w, ml_doc_resolve(w->d, n), at, e);
    w->through_alias = before;
    return status;
}

static int walk_node(walk *w, ml_node n, const ml_selector_level *at, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(w->d, n);
    int status;

    if (w->through_alias) {
        const size_t cost = 16 + (info->kind == ML_KIND_SCALAR ? ml_doc_scalar(w->d, n).len : 0);

        if (cost > w->budget) {
            ml_walk_expands_too_much(e);
            return ml_doc_blame(w->d, n, e);
        }
        w->budget -= cost;
    }
    if (info->kind == ML_KIND_SCALAR) {
        const ml_walk_place place = place_of(w, n, ml_selector_picks(w->selector, at));

        return w->visitor->value(w->visitor->context, &place, e);
    }
    if (++w->depth > ML_WALK_DEPTH)
        return ml_walk_nests_too_deep(w->d, n, e);
    status = info->kind == ML_KIND_ALIAS ? walk_alias(w, n, at, e) : walk_children(w, n, at, e);
    w->depth--;
    return status;
}

int ml_walk(const ml_doc *d, const ml_selector *selector, const ml_walk_visitor *visitor, ml_err *e)
{
    walk w = { .d = d, .selector = selector, .visitor = visitor, .budget = ML_LIMIT_ALIAS_BYTES };
    size_t i;
    int status = 0;

    for (i = 0; i < ml_doc_roots(d) && status >= 0; i++) {
        const ml_selector_level top = { false, false, false };

        status = walk_node(&w, ml_doc_root(d, i), &top, e);
    }
    ml_buf_free(&w.path);
    return status < 0 ? -1 : 0;
}

int ml_walk_below(const ml_doc *d, const ml_selector *selector, const ml_walk_visitor *visitor,
                  ml_node n, ml_bytes aad, const ml_selector_level *level, ml_err *e)
{
    walk w = { .d = d,
               .selector = selector,
               .visitor = visitor,
               .budget = ML_LIMIT_ALIAS_BYTES,
               .through_alias = true };
    int status;

    ml_buf_add(&w.path, aad);
    status = ml_buf_check(&w.path, e) < 0 ? -1 : walk_node(&w, n, level, e);
    ml_buf_free(&w.path);
    return status < 0 ? -1 : 0;
}

void ml_walk_aad(const ml_doc *d, ml_node container, ml_buf *out)
{
    const ml_node_info *info;

    if (container == ML_NO_NODE)
        return;
    info = ml_doc_node(d, container);
    ml_walk_aad(d, info->parent, out); /* as deep as the document nests */
    if (info->key == ML_NO_NODE)
        return;
    ml_buf_add(out, ml_doc_scalar(d, info->key));
    ml_buf_byte(out, ':');
}

int ml_walk_blame(const ml_doc *d, ml_node n, ml_err *e)
{
    char message[ML_ERR_TEXT];
    ml_buf path = { 0 };

    ml_doc_write_path(d, n, &path);
    if (!path.failed && path.len > 0 && path.len < 200) {
        memcpy(message, e->message, sizeof message);
        message[sizeof message - 1] = '\0';
        snprintf(e->message, sizeof e->message, "%.*s: %.300s", (int)path.len, (const char *)path.p,
                 message);
    }
    ml_buf_free(&path);
    return ml_doc_blame(d, n, e);
}
