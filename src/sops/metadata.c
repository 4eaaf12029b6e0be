/* metadata.c — reading the `sops` mapping; see metadata.h. Writing: metadata_write.c. */
#include "sops/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "doc/value.h"

unsigned ml_sops_selectors_count(const ml_sops_selectors *s)
{
    const ml_bytes all[] = { s->unencrypted_suffix,        s->encrypted_suffix,
                             s->unencrypted_regex,         s->encrypted_regex,
                             s->unencrypted_comment_regex, s->encrypted_comment_regex };
    unsigned count = 0;
    size_t i;

    for (i = 0; i < sizeof all / sizeof *all; i++)
        count += all[i].len > 0 ? 1U : 0U;
    return count;
}

static int fail_at(const ml_doc *d, ml_node n, ml_err *e, const char *field, const char *what)
{
    ml_fail(e, ML_E_FORMAT, "sops metadata: '%s' %s", field, what);
    return ml_doc_blame(d, n, e);
}

/* Names of fields match in any case, as sops reads them. */
static bool is_field(ml_bytes key, const char *name)
{
    const size_t len = strlen(name);
    size_t i;

    if (key.len != len)
        return false;
    for (i = 0; i < len; i++) {
        const unsigned char c = key.p[i];

        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (unsigned char)name[i])
            return false;
    }
    return true;
}

int ml_sops_metadata_field(const ml_doc *d, ml_node map, const char *name, ml_node *out, ml_err *e)
{
    ml_node n;
    bool seen = false;

    *out = ML_NO_NODE;
    for (n = ml_doc_node(d, map)->first; n != ML_NO_NODE; n = ml_doc_node(d, n)->next) {
        const ml_node_info *info = ml_doc_node(d, n);
        const ml_node value = ml_doc_resolve(d, n);

        if (info->kind == ML_KIND_COMMENT || !is_field(ml_doc_scalar(d, info->key), name))
            continue;
        if (seen)
            return fail_at(d, n, e, name, "stands twice");
        seen = true;
        if (ml_doc_node(d, value)->kind != ML_KIND_SCALAR ||
            ml_doc_node(d, value)->type != ML_TYPE_NULL)
            *out = value;
    }
    return 0;
}

/* A text field, from any scalar but a timestamp (which sops refuses, too). */
static int read_text(const ml_doc *d, ml_node map, const char *name, ml_bytes *text, ml_node *node,
                     ml_err *e)
{
    ml_node n;

    *text = ml_bytes_of(NULL, 0);
    if (node != NULL)
        *node = ML_NO_NODE;
    if (ml_sops_metadata_field(d, map, name, &n, e) < 0)
        return -1;
    if (n == ML_NO_NODE)
        return 0;
    if (ml_doc_node(d, n)->kind != ML_KIND_SCALAR)
        return fail_at(d, n, e, name, "is not a text");
    if (ml_doc_node(d, n)->type == ML_TYPE_TIME)
        return fail_at(d, n, e, name, "is a timestamp without quotes, which sops refuses");
    *text = ml_doc_scalar(d, n);
    if (node != NULL)
        *node = n;
    return 0;
}

static int read_bool(const ml_doc *d, ml_node map, const char *name, bool *out, ml_err *e)
{
    ml_buf word = { 0 };
    ml_node node;
    ml_bytes text;
    int status = 0;

    *out = false;
    if (read_text(d, map, name, &text, &node, e) < 0)
        return -1;
    if (node == ML_NO_NODE || text.len == 0)
        return 0;
    if (ml_value_accept(ML_TYPE_BOOL, text, &word, e) < 0)
        status = fail_at(d, node, e, name, "is neither true nor false");
    else
        *out = ml_bytes_is(ml_buf_bytes(&word), "True");
    ml_buf_free(&word);
    return status;
}

