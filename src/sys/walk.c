/* walk.c — everything below a folder, sorted; see walk.h. */
#include "sys/walk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/list.h"
#include "sys/fs_internal.h"

typedef struct walker {
    const ml_walk_options *options;
    ml_walk *out;
    ml_err *e;
    uint64_t file_limit;
} walker;

void ml_walk_free(ml_walk *walk)
{
    size_t i;

    for (i = 0; i < walk->count; i++)
        free(walk->entries[i].path);
    free(walk->entries);
    memset(walk, 0, sizeof *walk);
}

/* Takes over `path`. */
static int add_entry(walker *w, char *path, const ml_stat *st, const char *note)
{
    ml_walk *const out = w->out;

    if (out->count >= ML_LIMIT_WALK_ENTRIES) {
        free(path);
        return ml_fail(w->e, ML_E_LIMIT, "more than %d files and folders", ML_LIMIT_WALK_ENTRIES);
    }
    if (!ml_list_grow(&out->entries, &out->room, out->count, sizeof *out->entries)) {
        free(path);
        return ml_fail_memory(w->e);
    }
    out->entries[out->count++] = (ml_walk_entry){ path, *st, note };
    return 0;
}

static char *join(const char *folder, const char *name)
{
    char *path;

    if (strcmp(folder, ".") == 0)
        return strdup(name);
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int walk_folder(walker *w, int folder, const char *path, unsigned depth);

/* Takes over `path`. */
static int visit_folder(walker *w, int parent, const char *name, char *path, const ml_stat *st,
                        unsigned depth)
{
    const ml_fs_ops *const ops = &ml_fs_ops_real;
    const int folder = ops->open_folder(NULL, parent, name);
    char *copy;
    ml_stat git;
    int status = 0;

    if (folder == -EACCES || folder == -EPERM)
        return add_entry(w, path, st, "a folder that may not be read");
    if (folder < 0) {
        /* Gone or replaced since it was listed: not part of the tree any more. */
        free(path);
        return folder == -ENOENT || folder == -ENOTDIR || folder == -ELOOP
                   ? 0
                   : ml_fs_fail(w->e, folder, "open the folder", name);
    }
    if (ops->stat(NULL, folder, ".git", &git) == 0 && git.kind != ML_FILE_NONE) {
        close(folder);
        return add_entry(w, path, st, "a nested repository");
    }
    if (w->options->folders) {
        copy = strdup(path);
        status = copy == NULL ? ml_fail_memory(w->e) : add_entry(w, copy, st, NULL);
    }
    if (status == 0)
        status = walk_folder(w, folder, path, depth);
    close(folder);
    free(path);
    return status;
}

static int visit(walker *w, int folder, const char *parent, const char *name, unsigned depth)
{
    char *path;
    ml_stat st;
    int error, ignored = 0;

    if (strcmp(name, ".git") == 0 || ml_fs_is_temp(name))
        return 0;
    path = join(parent, name);
    if (path == NULL)
        return ml_fail_memory(w->e);
    error = ml_fs_ops_real.stat(NULL, folder, name, &st);
    if (error < 0) {
        ml_fs_fail(w->e, error, "look at", path);
        free(path);
        return -1;
    }
    if (st.kind != ML_FILE_NONE && w->options->ignore != NULL)
        ignored = w->options->ignore(w->options->context, path, st.kind == ML_FILE_FOLDER, w->e);
    if (st.kind == ML_FILE_NONE || ignored != 0) {
        free(path);
        return ignored < 0 ? -1 : 0;
    }
    if (st.kind == ML_FILE_FOLDER)
        return visit_folder(w, folder, name, path, &st, depth);
    if (st.kind == ML_FILE_SPECIAL)
        return add_entry(w, path, &st, "a special file");
    if (st.kind == ML_FILE_FILE && st.size > w->file_limit)
        return add_entry(w, path, &st, "a file above the size limit");
    return add_entry(w, path, &st, NULL);
}

static int walk_folder(walker *w, int folder, const char *path, unsigned depth)
{
    ml_names names;
    size_t i;
    int status = 0, error;

    if (depth >= ML_LIMIT_WALK_DEPTH) {
        ml_fail(w->e, ML_E_LIMIT, "folders nested deeper than %d", ML_LIMIT_WALK_DEPTH);
        return ml_err_at(w->e, path, 0, 0);
    }
    error = ml_fs_list_fd(folder, &names);
    if (error < 0)
        return ml_fs_fail(w->e, error, "list", path);
    for (i = 0; i < names.count && status == 0; i++)
        status = visit(w, folder, path, names.names[i], depth + 1);
    ml_names_free(&names);
    return status;
}

int ml_walk_list(const ml_root *root, const char *path, const ml_walk_options *options,
                 ml_walk *out, ml_err *e)
{
    static const ml_walk_options plain = { 0 };
    /* cppcheck-suppress ctuuninitvar ; e is filled here, not read */
    walker w = { options != NULL ? options : &plain, out, e, 0 };
    int folder, status;

    memset(out, 0, sizeof *out);
    if (strcmp(path, ".") != 0 && ml_fs_check_path(path, e) < 0)
        return -1;
    w.file_limit = w.options->file_limit == 0 ? ML_LIMIT_WALK_FILE : w.options->file_limit;
    folder = ml_fs_ops_real.open_folder(NULL, root->fd, path);
    if (folder < 0)
        return ml_fs_fail(e, folder, "open the folder", path);
    status = walk_folder(&w, folder, path, 0);
    close(folder);
    return status;
}
