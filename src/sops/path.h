#ifndef ML_SOPS_PATH_H
#define ML_SOPS_PATH_H

/* path.h — the parts of a path into a document: `a/b/0` (~1 is /, ~0 is ~), or sops' own
 * `["a"][0]`. */
#include "base/buf.h"

typedef struct ml_sops_part {
    size_t at, len; /* the key's text, in `text` of the path */
    bool number;    /* digits only, and not in quotes: an index where a list is met */
    size_t index;
} ml_sops_part;

/* Zero-initialise. */
typedef struct ml_sops_path {
    ml_buf text;
    ml_sops_part *parts;
    size_t count;
} ml_sops_path;

/* Fails with "argument" for a malformed path, "limit" for more parts than documents nest. */
int ml_sops_path_parse(ml_sops_path *p, const char *path, ml_err *e);
void ml_sops_path_free(ml_sops_path *p);

/* The text of part i. */
ml_bytes ml_sops_path_key(const ml_sops_path *p, size_t i);

#endif
