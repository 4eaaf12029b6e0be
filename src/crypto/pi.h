#ifndef ML_CRYPTO_PI_H
#define ML_CRYPTO_PI_H

/* pi.h — the first bits behind the point of pi, from which Blowfish takes its constants. */
#include <stdint.h>

enum { ML_PI_WORDS = 18 + 4 * 256 };

extern const uint32_t ml_pi[ML_PI_WORDS];

#endif
