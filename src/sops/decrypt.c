/* decrypt.c — opening all values of a file and checking its MAC; see file.h and file_internal.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/provider.h"
#include "sops/file_internal.h"
#include "sops/walk.h"

typedef struct opening {
    ml_sops *s;
    ml_hash hash;
    bool only_encrypted;
} opening;

void ml_sops_hash_begin(ml_hash *h, bool only_encrypted)
{
    unsigned char word[ML_SHA256_SIZE];

    ml_sha512_begin(h);
    if (!only_encrypted)
        return;
    /* So that the two kinds of MAC can never be taken for each other. */
    ml_sha256(word, ml_bytes_text("sops"));
    ml_sha512_add(h, ml_bytes_of(word, sizeof word));
}

void ml_sops_hash_finish(ml_hash *h, char mac[ML_SOPS_MAC_SIZE])
{
    unsigned char digest[ML_SHA512_SIZE];
    size_t i;

    ml_sha512_finish(h, digest);
    ml_hex_encode(mac, ml_bytes_of(digest, sizeof digest));
    ml_wipe(digest, sizeof digest);
    for (i = 0; i < ML_SOPS_MAC_SIZE; i++)
        if (mac[i] >= 'a')
            mac[i] = (char)(mac[i] - 'a' + 'A');
}

int ml_sops_canonical(const ml_doc *d, ml_node n, ml_arena *arena, ml_bytes *text, ml_err *e)
{
    const ml_type type = (ml_type)ml_doc_node(d, n)->type;
    ml_buf canonical = { 0 };
    unsigned char *copy = NULL;

    *text = ml_doc_scalar(d, n);
    if (type == ML_TYPE_STR || type == ML_TYPE_BYTES || type == ML_TYPE_COMMENT)
        return 0;
    if (ml_value_canonical(ml_doc_format(d), type, *text, &canonical, e) < 0) {
        ml_walk_blame(d, n, e);
    } else if ((copy = ml_arena_take(arena, canonical.len, e)) != NULL) {
        if (canonical.len > 0)
            memcpy(copy, canonical.p, canonical.len);
        *text = ml_bytes_of(copy, canonical.len);
    }
    ml_buf_free(&canonical);
    return copy == NULL ? -1 : 0;
}

static void keep(ml_sops *s, const ml_walk_place *at, ml_type type, ml_bytes text, bool sealed)
{
    ml_sops_plain *p = &s->plain[at->node];

    if (at->through_alias && p->known)
        return; /* it has a value of its own, at its own place */
    p->text = text;
    p->type = (uint8_t)type;
    p->known = true;
    p->sealed = sealed;
    p->container = ML_NO_NODE;
}

static int open_value(void *context, const ml_walk_place *at, ml_err *e)
{
    opening *o = context;
    const ml_doc *d = o->s->doc;
    ml_type type = (ml_type)ml_doc_node(d, at->node)->type;
    ml_bytes text;
    bool sealed = false;

    if (type == ML_TYPE_NULL) {
        keep(o->s, at, type, ml_bytes_of(NULL, 0), false);
        return 0;
    }
    if (!at->picked) {
        if (ml_sops_canonical(d, at->node, &o->s->arena, &text, e) < 0)
            return -1;
    } else {
        if (type != ML_TYPE_STR) {
            ml_fail(e, ML_E_FORMAT, "a value that should be sealed stands in clear (type %s)",
                    ml_type_word(type));
            return ml_walk_blame(d, at->node, e);
        }
        sealed = ml_doc_scalar(d, at->node).len > 0;
        if (ml_sops_value_open(o->s->cipher, ml_doc_scalar(d, at->node), at->aad, &o->s->arena,
                               &type, &text, e) < 0)
            return ml_walk_blame(d, at->node, e);
    }
    keep(o->s, at, type, text, sealed);
    if (type == ML_TYPE_COMMENT)
        return 1; /* sops writes a sealed comment of a list as an element */
    if (at->picked || !o->only_encrypted)
        ml_sha512_add(&o->hash, text);
    return 0;
}

