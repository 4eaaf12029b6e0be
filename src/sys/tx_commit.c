/* tx_commit.c — the commit protocol; tx.h lists its steps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/tx_internal.h"

/* --- staging on the disk --- */

static int make_folder(const ml_tx_work *w, const ml_entry *entry, int folder, const char *name,
                       ml_tx_sync *sync)
{
    int made, error = w->ops->make_folder(w->disk, folder, name, entry->mode);
    ml_stat st;

    if (error == -EEXIST) {
        /* Somebody made it meanwhile; a folder is as good as ours. */
        if (w->ops->stat(w->disk, folder, name, &st) < 0 || st.kind != ML_FILE_FOLDER)
            return -EEXIST;
        return 0;
    }
    if (error < 0)
        return error;
    /* Its mode is its own, not a part of the entry in the folder above. */
    made = w->ops->open_folder(w->disk, folder, name);
    if (made < 0)
        return made;
    error = ml_tx_sync_add(sync, made);
    w->ops->close(w->disk, made);
    return error;
}

/* Content, owner, mode, in this order: chown takes setuid bits away. */
static int fill_staged(const ml_tx_work *w, ml_entry *entry, int file, bool sync)
{
    ml_stat st;
    int error =
        w->ops->write(w->disk, file,
                      entry->clear ? ml_secret_bytes(&entry->secret) : ml_buf_bytes(&entry->bytes));

    if (error == 0)
        error = w->ops->stat_handle(w->disk, file, &st);
    if (error == 0 && entry->old.kind == ML_FILE_FILE &&
        (entry->old.uid != st.uid || entry->old.gid != st.gid))
        error = w->ops->set_owner(w->disk, file, entry->old.uid, entry->old.gid);
    if (error == 0)
        error = w->ops->set_mode(w->disk, file, entry->mode);
    if (error == 0 && sync)
        error = w->ops->sync(w->disk, file);
    if (error == 0)
        error = w->ops->stat_handle(w->disk, file, &st);
    if (error < 0)
        return error;
    entry->new.known = true;
    entry->new.kind = ML_FILE_FILE;
    entry->new.device = st.device;
    entry->new.inode = st.inode;
    entry->new.size = st.size;
    return 0;
}

/* What is in clear has no name until it is whole, and none at all if we are killed before. */
static int stage_file(const ml_tx_work *w, ml_entry *entry, int folder, const char *temp, bool sync)
{
    int file = entry->clear ? w->ops->create_nameless(w->disk, folder) : -EOPNOTSUPP;
    bool nameless = file >= 0;
    int error;

    if (file == -EOPNOTSUPP)
        file = w->ops->create(w->disk, folder, temp);
    if (file < 0)
        return file;
    error = fill_staged(w, entry, file, sync);
    if (error == 0 && nameless)
        error = w->ops->link_nameless(w->disk, file, folder, temp);
    w->ops->close(w->disk, file);
    if (error != -EOPNOTSUPP || !nameless)
        return error;
    file = w->ops->create(w->disk, folder, temp); /* nameless files cannot be linked here */
    if (file < 0)
        return file;
    error = fill_staged(w, entry, file, sync);
    w->ops->close(w->disk, file);
    return error;
}

static int stage_link(const ml_tx_work *w, ml_entry *entry, int folder, const char *temp)
{
    ml_stat st;
    int error = entry->bytes.failed ? -ENOMEM : 0;
    char *const target = strndup((const char *)entry->bytes.p, entry->bytes.len);

    if (target == NULL || error < 0) {
        free(target);
        return -ENOMEM;
    }
    error = w->ops->make_link(w->disk, folder, temp, target);
    free(target);
    if (error == 0)
        error = w->ops->stat(w->disk, folder, temp, &st);
    if (error < 0)
        return error;
    entry->new.known = true;
    entry->new.kind = ML_FILE_LINK;
    entry->new.device = st.device;
    entry->new.inode = st.inode;
    entry->new.size = st.size;
    return 0;
}

