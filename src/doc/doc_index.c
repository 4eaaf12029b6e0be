/* doc_index.c — the hash table over the keys of large maps; see doc_index.h. */
#include "doc/doc_index.h"

#include <stdlib.h>
#include <sys/random.h>

enum { LARGE = 12 }; /* from this many keys on, a map's keys are in the table */

uint64_t ml_doc_seed(const ml_doc *d)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
        seed = (uintptr_t)d; /* still not known to who wrote the file */
    return seed;
}

static uint64_t hash_key(uint64_t seed, ml_node map, ml_bytes key)
{
    return ml_bytes_hash(seed ^ ((uint64_t)map * UINT64_C(0x9E3779B97F4A7C15)), key);
}

static bool key_is(const ml_doc *d, ml_node value, ml_node map, ml_bytes key)
{
    const ml_node_info *info = ml_doc_node(d, value);

    return info->parent == map && info->key != ML_NO_NODE &&
           ml_bytes_equal(ml_doc_scalar(d, info->key), key);
}

/* The table's slot of a key: where it is, or where it would go. */
static size_t slot_of(const ml_doc *d, ml_node map, ml_bytes key)
{
    const size_t mask = d->index_size - 1;
    size_t slot = (size_t)hash_key(d->seed, map, key) & mask;

    while (d->index[slot] != ML_NO_NODE && !key_is(d, d->index[slot], map, key))
        slot = (slot + 1) & mask;
    return slot;
}

static ml_node search_list(const ml_doc *d, ml_node map, ml_bytes key, ml_node until)
{
    ml_node child = ml_doc_node(d, map)->first;

    for (; child != ML_NO_NODE && child != until; child = ml_doc_node(d, child)->next)
        if (ml_doc_node(d, child)->kind != ML_KIND_COMMENT && key_is(d, child, map, key))
            return child;
    return ML_NO_NODE;
}

static int refuse_twice(const ml_doc *d, ml_node first, ml_node again, ml_err *e)
{
    const ml_node_info *a = ml_doc_node(d, ml_doc_node(d, first)->key);
    const ml_node_info *b = ml_doc_node(d, ml_doc_node(d, again)->key);

    ml_fail(e, ML_E_FORMAT, "the key is in the map twice: first on line %lu",
            (unsigned long)a->line);
    return ml_err_at(e, d->path, b->line, b->column);
}

/* sops keeps equal keys of a dotenv file and equal sections, one behind the other; of all else it
 * would lose one. */
static bool may_repeat(const ml_doc *d, ml_node value)
{
    return d->format == ML_FORMAT_DOTENV ||
           (d->format == ML_FORMAT_INI && ml_doc_node(d, value)->kind == ML_KIND_MAP);
}

static int make_table(ml_doc *d, ml_err *e)
{
    size_t keys = 0, i;

    for (i = 0; i < d->count; i++)
        if (d->entries[i].info.kind == ML_KIND_MAP && d->entries[i].info.count >= LARGE)
            keys += d->entries[i].info.count;
    if (keys == 0)
        return 0;
    for (d->index_size = 64; d->index_size < keys * 2;)
        d->index_size *= 2;
    d->index = malloc(d->index_size * sizeof *d->index);
    if (d->index == NULL)
        return ml_fail_memory(e);
    for (i = 0; i < d->index_size; i++)
        d->index[i] = ML_NO_NODE;
    return 0;
}

int ml_doc_build_index(ml_doc *d, ml_err *e)
{
    size_t i;

    if (make_table(d, e) < 0)
        return -1;
    for (i = 0; i < d->count; i++) {
        const ml_node_info *value = &d->entries[i].info;
        ml_node before;
        ml_bytes key;

        if (value->key == ML_NO_NODE)
            continue;
        key = ml_doc_scalar(d, value->key);
        if (d->entries[value->parent].info.count >= LARGE) {
            const size_t slot = slot_of(d, value->parent, key);

            before = d->index[slot];
            if (before == ML_NO_NODE)
                d->index[slot] = (ml_node)i;
        } else {
            before = search_list(d, value->parent, key, (ml_node)i);
        }
        if (before != ML_NO_NODE && !may_repeat(d, (ml_node)i))
            return refuse_twice(d, before, (ml_node)i, e);
    }
    return 0;
}

ml_node ml_doc_get(const ml_doc *d, ml_node n, ml_bytes key)
{
    const ml_node map = ml_doc_resolve(d, n);
    const ml_node_info *info = ml_doc_node(d, map);

    if (info->kind != ML_KIND_MAP)
        return ML_NO_NODE;
    if (info->count < LARGE)
        return search_list(d, map, key, ML_NO_NODE);
    return d->index[slot_of(d, map, key)];
}
