/* list.c — lists that grow; see list.h. */
#include "base/list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 16 };

bool ml_list_grow(void *list, size_t *room, size_t count, size_t size)
{
    void *items, *grown;
    size_t wanted;

    if (count < *room)
        return true;
    if (*room > SIZE_MAX / 2 / size)
        return false;
    wanted = *room == 0 ? FIRST_ROOM : *room * 2;
    memcpy(&items, list, sizeof items); /* whatever the items are, the pointer is one to objects */
    grown = realloc(items, wanted * size);
    if (grown == NULL)
        return false;
    memcpy(list, &grown, sizeof grown);
    *room = wanted;
    /* cppcheck-suppress memleak ; the caller's pointer is to it */
    return true;
}
