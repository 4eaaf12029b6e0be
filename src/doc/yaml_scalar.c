/* yaml_scalar.c — scalars and comments of a YAML text replaced, sealed and unsealed; see edit.h. */
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "doc/value.h"
#include "doc/yaml_edit.h"
#include "doc/yaml_spell.h"
#include "doc/yaml_tag.h"
#include "doc/yaml_text.h"

size_t ml_yaml_around(const ml_doc *d, ml_node n)
{
    const ml_node parent = ml_doc_node(d, n)->parent;

    return parent == ML_NO_NODE ? 0 : ml_doc_node(d, parent)->indent;
}

void ml_yaml_look_behind(ml_yaml_place *place, ml_bytes text, size_t end)
{
    size_t line = end, content = ml_yaml_skip_blanks(text, end);

    /* What follows on the same line would join the last line of a block scalar, and so would a line
     * of blanks that is longer than its indentation. */
    if (content > end || (content < text.len && ml_yaml_break(text, content) == 0))
        place->block = false;
    place->breaks = 0;
    while (content < text.len && ml_yaml_break(text, content) > 0) {
        place->breaks++;
        if (text.p[content] == 0xE2) /* U+2028 or U+2029, which would be part of the text */
            place->block = false;
        line = content + ml_yaml_break(text, content);
        content = ml_yaml_skip_blanks(text, line);
        if ((content == text.len || ml_yaml_break(text, content) > 0) &&
            (content - line > place->indent ||
             ml_bytes_find(ml_bytes_slice(text, line, content), 0, '\t') != SIZE_MAX))
            place->block = false;
    }
    place->deep =
        place->breaks > 0 && content - line >= place->indent && ml_yaml_is_comment(text, content);
}

/* Where the indicators of a block scalar's header end; *digit: one of them is a digit. */
static size_t header_end(ml_bytes text, const ml_node_info *info, bool *digit)
{
    const size_t end = ml_yaml_line_end(text, info->content);
    size_t at = info->content + 1;

    for (; at < end && strchr("+-123456789", text.p[at]) != NULL; at++)
        *digit = *digit || (text.p[at] >= '1' && text.p[at] <= '9');
    return at;
}

static bool is_block(const ml_node_info *info)
{
    return info->kind == ML_KIND_SCALAR && info->style >= ML_STYLE_LITERAL;
}

/* Whether a tag must go when the value becomes of `type`; `!!str` and a site's own tags say text.
 */
static bool contradicts(ml_bytes tag, ml_type type)
{
    const ml_bytes word = ml_yaml_core_word(tag);
    ml_type promised;

    if (tag.len == 0 || ml_bytes_is(tag, "!"))
        return false;
    if (ml_bytes_is(word, "binary"))
        return true;
    return type != (ml_yaml_core_type(word, &promised) ? promised : ML_TYPE_STR);
}

ml_bytes ml_yaml_sealed_tag(const ml_doc *d, ml_node n)
{
    const ml_bytes tag = ml_doc_tag(d, n), word = ml_yaml_core_word(tag);

    return word.len == 0 || ml_bytes_is(word, "str") ? ml_bytes_of(NULL, 0) : tag;
}

int ml_yaml_drop_tag(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_bytes tag = ml_doc_tag(d, n), text = ml_doc_text(d);
    const size_t start = (size_t)(tag.p - text.p);
    size_t end = ml_yaml_skip_blanks(text, start + tag.len);

    if (end > ml_doc_node(d, n)->content)
        end = ml_doc_node(d, n)->content;
    return ml_edits_cut(es, start, end, e);
}

/* The column of the lines of a block scalar that stands where there was none. */
static size_t new_block_column(ml_edits *es, const ml_doc *d, ml_node n)
{
    const ml_node parent = ml_doc_node(d, n)->parent;
    const bool after_dash = parent != ML_NO_NODE && ml_doc_node(d, parent)->kind == ML_KIND_LIST;

    return ml_yaml_block_column(ml_yaml_layout_of(es, d), ml_yaml_around(d, n), after_dash);
}

void ml_yaml_describe(ml_yaml_place *place, ml_edits *es, const ml_doc *d, ml_node n,
                      bool keeps_tag)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);

    memset(place, 0, sizeof *place);
    place->flow = info->flow;
    place->line_start = ml_yaml_is_line_start(text, info->content);
    place->typed = keeps_tag && !ml_bytes_is(ml_doc_tag(d, n), "!");
    place->block = true;
    place->around = ml_yaml_around(d, n);
    place->indent = is_block(info) && info->indent > 0 ? info->indent : new_block_column(es, d, n);
    place->newline = ml_yaml_layout_of(es, d)->newline;
    if (is_block(info))
        (void)header_end(text, info, &place->keep_digit);
    ml_yaml_look_behind(place, text, info->end);
}

