#ifndef ML_DOC_VALUE_H
#define ML_DOC_VALUE_H

/* value.h — the typed values of sops: how each is spelled in a document, and the one canonical
 * spelling that is encrypted and hashed. */
#include "base/buf.h"
#include "doc/doc.h"

/* What sealed values begin with. */
#define ML_SEALED "ENC[AES256_GCM,"

/* The words of `type:` in ENC[…]: "str", "int", "float", "bool", "time", "comment", "bytes". */
const char *ml_type_word(ml_type type);
int ml_type_of_word(ml_bytes word, ml_type *type); /* -1 when unknown */

/* The type of a plain YAML scalar by the rules of sops' loader. */
ml_type ml_value_yaml_type(ml_bytes plain);

/* Whether `digits` ([+-]digits) fits 64 bits with sign: JSON numbers that do are integers. */
bool ml_value_is_int64(ml_bytes digits);

/* The canonical text of a scalar as written in `format`: `0x1F` → `31`, `true` → `True`, `1.50` →
 * `1.5`, `2025-01-02` → `2025-01-02T00:00:00Z`; strings, comments and bytes unchanged, null empty.
 * Fails with "format" for what sops' value model cannot carry: integers beyond 64 bits, numbers
 * whose shortest float64 is another number (the hint says: quote it). */
int ml_value_canonical(ml_format format, ml_type type, ml_bytes spelled, ml_buf *out, ml_err *e);

/* The spelling of a canonical non-string value in a plain scalar of `format`: `True` → `true`,
 * `1000000` of type float → `1e+06` in YAML. */
int ml_value_spell(ml_format format, ml_type type, ml_bytes canonical, ml_buf *out, ml_err *e);

/* Whether an opened plaintext is what its type says, in any spelling that sops takes; appends the
 * canonical one (`1` of type bool is `True`). Fails with "format". */
int ml_value_accept(ml_type type, ml_bytes plain, ml_buf *out, ml_err *e);

#endif
