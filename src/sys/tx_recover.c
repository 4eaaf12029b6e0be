/* tx_recover.c — what a crash left: listed, finished or undone, or given up; see tx.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/tx_internal.h"

/* --- listing --- */

static void pending_free(ml_tx_pending *p)
{
    size_t i;

    for (i = 0; i < p->root_count; i++)
        free(p->roots[i]);
    free(p->roots);
    memset(p, 0, sizeof *p);
}

void ml_tx_pendings_free(ml_tx_pendings *list)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        pending_free(&list->list[i]);
    free(list->list);
    memset(list, 0, sizeof *list);
}

/* Does a process hold the locks of this journal's roots? */
static bool is_running(const ml_tx_place *place, const ml_journal *j)
{
    int *const locks = calloc(j->root_count + 1, sizeof *locks);
    bool busy = false;
    ml_err e;

    if (locks == NULL || place->locks < 0) {
        free(locks);
        return false;
    }
    if (ml_tx_lock_roots(place, j, 0, locks, &e) < 0)
        busy = strcmp(e.code, ML_E_BUSY) == 0;
    else
        ml_tx_unlock(place, locks, j->root_count);
    free(locks);
    return busy;
}

/* Has its process ended well since the journals were listed? Journals go before their locks. */
static bool has_ended(const ml_tx_place *place, const char *name, const ml_tx_pending *pending)
{
    ml_stat st;

    return !pending->running && place->ops->stat(place->disk, place->journals, name, &st) == 0 &&
           st.kind == ML_FILE_NONE;
}

static int describe(const ml_tx_place *place, const char *name, ml_tx_pending *out, ml_err *e)
{
    ml_journal j = { 0 };
    size_t i;

    snprintf(out->id, sizeof out->id, "%s", name);
    out->state = ML_TX_UNREADABLE;
    if (!ml_journal_is_id(name)) {
        ml_fail(&out->problem, ML_E_FORMAT, "%s is not the name of a journal", out->id);
        return 0;
    }
    if (ml_tx_journal_load(place, name, &j, &out->problem) < 0) {
        ml_journal_free(&j);
        return 0;
    }
    out->roots = calloc(j.root_count, sizeof *out->roots);
    for (i = 0; out->roots != NULL && i < j.root_count; i++) {
        out->roots[i] = strdup(j.roots[i].path);
        if (out->roots[i] == NULL)
            break;
        out->root_count++;
    }
    if (out->root_count < j.root_count) {
        ml_journal_free(&j);
        return ml_fail_memory(e);
    }
    out->state = j.state;
    out->pid = j.pid;
    out->time = j.time;
    out->entries = j.count;
    out->running = is_running(place, &j);
    ml_journal_free(&j);
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const ml_tx_pending *const x = a, *const y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return strcmp(x->id, y->id);
}

/* A first version beside its journal, or one that was given up. */
static bool is_by_product(const char *name)
{
    const size_t len = strlen(name);

    return len > 4 && (strcmp(name + len - 4, ".new") == 0 || strcmp(name + len - 4, ".bad") == 0);
}

int ml_tx_pending_list(const ml_tx_setup *setup, ml_tx_pendings *out, ml_err *e)
{
    ml_tx_place place;
    ml_names names = { 0 };
    size_t i;
    int error, status = 0;

    memset(out, 0, sizeof *out);
    if (ml_tx_place_open(&place, setup, false, e) < 0)
        return -1;
    if (place.journals < 0) {
        ml_tx_place_close(&place);
        return 0;
    }
    error = place.ops->list(place.disk, place.journals, &names);
    if (error < 0)
        status = ml_fs_fail(e, error, "list", "tx");
    else if ((out->list = calloc(names.count + 1, sizeof *out->list)) == NULL)
        status = ml_fail_memory(e);
    for (i = 0; i < names.count && status == 0; i++) {
        const char *const name = names.names[i];
        ml_tx_pending *const pending = &out->list[out->count];

        if (is_by_product(name))
            continue;
        status = describe(&place, name, pending, e);
        if (status == 0 && has_ended(&place, name, pending))
            pending_free(pending);
        else
            out->count++;
    }
    if (status == 0 && out->count > 1)
        qsort(out->list, out->count, sizeof *out->list, by_time);
    ml_names_free(&names);
    ml_tx_place_close(&place);
    if (status < 0)
        ml_tx_pendings_free(out);
    return status;
}

/* --- one journal, opened --- */

