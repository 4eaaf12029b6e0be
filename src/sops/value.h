#ifndef ML_SOPS_VALUE_H
#define ML_SOPS_VALUE_H

/* sops/value.h — one sealed value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`.
 *
 * The plaintext is always the canonical text of doc/value.h. The additional data ("aad") is the
 * path of the value: every map key from the root, each followed by ':' (no list indices). */
#include "base/buf.h"
#include "base/secret.h"
#include "doc/value.h"

enum { ML_SOPS_KEY_SIZE = 32, ML_SOPS_NONCE_SIZE = 32 };

/* The parts of an ENC[…] text: spans of it, data, iv and tag still in base64. */
typedef struct ml_sops_enc {
    ml_bytes data, iv, tag, type;
} ml_sops_enc;

/* Splits as the real program does: anchored at the start only, each part as long as it can be and
 * not empty. -1 when `text` is no ENC[…]. */
int ml_sops_enc_parse(ml_sops_enc *enc, ml_bytes text);

/* A data key, prepared. It can be used from several threads at once. */
typedef struct ml_sops_cipher ml_sops_cipher;

/* `key` has ML_SOPS_KEY_SIZE bytes, else "format". The cipher keeps its own locked copy. */
int ml_sops_cipher_new(ml_sops_cipher **out, ml_bytes key, ml_err *e);
void ml_sops_cipher_free(ml_sops_cipher *c);

/* The data key itself, to wrap it for another recipient; lives as long as the cipher. */
ml_bytes ml_sops_cipher_key(const ml_sops_cipher *c);

/* Opens `text` into `arena`. The empty text is the empty string (it carries no authentication;
 * that is how sops writes it). *plain is checked to be what its type says and is canonical: the
 * int `+07` of a careless writer comes out as `7`. Fails with "format" (not ENC[…], bad base64,
 * unknown type) or "auth" (another key, another place, or changed bytes). Messages hold neither
 * text nor plaintext. */
int ml_sops_value_open(const ml_sops_cipher *c, ml_bytes text, ml_bytes aad, ml_arena *arena,
                       ml_type *type, ml_bytes *plain, ml_err *e);

/* Appends the sealed text of `plain`, under a fresh random nonce; for an empty plaintext nothing is
 * appended. Unchanged values keep their nonce by keeping their text: no call takes a nonce, so none
 * can be used twice. */
int ml_sops_value_seal(const ml_sops_cipher *c, ml_type type, ml_bytes plain, ml_bytes aad,
                       ml_buf *out, ml_err *e);

#endif
