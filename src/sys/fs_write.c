/* fs_write.c — changing single files; see fs.h. Built on the operation table, as transactions are.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/fs_internal.h"

mode_t ml_fs_mode(ml_fs_kind kind, mode_t asked, const ml_stat *old, mode_t umask)
{
    if (asked != ML_FS_KEEP_MODE)
        return asked & 07777;
    if (old != NULL && old->kind == ML_FILE_FILE)
        return kind == ML_FS_CLEAR ? (old->mode & 0700) | 0600 : old->mode & 07777;
    return kind == ML_FS_CLEAR ? 0600 : 0666 & ~umask;
}

/* Owner first: chown clears setuid bits. Owner and group are left alone where they are right
 * already, which is all that an ordinary user may ask. */
static int dress(int fd, const ml_stat *old, mode_t mode)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    ml_stat now;
    int error = ops->stat_handle(NULL, fd, &now);

    if (error == 0 && old->kind == ML_FILE_FILE && (old->uid != now.uid || old->gid != now.gid))
        error = ops->set_owner(NULL, fd, old->uid, old->gid);
    return error < 0 ? error : ops->set_mode(NULL, fd, mode);
}

/* Stages, syncs and renames. *staged says whether `temp` is there to be removed. */
static int replace_in(int folder, const char *name, const char *temp, ml_bytes bytes,
                      const ml_fs_write *how, bool *staged)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    ml_stat old;
    int fd, error = ops->stat(NULL, folder, name, &old);

    if (error < 0)
        return error;
    if (how->exclusive && old.kind != ML_FILE_NONE)
        return -EEXIST;
    if (old.kind == ML_FILE_FOLDER)
        return -EISDIR;
    if (old.kind == ML_FILE_SPECIAL)
        return -EOPNOTSUPP;
    if (old.kind == ML_FILE_LINK)
        return -ELOOP;
    fd = ops->create(NULL, folder, temp);
    if (fd < 0)
        return fd;
    *staged = true;
    error = ops->write(NULL, fd, bytes);
    if (error == 0)
        error = dress(fd, &old, ml_fs_mode(how->kind, how->mode, &old, how->umask));
    if (error == 0)
        error = ops->sync(NULL, fd);
    close(fd);
    if (error < 0)
        return error;
    /* Exclusively: the link fails where the rename would replace what came in between. */
    if (how->exclusive)
        return linkat(folder, temp, folder, name, 0) != 0 ? -errno : 0;
    error = ops->rename(NULL, folder, temp, name);
    *staged = error < 0;
    return error;
}

int ml_fs_replace(const ml_root *root, const char *path, ml_bytes bytes, const ml_fs_write *how,
                  ml_err *e)
{
    char digits[ML_FS_TEMP_DIGITS + 1], temp[ML_FS_NAME];
    const char *name;
    bool staged = false;
    int folder, error;

    if (ml_fs_check_path(path, e) < 0)
        return -1;
    folder = ml_fs_open_parent(root->fd, path, &name);
    if (folder < 0)
        return ml_fs_fail(e, folder, "write", path);
    error = ml_fs_random_hex(digits, ML_FS_TEMP_DIGITS / 2);
    if (error == 0) {
        ml_fs_temp_name(temp, name, digits);
        error = replace_in(folder, name, temp, bytes, how, &staged);
    }
    if (staged)
        unlinkat(folder, temp, 0);
    if (error == 0)
        error = ml_fs_ops_real.sync(NULL, folder);
    close(folder);
    return error < 0 ? ml_fs_fail(e, error, "write", path) : 0;
}

int ml_fs_symlink(const ml_root *root, const char *path, const char *target, ml_err *e)
{
    const char *name;
    int folder, error;

    if (ml_fs_check_path(path, e) < 0)
        return -1;
    folder = ml_fs_open_parent(root->fd, path, &name);
    if (folder < 0)
        return ml_fs_fail(e, folder, "make the link", path);
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

int ml_fs_remove(const ml_root *root, const char *path, ml_err *e)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    const char *name;
    int folder, error;

    if (ml_fs_check_path(path, e) < 0)
        return -1;
    folder = ml_fs_open_parent(root->fd, path, &name);
    if (folder < 0)
        return ml_fs_fail(e, folder, "remove", path);
    error = ops->remove(NULL, folder, name);
    if (error == -EISDIR)
        error = ops->remove_folder(NULL, folder, name);
    close(folder);
    return error < 0 ? ml_fs_fail(e, error, "remove", path) : 0;
}
