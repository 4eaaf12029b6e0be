/* zerotier.c — see zerotier.h. */
#include "format/zerotier.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/provider.h"
#include "sys/pool.h"

enum {
    HALF = ML_ZEROTIER_KEYS / 2, /* bytes of one key */
    BLOCK = 64,
    TABLE = 2 * 1024 * 1024,
    WORD = 8,
    WORDS = TABLE / WORD,
    STRETCH = 64 * 1024, /* bytes of keystream made at a time */
    BELOW = 17           /* what the first byte of the hash must be less than */
};

/* What the hash of one address works in. */
typedef struct workspace {
    unsigned char table[TABLE];
    unsigned char stream[STRETCH];
} workspace;

static void xor_block(unsigned char *to, const unsigned char *with)
{
    size_t i;

    for (i = 0; i < BLOCK; i++)
        to[i] ^= with[i];
}

static void exchange(unsigned char *a, unsigned char *b)
{
    unsigned char kept[WORD];

    memcpy(kept, a, WORD);
    memcpy(a, b, WORD);
    memcpy(b, kept, WORD);
}

/* The low 18 bits of a big-endian word: the number of a word of the table. */
static size_t low_bits(const unsigned char *word)
{
    return ((size_t)word[5] << 16 | (size_t)word[6] << 8 | word[7]) % WORDS;
}

/* Computes the address of the public halves into `address`; false when they have none. */
static bool find_address(unsigned char address[ML_ZEROTIER_ADDRESS],
                         const unsigned char points[ML_ZEROTIER_KEYS], workspace *w)
{
    static const unsigned char none[ML_ZEROTIER_ADDRESS];
    unsigned char digest[ML_SHA512_SIZE], key[ML_SALSA_KEY], nonce[ML_SALSA_NONCE];
    size_t i, at;

    ml_sha512(digest, ml_bytes_of(points, ML_ZEROTIER_KEYS));
    memcpy(key, digest, sizeof key);
    memcpy(nonce, digest + sizeof key, sizeof nonce);
    ml_salsa20(w->table, TABLE, key, nonce, 0);
    for (at = BLOCK; at < TABLE; at += BLOCK)
        xor_block(w->table + at, w->table + at - BLOCK);
    /* Each pair of words of the table, which changes on the way, says which word of it goes into
     * the digest, and where. */
    for (i = 0; i < WORDS; i += 2) {
        const size_t block = i / 2 * BLOCK % STRETCH;

        if (block == 0)
            ml_salsa20(w->stream, STRETCH, key, nonce, TABLE / BLOCK + i / 2);
        exchange(w->table + low_bits(w->table + (i + 1) * WORD) * WORD,
                 digest + w->table[i * WORD + 7] % 8 * WORD);
        xor_block(digest, w->stream + block);
    }
    memcpy(address, digest + sizeof digest - ML_ZEROTIER_ADDRESS, ML_ZEROTIER_ADDRESS);
    return digest[0] < BELOW && address[0] != 0xff &&
           memcmp(address, none, ML_ZEROTIER_ADDRESS) != 0;
}

static workspace *new_workspace(ml_err *e)
{
    workspace *w = malloc(sizeof *w);

    if (w == NULL)
        ml_fail_memory(e);
    return w;
}

/* The search for an X25519 key with an address; the Ed25519 key stays what it is. */
typedef struct search {
    ml_zerotier *found; /* has the Ed25519 key, and gets the rest */
    atomic_bool done;
} search;

/* Tries keys until one has an address, here or elsewhere. The seed is read by all, the scalar is
 * written by the one that comes first. */
static int try_keys(void *context, size_t item, ml_err *e)
{
    search *s = context;
    unsigned char points[ML_ZEROTIER_KEYS], scalar[ML_X25519_SIZE], address[ML_ZEROTIER_ADDRESS];
    workspace *w;

    (void)item;
    if (atomic_load(&s->done))
        return 0;
    w = new_workspace(e);
    if (w == NULL)
        return -1;
    memcpy(points + HALF, s->found->points + HALF, HALF);
    while (!atomic_load(&s->done)) {
        ml_random(scalar, sizeof scalar);
        ml_x25519_base(points, scalar);
        if (!find_address(address, points, w) || atomic_exchange(&s->done, true))
            continue;
        memcpy(s->found->secret.p, scalar, HALF);
        memcpy(s->found->points, points, HALF);
        memcpy(s->found->address, address, sizeof address);
    }
    ml_wipe(scalar, sizeof scalar);
    free(w);
    return 0;
}

