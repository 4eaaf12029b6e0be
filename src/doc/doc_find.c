/* doc_find.c — a node by its path, `a/b/0` or sops' `["a"][0]`, and the path of a node; see doc.h.
 */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "doc/doc.h"

enum { NAME_MAX_LEN = 64 }; /* longer names are not compared for the hint */

/* One part of a path. */
typedef struct part {
    ml_buf name;
    bool quoted; /* ["…"]: a key only */
    bool bare;   /* [0]: an index only */
} part;

/* Edit distance of two short names; SIZE_MAX when one is long. */
static size_t distance(ml_bytes a, ml_bytes b)
{
    size_t row[NAME_MAX_LEN + 1], i, j;

    if (a.len > NAME_MAX_LEN || b.len > NAME_MAX_LEN)
        return SIZE_MAX;
    for (j = 0; j <= b.len; j++)
        row[j] = j;
    for (i = 1; i <= a.len; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (j = 1; j <= b.len; j++) {
            const size_t above = row[j];
            size_t best = corner + (a.p[i - 1] != b.p[j - 1]);

            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            corner = above;
            row[j] = best;
        }
    }
    return row[b.len];
}

static void hint_nearest(const ml_doc *d, ml_node map, ml_bytes name, ml_err *e)
{
    size_t best = name.len / 2 + 1;
    ml_bytes nearest = { NULL, 0 };
    ml_node child = ml_doc_node(d, map)->first;

    for (; child != ML_NO_NODE; child = ml_doc_node(d, child)->next) {
        const ml_node key = ml_doc_node(d, child)->key;
        size_t far;

        if (key == ML_NO_NODE)
            continue;
        far = distance(name, ml_doc_scalar(d, key));
        if (far < best) {
            best = far;
            nearest = ml_doc_scalar(d, key);
        }
    }
    if (nearest.len > 0)
        ml_err_hint(e, "the nearest name there is %.*s", (int)nearest.len, (const char *)nearest.p);
}

/* A canonical index; false for anything else. */
static bool read_index(ml_bytes text, size_t *index)
{
    size_t i;

    if (text.len == 0 || text.len > 9 || (text.p[0] == '0' && text.len > 1))
        return false;
    for (*index = 0, i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *index = *index * 10 + (size_t)(text.p[i] - '0');
    }
    return true;
}

/* One step down. */
static int descend(const ml_doc *d, ml_node *n, const part *step, ml_err *e)
{
    const ml_bytes name = ml_buf_bytes(&step->name);
    const ml_node here = ml_doc_resolve(d, *n);
    const ml_node_info *info = ml_doc_node(d, here);
    ml_node found = ML_NO_NODE;
    size_t index;

    if (info->kind == ML_KIND_MAP && !step->bare)
        found = ml_doc_get(d, here, name);
    else if (info->kind == ML_KIND_LIST && !step->quoted && read_index(name, &index))
        found = ml_doc_item(d, here, index);
    if (found != ML_NO_NODE) {
        *n = found;
        return 0;
    }
    ml_fail(e, ML_E_MISSING, "there is no %.*s in the %s", (int)name.len, (const char *)name.p,
            info->kind == ML_KIND_MAP    ? "map"
            : info->kind == ML_KIND_LIST ? "list"
                                         : "value, which is neither map nor list");
    ml_doc_blame(d, here, e);
    if (info->kind == ML_KIND_MAP)
        hint_nearest(d, here, name, e);
    return -1;
}

static int malformed(ml_err *e, const char *path)
{
    ml_fail(e, ML_E_ARGUMENT, "malformed path %s", path);
    return ml_err_hint(e, "write a/b/0 (~1 is /, ~0 is ~), or [\"a\"][\"b\"][0]");
}

/* Reads one part up to '/'; returns where it ends, or NULL. */
static const char *read_plain(const char *at, part *out)
{
    for (; *at != '\0' && *at != '/'; at++) {
        if (*at != '~') {
            ml_buf_byte(&out->name, (unsigned char)*at);
            continue;
        }
        at++;
        if (*at != '0' && *at != '1')
            return NULL;
        ml_buf_byte(&out->name, *at == '0' ? '~' : '/');
    }
    return at;
}

/* Reads one [0], ["a"] or ['a']; inside quotes a backslash takes the next byte as it is. */
static const char *read_bracket(const char *at, part *out)
{
    char quote;

    if (*at++ != '[')
        return NULL;
    quote = *at == '"' || *at == '\'' ? *at++ : '\0';
    for (; *at != '\0' && *at != (quote == '\0' ? ']' : quote); at++) {
        if (quote != '\0' && *at == '\\' && at[1] != '\0')
            at++;
        ml_buf_byte(&out->name, (unsigned char)*at);
    }
    out->quoted = quote != '\0';
    out->bare = quote == '\0';
    if (*at == '\0' || (quote != '\0' && *++at != ']'))
        return NULL;
    return at + 1;
}

int ml_doc_find(const ml_doc *d, ml_node from, const char *path, ml_node *out, ml_err *e)
{
    const bool brackets = path[0] == '[';
    const char *at = path;
    int result = 0;

    *out = from;
    while (result == 0 && *at != '\0') { /* after a failure `at` leads nowhere */
        part step = { 0 };

        at = brackets ? read_bracket(at, &step) : read_plain(at, &step);
        if (at == NULL)
            result = malformed(e, path);
        else if (step.name.failed)
            result = ml_fail_memory(e);
        else
            result = descend(d, out, &step, e);
        ml_buf_free(&step.name);
        if (result == 0 && !brackets && *at == '/' && *++at == '\0')
            result = malformed(e, path);
    }
    return result;
}

/* How many elements stand before one in its list. */
static unsigned index_of(const ml_doc *d, ml_node n)
{
    ml_node at = ml_doc_first(d, ml_doc_node(d, n)->parent);
    unsigned index = 0;

    for (; at != n; at = ml_doc_following(d, at))
        index++;
    return index;
}

static void write_plain(ml_buf *out, ml_bytes key)
{
    size_t i;

    for (i = 0; i < key.len; i++) {
        if (key.p[i] == '~' || key.p[i] == '/')
            ml_buf_text(out, key.p[i] == '~' ? "~0" : "~1");
        else
            ml_buf_byte(out, key.p[i]);
    }
}

void ml_doc_write_path(const ml_doc *d, ml_node n, ml_buf *out)
{
    const ml_node_info *info = ml_doc_node(d, n);

    if (info->parent == ML_NO_NODE || info->kind == ML_KIND_COMMENT)
        return;
    ml_doc_write_path(d, info->parent, out);
    if (out->len > 0)
        ml_buf_byte(out, '/');
    if (info->key != ML_NO_NODE)
        write_plain(out, ml_doc_scalar(d, info->key));
    else
        ml_buf_format(out, "%u", index_of(d, n));
}
