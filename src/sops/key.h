#ifndef ML_SOPS_KEY_H
#define ML_SOPS_KEY_H

/* key.h — the keys that a data key, or a share of it, is wrapped for: of all kinds that sops knows.
 * age keys are wrapped for and opened here, all others by key sources in Lua. */
#include "base/buf.h"
#include "format/age.h"

typedef enum ml_sops_kind {
    ML_SOPS_AGE,
    ML_SOPS_PGP,
    ML_SOPS_KMS,
    ML_SOPS_GCP_KMS,
    ML_SOPS_AZURE_KV,
    ML_SOPS_HC_VAULT,
    ML_SOPS_HCKMS
} ml_sops_kind;

enum { ML_SOPS_KINDS = ML_SOPS_HCKMS + 1, ML_SOPS_KEY_FIELDS = 6 };

/* The field's name in the metadata: "age", "pgp", "kms", …, and back (-1 for another word). */
const char *ml_sops_kind_word(ml_sops_kind kind);
int ml_sops_kind_of_word(ml_bytes word, ml_sops_kind *kind);

/* What a field of a key in the metadata is. The first three say which key it is. */
typedef enum ml_sops_field_role {
    ML_SOPS_NEEDED,
    ML_SOPS_WRITTEN,  /* also when it is empty */
    ML_SOPS_OPTIONAL, /* left out when it is empty */
    ML_SOPS_CONTEXT,  /* a map of texts; left out when it is empty */
    ML_SOPS_CREATED,
    ML_SOPS_ENC
} ml_sops_field_role;

typedef struct ml_sops_field {
    const char *name; /* NULL behind the last */
    ml_sops_field_role role;
} ml_sops_field;

/* The fields of a kind in the order of their names: at most ML_SOPS_KEY_FIELDS. */
const ml_sops_field *ml_sops_kind_fields(ml_sops_kind kind);

/* Whether the list of a kind stays when it is empty: so sops has it within key groups. */
bool ml_sops_kind_stays(ml_sops_kind kind, bool in_group);

typedef struct ml_sops_pair {
    ml_bytes name, value;
} ml_sops_pair;

/* One key. It owns its context and its name; the texts belong to whatever they were read from. */
typedef struct ml_sops_key {
    ml_sops_kind kind;
    uint32_t group;                    /* from 0 */
    ml_bytes text[ML_SOPS_KEY_FIELDS]; /* by the kind's fields */
    ml_sops_pair *context;             /* from malloc; in the order of the names once it is named */
    size_t context_count;
    ml_bytes name;               /* as sops prints the key */
    char *printed;               /* where the name is made of several texts */
    const ml_age_recipient *age; /* of an age key that can be wrapped for; else NULL */
} ml_sops_key;

/* Fills in the name, once all else stands. */
int ml_sops_key_name(ml_sops_key *key, ml_err *e);
void ml_sops_key_free(ml_sops_key *key);

/* Makes *key the age key of a recipient, which must outlive it. There is nothing to free. */
void ml_sops_key_age(ml_sops_key *key, const ml_age_recipient *recipient);

/* Whether both are one key, whatever group it is in: an SSH key may carry a comment, a fingerprint
 * may be written in either case. */
bool ml_sops_key_same(const ml_sops_key *a, const ml_sops_key *b);

/* All keys that shall be able to open a file: approved by the caller, each once in its group. */
typedef struct ml_sops_keys {
    const ml_sops_key *list;
    size_t count;
    uint32_t groups;    /* 1 or more, each with a key */
    uint32_t threshold; /* how many groups are needed; 0: as the file has it, or all */
} ml_sops_keys;

/* Fails with "format" for an empty group, or a threshold that no split can have. */
int ml_sops_keys_check(const ml_sops_keys *keys, ml_err *e);

#endif
