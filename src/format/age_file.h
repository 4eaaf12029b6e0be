#ifndef ML_FORMAT_AGE_FILE_H
#define ML_FORMAT_AGE_FILE_H

/* age_file.h — age files of any size, in bounded memory, from a source to a sink. */
#include "format/age.h"
#include "format/age_stream.h"

/* As ml_age_encrypt, from source to sink. */
int ml_age_file_encrypt(const ml_age_recipient *const *recipients, size_t count, bool armor,
                        const ml_age_source *source, const ml_age_sink *sink, ml_err *e);

/* As ml_age_decrypt. The sink sees nothing before the header is authentic, then authentic chunks;
 * whoever writes them must drop the result when this fails, since the rest may be missing. */
int ml_age_file_decrypt(const ml_age_keys *keys, const ml_age_source *source,
                        const ml_age_sink *sink, size_t *used, ml_err *e);

#endif
