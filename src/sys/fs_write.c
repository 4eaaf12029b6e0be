/* fs_write.c — changing single files; see fs.h. Built on the operation table, as transactions are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/fs_internal.h"
#include "sys/output.h"

mode_t ml_fs_mode(ml_fs_kind kind, mode_t asked, const ml_stat *old, mode_t umask)
{
    if (asked != ML_FS_KEEP_MODE)
        return asked & 07777;
    if (old != NULL && old->kind == ML_FILE_FILE)
        return kind == ML_FS_CLEAR ? (old->mode & 0700) | 0600 : old->mode & 07777;
    return kind == ML_FS_CLEAR ? 0600 : 0666 & ~umask;
}

int ml_fs_replace(const ml_root *root, const char *path, ml_bytes bytes, const ml_fs_write *how,
                  ml_err *e)
{
    ml_output out;
    int status = ml_output_open_below(&out, root, path, how, e);

    if (status == 0)
        status = ml_output_write(&out, bytes, e);
    if (status == 0)
        status = ml_output_commit(&out, e);
    ml_output_close(&out);
    return status;
}

int ml_fs_symlink(const ml_root *root, const char *path, const char *target, ml_err *e)
{
    const char *name;
    int folder, error;

    folder = ml_fs_open_parent_of(root, path, &name, "make the link", e);
    if (folder < 0)
        return -1;
    error = ml_fs_ops_real.make_link(NULL, folder, name, target);
    close(folder);
    return error < 0 ? ml_fs_fail(e, error, "make the link", path) : 0;
}

int ml_fs_mkdirs(const ml_root *root, const char *path, mode_t mode, ml_err *e)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    char name[ML_FS_NAME];
    const char *at = path;
    int folder, next, error = 0;

    if (ml_fs_check_path(path, e) < 0)
        return -1;
    folder = ops->open_folder(NULL, root->fd, ".");
    while (folder >= 0 && at != NULL) {
        const size_t len = strcspn(at, "/");

        if (len >= sizeof name) {
            error = -ENAMETOOLONG;
            break;
        }
        memcpy(name, at, len);
        name[len] = '\0';
        error = ops->make_folder(NULL, folder, name, mode);
        if (error == 0)
            error = ops->sync(NULL, folder);
        if (error < 0 && error != -EEXIST)
            break;
        error = 0;
        next = ops->open_folder(NULL, folder, name);
        close(folder);
        folder = next;
        at = at[len] == '/' ? at + len + 1 : NULL;
    }
    if (folder >= 0)
        close(folder);
    else
        error = folder;
    return error < 0 ? ml_fs_fail(e, error, "make the folder", path) : 0;
}

int ml_fs_mkdirs_above(const ml_root *root, const char *path, mode_t mode, ml_err *e)
{
    const char *slash = strrchr(path, '/');
    char *above;
    int status;

    if (slash == NULL)
        return 0;
    above = strndup(path, (size_t)(slash - path));
    if (above == NULL)
        return ml_fail_memory(e);
    status = ml_fs_mkdirs(root, above, mode, e);
    free(above);
    return status;
}

int ml_fs_remove(const ml_root *root, const char *path, ml_err *e)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    const char *name;
    int folder, error;

    folder = ml_fs_open_parent_of(root, path, &name, "remove", e);
    if (folder < 0)
        return -1;
    error = ops->remove(NULL, folder, name);
    if (error == -EISDIR)
        error = ops->remove_folder(NULL, folder, name);
    close(folder);
    return error < 0 ? ml_fs_fail(e, error, "remove", path) : 0;
}
