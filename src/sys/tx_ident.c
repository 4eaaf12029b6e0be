/* tx_ident.c — telling whether a file is still the one it was; see tx_internal.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/provider.h"
#include "sys/tx_internal.h"

_Static_assert((int)ML_JOURNAL_HASH == (int)ML_SHA256_SIZE, "the hash of a journal");

int ml_tx_fail(const ml_tx_work *w, unsigned root, const char *path, int error, const char *verb,
               ml_err *e)
{
    char full[8192];

    snprintf(full, sizeof full, "%s/%s", w->journal->roots[root].path, path);
    return ml_fs_fail(e, error, verb, full);
}

int ml_tx_parent(const ml_tx_work *w, unsigned root, const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    char folder[4096];
    size_t len;

    if (slash == NULL) {
        *name = path;
        return w->ops->open_folder(w->disk, w->roots[root], ".");
    }
    *name = slash + 1;
    len = (size_t)(slash - path);
    if (len >= sizeof folder)
        return -ENAMETOOLONG;
    memcpy(folder, path, len);
    folder[len] = '\0';
    return w->ops->open_folder(w->disk, w->roots[root], folder);
}

void ml_tx_hash(const ml_journal *j, ml_bytes bytes, unsigned char out[ML_JOURNAL_HASH])
{
    ml_hmac_sha256(out, ml_bytes_of(j->key, sizeof j->key), bytes);
}

static void fill(ml_ident *out, const ml_stat *st)
{
    memset(out, 0, sizeof *out);
    out->known = true;
    out->kind = st->kind;
    out->device = st->device;
    out->inode = st->inode;
    out->size = st->size;
    out->mode = st->mode;
    out->uid = st->uid;
    out->gid = st->gid;
    out->links = st->links;
    out->mtime_s = st->mtime_s;
    out->mtime_ns = st->mtime_ns;
}

static int hash_file(const ml_tx_work *w, int folder, const char *name, bool clear, ml_ident *out)
{
    ml_secret secret = { 0 };
    ml_buf buf = { 0 };
    ml_stat st;
    int error = w->ops->read(w->disk, folder, name, ML_LIMIT_FILE, clear ? NULL : &buf,
                             clear ? &secret : NULL, &st);

    if (error == 0) {
        fill(out, &st); /* what fstat says of the bytes that were read */
        ml_tx_hash(w->journal, clear ? ml_secret_bytes(&secret) : ml_buf_bytes(&buf), out->hash);
        out->hashed = true;
    }
    ml_secret_free(&secret);
    ml_buf_free(&buf);
    return error;
}

static int hash_link(const ml_tx_work *w, int folder, const char *name, ml_ident *out)
{
    ml_buf target = { 0 };
    const int error = w->ops->read_link(w->disk, folder, name, &target);

    if (error == 0) {
        ml_tx_hash(w->journal, ml_buf_bytes(&target), out->hash);
        out->hashed = true;
    }
    ml_buf_free(&target);
    return error;
}

int ml_tx_ident_at(const ml_tx_work *w, int folder, const char *name, bool hash, bool clear,
                   ml_ident *out)
{
    ml_stat st;
    const int error = w->ops->stat(w->disk, folder, name, &st);

    if (error < 0)
        return error;
    fill(out, &st);
    if (hash && st.kind == ML_FILE_FILE)
        return hash_file(w, folder, name, clear, out);
    if (hash && st.kind == ML_FILE_LINK)
        return hash_link(w, folder, name, out);
    return 0;
}

int ml_tx_ident(const ml_tx_work *w, unsigned root, const char *path, bool hash, bool clear,
                ml_ident *out)
{
    const char *name;
    const int folder = ml_tx_parent(w, root, path, &name);
    int error;

    memset(out, 0, sizeof *out);
    out->known = true;
    if (folder == -ENOENT)
        return 0;
    if (folder < 0)
        return folder;
    error = ml_tx_ident_at(w, folder, name, hash, clear, out);
    w->ops->close(w->disk, folder);
    return error;
}

/* The number that `device`, as remembered, has now: the root's own may have changed with a
 * restart. */
static uint64_t device_now(const ml_tx_work *w, unsigned root, uint64_t device)
{
    ml_stat st;

    if (device == w->journal->roots[root].device &&
        w->ops->stat_handle(w->disk, w->roots[root], &st) == 0)
        return st.device;
    return device;
}

bool ml_tx_ident_same_inode(const ml_tx_work *w, unsigned root, const ml_ident *remembered,
                            const ml_ident *now)
{
    return remembered->kind != ML_FILE_NONE && remembered->kind == now->kind &&
           remembered->inode == now->inode &&
           device_now(w, root, remembered->device) == now->device;
}

bool ml_tx_ident_is(const ml_tx_work *w, unsigned root, const ml_ident *remembered,
                    const ml_ident *now)
{
    if (remembered->kind == ML_FILE_NONE || now->kind == ML_FILE_NONE)
        return remembered->kind == now->kind;
    if (remembered->hashed)
        return now->hashed && remembered->kind == now->kind &&
               memcmp(remembered->hash, now->hash, sizeof now->hash) == 0;
    return ml_tx_ident_same_inode(w, root, remembered, now) &&
           (remembered->kind != ML_FILE_FILE || remembered->size == now->size);
}

bool ml_tx_ident_unchanged(const ml_ident *before, const ml_ident *now)
{
    if (before->kind == ML_FILE_NONE || now->kind == ML_FILE_NONE)
        return before->kind == now->kind;
    return before->kind == now->kind && before->device == now->device &&
           before->inode == now->inode && before->size == now->size &&
           before->mtime_s == now->mtime_s && before->mtime_ns == now->mtime_ns &&
           before->mode == now->mode;
}
