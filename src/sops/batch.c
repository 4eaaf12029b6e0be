/* batch.c — many files given their recipients at once, by workers that share nothing. */
#include <stdlib.h>
#include <string.h>

#include "sops/file_internal.h"
#include "sys/pool.h"

typedef struct batch {
    ml_sops_update *list;
    const ml_age_identity *const *identities;
    size_t identity_count;
} batch;

/* The keys of one file, with an envelope of its own. */
static int update_keys(ml_sops_update *item, ml_sops *s, ml_err *e)
{
    ml_sops_envelope *v;
    int status;

    if (ml_sops_envelope_of(&v, s, item->keys, item->rewrap, e) < 0)
        return -1;
    status = ml_sops_update_keys(s, v, &item->changes, e);
    ml_sops_envelope_free(v);
    return status;
}

static int renew(ml_sops_update *item, ml_sops *s, ml_err *e)
{
    ml_sops_envelope *v;
    int status;

    if (ml_sops_decrypt(s, false, e) < 0 || ml_sops_envelope_new(&v, item->keys, e) < 0)
        return -1;
    status = ml_sops_renew(s, v, e);
    ml_sops_envelope_free(v);
    return status;
}

static int update(const batch *b, ml_sops_update *item, ml_sops *s, ml_err *e)
{
    /* A key is only needed when somebody is added: try without, most files are as they should be.
     */
    if (!item->rewrap && !item->renew && update_keys(item, s, e) == 0)
        return 0;
    if (ml_sops_unlock(s, b->identities, b->identity_count, NULL, NULL, e) < 0)
        return -1;
    return item->renew ? renew(item, s, e) : update_keys(item, s, e);
}

static int work(void *context, size_t number, ml_err *e)
{
    const batch *b = context;
    ml_sops_update *item = &b->list[number];
    ml_sops *s;
    int status;

    memset(&item->out, 0, sizeof item->out);
    memset(&item->changes, 0, sizeof item->changes);
    if (ml_sops_open(&s, item->text, item->format, item->path, e) < 0)
        return -1;
    status = update(b, item, s, e);
    if (status == 0 && !ml_bytes_equal(ml_sops_text(s), item->text)) {
        ml_buf_add(&item->out, ml_sops_text(s));
        status = ml_buf_check(&item->out, e);
    }
    ml_sops_free(s);
    return status;
}

size_t ml_sops_update_many(ml_sops_update *list, size_t count,
                           const ml_age_identity *const *identities, size_t identity_count,
                           unsigned threads)
{
    batch b = { list, identities, identity_count };
    ml_pool_result *results = calloc(count + 1, sizeof *results);
    size_t i, failed = 0;

    if (results == NULL) { /* one after the other needs no room */
        for (i = 0; i < count; i++) {
            list[i].status = work(&b, i, &list[i].e);
            failed += list[i].status < 0;
        }
        return failed;
    }
    failed = ml_pool_run(count, threads, work, &b, results);
    for (i = 0; i < count; i++) {
        list[i].status = results[i].status;
        list[i].e = results[i].e;
    }
    free(results);
    return failed;
}
