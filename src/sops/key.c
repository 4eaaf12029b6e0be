/* key.c — what the kinds of keys are made of; see key.h. */
#include "sops/key.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "sops/shamir.h"

static const struct {
    const char *word;
    ml_sops_field fields[ML_SOPS_KEY_FIELDS + 1];
} kinds[] = {
    [ML_SOPS_AGE] = { "age", { { "enc", ML_SOPS_ENC }, { "recipient", ML_SOPS_NEEDED } } },
    [ML_SOPS_PGP] = { "pgp",
                      { { "created_at", ML_SOPS_CREATED },
                        { "enc", ML_SOPS_ENC },
                        { "fp", ML_SOPS_NEEDED } } },
    [ML_SOPS_KMS] = { "kms",
                      { { "arn", ML_SOPS_NEEDED },
                        { "aws_profile", ML_SOPS_WRITTEN },
                        { "context", ML_SOPS_CONTEXT },
                        { "created_at", ML_SOPS_CREATED },
                        { "enc", ML_SOPS_ENC },
                        { "role", ML_SOPS_OPTIONAL } } },
    [ML_SOPS_GCP_KMS] = { "gcp_kms",
                          { { "created_at", ML_SOPS_CREATED },
                            { "enc", ML_SOPS_ENC },
                            { "resource_id", ML_SOPS_NEEDED } } },
    [ML_SOPS_AZURE_KV] = { "azure_kv",
                           { { "created_at", ML_SOPS_CREATED },
                             { "enc", ML_SOPS_ENC },
                             { "name", ML_SOPS_NEEDED },
                             { "vault_url", ML_SOPS_NEEDED },
                             { "version", ML_SOPS_WRITTEN } } },
    [ML_SOPS_HC_VAULT] = { "hc_vault",
                           { { "created_at", ML_SOPS_CREATED },
                             { "enc", ML_SOPS_ENC },
                             { "engine_path", ML_SOPS_NEEDED },
                             { "key_name", ML_SOPS_NEEDED },
                             { "vault_address", ML_SOPS_NEEDED } } },
    [ML_SOPS_HCKMS] = { "hckms",
                        { { "created_at", ML_SOPS_CREATED },
                          { "enc", ML_SOPS_ENC },
                          { "key_id", ML_SOPS_NEEDED } } },
};

const char *ml_sops_kind_word(ml_sops_kind kind)
{
    return kinds[kind].word;
}

int ml_sops_kind_of_word(ml_bytes word, ml_sops_kind *kind)
{
    unsigned i;

    for (i = 0; i < ML_SOPS_KINDS; i++)
        if (ml_bytes_is(word, kinds[i].word)) {
            *kind = (ml_sops_kind)i;
            return 0;
        }
    return -1;
}

const ml_sops_field *ml_sops_kind_fields(ml_sops_kind kind)
{
    return kinds[kind].fields;
}

bool ml_sops_kind_stays(ml_sops_kind kind, bool in_group)
{
    return in_group && (kind == ML_SOPS_AGE || kind == ML_SOPS_HC_VAULT);
}

static ml_bytes text_of(const ml_sops_key *key, const char *field)
{
    const ml_sops_field *f = kinds[key->kind].fields;
    size_t i;

    for (i = 0; strcmp(f[i].name, field) != 0; i++)
        ;
    return key->text[i];
}

static int by_name(const void *left, const void *right)
{
    return ml_bytes_compare(((const ml_sops_pair *)left)->name,
                            ((const ml_sops_pair *)right)->name);
}

/* arn+role|name:value,…|profile; empty parts at the end are left out with their sign. */
static void print_kms(ml_buf *out, const ml_sops_key *key)
{
    const ml_bytes role = text_of(key, "role"), profile = text_of(key, "aws_profile");
    size_t i;

    ml_buf_add(out, text_of(key, "arn"));
    if (role.len > 0)
        ml_buf_byte(out, '+');
    ml_buf_add(out, role);
    if (key->context_count > 0 || profile.len > 0)
        ml_buf_byte(out, '|');
    for (i = 0; i < key->context_count; i++) {
        if (i > 0)
            ml_buf_byte(out, ',');
        ml_buf_add(out, key->context[i].name);
        ml_buf_byte(out, ':');
        ml_buf_add(out, key->context[i].value);
    }
    if (profile.len > 0)
        ml_buf_byte(out, '|');
    ml_buf_add(out, profile);
}

