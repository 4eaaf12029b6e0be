/* unlock.c — the data key of a file, opened with one of several identities. */
#include <string.h>

#include "sops/file_internal.h"

bool ml_sops_same_recipient(const ml_sops_recipient *r, const char *text)
{
    ml_age_recipient parsed = { 0 };
    ml_err ignored;
    bool same;

    if (r->kind != ML_SOPS_AGE)
        return false;
    if (ml_bytes_is(r->text, text))
        return true;
    if (!ml_bytes_starts(r->text, "ssh-"))
        return false;
    same =
        ml_age_recipient_parse(&parsed, r->text, &ignored) == 0 && strcmp(parsed.text, text) == 0;
    ml_age_recipient_free(&parsed);
    return same;
}

typedef struct unlocking {
    ml_sops *s;
    const ml_age_identity *const *identities;
    size_t count;
    size_t identity, recipient; /* results */
} unlocking;

/* 1 when the data key is open, 0 when these identities do not fit, -1 for what no other attempt
 * would mend. */
static int try_one(unlocking *u, size_t recipient, const ml_age_identity *const *identities,
                   size_t count, ml_err *e)
{
    const ml_age_keys keys = { .identities = identities, .count = count };
    ml_secret key = { 0 };
    size_t used = 0;
    int status;

    if (ml_age_decrypt(&key, &keys, u->s->meta.recipients[recipient].enc, &used, e) < 0)
        return strcmp(e->code, ML_E_MEMORY) == 0 ? -1 : 0;
    status = ml_sops_cipher_new(&u->s->cipher, ml_secret_bytes(&key), e);
    ml_secret_free(&key);
    u->recipient = recipient;
    u->identity = used;
    return status < 0 ? -1 : 1;
}

/* First those whose public half stands in the file, each only where it stands; then, in case a name
 * in the file is wrong, all with all. */
static int try_all(unlocking *u, ml_err *e)
{
    const ml_sops_metadata *m = &u->s->meta;
    size_t i, k;
    int status;

    for (i = 0; i < u->count; i++)
        for (k = 0; k < m->count; k++) {
            if (!ml_sops_same_recipient(&m->recipients[k], u->identities[i]->recipient.text))
                continue;
            status = try_one(u, k, &u->identities[i], 1, e);
            if (status != 0) {
                u->identity = i;
                return status;
            }
        }
    for (k = 0; k < m->count; k++) {
        if (m->recipients[k].kind != ML_SOPS_AGE || u->count == 0)
            continue;
        status = try_one(u, k, u->identities, u->count, e);
        if (status != 0)
            return status;
    }
    return 0;
}

int ml_sops_unlock(ml_sops *s, const ml_age_identity *const *identities, size_t count,
                   size_t *identity, size_t *recipient, ml_err *e)
{
    unlocking u = { .s = s, .identities = identities, .count = count };
    int status;

    if (s->meta.groups > 1) {
        ml_fail(e, ML_E_UNSUPPORTED, "the file has %u key groups; only one can be opened",
                s->meta.groups);
        return ml_doc_blame(s->metadata, s->meta.map, e);
    }
    ml_sops_cipher_free(s->cipher);
    s->cipher = NULL;
    status = try_all(&u, e);
    if (status == 0) {
        ml_fail(e, ML_E_KEY, "none of %zu identities opens any of the file's %zu recipients", count,
                s->meta.count);
        return ml_err_at(e, s->path, 0, 0);
    }
    if (status < 0)
        return -1;
    if (identity != NULL)
        *identity = u.identity;
    if (recipient != NULL)
        *recipient = u.recipient;
    return 0;
}
