/* ini_edit.c — INI texts changed in place; see edit.h. */
#include "doc/ini_edit.h"

#include "base/text.h"
#include "doc/ini_read.h"
#include "doc/ini_write.h"
#include "doc/lines.h"
#include "doc/value.h"

static bool is_section(const ml_doc *d, ml_node n)
{
    return ml_doc_node(d, n)->kind == ML_KIND_MAP && ml_doc_node(d, n)->parent != ML_NO_NODE;
}

/* Whether a section's first line is a header, and not its first key. */
static bool has_header(const ml_doc *d, ml_node section)
{
    const ml_node_info *key = ml_doc_node(d, ml_doc_node(d, section)->key);

    return key->end > key->start;
}

/* The part of a comment's text that stands behind its value or header: from where on, with the line
 * break before it; the text's length when there is none. See ini.c. */
static size_t find_behind(ml_bytes text)
{
    const size_t line = ml_line_start(text, text.len);

    if (line + 1 >= text.len || text.p[line] != ' ' ||
        (text.p[line + 1] != '#' && text.p[line + 1] != ';'))
        return text.len;
    return line == 0 ? 0 : line - 1;
}

/* Where a comment behind a value or header begins: at its mark, or the end of the blanks there. */
static size_t behind_place(const ml_doc *d, ml_node target)
{
    const ml_node_info *info = ml_doc_node(d, target);
    const ml_bytes text = ml_doc_text(d);
    const size_t at = info->kind == ML_KIND_MAP ? info->start + 1 : info->end;
    ml_bytes rest = ml_line_rest(text, at);

    rest = ml_bytes_slice(rest, 0, ml_bytes_find(rest, 0, '\r')); /* none stands in the gap */
    return at + (rest.len - ml_text_trim_left(rest).len);
}

/* Takes the comment behind a value or header away. */
static int cut_behind(ml_edits *es, const ml_doc *d, ml_node target, size_t len, ml_err *e)
{
    const size_t at = behind_place(d, target);

    return ml_edits_cut(es, at, at + len, e);
}

/* Where the line of `at` begins, behind a byte order mark. */
static size_t line_start(ml_bytes text, size_t at)
{
    const size_t start = ml_line_start(text, at);

    return start == 0 ? ml_ini_begin(text) : start;
}

/* Puts a line with a mark above a value or header. */
static int put_above(ml_edits *es, const ml_doc *d, ml_node target, ml_bytes text, ml_err *e)
{
    const ml_bytes all = ml_doc_text(d);
    const size_t at = line_start(all, ml_doc_node(d, ml_doc_node(d, target)->key)->start);
    ml_buf line = { 0 };

    ml_buf_text(&line, "; ");
    ml_ini_write_comment(&line, text);
    ml_buf_text(&line, ml_line_break(all));
    return ml_edits_put(es, at, at, &line, 0, e);
}

/* Replaces the lines of a comment, or what stands behind its mark. A text that begins with a mark
 * of its own stands for the whole. */
static int edit_lines(ml_edits *es, const ml_node_info *info, ml_bytes text, ml_err *e)
{
    const bool marked = text.len > 0 && (text.p[0] == '#' || text.p[0] == ';');
    ml_buf out = { 0 };

    if (!marked && info->content == info->start)
        ml_buf_text(&out, "; ");
    ml_ini_write_comment(&out, text);
    return ml_edits_put(es, marked ? info->start : info->content, info->end, &out, 0, e);
}

static int edit_comment(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes text, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_bytes all = ml_doc_text(d), old = ml_doc_scalar(d, n);
    const ml_node target = info->target;
    const size_t split = target == ML_NO_NODE ? text.len : find_behind(text);
    const size_t old_split = target == ML_NO_NODE ? old.len : find_behind(old);
    const ml_bytes above = ml_bytes_slice(text, 0, split);
    int status = 0;

    if (old_split < old.len) /* the mark and all behind it, without the blank that shows it */
        status = cut_behind(es, d, target, old.len - ml_line_start(old, old.len) - 1, e);
    if (status == 0 && split < text.len) {
        const size_t at = behind_place(d, target);

        status = ml_edits_replace(
            es, at, at, ml_bytes_slice(text, ml_line_start(text, text.len) + 1, text.len), e);
    }
    if (status < 0)
        return -1;
    if (old_split == 0 && old.len > 0) /* it stood behind alone */
        return above.len == 0 ? 0 : put_above(es, d, target, above, e);
    if (split == 0 && text.len > 0)
        return ml_lines_remove(es, all, line_start(all, info->start), ml_line_next(all, info->end),
                               ml_line_break(all), e);
    return edit_lines(es, info, above, e);
}

