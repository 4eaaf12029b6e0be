/* keys.c — who can open a file: changing the recipients, renewing the data key. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/provider.h"
#include "sops/file_internal.h"

int ml_sops_wrap(ml_sops_wrapped **out, ml_bytes data_key,
                 const ml_age_recipient *const *recipients, size_t count, ml_err *e)
{
    ml_sops_wrapped *list;
    size_t i;

    *out = NULL;
    if (count > ML_LIMIT_RECIPIENTS)
        return ml_fail(e, ML_E_LIMIT, "more than %d recipients", ML_LIMIT_RECIPIENTS);
    list = calloc(count + 1, sizeof *list);
    if (list == NULL)
        return ml_fail_memory(e);
    for (i = 0; i < count; i++) {
        ml_buf enc = { 0 };

        if (ml_age_encrypt(&enc, &recipients[i], 1, data_key, true, e) < 0) {
            ml_buf_free(&enc);
            ml_sops_wrapped_free(list, count);
            return -1;
        }
        list[i].enc = ml_buf_bytes(&enc); /* the list owns it now */
        list[i].recipient = ml_bytes_text(recipients[i]->text);
    }
    *out = list;
    return 0;
}

void ml_sops_wrapped_free(ml_sops_wrapped *list, size_t count)
{
    size_t i;

    if (list == NULL)
        return;
    for (i = 0; i < count; i++) {
        ml_buf owned = { .p = (unsigned char *)(uintptr_t)list[i].enc.p,
                         .len = list[i].enc.len,
                         .cap = list[i].enc.len };

        ml_buf_free(&owned);
    }
    free(list);
}

/* One pass of changes over a file: applied to the metadata of each of its documents. */
typedef struct rekeying {
    ml_sops *s;
    const ml_age_recipient *const *recipients;
    size_t count;
    const ml_sops_wrapped *wrapped; /* by recipient; enc empty: not wrapped anew */
    bool drop;                      /* this pass removes; the other one wraps and adds */
    ml_sops_key_changes done;
} rekeying;

/* The place in the new list of a recipient of the file, or SIZE_MAX. */
static size_t wanted(const rekeying *r, const ml_sops_recipient *old)
{
    size_t i;

    for (i = 0; i < r->count; i++)
        if (ml_sops_same_recipient(old, r->recipients[i]->text))
            return i;
    return SIZE_MAX;
}

static bool has(const ml_sops_metadata *m, const char *text)
{
    size_t i;

    for (i = 0; i < m->count; i++)
        if (ml_sops_same_recipient(&m->recipients[i], text))
            return true;
    return false;
}

static int wrap_pass(rekeying *r, ml_edits *es, const ml_sops_metadata *m, ml_err *e)
{
    const ml_doc *d = r->s->metadata;
    size_t i, place;

    for (i = 0; i < m->count; i++) {
        place = wanted(r, &m->recipients[i]);
        if (place == SIZE_MAX || r->wrapped[place].enc.len == 0)
            continue;
        if (m->recipients[i].enc_node == ML_NO_NODE) {
            ml_fail(e, ML_E_FORMAT, "sops metadata: a recipient has no 'enc'");
            return ml_doc_blame(d, m->recipients[i].entry, e);
        }
        if (ml_sops_metadata_set(es, d, m->recipients[i].enc_node, r->wrapped[place].enc, e) < 0)
            return -1;
        r->done.rewrapped++;
    }
    for (i = 0; i < r->count; i++) {
        if (has(m, r->recipients[i]->text))
            continue;
        if (ml_sops_metadata_add_age(es, d, m, &r->wrapped[i], 1, e) < 0)
            return -1;
        r->done.added++;
        if (m->age_list == ML_NO_NODE)
            break; /* the list is there in the next pass */
    }
    return 0;
}

static int drop_pass(rekeying *r, ml_edits *es, const ml_sops_metadata *m, ml_err *e)
{
    size_t i;

    for (i = 0; i < m->count; i++) {
        if (m->recipients[i].kind != ML_SOPS_AGE || wanted(r, &m->recipients[i]) != SIZE_MAX)
            continue;
        if (ml_sops_metadata_drop(es, r->s->metadata, &m->recipients[i], e) < 0)
            return -1;
        r->done.removed++;
    }
    return 0;
}

