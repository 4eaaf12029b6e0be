/* age_hpke.c — the three types whose file key is wrapped by HPKE: mlkem768x25519 (age1pq1…), and
 * p256tag and mlkem768p256tag (age1tag1…, age1tagpq1…), whose private keys stay in hardware. */
#include <string.h>

#include "crypto/encode.h"
#include "crypto/hpke.h"
#include "crypto/mlkem.h"
#include "format/age_type.h"

/* What they differ in. */
typedef struct hpke_type {
    const ml_kem *kem;
    const char *prefix; /* of recipients */
    const char *info;
    size_t key_size; /* bytes of a recipient's text */
} hpke_type;

static const hpke_type hybrid = { &ml_kem_mlkem768_x25519, "age1pq",
                                  "age-encryption.org/mlkem768x25519", ML_KEM_HYBRID_PUBLIC };
static const hpke_type tag = { &ml_kem_p256, "age1tag", "age-encryption.org/p256tag",
                               ML_P256_COMPRESSED };
static const hpke_type tag_hybrid = { &ml_kem_mlkem768_p256, "age1tagpq",
                                      "age-encryption.org/mlkem768p256tag",
                                      ML_MLKEM_PUBLIC + ML_P256_POINT };

enum {
    SHARE_MOST = ML_MLKEM_CIPHERTEXT + ML_P256_POINT,
    /* characters in bare base64 */
    HYBRID_SHARE_TEXT = (ML_KEM_HYBRID_SHARE * 8 + 5) / 6,
    SHARE_TEXT_MOST = (SHARE_MOST * 8 + 5) / 6
};

static const hpke_type *type_of(ml_age_kind kind)
{
    return kind == ML_AGE_HYBRID ? &hybrid : kind == ML_AGE_TAG ? &tag : &tag_hybrid;
}

/* Whether an uncompressed point is on the curve: compressed and decompressed it is the same. */
static int check_point(const unsigned char point[ML_P256_POINT], ml_err *e)
{
    unsigned char compressed[ML_P256_COMPRESSED], again[ML_P256_POINT];

    compressed[0] = 2 | (point[ML_P256_POINT - 1] & 1);
    memcpy(compressed + 1, point + 1, ML_P256_SIZE);
    if (ml_p256_decompress(again, compressed, e) < 0)
        return -1;
    if (memcmp(again, point, ML_P256_POINT) != 0)
        return ml_fail(e, ML_E_FORMAT, "not a point of the curve P-256");
    return 0;
}

/* Of a key in hardware, what its tags are made of. */
static void set_tag(ml_age_recipient *r, ml_bytes point)
{
    unsigned char hash[ML_SHA256_SIZE];

    ml_sha256(hash, point);
    memcpy(r->tag, hash, sizeof r->tag);
}

/* The key as HPKE wants it, checked. */
static int take_key(ml_age_recipient *r, const unsigned char *bytes, ml_err *e)
{
    const unsigned char *point = bytes + ML_MLKEM_PUBLIC; /* of a hybrid */
    unsigned char uncompressed[ML_P256_POINT];

    switch (r->kind) {
    case ML_AGE_HYBRID:
        if (ml_mlkem_check(bytes, e) < 0 || ml_x25519_check(point, e) < 0)
            return -1;
        break;
    case ML_AGE_TAG:
        if (ml_p256_decompress(uncompressed, bytes, e) < 0)
            return -1;
        set_tag(r, ml_bytes_of(bytes, ML_P256_COMPRESSED));
        bytes = uncompressed;
        break;
    default:
        if (ml_mlkem_check(bytes, e) < 0 || check_point(point, e) < 0)
            return -1;
        set_tag(r, ml_bytes_of(point, ML_P256_POINT));
    }
    return ml_age_recipient_key(r, ml_bytes_of(bytes, type_of(r->kind)->kem->public_size), e);
}

static int make_recipient(ml_age_recipient *r, ml_age_kind kind, const unsigned char *bytes,
                          ml_bytes text, ml_err *e)
{
    memset(r, 0, sizeof *r);
    r->kind = kind;
    if (take_key(r, bytes, e) == 0 && ml_age_recipient_text(r, text, e) == 0)
        return 0;
    ml_age_recipient_free(r);
    return -1;
}

