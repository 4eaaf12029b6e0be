/* tx_index.c — see tx_index.h: open addressing, at most half full. */
#include "sys/tx_index.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"

static bool is(const ml_tx_index *x, const void *list, size_t number, unsigned root,
               const char *path)
{
    const ml_tx_name name = x->name(list, number);

    return name.root == root && strcmp(name.path, path) == 0;
}

static size_t first_slot(const ml_tx_index *x, unsigned root, const char *path)
{
    return (size_t)ml_bytes_hash(x->seed ^ root, ml_bytes_text(path)) & (x->room - 1);
}

static void enter(ml_tx_index *x, const void *list, size_t number)
{
    const ml_tx_name name = x->name(list, number);
    size_t slot = first_slot(x, name.root, name.path);

    while (x->slots[slot] != 0)
        slot = (slot + 1) & (x->room - 1);
    x->slots[slot] = (uint32_t)number + 1;
}

static bool grow(ml_tx_index *x, size_t count)
{
    size_t room = 64;

    while (room < 2 * count)
        room *= 2;
    free(x->slots);
    x->slots = calloc(room, sizeof *x->slots);
    x->room = x->slots == NULL ? 0 : room;
    x->count = 0;
    if (x->seed == 0)
        ml_random(&x->seed, sizeof x->seed);
    return x->slots != NULL;
}

size_t ml_tx_index_find(ml_tx_index *x, const void *list, size_t count, unsigned root,
                        const char *path)
{
    size_t slot, i;

    if (x->room < 2 * count && !grow(x, 2 * count)) {
        for (i = 0; i < count && !is(x, list, i, root, path); i++)
            continue; /* without memory it takes longer */
        return i < count ? i : SIZE_MAX;
    }
    while (x->count < count)
        enter(x, list, x->count++);
    if (count == 0)
        return SIZE_MAX;
    for (slot = first_slot(x, root, path); x->slots[slot] != 0; slot = (slot + 1) & (x->room - 1))
        if (is(x, list, x->slots[slot] - 1, root, path))
            return x->slots[slot] - 1;
    return SIZE_MAX;
}

void ml_tx_index_clear(ml_tx_index *x)
{
    free(x->slots);
    x->slots = NULL;
    x->room = x->count = 0;
}