/* Tries one container's additional data. */
static bool comment_opens(opening *o, const ml_walk_place *at, ml_bytes aad)
{
    ml_type type;
    ml_bytes text;
    ml_err ignored;

    if (ml_sops_value_open(o->s->cipher, ml_doc_scalar(o->s->doc, at->node),
                           aad.len > 0 ? aad : ml_bytes_text(":"), &o->s->arena, &type, &text,
                           &ignored) < 0 ||
        type != ML_TYPE_COMMENT)
        return false;
    keep(o->s, at, type, text, true);
    return true;
}

static bool opens_in(opening *o, const ml_walk_place *at, ml_node container)
{
    ml_buf aad = { 0 };
    bool opened;

    ml_walk_aad(o->s->doc, container, &aad);
    opened = !aad.failed && comment_opens(o, at, ml_buf_bytes(&aad));
    if (opened)
        o->s->plain[at->node].container = container;
    ml_buf_free(&aad);
    return opened;
}

/* A comment of an INI file whose key was taken away has come to the next section. */
static bool opens_before(opening *o, const ml_walk_place *at, ml_node section)
{
    const ml_doc *d = o->s->doc;
    const ml_node root = ml_doc_root(d, 0);
    ml_node n;

    if (section == root || ml_doc_node(d, section)->key == root + 1)
        return false;
    n = ml_doc_node(d, section)->key - 1; /* the last node before it */
    return opens_in(o, at, ml_doc_node(d, n)->kind == ML_KIND_MAP ? n : ml_doc_node(d, n)->parent);
}

/* A comment's place does not always tell which container sops gave it: those above are tried, and
 * those that end or begin beside it. */
static bool opens_nearby(opening *o, const ml_walk_place *at)
{
    const ml_doc *d = o->s->doc;
    const ml_node parent = ml_doc_node(d, at->node)->parent;
    ml_node n;

    for (n = parent; n != ML_NO_NODE; n = ml_doc_node(d, n)->parent)
        if (opens_in(o, at, n))
            return true;
    if (ml_doc_format(d) == ML_FORMAT_INI)
        return opens_before(o, at, parent);
    if (parent == ML_NO_NODE)
        return false;
    for (n = ml_doc_previous(d, at->node);
         n != ML_NO_NODE &&
         (ml_doc_node(d, n)->kind == ML_KIND_MAP || ml_doc_node(d, n)->kind == ML_KIND_LIST);
         n = ml_doc_last(d, n))
        if (opens_in(o, at, n))
            return true;
    n = ml_doc_following(d, at->node);
    return n != ML_NO_NODE && opens_in(o, at, n);
}

static int open_comment(void *context, const ml_walk_place *at, ml_err *e)
{
    opening *o = context;
    const ml_bytes text = ml_doc_scalar(o->s->doc, at->node);
    ml_sops_enc enc;

    (void)e;
    /* The real program tries every comment that is to be sealed and keeps those that do not open.
     * One that cannot be sealed text need not be tried. */
    if (!at->picked || ml_sops_enc_parse(&enc, text) < 0)
        return 0;
    if (!comment_opens(o, at, at->aad) && !opens_nearby(o, at))
        ml_sops_note_add(&o->s->notes, ml_doc_node(o->s->doc, at->node)->line,
                         "a sealed comment does not open here and stays as it is");
    return 0;
}

int ml_sops_open_values(ml_sops *s, char mac[ML_SOPS_MAC_SIZE], ml_err *e)
{
    opening o = { .s = s, .only_encrypted = s->meta.selectors.mac_only_encrypted };
    const ml_walk_visitor visitor = { open_value, open_comment, NULL, &o };

    s->plain = calloc(ml_doc_count(s->doc) + 1, sizeof *s->plain);
    if (s->plain == NULL)
        return ml_fail_memory(e);
    ml_sops_hash_begin(&o.hash, o.only_encrypted);
    if (ml_walk(s->doc, s->selector, &visitor, e) < 0) {
        ml_sops_hash_finish(&o.hash, mac);
        ml_sops_forget_values(s);
        return -1;
    }
    ml_sops_hash_finish(&o.hash, mac);
    return 0;
}

