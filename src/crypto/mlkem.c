/* mlkem.c — see mlkem.h. Names are those of FIPS 203 where it has words for them; K-PKE is its
 * encryption scheme, on which the KEM stands. */
#include "crypto/mlkem.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/keccak.h"
#include "crypto/mlkem_poly.h"

enum {
    RANK = 3,
    VECTOR = RANK * 32 * ML_POLY_EXACT, /* bytes of an encoded vector */
    U_BITS = 10,
    V_BITS = 4,
    /* the parts of a private key, one behind the other */
    AT_PUBLIC = VECTOR,
    AT_HASH = AT_PUBLIC + ML_MLKEM_PUBLIC,
    AT_Z = AT_HASH + ML_SHA3_256_SIZE
};

_Static_assert(AT_Z + 32 == ML_MLKEM_PRIVATE, "a private key holds its four parts");
_Static_assert(VECTOR + ML_POLY_SEED == ML_MLKEM_PUBLIC, "a public key is a vector and a seed");
_Static_assert(32 * (RANK * U_BITS + V_BITS) == ML_MLKEM_CIPHERTEXT, "a ciphertext is u and v");

static void sample_vector(ml_poly v[RANK], const unsigned char seed[ML_POLY_SEED],
                          unsigned char *number)
{
    unsigned i;

    for (i = 0; i < RANK; i++)
        ml_poly_sample_small(&v[i], seed, (*number)++);
}

static void transform_vector(ml_poly v[RANK])
{
    unsigned i;

    for (i = 0; i < RANK; i++)
        ml_poly_transform(&v[i]);
}

static unsigned char *encode_vector(unsigned char *out, const ml_poly v[RANK], unsigned bits)
{
    unsigned i;

    for (i = 0; i < RANK; i++)
        out = ml_poly_encode(out, &v[i], bits);
    return out;
}

static const unsigned char *decode_vector(ml_poly v[RANK], const unsigned char *bytes,
                                          unsigned bits)
{
    unsigned i;

    for (i = 0; i < RANK; i++)
        bytes = ml_poly_decode(&v[i], bytes, bits);
    return bytes;
}

/* out = a · b, the sum of the products of their elements. */
static void multiply_vectors(ml_poly *out, const ml_poly a[RANK], const ml_poly b[RANK])
{
    unsigned i;

    memset(out, 0, sizeof *out);
    for (i = 0; i < RANK; i++)
        ml_poly_add_product(out, &a[i], &b[i]);
}

/* out = A v, or Aᵀ v: the matrix is made from its seed as it is used, and never held as a whole. */
static void multiply_matrix(ml_poly out[RANK], const unsigned char seed[ML_POLY_SEED],
                            bool transposed, const ml_poly v[RANK])
{
    unsigned i, j;
    ml_poly a;

    memset(out, 0, RANK * sizeof *out);
    for (i = 0; i < RANK; i++) {
        for (j = 0; j < RANK; j++) {
            ml_poly_sample_matrix(&a, seed, transposed ? j : i, transposed ? i : j);
            ml_poly_add_product(&out[i], &a, &v[j]);
        }
    }
}

/* Algorithm 13, behind its first line. */
static void pke_keys(unsigned char public_key[ML_MLKEM_PUBLIC], unsigned char private_key[VECTOR],
                     const unsigned char matrix_seed[32], const unsigned char sample_seed[32])
{
    struct {
        ml_poly s[RANK], error[RANK], t[RANK];
    } work;
    unsigned char number = 0;
    unsigned i;

    sample_vector(work.s, sample_seed, &number);
    sample_vector(work.error, sample_seed, &number);
    transform_vector(work.s);
    transform_vector(work.error);
    multiply_matrix(work.t, matrix_seed, false, work.s);
    for (i = 0; i < RANK; i++)
        ml_poly_add(&work.t[i], &work.error[i]);
    memcpy(encode_vector(public_key, work.t, ML_POLY_EXACT), matrix_seed, ML_POLY_SEED);
    encode_vector(private_key, work.s, ML_POLY_EXACT);
    ml_wipe(&work, sizeof work);
}

