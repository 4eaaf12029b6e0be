/* convert.c — decrypted values written anew: one of them, or a whole file in another format. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "doc/tree.h"
#include "doc/value.h"
#include "sops/file_internal.h"

/* A tree over the values of a file. Its texts are the file's. */
typedef struct building {
    const ml_sops *s;
    size_t nodes; /* written so far: aliases can multiply them */
} building;

static void free_tree(ml_tree *tree)
{
    ml_tree *children = (ml_tree *)(uintptr_t)tree->children;
    size_t i;

    for (i = 0; i < tree->count && children != NULL; i++)
        free_tree(&children[i]);
    free(children);
    memset(tree, 0, sizeof *tree);
}

static int build(building *b, ml_node n, ml_tree *out, ml_err *e);

static bool is_comment(const ml_sops *s, ml_node n)
{
    return ml_doc_node(s->doc, n)->kind == ML_KIND_COMMENT ||
           (s->plain[n].known && s->plain[n].type == ML_TYPE_COMMENT);
}

static int build_children(building *b, const ml_node_info *info, ml_tree *out, ml_err *e)
{
    ml_tree *children = calloc((size_t)info->count + 1, sizeof *children);
    ml_node n;

    if (children == NULL)
        return ml_fail_memory(e);
    out->children = children;
    for (n = info->first; n != ML_NO_NODE; n = ml_doc_node(b->s->doc, n)->next) {
        ml_tree *child = &children[out->count];
        const ml_node_info *child_info = ml_doc_node(b->s->doc, n);

        if (is_comment(b->s, n) || ml_walk_is_metadata(b->s->doc, n))
            continue;
        out->count++;
        if (build(b, n, child, e) < 0)
            return -1;
        if (child_info->key != ML_NO_NODE)
            child->key = ml_doc_scalar(b->s->doc, child_info->key);
    }
    return 0;
}

/* Fills *out; after a failure it is freed as well as after success. */
static int build(building *b, ml_node n, ml_tree *out, ml_err *e)
{
    const ml_node_info *info;
    ml_type type = ML_TYPE_NULL;
    bool sealed;

    n = ml_doc_resolve(b->s->doc, n);
    info = ml_doc_node(b->s->doc, n);
    if (++b->nodes > ML_LIMIT_NODES)
        return ml_fail(e, ML_E_LIMIT, "more than %d values with all aliases written out",
                       (int)ML_LIMIT_NODES);
    out->kind = (ml_kind)info->kind;
    if (info->kind != ML_KIND_SCALAR)
        return build_children(b, info, out, e);
    if (ml_sops_value(b->s, n, &type, &out->text, &sealed, e) < 0)
        return -1;
    out->type = type;
    return 0;
}

static int write_tree(const ml_sops *s, ml_node n, ml_sops_format format, ml_secret *out, ml_err *e)
{
    building b = { .s = s };
    ml_tree tree = { 0 };
    ml_buf text = { 0 };
    int status = build(&b, n, &tree, e);

    if (status == 0)
        status = ml_tree_write(&text, ml_sops_doc_format(format), &tree, e);
    if (status == 0)
        status = ml_secret_copy(out, ml_buf_bytes(&text), e);
    free_tree(&tree);
    ml_buf_free(&text);
    return status;
}

/* A binary file is the text of one value named `data`. */
static int write_binary(const ml_sops *s, ml_secret *out, ml_err *e)
{
    const ml_node n = ml_doc_get(s->doc, ml_doc_root(s->doc, 0), ml_bytes_text("data"));

    if (n == ML_NO_NODE || ml_doc_node(s->doc, n)->kind != ML_KIND_SCALAR || !s->plain[n].known) {
        ml_fail(e, ML_E_UNSUPPORTED, "only a file with a text named 'data' can become binary");
        return ml_err_at(e, s->path, 0, 0);
    }
    return ml_secret_copy(out, s->plain[n].text, e);
}

int ml_sops_clear_text_as(ml_sops *s, ml_sops_format format, ml_secret *out, ml_err *e)
{
    if (s->plain == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "the file must be decrypted first");
    if (format == s->format)
        return ml_sops_clear_text(s, out, e);
    if (ml_doc_roots(s->doc) != 1) {
        ml_fail(e, ML_E_UNSUPPORTED, "a file of several documents has no other format");
        return ml_err_at(e, s->path, 0, 0);
    }
    if (format == ML_SOPS_BINARY)
        return write_binary(s, out, e);
    return write_tree(s, ml_doc_root(s->doc, 0), format, out, e);
}

int ml_sops_clear_node(ml_sops *s, ml_node n, ml_sops_format format, ml_secret *out, ml_err *e)
{
    ml_type type = ML_TYPE_NULL;
    ml_buf spelled = { 0 };
    ml_bytes text;
    bool sealed;
    int status;

    if (s->plain == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "the file must be decrypted first");
    n = ml_doc_resolve(s->doc, n);
    if (ml_doc_node(s->doc, n)->kind != ML_KIND_SCALAR)
        return write_tree(s, n, format, out, e);
    if (ml_sops_value(s, n, &type, &text, &sealed, e) < 0)
        return -1;
    if (type == ML_TYPE_STR || type == ML_TYPE_BYTES || type == ML_TYPE_COMMENT)
        return ml_secret_copy(out, text, e);
    status = ml_value_spell(ML_FORMAT_YAML, type, text, &spelled, e);
    if (status == 0)
        status = ml_secret_copy(out, ml_buf_bytes(&spelled), e);
    ml_buf_free(&spelled);
    return status;
}