int ml_zerotier_generate(ml_zerotier *z, unsigned threads, ml_err *e)
{
    enum { ITEMS = 16 }; /* as many as there can be threads: each tries until somebody has found */
    ml_pool_result results[ITEMS];
    search s = { .found = z };

    memset(z, 0, sizeof *z);
    if (ml_secret_new(&z->secret, ML_ZEROTIER_KEYS, e) < 0)
        return -1;
    ml_random(z->secret.p + HALF, HALF);
    ml_ed25519_public(z->points + HALF, z->secret.p + HALF);
    ml_pool_run(ITEMS, threads, try_keys, &s, results);
    if (atomic_load(&s.done))
        return 0;
    *e = results[0].e; /* not one had memory to work in */
    ml_zerotier_free(z);
    return -1;
}

static int malformed(ml_err *e)
{
    ml_fail(e, ML_E_FORMAT, "malformed ZeroTier identity");
    return ml_err_hint(e, "it has the form ADDRESS:0:PUBLIC or ADDRESS:0:PUBLIC:SECRET, as "
                          "zerotier-idtool writes it");
}

int ml_zerotier_parse(ml_zerotier *z, ml_bytes text, ml_err *e)
{
    enum { TYPE_AT = ML_ZEROTIER_ADDRESS_TEXT, POINTS_AT = TYPE_AT + 3 };

    memset(z, 0, sizeof *z);
    if (ml_bytes_ends(text, "\n"))
        text.len--;
    if (ml_bytes_ends(text, "\r"))
        text.len--;
    if ((text.len != ML_ZEROTIER_PUBLIC_TEXT && text.len != ML_ZEROTIER_SECRET_TEXT) ||
        !ml_bytes_is(ml_bytes_slice(text, TYPE_AT, POINTS_AT), ":0:") ||
        ml_hex_decode(z->address, ml_bytes_slice(text, 0, TYPE_AT)) < 0 ||
        ml_hex_decode(z->points, ml_bytes_slice(text, POINTS_AT, ML_ZEROTIER_PUBLIC_TEXT)) < 0)
        return malformed(e);
    if (text.len == ML_ZEROTIER_PUBLIC_TEXT)
        return 0;
    if (ml_secret_new(&z->secret, ML_ZEROTIER_KEYS, e) < 0)
        return -1;
    text = ml_bytes_slice(text, ML_ZEROTIER_PUBLIC_TEXT, text.len);
    if (text.p[0] == ':' && ml_hex_decode(z->secret.p, ml_bytes_slice(text, 1, text.len)) == 0)
        return 0;
    ml_zerotier_free(z);
    return malformed(e);
}

static bool halves_fit(const ml_zerotier *z)
{
    unsigned char points[ML_ZEROTIER_KEYS];

    if (z->secret.p == NULL)
        return true;
    ml_x25519_base(points, z->secret.p);
    ml_ed25519_public(points + HALF, z->secret.p + HALF);
    return memcmp(points, z->points, sizeof points) == 0;
}

int ml_zerotier_check(const ml_zerotier *z, ml_err *e)
{
    unsigned char address[ML_ZEROTIER_ADDRESS];
    workspace *w;
    bool fits;

    if (!halves_fit(z))
        return ml_fail(e, ML_E_CONFLICT,
                       "the public keys of the ZeroTier identity are not those of its secret ones");
    w = new_workspace(e);
    if (w == NULL)
        return -1;
    fits = find_address(address, z->points, w) && memcmp(address, z->address, sizeof address) == 0;
    free(w);
    return fits ? 0
                : ml_fail(e, ML_E_CONFLICT,
                          "the address of the ZeroTier identity is not that of its public keys");
}

void ml_zerotier_address_text(char out[ML_ZEROTIER_ADDRESS_TEXT], const ml_zerotier *z)
{
    ml_hex_encode(out, ml_bytes_of(z->address, sizeof z->address));
}

void ml_zerotier_public_text(char out[ML_ZEROTIER_PUBLIC_TEXT], const ml_zerotier *z)
{
    ml_zerotier_address_text(out, z);
    memcpy(out + ML_ZEROTIER_ADDRESS_TEXT, ":0:", 3);
    ml_hex_encode(out + ML_ZEROTIER_ADDRESS_TEXT + 3, ml_bytes_of(z->points, sizeof z->points));
}

int ml_zerotier_secret_text(ml_secret *out, const ml_zerotier *z, ml_err *e)
{
    if (z->secret.p == NULL)
        return ml_fail(e, ML_E_MISSING, "a public ZeroTier identity has no secret half");
    if (ml_secret_new(out, ML_ZEROTIER_SECRET_TEXT, e) < 0)
        return -1;
    ml_zerotier_public_text((char *)out->p, z);
    out->p[ML_ZEROTIER_PUBLIC_TEXT] = ':';
    ml_hex_encode((char *)out->p + ML_ZEROTIER_PUBLIC_TEXT + 1, ml_secret_bytes(&z->secret));
    return 0;
}

void ml_zerotier_free(ml_zerotier *z)
{
    ml_secret_free(&z->secret);
    memset(z, 0, sizeof *z);
}