typedef struct recovery {
    ml_tx_place place;
    ml_journal journal;
    ml_tx_work work;
    int *locks;
    size_t lock_count;
} recovery;

static void recovery_end(recovery *r)
{
    size_t i;

    if (r->locks != NULL)
        ml_tx_unlock(&r->place, r->locks, r->lock_count);
    for (i = 0; r->work.roots != NULL && i < r->journal.root_count; i++)
        if (r->work.roots[i] >= 0)
            r->place.ops->close(r->place.disk, r->work.roots[i]);
    free(r->work.roots);
    free(r->locks);
    ml_journal_free(&r->journal);
    ml_tx_place_close(&r->place);
}

/* Opens root `i` and makes sure that it is the folder it was. */
static int open_root(recovery *r, size_t i, ml_err *e)
{
    const ml_journal_root *const root = &r->journal.roots[i];
    const int handle = r->place.ops->open_root(r->place.disk, root->path);
    ml_stat st;
    int error;

    if (handle < 0)
        return ml_fs_fail(e, handle, "open the folder", root->path);
    error = r->place.ops->stat_handle(r->place.disk, handle, &st);
    if (error == 0 && st.inode == root->inode) {
        r->work.roots[i] = handle;
        return 0;
    }
    r->place.ops->close(r->place.disk, handle);
    if (error < 0)
        return ml_fs_fail(e, error, "look at", root->path);
    ml_fail(e, ML_E_CHANGED, "%s is not the folder that the interrupted change was about",
            root->path);
    ml_err_hint(e, "if it was moved, move it back; else: moonlatch recover --give-up");
    return ml_err_at(e, root->path, 0, 0);
}

/* Loads, locks, and loads again: its process may have gone on, or ended well. */
static int recovery_begin(recovery *r, const ml_tx_setup *setup, const char *id, ml_err *e)
{
    memset(r, 0, sizeof *r);
    r->place = (ml_tx_place){ setup->ops, setup->disk, -1, -1 };
    if (!ml_journal_is_id(id))
        return ml_fail(e, ML_E_ARGUMENT, "not the id of a journal: %.32s", id);
    if (ml_tx_place_open(&r->place, setup, true, e) < 0 ||
        ml_tx_journal_load(&r->place, id, &r->journal, e) < 0)
        return -1;
    r->locks = calloc(r->journal.root_count, sizeof *r->locks);
    if (r->locks == NULL)
        return ml_fail_memory(e);
    if (ml_tx_lock_roots(&r->place, &r->journal, ML_TX_PATIENCE, r->locks, e) < 0) {
        free(r->locks);
        r->locks = NULL;
        return -1;
    }
    r->lock_count = r->journal.root_count;
    ml_journal_free(&r->journal);
    return ml_tx_journal_load(&r->place, id, &r->journal, e);
}

/* Opens all roots that can be opened; the first failure is reported. */
static int recovery_open(recovery *r, ml_err *e)
{
    ml_err later;
    size_t i;
    int status = 0;

    r->work = (ml_tx_work){ r->place.ops, r->place.disk, &r->journal, NULL };
    r->work.roots = calloc(r->journal.root_count, sizeof *r->work.roots);
    if (r->work.roots == NULL)
        return ml_fail_memory(e);
    for (i = 0; i < r->journal.root_count; i++)
        r->work.roots[i] = -1;
    for (i = 0; i < r->journal.root_count; i++)
        if (open_root(r, i, status < 0 ? &later : e) < 0)
            status = -1;
    return status;
}

/* --- what is there in the end --- */

void ml_tx_outcome_free(ml_tx_outcome *outcome)
{
    size_t i;

    for (i = 0; i < outcome->count; i++)
        free(outcome->files[i].path);
    free(outcome->files);
    memset(outcome, 0, sizeof *outcome);
}

static ml_tx_found find_out(const recovery *r, const ml_entry *entry)
{
    const bool clear = entry->old_clear || entry->clear;
    ml_ident now;

    if (r->work.roots[entry->root] < 0 ||
        ml_tx_ident(&r->work, entry->root, entry->path, true, clear, &now) < 0)
        return ML_TX_FOUND_OTHER;
    switch (entry->action) {
    case ML_TX_WRITE:
    case ML_TX_LINK:
        if (entry->new.known && now.kind != ML_FILE_NONE &&
            (ml_tx_ident_same_inode(&r->work, entry->root, &entry->new, &now) ||
             (entry->new.hashed &&ml_tx_ident_is(&r->work, entry->root, &entry->new, &now))))
            return ML_TX_FOUND_NEW;
        break;
    case ML_TX_MODE:
        if (now.kind == ML_FILE_FILE && now.mode == entry->mode)
            return ML_TX_FOUND_NEW;
        break;
    case ML_TX_FOLDER:
        return now.kind == ML_FILE_FOLDER ? ML_TX_FOUND_NEW : ML_TX_FOUND_OLD;
    case ML_TX_REMOVE:
    case ML_TX_REMOVE_FOLDER:
        if (now.kind == ML_FILE_NONE)
            return ML_TX_FOUND_NEW;
        break;
    }
    return ml_tx_ident_is(&r->work, entry->root, &entry->old, &now) ? ML_TX_FOUND_OLD
                                                                    : ML_TX_FOUND_OTHER;
}

