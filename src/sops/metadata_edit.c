/* metadata_edit.c — the keys in a file's metadata changed to those of a wrapping; see
 * file_internal.h. What stays keeps every byte. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "sops/file_internal.h"

#define NO_GROUP UINT32_MAX

/* The metadata of one document, and what its keys shall be. */
typedef struct change {
    ml_edits *es;
    const ml_doc *d;
    const ml_sops_metadata *m;
    const ml_sops_wrapping *w;
    ml_sops_layout_change layout;
    ml_sops_trees trees;
    size_t before;                     /* edits that other documents have */
    bool *more;                        /* something is left for another pass */
    bool *chosen;                      /* by key: to be added */
    uint32_t old[ML_LIMIT_KEY_GROUPS]; /* by new group: the one it was, or NO_GROUP */
} change;

static bool is_wanted(const change *c, uint32_t group, const ml_sops_key *key)
{
    size_t i;

    for (i = 0; i < c->w->count; i++)
        if (c->w->list[i].key->group == group && ml_sops_key_same(c->w->list[i].key, key))
            return true;
    return false;
}

static bool same_group(const change *c, uint32_t old, uint32_t group)
{
    size_t i;

    for (i = 0; i < c->m->count; i++)
        if (c->m->recipients[i].key.group == old && !is_wanted(c, group, &c->m->recipients[i].key))
            return false;
    for (i = 0; i < c->w->count; i++)
        if (c->w->list[i].key->group == group &&
            ml_sops_metadata_find(c->m, old, c->w->list[i].key) == NULL)
            return false;
    return true;
}

/* Which group becomes which: equal ones at the end, those before by their place. So a group that
 * comes or goes leaves the others' maps alone. */
static void align(change *c)
{
    const uint32_t before = c->m->groups, after = c->w->groups;
    const uint32_t both = before < after ? before : after;
    uint32_t last = 0, i;

    for (i = 0; i < after; i++)
        c->old[i] = NO_GROUP;
    if (c->layout != ML_SOPS_LAYOUT_STAYS)
        return;
    if (before != after) {
        uint32_t first = 0;

        while (first < both && same_group(c, first, first))
            first++;
        while (first + last < both && same_group(c, before - 1 - last, after - 1 - last))
            last++;
    }
    for (i = 0; i + last < both; i++)
        c->old[i] = i;
    for (i = 0; i < last; i++)
        c->old[after - 1 - i] = before - 1 - i;
    if (before == 0) /* a file without any key */
        c->old[0] = 0;
}

/* The child of `map` behind which a new field of this name goes, where fields are sorted. */
static ml_node place_of(const ml_doc *d, ml_node map, const char *name)
{
    ml_node n, place = ML_NO_NODE;

    for (n = ml_doc_node(d, map)->first; n != ML_NO_NODE; n = ml_doc_node(d, n)->next) {
        if (ml_doc_node(d, n)->kind == ML_KIND_COMMENT)
            continue;
        if (ml_bytes_compare(ml_doc_scalar(d, ml_doc_node(d, n)->key), ml_bytes_text(name)) > 0)
            break;
        place = n;
    }
    return place;
}

/* Puts a field into a map: in place of one that is null or empty, or at its place. */
static int put_field(change *c, ml_node map, const char *name, const ml_tree *tree, ml_err *e)
{
    const ml_node there = ml_doc_get(c->d, map, ml_bytes_text(name));

    if (there != ML_NO_NODE)
        return ml_edit_replace(c->es, c->d, there, tree, e);
    return ml_edit_insert(c->es, c->d, map, place_of(c->d, map, name), tree, e);
}

/* The chosen keys of one kind into the map of their group. */
static int add_kind(change *c, ml_node map, uint32_t group, ml_sops_kind kind, ml_err *e)
{
    const char *name = ml_sops_kind_word(kind);
    const ml_tree keys = ml_sops_tree_keys(&c->trees, c->w, group, kind, c->chosen);
    ml_node list;
    size_t i;

    if (keys.count == 0)
        return 0;
    if (ml_sops_metadata_field(c->d, map, name, &list, e) < 0)
        return -1;
    if (list == ML_NO_NODE || ml_doc_node(c->d, list)->count == 0)
        return put_field(c, map, name, &keys, e);
    if (ml_doc_node(c->d, list)->kind != ML_KIND_LIST) {
        ml_fail(e, ML_E_UNSUPPORTED, "sops metadata: '%s' is no list that a key can be added to",
                name);
        return ml_doc_blame(c->d, list, e);
    }
    for (i = 0; i < keys.count; i++)
        if (ml_edit_insert(c->es, c->d, list, ML_LAST, &keys.children[i], e) < 0)
            return -1;
    return 0;
}

