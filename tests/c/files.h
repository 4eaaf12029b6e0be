#ifndef ML_TESTS_C_FILES_H
#define ML_TESTS_C_FILES_H

/* files.h — files and peer programs for the tests that need them. Tests run in the project's root.
 */
#include "tests/c/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

/* The contents of a file; fails the test when there is none. */
static inline ml_buf read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    ml_buf b = { 0 };
    size_t got;

    if (f == NULL)
        fail_msg("cannot open %s", path);
    do {
        unsigned char *room = ml_buf_room(&b, 65536);

        assert_non_null(room);
        got = fread(room, 1, 65536, f);
        b.len += got;
    } while (got > 0);
    fclose(f);
    return b;
}

static inline void write_file(const char *path, ml_bytes bytes)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

/* Skips the test when the program is not installed, unless CI=true, which promises that it is. */
static inline void need_program(const char *name)
{
    const char *ci = getenv("CI");
    char command[128];

    snprintf(command, sizeof command, "command -v %s > /dev/null", name);
    if (system(command) == 0)
        return;
    if (ci != NULL && strcmp(ci, "true") == 0)
        fail_msg("%s is not installed", name);
    skip();
}

#endif