/* Whether a sealed scalar says that it was plain where ENC alone does not: its last bracket is
 * escaped. */
static bool is_marked_plain(const ml_doc *d, const ml_node_info *info)
{
    const ml_bytes raw = ml_bytes_slice(ml_doc_text(d), info->content, info->end);

    return info->style == ML_STYLE_DOUBLE && ml_bytes_ends(raw, "\\x5D\"");
}

/* The colon that a key without a value can do without; in a block only one behind a question mark
 * can, and has it on a line of its own. */
static void write_colon(ml_buf *out, const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_bytes text = ml_doc_text(d);

    if (info->key == ML_NO_NODE || info->start < info->content ||
        ml_yaml_colon(text, ml_doc_node(d, info->key)->end) < info->content)
        return;
    if (!info->flow) {
        ml_buf_add(out, ml_yaml_newline(text));
        ml_buf_repeat(out, ' ', ml_yaml_around(d, n));
    }
    ml_buf_byte(out, ':');
}

/* What must stand before a value: where there was none, or an anchor that the old one could follow
 * at once (`&a:x`), a blank; for a block scalar, which may begin left of where all others may, its
 * indentation. */
static void write_lead(ml_buf *out, const ml_doc *d, ml_node n)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);

    if (is_block(info) && !info->flow && info->parent != ML_NO_NODE) {
        const size_t column = info->content - ml_yaml_line_start(text, info->content);
        const size_t around = ml_yaml_around(d, n);

        if (column <= around)
            ml_buf_repeat(out, ' ', around + 1 - column);
    }
    if ((info->end > info->content && info->start == info->content) || info->content == 0)
        return;
    if (info->end == info->content)
        write_colon(out, d, n);
    if (out->len > 0 || strchr(" \t\n\r", text.p[info->content - 1]) == NULL)
        ml_buf_byte(out, ' ');
}

static int unsupported_comment(const ml_doc *d, ml_node n, ml_err *e)
{
    ml_fail(e, ML_E_FORMAT, "the text cannot stand as a comment");
    return ml_doc_blame(d, n, e);
}

/* A comment's text, or an item of a list that becomes a comment line. */
static int edit_comment(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes text, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    size_t start = info->start;
    ml_buf line = { 0 };
    int result;

    if (!ml_yaml_single_fits(text))
        return unsupported_comment(d, n, e);
    if (info->kind != ML_KIND_COMMENT) {
        const ml_bytes all = ml_doc_text(d);

        while (start > 0 && ml_text_is_blank(all.p[start - 1]))
            start--;
        if (info->flow || info->key != ML_NO_NODE || start == 0 || all.p[start - 1] != '-')
            return unsupported_comment(d, n, e);
        start--;
    }
    ml_buf_byte(&line, '#');
    ml_buf_add(&line, text);
    result = ml_buf_check(&line, e);
    if (result == 0)
        result = ml_edits_replace(es, start, info->end, ml_buf_bytes(&line), e);
    ml_buf_free(&line);
    return result;
}

int ml_yaml_edit_strip(ml_edits *es, const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, n);
    bool digit = false;
    size_t at = info->content + 1, end;

    if (!is_block(info))
        return 0;
    end = header_end(text, info, &digit);
    while (at < end && text.p[at] != '+' && text.p[at] != '-')
        at++;
    return ml_edits_replace(es, at, at < end ? at + 1 : at, ml_bytes_text("-"), e);
}

/* A comment may follow quotes at once, and all else behind a blank only. */
static void keep_apart(ml_buf *out, size_t lead, ml_bytes text, size_t end)
{
    const bool quoted = out->len > lead && (out->p[lead] == '"' || out->p[lead] == '\'');

    if (ml_yaml_is_comment(text, end) && !quoted)
        ml_buf_byte(out, ' ');
}

/* Puts `out` in place of n's content. A comment in the header of a block scalar is a node of its
 * own, which may be edited as well: it stays, and the rest is two edits around it. */
static int put(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes out, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_bytes text = ml_doc_text(d);
    bool digit = false;
    size_t head, line, body;

    if (!is_block(info))
        return ml_edits_replace(es, info->content, info->end, out, e);
    head = header_end(text, info, &digit);
    line = ml_yaml_line_end(text, info->content);
    if (ml_bytes_find(ml_bytes_slice(text, head, line), 0, '#') == SIZE_MAX)
        return ml_edits_replace(es, info->content, info->end, out, e);
    body = ml_yaml_line_end(out, 0);
    if (ml_edits_replace(es, info->content, head, ml_bytes_slice(out, 0, body), e) < 0)
        return -1;
    if (ml_yaml_is_comment(text, head) &&
        ml_edits_replace(es, head, head, ml_bytes_text(" "), e) < 0)
        return -1;
    return ml_edits_replace(es, line, info->end > line ? info->end : line,
                            ml_bytes_slice(out, body, out.len), e);
}

