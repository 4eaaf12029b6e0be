/* disk.c — see disk.h. */
#include "tests/c/disk.h"
#include "tests/c/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- bytes --- */

struct disk_blob {
    size_t users, len;
    char text[]; /* with a NUL behind */
};

disk_blob *disk_blob_new(ml_bytes a, ml_bytes b)
{
    disk_blob *blob = malloc(sizeof *blob + a.len + b.len + 1);

    assert_non_null(blob);
    blob->users = 1;
    blob->len = a.len + b.len;
    if (a.len > 0)
        memcpy(blob->text, a.p, a.len);
    if (b.len > 0)
        memcpy(blob->text + a.len, b.p, b.len);
    blob->text[blob->len] = '\0';
    return blob;
}

static disk_blob *blob_share(disk_blob *blob)
{
    if (blob != NULL)
        blob->users++;
    return blob;
}

void disk_blob_drop(disk_blob *blob)
{
    if (blob != NULL && --blob->users == 0)
        free(blob);
}

ml_bytes disk_blob_bytes(const disk_blob *blob)
{
    return blob == NULL ? ml_bytes_of(NULL, 0) : ml_bytes_of(blob->text, blob->len);
}

static void blob_set(disk_blob **place, disk_blob *blob)
{
    blob_share(blob);
    disk_blob_drop(*place);
    *place = blob;
}

/* --- images --- */

static void image_copy(disk_image *to, const disk_image *from)
{
    size_t i;

    memcpy(to->nodes, from->nodes, from->node_count * sizeof *to->nodes);
    memcpy(to->entries, from->entries, from->entry_count * sizeof *to->entries);
    to->node_count = from->node_count;
    to->entry_count = from->entry_count;
    for (i = 0; i < to->node_count; i++)
        blob_share(to->nodes[i].bytes);
}

static void image_drop(disk_image *image)
{
    size_t i;

    for (i = 0; i < image->node_count; i++)
        disk_blob_drop(image->nodes[i].bytes);
    image->node_count = image->entry_count = 0;
}

static const disk_entry *find_entry(const disk_image *image, size_t folder, const char *name)
{
    size_t i;

    for (i = 0; i < image->entry_count; i++)
        if (image->entries[i].folder == folder && strcmp(image->entries[i].name, name) == 0)
            return &image->entries[i];
    return NULL;
}

size_t disk_find(const disk_image *image, size_t folder, const char *name)
{
    const disk_entry *const entry = find_entry(image, folder, name);

    return entry == NULL ? 0 : entry->node;
}

static void drop_entry(disk_image *image, size_t folder, const char *name)
{
    const disk_entry *const entry = find_entry(image, folder, name);

    if (entry != NULL)
        image->entries[entry - image->entries] = image->entries[--image->entry_count];
}

static void set_entry(disk_image *image, size_t folder, const char *name, size_t node)
{
    disk_entry *entry;

    drop_entry(image, folder, name);
    assert_true(image->entry_count < DISK_ENTRIES);
    entry = &image->entries[image->entry_count++];
    *entry = (disk_entry){ .folder = folder, .node = node };
    assert_true(snprintf(entry->name, DISK_NAME, "%s", name) < DISK_NAME);
}

static void apply(disk_image *image, const disk_record *r)
{
    disk_node *const node = &image->nodes[r->node];

    switch (r->what) {
    case DISK_BYTES:
        blob_set(&node->bytes, r->bytes);
        break;
    case DISK_MODE:
        node->mode = r->mode;
        break;
    case DISK_OWNER:
        node->uid = r->uid;
        node->gid = r->gid;
        break;
    case DISK_ENTRY:
        if (r->gone[0] != '\0')
            drop_entry(image, r->node, r->gone);
        if (r->set[0] != '\0')
            set_entry(image, r->node, r->set, r->target);
        break;
    }
}

/* --- changes --- */

void disk_change(disk *d, disk_record r)
{
    d->seen.nodes[r.node].changed = ++d->clock;
    apply(&d->seen, &r);
    assert_true(d->record_count < DISK_RECORDS);
    d->records[d->record_count++] = r;
}

