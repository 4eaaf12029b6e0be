#ifndef ML_SYS_PRIVATE_H
#define ML_SYS_PRIVATE_H

/* private.h — a folder in memory for files in clear that a child must open by name: what an editor
 * edits, what a command reads.
 *
 * Where the kernel allows it the folder is a tmpfs in a mount namespace of its own: the children
 * that are meant to see it enter the namespace, nobody else does, and all of it is gone when the
 * last of those who hold it has ended, however that came. Nothing of it can be left behind.
 *
 * Elsewhere, and for programs that hand the name to somebody who runs already, it is a 0700 folder
 * with an unguessable name on a tmpfs ($XDG_RUNTIME_DIR, else /dev/shm). It is locked as long as it
 * is in use; what a process that was killed has left is removed when the next one is opened.
 *
 * Never a disk: TMPDIR is not asked. */
#include "sys/fs.h"

typedef struct ml_private {
    /* The folder, for us: its descriptor reaches into the namespace. root.real is its path as the
     * children see it. */
    ml_root root;
    /* What a child enters: namespaces of users and of mounts, and the root folder; -1 where the
     * folder is in no namespace of its own. No user namespace is needed by root. */
    int users, mounts, top;
} ml_private;

#define ML_PRIVATE_CLOSED                                                                          \
    {                                                                                              \
        ML_ROOT_CLOSED, -1, -1, -1                                                                 \
    }

typedef enum ml_private_use {
    ML_PRIVATE_HIDDEN, /* by children of ours alone, where that can be had */
    ML_PRIVATE_SHARED, /* by any process of this user */
    ML_PRIVATE_GIVEN   /* by another user: see ml_private_give */
} ml_private_use;

/* Opens a new, empty folder. "unsupported" where no memory is to be had by a name. */
int ml_private_open(ml_private *folder, ml_private_use use, ml_err *e);

/* Has it a namespace of its own? */
bool ml_private_is_hidden(const ml_private *folder);

/* Between fork and exec: makes the folder visible to this process and works in `here` again, the
 * current folder (entering a namespace forgets it). 0, or -1 with errno. Only system calls. */
int ml_private_enter(const ml_private *folder, const char *here);

/* Gives the folder to another user, who then reaches what is in it. For root. */
int ml_private_give(const ml_private *folder, uid_t uid, gid_t gid, ml_err *e);

/* Removes the folder with all that is in it. Harmless any number of times. */
int ml_private_close(ml_private *folder, ml_err *e);

#endif