static void print(ml_buf *out, const ml_sops_key *key)
{
    switch (key->kind) {
    case ML_SOPS_KMS:
        print_kms(out, key);
        break;
    case ML_SOPS_AZURE_KV:
        ml_buf_add(out, text_of(key, "vault_url"));
        ml_buf_text(out, "/keys/");
        ml_buf_add(out, text_of(key, "name"));
        ml_buf_byte(out, '/');
        ml_buf_add(out, text_of(key, "version"));
        break;
    default:
        ml_buf_add(out, text_of(key, "vault_address"));
        ml_buf_text(out, "/v1/");
        ml_buf_add(out, text_of(key, "engine_path"));
        ml_buf_text(out, "/keys/");
        ml_buf_add(out, text_of(key, "key_name"));
        break;
    }
}

/* The one text that is the whole name; NULL for kinds whose name is made of several. */
static const char *name_field(ml_sops_kind kind)
{
    switch (kind) {
    case ML_SOPS_AGE:
        return "recipient";
    case ML_SOPS_PGP:
        return "fp";
    case ML_SOPS_GCP_KMS:
        return "resource_id";
    case ML_SOPS_HCKMS:
        return "key_id";
    default:
        return NULL;
    }
}

int ml_sops_key_name(ml_sops_key *key, ml_err *e)
{
    const char *field = name_field(key->kind);
    ml_buf made = { 0 };

    if (field != NULL) {
        key->name = text_of(key, field);
        return 0;
    }
    if (key->context_count > 0)
        qsort(key->context, key->context_count, sizeof *key->context, by_name);
    print(&made, key);
    if (ml_buf_check(&made, e) < 0) {
        ml_buf_free(&made);
        return -1;
    }
    key->printed = (char *)made.p; /* the key owns it now */
    key->name = ml_buf_bytes(&made);
    return 0;
}

void ml_sops_key_free(ml_sops_key *key)
{
    free(key->context);
    free(key->printed);
    memset(key, 0, sizeof *key);
}

void ml_sops_key_age(ml_sops_key *key, const ml_age_recipient *recipient)
{
    memset(key, 0, sizeof *key);
    key->kind = ML_SOPS_AGE;
    key->age = recipient;
    key->name = key->text[1] = ml_bytes_text(recipient->text);
}

/* The canonical spelling of an SSH key is without its comment. */
static bool same_ssh(ml_bytes a, ml_bytes b)
{
    ml_age_recipient left = { 0 }, right = { 0 };
    ml_err ignored;
    bool same = false;

    if (ml_bytes_starts(a, "ssh-") && ml_bytes_starts(b, "ssh-"))
        same = ml_age_recipient_parse(&left, a, &ignored) == 0 &&
               ml_age_recipient_parse(&right, b, &ignored) == 0 &&
               strcmp(left.text, right.text) == 0;
    ml_age_recipient_free(&left);
    ml_age_recipient_free(&right);
    return same;
}

bool ml_sops_key_same(const ml_sops_key *a, const ml_sops_key *b)
{
    if (a->kind != b->kind)
        return false;
    if (ml_bytes_equal(a->name, b->name))
        return true;
    if (a->kind == ML_SOPS_AGE)
        return same_ssh(a->name, b->name);
    return a->kind == ML_SOPS_PGP && a->name.len == b->name.len &&
           strncasecmp((const char *)a->name.p, (const char *)b->name.p, a->name.len) == 0;
}

int ml_sops_keys_check(const ml_sops_keys *keys, ml_err *e)
{
    bool filled[ML_LIMIT_KEY_GROUPS] = { false };
    size_t i;

    if (keys->groups > ML_LIMIT_KEY_GROUPS)
        return ml_fail(e, ML_E_LIMIT, "more than %d key groups", ML_LIMIT_KEY_GROUPS);
    if (keys->count > ML_LIMIT_RECIPIENTS)
        return ml_fail(e, ML_E_LIMIT, "more than %d recipients", ML_LIMIT_RECIPIENTS);
    if (keys->count == 0 || keys->groups == 0)
        return ml_fail(e, ML_E_ARGUMENT, "no recipient would be left: nobody could open the file");
    for (i = 0; i < keys->count; i++)
        filled[keys->list[i].group] = true;
    for (i = 0; i < keys->groups; i++)
        if (!filled[i])
            return ml_fail(e, ML_E_FORMAT, "key group %zu is empty", i + 1);
    if (keys->groups == 1 || keys->threshold == 0)
        return 0;
    if (keys->threshold < ML_SHAMIR_MIN)
        return ml_fail(e, ML_E_FORMAT, "the threshold must be at least %d", ML_SHAMIR_MIN);
    if (keys->threshold > keys->groups)
        return ml_fail(e, ML_E_FORMAT, "a threshold of %u is more than the %u key groups",
                       keys->threshold, keys->groups);
    return 0;
}