void disk_change_entry(disk *d, size_t folder, const char *gone, const char *set, size_t target)
{
    disk_record r = { .what = DISK_ENTRY, .node = folder, .target = target };

    assert_true(snprintf(r.gone, DISK_NAME, "%s", gone) < DISK_NAME);
    assert_true(snprintf(r.set, DISK_NAME, "%s", set) < DISK_NAME);
    disk_change(d, r);
}

void disk_settle(disk *d, size_t node, bool device)
{
    const disk_node *const nodes = d->seen.nodes;
    size_t i, kept = 0;

    for (i = 0; i < d->record_count; i++) {
        const disk_record r = d->records[i];

        if (device ? nodes[r.node].device == nodes[node].device : r.node == node) {
            apply(&d->durable, &r);
            disk_blob_drop(r.bytes);
        } else {
            d->records[kept++] = r;
        }
    }
    d->record_count = kept;
}

size_t disk_node_new(disk *d, ml_file_kind kind, mode_t mode, uint64_t device)
{
    const disk_node node = { .kind = kind,
                             .mode = mode,
                             .uid = geteuid(),
                             .gid = getegid(),
                             .device = device,
                             .changed = ++d->clock };
    const size_t number = d->seen.node_count;

    assert_true(number < DISK_NODES);
    d->seen.nodes[number] = d->durable.nodes[number] = node;
    d->seen.node_count = d->durable.node_count = number + 1;
    return number;
}

/* --- the life of a disk --- */

disk *disk_new(void)
{
    disk *const d = calloc(1, sizeof *d);

    assert_non_null(d);
    d->stop = d->fail_from = DISK_NEVER;
    (void)disk_node_new(d, ML_FILE_NONE, 0, 0); /* number 0 is no node */
    (void)disk_node_new(d, ML_FILE_FOLDER, 0755, 1);
    return d;
}

disk *disk_copy(const disk *from)
{
    disk *const d = malloc(sizeof *d);
    size_t i;

    assert_non_null(d);
    memset(d, 0, offsetof(disk, seen));
    d->stop = d->fail_from = DISK_NEVER;
    d->no_nameless = from->no_nameless;
    d->watch = from->watch;
    image_copy(&d->seen, &from->seen);
    image_copy(&d->durable, &from->durable);
    memcpy(d->records, from->records, from->record_count * sizeof *d->records);
    d->record_count = from->record_count;
    for (i = 0; i < d->record_count; i++)
        blob_share(d->records[i].bytes);
    memcpy(d->handles, from->handles, sizeof d->handles);
    d->clock = from->clock;
    return d;
}

static void forget_records(disk *d)
{
    while (d->record_count > 0)
        disk_blob_drop(d->records[--d->record_count].bytes);
}

void disk_free(disk *d)
{
    image_drop(&d->seen);
    image_drop(&d->durable);
    forget_records(d);
    free(d);
}

static unsigned chance(unsigned *seed, unsigned sides)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 16) % sides;
}

static void survive_by_chance(disk *d, unsigned seed)
{
    size_t i;

    for (i = 0; i < d->record_count; i++) {
        disk_record r = d->records[i];

        switch (chance(&seed, r.what == DISK_BYTES ? 3 : 2)) {
        case 0:
            break;
        case 1:
            apply(&d->durable, &r);
            break;
        default:
            r.bytes =
                disk_blob_new(ml_bytes_of(r.bytes->text, r.bytes->len / 2), ml_bytes_of(NULL, 0));
            apply(&d->durable, &r);
            disk_blob_drop(r.bytes);
        }
    }
}

void disk_crash(disk *d, disk_loss loss, unsigned seed)
{
    memset(d->handles, 0, sizeof d->handles);
    d->stop = d->fail_from = DISK_NEVER;
    d->stopped = false;
    d->changes = d->calls = 0;
    if (loss == DISK_KILL)
        return;
    if (loss == DISK_SOME)
        survive_by_chance(d, seed);
    forget_records(d);
    image_drop(&d->seen);
    image_copy(&d->seen, &d->durable);
}

