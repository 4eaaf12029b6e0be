#ifndef ML_TESTS_C_TESTKIT_WRITERS_H
#define ML_TESTS_C_TESTKIT_WRITERS_H

/* testkit_writers.h — what was read from a vector, written again. */
#include "tests/c/testkit_vector.h"

/* Writes armor, header and payload (`released`, of a file that opens) again, as far as the vector's
 * are well formed: NULL, or what came out different. */
const char *testkit_check_writers(const testkit_vector *v, ml_bytes released);

#endif
