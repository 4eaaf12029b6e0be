/* json_edit.c — JSON texts changed in place; see edit.h. */
#include "doc/json_edit.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "doc/lines.h"
#include "doc/value.h"

int ml_json_write_text(ml_buf *out, ml_bytes text, ml_err *e)
{
    static const char special[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    size_t from = 0, i;

    if (ml_utf8_check(text) != SIZE_MAX)
        return ml_fail(e, ML_E_FORMAT, "JSON holds UTF-8 text only");
    ml_buf_byte(out, '"');
    for (i = 0; i < text.len; i++) {
        const unsigned char c = text.p[i];
        const char *found = c == '\0' ? NULL : strchr(special, c);

        if (found == NULL && c >= 0x20)
            continue;
        ml_buf_add(out, ml_bytes_slice(text, from, i));
        from = i + 1;
        if (found != NULL) {
            ml_buf_byte(out, '\\');
            ml_buf_byte(out, (unsigned char)names[found - special]);
        } else {
            ml_buf_format(out, "\\u%04x", c);
        }
    }
    ml_buf_add(out, ml_bytes_slice(text, from, text.len));
    ml_buf_byte(out, '"');
    return ml_buf_check(out, e);
}

static int write_scalar(ml_buf *out, ml_type type, ml_bytes text, ml_err *e)
{
    if (type == ML_TYPE_STR || type == ML_TYPE_BYTES || type == ML_TYPE_COMMENT ||
        type == ML_TYPE_TIME) /* JSON has no times: RFC 3339 text */
        return ml_json_write_text(out, text, e);
    return ml_value_spell(ML_FORMAT_JSON, type, text, out, e);
}

int ml_json_edit_scalar(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text,
                        ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    ml_buf out = { 0 };

    if (ml_edit_is_done(d, n, type, text))
        return 0;
    return ml_edits_put(es, info->start, info->end, &out, write_scalar(&out, type, text, e), e);
}

int ml_json_edit_seal(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e)
{
    return ml_json_edit_scalar(es, d, n, ML_TYPE_STR, enc, e);
}

/* How the document is laid out: one entry to a line, each level behind one more `unit`; or all on
 * one line, with or without blanks behind colon and comma. */
typedef struct layout {
    bool lines;
    ml_bytes newline, unit;
    const char *colon, *comma;
} layout;

/* The blanks that begin the line of `at`. */
static ml_bytes margin(ml_bytes text, size_t at)
{
    const size_t start = ml_line_start(text, at);
    size_t end;

    for (end = start; end < text.len && ml_text_is_blank(text.p[end]); end++)
        continue;
    return ml_bytes_slice(text, start, end);
}

static size_t entry_start(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);

    return info->key != ML_NO_NODE ? ml_doc_node(d, info->key)->start : info->start;
}

static bool begins_line(ml_bytes text, size_t at)
{
    while (at > 0 && ml_text_is_blank(text.p[at - 1]))
        at--;
    return at > 0 && text.p[at - 1] == '\n';
}

static void read_separators(layout *l, ml_bytes text, const ml_node_info *info)
{
    const size_t end = info->end;

    if (info->key != ML_NO_NODE && info->start > 0 && !ml_text_is_blank(text.p[info->start - 1]))
        l->colon = ":";
    if (end + 1 < text.len && text.p[end] == ',' && !ml_text_is_blank(text.p[end + 1]) &&
        text.p[end + 1] != '\n' && text.p[end + 1] != '\r')
        l->comma = ",";
}

static layout layout_of(const ml_doc *d)
{
    const ml_bytes text = ml_doc_text(d);
    layout l = { .newline = ml_bytes_text(ml_line_break(text)),
                 .unit = ml_bytes_text("    "),
                 .colon = ": ",
                 .comma = ", " };
    ml_node n;

    for (n = 0; n < ml_doc_count(d); n++) {
        const ml_node_info *info = ml_doc_node(d, n);

        if (info->is_key || info->parent == ML_NO_NODE)
            continue;
        read_separators(&l, text, info);
        if (begins_line(text, entry_start(d, n))) {
            const ml_bytes own = margin(text, entry_start(d, n));
            const ml_bytes around = margin(text, ml_doc_node(d, info->parent)->start);

            l.lines = true;
            if (own.len > around.len) {
                l.unit = ml_bytes_slice(own, around.len, own.len);
                break;
            }
        }
    }
    return l;
}

/* Starts an entry: a new line at this margin and `levels` more, or nothing. */
static void new_line(ml_buf *out, const layout *l, ml_bytes around, size_t levels)
{
    if (!l->lines)
        return;
    ml_buf_add(out, l->newline);
    ml_buf_add(out, around);
    for (; levels > 0; levels--)
        ml_buf_add(out, l->unit);
}

