/* tree.c — see tree.h. */
#include "doc/tree.h"

#include "doc/dotenv_edit.h"
#include "doc/ini_write.h"
#include "doc/json_edit.h"
#include "doc/yaml_edit.h"

static int write_yaml(ml_buf *out, const ml_tree *tree, ml_err *e)
{
    const ml_yaml_layout layout = { .newline = ml_bytes_text("\n"), .step = 4, .list = 4 };
    const ml_yaml_place last = { .breaks = 1, .newline = ml_bytes_text("\n"), .block = true };

    if ((tree->kind == ML_KIND_MAP || tree->kind == ML_KIND_LIST) && tree->count > 0)
        return ml_yaml_write_entries(out, &layout, tree, 0, &last, e);
    return ml_yaml_write_flow(out, tree, e);
}

int ml_tree_write(ml_buf *out, ml_format format, const ml_tree *tree, ml_err *e)
{
    static int (*const writers[])(ml_buf * out, const ml_tree *tree, ml_err *e) = {
        [ML_FORMAT_YAML] = write_yaml,
        [ML_FORMAT_JSON] = ml_json_write_tree,
        [ML_FORMAT_DOTENV] = ml_dotenv_write_tree,
        [ML_FORMAT_INI] = ml_ini_write_tree,
    };

    if (writers[format](out, tree, e) < 0)
        return -1;
    ml_buf_byte(out, '\n');
    return ml_buf_check(out, e);
}
