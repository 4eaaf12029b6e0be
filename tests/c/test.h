#ifndef ML_TESTS_C_TEST_H
#define ML_TESTS_C_TEST_H

/* test.h — cmocka with the headers it wants before it, in the order it wants them. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
// clang-format on

#endif
