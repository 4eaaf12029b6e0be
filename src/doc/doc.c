/* doc.c — the document: its nodes, their texts, and what can be asked of them; see doc.h. The
 * parsers fill it through doc_internal.h. */
#include "doc/doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "doc/doc_index.h"
#include "doc/doc_internal.h"

ml_node_info ml_doc_blank(ml_kind kind)
{
    ml_node_info info;

    memset(&info, 0, sizeof info);
    info.kind = (uint8_t)kind;
    info.parent = info.key = info.first = info.next = info.target = ML_NO_NODE;
    return info;
}

int ml_doc_add(ml_doc *d, const ml_node_info *init, ml_node *out, ml_err *e)
{
    ml_doc_entry *entry;

    if (d->count >= ML_LIMIT_NODES)
        return ml_fail(e, ML_E_LIMIT, "the document has more than %d nodes", ML_LIMIT_NODES);
    if (!ml_list_grow(&d->entries, &d->cap, d->count, sizeof *d->entries))
        return ml_fail_memory(e);
    entry = &d->entries[d->count];
    memset(entry, 0, sizeof *entry);
    entry->info = *init;
    *out = (ml_node)d->count++;
    return 0;
}

ml_node_info *ml_doc_edit_info(ml_doc *d, ml_node n)
{
    return &d->entries[n].info;
}

int ml_doc_add_root(ml_doc *d, ml_node n, ml_err *e)
{
    if (!ml_list_grow(&d->roots, &d->root_cap, d->root_count, sizeof *d->roots))
        return ml_fail_memory(e);
    d->roots[d->root_count++] = n;
    return 0;
}

int ml_doc_add_properties(ml_doc *d, ml_node n, ml_bytes anchor, ml_bytes tag, ml_err *e)
{
    if (anchor.len == 0 && tag.len == 0)
        return 0;
    if (!ml_list_grow(&d->properties, &d->property_cap, d->property_count, sizeof *d->properties))
        return ml_fail_memory(e);
    d->properties[d->property_count].node = n;
    d->properties[d->property_count].anchor = anchor;
    d->properties[d->property_count++].tag = tag;
    return 0;
}

int ml_doc_add_later(ml_doc *d, const ml_node_info *init, ml_node after, ml_bytes text, ml_err *e)
{
    ml_doc_entry *entry;

    if (!ml_list_grow(&d->later, &d->later_cap, d->later_count, sizeof *d->later))
        return ml_fail_memory(e);
    entry = &d->later[d->later_count++];
    entry->info = *init;
    entry->info.type = ML_TYPE_COMMENT;
    entry->info.next = after; /* until link_comments */
    entry->text = text.p;
    entry->text_len = (uint32_t)text.len;
    return 0;
}

void ml_doc_set_text(ml_doc *d, ml_node n, ml_bytes span)
{
    d->entries[n].text = span.p;
    d->entries[n].text_len = (uint32_t)span.len;
}

int ml_doc_copy_text(ml_doc *d, ml_node n, ml_bytes decoded, ml_err *e)
{
    unsigned char *p = ml_arena_take(&d->decoded, decoded.len, e);

    if (p == NULL)
        return -1;
    if (decoded.len > 0)
        memcpy(p, decoded.p, decoded.len);
    ml_doc_set_text(d, n, ml_bytes_of(p, decoded.len));
    return 0;
}

int ml_doc_fail_at(const ml_doc *d, size_t offset, ml_err *e, const char *format, ...)
{
    char message[ML_ERR_TEXT];
    unsigned long line, column;
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    ml_fail(e, ML_E_FORMAT, "%s", message);
    ml_text_position(d->text, offset > d->text.len ? d->text.len : offset, &line, &column);
    return ml_err_at(e, d->path, line, column);
}

/* Links every node into its parent's list, in the order of the text, and counts. Running backwards
 * lets each child be put in front. */