/* Applies one pass to every document. 1 when something changed. */
static int run_pass(rekeying *r, ml_err *e)
{
    const ml_doc *d = r->s->metadata;
    ml_sops_edits es = { 0 };
    ml_edits *list = ml_sops_metadata_edits(&es, r->s);
    ml_buf text = { 0 };
    size_t i;
    int status = 0;

    for (i = 0; i < ml_doc_roots(d) && status == 0; i++) {
        const ml_node map = ml_sops_map_of(d, i);
        ml_sops_metadata m;

        if (map == ML_NO_NODE)
            continue;
        memset(&r->done, 0, sizeof r->done); /* the same in each document */
        status = ml_sops_metadata_parse(&m, d, map, e);
        if (status < 0)
            break;
        status = r->drop ? drop_pass(r, list, &m, e) : wrap_pass(r, list, &m, e);
        ml_sops_metadata_free(&m);
    }
    if (status == 0 && list->count > 0) {
        status = ml_sops_edits_apply(&es, r->s, &text, e);
        if (status == 0)
            status = ml_sops_adopt(r->s, &text, e);
        if (status == 0)
            status = 1;
    }
    ml_sops_edits_free(&es);
    ml_buf_free(&text);
    return status;
}

/* Whether `holds` is true of the metadata of each document: they may differ after a merge. */
static bool everywhere(const ml_sops *s, bool (*holds)(const ml_sops_metadata *m, const char *text),
                       const char *text)
{
    size_t i;

    for (i = 0; i < ml_doc_roots(s->metadata); i++) {
        const ml_node map = ml_sops_map_of(s->metadata, i);
        ml_sops_metadata m;
        ml_err ignored;
        bool here;

        if (map == ML_NO_NODE || ml_sops_metadata_parse(&m, s->metadata, map, &ignored) < 0)
            continue;
        here = holds(&m, text);
        ml_sops_metadata_free(&m);
        if (!here)
            return false;
    }
    return true;
}

static bool has_list(const ml_sops_metadata *m, const char *unused)
{
    (void)unused;
    return m->age_list != ML_NO_NODE;
}

/* Wraps the data key for those that need it: all, or those the file does not have. */
static int wrap_missing(ml_sops_wrapped **out, const ml_sops *s,
                        const ml_age_recipient *const *recipients, size_t count, bool all,
                        ml_err *e)
{
    ml_sops_wrapped *one;
    size_t i;

    *out = calloc(count + 1, sizeof **out);
    if (*out == NULL)
        return ml_fail_memory(e);
    for (i = 0; i < count; i++) {
        if (!all && everywhere(s, has, recipients[i]->text))
            continue;
        if (s->cipher == NULL)
            return ml_fail(e, ML_E_ARGUMENT, "the file must be unlocked first");
        if (ml_sops_wrap(&one, ml_sops_cipher_key(s->cipher), &recipients[i], 1, e) < 0)
            return -1;
        (*out)[i] = one[0];
        free(one); /* its one text has moved */
    }
    return 0;
}

static int check_rekey(const ml_sops *s, size_t count, ml_err *e)
{
    size_t others = 0, i;

    for (i = 0; i < s->meta.count; i++)
        others += s->meta.recipients[i].kind != ML_SOPS_AGE;
    if (s->meta.grouped) {
        ml_fail(e, ML_E_UNSUPPORTED,
                "the file's recipients stand in key groups, which cannot be "
                "changed yet");
        return ml_doc_blame(s->metadata, s->meta.map, e);
    }
    if (count == 0 && others == 0)
        return ml_fail(e, ML_E_ARGUMENT, "no recipient would be left: nobody could open the file");
    return 0;
}