static int read_threshold(const ml_doc *d, ml_node map, uint32_t *out, ml_err *e)
{
    static const char name[] = "shamir_threshold";
    ml_node node;
    ml_bytes text;
    size_t i;

    *out = 0;
    if (read_text(d, map, name, &text, &node, e) < 0)
        return -1;
    for (i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return fail_at(d, node, e, name, "is not a number");
        *out = *out * 10 + (uint32_t)(text.p[i] - '0');
        if (*out > ML_LIMIT_KEY_GROUPS)
            return fail_at(d, node, e, name, "is larger than any number of key groups");
    }
    return 0;
}

static ml_sops_recipient *new_recipient(ml_sops_metadata *m, ml_err *e)
{
    if (m->count >= ML_LIMIT_RECIPIENTS) {
        ml_fail(e, ML_E_LIMIT, "sops metadata: more than %d recipients", ML_LIMIT_RECIPIENTS);
        return NULL;
    }
    if ((m->count & (m->count - 1)) == 0) { /* full at each power of two */
        ml_sops_recipient *grown =
            realloc(m->recipients, (m->count == 0 ? 1 : m->count * 2) * sizeof *grown);

        if (grown == NULL) {
            ml_fail_memory(e);
            return NULL;
        }
        m->recipients = grown;
    }
    return memset(&m->recipients[m->count], 0, sizeof *m->recipients);
}

static int read_context(ml_sops_key *key, const ml_doc *d, ml_node entry, ml_err *e)
{
    static const char name[] = "context";
    ml_node map, n;

    if (ml_sops_metadata_field(d, entry, name, &map, e) < 0)
        return -1;
    if (map == ML_NO_NODE)
        return 0;
    if (ml_doc_node(d, map)->kind != ML_KIND_MAP)
        return fail_at(d, map, e, name, "is not a mapping");
    key->context = calloc(ml_doc_node(d, map)->count + 1, sizeof *key->context);
    if (key->context == NULL)
        return ml_fail_memory(e);
    for (n = ml_doc_node(d, map)->first; n != ML_NO_NODE; n = ml_doc_node(d, n)->next) {
        const ml_node value = ml_doc_resolve(d, n);

        if (ml_doc_node(d, n)->kind == ML_KIND_COMMENT)
            continue;
        if (ml_doc_node(d, value)->kind != ML_KIND_SCALAR)
            return fail_at(d, value, e, name, "has a value that is not a text");
        key->context[key->context_count++] =
            (ml_sops_pair){ ml_doc_scalar(d, ml_doc_node(d, n)->key), ml_doc_scalar(d, value) };
    }
    return 0;
}

static int read_created(const ml_doc *d, ml_node entry, ml_err *e)
{
    char normal[ML_SOPS_TIME_SIZE];
    ml_node node;
    ml_bytes text;

    if (read_text(d, entry, "created_at", &text, &node, e) < 0)
        return -1;
    if (text.len > 0 && ml_sops_time_normal(normal, text) < 0)
        return fail_at(d, node, e, "created_at", "is not an RFC 3339 time");
    return 0;
}

static int read_key(ml_sops_recipient *r, const ml_doc *d, ml_err *e)
{
    const ml_sops_field *f = ml_sops_kind_fields(r->key.kind);
    size_t i;

    for (i = 0; f[i].name != NULL; i++) {
        int status;

        if (f[i].role == ML_SOPS_ENC)
            status = read_text(d, r->entry, f[i].name, &r->enc, &r->enc_node, e);
        else if (f[i].role == ML_SOPS_CREATED)
            status = read_created(d, r->entry, e);
        else if (f[i].role == ML_SOPS_CONTEXT)
            status = read_context(&r->key, d, r->entry, e);
        else
            status = read_text(d, r->entry, f[i].name, &r->key.text[i], NULL, e);
        if (status < 0)
            return -1;
    }
    return ml_sops_key_name(&r->key, e);
}

