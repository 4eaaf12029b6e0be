/* disk_ops.c — the operation table on a simulated disk; see disk.h. */
#include "tests/c/disk.h"
#include "tests/c/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What every operation begins with: 0, or the answer to give at once. */
static int begin(disk *d, bool changes)
{
    const int call = d->calls;

    if (d->stopped || (changes && d->changes == d->stop)) {
        d->stopped = true;
        return -EIO; /* nobody is there any more to hear it */
    }
    d->calls++;
    if (d->fail_from != DISK_NEVER && call >= d->fail_from && call - d->fail_from < d->fail_count)
        return -d->fail_error;
    d->changes += changes;
    return 0;
}

static int end(disk *d)
{
    if (d->watch != NULL)
        d->watch(d);
    return 0;
}

static int open_handle(disk *d, size_t node)
{
    int i;

    for (i = 0; i < DISK_HANDLES; i++)
        if (d->handles[i].node == 0) {
            d->handles[i].node = node;
            return i;
        }
    return -EMFILE;
}

static size_t node_of(const disk *d, int handle)
{
    assert_in_range(handle, 0, DISK_HANDLES - 1);
    assert_true(d->handles[handle].node != 0);
    return d->handles[handle].node;
}

static int open_path(disk *d, size_t at, const char *path)
{
    size_t node;
    int error = begin(d, false);

    if (error == 0)
        error = disk_walk(&d->seen, at, path, &node);
    if (error == 0 && d->seen.nodes[node].kind != ML_FILE_FOLDER)
        error = d->seen.nodes[node].kind == ML_FILE_LINK ? -ELOOP : -ENOTDIR;
    return error < 0 ? error : open_handle(d, node);
}

static int op_open_root(void *p, const char *path)
{
    return open_path(p, DISK_ROOT, path);
}

static int op_open_folder(void *p, int at, const char *path)
{
    return open_path(p, node_of(p, at), path);
}

static void op_close(void *p, int handle)
{
    disk *const d = p;

    (void)node_of(d, handle);
    d->handles[handle].node = 0;
    d->handles[handle].locked = false;
}

/* --- looking --- */

static void fill_stat(const disk *d, size_t number, ml_stat *st)
{
    const disk_node *const node = &d->seen.nodes[number];
    size_t i;

    memset(st, 0, sizeof *st);
    if (number == 0)
        return;
    st->kind = node->kind;
    st->mode = node->mode;
    st->uid = node->uid;
    st->gid = node->gid;
    st->size = disk_blob_bytes(node->bytes).len;
    st->device = node->device;
    st->inode = number;
    st->mtime_s = node->changed;
    for (i = 0; i < d->seen.entry_count; i++)
        st->links += d->seen.entries[i].node == number;
}

static int op_stat(void *p, int folder, const char *name, ml_stat *st)
{
    disk *const d = p;
    const int error = begin(d, false);

    fill_stat(d, error == 0 ? disk_find(&d->seen, node_of(d, folder), name) : 0, st);
    return error;
}

static int op_stat_handle(void *p, int handle, ml_stat *st)
{
    disk *const d = p;
    const int error = begin(d, false);

    fill_stat(d, error == 0 ? node_of(d, handle) : 0, st);
    return error;
}

static int op_read(void *p, int folder, const char *name, size_t limit, ml_buf *buf,
                   ml_secret *secret, ml_stat *st)
{
    disk *const d = p;
    const size_t number = disk_find(&d->seen, node_of(d, folder), name);
    const disk_node *const node = &d->seen.nodes[number];
    const ml_bytes bytes = disk_blob_bytes(node->bytes);
    int error = begin(d, false);
    ml_err e;

    if (error == 0 && number == 0)
        error = -ENOENT;
    if (error == 0 && node->kind != ML_FILE_FILE)
        error = node->kind == ML_FILE_FOLDER ? -EISDIR : -ELOOP;
    if (error == 0 && bytes.len > limit)
        error = -EFBIG;
    if (error < 0)
        return error;
    fill_stat(d, number, st);
    if (secret != NULL)
        return ml_secret_copy(secret, bytes, &e) < 0 ? -ENOMEM : 0;
    ml_buf_add(buf, bytes);
    return buf->failed ? -ENOMEM : 0;
}

