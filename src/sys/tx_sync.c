/* tx_sync.c — folders to be made durable, each once; see tx_internal.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sys/tx_internal.h"

int ml_tx_sync_add(ml_tx_sync *s, int folder)
{
    const ml_tx_work *const w = s->w;
    struct ml_tx_sync_item *grown;
    ml_stat st;
    size_t i;
    int error = w->ops->stat_handle(w->disk, folder, &st);

    if (error < 0)
        return error;
    for (i = 0; i < s->count; i++)
        if (s->items[i].device == st.device && (s->whole || s->items[i].inode == st.inode))
            return 0;
    grown = realloc(s->items, (s->count + 1) * sizeof *grown);
    if (grown == NULL)
        return -ENOMEM;
    s->items = grown;
    error = w->ops->open_folder(w->disk, folder, ".");
    if (error < 0)
        return error;
    s->items[s->count++] = (struct ml_tx_sync_item){ st.device, st.inode, error };
    return 0;
}

int ml_tx_sync_run(ml_tx_sync *s)
{
    const ml_tx_work *const w = s->w;
    size_t i;
    int error = 0;

    for (i = 0; i < s->count && error == 0; i++)
        error = s->whole ? w->ops->sync_all(w->disk, s->items[i].handle)
                         : w->ops->sync(w->disk, s->items[i].handle);
    return error;
}

void ml_tx_sync_free(ml_tx_sync *s)
{
    size_t i;

    for (i = 0; i < s->count; i++)
        s->w->ops->close(s->w->disk, s->items[i].handle);
    free(s->items);
    s->items = NULL;
    s->count = 0;
}
