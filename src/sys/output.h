#ifndef ML_SYS_OUTPUT_H
#define ML_SYS_OUTPUT_H

/* output.h — one file written piece by piece, that is there whole or not at all.
 *
 * Nothing has the file's name before ml_output_commit, and nothing of it is left when that is not
 * reached, not even after a kill: the bytes are staged beside the target in a file without a name
 * (with one, .NAME.ml-…, where the file system cannot do that). Pipes, terminals and devices that a
 * person names are written as the bytes come. */
#include "sys/fs.h"

/* Zero-initialise with ML_OUTPUT_CLOSED. */
typedef struct ml_output {
    ml_fs_write how; /* kind and mode may be changed until the commit */
    ml_stat old;     /* what stands at the target: kind NONE, FILE or, written directly, SPECIAL */
    int fd;          /* -1 before the first byte */
    int folder;      /* of the target; -1 for what is written directly */
    char *path;      /* as given, for messages; owned, like the next */
    char *name;      /* in the folder */
    char *temp;      /* of the staged file, while it has a name */
} ml_output;

#define ML_OUTPUT_CLOSED                                                                           \
    {                                                                                              \
        .fd = -1, .folder = -1                                                                     \
    }

/* What a person named: "-", /dev/stdout and /dev/fd/N are descriptors that are open already, what
 * is no regular file is written directly, the last component may be a link, also one that leads to
 * nothing yet. A file that one may not write to is not replaced: "permission". */
int ml_output_open(ml_output *out, const char *path, const ml_fs_write *how, ml_err *e);

/* A regular file below a root, there or not, as all functions of fs.h take it. */
int ml_output_open_below(ml_output *out, const ml_root *root, const char *path,
                         const ml_fs_write *how, ml_err *e);

int ml_output_write(ml_output *out, ml_bytes part, ml_err *e);

/* Gives the file its owner, mode and name, and makes all durable. Of what is written directly
 * nothing is left to do. */
int ml_output_commit(ml_output *out, ml_err *e);

/* Without commit before: drops what was written. Harmless any number of times. */
void ml_output_close(ml_output *out);

#endif
