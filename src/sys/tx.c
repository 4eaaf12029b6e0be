/* tx.c — a transaction's life, its roots, and what it reads; see tx.h. */
#include "sys/tx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/list.h"
#include "crypto/provider.h"
#include "sys/tx_internal.h"

static int new_identity(ml_tx *tx, ml_err *e)
{
    if (ml_fs_random_hex(tx->journal.id, ML_JOURNAL_ID / 2) < 0)
        return ml_fail(e, ML_E_SYSTEM, "no random bytes");
    return 0;
}

static ml_tx_name entry_name(const void *list, size_t number)
{
    const ml_entry *const entry = (const ml_entry *)list + number;

    return (ml_tx_name){ entry->root, entry->path };
}

static ml_tx_name seen_name(const void *list, size_t number)
{
    const ml_tx_seen *const seen = (const ml_tx_seen *)list + number;

    return (ml_tx_name){ seen->root, seen->path };
}

int ml_tx_new(ml_tx **out, const ml_tx_setup *setup, ml_err *e)
{
    ml_tx *const tx = calloc(1, sizeof *tx);

    *out = NULL;
    if (tx == NULL)
        return ml_fail_memory(e);
    tx->setup = *setup;
    tx->state = strdup(setup->state);
    tx->setup.state = tx->state;
    tx->by_path.name = entry_name;
    tx->seen_by_path.name = seen_name;
    /* One key for the whole transaction: what was read before a commit and after it must compare.
     */
    ml_random(tx->journal.key, sizeof tx->journal.key);
    if (tx->state == NULL) {
        ml_tx_free(tx);
        return ml_fail_memory(e);
    }
    if (new_identity(tx, e) < 0) {
        ml_tx_free(tx);
        return -1;
    }
    *out = tx;
    return 0;
}

static void forget_seen(ml_tx *tx)
{
    size_t i;

    for (i = 0; i < tx->seen_count; i++)
        free(tx->seen[i].path);
    free(tx->seen);
    tx->seen = NULL;
    tx->seen_count = tx->seen_room = 0;
    ml_tx_index_clear(&tx->seen_by_path);
}

void ml_tx_free(ml_tx *tx)
{
    size_t i;

    if (tx == NULL)
        return;
    for (i = 0; i < tx->journal.root_count; i++)
        tx->setup.ops->close(tx->setup.disk, tx->roots[i]);
    free(tx->roots);
    forget_seen(tx);
    ml_tx_index_clear(&tx->by_path);
    ml_journal_free(&tx->journal);
    free(tx->state);
    free(tx);
}

int ml_tx_reset(ml_tx *tx, ml_err *e)
{
    ml_journal *const j = &tx->journal;

    memcpy(tx->last_id, j->id, sizeof tx->last_id);
    while (j->count > 0)
        ml_entry_free(&j->entries[--j->count]);
    ml_tx_index_clear(&tx->by_path);
    forget_seen(tx);
    tx->planned = false;
    j->state = ML_TX_STAGING;
    return new_identity(tx, e);
}

const char *ml_tx_id(const ml_tx *tx)
{
    return tx->last_id;
}

ml_tx_work ml_tx_work_of(ml_tx *tx)
{
    return (ml_tx_work){ tx->setup.ops, tx->setup.disk, &tx->journal, tx->roots };
}

int ml_tx_root(ml_tx *tx, int folder, const char *real, unsigned *index, ml_err *e)
{
    const ml_fs_ops *const ops = tx->setup.ops;
    ml_journal *const j = &tx->journal;
    ml_journal_root *roots;
    int *handles;
    ml_stat st;
    int error = ops->stat_handle(tx->setup.disk, folder, &st);

    if (error < 0 || st.kind != ML_FILE_FOLDER)
        return ml_fs_fail(e, error < 0 ? error : -ENOTDIR, "look at", real);
    if (real[0] != '/' || (real[1] != '\0' && ml_fs_check_path(real + 1, e) < 0))
        return ml_fail(e, ML_E_ARGUMENT, "not an absolute path without links: %s", real);
    for (*index = 0; *index < j->root_count; ++*index)
        if (j->roots[*index].device == st.device && j->roots[*index].inode == st.inode)
            return 0;
    roots = realloc(j->roots, (j->root_count + 1) * sizeof *roots);
    if (roots == NULL)
        return ml_fail_memory(e);
    j->roots = roots;
    handles = realloc(tx->roots, (j->root_count + 1) * sizeof *handles);
    if (handles == NULL)
        return ml_fail_memory(e);
    tx->roots = handles;
    roots[j->root_count] = (ml_journal_root){ strdup(real), st.device, st.inode };
    if (roots[j->root_count].path == NULL)
        return ml_fail_memory(e);
    handles[j->root_count] = ops->open_folder(tx->setup.disk, folder, ".");
    if (handles[j->root_count] < 0) {
        error = handles[j->root_count];
        free(roots[j->root_count].path);
        return ml_fs_fail(e, error, "open the folder", real);
    }
    j->root_count++;
    return 0;
}

int ml_tx_check(const ml_tx *tx, unsigned root, const char *path, ml_err *e)
{
    if (root >= tx->journal.root_count)
        return ml_fail(e, ML_E_ARGUMENT, "the transaction has no root %u", root);
    return ml_fs_check_path(path, e);
}

static ml_tx_seen *find_seen(ml_tx *tx, unsigned root, const char *path)
{
    const size_t i = ml_tx_index_find(&tx->seen_by_path, tx->seen, tx->seen_count, root, path);

    return i == SIZE_MAX ? NULL : &tx->seen[i];
}

