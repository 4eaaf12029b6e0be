#ifndef ML_TESTS_C_PIECES_H
#define ML_TESTS_C_PIECES_H

/* pieces.h — streams of age files whose ends are memory. */
#include <string.h>

#include "format/age_stream.h"

/* What is left to be read, and how many bytes of it at a time. */
typedef struct in_pieces {
    ml_bytes rest;
    size_t step;
} in_pieces;

/* Reads the next piece; the context of a source. */
static inline int pieces_read(void *context, unsigned char *p, size_t room, size_t *got, ml_err *e)
{
    in_pieces *from = context;
    const ml_bytes piece = ml_bytes_slice(from->rest, 0, from->step < room ? from->step : room);

    (void)e;
    if (piece.len > 0)
        memcpy(p, piece.p, piece.len);
    *got = piece.len;
    from->rest = ml_bytes_slice(from->rest, piece.len, from->rest.len);
    return 0;
}

/* Appends to the ml_buf that is the context of a sink. */
static inline int pieces_keep(void *context, ml_bytes part, ml_err *e)
{
    ml_buf_add(context, part);
    return ml_buf_check(context, e);
}

#endif
