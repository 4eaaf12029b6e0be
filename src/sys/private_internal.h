#ifndef ML_SYS_PRIVATE_INTERNAL_H
#define ML_SYS_PRIVATE_INTERNAL_H

/* private_internal.h — scratch.c: the private folder that has a name for all. */
#include "sys/fs.h"

/* Makes the folder and locks it for as long as root->fd is open. `open_way`: where other users can
 * come to it. */
int ml_scratch_open(ml_root *root, bool open_way, ml_err *e);

/* Removes what is in it, and the folder if its name leads to it from here. */
int ml_scratch_remove(const ml_root *root, ml_err *e);

/* Removes the folders of processes that have ended. What cannot be removed stays. */
void ml_scratch_sweep(void);

#endif
