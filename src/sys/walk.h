#ifndef ML_SYS_WALK_H
#define ML_SYS_WALK_H

/* walk.h — everything below a folder, in an order that does not depend on the file system. */
#include "sys/fs.h"

/* Says whether to pass over `path` (relative to the root; a folder with all below it): 1 or 0, or
 * -1 with *e when that cannot be told. */
typedef int (*ml_walk_ignore)(void *context, const char *path, bool folder, ml_err *e);

typedef struct ml_walk_options {
    ml_walk_ignore ignore; /* may be NULL */
    void *context;
    uint64_t file_limit; /* larger files become notes; 0 means ML_LIMIT_WALK_FILE */
    bool folders;        /* list folders too */
} ml_walk_options;

/* One thing met. `note` is NULL, or says (static text) why its contents are passed over: it then
 * still has its kind, but is not meant to be read. */
typedef struct ml_walk_entry {
    char *path; /* relative to the root */
    ml_stat st; /* kind FILE, LINK, FOLDER or SPECIAL */
    const char *note;
} ml_walk_entry;

typedef struct ml_walk {
    ml_walk_entry *entries; /* sorted by bytes, component by component */
    size_t count, room;
} ml_walk;

/* Lists what is below `path` ("." is the root itself). Follows no link and crosses none; links are
 * listed as links. `.git`, files staged by transactions and what `ignore` says are left out without
 * a note; a nested repository (a folder that has `.git`, other than the start) is one entry of kind
 * FOLDER with a note; special files, files above the limit and folders that may not be read are
 * entries with a note. "limit" beyond ML_LIMIT_WALK_ENTRIES or ML_LIMIT_WALK_DEPTH. *out is new;
 * free with ml_walk_free, also after a failure. */
int ml_walk_list(const ml_root *root, const char *path, const ml_walk_options *options,
                 ml_walk *out, ml_err *e);
void ml_walk_free(ml_walk *walk);

#endif
