#ifndef ML_SYS_TX_H
#define ML_SYS_TX_H

/* tx.h — many files, one change: all of it or none, also when the process is killed at any system
 * call or the power fails.
 *
 * How a commit goes:
 *   1. Locks on all roots, in sorted order (files in the state folder), once other processes have
 *      let go of them. A pending journal that names one of the roots stops here.
 *   2. The journal, state `staging`, durable: every target and the name of its staged file, which
 *      follows from the transaction's id and the target (tx_journal.h).
 *   3. New folders; staged files beside their targets, with final mode and owner; CLEAR ones have
 * no name (O_TMPFILE) until they are complete. All made durable.
 *   4. Targets and inputs are compared with what was read. Any difference: "changed", all undone.
 *   5. The journal, state `commit`, renamed over the first and made durable: the only commit point.
 *      Before it a crash leads back to the old state, after it forward to the new one.
 *   6. Renames, removals and modes, phase by phase, each phase durable before the next begins.
 *   7. The journal is removed.
 * If step 6 cannot go on (EROFS, something mounted over the file, a target changed since) it stops,
 * keeps journal and staged files, and says so; ml_tx_recover goes on, ml_tx_give_up forgets.
 *
 * Up to 16 files are synced one by one, more with one syncfs for each file system.
 *
 * Two hosts that work on one NFS checkout are not protected from each other. */
#include "sys/fs.h"
#include "sys/fs_ops.h"

/* Where transactions live and how files are made. */
typedef struct ml_tx_setup {
    const ml_fs_ops *ops; /* &ml_fs_ops_real */
    void *disk;           /* NULL for the real one */
    const char *state;    /* absolute path of the state folder, existing and 0700 (env.h); journals
                             are below it in tx/, locks in locks/ */
    mode_t umask;         /* of the caller, from ml_env_start */
} ml_tx_setup;

typedef struct ml_tx ml_tx;

/* *tx is NULL after a failure. `setup` is copied, the text of `state` too. */
int ml_tx_new(ml_tx **tx, const ml_tx_setup *setup, ml_err *e);

/* Frees a transaction, wiping what it holds; one that was not committed changes nothing. NULL is
 * harmless. */
void ml_tx_free(ml_tx *tx);

/* Adds the folder that `folder` (a handle of the operation table; ml_root.fd) holds open; `real` is
 * its absolute path without links (ml_root.real), which recovery will open. *index is its number in
 * the calls below; a folder added before keeps its number. The handle is duplicated. Use one root
 * for a repository, not one for each folder in it: locks are per root. */
int ml_tx_root(ml_tx *tx, int folder, const char *real, unsigned *index, ml_err *e);

/* Reading through the transaction: gives the staged bytes where there are any, else the file's, and
 * remembers them (a keyed hash, in memory only) to be compared before the commit. "missing" is
 * remembered as well: that the file is not there is then an input too. */
int ml_tx_read(ml_tx *tx, unsigned root, const char *path, size_t limit, ml_buf *out, ml_err *e);
int ml_tx_read_secret(ml_tx *tx, unsigned root, const char *path, size_t limit, ml_secret *out,
                      ml_err *e);

/* Remembers something that was read in another way: `bytes` as they were, or absent. */
int ml_tx_input(ml_tx *tx, unsigned root, const char *path, ml_bytes bytes, ml_err *e);
int ml_tx_input_absent(ml_tx *tx, unsigned root, const char *path, ml_err *e);

/* Key files that gain keys come first, those that lose keys last, so that at every point a key that
 * is listed opens every file. */
typedef enum ml_tx_phase { ML_TX_GAIN = -1, ML_TX_MAIN = 0, ML_TX_LOSE = 1 } ml_tx_phase;

typedef struct ml_tx_how {
    ml_fs_kind kind;    /* of the new bytes */
    bool was_clear;     /* what the target holds now is in clear (implied by a CLEAR kind) */
    ml_tx_phase phase;  /* ML_TX_MAIN, which is 0, for all but key files */
    mode_t mode;        /* or ML_FS_KEEP_MODE, see ml_fs_mode */
    mode_t folder_mode; /* of folders that must be made on the way, or ML_FS_KEEP_MODE: 0777 &
                           ~umask, 0700 for CLEAR */
} ml_tx_how;

/* Staging, in memory. A path staged before is replaced by the later call (its remembered old state
 * stays). Folders on the way are made at the commit. The target may be a regular file, a link or
 * nothing; a folder, a special file or a mount point is refused, a link is replaced, not followed.
 * Bytes equal to those the target holds, with equal mode, stage nothing. `bytes` are copied, CLEAR
 * ones into locked memory. */
int ml_tx_write(ml_tx *tx, unsigned root, const char *path, ml_bytes bytes, const ml_tx_how *how,
                ml_err *e);
int ml_tx_link(ml_tx *tx, unsigned root, const char *path, const char *target, const ml_tx_how *how,
               ml_err *e);
