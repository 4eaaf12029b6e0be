#ifndef ML_FORMAT_JSON_SCAN_H
#define ML_FORMAT_JSON_SCAN_H

/* json_scan.h — the grammar of RFC 8259, exactly. Private to src/format/json*.c: cJSON takes much
 * that is not JSON (control characters in strings, 01, text after the value), so a text is checked
 * here before cJSON sees it. */
#include "base/bytes.h"
#include "base/err.h"

/* Called for each number with its text, in the order of the text; -1 with *e filled ends the scan.
 */
typedef int ml_json_number_seen(void *context, ml_bytes text, ml_err *e);

/* Checks that `text` is one value with nothing but blanks around it, within the limits of
 * ml_json_read, without \u0000 and lone surrogates. 0, or -1 with position and reason in *e. */
int ml_json_scan(ml_bytes text, ml_json_number_seen *seen, void *context, ml_err *e);

#endif
