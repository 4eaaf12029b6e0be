/* unlock.c — the data key of a file: its key groups opened with identities and by key sources. */
#include <stdlib.h>
#include <string.h>

#include "sops/file_internal.h"
#include "sops/shamir.h"

void ml_sops_forget_parts(ml_sops *s)
{
    size_t i;

    for (i = 0; i < s->part_count; i++)
        ml_secret_free(&s->parts[i].share);
    free(s->parts);
    s->parts = NULL;
    s->part_count = 0;
}

void ml_sops_forget_reasons(ml_sops *s)
{
    size_t i;

    for (i = 0; s->reasons != NULL && i < s->meta.count; i++)
        free(s->reasons[i]);
    free(s->reasons);
    s->reasons = NULL;
}

int ml_sops_new_parts(ml_sops *s, size_t count, ml_err *e)
{
    ml_sops_opened *parts = calloc(count + 1, sizeof *parts);
    size_t i;

    if (parts == NULL)
        return ml_fail_memory(e);
    for (i = 0; i < count; i++)
        parts[i].identity = parts[i].recipient = SIZE_MAX;
    ml_sops_forget_parts(s);
    s->parts = parts;
    s->part_count = count;
    return 0;
}

/* What is at hand for these groups: nothing but what key sources have offered. */
static int begin(ml_sops *s, ml_err *e)
{
    size_t i;

    ml_sops_cipher_free(s->cipher);
    s->cipher = NULL;
    ml_sops_forget_reasons(s);
    s->reasons = calloc(s->meta.count + 1, sizeof *s->reasons);
    if (s->reasons == NULL)
        return ml_fail_memory(e);
    if (s->part_count != s->meta.groups)
        return ml_sops_new_parts(s, s->meta.groups, e);
    for (i = 0; i < s->part_count; i++) {
        ml_sops_opened *part = &s->parts[i];

        if (!part->offered) {
            ml_secret_free(&part->share);
            part->identity = part->recipient = SIZE_MAX;
        }
    }
    return 0;
}

static size_t share_size(const ml_sops *s)
{
    return s->meta.groups > 1 ? ML_SOPS_KEY_SIZE + 1 : ML_SOPS_KEY_SIZE;
}

static int check_share(const ml_sops *s, ml_bytes share, ml_err *e)
{
    if (share.len == share_size(s))
        return 0;
    return ml_fail(e, ML_E_FORMAT, "%zu bytes were wrapped, and %zu are expected", share.len,
                   share_size(s));
}

int ml_sops_offer(ml_sops *s, size_t recipient, ml_bytes share, ml_err *e)
{
    ml_sops_opened *part;

    if (recipient >= s->meta.count)
        return ml_fail(e, ML_E_ARGUMENT, "the file has no recipient with this number");
    if (check_share(s, share, e) < 0 ||
        (s->part_count != s->meta.groups && ml_sops_new_parts(s, s->meta.groups, e) < 0))
        return -1;
    part = &s->parts[s->meta.recipients[recipient].key.group];
    ml_secret_free(&part->share);
    if (ml_secret_copy(&part->share, share, e) < 0)
        return -1;
    part->recipient = recipient;
    part->identity = SIZE_MAX;
    part->offered = true;
    return 0;
}

typedef struct unlocking {
    ml_sops *s;
    const ml_age_identity *const *identities;
    size_t count;
} unlocking;

/* 1 when this key is open, 0 when these identities do not fit, -1 for what no other attempt would
 * mend. */
static int try_key(unlocking *u, size_t recipient, const ml_age_identity *const *identities,
                   size_t count, ml_err *e)
{
    const ml_sops_recipient *r = &u->s->meta.recipients[recipient];
    const ml_age_keys keys = { .identities = identities, .count = count };
    ml_sops_opened *part = &u->s->parts[r->key.group];
    char **reason = &u->s->reasons[recipient];

    if (ml_age_decrypt(&part->share, &keys, r->enc, &part->identity, e) == 0 &&
        check_share(u->s, ml_secret_bytes(&part->share), e) == 0) {
        part->recipient = recipient;
        return 1;
    }
    ml_secret_free(&part->share);
    part->identity = SIZE_MAX;
    if (strcmp(e->code, ML_E_MEMORY) == 0)
        return -1;
    free(*reason);
    *reason = strdup(e->message);
    return *reason == NULL ? ml_fail_memory(e) : 0;
}

