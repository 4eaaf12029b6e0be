/* value.c — ENC[…]: parsed, opened, sealed; see sops/value.h. */
#include "sops/value.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/provider.h"

struct ml_sops_cipher {
    ml_gcm *gcm;
    ml_secret key;
};

int ml_sops_cipher_new(ml_sops_cipher **out, ml_bytes key, ml_err *e)
{
    ml_sops_cipher *c;

    *out = NULL;
    if (key.len != ML_SOPS_KEY_SIZE)
        return ml_fail(e, ML_E_FORMAT, "the data key has %zu bytes, not %d", key.len,
                       ML_SOPS_KEY_SIZE);
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return ml_fail_memory(e);
    if (ml_secret_copy(&c->key, key, e) < 0 || ml_gcm_new(&c->gcm, key.p, e) < 0) {
        ml_sops_cipher_free(c);
        return -1;
    }
    *out = c;
    return 0;
}

void ml_sops_cipher_free(ml_sops_cipher *c)
{
    if (c == NULL)
        return;
    ml_gcm_free(c->gcm);
    ml_secret_free(&c->key);
    free(c);
}

ml_bytes ml_sops_cipher_key(const ml_sops_cipher *c)
{
    return ml_secret_bytes(&c->key);
}

/* The part behind the last `mark` that leaves something before it; *end moves to the mark. */
static int take_part(ml_bytes text, size_t first, size_t *end, const char *mark, ml_bytes *part)
{
    const size_t at = ml_bytes_find_last(text, first + 1, *end, mark);

    if (at == SIZE_MAX)
        return -1;
    *part = ml_bytes_slice(text, at + strlen(mark), *end);
    *end = at;
    return part->len > 0 ? 0 : -1;
}

int ml_sops_enc_parse(ml_sops_enc *enc, ml_bytes text)
{
    static const char prefix[] = ML_SEALED "data:";
    const size_t first = sizeof prefix - 1;
    size_t end;

    if (!ml_bytes_starts(text, prefix))
        return -1;
    text = ml_bytes_slice(text, 0, ml_bytes_find(text, 0, '\n')); /* one line, as '.' in Go */
    end = ml_bytes_find_last(text, first, text.len, "]");
    if (end == SIZE_MAX)
        return -1;
    /* Each part is as long as it can be, the first ones first: so the marks are the last ones. */
    if (take_part(text, first, &end, ",type:", &enc->type) < 0 ||
        take_part(text, first, &end, ",tag:", &enc->tag) < 0 ||
        take_part(text, first, &end, ",iv:", &enc->iv) < 0)
        return -1;
    enc->data = ml_bytes_slice(text, first, end);
    return enc->data.len > 0 ? 0 : -1;
}

static int bad_enc(ml_err *e, const char *what)
{
    return ml_fail(e, ML_E_FORMAT, "the sealed value has %s", what);
}

/* data‖tag together are the box: where data ends is not sops' concern, nor ours. */
static int decode_box(const ml_sops_enc *enc, unsigned char *box, size_t *len, ml_err *e)
{
    size_t data_len = 0, tag_len = 0;

    if (ml_base64_decode(ML_BASE64_LINES, box, &data_len, enc->data) < 0)
        return bad_enc(e, "data that is not base64");
    if (ml_base64_decode(ML_BASE64_LINES, box + data_len, &tag_len, enc->tag) < 0)
        return bad_enc(e, "a tag that is not base64");
    *len = data_len + tag_len;
    return *len < ML_GCM_TAG ? bad_enc(e, "a tag that is too short") : 0;
}

/* Types other than text are brought to their one spelling, which may need other bytes. */
static int accept(ml_type type, ml_arena *arena, ml_bytes *plain, ml_err *e)
{
    ml_buf canonical = { 0 };
    unsigned char *copy;
    int status = 0;

    if (type == ML_TYPE_STR || type == ML_TYPE_COMMENT || type == ML_TYPE_BYTES)
        return 0;
    if (ml_value_accept(type, *plain, &canonical, e) < 0) {
        status = -1;
    } else if (!ml_bytes_equal(ml_buf_bytes(&canonical), *plain)) {
        copy = ml_arena_take(arena, canonical.len, e);
        if (copy != NULL)
            memcpy(copy, canonical.p, canonical.len);
        *plain = ml_bytes_of(copy, canonical.len);
        status = copy == NULL ? -1 : 0;
    }
    ml_buf_free(&canonical);
    return status;
}

