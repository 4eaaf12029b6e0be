#ifndef ML_SYS_INPUT_H
#define ML_SYS_INPUT_H

/* input.h — what is read to its end: descriptors that this program was started with, whole, and
 * files of any size piece by piece. */
#include "sys/fs.h"

/* Reads a descriptor to its end into locked memory; *out is new, to be freed by the caller. Unlike
 * the reading of files a signal ends it: a person may be typing. Errors: "interrupted", "limit"
 * (more than `limit` bytes; 0 means ML_LIMIT_FILE), "memory", "system". */
int ml_input_all(int fd, size_t limit, ml_secret *out, ml_err *e);

/* Reads one line into *out, new as well, without its line break; what is behind that stays for
 * whoever reads next. *end: there is no line any more. Errors as above. */
int ml_input_line(int fd, size_t limit, ml_secret *out, bool *end, ml_err *e);

/* Reads as ml_input_all does a descriptor whose number a person gave. Errors besides: "argument"
 * for standard output and error, "missing" for a number that this program was not started with:
 * what it opened itself is never meant. */
int ml_input_inherited(int fd, size_t limit, ml_secret *out, ml_err *e);

/* A file, pipe or terminal being read. Zero-initialise with ML_INPUT_CLOSED. */
typedef struct ml_input {
    int fd;
    char *path;     /* as given, for messages; owned */
    ml_stat st;     /* as it was when it was opened */
    uint64_t start; /* of a regular file: where reading began; standard input may be further on */
    const char *last_line; /* of what a person types or pastes: it ends behind this line; or NULL */
    bool ended;            /* a terminal could be read on */
} ml_input;

#define ML_INPUT_CLOSED                                                                            \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/* Opens what a person named: "-" is standard input; links are followed; FIFOs and devices are what
 * they may name, and opening one waits for its writer until a signal comes. Folders are refused. */
int ml_input_open(ml_input *in, const char *path, ml_err *e);

/* Opens a regular file below a root, as all functions of fs.h do. */
int ml_input_open_below(ml_input *in, const ml_root *root, const char *path, ml_err *e);

/* Reads up to `room` bytes to p, fewer only at the end, and puts their number into *got. A regular
 * file that was written to meanwhile fails with "changed" at its end, a signal with "interrupted".
 * A terminal ends behind `last_line`, too: what comes next may be the answer to a prompt. */
int ml_input_read(ml_input *in, unsigned char *p, size_t room, size_t *got, ml_err *e);

/* Reads up to `room` bytes from `offset` on, counted from where reading began, fewer only at the
 * end; "unsupported" for what is no regular file. Moves nothing. */
int ml_input_read_at(const ml_input *in, uint64_t offset, unsigned char *p, size_t room,
                     size_t *got, ml_err *e);

/* Harmless any number of times; standard input stays open. */
void ml_input_close(ml_input *in);

#endif