/* First those whose public half stands in the group, each only where it stands; then, in case a
 * name in the file is wrong, all with all. */
static int try_group(unlocking *u, uint32_t group, ml_err *e)
{
    const ml_sops_metadata *m = &u->s->meta;
    size_t i, k;
    int status = 0;

    if (u->s->parts[group].share.p != NULL || u->count == 0)
        return 0;
    for (i = 0; i < u->count && status == 0; i++) {
        ml_sops_key mine;

        ml_sops_key_age(&mine, &u->identities[i]->recipient);
        for (k = 0; k < m->count && status == 0; k++)
            if (m->recipients[k].key.group == group &&
                ml_sops_key_same(&m->recipients[k].key, &mine)) {
                status = try_key(u, k, &u->identities[i], 1, e);
                if (status == 1)
                    u->s->parts[group].identity = i;
            }
    }
    for (k = 0; k < m->count && status == 0; k++)
        if (m->recipients[k].key.group == group && m->recipients[k].key.kind == ML_SOPS_AGE)
            status = try_key(u, k, u->identities, u->count, e);
    return status < 0 ? -1 : 0;
}

/* Not enough groups are open. */
static int closed(const unlocking *u, size_t open, ml_err *e)
{
    const ml_sops_metadata *m = &u->s->meta;

    if (m->groups < 2)
        ml_fail(e, ML_E_KEY, "none of %zu identities opens any of the file's %zu recipients",
                u->count, m->count);
    else
        ml_fail(e, ML_E_KEY, "%zu of the file's %u key groups can be opened, and %u are needed",
                open, m->groups, m->threshold > ML_SHAMIR_MIN ? m->threshold : ML_SHAMIR_MIN);
    return ml_err_at(e, u->s->path, 0, 0);
}

static int combine(unlocking *u, ml_err *e)
{
    ml_sops *s = u->s;
    ml_bytes shares[ML_SHAMIR_MAX];
    ml_secret key = { 0 };
    size_t open = 0, i;
    int status;

    for (i = 0; i < s->part_count; i++)
        if (s->parts[i].share.p != NULL)
            shares[open++] = ml_secret_bytes(&s->parts[i].share);
    if (s->meta.groups == 1 && open == 1)
        return ml_sops_cipher_new(&s->cipher, shares[0], e);
    if (s->meta.groups < 2 || open < ML_SHAMIR_MIN || open < s->meta.threshold)
        return closed(u, open, e);
    status = ml_shamir_combine(&key, shares, open, e);
    if (status == 0)
        status = ml_sops_cipher_new(&s->cipher, ml_secret_bytes(&key), e);
    ml_secret_free(&key);
    return status < 0 ? ml_err_at(e, s->path, 0, 0) : 0;
}

int ml_sops_unlock(ml_sops *s, const ml_age_identity *const *identities, size_t count,
                   size_t *identity, size_t *recipient, ml_err *e)
{
    unlocking u = { .s = s, .identities = identities, .count = count };
    uint32_t group;
    size_t i;

    if (begin(s, e) < 0)
        return -1;
    for (group = 0; group < s->meta.groups; group++)
        if (try_group(&u, group, e) < 0)
            return -1;
    if (combine(&u, e) < 0)
        return -1;
    for (i = 0; i + 1 < s->part_count && s->parts[i].identity == SIZE_MAX; i++)
        ;
    if (identity != NULL)
        *identity = s->parts[i].identity;
    if (recipient != NULL)
        *recipient = s->parts[i].recipient;
    return 0;
}

bool ml_sops_group_open(const ml_sops *s, uint32_t group)
{
    return group < s->part_count && s->parts[group].share.p != NULL;
}

void ml_sops_group_opener(const ml_sops *s, uint32_t group, size_t *identity, size_t *recipient)
{
    const bool open = ml_sops_group_open(s, group);

    *identity = open ? s->parts[group].identity : SIZE_MAX;
    *recipient = open ? s->parts[group].recipient : SIZE_MAX;
}

const char *ml_sops_reason(const ml_sops *s, size_t recipient)
{
    return s->reasons == NULL || recipient >= s->meta.count ? NULL : s->reasons[recipient];
}
