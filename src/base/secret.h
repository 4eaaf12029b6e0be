#ifndef ML_BASE_SECRET_H
#define ML_BASE_SECRET_H

/* secret.h — memory for secret bytes: locked where the system allows it, kept out of core dumps,
 * wiped when it is given back.
 *
 * Small secrets (keys, tokens) share locked pages; larger ones have mappings of their own between
 * two inaccessible pages, of which a few are kept, wiped, for the next. mlock is called here, not
 * through sodium_malloc, which goes on unlocked without a word. All functions may be called from
 * any thread. */
#include "base/bytes.h"
#include "base/err.h"

/* An owner of locked bytes. Zero-initialise ({0}). */
typedef struct ml_secret {
    unsigned char *p;
    size_t len;
} ml_secret;

/* Makes *s the owner of `len` zero bytes; p is never NULL on success, also for len 0. Fails with
 * "memory" when memory is out, or could not be locked while ml_secret_require_lock(true) is set. */
int ml_secret_new(ml_secret *s, size_t len, ml_err *e);

/* As ml_secret_new, filled with a copy of `from`. */
int ml_secret_copy(ml_secret *s, ml_bytes from, ml_err *e);

/* Makes room for `len` bytes and more: what was there stays, the rest is zero. For {0} too. */
int ml_secret_grow(ml_secret *s, size_t len, ml_err *e);

/* Copies bytes to where `at` is, where there is room for them; returns where they end. */
size_t ml_secret_put(ml_secret *s, size_t at, ml_bytes bytes);

/* Gives up the bytes from `len` on (wiped); len must not be larger than s->len. */
void ml_secret_shrink(ml_secret *s, size_t len);

/* Wipes and gives back. Harmless for {0} and any number of times. */
void ml_secret_free(ml_secret *s);

ml_bytes ml_secret_bytes(const ml_secret *s);

/* Constant time in the contents (not in the lengths). */
bool ml_secret_equal(ml_bytes a, ml_bytes b);

/* Overwrites in a way no compiler removes. */
void ml_wipe(void *p, size_t len);

/* Overwrites what earlier calls may have left below the current stack frame. */
void ml_wipe_stack(void);

/* An append-only store of secret bytes: what it hands out never moves and lives until the whole
 * arena is freed. Zero-initialise. Not for several threads at once. */
typedef struct ml_arena {
    struct ml_arena_block *last;
} ml_arena;

/* `len` zeroed bytes (len 0 gives a valid pointer), or NULL with *e filled. */
unsigned char *ml_arena_take(ml_arena *a, size_t len, ml_err *e);
void ml_arena_free(ml_arena *a);

/* What the process holds now, and how often mlock was refused since the start. */
typedef struct ml_secret_state {
    size_t locked, unlocked; /* bytes */
    size_t mappings;         /* secrets that have one of their own */
    unsigned long refused;
} ml_secret_state;

ml_secret_state ml_secret_report(void);

/* From now on memory that cannot be locked is an error (MOONLATCH_REQUIRE_LOCK=1). */
void ml_secret_require_lock(bool required);

#endif
