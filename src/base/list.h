#ifndef ML_BASE_LIST_H
#define ML_BASE_LIST_H

/* list.h — lists that grow as items are added. */
#include <stdbool.h>
#include <stddef.h>

/* Makes room for one more item behind `count` items of `size` bytes each. `list` is the address of
 * the pointer to the items, which is NULL at first; *room is how many of them there is room for. On
 * false memory is out, and the list is what it was. */
bool ml_list_grow(void *list, size_t *room, size_t count, size_t size);

#endif
