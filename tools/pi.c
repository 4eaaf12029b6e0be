/* pi.c — writes src/crypto/pi.c: the fractional part of pi in words of 32 bits, which is what
 * Blowfish starts from. pi = 16 atan(1/5) - 4 atan(1/239), in fixed point.
 *
 * Run: cc -o build/pi tools/pi.c && build/pi | clang-format --style=file > src/crypto/pi.c */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    WORDS = 18 + 4 * 256,
    SPARE = 4,                 /* words that take the rounding errors */
    LENGTH = 1 + WORDS + SPARE /* the first word is the integer part */
};

typedef uint32_t number[LENGTH];

static void divide(number n, uint32_t by)
{
    uint64_t rest = 0;
    int i;

    for (i = 0; i < LENGTH; i++) {
        rest = rest << 32 | n[i];
        n[i] = (uint32_t)(rest / by);
        rest %= by;
    }
}

static void add(number to, const number n)
{
    uint64_t carry = 0;
    int i;

    for (i = LENGTH - 1; i >= 0; i--) {
        carry += (uint64_t)to[i] + n[i];
        to[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static void subtract(number from, const number n)
{
    uint64_t borrow = 0;
    int i;

    for (i = LENGTH - 1; i >= 0; i--) {
        const uint64_t difference = (uint64_t)from[i] - n[i] - borrow;

        from[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
}

static int is_zero(const number n)
{
    int i;

    for (i = 0; i < LENGTH; i++)
        if (n[i] != 0)
            return 0;
    return 1;
}

/* out = factor * atan(1/x) = factor * (1/x - 1/3x^3 + 1/5x^5 - ...) */
static void arctangent(number out, uint32_t factor, uint32_t x)
{
    number power = { factor }, term;
    uint32_t odd = 1;

    memset(out, 0, sizeof(number));
    divide(power, x);
    while (!is_zero(power)) {
        memcpy(term, power, sizeof term);
        divide(term, odd);
        if (odd % 4 == 1)
            add(out, term);
        else
            subtract(out, term);
        divide(power, x * x);
        odd += 2;
    }
}

int main(void)
{
    number pi, part;
    int i;

    arctangent(pi, 16, 5);
    arctangent(part, 4, 239);
    subtract(pi, part);
    printf("/* pi.c — made by tools/pi.c, which says how. */\n#include \"crypto/pi.h\"\n\n"
           "const uint32_t ml_pi[ML_PI_WORDS] = {\n");
    for (i = 0; i < WORDS; i++)
        printf("    0x%08x,\n", pi[1 + i]);
    printf("};\n");
    return 0;
}
