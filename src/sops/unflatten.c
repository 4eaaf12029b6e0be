/* unflatten.c — flattened metadata as the nested document that it stands for; see flat.h.
 *
 * The lines are sorted by the way they name, so that all of one list or map are neighbours; then
 * one pass writes the document, and every contradiction is one between neighbours. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/text.h"
#include "doc/json_edit.h"
#include "sops/flat.h"

/* One step of a way: a key, or the number of an element. */
typedef struct step {
    bool element;
    unsigned long index;
    ml_bytes key;
} step;

typedef struct leaf {
    const step *steps;
    size_t first, count; /* `steps` begins there in the list of all */
    ml_node node;
} leaf;

typedef struct flat {
    const ml_doc *d;
    step *steps;
    size_t step_count, step_cap;
    leaf *leaves;
    size_t count;
    ml_buf *out;
} flat;

static int fail_at(const flat *f, const leaf *l, ml_err *e, const char *what)
{
    const ml_bytes name = ml_doc_scalar(f->d, ml_doc_node(f->d, l->node)->key);

    ml_fail(e, ML_E_FORMAT, "sops metadata: '%.*s': %s", (int)(name.len > 100 ? 100 : name.len),
            (const char *)name.p, what);
    return ml_doc_blame(f->d, l->node, e);
}

/* As Go's Atoi, whose error sops does not look at: what is no number is 0. Too large ones and
 * negative ones are larger than any list. */
static unsigned long read_index(ml_bytes text)
{
    const bool sign = text.len > 0 && (text.p[0] == '-' || text.p[0] == '+');
    unsigned long index = 0;
    size_t i;

    for (i = sign; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return 0;
        index = index > 100000000 ? index : index * 10 + (unsigned long)(text.p[i] - '0');
    }
    return index > 0 && text.p[0] == '-' ? 1000000000 : index;
}

static int add_step(flat *f, bool element, ml_bytes text, ml_err *e)
{
    if (!ml_list_grow(&f->steps, &f->step_cap, f->step_count, sizeof *f->steps))
        return ml_fail_memory(e);
    f->steps[f->step_count].element = element;
    f->steps[f->step_count].index = element ? read_index(text) : 0;
    f->steps[f->step_count++].key = text;
    return 0;
}

/* Splits a name at its marks. */
static int add_leaf(flat *f, ml_node n, ml_bytes name, ml_err *e)
{
    static const char map[] = "__map_", list[] = "__list_";
    leaf *l = &f->leaves[f->count++];
    size_t from = 0, at = 0;
    bool element = false;

    l->node = n;
    l->first = f->step_count;
    while (at < name.len) {
        const ml_bytes rest = ml_bytes_slice(name, at, name.len);
        const bool is_map = ml_bytes_starts(rest, map), is_list = ml_bytes_starts(rest, list);

        if (!is_map && !is_list) {
            at++;
            continue;
        }
        if (add_step(f, element, ml_bytes_slice(name, from, at), e) < 0)
            return -1;
        at += is_map ? sizeof map - 1 : sizeof list - 1;
        from = at;
        element = is_list;
    }
    if (add_step(f, element, ml_bytes_slice(name, from, name.len), e) < 0)
        return -1;
    l->count = f->step_count - l->first;
    return 0;
}

/* sops takes one section of metadata and no more. */
static int check_sections(const flat *f, ml_node holder, ml_err *e)
{
    ml_node n;

    for (n = ml_doc_node(f->d, holder)->next; n != ML_NO_NODE; n = ml_doc_node(f->d, n)->next)
        if (ml_doc_node(f->d, n)->kind == ML_KIND_MAP &&
            ml_bytes_is(ml_doc_scalar(f->d, ml_doc_node(f->d, n)->key), "sops")) {
            ml_fail(e, ML_E_FORMAT, "the file has the section 'sops' twice");
            return ml_doc_blame(f->d, n, e);
        }
    return 0;
}

/* All lines of metadata. */
static int collect(flat *f, ml_err *e)
{
    const size_t prefix = ml_doc_format(f->d) == ML_FORMAT_DOTENV ? strlen("sops_") : 0;
    const ml_node holder = ml_sops_flat_holder(f->d);
    ml_node n;
    size_t i;

    if (holder == ML_NO_NODE)
        return 0;
    f->leaves = calloc((size_t)ml_doc_node(f->d, holder)->count + 1, sizeof *f->leaves);
    if (f->leaves == NULL)
        return ml_fail_memory(e);
    for (n = ml_doc_node(f->d, holder)->first; n != ML_NO_NODE; n = ml_doc_node(f->d, n)->next) {
        ml_bytes name;

        if (!ml_sops_flat_is_line(f->d, n))
            continue;
        name = ml_doc_scalar(f->d, ml_doc_node(f->d, n)->key);
        if (add_leaf(f, n, ml_bytes_slice(name, prefix, name.len), e) < 0)
            return -1;
    }
    for (i = 0; i < f->count; i++) /* now they no longer move */
        f->leaves[i].steps = f->steps + f->leaves[i].first;
    return check_sections(f, holder, e);
}

