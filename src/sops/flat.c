/* flat.c — nested metadata as flattened lines: added to a text, changed in it, taken away; see
 * flat.h. Reading: unflatten.c. */
#include "sops/flat.h"

#include <stdlib.h>
#include <string.h>

#include "doc/dotenv_edit.h"
#include "doc/ini_write.h"
#include "doc/lines.h"

bool ml_sops_is_flat(ml_format format)
{
    return format == ML_FORMAT_DOTENV || format == ML_FORMAT_INI;
}

bool ml_sops_is_metadata_key(ml_format format, ml_bytes key)
{
    return format == ML_FORMAT_DOTENV ? ml_bytes_starts(key, "sops_") : ml_bytes_is(key, "sops");
}

ml_node ml_sops_flat_holder(const ml_doc *d)
{
    const ml_node root = ml_doc_root(d, 0);

    return ml_doc_format(d) == ML_FORMAT_INI ? ml_doc_get(d, root, ml_bytes_text("sops")) : root;
}

bool ml_sops_flat_is_line(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);

    return info->kind == ML_KIND_SCALAR &&
           (ml_doc_format(d) == ML_FORMAT_INI ||
            ml_sops_is_metadata_key(ml_doc_format(d), ml_doc_scalar(d, info->key)));
}

/* The lines to be: names and texts. */
typedef struct flattening {
    const ml_doc *metadata;
    ml_node map; /* the value of `sops` */
    ml_format format;
    ml_tree *lines;
    size_t count;
    ml_buf name; /* down to where the walk stands */
    ml_arena arena;
} flattening;

static int keep(flattening *f, ml_bytes text, ml_bytes *out, ml_err *e)
{
    unsigned char *copy = ml_arena_take(&f->arena, text.len, e);

    if (copy == NULL)
        return -1;
    if (text.len > 0)
        memcpy(copy, text.p, text.len);
    *out = ml_bytes_of(copy, text.len);
    return 0;
}

/* Line breaks as INI metadata has them: a backslash and n. */
static int keep_text(flattening *f, ml_bytes text, ml_bytes *out, ml_err *e)
{
    ml_buf spelled = { 0 };
    size_t i;
    int status;

    if (f->format != ML_FORMAT_INI)
        return keep(f, text, out, e);
    if (text.len > 0 && memmem(text.p, text.len, "\\n", 2) != NULL)
        return ml_fail(e, ML_E_UNSUPPORTED,
                       "metadata of an INI file cannot hold a backslash before the letter n");
    for (i = 0; i < text.len; i++)
        if (text.p[i] == '\n')
            ml_buf_text(&spelled, "\\n");
        else
            ml_buf_byte(&spelled, text.p[i]);
    status = ml_buf_check(&spelled, e);
    if (status == 0)
        status = keep(f, ml_buf_bytes(&spelled), out, e);
    ml_buf_free(&spelled);
    return status;
}

/* Nesting is as deep as the document's. */
static int flatten(flattening *f, ml_node n, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(f->metadata, n);
    const size_t before = f->name.len;
    unsigned long index = 0;
    ml_node child;

    if (info->kind == ML_KIND_SCALAR) {
        ml_tree *line = &f->lines[f->count];

        if (info->type == ML_TYPE_NULL)
            return 0;
        f->count++;
        line->kind = ML_KIND_SCALAR;
        line->type = ML_TYPE_STR;
        return keep(f, ml_buf_bytes(&f->name), &line->key, e) < 0
                   ? -1
                   : keep_text(f, ml_doc_scalar(f->metadata, n), &line->text, e);
    }
    for (child = info->first; child != ML_NO_NODE; child = ml_doc_node(f->metadata, child)->next) {
        const ml_node key = ml_doc_node(f->metadata, child)->key;

        if (key == ML_NO_NODE)
            ml_buf_format(&f->name, "__list_%lu", index++);
        else
            ml_buf_text(&f->name, n == f->map ? "" : "__map_");
        if (key != ML_NO_NODE)
            ml_buf_add(&f->name, ml_doc_scalar(f->metadata, key));
        if (ml_buf_check(&f->name, e) < 0 || flatten(f, child, e) < 0)
            return -1;
        f->name.len = before;
    }
    return 0;
}

static void free_lines(flattening *f)
{
    free(f->lines);
    ml_buf_free(&f->name);
    ml_arena_free(&f->arena);
}

/* The lines as children of a map. Free with free_lines, also after a failure. */
static int make_lines(flattening *f, ml_tree *out, const ml_doc *metadata, ml_format format,
                      ml_err *e)
{
    memset(f, 0, sizeof *f);
    f->metadata = metadata;
    f->map = ml_doc_get(metadata, ml_doc_root(metadata, 0), ml_bytes_text("sops"));
    f->format = format;
    f->lines = calloc(ml_doc_count(metadata) + 1, sizeof *f->lines);
    if (f->lines == NULL)
        return ml_fail_memory(e);
    ml_buf_text(&f->name, format == ML_FORMAT_DOTENV ? "sops_" : "");
    if (flatten(f, f->map, e) < 0)
        return -1;
    memset(out, 0, sizeof *out);
    out->kind = ML_KIND_MAP;
    out->children = f->lines;
    out->count = f->count;
    return 0;
}

