/* envelope.c — data keys and shares, wrapped; see envelope.h. */
#include "sops/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/provider.h"
#include "sops/file_internal.h"
#include "sops/shamir.h"

void ml_sops_envelope_free(ml_sops_envelope *v)
{
    size_t i;

    if (v == NULL)
        return;
    for (i = 0; i < v->keys.count; i++)
        ml_buf_free(&v->keys.list[i].enc);
    for (i = 0; v->shares != NULL && i < v->keys.groups; i++)
        ml_secret_free(&v->shares[i]);
    ml_secret_free(&v->data_key);
    free(v->keys.list);
    free(v->shares);
    free(v);
}

static ml_sops_envelope *new_envelope(const ml_sops_keys *keys, ml_err *e)
{
    ml_sops_envelope *v;
    size_t i;

    if (ml_sops_keys_check(keys, e) < 0)
        return NULL;
    v = calloc(1, sizeof *v);
    if (v != NULL)
        v->keys.list = calloc(keys->count, sizeof *v->keys.list);
    if (v == NULL || v->keys.list == NULL) {
        free(v);
        ml_fail_memory(e);
        return NULL;
    }
    for (i = 0; i < keys->count; i++)
        v->keys.list[i].key = &keys->list[i];
    v->keys.count = keys->count;
    v->keys.groups = keys->groups;
    v->keys.threshold = keys->groups > 1 ? keys->threshold : 0;
    return v;
}

static int split(ml_sops_envelope *v, ml_err *e)
{
    const ml_bytes data_key = ml_secret_bytes(&v->data_key);

    if (v->keys.groups == 1)
        return ml_secret_copy(&v->shares[0], data_key, e);
    if (v->keys.threshold == 0)
        v->keys.threshold = v->keys.groups;
    return ml_shamir_split(v->shares, v->keys.groups, v->keys.threshold, data_key, e);
}

/* Not by another program? */
static bool wrapped_here(const ml_sops_key *key)
{
    return key->age != NULL && key->age->kind != ML_AGE_PLUGIN;
}

static int wrap_ages(ml_sops_envelope *v, ml_err *e)
{
    size_t i;

    for (i = 0; i < v->keys.count; i++) {
        ml_sops_wrapped *w = &v->keys.list[i];

        if (w->kept || !wrapped_here(w->key))
            continue;
        ml_buf_free(&w->enc);
        if (ml_age_encrypt(&w->enc, &w->key->age, 1, ml_sops_envelope_share(v, i), true, e) < 0)
            return -1;
    }
    return 0;
}

static int new_shares(ml_sops_envelope *v, ml_err *e)
{
    v->shares = calloc(v->keys.groups, sizeof *v->shares);
    return v->shares == NULL ? ml_fail_memory(e) : 0;
}

int ml_sops_envelope_new(ml_sops_envelope **out, const ml_sops_keys *keys, ml_err *e)
{
    ml_sops_envelope *v = new_envelope(keys, e);

    *out = NULL;
    if (v == NULL)
        return -1;
    if (ml_secret_new(&v->data_key, ML_SOPS_KEY_SIZE, e) == 0) {
        ml_random(v->data_key.p, v->data_key.len);
        if (new_shares(v, e) == 0 && split(v, e) == 0 && wrap_ages(v, e) == 0) {
            *out = v;
            return 0;
        }
    }
    ml_sops_envelope_free(v);
    return -1;
}

/* As many groups as the file has, of which as many are needed: its shares can stay. */
static bool same_split(const ml_sops_envelope *v, const ml_sops_metadata *m)
{
    const uint32_t needed = m->threshold > 0 ? m->threshold : m->groups;

    return v->keys.groups == m->groups && (m->groups == 1 || v->keys.threshold == needed);
}

/* The threshold where none was asked for: the file's, as far as there are groups for it. */
static uint32_t usual_threshold(uint32_t groups, const ml_sops_metadata *m)
{
    return m->threshold >= ML_SHAMIR_MIN && m->threshold < groups ? m->threshold : groups;
}

/* Keys that the file has keep what is wrapped for them. *all: nothing else is to be done. */
static int keep(ml_sops_envelope *v, const ml_sops_metadata *m, bool *all, ml_err *e)
{
    size_t i;

    *all = true;
    for (i = 0; i < v->keys.count; i++) {
        ml_sops_wrapped *w = &v->keys.list[i];
        const ml_sops_recipient *old = ml_sops_metadata_find(m, w->key->group, w->key);

        w->kept = old != NULL && old->enc.len > 0;
        *all = *all && w->kept;
        if (w->kept)
            ml_buf_add(&w->enc, old->enc);
        if (ml_buf_check(&w->enc, e) < 0)
            return -1;
    }
    return 0;
}

/* Shares say nothing about whether they belong together; the MAC tells whether what came out of
 * them is the data key of this file. */
static int check_data_key(const ml_sops *s, ml_err *e)
{
    static const char wrong[] = "the shares that were opened do not give the file's data key";
    char time[ML_SOPS_TIME_SIZE];
    ml_arena arena = { 0 };
    ml_type type;
    ml_bytes mac;
    int status = ml_fail(e, ML_E_AUTH, "%s", wrong);

    if (s->meta.mac.len > 0 && ml_sops_time_normal(time, s->meta.lastmodified) == 0)
        status =
            ml_sops_value_open(s->cipher, s->meta.mac, ml_bytes_text(time), &arena, &type, &mac, e);
    ml_arena_free(&arena);
    if (status < 0 && strcmp(e->code, ML_E_MEMORY) != 0)
        return ml_fail(e, ML_E_AUTH, "%s", wrong);
    return status;
}

