/* tx_plan.c — the order of the changes, the folders they need, and what `--dry-run` shows of them;
 * see tx.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "sys/tx_internal.h"

static int order_of(const ml_entry *entry)
{
    if (entry->action == ML_TX_FOLDER)
        return ML_TX_GAIN - 1;
    return entry->action == ML_TX_REMOVE_FOLDER ? ML_TX_LOSE + 1 : (int)entry->phase;
}

static int compare_entries(const void *a, const void *b)
{
    const ml_entry *const x = a, *const y = b;
    const int by_order = order_of(x) - order_of(y);
    int by_path;

    if (by_order != 0)
        return by_order;
    if (x->root != y->root)
        return x->root < y->root ? -1 : 1;
    by_path = strcmp(x->path, y->path);
    /* Outer folders are made first and removed last. */
    return x->action == ML_TX_REMOVE_FOLDER ? -by_path : by_path;
}

/* Takes out the folders that an earlier plan put in. */
static void forget_folders(ml_journal *j)
{
    size_t i, kept = 0;

    for (i = 0; i < j->count; i++) {
        if (j->entries[i].on_the_way) {
            ml_entry_free(&j->entries[i]);
            continue;
        }
        if (kept != i)
            j->entries[kept] = j->entries[i];
        kept++;
    }
    j->count = kept;
}

static int add_folder(ml_tx *tx, unsigned root, char *path, mode_t mode, ml_err *e)
{
    const ml_tx_work w = ml_tx_work_of(tx);
    ml_entry *entry = ml_tx_find(tx, root, path);
    ml_ident now;
    int error;

    if (entry != NULL && entry->action == ML_TX_FOLDER)
        return 0;
    error = ml_tx_ident(&w, root, path, false, false, &now);
    if (error == 0 && now.kind == ML_FILE_FOLDER && entry == NULL)
        return 0;
    if (error == 0 && (now.kind != ML_FILE_NONE || entry != NULL))
        error = now.kind == ML_FILE_LINK ? -ELOOP : -ENOTDIR;
    if (error < 0)
        return ml_tx_fail(&w, root, path, error, "make a folder of", e);
    entry = ml_journal_add(&tx->journal, e);
    if (entry == NULL)
        return -1;
    entry->action = ML_TX_FOLDER;
    entry->root = root;
    entry->mode = mode;
    entry->old.known = true;
    entry->on_the_way = true;
    entry->path = strdup(path);
    if (entry->path == NULL) {
        tx->journal.count--; /* an entry without a path cannot be found or sorted */
        return ml_fail_memory(e);
    }
    return 0;
}

/* All folders on the way to entry `index` that are not there. */
static int add_folders(ml_tx *tx, size_t index, ml_err *e)
{
    const ml_tx_work w = ml_tx_work_of(tx);
    const unsigned root = tx->journal.entries[index].root;
    const bool clear = tx->journal.entries[index].clear;
    mode_t mode = tx->journal.entries[index].folder_mode;
    const char *name;
    char *path, *slash;
    int status = 0;
    const int folder = ml_tx_parent(&w, root, tx->journal.entries[index].path, &name);

    if (folder >= 0) {
        w.ops->close(w.disk, folder);
        return 0;
    }
    if (mode == ML_FS_KEEP_MODE)
        mode = clear ? 0700 : 0777 & ~tx->setup.umask;
    path = strdup(tx->journal.entries[index].path);
    if (path == NULL)
        return ml_fail_memory(e);
    for (slash = strchr(path, '/'); slash != NULL && status == 0; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        status = add_folder(tx, root, path, mode, e);
        *slash = '/';
    }
    free(path);
    return status;
}

