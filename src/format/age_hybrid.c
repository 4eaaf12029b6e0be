/* age_hybrid.c — the type mlkem768x25519 (age1pq1…): its recipients, and a file key wrapped by
 * HPKE. */
#include <string.h>

#include "crypto/encode.h"
#include "crypto/hpke.h"
#include "crypto/mlkem.h"
#include "format/age_type.h"

static const char prefix[] = "age1pq", stanza[] = "mlkem768x25519";
static const char info[] = "age-encryption.org/mlkem768x25519";

enum { SHARE_TEXT = 1494 }; /* characters of a share in bare base64 */

int ml_age_recipient_hybrid(ml_age_recipient *r,
                            const unsigned char public_key[ML_KEM_HYBRID_PUBLIC], ml_err *e)
{
    const ml_bytes key = ml_bytes_of(public_key, ML_KEM_HYBRID_PUBLIC);
    char text[ML_AGE_RECIPIENT_ROOM];

    memset(r, 0, sizeof *r);
    r->kind = ML_AGE_HYBRID;
    if (ml_mlkem_check(public_key, e) < 0)
        return -1;
    ml_bech32_encode(text, prefix, key, false);
    if (ml_age_recipient_text(r, ml_bytes_of(text, ml_bech32_size(prefix, key.len)), e) == 0 &&
        ml_age_recipient_key(r, key, e) == 0)
        return 0;
    ml_age_recipient_free(r);
    return -1;
}

int ml_age_hybrid_parse(ml_age_recipient *r, ml_bytes text, ml_err *e)
{
    unsigned char key[ML_AGE_RECIPIENT_ROOM];

    if (ml_age_recipient_decode(key, ML_KEM_HYBRID_PUBLIC, prefix, text, e) < 0)
        return -1;
    return ml_age_recipient_hybrid(r, key, e);
}

int ml_age_hybrid_wrap(ml_buf *header, const ml_age_recipient *r,
                       const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e)
{
    unsigned char share[ML_KEM_HYBRID_SHARE], body[ML_AGE_BODY];
    char share_text[SHARE_TEXT];
    ml_age_stanza s;

    if (ml_hpke_seal(share, body, &ml_kem_mlkem768_x25519, r->key, ml_bytes_text(info),
                     ml_bytes_of(file_key, ML_AGE_FILE_KEY), e) < 0)
        return -1;
    ml_base64_encode(ML_BASE64_BARE, share_text, ml_bytes_of(share, sizeof share));
    memset(&s, 0, sizeof s);
    s.arguments[s.count++] = ml_bytes_text(stanza);
    s.arguments[s.count++] = ml_bytes_of(share_text, SHARE_TEXT);
    s.body = ml_bytes_of(body, sizeof body);
    ml_age_header_stanza(header, &s);
    return 0;
}

int ml_age_hybrid_unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                         const ml_age_stanza *s, ml_err *e)
{
    unsigned char share[ML_KEM_HYBRID_SHARE + 2];
    size_t len;

    if (s->count != 2 || s->arguments[1].len != SHARE_TEXT || s->body.len != ML_AGE_BODY ||
        ml_base64_decode(ML_BASE64_BARE, share, &len, s->arguments[1]) < 0)
        return ml_age_stanza_bad(e, stanza);
    if (ml_hpke_open(file_key, &ml_kem_mlkem768_x25519, i->secret.p, share, ml_bytes_text(info),
                     s->body, e) == 0)
        return 1;
    return strcmp(e->code, ML_E_AUTH) == 0 ? 0 : ml_age_stanza_bad(e, stanza);
}