/* A file or a link; "missing" if nothing is there (or staged). */
int ml_tx_remove(ml_tx *tx, unsigned root, const char *path, const ml_tx_how *how, ml_err *e);
/* The mode of an existing regular file that is not otherwise staged. */
int ml_tx_mode(ml_tx *tx, unsigned root, const char *path, mode_t mode, ml_err *e);
/* An empty folder and those above it. */
int ml_tx_folder(ml_tx *tx, unsigned root, const char *path, const ml_tx_how *how, ml_err *e);
/* Removes a folder after all else, if it is empty then; otherwise it stays without an error. */
int ml_tx_remove_folder(ml_tx *tx, unsigned root, const char *path, ml_err *e);
/* Forgets what was staged for a path. */
int ml_tx_unstage(ml_tx *tx, unsigned root, const char *path, ml_err *e);

typedef enum ml_tx_action {
    ML_TX_WRITE = 1,
    ML_TX_LINK,
    ML_TX_REMOVE,
    ML_TX_MODE,
    ML_TX_FOLDER,
    ML_TX_REMOVE_FOLDER
} ml_tx_action;

/* One staged change, for `--dry-run`. Borrowed until the next call that stages. */
typedef struct ml_tx_change {
    ml_tx_action action;
    unsigned root;
    const char *root_path; /* as given to ml_tx_root */
    const char *path;
    ml_tx_phase phase;
    ml_file_kind old_kind; /* NONE: it is new */
    mode_t old_mode, mode; /* 0 where there is none */
    bool old_clear, clear; /* the old, the new bytes are secret: never show them */
    bool breaks_hard_link; /* the target has other names, which keep the old bytes */
    ml_bytes bytes;        /* new bytes, or the target of a link */
} ml_tx_change;

/* How many changes there are, folders on the way included, in the order in which they will be made.
 */
size_t ml_tx_count(ml_tx *tx);
int ml_tx_change_at(ml_tx *tx, size_t index, ml_tx_change *out, ml_err *e);

/* The bytes the target of change `index` holds now (or the target of the link that stands there);
 * nothing for a new one. "argument" for ml_tx_old if they are in clear. */
int ml_tx_old(ml_tx *tx, size_t index, ml_buf *out, ml_err *e);
int ml_tx_old_secret(ml_tx *tx, size_t index, ml_secret *out, ml_err *e);

/* Commits, after those of other processes in the same folders, for which it waits half a minute at
 * most. 0: all is in place and durable; the transaction is empty and may be used again. -1 with
 * *committed false: nothing was changed ("changed", "busy", "conflict" for a pending journal,
 * "permission", "system", …). -1 with *committed true: past the commit point but not finished; the
 * journal is pending and the message says what to do. An empty transaction only compares its
 * inputs. */
int ml_tx_commit(ml_tx *tx, bool *committed, ml_err *e);

/* The id (24 hexadecimal digits) of the journal of the last commit. */
const char *ml_tx_id(const ml_tx *tx);

/* --- what a crash left -------------------------------------------------------------------- */

typedef enum ml_tx_state {
    ML_TX_STAGING,   /* before the commit point: recovery discards it */
    ML_TX_COMMIT,    /* after it: recovery finishes it */
    ML_TX_UNREADABLE /* not a journal of ours, malformed, or not safe to read; never acted on */
} ml_tx_state;

typedef struct ml_tx_pending {
    char id[33]; /* its file name in tx/, cut if it is a foreign one */
    ml_tx_state state;
    pid_t pid;    /* that wrote it */
    int64_t time; /* seconds since 1970 */
    bool running; /* that process still holds the locks */
    char **roots; /* absolute paths */
    size_t root_count;
    size_t entries;
    ml_err problem; /* why it is UNREADABLE */
} ml_tx_pending;

typedef struct ml_tx_pendings {
    ml_tx_pending *list;
    size_t count;
} ml_tx_pendings;

/* All journals, oldest first. Changes nothing. *out is new; free with ml_tx_pendings_free. */
int ml_tx_pending_list(const ml_tx_setup *setup, ml_tx_pendings *out, ml_err *e);
void ml_tx_pendings_free(ml_tx_pendings *list);

typedef enum ml_tx_found { ML_TX_FOUND_OLD, ML_TX_FOUND_NEW, ML_TX_FOUND_OTHER } ml_tx_found;

/* What recovery saw, target by target, when it ended. */
typedef struct ml_tx_outcome {
    bool finished; /* true: the new state is complete; false: the old one is back, or it stopped */
    struct ml_tx_outcome_file {
        char *path; /* absolute */
        ml_tx_found found;
    } * files;
    size_t count;
} ml_tx_outcome;

/* Discards or finishes one journal and removes it. May be repeated after any interruption. -1: it
 * stopped, the journal and what is staged stay, the message names the file ("changed": a target is
 * neither the old nor the new one; "busy": it is running). Acts only below the roots the journal
 * names, which must be the folders they were, and only on names that follow from its id and
 * entries. *out is new in either case; free with ml_tx_outcome_free. */
int ml_tx_recover(const ml_tx_setup *setup, const char *id, ml_tx_outcome *out, ml_err *e);

/* Removes what is staged and the journal, leaving each target as it is now; *out says which are
 * new. An UNREADABLE journal is only moved aside (to ID.bad). */
int ml_tx_give_up(const ml_tx_setup *setup, const char *id, ml_tx_outcome *out, ml_err *e);

void ml_tx_outcome_free(ml_tx_outcome *outcome);

#endif
