/* keys.c — who can open a file: the keys of its envelope put into its metadata; see file.h. */
#include <string.h>

#include "sops/file_internal.h"

typedef int pass(ml_edits *es, const ml_doc *d, const ml_sops_metadata *m,
                 const ml_sops_wrapping *w, ml_sops_layout_change layout, bool *more, ml_err *e);

/* Applies one pass to the metadata of every document: they may differ after a merge. */
static int run_pass(ml_sops *s, pass *change, const ml_sops_wrapping *w,
                    ml_sops_layout_change layout, bool *more, ml_err *e)
{
    const ml_doc *d = s->metadata;
    ml_sops_edits es = { 0 };
    ml_edits *list = ml_sops_metadata_edits(&es, s);
    ml_buf text = { 0 };
    size_t i;
    int status = 0;

    for (i = 0; i < ml_doc_roots(d) && status == 0; i++) {
        const ml_node map = ml_sops_map_of(d, i);
        ml_sops_metadata m;

        if (map == ML_NO_NODE)
            continue;
        status = ml_sops_metadata_parse(&m, d, map, e);
        if (status < 0)
            break;
        status = change(list, d, &m, w, layout, more, e);
        ml_sops_metadata_free(&m);
    }
    if (status == 0 && list->count > 0) {
        status = ml_sops_edits_apply(&es, s, &text, e);
        if (status == 0)
            status = ml_sops_adopt(s, &text, e);
    }
    ml_sops_edits_free(&es);
    ml_buf_free(&text);
    return status;
}

static bool names(const ml_sops_key *a, const ml_sops_key *b, bool by_group)
{
    return ml_sops_key_same(a, b) && (!by_group || a->group == b->group);
}

/* Who comes, who goes, who gets something new. Groups count by their places as long as there are as
 * many as before. */
static void count_changes(const ml_sops_metadata *m, const ml_sops_wrapping *w,
                          ml_sops_key_changes *changes)
{
    const bool by_group = m->groups == w->groups;
    size_t i, k;

    for (i = 0; i < w->count; i++) {
        for (k = 0; k < m->count; k++)
            if (names(w->list[i].key, &m->recipients[k].key, by_group))
                break;
        changes->added += k == m->count;
        changes->rewrapped += k < m->count && !w->list[i].kept;
    }
    for (k = 0; k < m->count; k++) {
        for (i = 0; i < w->count; i++)
            if (names(w->list[i].key, &m->recipients[k].key, by_group))
                break;
        changes->removed += i == w->count;
    }
}

/* Whether the metadata names exactly these keys, with what was wrapped for them. */
static bool holds(const ml_sops_metadata *m, const ml_sops_wrapping *w)
{
    size_t i, k;

    for (i = 0; i < w->count; i++) {
        for (k = 0; k < m->count; k++)
            if (names(w->list[i].key, &m->recipients[k].key, true) &&
                ml_bytes_equal(ml_buf_bytes(&w->list[i].enc), m->recipients[k].enc))
                break;
        if (k == m->count)
            return false;
    }
    for (k = 0; k < m->count; k++) {
        for (i = 0; i < w->count; i++)
            if (names(w->list[i].key, &m->recipients[k].key, true))
                break;
        if (i == w->count)
            return false;
    }
    return m->groups == w->groups;
}

/* Nobody has to trust the edits: a file whose keys are not what they should be is not kept. The
 * first document is the one that is read; the others are copies. */
static int check(const ml_sops *s, const ml_sops_wrapping *w, ml_err *e)
{
    return holds(&s->meta, w) ? 0
                              : ml_fail(e, ML_E_UNSUPPORTED,
                                        "the keys cannot be changed as the metadata is "
                                        "written; the file is left as it was");
}

/* The shares that the file's groups have now, so that the next change needs no key. */
static int take_parts(ml_sops *s, const ml_sops_envelope *v, ml_err *e)
{
    size_t i;

    if (v->shares == NULL)
        return 0;
    if (ml_sops_new_parts(s, v->keys.groups, e) < 0)
        return -1;
    for (i = 0; i < v->keys.groups; i++)
        if (ml_secret_copy(&s->parts[i].share, ml_secret_bytes(&v->shares[i]), e) < 0)
            return -1;
    return 0;
}

int ml_sops_apply_envelope(ml_sops *s, const ml_sops_envelope *v, ml_err *e)
{
    const ml_sops_layout_change layout = ml_sops_metadata_layout(&s->meta, &v->keys);
    bool more = true;

    if (run_pass(s, ml_sops_metadata_give, &v->keys, layout, &more, e) < 0)
        return -1;
    while (more) {
        more = false;
        if (run_pass(s, ml_sops_metadata_drop, &v->keys, layout, &more, e) < 0)
            return -1;
    }
    return check(s, &v->keys, e) < 0 ? -1 : take_parts(s, v, e);
}

int ml_sops_update_keys(ml_sops *s, ml_sops_envelope *v, ml_sops_key_changes *changes, ml_err *e)
{
    ml_sops_key_changes counted = { 0, 0, 0 };
    ml_buf old = { 0 };
    ml_err ignored;
    int status = -1;

    if (ml_sops_envelope_use(v, s, e) < 0)
        return ml_err_at(e, s->path, 0, 0);
    count_changes(&s->meta, &v->keys, &counted);
    ml_buf_add(&old, ml_sops_text(s));
    if (ml_buf_check(&old, e) == 0) {
        status = ml_sops_apply_envelope(s, v, e);
        if (status < 0) /* a file keeps its old text until everything has worked */
            ml_sops_adopt(s, &old, &ignored);
    }
    ml_buf_free(&old);
    if (changes != NULL)
        *changes = counted;
    return status < 0 ? ml_err_at(e, s->path, 0, 0) : 0;
}