/* Puts the recipients into the file; `wrapped` as wrap_missing made it. */
static int apply_recipients(ml_sops *s, const ml_age_recipient *const *recipients, size_t count,
                            ml_sops_wrapped *wrapped, ml_sops_key_changes *changes, ml_err *e)
{
    rekeying r = { .s = s, .recipients = recipients, .count = count, .wrapped = wrapped };
    ml_sops_key_changes total = { 0, 0, 0 };
    size_t i;
    int status = 1;

    /* A document without any list of age recipients gets it with the first of them. */
    while (status == 1) {
        const bool had_lists = everywhere(s, has_list, NULL);

        status = run_pass(&r, e);
        total.added += r.done.added;
        total.rewrapped += r.done.rewrapped;
        if (had_lists)
            break;
        for (i = 0; i < count; i++) /* what is in is not wrapped twice */
            if (status == 1 && everywhere(s, has, recipients[i]->text) && wrapped[i].enc.len > 0) {
                ml_buf owned = { .p = (unsigned char *)(uintptr_t)wrapped[i].enc.p,
                                 .len = wrapped[i].enc.len,
                                 .cap = wrapped[i].enc.len };

                ml_buf_free(&owned);
                wrapped[i].enc = ml_bytes_of(NULL, 0);
            }
    }
    if (status >= 0) {
        r.drop = true;
        status = run_pass(&r, e);
        total.removed = r.done.removed;
    }
    if (changes != NULL)
        *changes = total;
    return status < 0 ? -1 : 0;
}

/* A file keeps its old text until everything has worked. */
static int restore(ml_sops *s, ml_buf *old)
{
    ml_err ignored;

    return ml_sops_adopt(s, old, &ignored);
}

int ml_sops_update_keys(ml_sops *s, const ml_age_recipient *const *recipients, size_t count,
                        bool rewrap, ml_sops_key_changes *changes, ml_err *e)
{
    ml_sops_wrapped *wrapped = NULL;
    ml_buf old = { 0 };
    int status = -1;

    if (changes != NULL)
        memset(changes, 0, sizeof *changes);
    if (check_rekey(s, count, e) < 0)
        return ml_err_at(e, s->path, 0, 0);
    ml_buf_add(&old, ml_sops_text(s));
    if (ml_buf_check(&old, e) == 0 &&
        wrap_missing(&wrapped, s, recipients, count, rewrap, e) == 0) {
        status = apply_recipients(s, recipients, count, wrapped, changes, e);
        if (status < 0)
            restore(s, &old);
    }
    ml_sops_wrapped_free(wrapped, count);
    ml_buf_free(&old);
    return status < 0 ? ml_err_at(e, s->path, 0, 0) : 0;
}

/* Seals everything that was sealed under another key. */
typedef struct renewal {
    ml_sops *s;
    const ml_sops_cipher *cipher;
    ml_sops_edits *es;
    ml_buf enc;
} renewal;

static int renew_value(void *context, const ml_walk_place *at, ml_err *e)
{
    renewal *r = context;
    const ml_sops_plain *p = &r->s->plain[at->node];
    ml_bytes aad = at->aad;
    ml_buf other = { 0 };
    int status;

    if (!p->sealed || at->through_alias)
        return 0;
    if (p->container != ML_NO_NODE) {
        ml_walk_aad(r->s->doc, p->container, &other);
        aad = other.len > 0 ? ml_buf_bytes(&other) : ml_bytes_text(":");
    }
    r->enc.len = 0;
    status = ml_sops_value_seal(r->cipher, (ml_type)p->type, p->text, aad, &r->enc, e);
    ml_buf_free(&other);
    if (status == 0)
        status = ml_sops_swap_enc(&r->es->document, r->s->doc, at->node, ml_buf_bytes(&r->enc), e);
    if (status < 0)
        return -1;
    return p->type == ML_TYPE_COMMENT && ml_doc_node(r->s->doc, at->node)->kind == ML_KIND_SCALAR;
}

