#ifndef ML_SYS_FS_OPS_H
#define ML_SYS_FS_OPS_H

/* fs_ops.h — every operation on files that a transaction performs, as a table.
 *
 * ml_fs_ops_real is the system. The tests put a simulated disk in its place, which knows what an
 * fsync has made durable and what a power cut may lose, and so check every crash point and every
 * lost write in milliseconds; strace then proves that the real table makes the calls it says.
 *
 * Each function returns 0 (or a handle ≥ 0) or -errno. `at` and `folder` are handles of folders,
 * `name` is one component, never "." or "..". No function follows a link. */
#include "sys/fs.h"

typedef struct ml_fs_ops {
    /* The folder at an absolute path without links (openat2 refuses any), or a folder below
     * another one; "." gives a second handle of `at`. */
    int (*open_root)(void *disk, const char *path);
    int (*open_folder)(void *disk, int at, const char *path);
    void (*close)(void *disk, int handle);

    /* Looking: nothing below changes the disk. `read` gives at most `limit` bytes of a regular file
     * (-EFBIG beyond) in locked memory or in a buffer, whichever is not NULL, and what fstat says
     * of it; `read_link` appends the target; `is_mount` tells whether something is mounted at
     * `name`. */
    int (*stat)(void *disk, int folder, const char *name, ml_stat *st);
    int (*stat_handle)(void *disk, int handle, ml_stat *st);
    int (*read)(void *disk, int folder, const char *name, size_t limit, ml_buf *buf,
                ml_secret *secret, ml_stat *st);
    int (*read_link)(void *disk, int folder, const char *name, ml_buf *out);
    int (*list)(void *disk, int folder, ml_names *out);
    int (*is_mount)(void *disk, int folder, const char *name); /* 1, 0 or -errno */

    /* Changing. `create` makes an empty file that was not there, mode 0600; `create_nameless` one
     * without a name (O_TMPFILE; -EOPNOTSUPP where the file system cannot), `link_nameless` then
     * gives it one. */
    int (*create)(void *disk, int folder, const char *name);
    int (*create_nameless)(void *disk, int folder);
    int (*link_nameless)(void *disk, int handle, int folder, const char *name);
    int (*write)(void *disk, int handle, ml_bytes bytes);
    int (*set_owner)(void *disk, int handle, uid_t uid, gid_t gid);
    int (*set_mode)(void *disk, int handle, mode_t mode);
    int (*set_mode_at)(void *disk, int folder, const char *name, mode_t mode);
    int (*make_folder)(void *disk, int folder, const char *name, mode_t mode);
    int (*make_link)(void *disk, int folder, const char *name, const char *target);
    int (*rename)(void *disk, int folder, const char *from, const char *to);
    int (*remove)(void *disk, int folder, const char *name);
    int (*remove_folder)(void *disk, int folder, const char *name);

    /* Making durable: one file or folder, or the whole file system that holds it. */
    int (*sync)(void *disk, int handle);
    int (*sync_all)(void *disk, int handle);

    /* flock on a file of the folder, waited for so many milliseconds: a handle that holds it,
     * -EWOULDBLOCK with the owner's pid (0 if unknown). Closing the handle drops it. */
    int (*lock)(void *disk, int folder, const char *name, int patience, pid_t *owner);
} ml_fs_ops;

/* The real file system; `disk` is not used. */
extern const ml_fs_ops ml_fs_ops_real;

#endif
