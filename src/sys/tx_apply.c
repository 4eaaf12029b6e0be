/* tx_apply.c — the steps after the commit point, and the way back before it. A commit and a
 * recovery run the same code; each step looks first whether it has been done, so that it may be
 * repeated after any interruption. See tx_internal.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sys/tx_internal.h"

static int fail_changed(const ml_tx_work *w, const ml_entry *entry, const char *what, ml_err *e)
{
    ml_fail(e, ML_E_CHANGED, "%s of %s/%s is not what the transaction left or found", what,
            w->journal->roots[entry->root].path, entry->path);
    return ml_err_at(e, entry->path, 0, 0);
}

/* What stands at the target, hashed if a hash is there to compare with. */
static int look(const ml_tx_work *w, const ml_entry *entry, int folder, const char *name,
                bool verify, ml_ident *now)
{
    return ml_tx_ident_at(w, folder, name, verify && (entry->old.hashed || entry->new.hashed),
                          entry->old_clear || entry->clear, now);
}

static bool is_old(const ml_tx_work *w, const ml_entry *entry, bool verify, const ml_ident *now)
{
    return verify ? ml_tx_ident_is(w, entry->root, &entry->old, now)
                  : ml_tx_ident_unchanged(&entry->old, now);
}

/* Is the new one in place? By inode; by its bytes too, should somebody have copied the folder. */
static bool is_new(const ml_tx_work *w, const ml_entry *entry, const ml_ident *now)
{
    return ml_tx_ident_same_inode(w, entry->root, &entry->new, now) ||
           (entry->new.hashed &&ml_tx_ident_is(w, entry->root, &entry->new, now));
}

/* Write and link: the staged file takes the target's name. */
static int put_in_place(const ml_tx_work *w, size_t index, int folder, const char *name,
                        bool verify, ml_err *e)
{
    const ml_entry *const entry = &w->journal->entries[index];
    char temp[ML_FS_NAME];
    ml_ident staged, now;
    int error;

    ml_journal_temp(w->journal, index, temp);
    error = ml_tx_ident_at(w, folder, temp, verify && entry->new.hashed, entry->clear, &staged);
    if (error == 0)
        error = look(w, entry, folder, name, verify, &now);
    if (error < 0)
        return ml_tx_fail(w, entry->root, entry->path, error, "look at", e);
    if (staged.kind == ML_FILE_NONE)
        return is_new(w, entry, &now) ? 0 : fail_changed(w, entry, "the content", e);
    if (!ml_tx_ident_same_inode(w, entry->root, &entry->new, &staged) ||
        (verify && !ml_tx_ident_is(w, entry->root, &entry->new, &staged)))
        return fail_changed(w, entry, "the staged content", e);
    if (!is_old(w, entry, verify, &now))
        return fail_changed(w, entry, "the content", e);
    error = w->ops->rename(w->disk, folder, temp, name);
    return error < 0 ? ml_tx_fail(w, entry->root, entry->path, error, "replace", e) : 0;
}

static int remove_target(const ml_tx_work *w, const ml_entry *entry, int folder, const char *name,
                         bool verify, ml_err *e)
{
    ml_ident now;
    int error = look(w, entry, folder, name, verify, &now);

    if (error == 0 && now.kind == ML_FILE_NONE)
        return 0;
    if (error == 0 && !is_old(w, entry, verify, &now))
        return fail_changed(w, entry, "the content", e);
    if (error == 0)
        error = w->ops->remove(w->disk, folder, name);
    return error < 0 ? ml_tx_fail(w, entry->root, entry->path, error, "remove", e) : 0;
}

static int change_mode(const ml_tx_work *w, const ml_entry *entry, int folder, const char *name,
                       ml_err *e)
{
    ml_ident now;
    int error = look(w, entry, folder, name, true, &now);

    if (error == 0 && !ml_tx_ident_is(w, entry->root, &entry->old, &now))
        return fail_changed(w, entry, "the content", e);
    if (error == 0 && now.mode != entry->mode)
        error = w->ops->set_mode_at(w->disk, folder, name, entry->mode);
    return error < 0 ? ml_tx_fail(w, entry->root, entry->path, error, "change the mode of", e) : 0;
}

/* A folder that has something in it by now stays. */
static int remove_if_empty(const ml_tx_work *w, const ml_entry *entry, int folder, const char *name,
                           ml_err *e)
{
    const int error = w->ops->remove_folder(w->disk, folder, name);

    if (error == 0 || error == -ENOENT || error == -ENOTEMPTY || error == -EEXIST ||
        error == -ENOTDIR)
        return 0;
    return ml_tx_fail(w, entry->root, entry->path, error, "remove", e);
}