static int add_recipient(ml_sops_metadata *m, const ml_doc *d, ml_sops_kind kind, ml_node entry,
                         uint32_t group, ml_err *e)
{
    ml_sops_recipient *r;

    if (ml_doc_node(d, entry)->kind != ML_KIND_MAP)
        return fail_at(d, entry, e, ml_sops_kind_word(kind), "has an entry that is no mapping");
    r = new_recipient(m, e);
    if (r == NULL)
        return ml_doc_blame(d, entry, e);
    r->key.kind = kind;
    r->key.group = group;
    r->line = ml_doc_node(d, entry)->line;
    r->entry = entry;
    m->count++; /* it is freed with the others from here on */
    return read_key(r, d, e);
}

const ml_sops_kind ml_sops_kinds_read[ML_SOPS_KINDS] = { ML_SOPS_KMS,      ML_SOPS_GCP_KMS,
                                                         ML_SOPS_HCKMS,    ML_SOPS_AZURE_KV,
                                                         ML_SOPS_HC_VAULT, ML_SOPS_PGP,
                                                         ML_SOPS_AGE };

/* The lists of keys in `map`: the metadata itself, or one of its groups. */
static int read_keys(ml_sops_metadata *m, const ml_doc *d, ml_node map, uint32_t group, ml_err *e)
{
    ml_node list, n;
    size_t i;

    for (i = 0; i < ML_SOPS_KINDS; i++) {
        if (ml_sops_metadata_field(d, map, ml_sops_kind_word(ml_sops_kinds_read[i]), &list, e) < 0)
            return -1;
        if (list == ML_NO_NODE)
            continue;
        if (ml_doc_node(d, list)->kind != ML_KIND_LIST) { /* one map counts as a list of one */
            if (add_recipient(m, d, ml_sops_kinds_read[i], list, group, e) < 0)
                return -1;
            continue;
        }
        for (n = ml_doc_node(d, list)->first; n != ML_NO_NODE; n = ml_doc_node(d, n)->next)
            if (ml_doc_node(d, n)->kind != ML_KIND_COMMENT &&
                add_recipient(m, d, ml_sops_kinds_read[i], ml_doc_resolve(d, n), group, e) < 0)
                return -1;
    }
    return 0;
}

static int add_group(ml_sops_metadata *m, const ml_doc *d, ml_node map, ml_err *e)
{
    if (ml_doc_node(d, map)->kind != ML_KIND_MAP)
        return fail_at(d, map, e, "key_groups", "has an entry that is no mapping");
    if (m->groups >= ML_LIMIT_KEY_GROUPS)
        return fail_at(d, map, e, "key_groups", "has too many entries");
    m->group_maps[m->groups] = map;
    return read_keys(m, d, map, m->groups++, e);
}

static int read_groups(ml_sops_metadata *m, const ml_doc *d, ml_err *e)
{
    ml_node list, n;

    m->group_maps = calloc(ML_LIMIT_KEY_GROUPS, sizeof *m->group_maps);
    if (m->group_maps == NULL)
        return ml_fail_memory(e);
    m->group_maps[0] = m->map;
    if (read_keys(m, d, m->map, 0, e) < 0 ||
        ml_sops_metadata_field(d, m->map, "key_groups", &list, e) < 0)
        return -1;
    if (m->count > 0 || list == ML_NO_NODE) {
        m->groups =
            m->count > 0 ? 1 : 0; /* keys at top level: sops does not look at key_groups then */
        return 0;
    }
    m->grouped = true;
    if (ml_doc_node(d, list)->kind == ML_KIND_MAP) /* one map counts as a list of one */
        return add_group(m, d, list, e);
    if (ml_doc_node(d, list)->kind != ML_KIND_LIST)
        return fail_at(d, list, e, "key_groups", "is not a list");
    for (n = ml_doc_node(d, list)->first; n != ML_NO_NODE; n = ml_doc_node(d, n)->next)
        if (ml_doc_node(d, n)->kind != ML_KIND_COMMENT &&
            add_group(m, d, ml_doc_resolve(d, n), e) < 0)
            return -1;
    return 0;
}

