#ifndef ML_BASE_ERR_H
#define ML_BASE_ERR_H

/* err.h — what a core function says when it could not do its work.
 *
 * Core code never prints, exits or jumps: it fills an ml_err and returns -1. A message quotes
 * names, paths, positions and lengths, never bytes that could be a secret. */

/* The stable words of `code`. The whole list with its explanations stands in
 * lua/moonlatch/fail.lua (`moonlatch help CODE`); tests compare the two. */
#define ML_E_ARGUMENT "argument" /* the caller's mistake; in Lua it is raised */
#define ML_E_AUTH "auth"         /* wrong key, or changed data: authentication failed */
#define ML_E_BUSY "busy"         /* locked by another process */
#define ML_E_CHANGED "changed"   /* something read has changed before the commit */
#define ML_E_CHILD "child"       /* a program failed, timed out or was killed */
#define ML_E_CLOSED "closed"     /* the handle is closed */
#define ML_E_CONFLICT "conflict" /* two things that should be equal differ */
#define ML_E_EXISTS "exists"     /* it is there already */
#define ML_E_FORMAT "format"     /* malformed document, key, header, encoding */
#define ML_E_INTERRUPTED "interrupted"
#define ML_E_KEY "key"               /* no identity opens it */
#define ML_E_LIMIT "limit"           /* a limit of src/base/limits.h was reached */
#define ML_E_MAC "mac"               /* the MAC of a sops file is absent or does not match */
#define ML_E_MEMORY "memory"         /* out of memory, or memory could not be locked */
#define ML_E_MISSING "missing"       /* no such file, key, path, program */
#define ML_E_PASSPHRASE "passphrase" /* a passphrase is needed and none was given */
#define ML_E_PERMISSION "permission" /* refused by the system, or too open to be trusted */
#define ML_E_SOURCE "key-source"     /* a key of another kind than age: its key source must do it */
#define ML_E_SYSTEM "system"         /* any other failure of the system; see errnum */
#define ML_E_UNSUPPORTED "unsupported"

enum { ML_ERR_TEXT = 512, ML_ERR_PATH = 256 };

typedef struct ml_err {
    const char *code;           /* one of the words above, static */
    int errnum;                 /* errno of the failed call, 0 if none */
    unsigned long line, column; /* 1-based; 0 = unknown */
    const char *part;           /* of a file that has several: which is at fault; static, or NULL */
    char path[ML_ERR_PATH];     /* the file concerned, "" if unknown; cut at the front when long */
    char message[ML_ERR_TEXT];  /* one line, no final full stop */
    char hint[ML_ERR_TEXT];     /* one sentence that says what to try, or "" */
} ml_err;

/* Fills *e (all other fields cleared) and returns -1, so that a function can end with
 * `return ml_fail(e, ML_E_FORMAT, "…")`. `e` must not be NULL. */
int ml_fail(ml_err *e, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As ml_fail for a failed system call: `errnum` was read in the first statement after it. The code
 * follows from errnum (ENOENT is "missing", EACCES "permission", …) and the reason is appended. */
int ml_fail_errno(ml_err *e, int errnum, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Out of memory, in one line. Returns -1. */
int ml_fail_memory(ml_err *e);

/* Adds what to try next. Returns -1. */
int ml_err_hint(ml_err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds where it happened, unless an inner function did so already. path may be NULL, line 0.
 * Returns -1. */
int ml_err_at(ml_err *e, const char *path, unsigned long line, unsigned long column);

/* Adds which part of the file is at fault, unless an inner function did so already. Returns -1. */
int ml_err_part(ml_err *e, const char *part);

#endif
