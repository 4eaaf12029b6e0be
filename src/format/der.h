#ifndef ML_FORMAT_DER_H
#define ML_FORMAT_DER_H

/* der.h — the few types of ASN.1 that private keys are made of, in the one form that DER gives each
 * (X.690 section 10). Things are taken from the front of *from; false when something else stands
 * there, and *from is then as it was. */
#include "base/bytes.h"

typedef enum ml_der_tag {
    ML_DER_INTEGER = 0x02,
    ML_DER_BITS = 0x03,
    ML_DER_OCTETS = 0x04,
    ML_DER_NULL = 0x05,
    ML_DER_NAME = 0x06, /* an object identifier */
    ML_DER_SEQUENCE = 0x30,
    ML_DER_OPTION_0 = 0xa0, /* [0] and [1] of a sequence's optional elements */
    ML_DER_OPTION_1 = 0x81
} ml_der_tag;

/* An element of this tag; its contents are a span of *from. */
bool ml_der_take(ml_bytes *from, ml_der_tag tag, ml_bytes *contents);

/* A number that is not negative, without the zero that may have to stand before it; 0 has no bytes.
 */
bool ml_der_take_number(ml_bytes *from, ml_bytes *number);

#endif