static int edit_key(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes text, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const bool section = ml_doc_node(d, info->parent)->parent == ML_NO_NODE;
    ml_buf out = { 0 };
    int status;

    if (info->start == info->end)
        return ml_fail(e, ML_E_UNSUPPORTED, "the section DEFAULT has no header to rename");
    status = section ? ml_ini_write_section(&out, text, e) : ml_ini_write_key(&out, text, e);
    return ml_edits_put(es, info->start - section, info->end + section, &out, status, e);
}

static int edit_value(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes text, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_bytes all = ml_doc_text(d);
    const ml_bytes rest = ml_bytes_slice(all, info->end, ml_line_next(all, info->end));
    const size_t sign = ml_doc_node(d, info->key)->end;
    ml_buf out = { 0 };

    if (info->start == info->end && info->start > sign + 1 &&
        ml_text_trim_left(ml_bytes_slice(all, info->start - 1, info->start)).len > 0)
        ml_buf_byte(&out, ' '); /* `k =` */
    return ml_edits_put(es, info->start, info->end, &out,
                        ml_ini_write_value(&out, text, (ml_style)info->style, rest, e), e);
}

int ml_ini_edit_scalar(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text,
                       ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    ml_buf spelled = { 0 };
    int status;

    if (ml_bytes_equal(ml_doc_scalar(d, n), text) && type == (ml_type)info->type)
        return 0;
    if (info->kind == ML_KIND_COMMENT) {
        status = edit_comment(es, d, n, text, e);
    } else if (info->is_key) {
        status = edit_key(es, d, n, text, e);
    } else if (type == ML_TYPE_NULL) {
        status = ml_fail(e, ML_E_UNSUPPORTED, "an INI file has no null");
    } else {
        status = ml_value_spell(ML_FORMAT_INI, type, text, &spelled, e);
        if (status == 0)
            status = edit_value(es, d, n, ml_buf_bytes(&spelled), e);
    }
    ml_buf_free(&spelled);
    return status < 0 ? ml_doc_blame(d, n, e) : 0;
}

int ml_ini_edit_seal(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e)
{
    return ml_ini_edit_scalar(es, d, n, (ml_type)ml_doc_node(d, n)->type, enc, e);
}

/* Where the lines of a section begin behind its header. */
static size_t first_line(const ml_doc *d, ml_node section)
{
    const ml_bytes text = ml_doc_text(d);
    const size_t start = ml_doc_node(d, section)->start;

    return has_header(d, section) ? ml_line_next(text, start) : ml_line_start(text, start);
}

int ml_ini_edit_replace(ml_edits *es, const ml_doc *d, ml_node n, const ml_tree *tree, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const char *line_break = ml_line_break(ml_doc_text(d));
    ml_buf out = { 0 };
    int status;

    if (info->kind == ML_KIND_SCALAR && tree->kind == ML_KIND_SCALAR)
        return ml_ini_edit_scalar(es, d, n, tree->type, tree->text, e);
    if (!is_section(d, n) || tree->kind != ML_KIND_MAP || tree->count == 0) {
        ml_fail(e, ML_E_UNSUPPORTED, "an INI file holds sections of texts, and nothing below them");
        return ml_doc_blame(d, n, e);
    }
    status = ml_ini_write_keys(&out, tree, line_break, e);
    if (info->first != ML_NO_NODE)
        return ml_edits_put(es, first_line(d, n), info->end, &out, status, e);
    if (status == 0)
        status = ml_lines_insert(es, ml_doc_text(d), first_line(d, n), ml_buf_bytes(&out),
                                 line_break, e);
    ml_buf_free(&out);
    return status;
}

/* The delimiter as the line of `like` has it, in the same column if the key leaves room. */
static void add_sign(ml_buf *out, const ml_doc *d, ml_node like, size_t width)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *value = ml_doc_node(d, like);
    const ml_node_info *key = ml_doc_node(d, value->key);
    size_t sign = key->end;

    while (text.p[sign] != '=' && text.p[sign] != ':')
        sign++;
    if (sign > key->end)
        ml_buf_repeat(out, ' ', sign - key->start > width ? sign - key->start - width : 1);
    ml_buf_byte(out, text.p[sign]);
    if (value->start > sign + 1 || (value->start == value->end && sign > key->end))
        ml_buf_byte(out, ' ');
}

