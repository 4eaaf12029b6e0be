#ifndef ML_SYS_TX_INTERNAL_H
#define ML_SYS_TX_INTERNAL_H

/* tx_internal.h — what the files of the transaction share: a journal with its roots held open, and
 * the steps that a commit and a recovery have in common. */
#include "sys/tx_index.h"
#include "sys/tx_journal.h"

enum { ML_TX_FEW = 16 }; /* up to so many entries are synced one by one */

/* A journal, the disk it is about, and handles of its roots (-1: not open). */
typedef struct ml_tx_work {
    const ml_fs_ops *ops;
    void *disk;
    ml_journal *journal;
    int *roots;
} ml_tx_work;

/* Something that was read to decide the changes. */
typedef struct ml_tx_seen {
    unsigned root;
    char *path;
    bool present;
    unsigned char hash[ML_JOURNAL_HASH];
} ml_tx_seen;

struct ml_tx {
    ml_tx_setup setup;
    char *state;
    ml_journal journal;
    int *roots;
    ml_tx_seen *seen;
    size_t seen_count, seen_room;
    ml_tx_index by_path, seen_by_path; /* of the journal's entries, and of what was read */
    bool planned;                      /* entries are sorted, folders on the way are among them */
    char last_id[ML_JOURNAL_ID + 1];
};

ml_tx_work ml_tx_work_of(ml_tx *tx);

/* Forgets entries and inputs, wiping them, and takes a new id. */
int ml_tx_reset(ml_tx *tx, ml_err *e);

/* "cannot VERB ROOT/PATH: …" from an -errno. */
int ml_tx_fail(const ml_tx_work *w, unsigned root, const char *path, int error, const char *verb,
               ml_err *e);

/* The folder that holds `path`, with *name its last component; a handle or -errno. */
int ml_tx_parent(const ml_tx_work *w, unsigned root, const char *path, const char **name);

/* --- idents (tx_ident.c) --- */

void ml_tx_hash(const ml_journal *j, ml_bytes bytes, unsigned char out[ML_JOURNAL_HASH]);

/* What stands under `name` of the open `folder` now. With `hash`, a file's bytes and a link's
 * target are read (a file through locked memory if `clear`) and hashed. 0 or -errno. */
int ml_tx_ident_at(const ml_tx_work *w, int folder, const char *name, bool hash, bool clear,
                   ml_ident *out);

/* The same by path; a folder on the way that is not there means that nothing stands there. */
int ml_tx_ident(const ml_tx_work *w, unsigned root, const char *path, bool hash, bool clear,
                ml_ident *out);

/* Is the thing that stands there now the one remembered? By hash where one was remembered, else by
 * device, inode and size. A device number that changed with that of the whole root (as after a
 * restart) is taken for the same. */
bool ml_tx_ident_is(const ml_tx_work *w, unsigned root, const ml_ident *remembered,
                    const ml_ident *now);

/* The very same inode, unchanged since: device, inode, size, time, mode. */
bool ml_tx_ident_unchanged(const ml_ident *before, const ml_ident *now);

/* The same inode, whatever is in it. */
bool ml_tx_ident_same_inode(const ml_tx_work *w, unsigned root, const ml_ident *a,
                            const ml_ident *b);

/* --- making things durable (tx_sync.c) --- */

/* Folders whose changes must be made durable, each once. */
typedef struct ml_tx_sync {
    const ml_tx_work *w;
    bool whole; /* one syncfs for each file system instead */
    struct ml_tx_sync_item {
        uint64_t device, inode;
        int handle;
    } * items;
    size_t count;
} ml_tx_sync;

/* Remembers an open folder (it is opened a second time). 0 or -errno. */
int ml_tx_sync_add(ml_tx_sync *s, int folder);
/* Syncs what was added. 0 or -errno. */
int ml_tx_sync_run(ml_tx_sync *s);
void ml_tx_sync_free(ml_tx_sync *s);

/* --- the state folder (tx_state.c) --- */

/* tx/ and locks/ below the state folder. */
typedef struct ml_tx_place {
    const ml_fs_ops *ops;
    void *disk;
    int journals, locks; /* handles, -1 if closed */
} ml_tx_place;

/* Opens both; with `make` they are made 0700. Without, a missing one is -1 and no failure. Refuses
 * folders that are not ours or open to others ("permission"). */
int ml_tx_place_open(ml_tx_place *place, const ml_tx_setup *setup, bool make, ml_err *e);
void ml_tx_place_close(ml_tx_place *place);

/* How long a commit waits for those before it, in milliseconds: programs that start many of us at
 * once want them all to get through; a process that was stopped must not stop the others for ever.
 */
enum { ML_TX_PATIENCE = 30 * 1000 };

/* Locks all roots of a journal in sorted order, waiting up to `patience` ms for each;
 * handles[root_count] is filled, unused ones -1. */
int ml_tx_lock_roots(const ml_tx_place *place, const ml_journal *j, int patience, int *handles,
                     ml_err *e);
void ml_tx_unlock(const ml_tx_place *place, int *handles, size_t count);

/* Writes the journal in its state so that it is durable when this returns 0. With *decided it says
 * that the name stood on the disk's cache although making it durable failed. */
int ml_tx_journal_save(const ml_tx_place *place, const ml_journal *j, bool *decided, ml_err *e);
int ml_tx_journal_drop(const ml_tx_place *place, const char *id, ml_err *e);

/* Reads a journal, refusing one that others could have written. *j is new. */
int ml_tx_journal_load(const ml_tx_place *place, const char *id, ml_journal *j, ml_err *e);

/* --- the steps (tx_apply.c) --- */

/* Renames, removals and modes, phase by phase, each durable before the next. With `verify` what is
 * staged and what it replaces are read again and compared with the journal's hashes. May be
 * repeated. On failure all that is not done stays staged. */
int ml_tx_apply(const ml_tx_work *w, bool verify, ml_err *e);

/* Removes what is staged; with `folders` also the folders that were made, if they are empty. May be
 * repeated. */
int ml_tx_discard(const ml_tx_work *w, bool folders, ml_err *e);

/* --- staging (tx_stage.c, tx_plan.c) --- */

/* Sorts the entries into the order in which they are made, with the folders they need. */
int ml_tx_plan(ml_tx *tx, ml_err *e);

/* The entry for a path, or NULL. */
ml_entry *ml_tx_find(ml_tx *tx, unsigned root, const char *path);

/* "argument" unless `root` was added and `path` is a plain relative path. */
int ml_tx_check(const ml_tx *tx, unsigned root, const char *path, ml_err *e);

/* Remembers what was read. */
int ml_tx_remember(ml_tx *tx, unsigned root, const char *path, bool present,
                   const unsigned char *hash, ml_err *e);

/* "changed" if the path was read: it was a file or not there, and is something else now. */
int ml_tx_check_unread(ml_tx *tx, unsigned root, const char *path, ml_err *e);

#endif