static int stage_entry(const ml_tx_work *w, size_t index, ml_tx_sync *sync, ml_err *e)
{
    ml_entry *const entry = &w->journal->entries[index];
    char temp[ML_FS_NAME];
    const char *name;
    int folder, error = 0;

    if (entry->action != ML_TX_WRITE && entry->action != ML_TX_LINK &&
        entry->action != ML_TX_FOLDER)
        return 0;
    folder = ml_tx_parent(w, entry->root, entry->path, &name);
    if (folder < 0)
        return ml_tx_fail(w, entry->root, entry->path, folder, "write", e);
    ml_journal_temp(w->journal, index, temp);
    if (entry->action == ML_TX_FOLDER)
        error = make_folder(w, entry, folder, name, sync);
    else if (entry->action == ML_TX_LINK)
        error = stage_link(w, entry, folder, temp);
    else
        error = stage_file(w, entry, folder, temp, !sync->whole);
    if (entry->action == ML_TX_FOLDER)
        entry->new = (ml_ident){ .known = true };
    if (error == 0)
        error = ml_tx_sync_add(sync, folder);
    w->ops->close(w->disk, folder);
    if (error == -EPERM && entry->old.kind == ML_FILE_FILE) {
        ml_tx_fail(w, entry->root, entry->path, error, "keep the owner of", e);
        return ml_err_hint(e, "run as uid %lu, or take the file over with chown",
                           (unsigned long)entry->old.uid);
    }
    return error < 0 ? ml_tx_fail(w, entry->root, entry->path, error, "write", e) : 0;
}

static int stage_all(const ml_tx_work *w, ml_err *e)
{
    ml_tx_sync sync = { .w = w, .whole = w->journal->count > ML_TX_FEW };
    size_t i;
    int status = 0, error;

    for (i = 0; i < w->journal->count && status == 0; i++)
        status = stage_entry(w, i, &sync, e);
    if (status == 0 && (error = ml_tx_sync_run(&sync)) < 0)
        status = ml_fs_fail(e, error, "make durable", w->journal->roots[0].path);
    ml_tx_sync_free(&sync);
    return status;
}

/* --- comparing --- */

static int fail_changed(const char *path, ml_err *e)
{
    ml_fail(e, ML_E_CHANGED, "%s has changed since it was read", path);
    ml_err_hint(e, "nothing was written; run the command again");
    return ml_err_at(e, path, 0, 0);
}

/* The target must hold what was there when its change was staged. Its inode is noted afresh: it may
 * have been written again with the same bytes. */
static int compare_target(const ml_tx_work *w, ml_entry *entry, ml_err *e)
{
    ml_ident now;
    int error;

    if (entry->action == ML_TX_FOLDER || entry->action == ML_TX_REMOVE_FOLDER)
        return 0;
    error = ml_tx_ident(w, entry->root, entry->path, true, entry->old_clear, &now);
    if (error < 0)
        return ml_tx_fail(w, entry->root, entry->path, error, "look at", e);
    if (!ml_tx_ident_is(w, entry->root, &entry->old, &now) ||
        (now.kind == ML_FILE_FILE && now.mode != entry->old.mode))
        return fail_changed(entry->path, e);
    entry->old = now;
    if (entry->action == ML_TX_MODE)
        entry->new = now;
    return 0;
}

static int compare_input(ml_tx *tx, const ml_tx_work *w, const ml_tx_seen *seen, ml_err *e)
{
    ml_ident now;
    int error;

    if (ml_tx_find(tx, seen->root, seen->path) != NULL)
        return 0; /* compared as a target */
    error = ml_tx_ident(w, seen->root, seen->path, true, true, &now);
    if (error < 0)
        return ml_tx_fail(w, seen->root, seen->path, error, "look at", e);
    if (seen->present != (now.kind != ML_FILE_NONE) ||
        (seen->present &&
         (now.kind != ML_FILE_FILE || memcmp(seen->hash, now.hash, sizeof now.hash) != 0)))
        return fail_changed(seen->path, e);
    return 0;
}

static int compare_all(ml_tx *tx, const ml_tx_work *w, ml_err *e)
{
    size_t i;

    for (i = 0; i < tx->journal.count; i++)
        if (compare_target(w, &tx->journal.entries[i], e) < 0)
            return -1;
    for (i = 0; i < tx->seen_count; i++)
        if (compare_input(tx, w, &tx->seen[i], e) < 0)
            return -1;
    return 0;
}

/* --- what a crash left before us --- */

static bool share_a_root(const ml_journal *a, const ml_journal *b)
{
    size_t i, k;

    for (i = 0; i < a->root_count; i++)
        for (k = 0; k < b->root_count; k++)
            if (strcmp(a->roots[i].path, b->roots[k].path) == 0 ||
                (a->roots[i].inode == b->roots[k].inode &&
                 a->roots[i].device == b->roots[k].device))
                return true;
    return false;
}