/* --- paths --- */

int disk_walk(const disk_image *image, size_t at, const char *path, size_t *node)
{
    char name[DISK_NAME];

    while (*path != '\0') {
        const size_t len = strcspn(path, "/");

        if (len > 0 && !(len == 1 && path[0] == '.')) {
            if (len >= DISK_NAME)
                return -ENAMETOOLONG;
            memcpy(name, path, len);
            name[len] = '\0';
            if (image->nodes[at].kind == ML_FILE_LINK)
                return -ELOOP;
            if (image->nodes[at].kind != ML_FILE_FOLDER)
                return -ENOTDIR;
            at = disk_find(image, at, name);
            if (at == 0)
                return -ENOENT;
        }
        path += path[len] == '/' ? len + 1 : len;
    }
    *node = at;
    return 0;
}

static void put(disk *d, const char *path, ml_file_kind kind, mode_t mode, const char *bytes)
{
    char above[DISK_PATH];
    char *slash;
    size_t folder, node;

    snprintf(above, sizeof above, "%s", path);
    slash = strrchr(above, '/');
    assert_non_null(slash);
    *slash = '\0';
    assert_int_equal(disk_walk(&d->seen, DISK_ROOT, above, &folder), 0);
    /* a device for each folder below "/" */
    node = disk_node_new(d, kind, mode, d->seen.nodes[folder].device);
    if (folder == DISK_ROOT)
        d->seen.nodes[node].device = d->durable.nodes[node].device = 100 + node;
    disk_change_entry(d, folder, "", slash + 1, node);
    if (bytes != NULL)
        disk_change(
            d, (disk_record){ .what = DISK_BYTES,
                              .node = node,
                              .bytes = disk_blob_new(ml_bytes_text(bytes), ml_bytes_of(NULL, 0)) });
    disk_settle(d, folder, false);
    disk_settle(d, node, false);
}

void disk_put_folder(disk *d, const char *path, mode_t mode)
{
    put(d, path, ML_FILE_FOLDER, mode, NULL);
}

void disk_put_file(disk *d, const char *path, const char *text, mode_t mode)
{
    put(d, path, ML_FILE_FILE, mode, text);
}

void disk_put_link(disk *d, const char *path, const char *target)
{
    put(d, path, ML_FILE_LINK, 0777, target);
}

const char *disk_text(const disk *d, const char *path)
{
    size_t node;

    if (disk_walk(&d->seen, DISK_ROOT, path, &node) < 0 || d->seen.nodes[node].kind != ML_FILE_FILE)
        return NULL;
    return d->seen.nodes[node].bytes == NULL ? "" : d->seen.nodes[node].bytes->text;
}

/* --- listing --- */

static int by_name(const void *a, const void *b)
{
    const disk_entry *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static void list_folder(const disk *d, size_t folder, const char *path, disk_visit each, void *arg)
{
    const disk_entry *sorted[DISK_ENTRIES];
    char below[DISK_PATH];
    size_t i, count = 0;

    for (i = 0; i < d->seen.entry_count; i++)
        if (d->seen.entries[i].folder == folder)
            sorted[count++] = &d->seen.entries[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    for (i = 0; i < count; i++) {
        const disk_node *const node = &d->seen.nodes[sorted[i]->node];

        snprintf(below, sizeof below, "%s/%s", path, sorted[i]->name);
        each(arg, below, node, node->bytes == NULL ? "" : node->bytes->text);
        if (node->kind == ML_FILE_FOLDER)
            list_folder(d, sorted[i]->node, below, each, arg);
    }
}

void disk_list(const disk *d, const char *folder, disk_visit each, void *arg)
{
    size_t node;

    assert_int_equal(disk_walk(&d->seen, DISK_ROOT, folder, &node), 0);
    list_folder(d, node, folder, each, arg);
}
