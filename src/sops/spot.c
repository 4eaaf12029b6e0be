/* spot.c — where the metadata stands in a file, so that taking it away gives back exactly the bytes
 * there were before it was put there. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "doc/lines.h"
#include "doc/yaml_entry.h"
#include "doc/yaml_text.h"
#include "sops/file_internal.h"

/* The first line at or behind `from` that ends the document: `...`, `---`, or the text's end. */
static size_t document_end(ml_bytes text, size_t from)
{
    size_t at = from;

    for (;;) {
        at = ml_yaml_line_end(text, at);
        if (at == text.len)
            return at;
        at += ml_yaml_break(text, at);
        if (at + 3 <= text.len &&
            (memcmp(text.p + at, "---", 3) == 0 || memcmp(text.p + at, "...", 3) == 0) &&
            (ml_yaml_skip_blanks(text, at + 3) > at + 3 || at + 3 == text.len ||
             ml_yaml_break(text, at + 3) > 0))
            return at;
    }
}

/* The step of indentation of the first nested block map; 4, sops' own, when there is none. */
static unsigned yaml_step(const ml_doc *d)
{
    ml_node n;

    for (n = 0; n < ml_doc_count(d); n++) {
        const ml_node_info *info = ml_doc_node(d, n);

        if (info->kind == ML_KIND_MAP && !info->flow && info->key != ML_NO_NODE &&
            info->indent > ml_doc_node(d, info->parent)->indent)
            return info->indent - ml_doc_node(d, info->parent)->indent == 2 ? 2 : 4;
    }
    return 4;
}

static int block_spot(ml_sops_spot *spot, const ml_doc *d, const ml_node_info *root, ml_err *e)
{
    const ml_bytes text = ml_doc_text(d), line_break = ml_yaml_newline(text);
    const unsigned indent = root->indent, step = yaml_step(d);

    if (indent > 40)
        return ml_fail(e, ML_E_UNSUPPORTED, "the document is indented by more than 40 columns");
    spot->layout = ML_SOPS_BLOCK;
    spot->at = document_end(text, root->end > 0 ? root->end - 1 : 0);
    snprintf(spot->line_break, sizeof spot->line_break, "%.*s%*s", (int)line_break.len,
             (const char *)line_break.p, (int)indent, "");
    snprintf(spot->unit, sizeof spot->unit, "%*s", (int)step, "");
    if (ml_yaml_break_before(text, spot->at) > 0) {
        snprintf(spot->before, sizeof spot->before, "%*s", (int)indent, "");
        snprintf(spot->after, sizeof spot->after, "%.*s", (int)line_break.len,
                 (const char *)line_break.p);
    } else {
        snprintf(spot->before, sizeof spot->before, "%s", spot->line_break);
    }
    return 0;
}

/* Between empty braces: on the line, or between {} of JSON as sops lays it out. */
static void empty_spot(ml_sops_spot *spot, const ml_doc *d, const ml_node_info *root)
{
    spot->at = root->start + 1;
    spot->layout = ML_SOPS_COMPACT;
    if (ml_doc_format(d) != ML_FORMAT_JSON || ml_doc_text(d).p[spot->at] != '}')
        return;
    spot->layout = ML_SOPS_LINES;
    snprintf(spot->unit, sizeof spot->unit, "\t");
    snprintf(spot->line_break, sizeof spot->line_break, "\n");
    snprintf(spot->before, sizeof spot->before, "\n\t");
    snprintf(spot->after, sizeof spot->after, "\n");
}

/* Braces with nothing in them, alone on a line: what is put there later shall stand in lines, and
 * so shall the metadata. */
static bool is_bare(const ml_doc *d, const ml_node_info *root)
{
    const ml_bytes text = ml_doc_text(d);

    return ml_doc_format(d) == ML_FORMAT_YAML && root->first == ML_NO_NODE &&
           root->end - root->start == 2 && ml_yaml_line_start(text, root->start) == root->start &&
           ml_yaml_break(text, root->end) > 0;
}

static void bare_spot(ml_sops_spot *spot, const ml_doc *d, const ml_node_info *root)
{
    const ml_bytes line_break = ml_yaml_newline(ml_doc_text(d));

    spot->layout = ML_SOPS_BLOCK;
    spot->at = root->start;
    spot->taken = 2;
    snprintf(spot->line_break, sizeof spot->line_break, "%.*s", (int)line_break.len,
             (const char *)line_break.p);
    snprintf(spot->unit, sizeof spot->unit, "%4s", "");
}

