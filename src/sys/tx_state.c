/* tx_state.c — the state folder: journals and locks; see tx_internal.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/tx_internal.h"

/* Ours, and closed to everybody else: whoever could write here could direct a recovery. */
static int check_private(const ml_fs_ops *ops, void *disk, int handle, const char *what, ml_err *e)
{
    ml_stat st;
    const int error = ops->stat_handle(disk, handle, &st);

    if (error < 0)
        return ml_fs_fail(e, error, "look at", what);
    if (st.uid == geteuid() && (st.mode & 077) == 0)
        return 0;
    ml_fail(e, ML_E_PERMISSION, "%s must be yours and closed to others (mode 0700)", what);
    ml_err_hint(e, "look at what is in it before you take it back with chown and chmod");
    return ml_err_at(e, what, 0, 0);
}

/* A folder of the state folder; *handle is -1 when it is not there and not to be made. */
static int open_private(const ml_tx_place *place, int state, const char *name, bool make,
                        int *handle, ml_err *e)
{
    int error = 0;

    if (make) {
        error = place->ops->make_folder(place->disk, state, name, 0700);
        if (error == 0)
            error = place->ops->sync(place->disk, state);
        if (error < 0 && error != -EEXIST)
            return ml_fs_fail(e, error, "make the folder", name);
    }
    *handle = place->ops->open_folder(place->disk, state, name);
    if (*handle == -ENOENT && !make) {
        *handle = -1;
        return 0;
    }
    if (*handle < 0) {
        error = *handle;
        *handle = -1;
        return ml_fs_fail(e, error, "open the folder", name);
    }
    return check_private(place->ops, place->disk, *handle, name, e);
}

int ml_tx_place_open(ml_tx_place *place, const ml_tx_setup *setup, bool make, ml_err *e)
{
    int state, status;

    *place = (ml_tx_place){ setup->ops, setup->disk, -1, -1 };
    state = place->ops->open_root(place->disk, setup->state);
    if (state == -ENOENT && !make)
        return 0;
    if (state < 0)
        return ml_fs_fail(e, state, "open the folder", setup->state);
    status = check_private(place->ops, place->disk, state, setup->state, e);
    if (status == 0)
        status = open_private(place, state, "tx", make, &place->journals, e);
    if (status == 0)
        status = open_private(place, state, "locks", make, &place->locks, e);
    place->ops->close(place->disk, state);
    if (status < 0)
        ml_tx_place_close(place);
    return status;
}

void ml_tx_place_close(ml_tx_place *place)
{
    if (place->journals >= 0)
        place->ops->close(place->disk, place->journals);
    if (place->locks >= 0)
        place->ops->close(place->disk, place->locks);
    place->journals = place->locks = -1;
}

/* --- locks --- */

static int compare_roots(const void *a, const void *b)
{
    const ml_journal_root *const x = *(const ml_journal_root *const *)a;
    const ml_journal_root *const y = *(const ml_journal_root *const *)b;

    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static int lock_one(const ml_tx_place *place, const ml_journal_root *root, int patience,
                    int *handle, ml_err *e)
{
    char name[64];
    pid_t owner = 0;

    snprintf(name, sizeof name, "%llu-%llu", (unsigned long long)root->device,
             (unsigned long long)root->inode);
    *handle = place->ops->lock(place->disk, place->locks, name, patience, &owner);
    if (*handle == -EWOULDBLOCK) {
        ml_fail(e, ML_E_BUSY, "%s is being changed by process %ld", root->path, (long)owner);
        ml_err_hint(e, "wait until it has ended, then try again");
        return ml_err_at(e, root->path, 0, 0);
    }
    return *handle < 0 ? ml_fs_fail(e, *handle, "lock", root->path) : 0;
}

int ml_tx_lock_roots(const ml_tx_place *place, const ml_journal *j, int patience, int *handles,
                     ml_err *e)
{
    const ml_journal_root **sorted = calloc(j->root_count + 1, sizeof *sorted);
    size_t i;
    int status = 0;

    for (i = 0; i < j->root_count; i++)
        handles[i] = -1;
    if (sorted == NULL)
        return ml_fail_memory(e);
    for (i = 0; i < j->root_count; i++)
        sorted[i] = &j->roots[i];
    qsort(sorted, j->root_count, sizeof *sorted, compare_roots);
    for (i = 0; i < j->root_count && status == 0; i++)
        if (i == 0 || compare_roots(&sorted[i - 1], &sorted[i]) != 0)
            status = lock_one(place, sorted[i], patience, &handles[i], e);
    free(sorted);
    if (status < 0)
        ml_tx_unlock(place, handles, j->root_count);
    return status;
}

void ml_tx_unlock(const ml_tx_place *place, int *handles, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (handles[i] >= 0)
            place->ops->close(place->disk, handles[i]);
        handles[i] = -1;
    }
}

