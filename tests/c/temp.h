#ifndef ML_TESTS_C_TEMP_H
#define ML_TESTS_C_TEMP_H

/* temp.h — a folder of its own for a test that needs real files. Each function fails the test when
 * it cannot do its work. */
#include "tests/c/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fs.h"

enum { TEMP_PATH = 4096 };

/* Makes a new folder, opens it as `root` and leaves its path in root->real. */
static inline void temp_open(ml_root *root)
{
    const char *place = getenv("TMPDIR");
    char path[TEMP_PATH];
    ml_err e;

    snprintf(path, sizeof path, "%s/moonlatch-test-XXXXXX", place != NULL ? place : "/tmp");
    assert_non_null(mkdtemp(path));
    assert_int_equal(ml_root_open(root, path, &e), 0);
}

static inline void temp_close(ml_root *root)
{
    ml_root above;
    char *slash, path[TEMP_PATH];
    ml_err e;

    snprintf(path, sizeof path, "%s", root->real);
    slash = strrchr(path, '/');
    *slash = '\0';
    assert_int_equal(ml_root_open(&above, path, &e), 0);
    assert_int_equal(ml_fs_remove_tree(&above, slash + 1, &e), 0);
    ml_root_close(&above);
    ml_root_close(root);
}

/* The absolute path of a name below the root; `out` has TEMP_PATH bytes. */
static inline const char *temp_path(const ml_root *root, const char *name, char *out)
{
    assert_true(snprintf(out, TEMP_PATH, "%s/%s", root->real, name) < TEMP_PATH);
    return out;
}

/* Writes a file the plain way, not with the code under test. */
static inline void temp_write(const ml_root *root, const char *name, const char *text, mode_t mode)
{
    char path[TEMP_PATH];
    FILE *file = fopen(temp_path(root, name, path), "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* Does a file hold this text? NULL asks whether nothing has that name. */
static inline bool temp_holds(const ml_root *root, const char *name, const char *text)
{
    char path[TEMP_PATH], got[TEMP_PATH];
    struct stat st;
    FILE *file;
    size_t len;

    if (text == NULL)
        return lstat(temp_path(root, name, path), &st) != 0;
    file = fopen(temp_path(root, name, path), "r");
    if (file == NULL)
        return false;
    len = fread(got, 1, sizeof got - 1, file);
    got[len] = '\0';
    fclose(file);
    return strcmp(got, text) == 0;
}

static inline mode_t temp_mode(const ml_root *root, const char *name)
{
    char path[TEMP_PATH];
    struct stat st;

    assert_int_equal(lstat(temp_path(root, name, path), &st), 0);
    return st.st_mode & 07777;
}

#endif
