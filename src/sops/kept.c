/* kept.c — the sealed texts of a file, found again by place, type and plaintext, so that values
 * that did not change keep theirs. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "crypto/provider.h"
#include "sops/file_internal.h"

/* One value of the old file. */
typedef struct entry {
    uint64_t hash;
    size_t aad, aad_len; /* in `places` */
    ml_node node;
    uint32_t next; /* in its chain */
} entry;

#define NONE UINT32_MAX

struct ml_sops_kept {
    const ml_sops *s;
    uint64_t seed;
    entry *list;
    size_t count, cap;
    uint32_t *first, *last; /* of each chain */
    size_t chains;          /* a power of two */
    ml_buf places;
};

static uint64_t mix(uint64_t hash, ml_bytes bytes)
{
    size_t i;

    for (i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.p[i]) * 0x100000001b3ULL;
    return hash ^ (hash >> 29);
}

/* Clear values are entered under their place alone. */
static uint64_t hash_of(const ml_sops_kept *k, ml_bytes aad, ml_type type, ml_bytes plain,
                        bool sealed)
{
    uint64_t hash = mix(k->seed ^ 0xcbf29ce484222325ULL, aad) * 31;

    return sealed ? mix(hash + 1 + (uint64_t)type, plain) : hash;
}

static int enter(void *context, const ml_walk_place *at, ml_err *e)
{
    ml_sops_kept *k = context;
    const ml_sops_plain *p = &k->s->plain[at->node];
    ml_bytes aad = at->aad;
    ml_buf other = { 0 };
    entry *new;

    if (!p->known || at->through_alias)
        return 0;
    if (p->container != ML_NO_NODE) {
        ml_walk_aad(k->s->doc, p->container, &other);
        aad = other.len > 0 ? ml_buf_bytes(&other) : ml_bytes_text(":");
    }
    if (!ml_list_grow(&k->list, &k->cap, k->count, sizeof *k->list)) {
        ml_buf_free(&other);
        return ml_fail_memory(e);
    }
    new = &k->list[k->count++];
    new->hash = hash_of(k, aad, (ml_type)p->type, p->text, p->sealed);
    new->aad = k->places.len;
    new->aad_len = aad.len;
    new->node = at->node;
    new->next = NONE;
    ml_buf_add(&k->places, aad);
    ml_buf_free(&other);
    if (ml_buf_check(&k->places, e) < 0)
        return -1;
    return p->type == ML_TYPE_COMMENT && ml_doc_node(k->s->doc, at->node)->kind == ML_KIND_SCALAR;
}

static int build_chains(ml_sops_kept *k, ml_err *e)
{
    size_t i;

    for (k->chains = 64; k->chains < k->count; k->chains *= 2)
        ;
    k->first = malloc(k->chains * sizeof *k->first);
    k->last = malloc(k->chains * sizeof *k->last);
    if (k->first == NULL || k->last == NULL)
        return ml_fail_memory(e);
    memset(k->first, 0xFF, k->chains * sizeof *k->first);
    for (i = 0; i < k->count; i++) {
        const size_t chain = k->list[i].hash & (k->chains - 1);

        if (k->first[chain] == NONE)
            k->first[chain] = (uint32_t)i;
        else
            k->list[k->last[chain]].next = (uint32_t)i;
        k->last[chain] = (uint32_t)i;
    }
    return 0;
}

int ml_sops_kept_new(ml_sops_kept **out, const ml_sops *s, ml_err *e)
{
    ml_sops_kept *k = calloc(1, sizeof *k);
    const ml_walk_visitor visitor = { enter, enter, NULL, k };

    *out = NULL;
    if (k == NULL)
        return ml_fail_memory(e);
    k->s = s;
    ml_random(&k->seed, sizeof k->seed);
    if (ml_walk(s->doc, s->selector, &visitor, e) < 0 || build_chains(k, e) < 0) {
        ml_sops_kept_free(k);
        return -1;
    }
    *out = k;
    return 0;
}

void ml_sops_kept_free(ml_sops_kept *k)
{
    if (k == NULL)
        return;
    if (k->list != NULL)
        ml_wipe(k->list, k->cap * sizeof *k->list); /* hashes of plaintexts */
    free(k->list);
    free(k->first);
    free(k->last);
    ml_buf_free(&k->places);
    free(k);
}

static bool at_place(const ml_sops_kept *k, const entry *old, ml_bytes aad)
{
    return ml_bytes_equal(
        ml_bytes_slice(ml_buf_bytes(&k->places), old->aad, old->aad + old->aad_len), aad);
}

bool ml_sops_kept_clear(const ml_sops_kept *k, ml_bytes aad)
{
    const uint64_t hash = hash_of(k, aad, ML_TYPE_NULL, aad, false);
    uint32_t i;

    for (i = k->first[hash & (k->chains - 1)]; i != NONE; i = k->list[i].next)
        if (k->list[i].hash == hash && at_place(k, &k->list[i], aad) &&
            !k->s->plain[k->list[i].node].sealed)
            return true;
    return false;
}

ml_bytes ml_sops_kept_take(ml_sops_kept *k, ml_bytes aad, ml_type type, ml_bytes plain,
                           bool *plain_style)
{
    const uint64_t hash = hash_of(k, aad, type, plain, true);
    const size_t chain = hash & (k->chains - 1);
    uint32_t i, before = NONE;

    for (i = k->first[chain]; i != NONE; before = i, i = k->list[i].next) {
        const entry *old = &k->list[i];
        const ml_sops_plain *p = &k->s->plain[old->node];

        if (old->hash != hash || !p->sealed || p->type != (uint8_t)type || !at_place(k, old, aad) ||
            !ml_secret_equal(p->text, plain))
            continue;
        if (before == NONE)
            k->first[chain] = old->next;
        else
            k->list[before].next = old->next;
        *plain_style = ml_doc_node(k->s->doc, old->node)->style == ML_STYLE_PLAIN;
        return ml_doc_scalar(k->s->doc, old->node);
    }
    *plain_style = false;
    return ml_bytes_of(NULL, 0);
}