static void link_children(ml_doc *d)
{
    size_t i = d->count;

    while (i-- > 0) {
        ml_node_info *child = &d->entries[i].info;

        if (child->parent == ML_NO_NODE || child->is_key || child->kind == ML_KIND_COMMENT)
            continue;
        child->next = d->entries[child->parent].info.first;
        d->entries[child->parent].info.first = (ml_node)i;
        d->entries[child->parent].info.count++;
    }
}

/* Adds the comments that were kept, each behind the sibling that it stands behind. Backwards, so
 * that several behind one keep their order. */
static int link_comments(ml_doc *d, ml_err *e)
{
    const size_t first = d->count;
    size_t i;
    ml_node n;

    for (i = 0; i < d->later_count; i++) {
        if (ml_doc_add(d, &d->later[i].info, &n, e) < 0)
            return -1;
        ml_doc_set_text(d, n, ml_bytes_of(d->later[i].text, d->later[i].text_len));
    }
    for (i = d->count; i-- > first;) {
        ml_node_info *comment = &d->entries[i].info;
        ml_node *place = comment->next == ML_NO_NODE ? &d->entries[comment->parent].info.first
                                                     : &d->entries[comment->next].info.next;

        comment->next = *place;
        *place = (ml_node)i;
    }
    return 0;
}

static int check_text(const ml_doc *d, ml_err *e)
{
    size_t bad;

    if (d->text.len > ML_LIMIT_FILE)
        return ml_fail(e, ML_E_LIMIT, "the document is larger than %d bytes", ML_LIMIT_FILE);
    if (d->format != ML_FORMAT_YAML && d->format != ML_FORMAT_JSON)
        return 0; /* sops takes any bytes */
    bad = ml_utf8_check(d->text);
    return bad == SIZE_MAX ? 0 : ml_doc_fail_at(d, bad, e, "the text is not UTF-8");
}

static int parse_into(ml_doc *d, ml_err *e)
{
    static int (*const parsers[])(ml_doc * d, ml_err * e) = {
        [ML_FORMAT_YAML] = ml_yaml_parse,
        [ML_FORMAT_JSON] = ml_json_parse,
        [ML_FORMAT_DOTENV] = ml_dotenv_parse,
        [ML_FORMAT_INI] = ml_ini_parse,
    };

    if (check_text(d, e) < 0 || parsers[d->format](d, e) < 0)
        return -1;
    link_children(d);
    if (ml_doc_build_index(d, e) < 0)
        return -1;
    return d->format == ML_FORMAT_YAML ? ml_yaml_place_comments(d, e) : link_comments(d, e);
}

int ml_doc_parse(ml_doc **out, ml_format format, ml_bytes text, const char *path, ml_err *e)
{
    ml_doc *d = calloc(1, sizeof *d);

    *out = NULL;
    if (d == NULL)
        return ml_fail_memory(e);
    d->format = format;
    d->text = text;
    d->seed = ml_doc_seed(d);
    d->path = strdup(path == NULL ? "" : path);
    if (d->path == NULL) {
        free(d);
        return ml_fail_memory(e);
    }
    if (parse_into(d, e) < 0) {
        if (d->path[0] != '\0')
            ml_err_at(e, d->path, 0, 0);
        ml_doc_free(d);
        return -1;
    }
    *out = d;
    return 0;
}

void ml_doc_free(ml_doc *d)
{
    if (d == NULL)
        return;
    ml_yaml_drop_comments(d);
    ml_arena_free(&d->decoded);
    free(d->entries);
    free(d->roots);
    free(d->properties);
    free(d->later);
    free(d->index);
    free(d->path);
    free(d);
}

ml_format ml_doc_format(const ml_doc *d)
{
    return d->format;
}

ml_bytes ml_doc_text(const ml_doc *d)
{
    return d->text;
}

const char *ml_doc_path(const ml_doc *d)
{
    return d->path;
}

