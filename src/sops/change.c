/* change.c — setting and removing single values of a sealed file, and sealing a new clear text over
 * an old file; see file.h. */
#include "doc/change.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"
#include "sops/file_internal.h"
#include "sops/flat.h"
#include "sops/path.h"

int ml_sops_adopt_changed(ml_sops *s, ml_buf *text, ml_err *e)
{
    char mac[ML_SOPS_MAC_SIZE], time[ML_SOPS_TIME_SIZE];
    ml_buf old = { 0 }, mac_text = { 0 }, stamped = { 0 };
    ml_sops_edits es = { 0 };
    ml_err ignored;
    int status = -1;

    ml_buf_add(&old, ml_sops_text(s));
    if (ml_buf_check(&old, e) < 0 || ml_sops_adopt(s, text, e) < 0) {
        ml_buf_free(&old);
        return -1;
    }
    ml_sops_time_now(time);
    if (ml_sops_open_values(s, mac, e) == 0 &&
        ml_sops_seal_mac(s->cipher, mac, time, &mac_text, e) == 0 &&
        ml_sops_stamp(ml_sops_metadata_edits(&es, s), s->metadata, ml_buf_bytes(&mac_text), time,
                      e) == 0 &&
        ml_sops_edits_apply(&es, s, &stamped, e) == 0 && ml_sops_adopt(s, &stamped, e) == 0)
        status = ml_sops_decrypt(s, false, e);
    ml_wipe(mac, sizeof mac);
    if (status < 0 && ml_sops_adopt(s, &old, &ignored) == 0)
        ml_sops_decrypt(s, false, &ignored);
    ml_sops_edits_free(&es);
    ml_buf_free(&old);
    ml_buf_free(&mac_text);
    ml_buf_free(&stamped);
    return status;
}

int ml_sops_repair(ml_sops *s, ml_err *e)
{
    ml_buf text = { 0 };
    int status;

    if (s->plain == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "the file must be decrypted first");
    ml_buf_add(&text, ml_sops_text(s));
    status = ml_buf_check(&text, e) < 0 ? -1 : ml_sops_adopt_changed(s, &text, e);
    ml_buf_free(&text);
    return status;
}

int ml_sops_swap_enc(ml_edits *es, const ml_doc *d, ml_node n, ml_bytes enc, ml_err *e)
{
    static const char prefix[] = ML_SEALED "data:";
    const ml_node_info *info = ml_doc_node(d, n);
    const ml_bytes raw = ml_bytes_slice(ml_doc_text(d), info->start, info->end);
    const ml_bytes old = ml_doc_scalar(d, n);
    const unsigned char *at =
        raw.len == 0 ? NULL : memmem(raw.p, raw.len, prefix, sizeof prefix - 1);
    size_t start, inside = old.len - 1;

    /* The old text must stand there letter by letter, but for its last bracket, which may be
     * written as an escape. */
    if (at == NULL || old.len == 0 || old.p[old.len - 1] != ']' ||
        raw.len - (size_t)(at - raw.p) < inside || memcmp(at, old.p, inside) != 0)
        return ml_edit_seal(es, d, n, enc, e);
    start = info->start + (size_t)(at - raw.p);
    return ml_edits_replace(es, start, start + inside, ml_bytes_slice(enc, 0, enc.len - 1), e);
}

/* One step down by a part of a path; ML_NO_NODE when it is not there. */
static int step(const ml_doc *d, ml_node from, const ml_sops_path *p, size_t i, ml_node *out,
                ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, from);

    *out = ML_NO_NODE;
    switch (info->kind) {
    case ML_KIND_MAP:
        *out = ml_doc_get(d, from, ml_sops_path_key(p, i));
        return 0;
    case ML_KIND_LIST:
        if (!p->parts[i].number) {
            ml_fail(e, ML_E_ARGUMENT, "an element of a list is named by its number");
            return ml_walk_blame(d, from, e);
        }
        *out = ml_doc_item(d, from, p->parts[i].index);
        return 0;
    case ML_KIND_ALIAS:
        ml_fail(e, ML_E_UNSUPPORTED, "the path leads through an alias");
        ml_err_hint(e, "change the value at its anchor");
        return ml_walk_blame(d, from, e);
    default:
        if (info->type == ML_TYPE_NULL)
            return 0;
        ml_fail(e, ML_E_CONFLICT, "the path leads below a value that is neither map nor list");
        return ml_walk_blame(d, from, e);
    }
}