/* What was wrapped for a key anew goes to each place where its group names it. */
static int give_wrapped(change *c, const ml_sops_wrapped *w, ml_err *e)
{
    const uint32_t old = c->old[w->key->group];
    size_t i;

    for (i = 0; i < c->m->count; i++) {
        const ml_sops_recipient *r = &c->m->recipients[i];

        if (r->key.group != old || !ml_sops_key_same(&r->key, w->key))
            continue;
        if (r->enc_node == ML_NO_NODE) {
            ml_fail(e, ML_E_FORMAT, "sops metadata: a recipient has no 'enc'");
            return ml_doc_blame(c->d, r->entry, e);
        }
        if (ml_sops_metadata_set(c->es, c->d, r->enc_node, ml_buf_bytes(&w->enc), e) < 0)
            return -1;
    }
    return 0;
}

/* Everything of a group that was there before: new keys, and what is wrapped anew. */
static int give_group(change *c, ml_node map, uint32_t group, ml_err *e)
{
    size_t i;

    for (i = 0; i < c->w->count; i++) {
        const ml_sops_wrapped *w = &c->w->list[i];

        if (w->key->group != group)
            continue;
        c->chosen[i] = ml_sops_metadata_find(c->m, c->old[group], w->key) == NULL;
        if (!c->chosen[i] && !w->kept && give_wrapped(c, w, e) < 0)
            return -1;
    }
    for (i = 0; i < ML_SOPS_KINDS; i++)
        if (add_kind(c, map, group, ml_sops_kinds_sorted[i], e) < 0)
            return -1;
    return 0;
}

/* A new item of key_groups, behind what the group before it was. */
static int insert_group(change *c, uint32_t group, ml_err *e)
{
    const ml_tree tree = ml_sops_tree_group(&c->trees, c->w, group);
    ml_node list, after = ML_NO_NODE;
    uint32_t i;

    if (ml_sops_metadata_field(c->d, c->m->map, "key_groups", &list, e) < 0)
        return -1;
    for (i = 0; i < group; i++)
        if (c->old[i] != NO_GROUP)
            after = c->m->group_maps[c->old[i]];
    return ml_edit_insert(c->es, c->d, list, after, &tree, e);
}

static int give_threshold(change *c, ml_err *e)
{
    const ml_tree tree = ml_sops_tree_threshold(&c->trees, c->w->threshold);

    if (c->w->groups < 2 || c->w->threshold == c->m->threshold)
        return 0;
    return put_field(c, c->m->map, "shamir_threshold", &tree, e);
}

static int give(change *c, ml_err *e)
{
    uint32_t i;

    if (c->layout == ML_SOPS_LAYOUT_TO_GROUPS) {
        const ml_tree groups = ml_sops_tree_groups(&c->trees, c->w);

        if (put_field(c, c->m->map, "key_groups", &groups, e) < 0)
            return -1;
    } else if (c->layout == ML_SOPS_LAYOUT_TO_TOP) {
        if (give_group(c, c->m->map, 0, e) < 0)
            return -1;
    } else {
        for (i = 0; i < c->w->groups; i++)
            if ((c->old[i] == NO_GROUP ? insert_group(c, i, e)
                                       : give_group(c, c->m->group_maps[c->old[i]], i, e)) < 0)
                return -1;
    }
    return give_threshold(c, e);
}

/* Removes a node, unless something of the same brackets went already: neighbours share a comma. */
static int drop_node(change *c, ml_node n, ml_err *e)
{
    const ml_node_info *parent = ml_doc_node(c->d, ml_doc_node(c->d, n)->parent);
    size_t i;

    for (i = c->before; parent->flow && i < c->es->count; i++)
        if (c->es->list[i].start >= parent->start && c->es->list[i].end <= parent->end) {
            *c->more = true;
            return 0;
        }
    return ml_edit_remove(c->es, c->d, n, e);
}

