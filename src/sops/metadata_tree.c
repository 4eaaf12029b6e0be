/* metadata_tree.c — metadata as trees of values, for new files and for edits; see metadata.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sops/metadata.h"

const ml_sops_kind ml_sops_kinds_sorted[ML_SOPS_KINDS] = { ML_SOPS_AGE,     ML_SOPS_AZURE_KV,
                                                           ML_SOPS_GCP_KMS, ML_SOPS_HC_VAULT,
                                                           ML_SOPS_HCKMS,   ML_SOPS_KMS,
                                                           ML_SOPS_PGP };

enum { TOP_FIELDS = 24 }; /* of the metadata, with a list for each kind */

int ml_sops_trees_new(ml_sops_trees *t, const ml_sops_wrapping *w, ml_err *e)
{
    size_t nodes = TOP_FIELDS, i;

    for (i = 0; i < w->count; i++)
        nodes += 1 + ML_SOPS_KEY_FIELDS + w->list[i].key->context_count;
    nodes += w->groups * (1U + ML_SOPS_KINDS);
    memset(t, 0, sizeof *t);
    t->list = calloc(nodes, sizeof *t->list);
    if (t->list == NULL)
        return ml_fail_memory(e);
    ml_sops_time_now(t->time);
    return 0;
}

void ml_sops_trees_free(ml_sops_trees *t)
{
    free(t->list);
    memset(t, 0, sizeof *t);
}

static ml_tree *take(ml_sops_trees *t, size_t count)
{
    ml_tree *first = t->list + t->used;

    t->used += count;
    return first;
}

static ml_tree scalar(ml_bytes name, ml_type type, ml_bytes text)
{
    return (ml_tree){ .kind = ML_KIND_SCALAR, .type = type, .key = name, .text = text };
}

static ml_tree nest(ml_kind kind, const char *name, const ml_tree *children, size_t count)
{
    return (
        ml_tree){ .kind = kind, .key = ml_bytes_text(name), .children = children, .count = count };
}

static ml_tree context(ml_sops_trees *t, const ml_sops_key *key, const char *name)
{
    ml_tree *pairs = take(t, key->context_count);
    size_t i;

    for (i = 0; i < key->context_count; i++)
        pairs[i] = scalar(key->context[i].name, ML_TYPE_STR, key->context[i].value);
    return nest(ML_KIND_MAP, name, pairs, key->context_count);
}

static ml_tree entry(ml_sops_trees *t, const ml_sops_wrapped *w)
{
    const ml_sops_field *f = ml_sops_kind_fields(w->key->kind);
    ml_tree *fields = take(t, ML_SOPS_KEY_FIELDS);
    size_t count = 0, i;

    for (i = 0; f[i].name != NULL; i++) {
        const ml_bytes name = ml_bytes_text(f[i].name);

        if (f[i].role == ML_SOPS_ENC)
            fields[count++] = scalar(name, ML_TYPE_STR, ml_buf_bytes(&w->enc));
        else if (f[i].role == ML_SOPS_CREATED)
            fields[count++] = scalar(name, ML_TYPE_STR, ml_bytes_text(t->time));
        else if (f[i].role == ML_SOPS_CONTEXT && w->key->context_count > 0)
            fields[count++] = context(t, w->key, f[i].name);
        else if (f[i].role == ML_SOPS_NEEDED || f[i].role == ML_SOPS_WRITTEN ||
                 (f[i].role == ML_SOPS_OPTIONAL && w->key->text[i].len > 0))
            fields[count++] = scalar(name, ML_TYPE_STR, w->key->text[i]);
    }
    return nest(ML_KIND_MAP, NULL, fields, count);
}

static bool is_in(const ml_sops_wrapping *w, size_t i, uint32_t group, ml_sops_kind kind,
                  const bool *chosen)
{
    return w->list[i].key->group == group && w->list[i].key->kind == kind &&
           (chosen == NULL || chosen[i]);
}

