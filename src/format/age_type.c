/* age_type.c — see age_type.h. */
#include "format/age_type.h"

#include <string.h>

#include "base/limits.h"
#include "format/age_wrap.h"

static const unsigned char zero_nonce[ML_CHACHA_NONCE];

const ml_age_type *ml_age_type_of(ml_age_kind kind)
{
    static const ml_age_type types[] = {
        [ML_AGE_X25519] = { "x25519", "X25519", NULL, ml_age_x25519_wrap, ml_age_x25519_unwrap },
        [ML_AGE_SSH_ED25519] = { "ssh-ed25519", "ssh-ed25519", NULL, ml_age_x25519_wrap,
                                 ml_age_x25519_unwrap },
        [ML_AGE_SSH_RSA] = { "ssh-rsa", "ssh-rsa", NULL, ml_age_rsa_wrap, ml_age_rsa_unwrap },
        [ML_AGE_HYBRID] = { "hybrid", "mlkem768x25519", "postquantum", ml_age_hpke_wrap,
                            ml_age_hybrid_unwrap },
        [ML_AGE_TAG] = { "tag", "p256tag", NULL, ml_age_hpke_wrap, NULL },
        [ML_AGE_TAG_HYBRID] = { "tag-hybrid", "mlkem768p256tag", "postquantum", ml_age_hpke_wrap,
                                NULL },
        [ML_AGE_PLUGIN] = { "plugin", NULL, NULL, NULL, NULL },
    };

    return &types[kind];
}

const char *ml_age_kind_word(ml_age_kind kind)
{
    return ml_age_type_of(kind)->word;
}

bool ml_age_kind_usable(ml_age_kind kind)
{
    return ml_age_type_of(kind)->wrap != NULL;
}

int ml_age_is_postquantum(ml_bytes type)
{
    int kind;

    if (ml_bytes_is(type, "scrypt"))
        return 1;
    if (ml_bytes_is(type, "piv-p256")) /* of the plugin for YubiKeys */
        return 0;
    for (kind = 0; kind < ML_AGE_PLUGIN; kind++) {
        const ml_age_type *const row = ml_age_type_of((ml_age_kind)kind);

        if (ml_bytes_is(type, row->stanza))
            return row->label != NULL;
    }
    return -1;
}

void ml_age_body_seal(unsigned char body[ML_AGE_BODY], const unsigned char wrap_key[ML_CHACHA_KEY],
                      const unsigned char file_key[ML_AGE_FILE_KEY])
{
    ml_chacha_seal(body, wrap_key, zero_nonce, ml_bytes_of(file_key, ML_AGE_FILE_KEY));
}

bool ml_age_body_open(unsigned char file_key[ML_AGE_FILE_KEY],
                      const unsigned char wrap_key[ML_CHACHA_KEY],
                      const unsigned char body[ML_AGE_BODY])
{
    ml_err ignored;

    return ml_chacha_open(file_key, wrap_key, zero_nonce, ml_bytes_of(body, ML_AGE_BODY),
                          &ignored) == 0;
}

int ml_age_stanza_bad(ml_err *e, const char *type)
{
    return ml_fail(e, ML_E_FORMAT,
                   "malformed age header: a stanza of type %s has wrong arguments or body", type);
}

int ml_age_stanza_at(const ml_age_stanza *s, ml_err *e)
{
    ml_err_part(e, ML_AGE_PART_HEADER);
    return ml_err_at(e, NULL, s->line, s->line > 0);
}

int ml_age_wrap(ml_buf *header, const ml_age_recipient *r,
                const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e)
{
    const ml_age_type *type = ml_age_type_of(r->kind);

    if (type->wrap != NULL)
        return type->wrap(header, r, file_key, e);
    ml_fail(e, ML_E_UNSUPPORTED, "cannot encrypt to a recipient of kind %s yet", type->word);
    return ml_err_hint(e, "use a recipient age1… or an SSH key");
}

int ml_age_unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                  const ml_age_stanza *s, ml_err *e)
{
    const ml_age_type *type = ml_age_type_of(i->kind);
    int opened;

    if (type->unwrap == NULL || !ml_bytes_is(s->arguments[0], type->stanza))
        return 0;
    opened = type->unwrap(file_key, i, s, e);
    return opened < 0 ? ml_age_stanza_at(s, e) : opened;
}

static bool same_label(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int ml_age_recipients_check(const ml_age_recipient *const *recipients, size_t count, ml_err *e)
{
    const ml_age_type *first = NULL;
    size_t i;

    if (count == 0)
        return ml_fail(e, ML_E_ARGUMENT, "no recipient to encrypt to");
    if (count > ML_LIMIT_AGE_RECIPIENTS)
        return ml_fail(e, ML_E_LIMIT, "more than %d recipients", ML_LIMIT_AGE_RECIPIENTS);
    for (i = 0; i < count; i++) {
        const ml_age_type *other = ml_age_type_of(recipients[i]->kind);

        if (recipients[i]->kind == ML_AGE_PLUGIN) /* the plugin says, see ml_age_seal_give */
            continue;
        first = first == NULL ? other : first;
        if (same_label(first->label, other->label))
            continue;
        ml_fail(e, ML_E_ARGUMENT, "incompatible recipients: %s and %s cannot share an age file",
                first->word, other->word);
        return ml_err_hint(e, "the file would be as weak as the kind that is not post-quantum");
    }
    return 0;
}