/* Removes one field, if it is there. */
static int drop_field(change *c, ml_node map, const char *name, ml_err *e)
{
    const ml_node there = ml_doc_get(c->d, map, ml_bytes_text(name));

    return there == ML_NO_NODE ? 0 : drop_node(c, there, e);
}

/* How many keys of this kind the group shall have. */
static size_t count_kind(const change *c, uint32_t group, ml_sops_kind kind)
{
    size_t count = 0, i;

    for (i = 0; i < c->w->count; i++)
        count += c->w->list[i].key->group == group && c->w->list[i].key->kind == kind;
    return count;
}

/* What is no longer wanted in a group; a list of which nothing stays goes as a whole. */
static int drop_in_group(change *c, uint32_t group, ml_err *e)
{
    const uint32_t old = c->old[group];
    bool gone[ML_SOPS_KINDS] = { false };
    size_t i;

    for (i = 0; i < c->m->count; i++) {
        const ml_sops_recipient *r = &c->m->recipients[i];

        if (r->key.group != old || is_wanted(c, group, &r->key))
            continue;
        if (count_kind(c, group, r->key.kind) == 0 &&
            !ml_sops_kind_stays(r->key.kind, c->m->grouped))
            gone[r->key.kind] = true;
        else if (drop_node(c, r->entry, e) < 0)
            return -1;
    }
    for (i = 0; i < ML_SOPS_KINDS; i++)
        if (gone[i] &&
            drop_field(c, c->m->group_maps[old], ml_sops_kind_word((ml_sops_kind)i), e) < 0)
            return -1;
    return 0;
}

static int drop_groups(change *c, ml_err *e)
{
    uint32_t i, k;

    for (i = 0; i < c->w->groups; i++)
        if (c->old[i] != NO_GROUP && drop_in_group(c, i, e) < 0)
            return -1;
    for (k = 0; k < c->m->groups; k++) {
        for (i = 0; i < c->w->groups && c->old[i] != k; i++)
            ;
        if (i == c->w->groups && drop_node(c, c->m->group_maps[k], e) < 0)
            return -1;
    }
    return 0;
}

static int drop(change *c, ml_err *e)
{
    size_t i;

    if (c->layout == ML_SOPS_LAYOUT_STAYS)
        return drop_groups(c, e);
    if (c->layout == ML_SOPS_LAYOUT_TO_TOP)
        return drop_field(c, c->m->map, "key_groups", e) < 0
                   ? -1
                   : drop_field(c, c->m->map, "shamir_threshold", e);
    for (i = 0; i < ML_SOPS_KINDS; i++)
        if (drop_field(c, c->m->map, ml_sops_kind_word((ml_sops_kind)i), e) < 0)
            return -1;
    return 0;
}

ml_sops_layout_change ml_sops_metadata_layout(const ml_sops_metadata *m, const ml_sops_wrapping *w)
{
    if (w->groups > 1 && (!m->grouped || m->groups == 0))
        return ML_SOPS_LAYOUT_TO_GROUPS;
    return w->groups == 1 && m->grouped && m->groups != 1 ? ML_SOPS_LAYOUT_TO_TOP
                                                          : ML_SOPS_LAYOUT_STAYS;
}

static int run(change *c, int (*pass)(change *c, ml_err *e), ml_err *e)
{
    int status = -1;

    c->before = c->es->count;
    c->chosen = calloc(c->w->count + 1, sizeof *c->chosen);
    if (c->chosen == NULL)
        return ml_fail_memory(e);
    if (ml_sops_trees_new(&c->trees, c->w, e) == 0) {
        align(c);
        status = pass(c, e);
    }
    ml_sops_trees_free(&c->trees);
    free(c->chosen);
    return status;
}

int ml_sops_metadata_give(ml_edits *es, const ml_doc *d, const ml_sops_metadata *m,
                          const ml_sops_wrapping *w, ml_sops_layout_change layout, bool *more,
                          ml_err *e)
{
    change c = { .es = es, .d = d, .m = m, .w = w, .layout = layout, .more = more };

    return run(&c, give, e);
}

int ml_sops_metadata_drop(ml_edits *es, const ml_doc *d, const ml_sops_metadata *m,
                          const ml_sops_wrapping *w, ml_sops_layout_change layout, bool *more,
                          ml_err *e)
{
    change c = { .es = es, .d = d, .m = m, .w = w, .layout = layout, .more = more };

    return run(&c, drop, e);
}
