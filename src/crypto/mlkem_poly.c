/* mlkem_poly.c — see mlkem_poly.h. */
#include "crypto/mlkem_poly.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/keccak.h"

enum { Q = ML_POLY_MODULUS };

/* Powers of 17, a 256th root of unity: entry i is 17 to the power of i with its seven bits
 * reversed. */
static const uint16_t roots[128] = {
    1,    1729, 2580, 3289, 2642, 630,  1897, 848,  1062, 1919, 193,  797,  2786, 3260, 569,  1746,
    296,  2447, 1339, 1476, 3046, 56,   2240, 1333, 1426, 2094, 535,  2882, 2393, 2879, 1974, 821,
    289,  331,  3253, 1756, 1197, 2304, 2277, 2055, 650,  1977, 2513, 632,  2865, 33,   1320, 1915,
    2319, 1435, 807,  452,  1438, 2868, 1534, 2402, 2647, 2617, 1481, 648,  2474, 3110, 1227, 910,
    17,   2761, 583,  2649, 1637, 723,  2288, 1100, 1409, 2662, 3281, 233,  756,  2156, 3015, 3050,
    1703, 1651, 2789, 1789, 1847, 952,  1461, 2687, 939,  2308, 2437, 2388, 733,  2337, 268,  641,
    1584, 2298, 2037, 3220, 375,  2549, 2090, 1645, 1063, 319,  2773, 757,  2099, 561,  2466, 2594,
    2804, 1092, 403,  1026, 1143, 2150, 2775, 886,  1722, 1212, 1874, 1029, 2110, 2935, 885,  2154
};

/* n / Q for n < 2^26: 82570715 is 2^38 / Q rounded up by less than 1, which is too little to be
 * seen in the quotient of such an n. The processor's division would take as long as n is large. */
static uint32_t quotient(uint32_t n)
{
    return (uint32_t)((uint64_t)n * 82570715 >> 38);
}

static uint16_t reduce(uint32_t n)
{
    return (uint16_t)(n - quotient(n) * Q);
}

/* The same for n < 2 * Q. */
static uint16_t reduce_once(uint32_t n)
{
    const uint32_t less = n - Q, borrowed = less >> 31;

    return (uint16_t)(less + (Q & (0 - borrowed)));
}

void ml_poly_sample_matrix(ml_poly *out, const unsigned char seed[ML_POLY_SEED], unsigned row,
                           unsigned column)
{
    const unsigned char place[2] = { (unsigned char)column, (unsigned char)row };
    unsigned char block[168];
    unsigned filled = 0, i;
    ml_sponge sponge;

    ml_sponge_begin(&sponge, ML_SHAKE128);
    ml_sponge_add(&sponge, ml_bytes_of(seed, ML_POLY_SEED));
    ml_sponge_add(&sponge, ml_bytes_of(place, sizeof place));
    while (filled < ML_POLY_SIZE) {
        ml_sponge_read(&sponge, block, sizeof block);
        for (i = 0; i < sizeof block; i += 3) {
            const uint32_t low = block[i] | (uint32_t)(block[i + 1] & 15) << 8;
            const uint32_t high = (uint32_t)block[i + 1] >> 4 | (uint32_t)block[i + 2] << 4;

            if (low < Q && filled < ML_POLY_SIZE)
                out->c[filled++] = (uint16_t)low;
            if (high < Q && filled < ML_POLY_SIZE)
                out->c[filled++] = (uint16_t)high;
        }
    }
    ml_sponge_end(&sponge);
}

/* The bits of a half byte: the first two count up, the others down. */
static uint16_t small(unsigned bits)
{
    return reduce_once((bits & 1) + (bits >> 1 & 1) + Q - (bits >> 2 & 1) - (bits >> 3 & 1));
}

void ml_poly_sample_small(ml_poly *out, const unsigned char seed[ML_POLY_SEED],
                          unsigned char number)
{
    const ml_bytes parts[] = { ml_bytes_of(seed, ML_POLY_SEED), ml_bytes_of(&number, 1) };
    unsigned char bits[ML_POLY_SIZE / 2];
    unsigned i;

    ml_keccak(ML_SHAKE256, bits, sizeof bits, parts, 2);
    for (i = 0; i < sizeof bits; i++) {
        out->c[2 * i] = small(bits[i] & 15);
        out->c[2 * i + 1] = small(bits[i] >> 4);
    }
    ml_wipe(bits, sizeof bits);
}