static int write_tree(ml_buf *out, const layout *l, const ml_tree *tree, ml_bytes around,
                      size_t level, ml_err *e)
{
    const bool map = tree->kind == ML_KIND_MAP;
    size_t i, written = 0;

    if (tree->kind == ML_KIND_ALIAS)
        return ml_fail(e, ML_E_UNSUPPORTED, "JSON has no aliases");
    if (tree->kind == ML_KIND_SCALAR)
        return write_scalar(out, tree->type, tree->text, e);
    if (level > ML_LIMIT_DEPTH)
        return ml_fail(e, ML_E_LIMIT, "the value is nested too deep");
    ml_buf_byte(out, map ? '{' : '[');
    for (i = 0; i < tree->count; i++) {
        const ml_tree *child = &tree->children[i];

        if (child->kind == ML_KIND_COMMENT)
            continue;
        if (written++ > 0)
            ml_buf_text(out, l->lines ? "," : l->comma);
        new_line(out, l, around, level + 1);
        if (map) {
            if (ml_json_write_text(out, child->key, e) < 0)
                return -1;
            ml_buf_text(out, l->colon);
        }
        if (write_tree(out, l, child, around, level + 1, e) < 0)
            return -1;
    }
    if (written > 0)
        new_line(out, l, around, level);
    ml_buf_byte(out, map ? '}' : ']');
    return 0;
}

static int write_entry(ml_buf *out, const layout *l, const ml_tree *tree, ml_bytes around,
                       size_t level, ml_err *e)
{
    if (tree->key.p != NULL) {
        if (ml_json_write_text(out, tree->key, e) < 0)
            return -1;
        ml_buf_text(out, l->colon);
    }
    return write_tree(out, l, tree, around, level, e);
}

/* Go's writer, and so sops, escapes what HTML and JavaScript could take for something else. Outside
 * of strings JSON has none of it. */
static void escape_as_go(ml_buf *out, ml_bytes json)
{
    size_t from = 0, i;

    for (i = 0; i < json.len; i++) {
        const unsigned char c = json.p[i];
        const bool separator = c == 0xE2 && i + 2 < json.len && json.p[i + 1] == 0x80 &&
                               (json.p[i + 2] & 0xFE) == 0xA8;

        if (c != '<' && c != '>' && c != '&' && !separator)
            continue;
        ml_buf_add(out, ml_bytes_slice(json, from, i));
        ml_buf_format(out, "\\u%04x", separator ? 0x2000 + (json.p[i + 2] & 0x3F) : c);
        i += separator ? 2 : 0;
        from = i + 1;
    }
    ml_buf_add(out, ml_bytes_slice(json, from, json.len));
}

int ml_json_write_tree(ml_buf *out, int indent, const ml_tree *tree, ml_err *e)
{
    ml_buf unit = { 0 }, text = { 0 };
    layout l = { .lines = true, .newline = ml_bytes_text("\n"), .colon = ": ", .comma = ", " };
    int status;

    if (indent < 0)
        ml_buf_byte(&unit, '\t');
    else
        ml_buf_repeat(&unit, ' ', (size_t)indent);
    l.unit = ml_buf_bytes(&unit);
    status = ml_buf_check(&unit, e);
    if (status == 0)
        status = write_tree(&text, &l, tree, ml_bytes_of(NULL, 0), 0, e);
    if (status == 0)
        status = ml_buf_check(&text, e);
    if (status == 0)
        escape_as_go(out, ml_buf_bytes(&text));
    ml_buf_free(&unit);
    ml_buf_free(&text);
    return status;
}

int ml_json_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const layout l = layout_of(d);
    ml_buf out = { 0 };
    const int result = write_tree(&out, &l, tree, margin(ml_doc_text(d), info->start), 0, e);

    return ml_edits_put(es, info->start, info->end, &out, result, e);
}

int ml_json_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                        const ml_tree *tree, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, into);
    const ml_bytes text = ml_doc_text(d);
    layout l = layout_of(d);
    ml_bytes around;
    ml_buf out = { 0 };
    int result;

    if (info->kind == ML_KIND_SCALAR || info->count == 0) {
        const ml_tree whole = { .kind = tree->key.p != NULL ? ML_KIND_MAP : ML_KIND_LIST,
                                .children = tree,
                                .count = 1 };

        return ml_json_edit_replace(es, d, into, &whole, e);
    }
    /* a collection that stands on one line stays there */
    l.lines = l.lines && begins_line(text, entry_start(d, info->first));
    around = margin(text, entry_start(d, info->first));
    if (after == ML_NO_NODE) {
        new_line(&out, &l, around, 0);
        result = write_entry(&out, &l, tree, around, 0, e);
        ml_buf_text(&out, l.lines ? "," : l.comma);
        return ml_edits_put(es, info->start + 1, info->start + 1, &out, result, e);
    }
    ml_buf_text(&out, l.lines ? "," : l.comma);
    new_line(&out, &l, around, 0);
    result = write_entry(&out, &l, tree, around, 0, e);
    return ml_edits_put(es, ml_doc_node(d, after)->end, ml_doc_node(d, after)->end, &out, result,
                        e);
}

int ml_json_edit_remove(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_node_info *parent = ml_doc_node(d, info->parent);
    const ml_node before = ml_doc_previous(d, n);

    if (before != ML_NO_NODE)
        return ml_edits_cut(es, ml_doc_node(d, before)->end, info->end, e);
    if (info->next != ML_NO_NODE)
        return ml_edits_cut(es, entry_start(d, n), entry_start(d, info->next), e);
    return ml_edits_cut(es, parent->start + 1, parent->end - 1, e);
}
