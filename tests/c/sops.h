#ifndef ML_TESTS_C_SOPS_H
#define ML_TESTS_C_SOPS_H

/* sops.h — sealed files for the tests: made for the key of tests/vectors/sops and opened with it,
 * here or by the real program. Includes files.h. */
#include "tests/c/files.h"
#include "tests/c/keys.h"
#include "tests/c/temp.h"

#include "sops/file.h"
#include "sops/file_internal.h"

static const char test_key_text[] =
    "AGE-SECRET-KEY-1X7Y5JZRJF9E95XXRXLGUF908KERUQKYP8QHED09T7RUWSUEY5QAS5REW7G";

static inline ml_age_identity test_identity(void)
{
    ml_age_identity identity = { 0 };
    ml_err e;

    assert_int_equal(ml_age_identity_parse(&identity, ml_bytes_text(test_key_text), &e), 0);
    return identity;
}

/* Opened and unlocked, not yet decrypted. */
static inline ml_sops *open_with_test_key(ml_bytes sealed, ml_sops_format format)
{
    ml_age_identity identity = test_identity();
    const ml_age_identity *list[] = { &identity };
    ml_sops *s = NULL;
    ml_err e;

    if (ml_sops_open(&s, sealed, format, NULL, &e) < 0 ||
        ml_sops_unlock(s, list, 1, NULL, NULL, &e) < 0)
        fail_msg("%s (line %lu)\n%.*s", e.message, e.line, (int)sealed.len, (const char *)sealed.p);
    ml_age_identity_free(&identity);
    return s;
}

/* `selectors` may be NULL. */
static inline void seal_for_test_key(ml_bytes clear, ml_sops_format format,
                                     const ml_sops_selectors *selectors, ml_buf *out)
{
    ml_age_identity identity = test_identity();
    const ml_age_recipient *list[] = { &identity.recipient };
    ml_sops_new what = { .clear = clear, .format = format };
    ml_err e;

    if (selectors != NULL)
        what.selectors = *selectors;
    if (seal(&what, list, 1, out, &e) < 0)
        fail_msg("%s (line %lu)\n%.*s", e.message, e.line, (int)clear.len, (const char *)clear.p);
    ml_age_identity_free(&identity);
}

/* Opened with the key of the tests and decrypted. */
static inline ml_sops *decrypted(ml_bytes sealed, ml_sops_format format)
{
    ml_sops *s = open_with_test_key(sealed, format);
    ml_err e;

    if (ml_sops_decrypt(s, false, &e) < 0)
        fail_msg("%s (line %lu)\n%.*s", e.message, e.line, (int)sealed.len, (const char *)sealed.p);
    return s;
}

static inline ml_sops *sealed_and_opened(const char *clear, ml_sops_format format,
                                         const ml_sops_selectors *selectors)
{
    ml_buf sealed = { 0 };
    ml_sops *s;

    seal_for_test_key(ml_bytes_text(clear), format, selectors, &sealed);
    s = decrypted(ml_buf_bytes(&sealed), format);
    ml_buf_free(&sealed);
    return s;
}

/* The file's text now, to compare with later. */
static inline ml_buf text_of(const ml_sops *s)
{
    ml_buf copy = { 0 };

    ml_buf_add(&copy, ml_sops_text(s));
    return copy;
}

/* The real program: build/peers, or the PATH's. NULL when there is none, which CI=true forbids. */
static inline const char *find_sops(void)
{
    const char *ci = getenv("CI");

    if (access("build/peers/sops", X_OK) == 0)
        return "build/peers/sops";
    if (system("command -v sops > /dev/null") == 0)
        return "sops";
    if (ci != NULL && strcmp(ci, "true") == 0)
        fail_msg("sops is not installed: run tools/peers.sh");
    return NULL;
}

/* What the real program opens a file to with these keys, blanks between; fails the test when it
 * does not. */
static inline ml_buf decrypt_with_sops_keys(const char *sops, ml_bytes sealed, const char *format,
                                            const char *keys)
{
    char in[TEMP_PATH], out[TEMP_PATH], command[3 * TEMP_PATH];
    ml_root folder;
    ml_buf text;

    temp_open(&folder);
    write_file(temp_path(&folder, "sealed", in), sealed);
    snprintf(command, sizeof command, "%s decrypt --input-type %s --output-type %s %s > %s", sops,
             format, format, in, temp_path(&folder, "clear", out));
    setenv("SOPS_AGE_KEY", keys, 1);
    if (system(command) != 0)
        fail_msg("sops does not open\n%.*s", (int)sealed.len, (const char *)sealed.p);
    unsetenv("SOPS_AGE_KEY");
    text = read_file(out);
    temp_close(&folder);
    return text;
}

static inline ml_buf decrypt_with_sops(const char *sops, ml_bytes sealed, const char *format)
{
    return decrypt_with_sops_keys(sops, sealed, format, test_key_text);
}

#endif