static int op_read_link(void *p, int folder, const char *name, ml_buf *out)
{
    disk *const d = p;
    const size_t number = disk_find(&d->seen, node_of(d, folder), name);
    int error = begin(d, false);

    if (error == 0 && number == 0)
        error = -ENOENT;
    if (error == 0 && d->seen.nodes[number].kind != ML_FILE_LINK)
        error = -EINVAL;
    if (error == 0)
        ml_buf_add(out, disk_blob_bytes(d->seen.nodes[number].bytes));
    return error;
}

static int op_list(void *p, int folder, ml_names *out)
{
    disk *const d = p;
    const size_t number = node_of(d, folder);
    const int error = begin(d, false);
    size_t i;

    memset(out, 0, sizeof *out);
    if (error < 0)
        return error;
    out->names = calloc(DISK_ENTRIES, sizeof *out->names);
    assert_non_null(out->names);
    for (i = 0; i < d->seen.entry_count; i++)
        if (d->seen.entries[i].folder == number) {
            out->names[out->count] = strdup(d->seen.entries[i].name);
            assert_non_null(out->names[out->count++]);
        }
    return 0;
}

static int op_is_mount(void *p, int folder, const char *name)
{
    (void)folder;
    (void)name;
    return begin(p, false);
}

/* --- changing --- */

/* A new thing under a name that must be free; its node in *number. */
static int make(disk *d, int folder, const char *name, ml_file_kind kind, mode_t mode,
                size_t *number)
{
    const size_t above = node_of(d, folder);
    const int error = begin(d, true);

    if (error < 0)
        return error;
    if (disk_find(&d->seen, above, name) != 0)
        return -EEXIST;
    *number = disk_node_new(d, kind, mode, d->seen.nodes[above].device);
    disk_change_entry(d, above, "", name, *number);
    return 0;
}

static int op_create(void *p, int folder, const char *name)
{
    size_t number;
    const int error = make(p, folder, name, ML_FILE_FILE, 0600, &number);

    if (error < 0)
        return error;
    end(p);
    return open_handle(p, number);
}

static int op_create_nameless(void *p, int folder)
{
    disk *const d = p;
    const size_t above = node_of(d, folder);
    const int error = begin(d, true);

    if (error < 0)
        return error;
    if (d->no_nameless)
        return -EOPNOTSUPP;
    return open_handle(d, disk_node_new(d, ML_FILE_FILE, 0600, d->seen.nodes[above].device));
}

static int op_link_nameless(void *p, int handle, int folder, const char *name)
{
    disk *const d = p;
    const size_t node = node_of(d, handle), above = node_of(d, folder);
    const int error = begin(d, true);

    if (error < 0)
        return error;
    if (disk_find(&d->seen, above, name) != 0)
        return -EEXIST;
    disk_change_entry(d, above, "", name, node);
    return end(d);
}

/* A change of an inode itself. Takes over the bytes in the record. */
static int change_node(disk *d, size_t node, disk_record r)
{
    const int error = begin(d, true);

    if (error < 0) {
        disk_blob_drop(r.bytes);
        return error;
    }
    r.node = node;
    disk_change(d, r);
    return end(d);
}

static int op_write(void *p, int handle, ml_bytes bytes)
{
    const disk *const d = p;
    const size_t node = node_of(d, handle);
    const ml_bytes before = disk_blob_bytes(d->seen.nodes[node].bytes);

    return change_node(p, node,
                       (disk_record){ .what = DISK_BYTES, .bytes = disk_blob_new(before, bytes) });
}

static int op_set_owner(void *p, int handle, uid_t uid, gid_t gid)
{
    return change_node(p, node_of(p, handle),
                       (disk_record){ .what = DISK_OWNER, .uid = uid, .gid = gid });
}

static int op_set_mode(void *p, int handle, mode_t mode)
{
    return change_node(p, node_of(p, handle), (disk_record){ .what = DISK_MODE, .mode = mode });
}

static int op_set_mode_at(void *p, int folder, const char *name, mode_t mode)
{
    const disk *const d = p;
    const size_t node = disk_find(&d->seen, node_of(d, folder), name);

    if (node == 0 || d->seen.nodes[node].kind == ML_FILE_LINK)
        return node == 0 ? -ENOENT : -ELOOP;
    return change_node(p, node, (disk_record){ .what = DISK_MODE, .mode = mode });
}