size_t ml_doc_roots(const ml_doc *d)
{
    return d->root_count;
}

ml_node ml_doc_root(const ml_doc *d, size_t index)
{
    return index < d->root_count ? d->roots[index] : ML_NO_NODE;
}

size_t ml_doc_count(const ml_doc *d)
{
    return d->count;
}

const ml_node_info *ml_doc_node(const ml_doc *d, ml_node n)
{
    return &d->entries[n].info;
}

ml_node ml_doc_behind(const ml_doc *d, ml_node n)
{
    ml_node at = n + 1;

    while (at < d->count && d->entries[at].info.kind != ML_KIND_COMMENT &&
           d->entries[at].info.parent != ML_NO_NODE && d->entries[at].info.parent >= n)
        at++;
    return at;
}

ml_bytes ml_doc_scalar(const ml_doc *d, ml_node n)
{
    return ml_bytes_of(d->entries[n].text, d->entries[n].text_len);
}

/* The properties of a node, by binary search; NULL when it has none. */
static const ml_doc_properties *properties_of(const ml_doc *d, ml_node n)
{
    size_t low = 0, high = d->property_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (d->properties[middle].node < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low < d->property_count && d->properties[low].node == n ? &d->properties[low] : NULL;
}

ml_bytes ml_doc_anchor(const ml_doc *d, ml_node n)
{
    const ml_doc_properties *p = properties_of(d, n);

    return p == NULL ? ml_bytes_of(NULL, 0) : p->anchor;
}

ml_bytes ml_doc_tag(const ml_doc *d, ml_node n)
{
    const ml_doc_properties *p = properties_of(d, n);

    return p == NULL ? ml_bytes_of(NULL, 0) : p->tag;
}

ml_node ml_doc_resolve(const ml_doc *d, ml_node n)
{
    const ml_node_info *info = ml_doc_node(d, n);

    return info->kind == ML_KIND_ALIAS ? info->target : n;
}

/* The first of n and the siblings behind it that is no comment. */
static ml_node pass_comments(const ml_doc *d, ml_node n)
{
    while (n != ML_NO_NODE && ml_doc_node(d, n)->kind == ML_KIND_COMMENT)
        n = ml_doc_node(d, n)->next;
    return n;
}

/* The last one in the list of siblings from n on, before `end`, that is no comment. */
static ml_node last_before(const ml_doc *d, ml_node n, ml_node end)
{
    ml_node last = ML_NO_NODE;

    for (; n != end; n = ml_doc_node(d, n)->next)
        if (ml_doc_node(d, n)->kind != ML_KIND_COMMENT)
            last = n;
    return last;
}

ml_node ml_doc_first(const ml_doc *d, ml_node n)
{
    return pass_comments(d, ml_doc_node(d, n)->first);
}

ml_node ml_doc_last(const ml_doc *d, ml_node n)
{
    return last_before(d, ml_doc_node(d, n)->first, ML_NO_NODE);
}

ml_node ml_doc_previous(const ml_doc *d, ml_node n)
{
    return last_before(d, ml_doc_node(d, ml_doc_node(d, n)->parent)->first, n);
}

ml_node ml_doc_following(const ml_doc *d, ml_node n)
{
    return pass_comments(d, ml_doc_node(d, n)->next);
}

ml_node ml_doc_item(const ml_doc *d, ml_node n, size_t index)
{
    const ml_node_info *list = ml_doc_node(d, ml_doc_resolve(d, n));
    ml_node child;

    if (list->kind != ML_KIND_LIST || index >= list->count)
        return ML_NO_NODE;
    for (child = pass_comments(d, list->first); index > 0; index--)
        child = ml_doc_following(d, child);
    return child;
}

int ml_doc_blame(const ml_doc *d, ml_node n, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, n);

    return ml_err_at(e, d->path[0] == '\0' ? NULL : d->path, info->line, info->column);
}
