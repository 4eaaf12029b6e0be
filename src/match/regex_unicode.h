#ifndef ML_MATCH_REGEX_UNICODE_H
#define ML_MATCH_REGEX_UNICODE_H

/* regex_unicode.h — the names that Go 1.19 takes in \p{…}: general categories and the scripts of
 * Unicode 13. Later releases of Go know more names and looser spellings; a pattern that uses those
 * does not mean the same to all builds of sops. */
#include "base/bytes.h"

typedef enum ml_unicode_kind {
    ML_UNICODE_NONE,
    ML_UNICODE_CATEGORY, /* also "Any" */
    ML_UNICODE_SCRIPT,
    ML_UNICODE_VARIES /* releases of Go disagree: on "C" since 1.25, on Old_Italic and the like */
} ml_unicode_kind;

typedef struct ml_unicode_class {
    ml_unicode_kind kind;
    bool folds; /* (?i) adds characters to it, or takes some from its complement */
} ml_unicode_class;

/* Looks `name` up, exactly as spelled. */
ml_unicode_class ml_unicode_class_find(ml_bytes name);

#endif