int ml_age_recipient_hybrid(ml_age_recipient *r,
                            const unsigned char public_key[ML_KEM_HYBRID_PUBLIC], ml_err *e)
{
    char text[ML_AGE_RECIPIENT_ROOM];

    ml_bech32_encode(text, hybrid.prefix, ml_bytes_of(public_key, hybrid.key_size), false);
    return make_recipient(r, ML_AGE_HYBRID, public_key,
                          ml_bytes_of(text, ml_bech32_size(hybrid.prefix, hybrid.key_size)), e);
}

int ml_age_hpke_parse(ml_age_recipient *r, ml_age_kind kind, ml_bytes text, ml_err *e)
{
    const hpke_type *type = type_of(kind);
    unsigned char bytes[ML_AGE_RECIPIENT_ROOM];

    if (ml_age_recipient_decode(bytes, type->key_size, type->prefix, text, e) < 0)
        return -1;
    return make_recipient(r, kind, bytes, text, e);
}

/* Tells the hardware that has the key, and nobody else, whom the stanza is for. */
static void make_tag(char out[ML_AGE_TAG_TEXT], const ml_age_recipient *r, const char *info,
                     ml_bytes share)
{
    const ml_bytes parts[] = { share, ml_bytes_of(r->tag, sizeof r->tag) };
    unsigned char whole[ML_SHA256_SIZE];

    ml_hmac_sha256_parts(whole, ml_bytes_text(info), parts, 2);
    ml_base64_encode(ML_BASE64_BARE, out, ml_bytes_of(whole, sizeof r->tag));
}

int ml_age_hpke_wrap(ml_buf *header, const ml_age_recipient *r,
                     const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e)
{
    const hpke_type *type = type_of(r->kind);
    unsigned char share_bytes[SHARE_MOST], body[ML_AGE_BODY];
    char share_text[SHARE_TEXT_MOST], tag_text[ML_AGE_TAG_TEXT];
    ml_age_stanza s;
    ml_bytes share;

    if (ml_hpke_seal(share_bytes, body, type->kem, r->key, ml_bytes_text(type->info),
                     ml_bytes_of(file_key, ML_AGE_FILE_KEY), e) < 0)
        return -1;
    share = ml_bytes_of(share_bytes, type->kem->share_size);
    memset(&s, 0, sizeof s);
    s.arguments[s.count++] = ml_bytes_text(ml_age_type_of(r->kind)->stanza);
    if (r->kind != ML_AGE_HYBRID) {
        make_tag(tag_text, r, type->info, share);
        s.arguments[s.count++] = ml_bytes_of(tag_text, sizeof tag_text);
    }
    ml_base64_encode(ML_BASE64_BARE, share_text, share);
    s.arguments[s.count++] = ml_bytes_of(share_text, ml_base64_size(ML_BASE64_BARE, share.len));
    s.body = ml_bytes_of(body, sizeof body);
    ml_age_header_stanza(header, &s);
    return 0;
}

int ml_age_hybrid_unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                         const ml_age_stanza *s, ml_err *e)
{
    const char *stanza = ml_age_type_of(ML_AGE_HYBRID)->stanza;
    unsigned char share[ML_KEM_HYBRID_SHARE + 2]; /* as many as the decoder may touch */
    size_t len;

    if (s->count != 2 || s->arguments[1].len != HYBRID_SHARE_TEXT || s->body.len != ML_AGE_BODY ||
        ml_base64_decode(ML_BASE64_BARE, share, &len, s->arguments[1]) < 0)
        return ml_age_stanza_bad(e, stanza);
    if (ml_hpke_open(file_key, hybrid.kem, i->secret.p, share, ml_bytes_text(hybrid.info), s->body,
                     e) == 0)
        return 1;
    return strcmp(e->code, ML_E_AUTH) == 0 ? 0 : ml_age_stanza_bad(e, stanza);
}