static int read_selectors(ml_sops_metadata *m, const ml_doc *d, ml_node map, ml_err *e)
{
    ml_sops_selectors *s = &m->selectors;
    const struct {
        const char *name;
        ml_bytes *text;
    } fields[] = { { "unencrypted_suffix", &s->unencrypted_suffix },
                   { "encrypted_suffix", &s->encrypted_suffix },
                   { "unencrypted_regex", &s->unencrypted_regex },
                   { "encrypted_regex", &s->encrypted_regex },
                   { "unencrypted_comment_regex", &s->unencrypted_comment_regex },
                   { "encrypted_comment_regex", &s->encrypted_comment_regex } };
    ml_node node;
    size_t i;

    for (i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (read_text(d, map, fields[i].name, fields[i].text, &node, e) < 0)
            return -1;
        if (fields[i].text->len > 0) {
            m->selector = fields[i].name;
            m->selector_node = node;
        }
    }
    if (ml_sops_selectors_count(s) > 1) {
        ml_fail(e, ML_E_FORMAT, "sops metadata: more than one selector is set");
        return ml_doc_blame(d, map, e);
    }
    return read_bool(d, map, "mac_only_encrypted", &s->mac_only_encrypted, e);
}

int ml_sops_metadata_blame(const ml_sops_metadata *m, const ml_doc *d, ml_err *e)
{
    char reason[ML_ERR_TEXT];

    if (m->selector == NULL)
        return -1;
    memcpy(reason, e->message, sizeof reason);
    ml_fail(e, e->code, "sops metadata: '%s': %.400s", m->selector, reason);
    return ml_doc_blame(d, m->selector_node, e);
}

int ml_sops_metadata_parse(ml_sops_metadata *m, const ml_doc *d, ml_node map, ml_err *e)
{
    char normal[ML_SOPS_TIME_SIZE];

    memset(m, 0, sizeof *m);
    m->map = map;
    if (ml_doc_node(d, map)->kind != ML_KIND_MAP)
        return fail_at(d, map, e, "sops", "is not a mapping");
    if (read_text(d, map, "mac", &m->mac, &m->mac_node, e) < 0 ||
        read_text(d, map, "lastmodified", &m->lastmodified, &m->lastmodified_node, e) < 0 ||
        read_text(d, map, "version", &m->version, &m->version_node, e) < 0 ||
        read_threshold(d, map, &m->threshold, e) < 0 || read_selectors(m, d, map, e) < 0 ||
        read_groups(m, d, e) < 0) {
        ml_sops_metadata_free(m);
        return -1;
    }
    if (m->lastmodified_node != ML_NO_NODE && ml_sops_time_normal(normal, m->lastmodified) < 0) {
        fail_at(d, m->lastmodified_node, e, "lastmodified", "is not an RFC 3339 time");
        ml_sops_metadata_free(m);
        return -1;
    }
    return 0;
}

const ml_sops_recipient *ml_sops_metadata_find(const ml_sops_metadata *m, uint32_t group,
                                               const ml_sops_key *key)
{
    size_t i;

    for (i = 0; i < m->count; i++)
        if (m->recipients[i].key.group == group && ml_sops_key_same(&m->recipients[i].key, key))
            return &m->recipients[i];
    return NULL;
}

bool ml_sops_metadata_seals(const ml_sops_metadata *m)
{
    return m->mac.len > 0 && m->version.len > 0;
}

void ml_sops_metadata_free(ml_sops_metadata *m)
{
    size_t i;

    for (i = 0; i < m->count; i++)
        ml_sops_key_free(&m->recipients[i].key);
    free(m->recipients);
    free(m->group_maps);
    memset(m, 0, sizeof *m);
}
