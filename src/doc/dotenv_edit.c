/* dotenv_edit.c — dotenv texts changed in place; see edit.h. */
#include "doc/dotenv_edit.h"

#include <string.h>

#include "doc/lines.h"
#include "doc/value.h"

static bool has_text(ml_bytes text, const char *what)
{
    return text.len > 0 && memmem(text.p, text.len, what, strlen(what)) != NULL;
}

static int write_comment(ml_buf *out, ml_bytes text, ml_err *e)
{
    if (has_text(text, "\n"))
        return ml_fail(e, ML_E_UNSUPPORTED, "a comment of a dotenv file is one line");
    ml_buf_byte(out, '#');
    ml_buf_add(out, text);
    return 0;
}

static int write_key(ml_buf *out, ml_bytes key, ml_err *e)
{
    if (has_text(key, "\n") || has_text(key, "=") || ml_bytes_starts(key, "#"))
        return ml_fail(e, ML_E_UNSUPPORTED,
                       "a name in a dotenv file cannot begin with '#' or hold '=' or a line break");
    ml_buf_add(out, key);
    return 0;
}

static int write_value(ml_buf *out, ml_type type, ml_bytes text, ml_err *e)
{
    size_t i;

    if (type != ML_TYPE_STR && type != ML_TYPE_BYTES)
        return ml_value_spell(ML_FORMAT_DOTENV, type, text, out, e);
    if (has_text(text, "\\n")) {
        ml_fail(e, ML_E_UNSUPPORTED,
                "a dotenv file cannot hold a backslash before the letter n: it means a line break");
        return ml_err_hint(e, "keep the value in a YAML, JSON or INI file");
    }
    for (i = 0; i < text.len; i++)
        if (text.p[i] == '\n')
            ml_buf_text(out, "\\n");
        else
            ml_buf_byte(out, text.p[i]);
    return 0;
}

/* A line without its line break. */
static int write_line(ml_buf *out, const ml_tree *tree, ml_err *e)
{
    if (tree->kind == ML_KIND_COMMENT)
        return write_comment(out, tree->text, e);
    if (tree->kind != ML_KIND_SCALAR)
        return ml_fail(e, ML_E_UNSUPPORTED,
                       "cannot use complex value in dotenv file; offending key %.*s",
                       (int)(tree->key.len > 100 ? 100 : tree->key.len),
                       tree->key.p == NULL ? "" : (const char *)tree->key.p);
    if (write_key(out, tree->key, e) < 0)
        return -1;
    ml_buf_byte(out, '=');
    return write_value(out, tree->type, tree->text, e);
}

int ml_dotenv_edit_scalar(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text,
                          ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    ml_buf out = { 0 };
    int status;

    if (ml_bytes_equal(ml_doc_scalar(d, n), text) && type == (ml_type)info->type)
        return 0;
    if (info->kind == ML_KIND_COMMENT)
        status = write_comment(&out, text, e);
    else if (info->is_key)
        status = write_key(&out, text, e);
    else if (type == ML_TYPE_NULL)
        status = ml_fail(e, ML_E_UNSUPPORTED, "a dotenv file has no null");
    else
        status = write_value(&out, type, text, e);
    if (ml_edits_put(es, info->start, info->end, &out, status, e) < 0)
        return ml_doc_blame(d, n, e);
    return 0;
}

int ml_dotenv_edit_seal(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e)
{
    return ml_dotenv_edit_scalar(es, d, n, (ml_type)ml_doc_node(d, n)->type, enc, e);
}

int ml_dotenv_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    ml_buf out = { 0 };

    if (info->kind == ML_KIND_SCALAR && tree->kind == ML_KIND_SCALAR)
        return ml_dotenv_edit_scalar(es, d, n, tree->type, tree->text, e);
    if (info->kind == ML_KIND_MAP && tree->kind == ML_KIND_MAP)
        return ml_edits_put(es, info->start, info->end, &out, ml_dotenv_write_tree(&out, tree, e),
                            e);
    ml_fail(e, ML_E_UNSUPPORTED, "a dotenv file holds texts, neither maps nor lists");
    return ml_doc_blame(d, n, e);
}

int ml_dotenv_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                          const ml_tree *tree, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const size_t at = after == ML_NO_NODE ? 0 : ml_line_next(text, ml_doc_node(d, after)->end);
    ml_buf line = { 0 };
    int status = write_line(&line, tree, e);

    if (status == 0 && tree->kind == ML_KIND_SCALAR && tree->type == ML_TYPE_NULL)
        status = ml_fail(e, ML_E_UNSUPPORTED, "a dotenv file has no null");
    if (status == 0)
        status = ml_buf_check(&line, e);
    if (status == 0)
        status = ml_lines_insert(es, text, at, ml_buf_bytes(&line), "\n", e);
    ml_buf_free(&line);
    return status < 0 ? ml_doc_blame(d, into, e) : 0;
}

int ml_dotenv_edit_remove(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    const size_t start = info->key == ML_NO_NODE ? info->start : ml_doc_node(d, info->key)->start;

    return ml_lines_remove(es, text, start, ml_line_next(text, info->end), "\n", e);
}

int ml_dotenv_write_tree(ml_buf *out, const ml_tree *tree, ml_err *e)
{
    size_t i;

    for (i = 0; i < tree->count; i++) {
        if (i > 0)
            ml_buf_byte(out, '\n');
        if (write_line(out, &tree->children[i], e) < 0)
            return -1;
    }
    return 0;
}
