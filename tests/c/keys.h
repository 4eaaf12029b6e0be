#ifndef ML_TESTS_C_KEYS_H
#define ML_TESTS_C_KEYS_H

/* keys.h — envelopes and changes of keys in one call, for tests and fuzzers. */
#include "sops/file.h"

enum { MAX_TEST_KEYS = 16 };

/* One age key for each recipient, all in one group. */
static inline ml_sops_keys one_group(ml_sops_key list[MAX_TEST_KEYS],
                                     const ml_age_recipient *const *recipients, size_t count)
{
    const ml_sops_keys keys = { .list = list, .count = count, .groups = 1 };
    size_t i;

    for (i = 0; i < count; i++)
        ml_sops_key_age(&list[i], recipients[i]);
    return keys;
}

/* The file's keys become these. */
static inline int update_to(ml_sops *s, const ml_sops_keys *keys, bool rewrap,
                            ml_sops_key_changes *changes, ml_err *e)
{
    ml_sops_envelope *v;
    int status;

    if (ml_sops_envelope_of(&v, s, keys, rewrap, e) < 0)
        return -1;
    status = ml_sops_update_keys(s, v, changes, e);
    ml_sops_envelope_free(v);
    return status;
}

static inline int update_keys(ml_sops *s, const ml_age_recipient *const *recipients, size_t count,
                              bool rewrap, ml_sops_key_changes *changes, ml_err *e)
{
    ml_sops_key list[MAX_TEST_KEYS];
    const ml_sops_keys keys = one_group(list, recipients, count);

    return update_to(s, &keys, rewrap, changes, e);
}

static inline int renew_to(ml_sops *s, const ml_sops_keys *keys, ml_err *e)
{
    ml_sops_envelope *v;
    int status;

    if (ml_sops_envelope_new(&v, keys, e) < 0)
        return -1;
    status = ml_sops_renew(s, v, e);
    ml_sops_envelope_free(v);
    return status;
}

static inline int renew(ml_sops *s, const ml_age_recipient *const *recipients, size_t count,
                        ml_err *e)
{
    ml_sops_key list[MAX_TEST_KEYS];
    const ml_sops_keys keys = one_group(list, recipients, count);

    return renew_to(s, &keys, e);
}

/* Seals with a new envelope for these keys. */
static inline int seal_to(ml_sops_new *what, const ml_sops_keys *keys, ml_buf *out, ml_err *e)
{
    int status;

    if (ml_sops_envelope_new(&what->envelope, keys, e) < 0)
        return -1;
    status = ml_sops_encrypt(what, out, NULL, e);
    ml_sops_envelope_free(what->envelope);
    what->envelope = NULL;
    return status;
}

static inline int seal(ml_sops_new *what, const ml_age_recipient *const *recipients, size_t count,
                       ml_buf *out, ml_err *e)
{
    ml_sops_key list[MAX_TEST_KEYS];
    const ml_sops_keys keys = one_group(list, recipients, count);

    return seal_to(what, &keys, out, e);
}

#endif
