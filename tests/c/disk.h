#ifndef ML_TESTS_C_DISK_H
#define ML_TESTS_C_DISK_H

/* disk.h — a simulated disk behind ml_fs_ops, for the questions that no real one answers: what is
 * left when the process stops at exactly this operation, and which of the writes that nobody synced
 * a power cut takes along.
 *
 * Every change is made at once in what running processes see, and waits as a record of its own
 * until it is durable: the bytes of a file, its mode, its owner, and each change of a folder's
 * entries (a rename is one) are apart from each other, as POSIX allows. fsync of a file or folder
 * makes its own records durable, syncfs those of the whole file system. A file whose entry is
 * durable and whose bytes are not is empty after a power cut. */
#include "sys/fs_ops.h"

enum { DISK_NODES = 128, DISK_ENTRIES = 128, DISK_RECORDS = 512, DISK_HANDLES = 128 };
enum { DISK_NAME = 80, DISK_PATH = 1024, DISK_NEVER = -1 };

typedef struct disk_blob disk_blob; /* bytes that never change, shared by all who hold them */

/* An inode; its number is its place in the table and is never used again. */
typedef struct disk_node {
    ml_file_kind kind;
    mode_t mode;
    uid_t uid;
    gid_t gid;
    uint64_t device;
    int64_t changed;
    disk_blob *bytes; /* of a file, or the target of a link; NULL when empty */
} disk_node;

typedef struct disk_entry {
    size_t folder, node;
    char name[DISK_NAME];
} disk_entry;

typedef struct disk_image {
    disk_node nodes[DISK_NODES];
    disk_entry entries[DISK_ENTRIES];
    size_t node_count, entry_count;
} disk_image;

/* A change that is not durable yet. */
typedef struct disk_record {
    enum { DISK_BYTES, DISK_MODE, DISK_OWNER, DISK_ENTRY } what;
    size_t node; /* that has to be synced: for an entry its folder */
    disk_blob *bytes;
    mode_t mode;
    uid_t uid;
    gid_t gid;
    char gone[DISK_NAME], set[DISK_NAME]; /* of an entry, or "" */
    size_t target;
} disk_record;

typedef struct disk {
    /* For tests to set. Numbers count from 0; DISK_NEVER switches off. */
    int stop;      /* the process is killed before this change: from there on nothing has effect */
    int fail_from; /* this call and `fail_count` in all are answered with `fail_error` */
    int fail_count, fail_error;
    bool no_nameless; /* as on file systems without O_TMPFILE */
    void (*watch)(struct disk *d);

    /* For tests to read. */
    int changes; /* operations that change something */
    int calls;   /* all operations but close */

    /* The disk's own. */
    bool stopped;
    disk_image seen, durable;
    disk_record records[DISK_RECORDS];
    size_t record_count;
    struct {
        size_t node; /* 0: closed */
        bool locked;
    } handles[DISK_HANDLES];
    int64_t clock;
} disk;

/* The operations; `disk` is a disk *. */
extern const ml_fs_ops disk_ops;

/* An empty disk; a copy, counting from 0 again, with nothing set but no_nameless and watch. */
disk *disk_new(void);
disk *disk_copy(const disk *from);
void disk_free(disk *d);

/* Building what is there before: absolute paths, durable at once. A folder directly below "/" is a
 * file system of its own. */
void disk_put_folder(disk *d, const char *path, mode_t mode);
void disk_put_file(disk *d, const char *path, const char *text, mode_t mode);
void disk_put_link(disk *d, const char *path, const char *target);

/* The process is gone, with its handles and locks. */
typedef enum disk_loss {
    DISK_KILL, /* nothing else: what is not durable stays in the cache and may be lost later */
    DISK_LOSE, /* and the power: all that was not durable is lost */
    DISK_SOME  /* and the power: of each record chance decides; bytes may also arrive by half */
} disk_loss;
void disk_crash(disk *d, disk_loss loss, unsigned seed);

/* The text of a file as a process sees it, or NULL. */
const char *disk_text(const disk *d, const char *path);

/* Calls `each` for everything below a folder, a folder before what is in it, by name. */
typedef void (*disk_visit)(void *arg, const char *path, const disk_node *node, const char *text);
void disk_list(const disk *d, const char *folder, disk_visit each, void *arg);

/* --- what disk.c and disk_ops.c share --- */

enum { DISK_ROOT = 1 }; /* the number of "/" */

/* Bytes joined from two runs. A blob begins with one user; setting it adds one. */
disk_blob *disk_blob_new(ml_bytes a, ml_bytes b);
void disk_blob_drop(disk_blob *blob);
ml_bytes disk_blob_bytes(const disk_blob *blob); /* NULL has none */

/* The node of that name in a folder, or 0; the node at a path below `at`, no component being a link
 * on the way: 0 or -errno. */
size_t disk_find(const disk_image *image, size_t folder, const char *name);
int disk_walk(const disk_image *image, size_t at, const char *path, size_t *node);

/* A new inode without a name. It is in both images: what is not durable is its name. */
size_t disk_node_new(disk *d, ml_file_kind kind, mode_t mode, uint64_t device);

/* Makes a change for all to see, to be made durable later; takes over the bytes in it. */
void disk_change(disk *d, disk_record r);
/* The change of a folder in which the name `gone` goes and `set` comes; "" for none. */
void disk_change_entry(disk *d, size_t folder, const char *gone, const char *set, size_t target);

/* Makes durable the records of one node, or of all nodes of its device. */
void disk_settle(disk *d, size_t node, bool device);

#endif