/* As far as the path exists: *n is the last node, *depth the number of parts that led there. */
static int descend(const ml_doc *d, const ml_sops_path *p, ml_node *n, size_t *depth, ml_err *e)
{
    ml_node next;

    *n = ml_doc_root(d, 0);
    for (*depth = 0; *depth < p->count; (*depth)++) {
        if (step(d, *n, p, *depth, &next, e) < 0)
            return -1;
        if (next == ML_NO_NODE)
            return 0;
        *n = next;
    }
    return 0;
}

/* The last child that is a value of the user's. */
static ml_node last_child(const ml_doc *d, ml_node container)
{
    ml_node n, last = ML_NO_NODE;

    for (n = ml_doc_node(d, container)->first; n != ML_NO_NODE; n = ml_doc_node(d, n)->next)
        if (ml_doc_node(d, n)->kind != ML_KIND_COMMENT && !ml_walk_is_metadata(d, n))
            last = n;
    return last;
}

/* `value` as what is to be inserted into `into`, with the maps and one-element lists that are still
 * missing around it: an array, to be freed, whose first element holds all others. */
static int make_chain(ml_tree **out, const ml_doc *d, ml_node into, const ml_sops_path *p,
                      size_t depth, const ml_tree *value, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(d, into);
    const size_t count = p->count - depth;
    ml_tree *chain;
    size_t i;

    if (info->kind == ML_KIND_LIST && p->parts[depth].index != info->count) {
        ml_fail(e, ML_E_ARGUMENT, "the list has %u elements; a new one has the number %u",
                info->count, info->count);
        return ml_walk_blame(d, into, e);
    }
    for (i = 1; i < count; i++)
        if (p->parts[depth + i].number && p->parts[depth + i].index != 0)
            return ml_fail(e, ML_E_ARGUMENT, "the first element of a new list has the number 0");
    chain = calloc(count, sizeof *chain);
    if (chain == NULL)
        return ml_fail_memory(e);
    chain[count - 1] = *value;
    for (i = 0; i < count; i++) {
        if (i + 1 < count) { /* each holds the one behind it */
            chain[i].kind = p->parts[depth + i + 1].number ? ML_KIND_LIST : ML_KIND_MAP;
            chain[i].children = &chain[i + 1];
            chain[i].count = 1;
        }
        if ((i == 0 && info->kind == ML_KIND_MAP) || !p->parts[depth + i].number)
            chain[i].key = ml_sops_path_key(p, depth + i);
    }
    *out = chain;
    return 0;
}

/* What is sealed in the second pass: everything new that the selectors pick. */
typedef struct sealing_new {
    const ml_sops *s;
    const ml_doc *d;
    ml_edits *es;
    ml_node from, to; /* the new nodes */
    bool was_clear;   /* the place held a clear value before */
    const ml_sops_change *change;
    ml_arena arena;
    ml_buf enc;
} sealing_new;

static int seal_new_value(void *context, const ml_walk_place *at, ml_err *e)
{
    sealing_new *x = context;
    const ml_type type = (ml_type)ml_doc_node(x->d, at->node)->type;
    ml_bytes text;

    if (at->through_alias || at->node < x->from || at->node >= x->to || type == ML_TYPE_NULL)
        return 0;
    if (ml_sops_canonical(x->d, at->node, &x->arena, &text, e) < 0)
        return -1;
    if (!at->picked)
        return x->was_clear || text.len == 0 ? 0
                                             : ml_sops_allow_clear(x->d, at->node, x->change, e);
    x->enc.len = 0;
    if (text.len == 0)
        return 0;
    if (ml_sops_value_seal(x->s->cipher, type, text, at->aad, &x->enc, e) < 0)
        return -1;
    return ml_edit_seal(x->es, x->d, at->node, ml_buf_bytes(&x->enc), e);
}

/* Seals the new value in `text`, in which it stands in clear: the outcome of `made`. */
static int seal_at(const ml_sops *s, const ml_sops_path *p, const ml_change *made, ml_bytes text,
                   bool was_clear, const ml_sops_change *change, ml_buf *out, ml_err *e)
{
    ml_edits es = { 0 };
    sealing_new x = { .s = s, .es = &es, .was_clear = was_clear, .change = change };
    const ml_walk_visitor visitor = { seal_new_value, NULL, NULL, &x };
    ml_doc *d;
    size_t depth;
    int status = -1;

    if (ml_doc_parse(&d, ml_sops_doc_format(s->format), text, s->path, e) < 0)
        return -1;
    x.d = d;
    if (ml_change_check(made, s->doc, d, e) == 0 && descend(d, p, &x.from, &depth, e) == 0) {
        x.to = ml_doc_behind(d, x.from);
        status = ml_walk(d, s->selector, &visitor, e);
    }
    if (status == 0)
        status = ml_edits_apply(&es, text, out, e);
    ml_arena_free(&x.arena);
    ml_buf_free(&x.enc);
    ml_edits_free(&es);
    ml_doc_free(d);
    return status;
}

