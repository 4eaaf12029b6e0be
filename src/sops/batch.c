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

static int update(const batch *b, ml_sops_update *item, ml_sops *s, ml_err *e)
{
    if (item->rewrap || item->renew) {
        if (ml_sops_unlock(s, b->identities, b->identity_count, NULL, NULL, e) < 0)
            return -1;
    } else {
        /* Only needed when somebody is added: try without, most files are as they should be. */
        if (ml_sops_update_keys(s, item->recipients, item->recipient_count, false, &item->changes,
                                e) == 0)
            return 0;
        if (ml_sops_unlock(s, b->identities, b->identity_count, NULL, NULL, e) < 0)
            return -1;
    }
    if (item->renew)
        return ml_sops_decrypt(s, false, e) < 0
                   ? -1
                   : ml_sops_renew(s, item->recipients, item->recipient_count, e);
    return ml_sops_update_keys(s, item->recipients, item->recipient_count, item->rewrap,
                               &item->changes, e);
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