int ml_tx_plan(ml_tx *tx, ml_err *e)
{
    ml_journal *const j = &tx->journal;
    size_t i, count;

    if (tx->planned)
        return 0;
    forget_folders(j);
    ml_tx_index_clear(&tx->by_path);
    count = j->count;
    for (i = 0; i < count; i++) {
        const ml_tx_action action = j->entries[i].action;

        if ((action == ML_TX_WRITE || action == ML_TX_LINK || action == ML_TX_FOLDER) &&
            add_folders(tx, i, e) < 0)
            return -1;
    }
    if (j->count > 1)
        qsort(j->entries, j->count, sizeof *j->entries, compare_entries);
    ml_tx_index_clear(&tx->by_path);
    tx->planned = true;
    return 0;
}

size_t ml_tx_count(ml_tx *tx)
{
    ml_err e;

    /* A plan that fails is reported by ml_tx_change_at and ml_tx_commit, which make it again. */
    (void)ml_tx_plan(tx, &e);
    return tx->journal.count;
}

int ml_tx_change_at(ml_tx *tx, size_t index, ml_tx_change *out, ml_err *e)
{
    const ml_entry *entry;

    memset(out, 0, sizeof *out);
    if (ml_tx_plan(tx, e) < 0)
        return -1;
    if (index >= tx->journal.count)
        return ml_fail(e, ML_E_ARGUMENT, "the transaction has no change %zu", index);
    entry = &tx->journal.entries[index];
    out->action = entry->action;
    out->root = entry->root;
    out->root_path = tx->journal.roots[entry->root].path;
    out->path = entry->path;
    out->phase = entry->phase;
    out->old_kind = entry->old.kind;
    out->old_mode = entry->old.kind == ML_FILE_NONE ? 0 : entry->old.mode;
    out->mode = entry->action == ML_TX_REMOVE ? 0 : entry->mode;
    out->old_clear = entry->old.kind != ML_FILE_NONE && entry->old_clear;
    out->clear = entry->clear;
    out->breaks_hard_link =
        entry->action == ML_TX_WRITE && entry->old.kind == ML_FILE_FILE && entry->old.links > 1;
    if (entry->action == ML_TX_WRITE || entry->action == ML_TX_LINK)
        out->bytes = entry->clear ? ml_secret_bytes(&entry->secret) : ml_buf_bytes(&entry->bytes);
    return 0;
}

static int read_old(ml_tx *tx, size_t index, ml_buf *buf, ml_secret *secret, ml_err *e)
{
    const ml_tx_work w = ml_tx_work_of(tx);
    const ml_entry *entry;
    ml_buf link = { 0 };
    const char *name;
    ml_stat st;
    int folder, error;

    if (ml_tx_plan(tx, e) < 0)
        return -1;
    if (index >= tx->journal.count)
        return ml_fail(e, ML_E_ARGUMENT, "the transaction has no change %zu", index);
    entry = &tx->journal.entries[index];
    if (entry->old.kind != ML_FILE_FILE && entry->old.kind != ML_FILE_LINK)
        return secret != NULL ? ml_secret_new(secret, 0, e) : 0;
    if (entry->old_clear && secret == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "%s is in clear: read it as a secret", entry->path);
    folder = error = ml_tx_parent(&w, entry->root, entry->path, &name);
    if (folder >= 0 && entry->old.kind == ML_FILE_FILE)
        error = w.ops->read(w.disk, folder, name, ML_LIMIT_FILE, buf, secret, &st);
    else if (folder >= 0)
        error = w.ops->read_link(w.disk, folder, name, secret != NULL ? &link : buf);
    if (folder >= 0)
        w.ops->close(w.disk, folder);
    if (error >= 0 && secret != NULL && entry->old.kind == ML_FILE_LINK &&
        ml_secret_copy(secret, ml_buf_bytes(&link), e) < 0)
        error = -ENOMEM;
    ml_buf_free(&link);
    return error < 0 ? ml_tx_fail(&w, entry->root, entry->path, error, "read", e) : 0;
}

int ml_tx_old(ml_tx *tx, size_t index, ml_buf *out, ml_err *e)
{
    return read_old(tx, index, out, NULL, e);
}

int ml_tx_old_secret(ml_tx *tx, size_t index, ml_secret *out, ml_err *e)
{
    memset(out, 0, sizeof *out);
    return read_old(tx, index, NULL, out, e);
}
