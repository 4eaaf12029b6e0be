/* keccak.c — see keccak.h. The permutation is a library's. */
#include "crypto/keccak.h"

#include <string.h>

#include "base/secret.h"
#include "crypto/provider.h"

void ml_sponge_begin(ml_sponge *s, ml_keccak_function function)
{
    static const struct {
        unsigned char rate, suffix;
    } of[] = {
        [ML_SHA3_256] = { 136, 0x06 },
        [ML_SHA3_512] = { 72, 0x06 },
        [ML_SHAKE128] = { 168, 0x1f },
        [ML_SHAKE256] = { 136, 0x1f },
    };

    memset(s, 0, sizeof *s);
    s->rate = of[function].rate;
    s->suffix = of[function].suffix;
}

/* The state is bytes in little-endian lanes. */
static void mix(ml_sponge *s, unsigned place, unsigned char byte)
{
    s->lanes[place / 8] ^= (uint64_t)byte << 8 * (place % 8);
}

void ml_sponge_add(ml_sponge *s, ml_bytes part)
{
    size_t i;

    for (i = 0; i < part.len; i++) {
        mix(s, s->at++, part.p[i]);
        if (s->at == s->rate) {
            ml_keccak_permute(s->lanes);
            s->at = 0;
        }
    }
}

void ml_sponge_read(ml_sponge *s, unsigned char *out, size_t len)
{
    size_t i;

    if (!s->reading) {
        mix(s, s->at, s->suffix);
        mix(s, s->rate - 1, 0x80);
        s->at = s->rate;
        s->reading = true;
    }
    for (i = 0; i < len; i++) {
        if (s->at == s->rate) {
            ml_keccak_permute(s->lanes);
            s->at = 0;
        }
        out[i] = (unsigned char)(s->lanes[s->at / 8] >> 8 * (s->at % 8));
        s->at++;
    }
}

void ml_sponge_end(ml_sponge *s)
{
    ml_wipe(s, sizeof *s);
}

void ml_keccak(ml_keccak_function function, unsigned char *out, size_t len, const ml_bytes *parts,
               size_t count)
{
    ml_sponge s;
    size_t i;

    ml_sponge_begin(&s, function);
    for (i = 0; i < count; i++)
        ml_sponge_add(&s, parts[i]);
    ml_sponge_read(&s, out, len);
    ml_sponge_end(&s);
}