static int check_journal(const ml_tx_place *place, const ml_journal *ours, const char *id,
                         ml_err *e)
{
    ml_journal other;
    int status = 0;

    if (!ml_journal_is_id(id))
        return 0;
    if (ml_tx_journal_load(place, id, &other, e) < 0) {
        /* Finished while we looked, or not to be trusted: then nobody knows what it is about. */
        status = strcmp(e->code, ML_E_MISSING) == 0 ? 0 : -1;
        if (status < 0)
            ml_err_hint(e, "look at it, then: moonlatch recover --give-up %s", id);
    } else if (share_a_root(ours, &other)) {
        ml_fail(e, ML_E_CONFLICT, "an earlier change of %s was interrupted", other.roots[0].path);
        status = ml_err_hint(e, "moonlatch recover");
    }
    ml_journal_free(&other);
    return status;
}

static int check_pending(const ml_tx_place *place, const ml_journal *ours, ml_err *e)
{
    ml_names names;
    size_t i;
    int status = 0;
    const int error = place->ops->list(place->disk, place->journals, &names);

    if (error < 0)
        return ml_fs_fail(e, error, "list", "tx");
    for (i = 0; i < names.count && status == 0; i++)
        status = check_journal(place, ours, names.names[i], e);
    ml_names_free(&names);
    return status;
}

/* --- the protocol --- */

/* Back to the old state; what went wrong first stays in *e. */
static void undo(const ml_tx_place *place, const ml_tx_work *w, ml_err *e)
{
    ml_err second;

    if (ml_tx_discard(w, true, &second) < 0 ||
        ml_tx_journal_drop(place, w->journal->id, &second) < 0)
        ml_err_hint(e, "staged files could not be removed (%.200s); moonlatch recover",
                    second.message);
}

/* With the locks held. */
static int run(ml_tx *tx, const ml_tx_place *place, bool *committed, ml_err *e)
{
    const ml_tx_work w = ml_tx_work_of(tx);
    ml_journal *const j = &tx->journal;
    bool decided;

    if (check_pending(place, j, e) < 0)
        return -1;
    j->state = ML_TX_STAGING;
    j->pid = getpid();
    j->time = (int64_t)time(NULL);
    if (ml_tx_journal_save(place, j, &decided, e) < 0 || stage_all(&w, e) < 0 ||
        compare_all(tx, &w, e) < 0) {
        undo(place, &w, e);
        return -1;
    }
    j->state = ML_TX_COMMIT;
    if (ml_tx_journal_save(place, j, &decided, e) < 0) {
        *committed = decided;
        if (!decided)
            undo(place, &w, e);
        else /* it may or may not last: only a recovery that can make it last may go on */
            ml_err_hint(e, "the change is decided but not made; moonlatch recover");
        return -1;
    }
    *committed = true;
    if (ml_tx_apply(&w, false, e) < 0) {
        ml_err_hint(e, "the change is half made; when the cause is gone: moonlatch recover");
        return -1;
    }
    if (ml_tx_journal_drop(place, j->id, e) == 0)
        return 0;
    return ml_err_hint(e, "the change is made, only its journal is left; moonlatch recover");
}

int ml_tx_commit(ml_tx *tx, bool *committed, ml_err *e)
{
    const ml_tx_work w = ml_tx_work_of(tx);
    ml_tx_place place;
    int *locks, status;

    *committed = false;
    if (ml_tx_plan(tx, e) < 0)
        return -1;
    if (tx->journal.count == 0) {
        status = compare_all(tx, &w, e);
        return status < 0 ? -1 : ml_tx_reset(tx, e);
    }
    locks = calloc(tx->journal.root_count, sizeof *locks);
    if (locks == NULL)
        return ml_fail_memory(e);
    status = ml_tx_place_open(&place, &tx->setup, true, e);
    if (status == 0) {
        status = ml_tx_lock_roots(&place, &tx->journal, ML_TX_PATIENCE, locks, e);
        if (status == 0) {
            status = run(tx, &place, committed, e);
            ml_tx_unlock(&place, locks, tx->journal.root_count);
        }
        ml_tx_place_close(&place);
    }
    free(locks);
    if (status == 0 || *committed) {
        ml_err second;

        if (ml_tx_reset(tx, status == 0 ? e : &second) < 0)
            status = -1;
    }
    return status;
}