int ml_sops_seal_mac(const ml_sops_cipher *c, const char mac[ML_SOPS_MAC_SIZE], const char *time,
                     ml_buf *out, ml_err *e)
{
    return ml_sops_value_seal(c, ML_TYPE_STR, ml_bytes_of(mac, ML_SOPS_MAC_SIZE),
                              ml_bytes_text(time), out, e);
}

static int bad_mac(const ml_sops *s, const char *what, ml_err *e)
{
    ml_fail(e, ML_E_MAC, "%s", what);
    ml_err_at(e, s->path, 0, 0);
    return s->meta.mac_node == ML_NO_NODE ? -1 : ml_doc_blame(s->metadata, s->meta.mac_node, e);
}

static int check_mac(ml_sops *s, const char computed[ML_SOPS_MAC_SIZE], ml_err *e)
{
    char time[ML_SOPS_TIME_SIZE];
    ml_bytes stored;
    ml_type type;

    if (s->meta.mac.len == 0)
        return bad_mac(s, "the file has no MAC", e);
    if (ml_sops_time_normal(time, s->meta.lastmodified) < 0)
        return bad_mac(s, "lastmodified is absent, so the MAC cannot be checked", e);
    if (ml_sops_value_open(s->cipher, s->meta.mac, ml_bytes_text(time), &s->arena, &type, &stored,
                           e) < 0)
        return strcmp(e->code, ML_E_MEMORY) == 0
                   ? -1
                   : bad_mac(s, "the MAC does not open: mac or lastmodified were changed", e);
    if (!ml_secret_equal(stored, ml_bytes_of(computed, ML_SOPS_MAC_SIZE)))
        return bad_mac(s,
                       "the MAC does not match: values were changed, added or removed "
                       "by someone without the data key",
                       e);
    return 0;
}

int ml_sops_prove(ml_bytes text, ml_sops_format format, const char *path,
                  const ml_sops_cipher *cipher, ml_err *e)
{
    ml_sops *s;
    int status = -1;

    if (ml_sops_open(&s, text, format, path, e) < 0)
        return -1;
    if (ml_sops_cipher_new(&s->cipher, ml_sops_cipher_key(cipher), e) == 0)
        status = ml_sops_decrypt(s, false, e);
    ml_sops_free(s);
    return status;
}

int ml_sops_decrypt(ml_sops *s, bool ignore_mac, ml_err *e)
{
    char computed[ML_SOPS_MAC_SIZE];
    int status;

    if (s->cipher == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "the file must be unlocked first");
    if (s->plain != NULL && (s->mac_checked || ignore_mac))
        return 0;
    ml_sops_forget_values(s);
    status = ml_sops_open_values(s, computed, e);
    if (status == 0 && !ignore_mac)
        status = check_mac(s, computed, e);
    ml_wipe(computed, sizeof computed);
    if (status < 0)
        ml_sops_forget_values(s);
    else
        s->mac_checked = !ignore_mac;
    return status;
}

int ml_sops_value(const ml_sops *s, ml_node n, ml_type *type, ml_bytes *text, bool *sealed,
                  ml_err *e)
{
    const ml_sops_plain *p;

    if (s->plain == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "the file must be decrypted first");
    if (n >= ml_doc_count(s->doc))
        return ml_fail(e, ML_E_ARGUMENT, "there is no such node");
    p = &s->plain[ml_doc_resolve(s->doc, n)];
    if (!p->known)
        return ml_fail(e, ML_E_ARGUMENT, "the node is not a value of the file");
    *type = (ml_type)p->type;
    *text = p->text;
    *sealed = p->sealed;
    return 0;
}
