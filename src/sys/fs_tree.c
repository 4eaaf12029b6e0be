/* fs_tree.c — folders: their names, removal of whole trees, scratch folders in memory; see fs.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/fs_internal.h"

void ml_names_free(ml_names *names)
{
    size_t i;

    for (i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    memset(names, 0, sizeof *names);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(ml_names *out, size_t *room, const char *name)
{
    if (out->count == *room) {
        const size_t more = *room == 0 ? 16 : *room * 2;
        char **grown =
            more > ML_LIMIT_WALK_ENTRIES ? NULL : realloc(out->names, more * sizeof *grown);

        if (grown == NULL)
            return more > ML_LIMIT_WALK_ENTRIES ? -EFBIG : -ENOMEM;
        out->names = grown;
        *room = more;
    }
    out->names[out->count] = strdup(name);
    if (out->names[out->count] == NULL)
        return -ENOMEM;
    out->count++;
    return 0;
}

int ml_fs_list_fd(int folder, ml_names *out)
{
    const int copy = ml_fs_open_at(folder, ".", O_RDONLY | O_DIRECTORY, 0);
    size_t room = 0;
    struct dirent *entry;
    DIR *dir;
    int error = 0;

    memset(out, 0, sizeof *out);
    if (copy < 0)
        return copy;
    dir = fdopendir(copy);
    if (dir == NULL) {
        error = -errno;
        close(copy);
        return error;
    }
    for (;;) {
        errno = 0;
        entry = readdir(dir);
        if (entry == NULL) {
            error = -errno;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        error = add_name(out, &room, entry->d_name);
        if (error < 0)
            break;
    }
    closedir(dir);
    if (error < 0)
        ml_names_free(out);
    else if (out->count > 1)
        qsort(out->names, out->count, sizeof *out->names, compare_names);
    return error;
}

int ml_fs_list(const ml_root *root, const char *path, ml_names *out, ml_err *e)
{
    int folder, error;

    memset(out, 0, sizeof *out);
    if (strcmp(path, ".") != 0 && ml_fs_check_path(path, e) < 0)
        return -1;
    folder = ml_fs_open_at(root->fd, path, O_RDONLY | O_DIRECTORY, 0);
    if (folder < 0)
        return ml_fs_fail(e, folder, "list", path);
    error = ml_fs_list_fd(folder, out);
    close(folder);
    return error < 0 ? ml_fs_fail(e, error, "list", path) : 0;
}

/* Recursion is bounded by `depth`; `device` is the file system that is not left. */
static int empty_folder(int folder, uint64_t device, unsigned depth)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    ml_names names;
    size_t i;
    int error = depth == 0 ? -ELOOP : ml_fs_list_fd(folder, &names);

    if (error < 0)
        return error;
    for (i = 0; i < names.count && error == 0; i++) {
        const char *const name = names.names[i];
        ml_stat st;
        int inner;

        error = ops->stat(NULL, folder, name, &st);
        if (error < 0)
            break;
        if (st.kind != ML_FILE_FOLDER) {
            error = ops->remove(NULL, folder, name);
            continue;
        }
        inner = st.device == device ? ops->open_folder(NULL, folder, name) : -EXDEV;
        error = inner < 0 ? inner : empty_folder(inner, device, depth - 1);
        if (inner >= 0)
            close(inner);
        if (error == 0)
            error = ops->remove_folder(NULL, folder, name);
    }
    ml_names_free(&names);
    return error;
}

int ml_fs_remove_tree(const ml_root *root, const char *path, ml_err *e)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    const char *name;
    ml_stat st;
    int parent, folder, error;

    if (ml_fs_check_path(path, e) < 0)
        return -1;
    parent = ml_fs_open_parent(root->fd, path, &name);
    if (parent < 0)
        return ml_fs_fail(e, parent, "remove", path);
    folder = ops->open_folder(NULL, parent, name);
    error = folder < 0 ? folder : ops->stat_handle(NULL, folder, &st);
    if (error >= 0)
        error = empty_folder(folder, st.device, ML_LIMIT_WALK_DEPTH);
    if (folder >= 0)
        close(folder);
    if (error == 0)
        error = ops->remove_folder(NULL, parent, name);
    close(parent);
    return error < 0 ? ml_fs_fail(e, error, "remove", path) : 0;
}

/* Is this folder one where a name of ours is safe and nothing reaches a disk: a tmpfs that is ours
 * alone, or one that is sticky? */
static bool is_scratch_place(const char *path)
{
    struct statfs fs;
    struct stat st;

    return path != NULL && path[0] == '/' && statfs(path, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
           stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
           ((st.st_uid == geteuid() && (st.st_mode & 022) == 0) ||
            (st.st_uid == 0 && (st.st_mode & S_ISVTX) != 0));
}

int ml_fs_scratch(ml_root *root, ml_err *e)
{
    const char *place = getenv("XDG_RUNTIME_DIR");
    char digits[33], path[4096];
    int written;

    *root = (ml_root)ML_ROOT_CLOSED;
    if (!is_scratch_place(place))
        place = "/dev/shm";
    if (!is_scratch_place(place)) {
        ml_fail(e, ML_E_UNSUPPORTED, "no folder in memory for a file in clear");
        return ml_err_hint(e, "set XDG_RUNTIME_DIR to a tmpfs folder of yours, or mount /dev/shm");
    }
    if (ml_fs_random_hex(digits, 16) < 0)
        return ml_fail(e, ML_E_SYSTEM, "no random bytes");
    written = snprintf(path, sizeof path, "%s/moonlatch-%s", place, digits);
    if (written < 0 || (size_t)written >= sizeof path)
        return ml_fail(e, ML_E_ARGUMENT, "XDG_RUNTIME_DIR is too long");
    if (mkdir(path, 0700) != 0)
        return ml_fs_fail(e, -errno, "make the folder", path);
    return ml_root_open(root, path, e);
}

int ml_fs_remove_scratch(ml_root *root, ml_err *e)
{
    struct stat held, named;
    int error;

    if (root->fd < 0)
        return 0;
    error = fstat(root->fd, &held) != 0 ? -errno
                                        : empty_folder(root->fd, held.st_dev, ML_LIMIT_WALK_DEPTH);
    if (error == 0 && lstat(root->real, &named) == 0 && named.st_ino == held.st_ino &&
        named.st_dev == held.st_dev && rmdir(root->real) != 0)
        error = -errno;
    if (error < 0)
        ml_fs_fail(e, error, "remove", root->real);
    ml_root_close(root);
    return error < 0 ? -1 : 0;
}