static int insert_key(ml_edits *es, const ml_doc *d, ml_node section, ml_node after,
                      const ml_tree *tree, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node like = after != ML_NO_NODE ? after : ml_doc_first(d, section);
    ml_buf line = { 0 }, spelled = { 0 };
    int status = ml_ini_write_key(&line, tree->key, e);

    if (status == 0 && (tree->kind != ML_KIND_SCALAR || tree->type == ML_TYPE_NULL))
        status = ml_fail(e, ML_E_UNSUPPORTED, "a section of an INI file holds texts, nothing else");
    if (status == 0) {
        if (like != ML_NO_NODE)
            add_sign(&line, d, like, line.len);
        else
            ml_buf_text(&line, " = ");
        status = ml_value_spell(ML_FORMAT_INI, tree->type, tree->text, &spelled, e);
    }
    if (status == 0)
        status = ml_ini_write_value(&line, ml_buf_bytes(&spelled), ML_STYLE_PLAIN,
                                    ml_bytes_text("\n"), e);
    if (status == 0)
        status =
            ml_lines_insert(es, text,
                            after == ML_NO_NODE ? first_line(d, section)
                                                : ml_line_next(text, ml_doc_node(d, after)->end),
                            ml_buf_bytes(&line), ml_line_break(text), e);
    ml_buf_free(&line);
    ml_buf_free(&spelled);
    return status;
}

/* Whether the line at `at` is blank, or there is none. */
static bool is_blank_line(ml_bytes text, size_t at)
{
    return ml_text_trim(ml_bytes_slice(text, at, ml_line_next(text, at))).len == 0;
}

/* Apart by blank lines from what stands before and behind. */
static int insert_section(ml_edits *es, const ml_doc *d, ml_node after, const ml_tree *tree,
                          ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const char *line_break = ml_line_break(text);
    const size_t mark = ml_ini_begin(text);
    const size_t at = after == ML_NO_NODE ? mark : ml_line_next(text, ml_doc_node(d, after)->end);
    ml_buf lines = { 0 };
    int status;

    if (tree->kind != ML_KIND_MAP)
        return ml_fail(e, ML_E_UNSUPPORTED,
                       "in an INI file every value stands in a section: SECTION/KEY");
    if (after != ML_NO_NODE)
        ml_buf_text(&lines, line_break);
    status = ml_ini_write_section(&lines, tree->key, e);
    if (tree->count > 0)
        ml_buf_text(&lines, line_break);
    if (status == 0)
        status = ml_ini_write_keys(&lines, tree, line_break, e);
    if (!is_blank_line(text, at))
        ml_buf_text(&lines, line_break);
    if (status == 0)
        status = ml_buf_check(&lines, e);
    if (status == 0)
        status = ml_lines_insert(es, text, at, ml_buf_bytes(&lines), line_break, e);
    ml_buf_free(&lines);
    return status;
}

int ml_ini_edit_insert(ml_edits *es, const ml_doc *d, ml_node into, ml_node after,
                       const ml_tree *tree, ml_err *e)
{
    const int status = is_section(d, into) ? insert_key(es, d, into, after, tree, e)
                                           : insert_section(es, d, after, tree, e);

    return status < 0 ? ml_doc_blame(d, into, e) : 0;
}

/* A section goes with the blank line above it; a comment behind something, with the blanks. */
int ml_ini_edit_remove(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    size_t start = info->key == ML_NO_NODE ? info->start : ml_doc_node(d, info->key)->start, end;
    ml_bytes lines;

    if (info->inline_comment) {
        while (start > 0 && ml_text_is_blank(text.p[start - 1]))
            start--;
        return ml_edits_cut(es, start, info->end, e);
    }
    start = ml_line_start(text, start);
    if (info->kind == ML_KIND_MAP && start > 0 &&
        is_blank_line(text, ml_line_start(text, start - 1)))
        start = ml_line_start(text, start - 1);
    end = ml_line_next(text, info->end);
    lines = ml_bytes_slice(text, start, end); /* they end as they were put there */
    return ml_lines_remove(es, text, start, end,
                           ml_line_break(ml_bytes_find(lines, 0, '\n') == SIZE_MAX ? text : lines),
                           e);
}