/* Small values, nearly all of them, are decoded on the stack: what is decoded there is sealed. */
enum { SMALL = 1024 };

int ml_sops_value_open(const ml_sops_cipher *c, ml_bytes text, ml_bytes aad, ml_arena *arena,
                       ml_type *type, ml_bytes *plain, ml_err *e)
{
    unsigned char small[SMALL], nonce[SMALL], *box = small, *room;
    size_t len = 0, nonce_len = 0;
    ml_sops_enc enc;
    int status;

    if (text.len == 0) {
        *type = ML_TYPE_STR;
        *plain = ml_bytes_of(NULL, 0);
        return 0;
    }
    if (ml_sops_enc_parse(&enc, text) < 0)
        return ml_fail(e, ML_E_FORMAT, "the value is not sealed (no ENC[…] of sops)");
    if (ml_type_of_word(enc.type, type) < 0)
        return bad_enc(e, "a type that sops does not have");
    if (enc.iv.len > SMALL || ml_base64_decode(ML_BASE64_LINES, nonce, &nonce_len, enc.iv) < 0 ||
        nonce_len == 0)
        return bad_enc(e, "a nonce that is not base64");
    if (enc.data.len + enc.tag.len > SMALL)
        box = malloc(ml_base64_room(enc.data.len) + ml_base64_room(enc.tag.len));
    if (box == NULL)
        return ml_fail_memory(e);
    status = decode_box(&enc, box, &len, e);
    room = status < 0 ? NULL : ml_arena_take(arena, len - ML_GCM_TAG, e);
    status = room == NULL
                 ? -1
                 : ml_gcm_open(c->gcm, room, ml_bytes_of(nonce, nonce_len), aad,
                               ml_bytes_of(box, len - ML_GCM_TAG), box + len - ML_GCM_TAG, e);
    if (box != small)
        free(box);
    if (status < 0)
        return -1;
    *plain = ml_bytes_of(room, len - ML_GCM_TAG);
    return accept(*type, arena, plain, e);
}

/* Appends base64 of `bytes`. */
static void add_base64(ml_buf *out, ml_bytes bytes)
{
    const size_t len = ml_base64_size(ML_BASE64_PADDED, bytes.len);
    unsigned char *room = ml_buf_room(out, len);

    if (room == NULL)
        return;
    ml_base64_encode(ML_BASE64_PADDED, (char *)room, bytes);
    out->len += len;
}

int ml_sops_value_seal(const ml_sops_cipher *c, ml_type type, ml_bytes plain, ml_bytes aad,
                       ml_buf *out, ml_err *e)
{
    unsigned char small[SMALL], nonce[ML_SOPS_NONCE_SIZE], tag[ML_GCM_TAG], *box = small;

    if (plain.len == 0)
        return ml_buf_check(out, e);
    if (plain.len > SMALL)
        box = malloc(plain.len);
    if (box == NULL)
        return ml_fail_memory(e);
    ml_random(nonce, sizeof nonce);
    ml_gcm_seal(c->gcm, box, tag, ml_bytes_of(nonce, sizeof nonce), aad, plain);
    ml_buf_text(out, ML_SEALED "data:");
    add_base64(out, ml_bytes_of(box, plain.len));
    ml_buf_text(out, ",iv:");
    add_base64(out, ml_bytes_of(nonce, sizeof nonce));
    ml_buf_text(out, ",tag:");
    add_base64(out, ml_bytes_of(tag, sizeof tag));
    ml_buf_text(out, ",type:");
    ml_buf_text(out, ml_type_word(type));
    ml_buf_byte(out, ']');
    if (box != small)
        free(box);
    return ml_buf_check(out, e);
}
