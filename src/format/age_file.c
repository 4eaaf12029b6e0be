/* age_file.c — age files from a source to a sink; see age_file.h. */
#include "format/age_file.h"

#include "format/age_reader.h"
#include "format/age_seal.h"

int ml_age_file_encrypt(const ml_age_recipient *const *recipients, size_t count, bool armor,
                        const ml_age_source *source, const ml_age_sink *sink, ml_err *e)
{
    ml_age_seal seal;
    int status = ml_age_seal_begin(&seal, recipients, count, e);

    if (status == 0)
        status = ml_age_seal_stream(&seal, armor, source, sink, e);
    ml_age_seal_free(&seal);
    return status;
}

int ml_age_file_decrypt(const ml_age_keys *keys, const ml_age_source *source,
                        const ml_age_sink *sink, size_t *used, ml_err *e)
{
    ml_age_reader reader;
    int status = ml_age_reader_open(&reader, source, e);

    if (status == 0)
        status = ml_age_reader_unlock(&reader, keys, used, e);
    if (status == 0)
        status = ml_age_reader_decrypt(&reader, sink, e);
    ml_age_reader_free(&reader);
    return status;
}
