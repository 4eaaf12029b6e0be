/* renew.c — a new data key for a file; see file.h. */
#include <string.h>

#include "sops/file_internal.h"

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
    char time[ML_SOPS_TIME_SIZE], old_time[ML_SOPS_TIME_SIZE];
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
        r->enc.len = 0;
        status = ml_sops_seal_mac(r->cipher, (const char *)text.p, time, &r->enc, e);
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

int ml_sops_renew(ml_sops *s, ml_sops_envelope *v, ml_err *e)
{
    ml_sops_cipher *old_cipher = s->cipher, *cipher = NULL;
    ml_buf old = { 0 }, text = { 0 };
    ml_err ignored;
    int status = -1;

    if (ml_sops_may_change(s, e) < 0 || ml_sops_envelope_use(v, NULL, e) < 0)
        return ml_err_at(e, s->path, 0, 0);
    ml_buf_add(&old, ml_sops_text(s));
    if (ml_buf_check(&old, e) == 0 &&
        ml_sops_cipher_new(&cipher, ml_secret_bytes(&v->data_key), e) == 0 &&
        renew_text(s, cipher, &text, e) == 0 && ml_sops_adopt(s, &text, e) == 0) {
        s->cipher = cipher;
        if (ml_sops_apply_envelope(s, v, e) == 0)
            status = ml_sops_decrypt(s, false, e);
        if (status < 0) {
            s->cipher = old_cipher;
            ml_sops_forget_parts(s);
            ml_sops_adopt(s, &old, &ignored);
        }
    }
    ml_sops_cipher_free(status < 0 ? cipher : old_cipher);
    ml_buf_free(&old);
    ml_buf_free(&text);
    return status < 0 ? ml_err_at(e, s->path, 0, 0) : 0;
}
