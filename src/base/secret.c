/* secret.c — locked, wiped memory; see secret.h. The only file beside crypto/provider*.c that may
 * include a crypto library's header: sodium_memzero and sodium_memcmp are what it needs of it. */
#include "base/secret.h"

#include <errno.h>
#include <pthread.h>
#include <sodium/utils.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    SLOT = 64,               /* bytes of a small secret */
    SLOTS = 63,              /* of one 4 KiB page; the first 64 bytes hold its bookkeeping */
    PAGE_SMALL = 4096,       /* alignment of a slab page: a slot finds its page by masking */
    KEPT = 32,               /* most regions that are kept for the next secret */
    KEPT_SIZE = 65536,       /* and how large one may be */
    ARENA_FIRST = 4096 - 32, /* a region of one page; each block is twice as large as the last */
    ARENA_BLOCK = 65536 - 32
};

/* A slab page. `used` has one bit for each slot. */
typedef struct slab {
    struct slab *next;
    uint64_t used;
} slab;

/* A mapping of its own: guard page, this header, payload, guard page. Padded to half a slot, so
 * that no payload begins at a multiple of SLOT: that is how is_slot tells the two apart. */
typedef struct region {
    size_t inner; /* bytes between the guard pages */
    size_t locked;
    struct region *next; /* of those that are kept */
    size_t padding;
} region;

_Static_assert(sizeof(region) == SLOT / 2, "is_slot depends on it");
_Static_assert(ARENA_FIRST + sizeof(region) == PAGE_SMALL, "an arena begins with one page");

/* The pool is one per process, because locked memory is (RLIMIT_MEMLOCK); docs/decisions.md lists
 * it among the few mutable globals. */
static struct {
    pthread_mutex_t lock;
    slab *slabs;
    region *kept; /* wiped and still locked */
    unsigned kept_count;
    ml_secret_state state;
    bool require_lock;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

void ml_wipe(void *p, size_t len)
{
    if (len > 0)
        sodium_memzero(p, len);
}

void ml_wipe_stack(void)
{
    sodium_stackzero(16384);
}

bool ml_secret_equal(ml_bytes a, ml_bytes b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.p, b.p, a.len) == 0);
}

/* Maps `inner` bytes between two guard pages; with the pool locked. NULL with *e filled. */
static unsigned char *map_guarded(size_t inner, bool *locked, ml_err *e)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *base =
        mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (base == MAP_FAILED) {
        ml_fail_memory(e);
        return NULL;
    }
    if (mprotect(base + page, inner, PROT_READ | PROT_WRITE) != 0) {
        munmap(base, inner + 2 * page);
        ml_fail_memory(e);
        return NULL;
    }
#ifdef MADV_DONTDUMP
    madvise(base + page, inner, MADV_DONTDUMP);
#endif
    *locked = mlock(base + page, inner) == 0;
    if (!*locked) {
        pool.state.refused++;
        if (pool.require_lock) {
            munmap(base, inner + 2 * page);
            ml_fail(e, ML_E_MEMORY, "memory for secrets could not be locked");
            ml_err_hint(e, "raise the limit (ulimit -l), or unset MOONLATCH_REQUIRE_LOCK");
            return NULL;
        }
    }
    *(*locked ? &pool.state.locked : &pool.state.unlocked) += inner;
    return base + page;
}

static void unmap_guarded(unsigned char *p, size_t inner, bool locked)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    ml_wipe(p, inner);
    *(locked ? &pool.state.locked : &pool.state.unlocked) -= inner;
    munmap(p - page, inner + 2 * page);
}

/* A free slot of some slab page; slab pages stay for the life of the process. */
static unsigned char *slot_take(ml_err *e)
{
    bool locked;
    slab *s;
    unsigned i;

    for (s = pool.slabs; s != NULL; s = s->next)
        if (s->used != (UINT64_C(1) << SLOTS) - 1)
            break;
    if (s == NULL) {
        s = (slab *)(void *)map_guarded(PAGE_SMALL, &locked, e);
        if (s == NULL)
            return NULL;
        s->next = pool.slabs;
        pool.slabs = s;
    }
    for (i = 0; (s->used >> i & 1) != 0; i++)
        continue;
    s->used |= UINT64_C(1) << i;
    return (unsigned char *)s + (size_t)SLOT * (i + 1);
}

static void slot_drop(unsigned char *p)
{
    slab *s = (slab *)((uintptr_t)p & ~(uintptr_t)(PAGE_SMALL - 1));
    const size_t i = (size_t)(p - (unsigned char *)s) / SLOT - 1;

    ml_wipe(p, SLOT);
    s->used &= ~(UINT64_C(1) << i);
}

static region *region_of(const unsigned char *p)
{
    return (region *)(uintptr_t)(p - sizeof(region));
}

/* A kept region of that size, or NULL. */
static region *kept_take(size_t inner)
{
    region **at, *r;

    for (at = &pool.kept; (r = *at) != NULL; at = &r->next)
        if (r->inner == inner) {
            *at = r->next;
            pool.kept_count--;
            break;
        }
    return r;
}

