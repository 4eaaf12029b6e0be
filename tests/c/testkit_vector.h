#ifndef ML_TESTS_C_TESTKIT_VECTOR_H
#define ML_TESTS_C_TESTKIT_VECTOR_H

/* testkit_vector.h — one test vector of the C2SP age test kit: lines "key: value", an empty line,
 * then the age file. */
#include "base/buf.h"

/* What may become of a file, in the words of the kit. */
typedef enum testkit_class {
    TESTKIT_SUCCESS,
    TESTKIT_HEADER,
    TESTKIT_ARMOR,
    TESTKIT_PAYLOAD,
    TESTKIT_NO_MATCH,
    TESTKIT_MAC,
    TESTKIT_CLASSES /* how many there are; and an error that is none of them */
} testkit_class;

const char *testkit_class_word(testkit_class class);

enum { TESTKIT_KEYS = 8 };

/* Owns `source` and `file`; the spans point into `source`. */
typedef struct testkit_vector {
    testkit_class expected;
    ml_bytes payload, file_key; /* in hex, or no bytes */
    ml_bytes identities[TESTKIT_KEYS], ssh_identities[TESTKIT_KEYS], passphrases[TESTKIT_KEYS];
    size_t identity_count, ssh_identity_count, passphrase_count;
    bool armored;
    ml_buf source, file;
} testkit_vector;

/* Takes apart v->source, which is filled; the rest of *v is zero. Fails with "unsupported" for
 * what is no vector, or has a key that this runner does not know: it is to be passed over. */
int testkit_vector_parse(testkit_vector *v, ml_err *e);
void testkit_vector_free(testkit_vector *v);

#endif
