/* fs_open.c — opening below a folder without following a link; names of staged files; errors. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crypto/encode.h"
#include "sys/fs_internal.h"

enum { ALWAYS = O_CLOEXEC | O_NOCTTY | O_NONBLOCK };

int ml_fs_check_path(const char *path, ml_err *e)
{
    const char *at = path;

    if (path[0] == '\0')
        return ml_fail(e, ML_E_ARGUMENT, "a path is empty");
    for (;;) {
        const size_t len = strcspn(at, "/");

        if (len == 0 || (len == 1 && at[0] == '.') || (len == 2 && at[0] == '.' && at[1] == '.')) {
            ml_fail(e, ML_E_ARGUMENT, "not a plain relative path: %s", path);
            return ml_err_at(e, path, 0, 0);
        }
        if (at[len] == '\0')
            return 0;
        at += len + 1;
    }
}

static bool is_link(int folder, const char *name)
{
    struct stat st;

    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

int ml_fs_open_stepwise(int at, const char *path, int flags, mode_t mode)
{
    char name[NAME_MAX + 1];
    int folder = openat(at, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int next;

    if (folder < 0)
        return -errno;
    for (;;) {
        const size_t len = strcspn(path, "/");
        const bool last = path[len] == '\0';
        int error;

        if (len == 0 || len >= sizeof name || (len == 2 && memcmp(path, "..", 2) == 0)) {
            close(folder);
            return len >= sizeof name ? -ENAMETOOLONG : -EINVAL;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        /* O_PATH | O_NOFOLLOW opens a link itself, unless O_DIRECTORY refuses it (ENOTDIR). */
        next = openat(folder, name,
                      last ? flags | ALWAYS | O_NOFOLLOW
                           : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                      mode);
        error = errno;
        if (is_link(folder, name) && (next >= 0 || error == ENOTDIR)) {
            if (next >= 0)
                close(next);
            next = -1;
            error = ELOOP; /* as openat2 says it */
        }
        close(folder);
        if (next < 0)
            return -error;
        if (last)
            return next;
        folder = next;
        path += len + 1;
    }
}

int ml_fs_open_at(int at, const char *path, int flags, mode_t mode)
{
    struct open_how how;
    long fd;

    memset(&how, 0, sizeof how);
    /* No O_NOFOLLOW: with O_DIRECTORY a link at the end would be ENOTDIR instead of ELOOP. */
    how.flags = (unsigned long long)(unsigned)(flags | ALWAYS);
    if ((flags & O_PATH) != 0) /* openat2 refuses flags that mean nothing together */
        how.flags &= ~(unsigned long long)(O_NOCTTY | O_NONBLOCK);
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    do
        fd = syscall(SYS_openat2, at, path, &how, sizeof how);
    while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    if (fd >= 0)
        return (int)fd;
    /* Old kernels do not know it, and container filters of old say EPERM to what they do not
     * know. */
    if (errno == ENOSYS || errno == EPERM)
        return ml_fs_open_stepwise(at, path, flags, mode);
    return -errno;
}

int ml_fs_open_parent(int at, const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    size_t len;

    if (slash == NULL) {
        *name = path;
        return ml_fs_open_at(at, ".", O_RDONLY | O_DIRECTORY, 0);
    }
    *name = slash + 1;
    len = (size_t)(slash - path);
    if (len >= sizeof folder)
        return -ENAMETOOLONG;
    memcpy(folder, path, len);
    folder[len] = '\0';
    return ml_fs_open_at(at, folder, O_RDONLY | O_DIRECTORY, 0);
}

int ml_fs_open_parent_of(const ml_root *root, const char *path, const char **name, const char *verb,
                         ml_err *e)
{
    int folder;

    if (ml_fs_check_path(path, e) < 0)
        return -1;
    folder = ml_fs_open_parent(root->fd, path, name);
    return folder < 0 ? ml_fs_fail(e, folder, verb, path) : folder;
}

void ml_fs_stat_from(ml_stat *st, const struct stat *from)
{
    memset(st, 0, sizeof *st);
    st->kind = S_ISREG(from->st_mode)   ? ML_FILE_FILE
               : S_ISDIR(from->st_mode) ? ML_FILE_FOLDER
               : S_ISLNK(from->st_mode) ? ML_FILE_LINK
                                        : ML_FILE_SPECIAL;
    st->mode = from->st_mode & 07777;
    st->uid = from->st_uid;
    st->gid = from->st_gid;
    st->size = (uint64_t)from->st_size;
    st->device = from->st_dev;
    st->inode = from->st_ino;
    st->links = from->st_nlink;
    st->mtime_s = from->st_mtim.tv_sec;
    st->mtime_ns = from->st_mtim.tv_nsec;
}

int ml_fs_random_hex(char *text, size_t bytes)
{
    unsigned char raw[64];

    if (bytes > sizeof raw)
        return -EINVAL;
    if (getrandom(raw, bytes, 0) != (ssize_t)bytes)
        return -EIO;
    ml_hex_encode(text, ml_bytes_of(raw, bytes));
    text[2 * bytes] = '\0';
    return 0;
}

enum { LONGEST = 200 }; /* bytes of a name that a staged name repeats */

static const char MARK[] = ".ml-";

bool ml_fs_is_temp(const char *name)
{
    const size_t len = strlen(name), tail = sizeof MARK - 1 + ML_FS_TEMP_DIGITS;
    size_t i;

    if (len < tail + 2 || name[0] != '.')
        return false;
    if (memcmp(name + len - tail, MARK, sizeof MARK - 1) != 0)
        return false;
    for (i = len - ML_FS_TEMP_DIGITS; i < len; i++)
        if (strchr("0123456789abcdef", name[i]) == NULL)
            return false;
    return true;
}

void ml_fs_temp_name(char *out, const char *name, const char *digits)
{
    /* The digits alone make the name unique, so a long name may lose its end, at a character. */
    size_t len = strlen(name);

    if (len > LONGEST)
        for (len = LONGEST; len > 0 && ((unsigned char)name[len] & 0xC0) == 0x80; len--)
            ;
    snprintf(out, ML_FS_NAME, ".%.*s%s%.*s", (int)len, name, MARK, ML_FS_TEMP_DIGITS, digits);
}

int ml_fs_fail(ml_err *e, int error, const char *verb, const char *path)
{
    const int errnum = -error;

    switch (errnum) {
    case ELOOP:
        ml_fail(e, ML_E_UNSUPPORTED, "cannot %s %s: a symbolic link is on the way", verb, path);
        ml_err_hint(e, "links are not followed here; name the place that it leads to");
        break;
    case EOPNOTSUPP:
        ml_fail(e, ML_E_UNSUPPORTED, "cannot %s %s: not a regular file", verb, path);
        break;
    case EISDIR:
        ml_fail(e, ML_E_UNSUPPORTED, "cannot %s %s: it is a folder", verb, path);
        break;
    case EFBIG:
        ml_fail(e, ML_E_LIMIT, "cannot %s %s: larger than the limit", verb, path);
        break;
    default:
        ml_fail_errno(e, errnum, "cannot %s %s", verb, path);
    }
    return ml_err_at(e, path, 0, 0);
}