static int report(const recovery *r, ml_tx_outcome *out, ml_err *e)
{
    size_t i;

    out->files = calloc(r->journal.count + 1, sizeof *out->files);
    if (out->files == NULL)
        return ml_fail_memory(e);
    for (i = 0; i < r->journal.count; i++) {
        const ml_entry *const entry = &r->journal.entries[i];

        if (asprintf(&out->files[i].path, "%s/%s", r->journal.roots[entry->root].path,
                     entry->path) < 0)
            return ml_fail_memory(e);
        out->files[i].found = find_out(r, entry);
        out->count++;
    }
    return 0;
}

/* --- recovery and giving up --- */

static int finish_or_undo(recovery *r, ml_err *e)
{
    /* The journal we read may stand in the cache only: acting on a decision that a power cut then
     * takes back would leave a mixture. */
    const int error = r->place.ops->sync(r->place.disk, r->place.journals);

    if (error < 0)
        return ml_fs_fail(e, error, "make durable", r->journal.id);
    return r->journal.state == ML_TX_COMMIT ? ml_tx_apply(&r->work, true, e)
                                            : ml_tx_discard(&r->work, true, e);
}

int ml_tx_recover(const ml_tx_setup *setup, const char *id, ml_tx_outcome *out, ml_err *e)
{
    recovery r;
    ml_err second;
    int status;

    memset(out, 0, sizeof *out);
    status = recovery_begin(&r, setup, id, e);
    if (status == 0)
        status = recovery_open(&r, e);
    if (status == 0) {
        status = finish_or_undo(&r, e);
        if (report(&r, out, status < 0 ? &second : e) < 0)
            status = -1;
        if (status == 0)
            status = ml_tx_journal_drop(&r.place, id, e);
        out->finished = status == 0 && r.journal.state == ML_TX_COMMIT;
    }
    recovery_end(&r);
    return status;
}

/* A journal that cannot be read is moved aside, for a person to look at. */
static int move_aside(const ml_tx_setup *setup, const char *id, ml_err *e)
{
    char aside[ML_FS_NAME];
    ml_tx_place place;
    int error;

    if (strchr(id, '/') != NULL || id[0] == '.' || strlen(id) > 200)
        return ml_fail(e, ML_E_ARGUMENT, "not the name of a journal");
    if (ml_tx_place_open(&place, setup, true, e) < 0)
        return -1;
    snprintf(aside, sizeof aside, "%s.bad", id);
    error = place.ops->rename(place.disk, place.journals, id, aside);
    if (error == 0)
        error = place.ops->sync(place.disk, place.journals);
    ml_tx_place_close(&place);
    return error < 0 ? ml_fs_fail(e, error, "move aside", id) : 0;
}

int ml_tx_give_up(const ml_tx_setup *setup, const char *id, ml_tx_outcome *out, ml_err *e)
{
    recovery r;
    ml_err second;
    int status;

    memset(out, 0, sizeof *out);
    status = recovery_begin(&r, setup, id, e);
    if (status < 0 && strcmp(e->code, ML_E_BUSY) != 0 && r.journal.root_count == 0) {
        recovery_end(&r);
        return strcmp(e->code, ML_E_MISSING) == 0 || strcmp(e->code, ML_E_MEMORY) == 0
                   ? -1
                   : move_aside(setup, id, e);
    }
    if (status == 0) {
        /* A root that is gone takes what was staged in it along. */
        (void)recovery_open(&r, &second);
        status = r.work.roots == NULL ? ml_fail_memory(e) : ml_tx_discard(&r.work, false, e);
        if (status == 0)
            status = report(&r, out, e);
        if (status == 0)
            status = ml_tx_journal_drop(&r.place, id, e);
    }
    recovery_end(&r);
    return status;
}