/* Behind the last member, in the way the members stand: each on a line, or all on one. */
static void flow_spot(ml_sops_spot *spot, const ml_doc *d, ml_node n)
{
    const ml_node_info *root = ml_doc_node(d, n);
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *child;
    const ml_node last = ml_doc_last(d, n);
    size_t key_at, line, i;

    if (last == ML_NO_NODE) {
        empty_spot(spot, d, root);
        return;
    }
    child = ml_doc_node(d, last);
    spot->at = child->end;
    spot->layout = ML_SOPS_COMPACT;
    snprintf(spot->before, sizeof spot->before, ml_yaml_needs_blank(d, last) ? " , " : ", ");
    key_at = ml_doc_node(d, child->key)->start;
    line = ml_line_start(text, key_at);
    if (line <= root->start || ml_doc_format(d) != ML_FORMAT_JSON || key_at - line > 40)
        return;
    for (i = line; i < key_at; i++)
        if (!ml_text_is_blank(text.p[i]))
            return; /* two members on one line */
    spot->layout = ML_SOPS_LINES;
    if (key_at - line < sizeof spot->unit)
        snprintf(spot->unit, sizeof spot->unit, "%.*s", (int)(key_at - line),
                 (const char *)text.p + line);
    else
        snprintf(spot->unit, sizeof spot->unit, "\t");
    snprintf(spot->line_break, sizeof spot->line_break, "%s", ml_line_break(text));
    snprintf(spot->before, sizeof spot->before, ",%s%.*s", spot->line_break, (int)(key_at - line),
             (const char *)text.p + line);
}

int ml_sops_spot_find(ml_sops_spot *spot, const ml_doc *clear, size_t root_index, ml_err *e)
{
    const ml_node root = ml_doc_root(clear, root_index);
    const ml_node_info *info = ml_doc_node(clear, root);

    memset(spot, 0, sizeof *spot);
    if (info->flow && is_bare(clear, info))
        bare_spot(spot, clear, info);
    else if (info->flow)
        flow_spot(spot, clear, root);
    else if (block_spot(spot, clear, info, e) < 0)
        return ml_doc_blame(clear, root, e);
    return 0;
}

/* Inside braces: with the comma before it, or, as the first member, the one behind it. */
static void flow_span(const ml_doc *d, ml_node map, size_t *start, size_t *end)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node before = ml_doc_previous(d, map);
    size_t at = *start;

    while (at > 0 && ml_text_is_space(text.p[at - 1]))
        at--;
    /* the comma, unless it is one in a comment */
    if (before != ML_NO_NODE && ml_yaml_skip_gap(text, ml_doc_node(d, before)->end) + 1 == at &&
        text.p[at - 1] == ',') {
        *start = at - 1;
        if (ml_yaml_needs_blank(d, before) && *start == ml_doc_node(d, before)->end + 1)
            (*start)--; /* with the blank that was put there, too */
        return;
    }
    at = *end;
    while (at < text.len && ml_text_is_space(text.p[at]))
        at++;
    if (at < text.len && text.p[at] == ',') {
        at++;
        while (at < text.len && ml_text_is_space(text.p[at]))
            at++;
        *end = at;
    } else if (*start > 2 && memcmp(text.p + *start - 3, "{\n\t", 3) == 0 && at == *end + 1 &&
               memcmp(text.p + *end, "\n}", 2) == 0) {
        *start -= 2; /* as empty_spot laid it out */
        *end = at;
    }
}

void ml_sops_metadata_span(const ml_doc *d, ml_node map, size_t *start, size_t *end)
{
    const ml_bytes text = ml_doc_text(d);
    const ml_node_info *info = ml_doc_node(d, map);

    *start = ml_doc_node(d, info->key)->start;
    *end = info->end;
    if (ml_doc_node(d, info->parent)->flow) {
        flow_span(d, map, start, end);
        return;
    }
    *start = ml_yaml_line_start(text, *start);
    if (ml_yaml_break_before(text, *end) == 0) {
        *end = ml_yaml_line_end(text, *end);
        *end += *end < text.len ? ml_yaml_break(text, *end) : 0;
    }
    /* The text ends without a line break: then the one before the metadata was put there. */
    if (*end == text.len && ml_yaml_break_before(text, *end) == 0)
        *start -= ml_yaml_break_before(text, *start);
}