int ml_yaml_edit_scalar(ml_edits *es, const ml_doc *d, ml_node n, ml_type type, ml_bytes text,
                        ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const bool sealed = ml_bytes_starts(ml_doc_scalar(d, n), ML_SEALED);
    const bool marked = sealed && is_marked_plain(d, info);
    const bool drop = contradicts(ml_doc_tag(d, n), type);
    ml_yaml_place place;
    ml_buf out = { 0 };
    size_t lead;
    int result;

    if (info->kind == ML_KIND_COMMENT || type == ML_TYPE_COMMENT)
        return edit_comment(es, d, n, text, e);
    if (ml_edit_is_done(d, n, type, text))
        return 0;
    ml_yaml_describe(&place, es, d, n, !drop && ml_doc_tag(d, n).len > 0);
    write_lead(&out, d, n);
    lead = out.len;
    result = ml_yaml_write_scalar(&out, &place, marked ? ML_STYLE_PLAIN : (ml_style)info->style,
                                  marked, type, text, e);
    keep_apart(&out, lead, ml_doc_text(d), info->end);
    if (result == 0)
        result = ml_buf_check(&out, e);
    if (result == 0 && drop)
        result = ml_yaml_drop_tag(es, d, n, e);
    if (result == 0)
        result = put(es, d, n, ml_buf_bytes(&out), e);
    ml_buf_free(&out);
    return result;
}

/* A block scalar sealed: its header with '-', and one line. */
static void seal_block(ml_buf *out, ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_bytes text = ml_doc_text(d);
    ml_yaml_place place;

    ml_yaml_describe(&place, es, d, n, true);
    ml_buf_byte(out, text.p[info->content]);
    if (place.keep_digit)
        ml_buf_byte(out, (unsigned char)('0' + place.indent - place.around));
    ml_buf_byte(out, '-');
    ml_yaml_write_literal(out, enc, place.indent, place.newline);
}

/* Text without quotes that comes back in quotes or as a block scalar: over several lines, or with
 * what may not stand without quotes (a byte order mark in front). */
static bool cannot_come_back(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_bytes text = ml_doc_text(d);

    if (info->style != ML_STYLE_PLAIN || !ml_yaml_tab_below(text, info->end))
        return false;
    return ml_yaml_line_end(text, info->content) < info->end ||
           (info->type == ML_TYPE_STR &&
            !ml_yaml_plain_fits(ml_doc_scalar(d, n), info->flow, false));
}

/* Whether a plain scalar cannot be sealed as a plain ENC: in brackets that may not stand, and text
 * that YAML 1.1 reads as something else (`yes`) would be put in quotes when it comes back, as sops
 * has it. */
static bool needs_mark(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);

    return info->flow || (info->type == ML_TYPE_STR && !ml_yaml_reads_as_text(ml_doc_scalar(d, n)));
}

int ml_yaml_edit_seal(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);
    ml_buf out = { 0 };
    int result = 0;

    if (info->kind == ML_KIND_COMMENT)
        return edit_comment(es, d, n, enc, e);
    if (cannot_come_back(d, n)) {
        ml_fail(e, ML_E_UNSUPPORTED, "a line below this text begins with a tab");
        ml_err_hint(e, "put the text in quotes, and blanks or nothing on that line");
        return ml_doc_blame(d, n, e);
    }
    if (ml_yaml_sealed_tag(d, n).len > 0)
        result = ml_yaml_drop_tag(es, d, n, e);
    write_lead(&out, d, n);
    if (is_block(info))
        seal_block(&out, es, d, n, enc);
    else if (info->style == ML_STYLE_PLAIN && needs_mark(d, n))
        ml_yaml_write_double(&out, enc, true);
    else if (info->style == ML_STYLE_PLAIN)
        ml_buf_add(&out, enc);
    else if (info->style == ML_STYLE_SINGLE)
        ml_yaml_write_single(&out, enc);
    else
        ml_yaml_write_double(&out, enc, false);
    if (result == 0)
        result = ml_buf_check(&out, e);
    if (result == 0)
        result = put(es, d, n, ml_buf_bytes(&out), e);
    ml_buf_free(&out);
    return result;
}
