#ifndef ML_DOC_TIMESTAMP_H
#define ML_DOC_TIMESTAMP_H

/* timestamp.h — points in time as YAML and sops write them. */
#include "base/buf.h"

typedef struct ml_timestamp {
    unsigned year, month, day, hour, minute, second;
    unsigned nanosecond;
    int offset; /* minutes east of UTC */
} ml_timestamp;

/* The forms Go's YAML loader takes: 2006-1-2, 2006-1-2 15:4:5.9, 2006-1-2T15:4:5.9Z (or with t, or
 * ±07:00 for Z). -1 for everything else, also for the 30th of February. */
int ml_timestamp_yaml(ml_timestamp *out, ml_bytes text);

/* RFC 3339 only: two digits everywhere, T and a zone. */
int ml_timestamp_rfc3339(ml_timestamp *out, ml_bytes text);

/* RFC 3339: the fraction (when `fraction`) without final zeroes, Z for UTC. There is room for the
 * largest numbers of the type. */
enum { ML_TIMESTAMP_SIZE = 128 };
void ml_timestamp_text(char out[ML_TIMESTAMP_SIZE], const ml_timestamp *t, bool fraction);

#endif