/* Algorithm 14. */
static void pke_encrypt(unsigned char ciphertext[ML_MLKEM_CIPHERTEXT],
                        const unsigned char public_key[ML_MLKEM_PUBLIC],
                        const unsigned char message[ML_MLKEM_MESSAGE],
                        const unsigned char sample_seed[32])
{
    struct {
        ml_poly y[RANK], error[RANK], last_error, message, u[RANK], v;
    } work;
    const unsigned char *matrix_seed;
    unsigned char number = 0;
    ml_poly t[RANK];
    unsigned i;

    matrix_seed = decode_vector(t, public_key, ML_POLY_EXACT);
    sample_vector(work.y, sample_seed, &number);
    sample_vector(work.error, sample_seed, &number);
    ml_poly_sample_small(&work.last_error, sample_seed, number);
    transform_vector(work.y);
    multiply_matrix(work.u, matrix_seed, true, work.y);
    for (i = 0; i < RANK; i++) {
        ml_poly_transform_back(&work.u[i]);
        ml_poly_add(&work.u[i], &work.error[i]);
    }
    multiply_vectors(&work.v, t, work.y);
    ml_poly_transform_back(&work.v);
    ml_poly_add(&work.v, &work.last_error);
    ml_poly_decode(&work.message, message, 1);
    ml_poly_add(&work.v, &work.message);
    ml_poly_encode(encode_vector(ciphertext, work.u, U_BITS), &work.v, V_BITS);
    ml_wipe(&work, sizeof work);
}

/* Algorithm 15. */
static void pke_decrypt(unsigned char message[ML_MLKEM_MESSAGE],
                        const unsigned char private_key[VECTOR],
                        const unsigned char ciphertext[ML_MLKEM_CIPHERTEXT])
{
    struct {
        ml_poly s[RANK], product, w;
    } work;
    ml_poly u[RANK];

    ml_poly_decode(&work.w, decode_vector(u, ciphertext, U_BITS), V_BITS);
    decode_vector(work.s, private_key, ML_POLY_EXACT);
    transform_vector(u);
    multiply_vectors(&work.product, work.s, u);
    ml_poly_transform_back(&work.product);
    ml_poly_subtract(&work.w, &work.product);
    ml_poly_encode(message, &work.w, 1);
    ml_wipe(&work, sizeof work);
}

void ml_mlkem_expand(unsigned char public_key[ML_MLKEM_PUBLIC],
                     unsigned char private_key[ML_MLKEM_PRIVATE],
                     const unsigned char matrix_seed[32], const unsigned char sample_seed[32],
                     const unsigned char z[32])
{
    const ml_bytes whole = ml_bytes_of(public_key, ML_MLKEM_PUBLIC);

    pke_keys(public_key, private_key, matrix_seed, sample_seed);
    memcpy(private_key + AT_PUBLIC, public_key, ML_MLKEM_PUBLIC);
    ml_keccak(ML_SHA3_256, private_key + AT_HASH, ML_SHA3_256_SIZE, &whole, 1);
    memcpy(private_key + AT_Z, z, 32);
}

void ml_mlkem_keys(unsigned char public_key[ML_MLKEM_PUBLIC],
                   unsigned char private_key[ML_MLKEM_PRIVATE],
                   const unsigned char seed[ML_MLKEM_SEED])
{
    static const unsigned char rank = RANK;
    const ml_bytes parts[] = { ml_bytes_of(seed, 32), ml_bytes_of(&rank, 1) };
    unsigned char seeds[ML_SHA3_512_SIZE];

    ml_keccak(ML_SHA3_512, seeds, sizeof seeds, parts, 2);
    ml_mlkem_expand(public_key, private_key, seeds, seeds + 32, seed + 32);
    ml_wipe(seeds, sizeof seeds);
}

