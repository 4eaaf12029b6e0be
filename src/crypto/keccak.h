#ifndef ML_CRYPTO_KECCAK_H
#define ML_CRYPTO_KECCAK_H

/* keccak.h — the functions of FIPS 202: SHA3 and SHAKE, as ML-KEM and the hybrid recipients of age
 * need them. */
#include "base/bytes.h"

enum { ML_SHA3_256_SIZE = 32, ML_SHA3_512_SIZE = 64 };

typedef enum ml_keccak_function {
    ML_SHA3_256,
    ML_SHA3_512,
    ML_SHAKE128,
    ML_SHAKE256
} ml_keccak_function;

/* The sponge: takes a message piece by piece, then gives output piece by piece. It holds no
 * pointers. What goes through it may be secret, so each begin needs its end, which wipes it. */
typedef struct ml_sponge {
    uint64_t lanes[25];
    unsigned rate; /* bytes of the state that message and output pass through */
    unsigned at;   /* how many of them are used */
    unsigned char suffix;
    bool reading;
} ml_sponge;

void ml_sponge_begin(ml_sponge *s, ml_keccak_function function);
void ml_sponge_add(ml_sponge *s, ml_bytes part);

/* The next `len` bytes of output; no message may be added after the first call. SHA3 is defined for
 * its own size only, SHAKE for any. */
void ml_sponge_read(ml_sponge *s, unsigned char *out, size_t len);
void ml_sponge_end(ml_sponge *s);

/* All of the above for a message that is in `count` parts. Writes `len` bytes. */
void ml_keccak(ml_keccak_function function, unsigned char *out, size_t len, const ml_bytes *parts,
               size_t count);

#endif