/* The MAC's text stays; it is sealed anew with the new time. */
static int renew_mac(renewal *r, ml_err *e)
{
    char mac[ML_SOPS_MAC_SIZE], time[ML_SOPS_TIME_SIZE], old_time[ML_SOPS_TIME_SIZE];
    ml_arena arena = { 0 };
    ml_type type;
    ml_bytes text;
    int status;

    ml_sops_time_now(time);
    status = ml_sops_time_normal(old_time, r->s->meta.lastmodified);
    if (status == 0)
        status = ml_sops_value_open(r->s->cipher, r->s->meta.mac, ml_bytes_text(old_time), &arena,
                                    &type, &text, e);
    if (status == 0 && text.len == ML_SOPS_MAC_SIZE) {
        memcpy(mac, text.p, ML_SOPS_MAC_SIZE);
        r->enc.len = 0;
        status = ml_sops_seal_mac(r->cipher, mac, time, &r->enc, e);
        if (status == 0)
            status = ml_sops_stamp(ml_sops_metadata_edits(r->es, r->s), r->s->metadata,
                                   ml_buf_bytes(&r->enc), time, e);
    } else if (status == 0) {
        status = ml_fail(e, ML_E_MAC, "the MAC has a wrong length");
    }
    ml_arena_free(&arena);
    return status;
}

static int renew_text(ml_sops *s, const ml_sops_cipher *cipher, ml_buf *out, ml_err *e)
{
    ml_sops_edits es = { 0 };
    renewal r = { .s = s, .cipher = cipher, .es = &es };
    const ml_walk_visitor visitor = { renew_value, renew_value, NULL, &r };
    int status = ml_walk(s->doc, s->selector, &visitor, e);

    if (status == 0)
        status = renew_mac(&r, e);
    if (status == 0)
        status = ml_sops_edits_apply(&es, s, out, e);
    ml_sops_edits_free(&es);
    ml_buf_free(&r.enc);
    return status;
}

static int renew_with(ml_sops *s, ml_sops_cipher *cipher, const ml_age_recipient *const *recipients,
                      size_t count, ml_err *e)
{
    ml_sops_cipher *old_cipher = s->cipher;
    ml_sops_wrapped *wrapped = NULL;
    ml_buf old = { 0 }, text = { 0 };
    int status = -1;

    ml_buf_add(&old, ml_sops_text(s));
    if (ml_buf_check(&old, e) == 0 && renew_text(s, cipher, &text, e) == 0 &&
        ml_sops_adopt(s, &text, e) == 0) {
        s->cipher = cipher;
        if (wrap_missing(&wrapped, s, recipients, count, true, e) == 0 &&
            apply_recipients(s, recipients, count, wrapped, NULL, e) == 0)
            status = ml_sops_decrypt(s, false, e);
        if (status < 0) {
            s->cipher = old_cipher;
            restore(s, &old);
        } else {
            ml_sops_cipher_free(old_cipher);
        }
    }
    ml_sops_wrapped_free(wrapped, count);
    ml_buf_free(&old);
    ml_buf_free(&text);
    return status;
}

int ml_sops_renew(ml_sops *s, const ml_age_recipient *const *recipients, size_t count, ml_err *e)
{
    ml_sops_cipher *cipher = NULL;
    ml_secret key = { 0 };
    size_t i;
    int status = -1;

    if (ml_sops_may_change(s, e) < 0 || check_rekey(s, count, e) < 0)
        return ml_err_at(e, s->path, 0, 0);
    for (i = 0; i < s->meta.count; i++)
        if (s->meta.recipients[i].kind != ML_SOPS_AGE || count == 0) {
            ml_fail(e, ML_E_UNSUPPORTED, "a new data key cannot be wrapped for %s recipients",
                    ml_sops_kind_word(s->meta.recipients[i].kind));
            return ml_doc_blame(s->metadata, s->meta.recipients[i].entry, e);
        }
    if (ml_secret_new(&key, ML_SOPS_KEY_SIZE, e) < 0)
        return -1;
    ml_random(key.p, key.len);
    if (ml_sops_cipher_new(&cipher, ml_secret_bytes(&key), e) == 0)
        status = renew_with(s, cipher, recipients, count, e);
    if (status < 0)
        ml_sops_cipher_free(cipher);
    ml_secret_free(&key);
    return status;
}