int ml_mlkem_check(const unsigned char public_key[ML_MLKEM_PUBLIC], ml_err *e)
{
    unsigned char again[VECTOR];
    ml_poly t[RANK];

    decode_vector(t, public_key, ML_POLY_EXACT);
    encode_vector(again, t, ML_POLY_EXACT);
    if (memcmp(again, public_key, VECTOR) != 0)
        return ml_fail(e, ML_E_FORMAT, "not a key of ML-KEM: a number is beyond the modulus");
    return 0;
}

/* The shared key and the seed of the samples, from the message and the hash of the public key. */
static void derive(unsigned char shared_and_seed[ML_SHA3_512_SIZE],
                   const unsigned char message[ML_MLKEM_MESSAGE],
                   const unsigned char hash[ML_SHA3_256_SIZE])
{
    const ml_bytes parts[] = { ml_bytes_of(message, ML_MLKEM_MESSAGE),
                               ml_bytes_of(hash, ML_SHA3_256_SIZE) };

    ml_keccak(ML_SHA3_512, shared_and_seed, ML_SHA3_512_SIZE, parts, 2);
}

void ml_mlkem_encapsulate(unsigned char ciphertext[ML_MLKEM_CIPHERTEXT],
                          unsigned char shared[ML_MLKEM_SHARED],
                          const unsigned char public_key[ML_MLKEM_PUBLIC],
                          const unsigned char message[ML_MLKEM_MESSAGE])
{
    const ml_bytes whole = ml_bytes_of(public_key, ML_MLKEM_PUBLIC);
    unsigned char hash[ML_SHA3_256_SIZE], derived[ML_SHA3_512_SIZE];

    ml_keccak(ML_SHA3_256, hash, sizeof hash, &whole, 1);
    derive(derived, message, hash);
    pke_encrypt(ciphertext, public_key, message, derived + ML_MLKEM_SHARED);
    memcpy(shared, derived, ML_MLKEM_SHARED);
    ml_wipe(derived, sizeof derived);
}

/* 0xff when a and b differ, else 0. No bool in between, which a compiler could branch on. */
static unsigned char differ(const unsigned char *a, const unsigned char *b, size_t len)
{
    uint32_t bits = 0;
    size_t i;

    for (i = 0; i < len; i++)
        bits |= (uint32_t)(a[i] ^ b[i]);
    return (unsigned char)((0 - bits) >> 8);
}

void ml_mlkem_decapsulate(unsigned char shared[ML_MLKEM_SHARED],
                          const unsigned char private_key[ML_MLKEM_PRIVATE],
                          const unsigned char ciphertext[ML_MLKEM_CIPHERTEXT])
{
    const ml_bytes reject_parts[] = { ml_bytes_of(private_key + AT_Z, 32),
                                      ml_bytes_of(ciphertext, ML_MLKEM_CIPHERTEXT) };
    struct {
        unsigned char message[ML_MLKEM_MESSAGE], derived[ML_SHA3_512_SIZE];
        unsigned char again[ML_MLKEM_CIPHERTEXT], rejected[ML_MLKEM_SHARED], mask;
    } work;
    unsigned i;

    pke_decrypt(work.message, private_key, ciphertext);
    derive(work.derived, work.message, private_key + AT_HASH);
    ml_keccak(ML_SHAKE256, work.rejected, sizeof work.rejected, reject_parts, 2);
    pke_encrypt(work.again, private_key + AT_PUBLIC, work.message, work.derived + ML_MLKEM_SHARED);
    work.mask = differ(work.again, ciphertext, ML_MLKEM_CIPHERTEXT);
    for (i = 0; i < ML_MLKEM_SHARED; i++)
        shared[i] = (unsigned char)((work.rejected[i] & work.mask) |
                                    (work.derived[i] & (unsigned char)~work.mask));
    ml_wipe(&work, sizeof work);
}
