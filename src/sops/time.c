/* time.c — times as the metadata has them; see metadata.h. */
#include <string.h>
#include <time.h>

#include "crypto/provider.h"
#include "doc/timestamp.h"
#include "sops/metadata.h"

int ml_sops_time_normal(char out[ML_SOPS_TIME_SIZE], ml_bytes text)
{
    char normal[ML_TIMESTAMP_SIZE];
    ml_timestamp t;
    size_t len;

    if (ml_timestamp_rfc3339(&t, text) < 0)
        return -1;
    ml_timestamp_text(normal, &t, false);
    len = strlen(normal);
    if (len >= ML_SOPS_TIME_SIZE)
        return -1;
    memcpy(out, normal, len + 1);
    return 0;
}

void ml_sops_time_now(char out[ML_SOPS_TIME_SIZE])
{
    const time_t now = (time_t)ml_clock_now();
    struct tm parts;

    memset(&parts, 0, sizeof parts);
    gmtime_r(&now, &parts);
    strftime(out, ML_SOPS_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