static int append_lines(ml_edits *es, const ml_doc *d, const ml_tree *tree, ml_err *e)
{
    const bool ini = ml_doc_format(d) == ML_FORMAT_INI;
    const ml_bytes text = ml_doc_text(d);
    const char *line_break = ini ? ml_line_break(text) : "\n";
    ml_buf lines = { 0 };
    int status;

    if (ini) {
        ml_buf_text(&lines, text.len > 0 ? line_break : ""); /* a blank line above */
        ml_buf_text(&lines, "[sops]");
        ml_buf_text(&lines, line_break);
        status = ml_ini_write_keys(&lines, tree, line_break, e);
    } else {
        status = ml_dotenv_write_tree(&lines, tree, e);
    }
    if (status == 0)
        status = ml_buf_check(&lines, e);
    if (status == 0)
        status = ml_lines_insert(es, text, text.len, ml_buf_bytes(&lines), line_break, e);
    ml_buf_free(&lines);
    return status;
}

int ml_sops_flat_append(ml_edits *es, const ml_doc *clear, const ml_doc *metadata, ml_err *e)
{
    flattening f;
    ml_tree tree;
    int status = make_lines(&f, &tree, metadata, ml_doc_format(clear), e);

    if (status == 0)
        status = append_lines(es, clear, &tree, e);
    free_lines(&f);
    return status;
}

/* Removes the lines of metadata but those that stay (NULL: all go). Lines that stand together go
 * together: only so can the line break before the last one go, too. */
static int remove_lines(ml_edits *es, const ml_doc *d, const bool *stays, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const char *line_break = ml_doc_format(d) == ML_FORMAT_INI ? ml_line_break(text) : "\n";
    size_t start = 0, end = 0;
    ml_node n;

    for (n = ml_doc_node(d, ml_sops_flat_holder(d))->first; n != ML_NO_NODE;
         n = ml_doc_node(d, n)->next) {
        const ml_node_info *info = ml_doc_node(d, n);
        size_t line;

        if (!ml_sops_flat_is_line(d, n) || (stays != NULL && stays[n]))
            continue;
        line = ml_line_start(text, ml_doc_node(d, info->key)->start);
        if (line != end || start == end) {
            if (start < end && ml_lines_remove(es, text, start, end, line_break, e) < 0)
                return -1;
            start = line;
        }
        end = ml_line_next(text, info->end);
    }
    return start == end ? 0 : ml_lines_remove(es, text, start, end, line_break, e);
}

/* Whether a line's text is the wanted one. sops 3.13.0 and 3.13.1 wrote the line breaks of INI
 * metadata as they are. */
static bool says(ml_bytes text, ml_bytes wanted)
{
    size_t i, k = 0;

    for (i = 0; i < text.len && k < wanted.len; i++)
        if (text.p[i] == wanted.p[k])
            k++;
        else if (text.p[i] == '\n' && ml_bytes_starts(ml_bytes_slice(wanted, k, k + 2), "\\n"))
            k += 2;
        else
            return false;
    return i == text.len && k == wanted.len;
}

/* Puts the new lines behind those that they follow, the first of all behind the last there is, and
 * takes away the lines that are not wanted. */
static int update_lines(ml_edits *es, const ml_doc *d, const ml_tree *wanted, const bool *stays,
                        ml_err *e)
{
    const ml_node map = ml_sops_flat_holder(d);
    ml_node n, after = ML_NO_NODE;
    size_t i;

    for (n = ml_doc_node(d, map)->first; n != ML_NO_NODE; n = ml_doc_node(d, n)->next)
        if (ml_sops_flat_is_line(d, n))
            after = n;
    for (i = 0; i < wanted->count; i++) {
        const ml_tree *line = &wanted->children[i];

        n = ml_doc_get(d, map, line->key);
        if (n == ML_NO_NODE && ml_edit_insert(es, d, map, after, line, e) < 0)
            return -1;
        if (n == ML_NO_NODE)
            continue;
        after = n;
        if (!says(ml_doc_scalar(d, n), line->text) &&
            ml_edit_scalar(es, d, n, ML_TYPE_STR, line->text, e) < 0)
            return -1;
    }
    return remove_lines(es, d, stays, e);
}

/* Whether lines come and others go. No change of recipients does that: it is so when names are
 * spelled as nobody spells them, and then all lines are made anew. */
static bool is_renamed(const ml_doc *d, const ml_tree *wanted, bool *stays)
{
    const ml_node map = ml_sops_flat_holder(d);
    bool comes = false, goes = false;
    ml_node n;
    size_t i;

    for (i = 0; i < wanted->count; i++) {
        n = ml_doc_get(d, map, wanted->children[i].key);
        comes = comes || n == ML_NO_NODE;
        if (n != ML_NO_NODE)
            stays[n] = true;
    }
    for (n = ml_doc_node(d, map)->first; n != ML_NO_NODE; n = ml_doc_node(d, n)->next)
        goes = goes || (ml_sops_flat_is_line(d, n) && !stays[n]);
    return comes && goes;
}

int ml_sops_flat_update(ml_edits *es, const ml_doc *d, const ml_doc *metadata, ml_err *e)
{
    bool *stays = calloc(ml_doc_count(d) + 1, sizeof *stays);
    flattening f = { 0 };
    ml_tree tree;
    int status;

    if (stays == NULL)
        return ml_fail_memory(e);
    status = make_lines(&f, &tree, metadata, ml_doc_format(d), e);
    if (status == 0 && is_renamed(d, &tree, stays))
        status = ml_sops_flat_drop(es, d, e) < 0 ? -1 : append_lines(es, d, &tree, e);
    else if (status == 0)
        status = update_lines(es, d, &tree, stays, e);
    free_lines(&f);
    free(stays);
    return status;
}

int ml_sops_flat_drop(ml_edits *es, const ml_doc *d, ml_err *e)
{
    return ml_doc_format(d) == ML_FORMAT_INI ? ml_edit_remove(es, d, ml_sops_flat_holder(d), e)
                                             : remove_lines(es, d, NULL, e);
}
