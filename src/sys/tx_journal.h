#ifndef ML_SYS_TX_JOURNAL_H
#define ML_SYS_TX_JOURNAL_H

/* tx_journal.h — what a transaction will do, as a value and as the text of its journal.
 *
 * The text is ours alone, strict, one line for each thing, fields parted by one space:
 *
 *   moonlatch-journal 1
 *   id ID                              24 hexadecimal digits, also the name of the file
 *   state staging|commit
 *   process PID TIME                   seconds since 1970
 *   key HEX                            32 bytes: the key of all hashes below
 *   root DEVICE INODE PATH             numbered from 0; PATH is absolute
 *   entry ACTION ROOT PHASE TREATMENT MODE OLD NEW PATH
 *   end COUNT                          how many entries
 *   sum HEX                            SHA-256 of all lines before this one
 *
 * ACTION is folder, write, link, remove, mode or remove-folder; PHASE gain, main or lose; TREATMENT
 * open or clear (the new bytes); MODE four octal digits. OLD and NEW say what stands at the target
 * before and after: `-` nothing, `?` not known yet, or KIND:DEVICE:INODE:SIZE:HASH with KIND file,
 * link or folder and HASH `-` for what is in clear. In a PATH, bytes up to the space, DEL and `%`
 * are written %XX. Numbers have no leading zeros. A text that is not exactly what ml_journal_text
 * would write for the same value is refused.
 *
 * No line names a staged file: its name follows from ID, the entry's number and its path
 * (ml_journal_temp), so that not even a forged journal can point recovery at a file that is not
 * named as staged files are. */
#include "sys/fs_internal.h"
#include "sys/tx.h"

enum { ML_JOURNAL_ID = 24, ML_JOURNAL_HASH = 32 };

/* What stands, or stood, under a name. */
typedef struct ml_ident {
    bool known; /* false: not yet */
    ml_file_kind kind;
    uint64_t device, inode, size;
    bool hashed; /* in a journal only what is public or sealed */
    unsigned char hash[ML_JOURNAL_HASH];
    /* In memory only: */
    mode_t mode;
    uid_t uid;
    gid_t gid;
    uint64_t links;
    int64_t mtime_s;
    long mtime_ns;
} ml_ident;

typedef struct ml_entry {
    ml_tx_action action;
    unsigned root;
    char *path;
    ml_tx_phase phase;
    bool clear; /* the new bytes are */
    mode_t mode;
    ml_ident old, new;
    /* In memory only: */
    bool old_clear;
    bool on_the_way;    /* a folder that other entries need */
    mode_t folder_mode; /* of folders on the way to it */
    ml_secret secret;   /* new bytes, CLEAR */
    ml_buf bytes;       /* new bytes otherwise, or the target of a link */
} ml_entry;

typedef struct ml_journal_root {
    char *path;
    uint64_t device, inode;
} ml_journal_root;

typedef struct ml_journal {
    char id[ML_JOURNAL_ID + 1];
    ml_tx_state state;
    pid_t pid;
    int64_t time;
    unsigned char key[ML_JOURNAL_HASH];
    ml_journal_root *roots;
    size_t root_count;
    ml_entry *entries;
    size_t count, room;
} ml_journal;

/* The journal's text; the caller checks `out`. */
void ml_journal_text(const ml_journal *j, ml_buf *out);

/* Reads a text. *j is new; free with ml_journal_free, also after a failure ("format", "limit",
 * "memory"). */
int ml_journal_parse(ml_journal *j, ml_bytes text, ml_err *e);

void ml_journal_free(ml_journal *j);

/* A zeroed entry at the end, or NULL with *e filled. */
ml_entry *ml_journal_add(ml_journal *j, ml_err *e);
void ml_entry_free(ml_entry *entry);

/* The name of the file staged for entry `index` into out[ML_FS_NAME]. */
void ml_journal_temp(const ml_journal *j, size_t index, char *out);

/* Is `name` an id? */
bool ml_journal_is_id(const char *name);

#endif