ml_tree ml_sops_tree_keys(ml_sops_trees *t, const ml_sops_wrapping *w, uint32_t group,
                          ml_sops_kind kind, const bool *chosen)
{
    ml_tree *entries;
    size_t count = 0, i;

    for (i = 0; i < w->count; i++)
        count += is_in(w, i, group, kind, chosen);
    entries = take(t, count);
    count = 0;
    for (i = 0; i < w->count; i++)
        if (is_in(w, i, group, kind, chosen))
            entries[count++] = entry(t, &w->list[i]);
    return nest(ML_KIND_LIST, ml_sops_kind_word(kind), entries, count);
}

ml_tree ml_sops_tree_group(ml_sops_trees *t, const ml_sops_wrapping *w, uint32_t group)
{
    ml_tree *lists = take(t, ML_SOPS_KINDS);
    size_t count = 0, i;

    for (i = 0; i < ML_SOPS_KINDS; i++) {
        const ml_sops_kind kind = ml_sops_kinds_sorted[i];

        lists[count] = ml_sops_tree_keys(t, w, group, kind, NULL);
        if (lists[count].count > 0 || ml_sops_kind_stays(kind, w->groups > 1))
            count++;
    }
    return nest(ML_KIND_MAP, NULL, lists, count);
}

ml_tree ml_sops_tree_groups(ml_sops_trees *t, const ml_sops_wrapping *w)
{
    ml_tree *groups = take(t, w->groups);
    uint32_t i;

    for (i = 0; i < w->groups; i++)
        groups[i] = ml_sops_tree_group(t, w, i);
    return nest(ML_KIND_LIST, "key_groups", groups, w->groups);
}

ml_tree ml_sops_tree_threshold(ml_sops_trees *t, uint32_t threshold)
{
    snprintf(t->number, sizeof t->number, "%u", threshold);
    return scalar(ml_bytes_text("shamir_threshold"), ML_TYPE_INT, ml_bytes_text(t->number));
}

static int by_key(const void *left, const void *right)
{
    return ml_bytes_compare(((const ml_tree *)left)->key, ((const ml_tree *)right)->key);
}

ml_tree ml_sops_tree_metadata(ml_sops_trees *t, const ml_sops_fields *f)
{
    const ml_sops_selectors *s = &f->selectors;
    const struct {
        const char *name;
        ml_bytes text;
    } texts[] = { { "encrypted_comment_regex", s->encrypted_comment_regex },
                  { "encrypted_regex", s->encrypted_regex },
                  { "encrypted_suffix", s->encrypted_suffix },
                  { "lastmodified", f->lastmodified },
                  { "mac", f->mac },
                  { "unencrypted_comment_regex", s->unencrypted_comment_regex },
                  { "unencrypted_regex", s->unencrypted_regex },
                  { "unencrypted_suffix", s->unencrypted_suffix },
                  { "version", f->version } };
    ml_tree *fields = take(t, TOP_FIELDS);
    size_t count = 0, i;

    if (f->keys->groups > 1) {
        fields[count++] = ml_sops_tree_groups(t, f->keys);
        if (f->keys->threshold > 0)
            fields[count++] = ml_sops_tree_threshold(t, f->keys->threshold);
    } else {
        const ml_tree group = ml_sops_tree_group(t, f->keys, 0);

        for (i = 0; i < group.count; i++)
            fields[count++] = group.children[i];
    }
    for (i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text.len > 0)
            fields[count++] = scalar(ml_bytes_text(texts[i].name), ML_TYPE_STR, texts[i].text);
    if (s->mac_only_encrypted)
        fields[count++] =
            scalar(ml_bytes_text("mac_only_encrypted"), ML_TYPE_BOOL, ml_bytes_text("True"));
    qsort(fields, count, sizeof *fields, by_key); /* as sops writes every map */
    return nest(ML_KIND_MAP, "sops", fields, count);
}
