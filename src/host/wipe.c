/* wipe.c — free and realloc of the whole program wipe what they give up.
 *
 * libyaml, cJSON and libc itself copy what they read into heap blocks of their own and free them as
 * they are. Defined in the program, these two are what every library calls. glibc only, and not
 * under the sanitizers, which bring their own. An embedding program decides for itself: the file is
 * linked into the program, not into the library. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if defined(__GLIBC__) && !defined(ML_ASAN)

void __libc_free(void *p);        /* NOLINT: the allocator's own names */
void *__libc_malloc(size_t size); /* NOLINT */

/* The compiler must not drop a store to memory that is about to be freed. */
static void wipe(void *p, size_t len)
{
    memset(p, 0, len);
    __asm__ __volatile__("" : : "r"(p) : "memory");
}

void free(void *p)
{
    const int saved = errno;

    if (p == NULL)
        return;
    wipe(p, malloc_usable_size(p));
    __libc_free(p);
    errno = saved;
}

void *realloc(void *p, size_t size)
{
    size_t old;
    void *fresh;

    if (p == NULL)
        return malloc(size);
    if (size == 0) {
        free(p);
        return NULL;
    }
    old = malloc_usable_size(p);
    if (size <= old && size >= old / 2) {
        /* the part given up stays in the block: wipe it here, free wipes the rest later */
        wipe((char *)p + size, old - size);
        return p;
    }
    fresh = __libc_malloc(size);
    if (fresh == NULL)
        return NULL;
    memcpy(fresh, p, old < size ? old : size);
    free(p);
    return fresh;
}
#endif