/* Mapping and locking costs five system calls, all of which stop the other threads: a few regions
 * are kept for the next secret of their size. */
static void region_drop(region *r)
{
    if (r->locked == 0 || r->inner > KEPT_SIZE || pool.kept_count == KEPT) {
        unmap_guarded((unsigned char *)r, r->inner, r->locked != 0);
        return;
    }
    ml_wipe(r + 1, r->inner - sizeof *r);
    r->next = pool.kept;
    pool.kept = r;
    pool.kept_count++;
}

static unsigned char *region_take(size_t len, ml_err *e)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t inner;
    unsigned char *base;
    bool locked;

    if (len > SIZE_MAX / 4) {
        ml_fail_memory(e);
        return NULL;
    }
    inner = (len + sizeof(region) + page - 1) / page * page;
    base = (unsigned char *)kept_take(inner);
    if (base != NULL)
        return base + sizeof(region);
    base = map_guarded(inner, &locked, e);
    if (base == NULL)
        return NULL;
    ((region *)(void *)base)->inner = inner;
    ((region *)(void *)base)->locked = locked;
    return base + sizeof(region);
}

int ml_secret_new(ml_secret *s, size_t len, ml_err *e)
{
    pthread_mutex_lock(&pool.lock);
    s->p = len <= SLOT ? slot_take(e) : region_take(len, e);
    pool.state.mappings += s->p != NULL && len > SLOT;
    pthread_mutex_unlock(&pool.lock);
    s->len = s->p == NULL ? 0 : len;
    return s->p == NULL ? -1 : 0;
}

int ml_secret_copy(ml_secret *s, ml_bytes from, ml_err *e)
{
    if (ml_secret_new(s, from.len, e) < 0)
        return -1;
    ml_secret_put(s, 0, from);
    return 0;
}

int ml_secret_grow(ml_secret *s, size_t len, ml_err *e)
{
    ml_secret larger = { 0 };

    if (s->p != NULL && s->len >= len)
        return 0;
    if (ml_secret_new(&larger, len > SIZE_MAX / 2 ? len : 2 * len, e) < 0)
        return -1;
    ml_secret_put(&larger, 0, ml_secret_bytes(s));
    ml_secret_free(s);
    *s = larger;
    return 0;
}

size_t ml_secret_put(ml_secret *s, size_t at, ml_bytes bytes)
{
    if (bytes.len > 0)
        memcpy(s->p + at, bytes.p, bytes.len);
    return at + bytes.len;
}

static bool is_slot(const unsigned char *p)
{
    return ((uintptr_t)p & (SLOT - 1)) == 0;
}

void ml_secret_shrink(ml_secret *s, size_t len)
{
    ml_wipe(s->p + len, s->len - len);
    s->len = len;
}

void ml_secret_free(ml_secret *s)
{
    if (s->p == NULL)
        return;
    pthread_mutex_lock(&pool.lock);
    if (is_slot(s->p)) {
        slot_drop(s->p);
    } else {
        region_drop(region_of(s->p));
        pool.state.mappings--;
    }
    pthread_mutex_unlock(&pool.lock);
    s->p = NULL;
    s->len = 0;
}

ml_bytes ml_secret_bytes(const ml_secret *s)
{
    return ml_bytes_of(s->p, s->len);
}

typedef struct ml_arena_block {
    struct ml_arena_block *before;
    ml_secret memory;
    size_t used;
} ml_arena_block;

unsigned char *ml_arena_take(ml_arena *a, size_t len, ml_err *e)
{
    ml_arena_block *b = a->last;
    unsigned char *p;
    size_t size;

    if (b == NULL || len > b->memory.len - b->used) {
        b = calloc(1, sizeof *b);
        if (b == NULL) {
            ml_fail_memory(e);
            return NULL;
        }
        size = a->last == NULL ? ARENA_FIRST : 2 * a->last->memory.len + sizeof(region);
        if (size > ARENA_BLOCK)
            size = ARENA_BLOCK;
        if (ml_secret_new(&b->memory, len > size ? len : size, e) < 0) {
            free(b);
            return NULL;
        }
        b->before = a->last;
        a->last = b;
    }
    p = b->memory.p + b->used;
    b->used += len;
    return p;
}

void ml_arena_free(ml_arena *a)
{
    while (a->last != NULL) {
        ml_arena_block *b = a->last;

        a->last = b->before;
        ml_secret_free(&b->memory);
        free(b);
    }
}

ml_secret_state ml_secret_report(void)
{
    ml_secret_state state;

    pthread_mutex_lock(&pool.lock);
    state = pool.state;
    pthread_mutex_unlock(&pool.lock);
    return state;
}

void ml_secret_require_lock(bool required)
{
    pthread_mutex_lock(&pool.lock);
    pool.require_lock = required;
    pthread_mutex_unlock(&pool.lock);
}
