#ifndef ML_SOPS_ENVELOPE_H
#define ML_SOPS_ENVELOPE_H

/* envelope.h — the data key of one file on its way to the keys that shall be able to open it.
 *
 * With one key group each of its keys wraps the data key itself, with several each wraps the share
 * of its group. What age keys wrap, but for those of plugins, is wrapped when the envelope is made.
 * The other keys are open: a key source wraps what ml_sops_envelope_share says and gives it back.
 * An envelope without open keys goes into a file: ml_sops_encrypt, ml_sops_update_keys,
 * ml_sops_renew. */
#include "sops/metadata.h"

struct ml_sops;

typedef struct ml_sops_envelope {
    ml_sops_wrapping keys;
    ml_secret data_key;
    ml_secret *shares;        /* by group; NULL where nothing had to be wrapped */
    const struct ml_sops *of; /* the file whose data key it has; NULL: a new data key */
    unsigned long generation; /* of that file */
    bool used;
} ml_sops_envelope;

/* With a new data key, for one new file or one renewal. `keys` must outlive the envelope. */
int ml_sops_envelope_new(ml_sops_envelope **out, const ml_sops_keys *keys, ml_err *e);

/* With the data key of `s`, for ml_sops_update_keys of this file as it is now. Keys that the file
 * has stay as they are unless `rewrap`. A changed number of groups, or threshold, makes new shares;
 * else those of groups that are not open are computed from the others. Fails with "argument" when
 * something must be wrapped and the file is not unlocked, "auth" when the shares that opened are
 * not those of its data key. */
int ml_sops_envelope_of(ml_sops_envelope **out, const struct ml_sops *s, const ml_sops_keys *keys,
                        bool rewrap, ml_err *e);
void ml_sops_envelope_free(ml_sops_envelope *v); /* wipes; NULL is fine */

/* The first open key from `from` on, or SIZE_MAX. */
size_t ml_sops_envelope_open(const ml_sops_envelope *v, size_t from);

/* What it shall wrap. */
ml_bytes ml_sops_envelope_share(const ml_sops_envelope *v, size_t key);

/* Takes what it has wrapped: text, as it will stand in the file. */
int ml_sops_envelope_give(ml_sops_envelope *v, size_t key, ml_bytes enc, ml_err *e);

/* Marks it as used. Fails with "key-source" when a key is open, "argument" when it is used already,
 * or is not for this file as it is now (NULL: not for a new data key). */
int ml_sops_envelope_use(ml_sops_envelope *v, const struct ml_sops *s, ml_err *e);

#endif
