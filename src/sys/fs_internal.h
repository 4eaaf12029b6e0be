#ifndef ML_SYS_FS_INTERNAL_H
#define ML_SYS_FS_INTERNAL_H

/* fs_internal.h — what the files of this folder share. Functions return a descriptor or 0, or
 * -errno. */
#include "sys/fs.h"
#include "sys/fs_ops.h"

struct stat;

/* open(2) of a relative path below `at` without following links: openat2, or component by component
 * where the kernel (or a container's filter) does not have it. "." is `at` itself. Adds O_CLOEXEC,
 * O_NOCTTY and O_NONBLOCK. */
int ml_fs_open_at(int at, const char *path, int flags, mode_t mode);

/* The second way by itself, for tests and for kernels before 5.6. */
int ml_fs_open_stepwise(int at, const char *path, int flags, mode_t mode);

/* The folder that holds `path`, with *name set to the last component inside `path`. */
int ml_fs_open_parent(int at, const char *path, const char **name);

/* The same for a path that a caller gave, after ml_fs_check_path; -1 with "cannot VERB PATH: …". */
int ml_fs_open_parent_of(const ml_root *root, const char *path, const char **name, const char *verb,
                         ml_err *e);

/* Reads all of a descriptor; give one of `buf` and `secret`. With `regular` anything but a regular
 * file is -EOPNOTSUPP (a folder -EISDIR). More than `limit` bytes is -EFBIG. */
int ml_fs_read_fd(int fd, bool regular, size_t limit, ml_buf *buf, ml_secret *secret, ml_stat *st);

/* Writes all of it. */
int ml_fs_write_fd(int fd, ml_bytes bytes);

/* ml_fs_list of an open folder; *out is empty after a failure. */
int ml_fs_list_fd(int folder, ml_names *out);

/* Removes all that is in an open folder, as ml_fs_remove_tree does; `depth` folders deep. */
int ml_fs_empty(int folder, unsigned depth);

void ml_fs_stat_from(ml_stat *st, const struct stat *from);

/* Writes 2 * bytes hexadecimal digits and a NUL to `text`, from the system's random source. */
int ml_fs_random_hex(char *text, size_t bytes);

enum { ML_FS_TEMP_DIGITS = 32, ML_FS_NAME = 256 };

/* ".NAME.ml-DIGITS" into out[ML_FS_NAME]; a NAME too long for that is cut. */
void ml_fs_temp_name(char *out, const char *name, const char *digits);

/* Turns an -errno into a message: "cannot VERB PATH: …" with the codes that fs.h promises. */
int ml_fs_fail(ml_err *e, int error, const char *verb, const char *path);

#endif