void ml_poly_transform(ml_poly *p)
{
    unsigned length, start, i, root = 1;

    for (length = 128; length >= 2; length /= 2) {
        for (start = 0; start < ML_POLY_SIZE; start += 2 * length) {
            const uint32_t factor = roots[root++];

            for (i = start; i < start + length; i++) {
                const uint16_t far = reduce(factor * p->c[i + length]), near = p->c[i];

                p->c[i + length] = reduce_once((uint32_t)near + Q - far);
                p->c[i] = reduce_once((uint32_t)near + far);
            }
        }
    }
}

void ml_poly_transform_back(ml_poly *p)
{
    enum { UNSCALE = 3303 }; /* the inverse of 128 */
    unsigned length, start, i, root = 127;

    for (length = 2; length <= 128; length *= 2) {
        for (start = 0; start < ML_POLY_SIZE; start += 2 * length) {
            const uint32_t factor = roots[root--];

            for (i = start; i < start + length; i++) {
                const uint16_t far = p->c[i + length], near = p->c[i];

                p->c[i] = reduce_once((uint32_t)near + far);
                p->c[i + length] = reduce(factor * ((uint32_t)far + Q - near));
            }
        }
    }
    for (i = 0; i < ML_POLY_SIZE; i++)
        p->c[i] = reduce((uint32_t)p->c[i] * UNSCALE);
}

void ml_poly_add(ml_poly *sum, const ml_poly *p)
{
    unsigned i;

    for (i = 0; i < ML_POLY_SIZE; i++)
        sum->c[i] = reduce_once((uint32_t)sum->c[i] + p->c[i]);
}

void ml_poly_subtract(ml_poly *difference, const ml_poly *p)
{
    unsigned i;

    for (i = 0; i < ML_POLY_SIZE; i++)
        difference->c[i] = reduce_once((uint32_t)difference->c[i] + Q - p->c[i]);
}

/* Transformed, a polynomial is 128 pairs, each a polynomial of degree one modulo x² - g. Of two
 * neighbours one has the root as its g, the other what is opposite to it. */
void ml_poly_add_product(ml_poly *sum, const ml_poly *a, const ml_poly *b)
{
    unsigned i;

    for (i = 0; i < ML_POLY_SIZE; i += 2) {
        const uint32_t root = roots[64 + i / 4], g = i % 4 == 0 ? root : Q - root;
        const uint32_t a0 = a->c[i], a1 = a->c[i + 1], b0 = b->c[i], b1 = b->c[i + 1];

        sum->c[i] = reduce(sum->c[i] + a0 * b0 + a1 * reduce(b1 * g));
        sum->c[i + 1] = reduce(sum->c[i + 1] + a0 * b1 + a1 * b0);
    }
}

/* c * 2^bits / Q, rounded to the nearest; the highest of them is 0 again. */
static uint32_t compress(uint32_t c, unsigned bits)
{
    return quotient((c << bits) + Q / 2) & ((1u << bits) - 1);
}

static uint16_t decompress(uint32_t c, unsigned bits)
{
    return (uint16_t)((c * Q + (1u << (bits - 1))) >> bits);
}

unsigned char *ml_poly_encode(unsigned char *out, const ml_poly *p, unsigned bits)
{
    uint32_t waiting = 0;
    unsigned count = 0, i;

    for (i = 0; i < ML_POLY_SIZE; i++) {
        waiting |= (bits == ML_POLY_EXACT ? p->c[i] : compress(p->c[i], bits)) << count;
        for (count += bits; count >= 8; count -= 8) {
            *out++ = (unsigned char)waiting;
            waiting >>= 8;
        }
    }
    return out;
}

const unsigned char *ml_poly_decode(ml_poly *out, const unsigned char *bytes, unsigned bits)
{
    uint32_t waiting = 0;
    unsigned count = 0, i;

    for (i = 0; i < ML_POLY_SIZE; i++) {
        uint32_t c;

        for (; count < bits; count += 8)
            waiting |= (uint32_t)*bytes++ << count;
        c = waiting & ((1u << bits) - 1);
        waiting >>= bits;
        count -= bits;
        out->c[i] = bits == ML_POLY_EXACT ? reduce_once(c) : decompress(c, bits);
    }
    return bytes;
}
