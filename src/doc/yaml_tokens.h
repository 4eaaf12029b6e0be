#ifndef ML_DOC_YAML_TOKENS_H
#define ML_DOC_YAML_TOKENS_H

/* yaml_tokens.h — the tokens of a YAML text, from libyaml's scanner, with byte offsets.
 *
 * The grammar over them is ours (yaml_parse.c): tokens give exact spans of every indicator, depth
 * is counted without recursion, and comments are found in the gaps between them. */
#include <yaml.h>

#include "doc/doc_internal.h"

typedef struct ml_yaml_token {
    uint8_t type;  /* yaml_token_type_t */
    uint8_t style; /* ml_style of a scalar; 1 for a %YAML directive that is not 1.1 */
    uint32_t start, end;
    uint32_t line, column; /* of `start`, from 1, columns in bytes */
    uint32_t text_len;
    const unsigned char *text; /* scalar: decoded; anchor and alias: the name; tag: as written */
} ml_yaml_token;

/* Zero-initialise. */
typedef struct ml_yaml_tokens {
    ml_yaml_token *list;
    size_t count, cap;
    bool comments; /* a '#' stands in some gap */
} ml_yaml_tokens;

/* Scans the whole document text. Fails with "format" where libyaml does, or with "limit" beyond
 * ML_LIMIT_DEPTH levels or too many tokens. */
int ml_yaml_scan(ml_doc *d, ml_yaml_tokens *out, ml_err *e);
void ml_yaml_tokens_free(ml_yaml_tokens *t);

#endif
