#ifndef ML_FORMAT_SSH_WIRE_H
#define ML_FORMAT_SSH_WIRE_H

/* ssh_wire.h — reading and writing the two things that SSH formats are made of: numbers of 32 bits,
 * the highest byte first, and strings with such a number for their length (RFC 4251 section 5). */
#include <stdint.h>

#include "format/ssh_key.h"

/* Takes things from the front of *from. false when there is not enough left; *from is then as it
 * was. */
bool ml_ssh_take_number(ml_bytes *from, uint32_t *number);
bool ml_ssh_take_string(ml_bytes *from, ml_bytes *string);
bool ml_ssh_take_bytes(ml_bytes *from, size_t len, ml_bytes *bytes);

/* Writes and returns where the next thing goes; the caller has made room: 4 + len bytes for a
 * string. */
unsigned char *ml_ssh_put_number(unsigned char *p, uint32_t number);
unsigned char *ml_ssh_put_bytes(unsigned char *p, ml_bytes bytes);
unsigned char *ml_ssh_put_string(unsigned char *p, ml_bytes string);

/* The same at the end of a buffer. */
void ml_ssh_add_number(ml_buf *to, uint32_t number);
void ml_ssh_add_string(ml_buf *to, ml_bytes string);

/* Bits of a number that is written with its highest byte first. */
unsigned ml_ssh_bits(ml_bytes number);

/* What the wire form of a public key says. The spans point into it. */
typedef struct ml_ssh_blob {
    ml_ssh_kind kind;
    ml_bytes type;
    const char *key_type; /* of the key itself, also in a certificate; NULL for ML_SSH_OTHER */
    ml_bytes key;         /* what stands behind the type, in a certificate behind the nonce */
    ml_bytes rest;        /* kind ML_SSH_CERTIFICATE only: what stands behind the key */
    unsigned bits;        /* as ssh-keygen counts them; 0 for ML_SSH_OTHER */
    unsigned char ed25519[ML_ED25519_PUBLIC]; /* kind ML_SSH_ED25519 only */
    char fingerprint[ML_SSH_FINGERPRINT + 1]; /* of the key itself, also in a certificate */
} ml_ssh_blob;

/* Keys of types that we know must be whole, with nothing behind them. */
int ml_ssh_blob_parse(ml_ssh_blob *b, ml_bytes wire, ml_err *e);

#endif
