/* yaml_memory.c — libyaml's allocator, replaced by one that wipes what it gives back.
 *
 * libyaml keeps copies of every scalar it scans, which in a decrypted document are secrets. Its
 * calls of yaml_malloc and the rest go through the procedure linkage table, so these definitions
 * take their place when the program is linked; each block has its size in front, because that is
 * what has to be wiped. With ML_ASAN the library's own are kept: the sanitizer watches those. */
#include "doc/yaml_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

#ifndef ML_ASAN

enum { HEADER = 16 }; /* keeps the alignment of malloc */

/* What libyaml declares in its private header. */
void *yaml_malloc(size_t size);
void *yaml_realloc(void *p, size_t size);
void yaml_free(void *p);
unsigned char *yaml_strdup(const unsigned char *text);

static size_t size_of(const void *p)
{
    size_t size;

    memcpy(&size, (const unsigned char *)p - HEADER, sizeof size);
    return size;
}

void *yaml_malloc(size_t size)
{
    unsigned char *block;

    if (size > SIZE_MAX - HEADER)
        return NULL;
    if (size == 0)
        size = 1;
    block = malloc(size + HEADER);
    if (block == NULL)
        return NULL;
    memcpy(block, &size, sizeof size);
    return block + HEADER;
}

void yaml_free(void *p)
{
    if (p == NULL)
        return;
    ml_wipe(p, size_of(p));
    free((unsigned char *)p - HEADER);
}

void *yaml_realloc(void *p, size_t size)
{
    void *grown = yaml_malloc(size);

    if (grown == NULL || p == NULL)
        return grown;
    memcpy(grown, p, size < size_of(p) ? size : size_of(p));
    yaml_free(p);
    return grown;
}

unsigned char *yaml_strdup(const unsigned char *text)
{
    const size_t size = text == NULL ? 0 : strlen((const char *)text) + 1;
    unsigned char *copy = text == NULL ? NULL : yaml_malloc(size);

    if (copy != NULL)
        memcpy(copy, text, size);
    return copy;
}

bool ml_yaml_memory_wipes(void)
{
    return true;
}

#else

bool ml_yaml_memory_wipes(void)
{
    return false;
}

#endif
