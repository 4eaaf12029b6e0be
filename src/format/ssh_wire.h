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

/* What the wire form of a public key says. The type points into it. */
typedef struct ml_ssh_blob {
    ml_ssh_kind kind;
    ml_bytes type;
    unsigned char ed25519[ML_ED25519_PUBLIC]; /* kind ML_SSH_ED25519 only */
    char fingerprint[ML_SSH_FINGERPRINT + 1];
} ml_ssh_blob;

int ml_ssh_blob_parse(ml_ssh_blob *b, ml_bytes wire, ml_err *e);

#endif
