/* seal.c — sealing the values of a clear document to which metadata has been added. */
#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"
#include "doc/yaml_edit.h"
#include "sops/file_internal.h"

typedef struct sealing {
    ml_sops_sealing *what;
    ml_edits *es;
    ml_hash hash;
    ml_arena arena; /* canonical texts */
    ml_buf enc;
    /* A block scalar that ends the file without a line break: once metadata stands behind it, it
     * would read as if it had one. Its value is that of the clear document. */
    ml_bytes last_text;
    size_t last_start;
    bool *sealed; /* by node: sealed at its own place */
} sealing;

static void find_last(sealing *s)
{
    const ml_doc *d = s->what->clear;
    const ml_bytes text = ml_doc_text(d);
    ml_node n = (ml_node)ml_doc_count(d);

    s->last_start = SIZE_MAX;
    if (text.len == 0 || text.p[text.len - 1] == '\n')
        return;
    while (n-- > 0) {
        const ml_node_info *info = ml_doc_node(d, n);

        if (info->kind != ML_KIND_SCALAR)
            continue;
        if (info->style == ML_STYLE_LITERAL || info->style == ML_STYLE_FOLDED) {
            s->last_start = info->start + s->what->added_before_last;
            s->last_text = ml_doc_scalar(d, n);
        }
        return;
    }
}

int ml_sops_allow_clear(const ml_doc *d, ml_node n, const ml_sops_change *change, ml_err *e)
{
    const ml_node key = ml_doc_node(d, n)->key;
    size_t i;

    if (change != NULL && change->all_clear)
        return 0;
    for (i = 0; change != NULL && key != ML_NO_NODE && i < change->clear_count; i++)
        if (ml_bytes_equal(ml_doc_scalar(d, key), change->clear[i]))
            return 0;
    ml_fail(e, ML_E_CONFLICT, "the file's selectors would leave this new value in clear");
    ml_err_hint(e, "name the key as one that may stand in clear, or choose a name the selectors "
                   "seal");
    return ml_walk_blame(d, n, e);
}

static void note_dropped_tag(const sealing *s, ml_node n)
{
    const ml_bytes tag = ml_yaml_sealed_tag(s->what->doc, n);

    if (tag.len > 0)
        ml_sops_note_add(s->what->notes, ml_doc_node(s->what->doc, n)->line,
                         "the tag %.*s of a sealed value is dropped and does not come back",
                         (int)(tag.len > 40 ? 40 : tag.len), (const char *)tag.p);
}

/* The old sealed text if there is one, else a new one. */
static int sealed_text(sealing *s, ml_type type, ml_bytes text, ml_bytes aad, bool *plain_style,
                       ml_err *e)
{
    ml_bytes kept = { NULL, 0 };

    *plain_style = false;
    s->enc.len = 0;
    if (s->what->kept != NULL)
        kept = ml_sops_kept_take(s->what->kept, aad, type, text, plain_style);
    if (s->what->kept != NULL && kept.len == 0 && type == ML_TYPE_INT)
        /* the float 1 is shown as 1: it did not change for being read again */
        kept = ml_sops_kept_take(s->what->kept, aad, ML_TYPE_FLOAT, text, plain_style);
    if (kept.len == 0)
        return ml_sops_value_seal(s->what->cipher, type, text, aad, &s->enc, e);
    ml_buf_add(&s->enc, kept);
    return ml_buf_check(&s->enc, e);
}

static int seal_scalar(sealing *s, const ml_walk_place *at, ml_type type, ml_bytes text, ml_err *e)
{
    const ml_node_info *info = ml_doc_node(s->what->doc, at->node);
    bool plain_style;

    s->what->picked++;
    s->sealed[at->node] = true;
    if (text.len == 0)
        return 0;
    if (sealed_text(s, type, text, at->aad, &plain_style, e) < 0)
        return -1;
    note_dropped_tag(s, at->node);
    if (!plain_style || (info->style != ML_STYLE_LITERAL && info->style != ML_STYLE_FOLDED))
        return ml_edit_seal(s->es, s->what->doc, at->node, ml_buf_bytes(&s->enc), e);
    if (ml_yaml_sealed_tag(s->what->doc, at->node).len > 0 &&
        ml_yaml_drop_tag(s->es, s->what->doc, at->node, e) < 0)
        return -1;
    return ml_edits_replace(s->es, info->content, info->end, ml_buf_bytes(&s->enc), e);
}

