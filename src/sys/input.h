#ifndef ML_SYS_INPUT_H
#define ML_SYS_INPUT_H

/* input.h — descriptors that this program was started with, read whole. */
#include "base/secret.h"

/* Reads a descriptor to its end into locked memory; *out is new, to be freed by the caller. Unlike
 * the reading of files a signal ends it: a person may be typing. Errors: "interrupted", "limit"
 * (more than `limit` bytes; 0 means ML_LIMIT_FILE), "memory", "system". */
int ml_input_all(int fd, size_t limit, ml_secret *out, ml_err *e);

/* The same for a descriptor whose number a person gave. Errors besides: "argument" for standard
 * output and error, "missing" for a number that this program was not started with: what it opened
 * itself is never meant. */
int ml_input_inherited(int fd, size_t limit, ml_secret *out, ml_err *e);

#endif
