/* convert.c — values written anew: one of a decrypted file, or a whole file in another format. */
#include <string.h>

#include "doc/tree.h"
#include "doc/value.h"
#include "sops/file_internal.h"

/* The columns of a level. As sops reads its settings: of YAML 0 is the default and what is out of
 * bounds is 2, of JSON -1 is a tab. */
static int read_indent(const ml_sops_output *output, int *indent, ml_err *e)
{
    const bool yaml = output->format == ML_SOPS_YAML;

    *indent = output->indented ? output->indent : yaml ? 4 : -1;
    if (yaml && *indent < 0)
        return ml_fail(e, ML_E_ARGUMENT, "YAML Negative indentation not accepted");
    if (*indent < -1)
        return ml_fail(e, ML_E_ARGUMENT,
                       "JSON Indentation parameter smaller than -1 is not accepted");
    if (yaml)
        *indent = *indent == 0 ? 4 : *indent < 2 || *indent > 9 ? 2 : *indent;
    return 0;
}

int ml_sops_indent_unit(char unit[ML_SOPS_UNIT_SIZE], const ml_sops_output *output, ml_err *e)
{
    int indent = -1;

    if (output != NULL && read_indent(output, &indent, e) < 0)
        return -1;
    if (indent >= ML_SOPS_UNIT_SIZE)
        return ml_fail(e, ML_E_LIMIT, "an indentation is at most %d columns",
                       ML_SOPS_UNIT_SIZE - 1);
    memset(unit, 0, ML_SOPS_UNIT_SIZE);
    memset(unit, indent < 0 ? '\t' : ' ', (size_t)(indent < 0 ? 1 : indent));
    return 0;
}

/* What was written must be readable: other formats may have no place for a comment's bytes, nor for
 * a key or section that is there twice. */
static int check_written(ml_bytes text, ml_sops_format format, ml_err *e)
{
    char reason[ML_ERR_TEXT];
    ml_doc *d;

    if (ml_doc_parse(&d, ml_sops_doc_format(format), text, NULL, e) == 0) {
        ml_doc_free(d);
        return 0;
    }
    if (strcmp(e->code, ML_E_FORMAT) != 0)
        return -1;
    memcpy(reason, e->message, sizeof reason);
    return ml_fail(e, ML_E_UNSUPPORTED, "the file cannot be written as %s: %.300s",
                   ml_sops_format_word(format), reason);
}

static int write_tree(const ml_tree *tree, const ml_sops_output *output, ml_secret *out, ml_err *e)
{
    const ml_format format = ml_sops_doc_format(output->format);
    ml_buf text = { 0 };
    int indent, status = read_indent(output, &indent, e);

    if (status == 0)
        status = ml_tree_write(&text, format, indent, tree, e);
    if (status == 0)
        status = check_written(ml_buf_bytes(&text), output->format, e);
    if (status == 0)
        status = ml_secret_copy(out, ml_buf_bytes(&text), e);
    ml_buf_free(&text);
    return status;
}

/* A binary file is the text of one value named `data`. */
static int write_binary(const ml_tree *tree, ml_secret *out, ml_err *e)
{
    const ml_tree *data = tree->children;

    if (tree->kind != ML_KIND_MAP || tree->count != 1 || data->kind != ML_KIND_SCALAR ||
        data->type != ML_TYPE_STR || !ml_bytes_is(data->key, "data"))
        return ml_fail(e, ML_E_UNSUPPORTED,
                       "no binary data found in tree: only a file with a text named 'data', and "
                       "nothing else, can become binary");
    return ml_secret_copy(out, data->text, e);
}

/* The first document: sops writes no more of several. */
static int convert(const ml_doc *d, const ml_sops *s, const ml_sops_output *output,
                   ml_sops_notes *notes, ml_secret *out, ml_err *e)
{
    const bool binary = output->format == ML_SOPS_BINARY;
    ml_sops_tree tree;
    int status;

    if (ml_doc_roots(d) == 0)
        return ml_fail(e, ML_E_FORMAT, "the document is empty");
    if (ml_doc_roots(d) > 1)
        ml_sops_note_add(notes, ml_doc_node(d, ml_doc_root(d, 1))->line,
                         "only the first document is written in the other format");
    if (!binary && ml_sops_check_map(d, ml_doc_root(d, 0), e) < 0)
        return -1;
    status = ml_sops_tree_build(&tree, d, s, ml_doc_root(d, 0), !binary, e);
    if (status == 0)
        status = binary ? write_binary(&tree.root, out, e) : write_tree(&tree.root, output, out, e);
    ml_sops_tree_free(&tree);
    return status;
}

int ml_sops_convert(const ml_sops_new *what, ml_sops_notes *notes, ml_secret *out, ml_err *e)
{
    const ml_tree data = { .kind = ML_KIND_SCALAR,
                           .type = ML_TYPE_STR,
                           .key = ml_bytes_text("data"),
                           .text = what->clear };
    const ml_tree root = { .kind = ML_KIND_MAP, .children = &data, .count = 1 };
    ml_doc *d;
    int status;

    if (what->format == ML_SOPS_BINARY)
        return write_tree(&root, what->output, out, e);
    if (ml_doc_parse(&d, ml_sops_doc_format(what->format), what->clear, what->path, e) < 0)
        return -1;
    status = convert(d, NULL, what->output, notes, out, e);
    ml_doc_free(d);
    return status < 0 ? ml_err_at(e, what->path, 0, 0) : 0;
}

int ml_sops_clear_text_as(ml_sops *s, const ml_sops_output *output, ml_secret *out, ml_err *e)
{
    if (s->plain == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "the file must be decrypted first");
    if (output->format == s->format)
        return ml_sops_clear_text(s, out, e);
    return convert(s->doc, s, output, &s->notes, out, e) < 0 ? ml_err_at(e, s->path, 0, 0) : 0;
}

int ml_sops_clear_node(ml_sops *s, ml_node n, const ml_sops_output *output, ml_secret *out,
                       ml_err *e)
{
    ml_type type = ML_TYPE_NULL;
    ml_buf spelled = { 0 };
    ml_sops_tree tree;
    ml_bytes text;
    bool sealed;
    int status;

    if (s->plain == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "the file must be decrypted first");
    n = ml_doc_resolve(s->doc, n);
    if (ml_doc_node(s->doc, n)->kind != ML_KIND_SCALAR) {
        status = ml_sops_tree_build(&tree, s->doc, s, n, true, e);
        if (status == 0)
            status = write_tree(&tree.root, output, out, e);
        ml_sops_tree_free(&tree);
        return status;
    }
    if (ml_sops_value(s, n, &type, &text, &sealed, e) < 0)
        return -1;
    if (type == ML_TYPE_STR || type == ML_TYPE_BYTES || type == ML_TYPE_COMMENT)
        return ml_secret_copy(out, text, e);
    status = ml_value_spell(ml_sops_doc_format(output->format), type, text, &spelled, e);
    if (status == 0)
        status = ml_secret_copy(out, ml_buf_bytes(&spelled), e);
    ml_buf_free(&spelled);
    return status;
}