static int check_path(const ml_sops *s, const ml_sops_path *p, ml_err *e)
{
    if (ml_sops_may_change(s, e) < 0)
        return -1;
    if (p->count == 0)
        return ml_fail(e, ML_E_ARGUMENT, "the path is empty");
    if (ml_sops_is_metadata_key(ml_doc_format(s->doc), ml_sops_path_key(p, 0)))
        return ml_fail(e, ML_E_ARGUMENT, "'%.*s' is the file's metadata and no value of it",
                       (int)(p->parts[0].len > 60 ? 60 : p->parts[0].len),
                       (const char *)ml_sops_path_key(p, 0).p);
    return 0;
}

/* Whether n is a value of the user's that stands in clear. */
static bool is_clear(const ml_sops *s, ml_node n)
{
    const ml_sops_plain *plain = &s->plain[n];

    return ml_doc_node(s->doc, n)->kind == ML_KIND_SCALAR && plain->known && !plain->sealed &&
           plain->type != ML_TYPE_NULL && plain->text.len > 0;
}

static int set_at(ml_sops *s, const ml_sops_path *p, const ml_tree *value,
                  const ml_sops_change *change, ml_err *e)
{
    ml_change made = { .kind = ML_CHANGE_SET, .tree = value };
    ml_edits es = { 0 };
    ml_secret with = { 0 };
    ml_buf text = { 0 };
    ml_tree *chain = NULL;
    size_t depth;
    bool was_clear = false;
    int status;

    if (check_path(s, p, e) < 0 || descend(s->doc, p, &made.node, &depth, e) < 0)
        return -1;
    if (depth < p->count) {
        if (make_chain(&chain, s->doc, made.node, p, depth, value, e) < 0)
            return -1;
        made.kind = ML_CHANGE_INSERT;
        made.after = last_child(s->doc, made.node);
        made.tree = chain;
    } else {
        was_clear = is_clear(s, made.node);
    }
    status = ml_change_edit(&made, s->doc, &es, e);
    if (status == 0)
        status = ml_edits_apply_secret(&es, ml_sops_text(s), &with, e);
    if (status == 0)
        status = seal_at(s, p, &made, ml_secret_bytes(&with), was_clear, change, &text, e);
    if (status == 0)
        status = ml_sops_adopt_changed(s, &text, e);
    free(chain);
    ml_edits_free(&es);
    ml_secret_free(&with);
    ml_buf_free(&text);
    return status;
}

int ml_sops_set(ml_sops *s, const char *path, const ml_tree *value, const ml_sops_change *change,
                ml_err *e)
{
    ml_sops_path p = { 0 };
    int status = ml_sops_path_parse(&p, path, e);

    if (status == 0)
        status = set_at(s, &p, value, change, e);
    ml_sops_path_free(&p);
    return status < 0 ? ml_err_at(e, s->path, 0, 0) : 0;
}

/* Whether `text` is the outcome of `made`. */
static int check_outcome(const ml_sops *s, const ml_change *made, ml_bytes text, ml_err *e)
{
    ml_doc *d;
    int status;

    if (ml_doc_parse(&d, ml_sops_doc_format(s->format), text, s->path, e) < 0)
        return -1;
    status = ml_change_check(made, s->doc, d, e);
    ml_doc_free(d);
    return status;
}

static int unset_at(ml_sops *s, const ml_sops_path *p, const char *path, ml_err *e)
{
    ml_change made = { .kind = ML_CHANGE_REMOVE };
    ml_edits es = { 0 };
    ml_buf text = { 0 };
    size_t depth;
    int status;

    if (check_path(s, p, e) < 0 || descend(s->doc, p, &made.node, &depth, e) < 0)
        return -1;
    if (depth < p->count)
        return ml_fail(e, ML_E_MISSING, "there is no value at %.200s", path);
    status = ml_change_edit(&made, s->doc, &es, e);
    if (status == 0)
        status = ml_edits_apply(&es, ml_sops_text(s), &text, e);
    if (status == 0)
        status = check_outcome(s, &made, ml_buf_bytes(&text), e);
    if (status == 0)
        status = ml_sops_adopt_changed(s, &text, e);
    ml_edits_free(&es);
    ml_buf_free(&text);
    return status;
}

int ml_sops_unset(ml_sops *s, const char *path, ml_err *e)
{
    ml_sops_path p = { 0 };
    int status = ml_sops_path_parse(&p, path, e);

    if (status == 0)
        status = unset_at(s, &p, path, e);
    ml_sops_path_free(&p);
    return status < 0 ? ml_err_at(e, s->path, 0, 0) : 0;
}
