#ifndef ML_TESTS_C_CRASH_H
#define ML_TESTS_C_CRASH_H

/* crash.h — what the tests with the simulated disk have in common: a repository and two key files,
 * one change over both, and what must hold whatever happens to it. */
#include "tests/c/disk.h"
#include "tests/c/test.h"

#include <stdlib.h>
#include <string.h>

#include "sys/tx_internal.h"

typedef struct plan {
    const char *name;
    int sealed;       /* files to be sealed anew, s0 to s… */
    bool mode;        /* one more whose mode changes: that phase then ends in a syncfs */
    bool no_nameless; /* on file systems without O_TMPFILE */
} plan;

/* Up to 16 entries are synced one by one, more with syncfs. */
extern const plan FEW, MANY, NAMED;

/* All is old there, and durable. */
disk *build(const plan *p);

/* The transaction with its changes staged in memory; its commit; what `moonlatch recover` does. */
ml_tx *open_tx(disk *d, const plan *p);
int commit(disk *d, const plan *p, bool *committed, ml_err *e);
int recover(disk *d, ml_err *e);

/* Everything below both roots as text, and the number of journals. */
ml_buf picture(const disk *d);
size_t journals(const disk *d);

/* Both ends of the change, as pictures. */
typedef struct states {
    ml_buf old, new;
} states;

states both_states(const plan *p);
void free_states(states *s);

/* Fails unless a key that is listed opens every sealed file. */
void every_file_opens(disk *d);

/* A copy that has crashed, in which every file opens. */
disk *crashed(const disk *d, disk_loss loss, unsigned seed);

/* Fails unless all is old or all is new and no journal is left; true if it is new. */
bool check_whole(const disk *d, const states *s);

/* The same after a recovery. */
bool recovered(disk *d, const states *s);

/* The same for good: a power cut right after may bring back a journal whose removal somebody was
 * killed over, but never the other state. Takes the disk. */
bool check_recovery(disk *d, const states *s);

#endif
