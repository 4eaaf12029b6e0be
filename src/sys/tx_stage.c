/* tx_stage.c — collecting changes in memory; see tx.h. Nothing here touches the disk but to look.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sys/tx_internal.h"

ml_entry *ml_tx_find(ml_tx *tx, unsigned root, const char *path)
{
    ml_journal *const j = &tx->journal;
    const size_t i = ml_tx_index_find(&tx->by_path, j->entries, j->count, root, path);

    return i == SIZE_MAX ? NULL : &j->entries[i];
}

static void drop_entry(ml_tx *tx, ml_entry *entry)
{
    ml_journal *const j = &tx->journal;
    const size_t index = (size_t)(entry - j->entries);

    ml_entry_free(entry);
    memmove(entry, entry + 1, (j->count - index - 1) * sizeof *entry);
    j->count--;
    ml_tx_index_clear(&tx->by_path);
    tx->planned = false;
}

/* A fresh entry for a path, or the one that is there with its new side emptied. */
static ml_entry *prepare(ml_tx *tx, unsigned root, const char *path, const ml_ident *old, ml_err *e)
{
    ml_entry *entry = ml_tx_find(tx, root, path);

    tx->planned = false;
    if (entry != NULL) {
        ml_secret_free(&entry->secret);
        ml_buf_free(&entry->bytes);
        memset(&entry->new, 0, sizeof entry->new);
        entry->clear = false;
        entry->on_the_way = false;
        return entry;
    }
    entry = ml_journal_add(&tx->journal, e);
    if (entry == NULL)
        return NULL;
    entry->root = root;
    entry->old = *old;
    entry->path = strdup(path);
    if (entry->path == NULL) {
        tx->journal.count--;
        ml_fail_memory(e);
        return NULL;
    }
    return entry;
}

/* What stands at the target: as remembered by an earlier staging, else as it is, and then the same
 * as was read before. A mount point cannot be renamed over, so it is refused here. */
static int old_of(ml_tx *tx, unsigned root, const char *path, bool clear, ml_ident *old, ml_err *e)
{
    const ml_tx_work w = ml_tx_work_of(tx);
    const ml_entry *entry;
    const char *name;
    int folder, error;

    if (ml_tx_check(tx, root, path, e) < 0)
        return -1;
    entry = ml_tx_find(tx, root, path);
    if (entry != NULL) {
        *old = entry->old;
        return 0;
    }
    error = ml_tx_ident(&w, root, path, true, clear, old);
    if (error == 0 && old->kind == ML_FILE_SPECIAL)
        error = -EOPNOTSUPP;
    if (error < 0)
        return ml_tx_fail(&w, root, path, error, "change", e);
    folder = old->kind == ML_FILE_NONE ? -ENOENT : ml_tx_parent(&w, root, path, &name);
    if (folder >= 0) {
        error = w.ops->is_mount(w.disk, folder, name);
        w.ops->close(w.disk, folder);
        if (error != 0)
            return ml_tx_fail(&w, root, path, error < 0 ? error : -EBUSY, "change", e);
    }
    if (old->kind == ML_FILE_FILE || old->kind == ML_FILE_NONE)
        return ml_tx_remember(tx, root, path, old->kind == ML_FILE_FILE, old->hash, e);
    return ml_tx_check_unread(tx, root, path, e);
}

static int stage_mode(ml_tx *tx, unsigned root, const char *path, const ml_ident *old, mode_t mode,
                      bool clear, ml_err *e)
{
    ml_entry *entry;

    if (old->mode == mode)
        return ml_tx_unstage(tx, root, path, e);
    entry = prepare(tx, root, path, old, e);
    if (entry == NULL)
        return -1;
    entry->action = ML_TX_MODE;
    entry->mode = mode;
    entry->old_clear = entry->clear = clear;
    return 0;
}

int ml_tx_write(ml_tx *tx, unsigned root, const char *path, ml_bytes bytes, const ml_tx_how *how,
                ml_err *e)
{
    const bool clear = how->kind == ML_FS_CLEAR;
    unsigned char hash[ML_JOURNAL_HASH];
    ml_entry *entry;
    ml_ident old;
    ml_stat was = { 0 };
    mode_t mode;

    if (old_of(tx, root, path, clear || how->was_clear, &old, e) < 0)
        return -1;
    if (old.kind == ML_FILE_FOLDER)
        return ml_fs_fail(e, -EISDIR, "write", path);
    was.kind = old.kind;
    was.mode = old.mode;
    mode = ml_fs_mode(how->kind, how->mode, &was, tx->setup.umask);
    ml_tx_hash(&tx->journal, bytes, hash);
    if (old.kind == ML_FILE_FILE && memcmp(hash, old.hash, sizeof hash) == 0)
        return stage_mode(tx, root, path, &old, mode, clear || how->was_clear, e);
    entry = prepare(tx, root, path, &old, e);
    if (entry == NULL)
        return -1;
    entry->action = ML_TX_WRITE;
    entry->phase = how->phase;
    entry->mode = mode;
    entry->clear = clear;
    entry->old_clear = clear || how->was_clear;
    entry->folder_mode = how->folder_mode;
    memcpy(entry->new.hash, hash, sizeof hash);
    entry->new.hashed = true;
    if (clear && ml_secret_copy(&entry->secret, bytes, e) == 0)
        return 0;
    if (!clear) {
        ml_buf_add(&entry->bytes, bytes);
        if (ml_buf_check(&entry->bytes, e) == 0)
            return 0;
    }
    drop_entry(tx, entry);
    return -1;
}