/* As the real one does it: closed first, then with its mode, which is a record of its own. */
static int op_make_folder(void *p, int folder, const char *name, mode_t mode)
{
    size_t number;
    const int error = make(p, folder, name, ML_FILE_FOLDER, mode & 0700, &number);

    if (error < 0)
        return error;
    if ((mode & 0700) != mode)
        disk_change(p, (disk_record){ .what = DISK_MODE, .node = number, .mode = mode });
    return end(p);
}

/* The target comes with the inode. */
static int op_make_link(void *p, int folder, const char *name, const char *target)
{
    disk *const d = p;
    size_t number;
    const int error = make(d, folder, name, ML_FILE_LINK, 0777, &number);

    if (error < 0)
        return error;
    disk_change(d, (disk_record){ .what = DISK_BYTES,
                                  .node = number,
                                  .bytes = disk_blob_new(ml_bytes_text(target), (ml_bytes){ 0 }) });
    disk_settle(d, number, false);
    return end(d);
}

static int op_rename(void *p, int folder, const char *from, const char *to)
{
    disk *const d = p;
    const size_t above = node_of(d, folder), node = disk_find(&d->seen, above, from);
    const int error = begin(d, true);

    if (error < 0 || node == 0)
        return error < 0 ? error : -ENOENT;
    disk_change_entry(d, above, from, to, node);
    return end(d);
}

/* Takes a name out of its folder. */
static int drop(disk *d, int folder, const char *name, bool is_folder)
{
    const size_t above = node_of(d, folder), node = disk_find(&d->seen, above, name);
    const int error = begin(d, true);
    size_t i;

    if (error < 0 || node == 0)
        return error < 0 ? error : -ENOENT;
    if ((d->seen.nodes[node].kind == ML_FILE_FOLDER) != is_folder)
        return is_folder ? -ENOTDIR : -EISDIR;
    for (i = 0; i < d->seen.entry_count; i++)
        if (d->seen.entries[i].folder == node)
            return -ENOTEMPTY;
    disk_change_entry(d, above, name, "", 0);
    return end(d);
}

static int op_remove(void *p, int folder, const char *name)
{
    return drop(p, folder, name, false);
}

static int op_remove_folder(void *p, int folder, const char *name)
{
    return drop(p, folder, name, true);
}

/* --- making durable --- */

static int settle(disk *d, int handle, bool device)
{
    const int error = begin(d, true);

    if (error == 0)
        disk_settle(d, node_of(d, handle), device);
    return error;
}

static int op_sync(void *p, int handle)
{
    return settle(p, handle, false);
}

static int op_sync_all(void *p, int handle)
{
    return settle(p, handle, true);
}

/* The file is made where there is none; its text is not simulated. */
static int op_lock(void *p, int folder, const char *name, int patience, pid_t *owner)
{
    disk *const d = p;
    const size_t above = node_of(d, folder);
    size_t node = disk_find(&d->seen, above, name);
    const int error = begin(d, true);
    int i, handle;

    (void)patience; /* nobody else could let go of it */
    *owner = 0;
    if (error < 0)
        return error;
    for (i = 0; i < DISK_HANDLES; i++)
        if (node != 0 && d->handles[i].node == node && d->handles[i].locked)
            return -EWOULDBLOCK;
    if (node == 0) {
        node = disk_node_new(d, ML_FILE_FILE, 0600, d->seen.nodes[above].device);
        disk_change_entry(d, above, "", name, node);
    }
    handle = open_handle(d, node);
    if (handle >= 0)
        d->handles[handle].locked = true;
    return handle;
}

const ml_fs_ops disk_ops = {
    .open_root = op_open_root,
    .open_folder = op_open_folder,
    .close = op_close,
    .stat = op_stat,
    .stat_handle = op_stat_handle,
    .read = op_read,
    .read_link = op_read_link,
    .list = op_list,
    .is_mount = op_is_mount,
    .create = op_create,
    .create_nameless = op_create_nameless,
    .link_nameless = op_link_nameless,
    .write = op_write,
    .set_owner = op_set_owner,
    .set_mode = op_set_mode,
    .set_mode_at = op_set_mode_at,
    .make_folder = op_make_folder,
    .make_link = op_make_link,
    .rename = op_rename,
    .remove = op_remove,
    .remove_folder = op_remove_folder,
    .sync = op_sync,
    .sync_all = op_sync_all,
    .lock = op_lock,
};