static int compare_steps(const step *a, const step *b)
{
    if (a->element != b->element)
        return a->element ? -1 : 1;
    if (!a->element)
        return ml_bytes_compare(a->key, b->key);
    return a->index < b->index ? -1 : a->index > b->index;
}

static size_t common(const leaf *a, const leaf *b)
{
    size_t i = 0;

    while (i < a->count && i < b->count && compare_steps(&a->steps[i], &b->steps[i]) == 0)
        i++;
    return i;
}

static int compare_leaves(const void *left, const void *right)
{
    const leaf *a = left, *b = right;
    const size_t same = common(a, b);

    if (same < a->count && same < b->count)
        return compare_steps(&a->steps[same], &b->steps[same]);
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    return a->node < b->node ? -1 : a->node > b->node;
}

/* Whether a way may follow its neighbour `before`, with which it shares `same` steps. */
static int check(const flat *f, const leaf *before, const leaf *l, size_t same, ml_err *e)
{
    size_t i;

    if (before != NULL && same == l->count)
        return fail_at(f, l, e, "Duplicate value");
    if (before != NULL &&
        (same == before->count || before->steps[same].element != l->steps[same].element))
        return fail_at(f, l, e,
                       "Type mismatch: the name stands for a text elsewhere, or for both "
                       "a list and a map");
    if (before != NULL && l->steps[same].element &&
        l->steps[same].index != before->steps[same].index + 1)
        return fail_at(f, l, e, "Incomplete list: an element is missing");
    for (i = before == NULL ? 0 : same + 1; i < l->count; i++)
        if (l->steps[i].element && l->steps[i].index != 0)
            return fail_at(f, l, e, "Incomplete list: the first element is missing");
    return 0;
}

static void close_containers(const flat *f, const leaf *l, size_t down_to)
{
    size_t i;

    for (i = l->count; i-- > down_to + 1;)
        ml_buf_byte(f->out, l->steps[i].element ? ']' : '}');
}

static int add_text(const flat *f, const leaf *l, ml_err *e)
{
    const ml_bytes raw = ml_doc_scalar(f->d, l->node);
    ml_buf text = { 0 };
    size_t i;
    int status;

    for (i = 0; i < raw.len; i++) {
        /* In INI a backslash and n is a line break; of dotenv the document has dealt with it. */
        const bool is_break = ml_doc_format(f->d) == ML_FORMAT_INI && raw.p[i] == '\\' &&
                              i + 1 < raw.len && raw.p[i + 1] == 'n';

        ml_buf_byte(&text, is_break ? '\n' : raw.p[i]);
        i += is_break;
    }
    status = ml_buf_check(&text, e);
    if (status == 0)
        status = ml_json_write_text(f->out, ml_buf_bytes(&text), e);
    ml_buf_free(&text);
    return status;
}

/* `at`: the line that has been reached. */
static int add_way(const flat *f, uint32_t *at, const leaf *before, const leaf *l, ml_err *e)
{
    const size_t same = before == NULL ? 0 : common(before, l);
    const uint32_t line = ml_doc_node(f->d, l->node)->line;
    size_t i;

    if (check(f, before, l, same, e) < 0)
        return -1;
    if (before != NULL) {
        close_containers(f, before, same);
        ml_buf_byte(f->out, ',');
    }
    for (; *at < line; ++*at)
        ml_buf_byte(f->out, '\n');
    for (i = same; i < l->count; i++) {
        if (i > same || before == NULL)
            ml_buf_byte(f->out, l->steps[i].element ? '[' : '{');
        if (!l->steps[i].element) {
            if (ml_utf8_check(l->steps[i].key) != SIZE_MAX)
                return fail_at(f, l, e, "the name is not UTF-8");
            if (ml_json_write_text(f->out, l->steps[i].key, e) < 0)
                return -1;
            ml_buf_byte(f->out, ':');
        }
    }
    if (ml_utf8_check(ml_doc_scalar(f->d, l->node)) != SIZE_MAX)
        return fail_at(f, l, e, "the text is not UTF-8");
    return add_text(f, l, e);
}

/* What was found, as JSON. */
static int write_all(const flat *f, ml_err *e)
{
    uint32_t at = 1;
    size_t i;

    ml_buf_byte(f->out, '{');
    if (f->count > 0)
        ml_buf_text(f->out, "\"sops\":");
    for (i = 0; i < f->count; i++)
        if (add_way(f, &at, i == 0 ? NULL : &f->leaves[i - 1], &f->leaves[i], e) < 0)
            return -1;
    if (f->count > 0) {
        close_containers(f, &f->leaves[f->count - 1], 0);
        ml_buf_byte(f->out, '}');
    }
    ml_buf_byte(f->out, '}');
    return ml_buf_check(f->out, e);
}

int ml_sops_unflatten(ml_buf *out, const ml_doc *d, ml_err *e)
{
    flat f = { .d = d, .out = out };
    int status = collect(&f, e);

    if (status == 0 && f.count > 1)
        qsort(f.leaves, f.count, sizeof *f.leaves, compare_leaves);
    if (status == 0)
        status = write_all(&f, e);
    free(f.leaves);
    free(f.steps);
    return status;
}