/* The file's own shares, those of closed groups computed from the others. 1 when that cannot be:
 * too few are open, or they are not numbered as sops does. */
static int take_shares(ml_sops_envelope *v, const ml_sops *s, ml_err *e)
{
    ml_bytes open[ML_SHAMIR_MAX];
    size_t count = 0, i;

    for (i = 0; i < s->part_count; i++) {
        const ml_bytes share = ml_secret_bytes(&s->parts[i].share);

        if (share.len == 0)
            continue;
        if (share.p[share.len - 1] != i + 1)
            return 1;
        open[count++] = share;
    }
    if (count < v->keys.threshold || s->part_count != v->keys.groups)
        return 1;
    for (i = 0; i < v->keys.groups; i++)
        if ((s->parts[i].share.len > 0
                 ? ml_secret_copy(&v->shares[i], ml_secret_bytes(&s->parts[i].share), e)
                 : ml_shamir_share(&v->shares[i], (unsigned char)(i + 1), open, count, e)) < 0)
            return -1;
    return 0;
}

/* The shares of `s`, or new ones, which everybody gets then. */
static int fill_shares(ml_sops_envelope *v, const ml_sops *s, bool same, ml_err *e)
{
    int status = 1;
    size_t i;

    if (s->meta.groups > 1 && check_data_key(s, e) < 0)
        return -1;
    if (new_shares(v, e) < 0)
        return -1;
    if (same && v->keys.groups > 1)
        status = take_shares(v, s, e);
    if (status < 0)
        return -1;
    if (status == 0) {
        v->keys.threshold = s->meta.threshold; /* as the file says it, be it nothing */
        return 0;
    }
    for (i = 0; v->keys.groups > 1 && i < v->keys.count; i++) {
        v->keys.list[i].kept = false;
        ml_buf_free(&v->keys.list[i].enc); /* a share of before */
    }
    return split(v, e);
}

static int fill(ml_sops_envelope *v, const ml_sops *s, bool rewrap, ml_err *e)
{
    bool all = false, same;

    if (v->keys.groups > 1 && v->keys.threshold == 0)
        v->keys.threshold = usual_threshold(v->keys.groups, &s->meta);
    same = same_split(v, &s->meta);
    if (same && !rewrap && keep(v, &s->meta, &all, e) < 0)
        return -1;
    if (all) {
        v->keys.threshold = s->meta.threshold;
        return 0;
    }
    if (s->cipher == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "the file must be unlocked first");
    if (ml_secret_copy(&v->data_key, ml_sops_cipher_key(s->cipher), e) < 0 ||
        fill_shares(v, s, same, e) < 0)
        return -1;
    return wrap_ages(v, e);
}

int ml_sops_envelope_of(ml_sops_envelope **out, const ml_sops *s, const ml_sops_keys *keys,
                        bool rewrap, ml_err *e)
{
    ml_sops_envelope *v = new_envelope(keys, e);

    *out = NULL;
    if (v == NULL)
        return ml_err_at(e, s->path, 0, 0);
    v->of = s;
    v->generation = s->generation;
    if (fill(v, s, rewrap, e) < 0) {
        ml_sops_envelope_free(v);
        return ml_err_at(e, s->path, 0, 0);
    }
    *out = v;
    return 0;
}

size_t ml_sops_envelope_open(const ml_sops_envelope *v, size_t from)
{
    size_t i;

    for (i = from; i < v->keys.count; i++)
        if (v->keys.list[i].enc.len == 0)
            return i;
    return SIZE_MAX;
}

ml_bytes ml_sops_envelope_share(const ml_sops_envelope *v, size_t key)
{
    return ml_secret_bytes(&v->shares[v->keys.list[key].key->group]);
}

int ml_sops_envelope_give(ml_sops_envelope *v, size_t key, ml_bytes enc, ml_err *e)
{
    ml_sops_wrapped *w = key < v->keys.count ? &v->keys.list[key] : NULL;

    if (w == NULL || w->enc.len > 0)
        return ml_fail(e, ML_E_ARGUMENT, "there is no open key with this number");
    if (enc.len == 0 || ml_utf8_check(enc) != SIZE_MAX)
        return ml_fail(e, ML_E_FORMAT, "what a key source wraps must be text");
    ml_buf_add(&w->enc, enc);
    return ml_buf_check(&w->enc, e);
}

/* Another file may have come to stand where the envelope's own was. */
static bool has_data_key_of(const ml_sops_envelope *v, const ml_sops *s)
{
    return s == NULL || s->cipher == NULL || v->data_key.len == 0 ||
           ml_secret_equal(ml_secret_bytes(&v->data_key), ml_sops_cipher_key(s->cipher));
}

int ml_sops_envelope_use(ml_sops_envelope *v, const ml_sops *s, ml_err *e)
{
    const size_t open = ml_sops_envelope_open(v, 0);

    if (v->used)
        return ml_fail(e, ML_E_ARGUMENT, "the envelope is used already");
    if (v->of != s || !has_data_key_of(v, s))
        return ml_fail(e, ML_E_ARGUMENT,
                       s == NULL ? "the envelope has no new data key"
                                 : "the envelope has not this file's data key");
    if (s != NULL && v->generation != s->generation)
        return ml_fail(e, ML_E_ARGUMENT, "the file changed since the envelope was made");
    if (open != SIZE_MAX) {
        const ml_sops_key *key = v->keys.list[open].key;

        return ml_fail(e, ML_E_SOURCE, "the %s key %.*s must be wrapped for by its key source",
                       ml_sops_kind_word(key->kind),
                       (int)(key->name.len > 200 ? 200 : key->name.len), (const char *)key->name.p);
    }
    v->used = true;
    return 0;
}