/* --- journals --- */

enum { JOURNAL_LIMIT = 256 * 1024 * 1024 };

static int write_durably(const ml_tx_place *place, int file, ml_bytes text)
{
    const int error = place->ops->write(place->disk, file, text);

    return error < 0 ? error : place->ops->sync(place->disk, file);
}

/* A whole file under `name` at once; on file systems without nameless files beside it first. */
static int save_new(const ml_tx_place *place, const char *name, ml_bytes text)
{
    const ml_fs_ops *const ops = place->ops;
    const int file = ops->create_nameless(place->disk, place->journals);
    int error;

    if (file < 0)
        return file;
    error = write_durably(place, file, text);
    if (error == 0)
        error = ops->link_nameless(place->disk, file, place->journals, name);
    ops->close(place->disk, file);
    return error;
}

static int save_over(const ml_tx_place *place, const char *name, ml_bytes text)
{
    const ml_fs_ops *const ops = place->ops;
    char beside[ML_JOURNAL_ID + 8];
    int file, error;

    snprintf(beside, sizeof beside, "%s.new", name);
    ops->remove(place->disk, place->journals, beside);
    file = ops->create(place->disk, place->journals, beside);
    if (file < 0)
        return file;
    error = write_durably(place, file, text);
    ops->close(place->disk, file);
    if (error == 0)
        error = ops->rename(place->disk, place->journals, beside, name);
    if (error < 0)
        ops->remove(place->disk, place->journals, beside);
    return error;
}

int ml_tx_journal_save(const ml_tx_place *place, const ml_journal *j, bool *decided, ml_err *e)
{
    ml_buf text = { 0 };
    int error = -EOPNOTSUPP;

    *decided = false;
    ml_journal_text(j, &text);
    if (ml_buf_check(&text, e) < 0) {
        ml_buf_free(&text);
        return -1;
    }
    if (j->state == ML_TX_STAGING)
        error = save_new(place, j->id, ml_buf_bytes(&text));
    if (error == -EOPNOTSUPP)
        error = save_over(place, j->id, ml_buf_bytes(&text));
    ml_buf_free(&text);
    if (error == 0) {
        *decided = true;
        error = place->ops->sync(place->disk, place->journals);
    }
    return error < 0 ? ml_fs_fail(e, error, "write the journal", j->id) : 0;
}

int ml_tx_journal_drop(const ml_tx_place *place, const char *id, ml_err *e)
{
    char beside[ML_JOURNAL_ID + 8];
    int error;

    snprintf(beside, sizeof beside, "%s.new", id);
    place->ops->remove(place->disk, place->journals, beside);
    error = place->ops->remove(place->disk, place->journals, id);
    if (error == 0 || error == -ENOENT)
        error = place->ops->sync(place->disk, place->journals);
    return error < 0 ? ml_fs_fail(e, error, "remove the journal", id) : 0;
}

int ml_tx_journal_load(const ml_tx_place *place, const char *id, ml_journal *j, ml_err *e)
{
    ml_buf text = { 0 };
    ml_stat st = { 0 };
    int error, status = -1;

    memset(j, 0, sizeof *j);
    error = place->ops->read(place->disk, place->journals, id, JOURNAL_LIMIT, &text, NULL, &st);
    if (error < 0)
        ml_fs_fail(e, error, "read the journal", id);
    else if (st.uid != geteuid() || (st.mode & 077) != 0 || st.links != 1)
        ml_fail(e, ML_E_PERMISSION, "the journal %s could have been written by others", id);
    else
        status = ml_journal_parse(j, ml_buf_bytes(&text), e);
    if (status == 0 && strcmp(j->id, id) != 0)
        status = ml_fail(e, ML_E_FORMAT, "the journal %s says that it is another one", id);
    ml_buf_free(&text);
    if (status < 0) {
        ml_journal_free(j);
        ml_err_at(e, id, 0, 0);
    }
    return status;
}