static int apply_entry(const ml_tx_work *w, size_t index, bool verify, ml_tx_sync *sync, ml_err *e)
{
    const ml_entry *const entry = &w->journal->entries[index];
    const char *name;
    const int folder = ml_tx_parent(w, entry->root, entry->path, &name);
    int status = 0, error;

    if (folder == -ENOENT &&
        (entry->action == ML_TX_REMOVE || entry->action == ML_TX_REMOVE_FOLDER))
        return 0; /* gone with its folder */
    if (folder < 0)
        return ml_tx_fail(w, entry->root, entry->path, folder, "reach", e);
    switch (entry->action) {
    case ML_TX_WRITE:
    case ML_TX_LINK:
        status = put_in_place(w, index, folder, name, verify, e);
        break;
    case ML_TX_REMOVE:
        status = remove_target(w, entry, folder, name, verify, e);
        break;
    case ML_TX_MODE:
        status = change_mode(w, entry, folder, name, e);
        break;
    case ML_TX_REMOVE_FOLDER:
        status = remove_if_empty(w, entry, folder, name, e);
        break;
    case ML_TX_FOLDER: /* made and durable before the commit point */
        break;
    }
    /* Also what had been done already: it may stand in the cache only. */
    if (status == 0 && (error = ml_tx_sync_add(sync, folder)) < 0)
        status = ml_tx_fail(w, entry->root, entry->path, error, "sync", e);
    w->ops->close(w->disk, folder);
    return status;
}

static bool in_phase(const ml_entry *entry, int phase)
{
    if (entry->action == ML_TX_REMOVE_FOLDER)
        return phase > ML_TX_LOSE;
    return (int)entry->phase == phase && entry->action != ML_TX_FOLDER;
}

/* An inode's mode is not made durable by syncing its folder. */
static bool needs_whole(const ml_journal *j, int phase)
{
    size_t i, count = 0;

    for (i = 0; i < j->count; i++)
        if (in_phase(&j->entries[i], phase)) {
            count++;
            if (j->entries[i].action == ML_TX_MODE)
                return true;
        }
    return count > ML_TX_FEW;
}

int ml_tx_apply(const ml_tx_work *w, bool verify, ml_err *e)
{
    const ml_journal *const j = w->journal;
    int phase, status = 0, error;
    size_t i;

    for (phase = ML_TX_GAIN; phase <= ML_TX_LOSE + 1 && status == 0; phase++) {
        ml_tx_sync sync = { .w = w, .whole = needs_whole(j, phase) };

        for (i = 0; i < j->count && status == 0; i++)
            if (in_phase(&j->entries[i], phase))
                status = apply_entry(w, i, verify, &sync, e);
        if (status == 0 && (error = ml_tx_sync_run(&sync)) < 0)
            status = ml_fs_fail(e, error, "make durable", j->roots[0].path);
        ml_tx_sync_free(&sync);
    }
    return status;
}

/* A staged name is ours: nobody guesses it. But if something else stands there it is not touched.
 */
static int discard_staged(const ml_tx_work *w, size_t index, int folder, ml_err *e)
{
    const ml_entry *const entry = &w->journal->entries[index];
    char temp[ML_FS_NAME];
    ml_stat st;
    int error;

    ml_journal_temp(w->journal, index, temp);
    error = w->ops->stat(w->disk, folder, temp, &st);
    if (error == 0 && st.kind == ML_FILE_NONE)
        return 0;
    if (error == 0 && ((st.kind != ML_FILE_FILE && st.kind != ML_FILE_LINK) ||
                       (st.uid != geteuid() && geteuid() != 0)))
        return fail_changed(w, entry, "the staged content", e);
    if (error == 0)
        error = w->ops->remove(w->disk, folder, temp);
    return error < 0 ? ml_tx_fail(w, entry->root, entry->path, error, "discard", e) : 0;
}

static int discard_entry(const ml_tx_work *w, size_t index, bool folders, ml_tx_sync *sync,
                         ml_err *e)
{
    const ml_entry *const entry = &w->journal->entries[index];
    const char *name;
    int folder, status = 0, error;

    if (entry->action != ML_TX_WRITE && entry->action != ML_TX_LINK &&
        (entry->action != ML_TX_FOLDER || !folders))
        return 0;
    if (w->roots[entry->root] < 0)
        return 0; /* the root is gone, and what was staged in it (giving up only) */
    folder = ml_tx_parent(w, entry->root, entry->path, &name);
    if (folder == -ENOENT || folder == -ENOTDIR || folder == -ELOOP)
        return 0; /* then nothing of ours is there */
    if (folder < 0)
        return ml_tx_fail(w, entry->root, entry->path, folder, "reach", e);
    status = entry->action == ML_TX_FOLDER ? remove_if_empty(w, entry, folder, name, e)
                                           : discard_staged(w, index, folder, e);
    if (status == 0 && (error = ml_tx_sync_add(sync, folder)) < 0)
        status = ml_tx_fail(w, entry->root, entry->path, error, "sync", e);
    w->ops->close(w->disk, folder);
    return status;
}

int ml_tx_discard(const ml_tx_work *w, bool folders, ml_err *e)
{
    const ml_journal *const j = w->journal;
    ml_tx_sync sync = { .w = w, .whole = j->count > ML_TX_FEW };
    int status = 0, error;
    size_t i;

    /* Backwards: files before their folders, inner folders before outer ones. */
    for (i = j->count; i > 0 && status == 0; i--)
        status = discard_entry(w, i - 1, folders, &sync, e);
    if (status == 0 && (error = ml_tx_sync_run(&sync)) < 0)
        status = ml_fs_fail(e, error, "make durable", j->roots[0].path);
    ml_tx_sync_free(&sync);
    return status;
}
