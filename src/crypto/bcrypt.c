/* bcrypt.c — bcrypt_pbkdf over Blowfish; see bcrypt.h.
 *
 * Blowfish looks up tables at places that depend on the key, so its time tells other users of the
 * same processor something about the passphrase; that is in the nature of the format. */
#include "crypto/bcrypt.h"

#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "base/secret.h"
#include "crypto/pi.h"
#include "crypto/provider.h"

enum {
    ROUNDS = 16,
    SUBKEYS = ROUNDS + 2,
    BOXES = 4 * 256,
    BLOCK = 32, /* bytes of one bcrypt hash */
    WORDS = BLOCK / 4,
    EXPANSIONS = 64,
    ENCRYPTIONS = 64,
    LONGEST = 1024
};

/* The state of Blowfish: subkeys, then the four boxes; the order in which pi fills them. */
typedef struct blowfish {
    uint32_t subkeys[SUBKEYS];
    uint32_t boxes[BOXES];
} blowfish;

_Static_assert(sizeof(blowfish) == sizeof ml_pi, "pi fills the state");

/* All that is secret, in one piece of locked memory. */
typedef struct work {
    blowfish state;
    unsigned char key[ML_SHA512_SIZE];  /* SHA-512 of the passphrase */
    unsigned char salt[ML_SHA512_SIZE]; /* SHA-512 of the salt, then of the last hash */
    unsigned char hash[BLOCK];
    unsigned char sum[BLOCK];
} work;

static uint32_t mix(const blowfish *b, uint32_t x)
{
    const uint32_t *s = b->boxes;

    return ((s[x >> 24] + s[256 + (x >> 16 & 255)]) ^ s[512 + (x >> 8 & 255)]) + s[768 + (x & 255)];
}

static void encrypt(const blowfish *b, uint32_t pair[2])
{
    uint32_t left = pair[0], right = pair[1];
    int i;

    for (i = 0; i < ROUNDS; i += 2) {
        left ^= b->subkeys[i];
        right ^= mix(b, left);
        right ^= b->subkeys[i + 1];
        left ^= mix(b, right);
    }
    pair[0] = right ^ b->subkeys[ROUNDS + 1];
    pair[1] = left ^ b->subkeys[ROUNDS];
}

/* The next four bytes of a text that is read round and round, the highest first. */
static uint32_t next_word(const unsigned char *text, size_t len, size_t *at)
{
    uint32_t word = 0;
    int i;

    for (i = 0; i < 4; i++) {
        word = word << 8 | text[*at];
        *at = (*at + 1) % len;
    }
    return word;
}

/* Blowfish's key schedule. With a salt, its words go into the chain before each encryption. */
static void expand(blowfish *b, const unsigned char key[ML_SHA512_SIZE], const unsigned char *salt)
{
    uint32_t pair[2] = { 0, 0 };
    size_t i, at = 0;

    for (i = 0; i < SUBKEYS; i++)
        b->subkeys[i] ^= next_word(key, ML_SHA512_SIZE, &at);
    at = 0;
    for (i = 0; i < SUBKEYS + BOXES; i += 2) {
        uint32_t *to = i < SUBKEYS ? &b->subkeys[i] : &b->boxes[i - SUBKEYS];

        if (salt != NULL) {
            pair[0] ^= next_word(salt, ML_SHA512_SIZE, &at);
            pair[1] ^= next_word(salt, ML_SHA512_SIZE, &at);
        }
        encrypt(b, pair);
        to[0] = pair[0];
        to[1] = pair[1];
    }
}

/* w->hash = the bcrypt hash of w->key and w->salt. */
static void hash(work *w)
{
    static const unsigned char text[BLOCK + 1] = "OxychromaticBlowfishSwatDynamite";
    uint32_t words[WORDS];
    size_t i, at = 0;
    int round;

    memcpy(&w->state, ml_pi, sizeof w->state);
    expand(&w->state, w->key, w->salt);
    for (round = 0; round < EXPANSIONS; round++) {
        expand(&w->state, w->salt, NULL);
        expand(&w->state, w->key, NULL);
    }
    for (i = 0; i < WORDS; i++)
        words[i] = next_word(text, BLOCK, &at);
    for (round = 0; round < ENCRYPTIONS; round++)
        for (i = 0; i < WORDS; i += 2)
            encrypt(&w->state, words + i);
    for (i = 0; i < BLOCK; i++)
        w->hash[i] = (unsigned char)(words[i / 4] >> 8 * (i % 4));
    ml_wipe(words, sizeof words);
}

/* w->sum = block number `count` of the output. */
static void make_block(work *w, ml_bytes salt, uint32_t count, unsigned long rounds)
{
    const unsigned char number[4] = { (unsigned char)(count >> 24), (unsigned char)(count >> 16),
                                      (unsigned char)(count >> 8), (unsigned char)count };
    unsigned long round;
    ml_hash h;
    size_t i;

    ml_sha512_begin(&h);
    ml_sha512_add(&h, salt);
    ml_sha512_add(&h, ml_bytes_of(number, sizeof number));
    ml_sha512_finish(&h, w->salt);
    hash(w);
    memcpy(w->sum, w->hash, BLOCK);
    for (round = 1; round < rounds; round++) {
        ml_sha512(w->salt, ml_bytes_of(w->hash, BLOCK));
        hash(w);
        for (i = 0; i < BLOCK; i++)
            w->sum[i] ^= w->hash[i];
    }
}

int ml_bcrypt_pbkdf(unsigned char *out, size_t len, ml_bytes passphrase, ml_bytes salt,
                    unsigned long rounds, ml_err *e)
{
    const size_t blocks = (len + BLOCK - 1) / BLOCK;
    ml_secret memory = { 0 };
    size_t block, i;
    work *w;

    if (passphrase.len == 0 || salt.len == 0 || rounds == 0 || len == 0 || len > LONGEST)
        return ml_fail(e, ML_E_ARGUMENT, "bcrypt needs a passphrase, a salt and a round");
    if (rounds > ML_LIMIT_BCRYPT_ROUNDS)
        return ml_fail(e, ML_E_LIMIT, "%lu rounds of bcrypt are over the limit of %d", rounds,
                       ML_LIMIT_BCRYPT_ROUNDS);
    if (ml_secret_new(&memory, sizeof *w, e) < 0)
        return -1;
    w = (work *)(void *)memory.p;
    ml_sha512(w->key, passphrase);
    for (block = 0; block < blocks; block++) {
        make_block(w, salt, (uint32_t)block + 1, rounds);
        /* The blocks are interleaved, so that an attacker cannot leave any of them out. */
        for (i = 0; i < BLOCK && i * blocks + block < len; i++)
            out[i * blocks + block] = w->sum[i];
    }
    ml_secret_free(&memory);
    return 0;
}
