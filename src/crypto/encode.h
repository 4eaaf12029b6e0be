#ifndef ML_CRYPTO_ENCODE_H
#define ML_CRYPTO_ENCODE_H

/* encode.h — base64, hex and bech32, strict both ways: each text that is accepted is the one text
 * that the encoder makes of the result. The one exception is named: ML_BASE64_LINES. */
#include "base/bytes.h"
#include "base/err.h"

typedef enum ml_base64 {
    ML_BASE64_PADDED, /* RFC 4648 section 4 with '=': age armor, SSH, sops */
    ML_BASE64_BARE,   /* without '=': age headers, fingerprints */
    ML_BASE64_LINES   /* as PADDED, but CR and LF anywhere are skipped when decoding: what Go's
                         decoder, and   so sops, does */
} ml_base64;

/* Characters that ml_base64_encode writes for len bytes (no NUL), and bytes that at most come out
 * of len characters. */
size_t ml_base64_size(ml_base64 kind, size_t len);
size_t ml_base64_room(size_t len);

/* Writes ml_base64_size(kind, bytes.len) characters. */
void ml_base64_encode(ml_base64 kind, char *out, ml_bytes bytes);

/* Writes the decoded bytes to out (ml_base64_room(text.len) bytes) and their number to *len. -1
 * when the text is not canonical: bad characters, wrong padding, unused bits that are not zero. */
int ml_base64_decode(ml_base64 kind, unsigned char *out, size_t *len, ml_bytes text);

/* Lower case; writes 2 * bytes.len characters. */
void ml_hex_encode(char *out, ml_bytes bytes);

/* Takes lower and upper case; writes text.len / 2 bytes. -1 for odd length or other characters. */
int ml_hex_decode(unsigned char *out, ml_bytes text);

/* Bech32 (BIP-173, constant 1, no limit of 90 characters) as age uses it. prefix is lower case;
 * `upper` writes the whole in upper case. Encode writes ml_bech32_size(prefix, len) characters, no
 * NUL. */
size_t ml_bech32_size(const char *prefix, size_t len);
void ml_bech32_encode(char *out, const char *prefix, ml_bytes bytes, bool upper);

/* Decodes text with exactly this prefix and case; out has room for text.len bytes. -1: mixed case,
 * other prefix, bad character, wrong checksum, wrong padding. */
int ml_bech32_decode(unsigned char *out, size_t *len, const char *prefix, bool upper,
                     ml_bytes text);

#endif
