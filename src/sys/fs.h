#ifndef ML_SYS_FS_H
#define ML_SYS_FS_H

/* fs.h — files below a folder that is held open.
 *
 * Every path is relative to an ml_root and is resolved without following a symbolic link on any
 * component, the last one included, and without leaving the root: "a/b", never "/a", "", ".", ".."
 * inside, or "a//b". Only regular files are read or written; FIFOs, devices and sockets are refused
 * before a byte is moved, and opening one never blocks.
 *
 * Errors of all functions here: "missing", "permission", "exists", "limit", "argument" (a path that
 * is not of the form above), "unsupported" (a special file, a link where none may be), "system".
 * ml_err.path is the path given. */
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/secret.h"

/* A folder held open, the start of all relative paths. Zero-initialise with fd = -1
 * (ML_ROOT_CLOSED), so that ml_root_close is always safe. */
typedef struct ml_root {
    int fd;
    char *path; /* as given, for messages; owned */
    char *real; /* absolute, without links, at the time it was opened; owned */
} ml_root;

#define ML_ROOT_CLOSED                                                                             \
    {                                                                                              \
        -1, NULL, NULL                                                                             \
    }

/* Opens the folder that `path` names now; links in `path` are followed this once. */
int ml_root_open(ml_root *root, const char *path, ml_err *e);

/* Opens a folder below `parent` ("." is the parent itself) without following links. */
int ml_root_open_below(ml_root *root, const ml_root *parent, const char *path, ml_err *e);

/* Resolves a path that a user named, once: `root` becomes the deepest folder that exists on the way
 * to it (all links followed, also one in the last component), *rest the remaining relative path
 * (owned by the caller): one name when only the file is new or when it is there; "." when `path`
 * names a folder. */
int ml_fs_locate(ml_root *root, char **rest, const char *path, ml_err *e);

/* Harmless any number of times. */
void ml_root_close(ml_root *root);

/* 0 if `path` has the form described above, else "argument". */
int ml_fs_check_path(const char *path, ml_err *e);

/* Is `name` (one component) that of a file this program stages beside its target:
 * .NAME.ml-XXXXXXXX… with 32 lower-case hexadecimal digits? */
bool ml_fs_is_temp(const char *name);

typedef enum ml_file_kind {
    ML_FILE_NONE = 0, /* nothing has that name */
    ML_FILE_FILE,
    ML_FILE_FOLDER,
    ML_FILE_LINK,
    ML_FILE_SPECIAL /* FIFO, socket, device */
} ml_file_kind;

typedef struct ml_stat {
    ml_file_kind kind;
    mode_t mode; /* permission bits, with setuid, setgid and sticky */
    uid_t uid;
    gid_t gid;
    uint64_t size, device, inode, links;
    int64_t mtime_s;
    long mtime_ns;
} ml_stat;

/* Describes the thing itself, a link too. A name that does not exist is success with kind NONE. */
int ml_fs_stat(const ml_root *root, const char *path, ml_stat *st, ml_err *e);

/* Describes what a descriptor is open to. */
int ml_fs_stat_fd(int fd, ml_stat *st, ml_err *e);

/* Appends the contents of a regular file; more than `limit` bytes is "limit" (0 means
 * ML_LIMIT_FILE). `st` may be NULL; it describes the very file that was read. */
int ml_fs_read(const ml_root *root, const char *path, size_t limit, ml_buf *out, ml_stat *st,
               ml_err *e);

/* As ml_fs_read, into locked memory; *out is new, to be freed by the caller. */
int ml_fs_read_secret(const ml_root *root, const char *path, size_t limit, ml_secret *out,
                      ml_stat *st, ml_err *e);

/* As ml_fs_read_secret for a path that the user names (links followed): FIFOs, pipes and terminals
 * are read too, as `<(command)` and /dev/stdin need. */
int ml_fs_read_named(const char *path, size_t limit, ml_secret *out, ml_err *e);

/* The target of a link as it stands there; appended to `out`. */
int ml_fs_readlink(const ml_root *root, const char *path, ml_buf *out, ml_err *e);

/* Names in a folder, sorted by bytes, without "." and "..". Free with ml_names_free. */
typedef struct ml_names {
    char **names;
    size_t count;
} ml_names;

int ml_fs_list(const ml_root *root, const char *path, ml_names *out, ml_err *e);
void ml_names_free(ml_names *names);

/* How the bytes of a file are to be treated. */
typedef enum ml_fs_kind {
    ML_FS_CLEAR = 0, /* secrets in clear: 0600 from creation, never hashed, never shown */
    ML_FS_SEALED,    /* encrypted: anybody may read them */
    ML_FS_PUBLIC     /* not secret */
} ml_fs_kind;

/* The mode of a file that is written: `asked` if not ML_FS_KEEP_MODE; else that of the file
 * replaced (`old` with kind FILE), in which a CLEAR file keeps nothing but its owner's bits; else
 * 0666 & ~umask, 0600 for CLEAR. */
enum { ML_FS_KEEP_MODE = 0 };
mode_t ml_fs_mode(ml_fs_kind kind, mode_t asked, const ml_stat *old, mode_t umask);

typedef struct ml_fs_write {
    ml_fs_kind kind;
    mode_t mode;    /* or ML_FS_KEEP_MODE */
    mode_t umask;   /* the caller's umask at the start of the program (env.h) */
    bool exclusive; /* "exists" if anything has that name */
} ml_fs_write;

/* Replaces (or makes) one file: all of the new bytes or all of the old, also after a power cut.
 * Staged beside the target with its final mode and owner, fsync, rename, fsync of the folder. The
 * folder must exist. For more than one file use a transaction (tx.h). */
int ml_fs_replace(const ml_root *root, const char *path, ml_bytes bytes, const ml_fs_write *how,
                  ml_err *e);

/* Makes a symbolic link; "exists" if anything has that name. */
int ml_fs_symlink(const ml_root *root, const char *path, const char *target, ml_err *e);

/* Makes a folder and those above it, with exactly this mode; those that exist are left as they
 * are. */
int ml_fs_mkdirs(const ml_root *root, const char *path, mode_t mode, ml_err *e);

/* The same for the folders above `path`. */
int ml_fs_mkdirs_above(const ml_root *root, const char *path, mode_t mode, ml_err *e);

/* Removes a file, link or empty folder, never a tree. */
int ml_fs_remove(const ml_root *root, const char *path, ml_err *e);

/* Removes everything below a folder and the folder itself, not crossing file systems, following no
 * link: for folders that this program made. */
int ml_fs_remove_tree(const ml_root *root, const char *path, ml_err *e);

/* May others change what `path` names? Every folder on the way (after resolving links) and the
 * thing itself must be owned by root or by us and not be writable by group or others; a sticky
 * folder such as /tmp is accepted on the way, not at the end. With `root_only` our own uid is not
 * good enough. "permission" names the first component that fails. */
int ml_fs_trusted(const char *path, bool root_only, ml_err *e);

#endif