int ml_tx_link(ml_tx *tx, unsigned root, const char *path, const char *target, const ml_tx_how *how,
               ml_err *e)
{
    const ml_bytes text = ml_bytes_text(target);
    unsigned char hash[ML_JOURNAL_HASH];
    ml_entry *entry;
    ml_ident old;

    if (text.len == 0)
        return ml_fail(e, ML_E_ARGUMENT, "the target of the link %s is empty", path);
    if (old_of(tx, root, path, how->was_clear, &old, e) < 0)
        return -1;
    if (old.kind == ML_FILE_FOLDER)
        return ml_fs_fail(e, -EISDIR, "write", path);
    ml_tx_hash(&tx->journal, text, hash);
    if (old.kind == ML_FILE_LINK && memcmp(hash, old.hash, sizeof hash) == 0)
        return ml_tx_unstage(tx, root, path, e);
    entry = prepare(tx, root, path, &old, e);
    if (entry == NULL)
        return -1;
    entry->action = ML_TX_LINK;
    entry->phase = how->phase;
    entry->mode = 0777;
    entry->old_clear = how->was_clear && old.kind == ML_FILE_FILE;
    entry->folder_mode =
        how->folder_mode == ML_FS_KEEP_MODE ? 0777 & ~tx->setup.umask : how->folder_mode;
    memcpy(entry->new.hash, hash, sizeof hash);
    entry->new.hashed = true;
    ml_buf_add(&entry->bytes, text);
    if (ml_buf_check(&entry->bytes, e) == 0)
        return 0;
    drop_entry(tx, entry);
    return -1;
}

int ml_tx_remove(ml_tx *tx, unsigned root, const char *path, const ml_tx_how *how, ml_err *e)
{
    const ml_entry *staged;
    ml_entry *entry;
    ml_ident old;

    if (old_of(tx, root, path, how->was_clear || how->kind == ML_FS_CLEAR, &old, e) < 0)
        return -1;
    staged = ml_tx_find(tx, root, path);
    if (old.kind == ML_FILE_FOLDER)
        return ml_fs_fail(e, -EISDIR, "remove", path);
    if (old.kind == ML_FILE_NONE) {
        if (staged != NULL)
            return ml_tx_unstage(tx, root, path, e);
        return ml_fs_fail(e, -ENOENT, "remove", path);
    }
    entry = prepare(tx, root, path, &old, e);
    if (entry == NULL)
        return -1;
    entry->action = ML_TX_REMOVE;
    entry->phase = how->phase;
    entry->new.known = true;
    entry->old_clear = old.kind == ML_FILE_FILE && (how->was_clear || how->kind == ML_FS_CLEAR);
    return 0;
}

int ml_tx_mode(ml_tx *tx, unsigned root, const char *path, mode_t mode, ml_err *e)
{
    ml_entry *const staged = root < tx->journal.root_count ? ml_tx_find(tx, root, path) : NULL;
    ml_ident old;

    if (staged != NULL && staged->action == ML_TX_WRITE) {
        staged->mode = mode & 07777;
        return 0;
    }
    /* Its bytes may be anything: read in locked memory, not hashed in the journal. */
    if (old_of(tx, root, path, true, &old, e) < 0)
        return -1;
    if (old.kind != ML_FILE_FILE)
        return ml_fs_fail(e, old.kind == ML_FILE_NONE ? -ENOENT : -EOPNOTSUPP, "change the mode of",
                          path);
    return stage_mode(tx, root, path, &old, mode & 07777, true, e);
}

static int stage_folder(ml_tx *tx, unsigned root, const char *path, mode_t mode, bool on_the_way,
                        ml_err *e)
{
    const ml_ident nothing = { .known = true };
    ml_entry *const entry = prepare(tx, root, path, &nothing, e);

    if (entry == NULL)
        return -1;
    entry->action = ML_TX_FOLDER;
    entry->mode = mode;
    entry->folder_mode = mode;
    entry->on_the_way = on_the_way;
    entry->new = (ml_ident){ .known = false };
    return 0;
}

static mode_t folder_mode(const ml_tx *tx, mode_t asked, bool clear)
{
    if (asked != ML_FS_KEEP_MODE)
        return asked & 07777;
    return clear ? 0700 : 0777 & ~tx->setup.umask;
}

int ml_tx_folder(ml_tx *tx, unsigned root, const char *path, const ml_tx_how *how, ml_err *e)
{
    ml_ident old;

    if (old_of(tx, root, path, true, &old, e) < 0)
        return -1;
    if (old.kind == ML_FILE_FOLDER)
        return 0;
    if (old.kind != ML_FILE_NONE)
        return ml_fs_fail(e, -EEXIST, "make the folder", path);
    return stage_folder(tx, root, path, folder_mode(tx, how->folder_mode, how->kind == ML_FS_CLEAR),
                        false, e);
}

int ml_tx_remove_folder(ml_tx *tx, unsigned root, const char *path, ml_err *e)
{
    ml_entry *entry;
    ml_ident old;

    if (old_of(tx, root, path, true, &old, e) < 0)
        return -1;
    if (old.kind != ML_FILE_FOLDER)
        return ml_fs_fail(e, old.kind == ML_FILE_NONE ? -ENOENT : -ENOTDIR, "remove the folder",
                          path);
    entry = prepare(tx, root, path, &old, e);
    if (entry == NULL)
        return -1;
    entry->action = ML_TX_REMOVE_FOLDER;
    entry->phase = ML_TX_LOSE;
    entry->new.known = true;
    return 0;
}

int ml_tx_unstage(ml_tx *tx, unsigned root, const char *path, ml_err *e)
{
    ml_entry *entry;

    if (ml_tx_check(tx, root, path, e) < 0)
        return -1;
    entry = ml_tx_find(tx, root, path);
    if (entry != NULL)
        drop_entry(tx, entry);
    return 0;
}
