/* fs_tree.c — folders: their names, removal of whole trees; see fs.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/list.h"
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
    if (out->count >= ML_LIMIT_WALK_ENTRIES)
        return -EFBIG;
    if (!ml_list_grow(&out->names, room, out->count, sizeof *out->names))
        return -ENOMEM;
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
static int empty_below(int folder, uint64_t device, unsigned depth)
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
        error = inner < 0 ? inner : empty_below(inner, device, depth - 1);
        if (inner >= 0)
            close(inner);
        if (error == 0)
            error = ops->remove_folder(NULL, folder, name);
    }
    ml_names_free(&names);
    return error;
}

int ml_fs_empty(int folder, unsigned depth)
{
    ml_stat st;
    const int error = ml_fs_ops_real.stat_handle(NULL, folder, &st);

    return error < 0 ? error : empty_below(folder, st.device, depth);
}

int ml_fs_remove_tree(const ml_root *root, const char *path, ml_err *e)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    const char *name;
    int parent, folder, error;

    parent = ml_fs_open_parent_of(root, path, &name, "remove", e);
    if (parent < 0)
        return -1;
    folder = ops->open_folder(NULL, parent, name);
    error = folder < 0 ? folder : ml_fs_empty(folder, ML_LIMIT_WALK_DEPTH);
    if (folder >= 0)
        close(folder);
    if (error == 0)
        error = ops->remove_folder(NULL, parent, name);
    close(parent);
    return error < 0 ? ml_fs_fail(e, error, "remove", path) : 0;
}
