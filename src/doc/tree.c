/* tree.c — see tree.h. */
#include "doc/tree.h"

#include "doc/dotenv_edit.h"
#include "doc/ini_write.h"
#include "doc/json_edit.h"
#include "doc/yaml_edit.h"

static int write_yaml(ml_buf *out, int indent, const ml_tree *tree, ml_err *e)
{
    const ml_yaml_layout layout = { .newline = ml_bytes_text("\n"),
                                    .step = (size_t)indent,
                                    .list = (size_t)indent };
    const ml_yaml_place last = { .breaks = 1, .newline = ml_bytes_text("\n"), .block = true };

    if ((tree->kind == ML_KIND_MAP || tree->kind == ML_KIND_LIST) && tree->count > 0)
        return ml_yaml_write_entries(out, &layout, tree, 0, &last, e);
    return ml_yaml_write_flow(out, tree, e);
}

static int write_format(ml_buf *out, ml_format format, int indent, const ml_tree *tree, ml_err *e)
{
    switch (format) {
    case ML_FORMAT_YAML:
        return write_yaml(out, indent, tree, e);
    case ML_FORMAT_JSON:
        return ml_json_write_tree(out, indent, tree, e);
    case ML_FORMAT_DOTENV:
        return ml_dotenv_write_tree(out, tree, e);
    default:
        return ml_ini_write_tree(out, tree, e);
    }
}

int ml_tree_write(ml_buf *out, ml_format format, int indent, const ml_tree *tree, ml_err *e)
{
    const size_t before = out->len;

    if (write_format(out, format, indent, tree, e) < 0)
        return -1;
    if (out->len > before)
        ml_buf_byte(out, '\n');
    return ml_buf_check(out, e);
}
