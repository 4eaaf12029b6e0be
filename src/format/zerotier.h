#ifndef ML_FORMAT_ZEROTIER_H
#define ML_FORMAT_ZEROTIER_H

/* zerotier.h — identities of ZeroTier nodes, type 0: two key pairs, and an address that follows
 * from the public halves by a hash made to be slow. */
#include "base/secret.h"

enum {
    ML_ZEROTIER_ADDRESS = 5,
    ML_ZEROTIER_KEYS = 64, /* bytes of the public halves, and of the secret ones */
    ML_ZEROTIER_ADDRESS_TEXT = 2 * ML_ZEROTIER_ADDRESS,
    ML_ZEROTIER_PUBLIC_TEXT = ML_ZEROTIER_ADDRESS_TEXT + 3 + 2 * ML_ZEROTIER_KEYS,
    ML_ZEROTIER_SECRET_TEXT = ML_ZEROTIER_PUBLIC_TEXT + 1 + 2 * ML_ZEROTIER_KEYS
};

/* Owns its secret. Zero-initialise ({0}). */
typedef struct ml_zerotier {
    unsigned char address[ML_ZEROTIER_ADDRESS];
    unsigned char points[ML_ZEROTIER_KEYS]; /* X25519, then Ed25519 */
    ml_secret
        secret; /* the X25519 scalar (unclamped), then the Ed25519 seed; {0} in a public one */
} ml_zerotier;

/* A new identity. One try in fifteen gives an address, and takes some 15 ms: they are spread over
 * `threads` threads (0 = one for each processor). */
int ml_zerotier_generate(ml_zerotier *z, unsigned threads, ml_err *e);

/* Reads ADDRESS:0:PUBLIC, or that with :SECRET; hexadecimal in either case, and a line end. The
 * form alone is checked ("format"); what belongs together is checked by ml_zerotier_check. */
int ml_zerotier_parse(ml_zerotier *z, ml_bytes text, ml_err *e);

/* Fails with "conflict" when the address is not that of the public halves, or these are not those
 * of the secret ones. */
int ml_zerotier_check(const ml_zerotier *z, ml_err *e);

/* The address; the public form; and the secret one, of which *out becomes the owner ("missing" when
 * there is no secret half). None ends in a line end. */
void ml_zerotier_address_text(char out[ML_ZEROTIER_ADDRESS_TEXT], const ml_zerotier *z);
void ml_zerotier_public_text(char out[ML_ZEROTIER_PUBLIC_TEXT], const ml_zerotier *z);
int ml_zerotier_secret_text(ml_secret *out, const ml_zerotier *z, ml_err *e);

void ml_zerotier_free(ml_zerotier *z);

#endif