static int seal_value(void *context, const ml_walk_place *at, ml_err *e)
{
    sealing *s = context;
    const ml_node_info *info = ml_doc_node(s->what->doc, at->node);
    ml_bytes text;

    if (info->type == ML_TYPE_NULL)
        return 0;
    if (info->start == s->last_start)
        text = s->last_text;
    else if (ml_sops_canonical(s->what->doc, at->node, &s->arena, &text, e) < 0)
        return -1;
    if (at->picked || !s->what->only_encrypted)
        ml_sha512_add(&s->hash, text);
    if (at->through_alias)
        return 0;
    if (info->start == s->last_start && (!at->picked || text.len == 0) &&
        !ml_bytes_ends(text, "\n") && ml_yaml_edit_strip(s->es, s->what->doc, at->node, e) < 0)
        return -1;
    if (at->picked)
        return seal_scalar(s, at, (ml_type)info->type, text, e);
    s->what->passed++;
    if (s->what->kept != NULL && text.len > 0 && !ml_sops_kept_clear(s->what->kept, at->aad))
        return ml_sops_allow_clear(s->what->doc, at->node, s->what->change, e);
    return 0;
}

static int seal_comment(void *context, const ml_walk_place *at, ml_err *e)
{
    sealing *s = context;
    const ml_bytes text = ml_doc_scalar(s->what->doc, at->node);
    bool unused, spoiled;

    if (!at->picked || at->through_alias || text.len == 0)
        return 0;
    if (sealed_text(s, ML_TYPE_COMMENT, text, at->aad, &unused, e) < 0)
        return -1;
    if (ml_selector_spoiled(s->what->selector, ml_buf_bytes(&s->enc), &spoiled, e) < 0)
        return ml_doc_blame(s->what->doc, at->node, e);
    if (spoiled) {
        ml_fail(e, ML_E_FORMAT,
                "unencrypted_comment_regex also fits the sealed comment: the file "
                "could not be read again");
        return ml_doc_blame(s->what->doc, at->node, e);
    }
    return ml_edit_seal(s->es, s->what->doc, at->node, ml_buf_bytes(&s->enc), e);
}

/* What an alias stands for, asked before it is written out. */
typedef struct question {
    const ml_doc *d;
    const ml_selector *selector;
    bool sealed;
} question;

static int ask_value(void *context, const ml_walk_place *at, ml_err *e)
{
    question *q = context;

    (void)e;
    if (at->picked && ml_doc_node(q->d, at->node)->type != ML_TYPE_NULL)
        q->sealed = true;
    return 0;
}

/* Whether anything of the target was sealed at its own place: the anchor comes before the alias, so
 * that has been decided. Nodes of one subtree follow each other. */
static bool sealed_there(const sealing *s, ml_node target)
{
    const ml_doc *d = s->what->doc;
    ml_node n;

    for (n = target; n < ml_doc_count(d) && ml_doc_node(d, n)->kind != ML_KIND_COMMENT &&
                     (n == target || ml_doc_node(d, n)->start < ml_doc_node(d, target)->end);
         n++)
        if (s->sealed[n])
            return true;
    return false;
}

/* Aliases stay where nothing they stand for is sealed, here or at the anchor. */
static int must_expand(const sealing *s, const ml_walk_place *at, const ml_selector_level *level,
                       bool *expand, ml_err *e)
{
    const ml_doc *d = s->what->doc;
    const ml_node target = ml_doc_resolve(d, at->node);
    question here = { d, s->what->selector, false };
    const ml_walk_visitor visitor = { ask_value, NULL, NULL, &here };

    if (ml_walk_below(d, s->what->selector, &visitor, target, at->aad, level, e) < 0)
        return -1;
    *expand = here.sealed || sealed_there(s, target);
    return 0;
}

static int seal_alias(void *context, const ml_walk_place *at, const ml_selector_level *level,
                      ml_err *e)
{
    sealing *s = context;
    bool expand;

    if (must_expand(s, at, level, &expand, e) < 0)
        return -1;
    if (!expand)
        return 0;
    ml_sops_note_add(s->what->notes, ml_doc_node(s->what->doc, at->node)->line,
                     "an alias of sealed values is written out and does not come back as an alias");
    return ml_sops_expand(s->what, &s->hash, at, level, s->es, e) < 0 ? -1 : 1;
}

int ml_sops_seal_document(ml_sops_sealing *what, ml_edits *es, char mac[ML_SOPS_MAC_SIZE],
                          ml_err *e)
{
    sealing s = { .what = what, .es = es };
    const ml_walk_visitor visitor = { seal_value, seal_comment, seal_alias, &s };
    int status;

    s.sealed = calloc(ml_doc_count(what->doc) + 1, sizeof *s.sealed);
    if (s.sealed == NULL)
        return ml_fail_memory(e);
    find_last(&s);
    ml_sops_hash_begin(&s.hash, what->only_encrypted);
    status = ml_walk(what->doc, what->selector, &visitor, e);
    ml_sops_hash_finish(&s.hash, mac);
    ml_arena_free(&s.arena);
    ml_buf_free(&s.enc);
    free(s.sealed);
    return status;
}