static int fail_changed(const char *path, ml_err *e)
{
    ml_fail(e, ML_E_CHANGED, "%s has changed since it was read", path);
    ml_err_hint(e, "run the command again");
    return ml_err_at(e, path, 0, 0);
}

int ml_tx_remember(ml_tx *tx, unsigned root, const char *path, bool present,
                   const unsigned char *hash, ml_err *e)
{
    const ml_tx_seen *const before = find_seen(tx, root, path);
    ml_tx_seen *seen;

    if (before != NULL) {
        if (before->present != present ||
            (present && memcmp(before->hash, hash, ML_JOURNAL_HASH) != 0))
            return fail_changed(path, e);
        return 0;
    }
    if (tx->seen_count >= ML_LIMIT_TX_ENTRIES)
        return ml_fail(e, ML_E_LIMIT, "more than %d files read in one transaction",
                       ML_LIMIT_TX_ENTRIES);
    if (!ml_list_grow(&tx->seen, &tx->seen_room, tx->seen_count, sizeof *tx->seen))
        return ml_fail_memory(e);
    seen = &tx->seen[tx->seen_count];
    *seen = (ml_tx_seen){ .root = root, .path = strdup(path), .present = present };
    if (seen->path == NULL)
        return ml_fail_memory(e);
    if (present)
        memcpy(seen->hash, hash, sizeof seen->hash);
    tx->seen_count++;
    return 0;
}

int ml_tx_check_unread(ml_tx *tx, unsigned root, const char *path, ml_err *e)
{
    return find_seen(tx, root, path) == NULL ? 0 : fail_changed(path, e);
}

int ml_tx_input(ml_tx *tx, unsigned root, const char *path, ml_bytes bytes, ml_err *e)
{
    unsigned char hash[ML_JOURNAL_HASH];

    if (ml_tx_check(tx, root, path, e) < 0)
        return -1;
    ml_tx_hash(&tx->journal, bytes, hash);
    return ml_tx_remember(tx, root, path, true, hash, e);
}

int ml_tx_input_absent(ml_tx *tx, unsigned root, const char *path, ml_err *e)
{
    if (ml_tx_check(tx, root, path, e) < 0)
        return -1;
    return ml_tx_remember(tx, root, path, false, NULL, e);
}

/* --- reading --- */

static int give(ml_bytes bytes, ml_buf *buf, ml_secret *secret, ml_err *e)
{
    if (secret != NULL)
        return ml_secret_copy(secret, bytes, e);
    ml_buf_add(buf, bytes);
    return ml_buf_check(buf, e);
}

/* 1 if the staged entry answers, 0 if the disk must, -1 on failure. */
static int read_staged(const ml_entry *entry, const char *path, ml_buf *buf, ml_secret *secret,
                       ml_err *e)
{
    if (entry == NULL || entry->action == ML_TX_MODE)
        return 0;
    if (entry->action == ML_TX_REMOVE)
        return ml_fs_fail(e, -ENOENT, "read", path);
    if (entry->action != ML_TX_WRITE)
        return ml_fs_fail(e, entry->action == ML_TX_LINK ? -ELOOP : -EISDIR, "read", path);
    if (entry->clear && secret == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "%s is staged in clear: read it as a secret", path);
    if (give(entry->clear ? ml_secret_bytes(&entry->secret) : ml_buf_bytes(&entry->bytes), buf,
             secret, e) < 0)
        return -1;
    return 1;
}

static int read_disk(ml_tx *tx, unsigned root, const char *path, size_t limit, ml_buf *buf,
                     ml_secret *secret, ml_err *e)
{
    const ml_tx_work w = ml_tx_work_of(tx);
    unsigned char hash[ML_JOURNAL_HASH];
    const size_t from = buf == NULL ? 0 : buf->len;
    const char *name;
    ml_stat st;
    int folder = ml_tx_parent(&w, root, path, &name), error = folder;

    if (folder >= 0) {
        error =
            w.ops->read(w.disk, folder, name, limit == 0 ? ML_LIMIT_FILE : limit, buf, secret, &st);
        w.ops->close(w.disk, folder);
    }
    if (error == -ENOENT && ml_tx_remember(tx, root, path, false, NULL, e) < 0)
        return -1;
    if (error < 0)
        return ml_tx_fail(&w, root, path, error, "read", e);
    ml_tx_hash(&tx->journal,
               secret != NULL ? ml_secret_bytes(secret)
                              : ml_bytes_slice(ml_buf_bytes(buf), from, buf->len),
               hash);
    if (ml_tx_remember(tx, root, path, true, hash, e) == 0)
        return 0;
    if (secret != NULL)
        ml_secret_free(secret);
    return -1;
}

static int read_any(ml_tx *tx, unsigned root, const char *path, size_t limit, ml_buf *buf,
                    ml_secret *secret, ml_err *e)
{
    int status;

    if (ml_tx_check(tx, root, path, e) < 0)
        return -1;
    status = read_staged(ml_tx_find(tx, root, path), path, buf, secret, e);
    if (status != 0)
        return status < 0 ? -1 : 0;
    return read_disk(tx, root, path, limit, buf, secret, e);
}

int ml_tx_read(ml_tx *tx, unsigned root, const char *path, size_t limit, ml_buf *out, ml_err *e)
{
    return read_any(tx, root, path, limit, out, NULL, e);
}

int ml_tx_read_secret(ml_tx *tx, unsigned root, const char *path, size_t limit, ml_secret *out,
                      ml_err *e)
{
    memset(out, 0, sizeof *out);
    return read_any(tx, root, path, limit, NULL, out, e);
}
