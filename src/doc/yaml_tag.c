/* yaml_tag.c — the tags that YAML itself defines; see yaml_tag.h. */
#include "doc/yaml_tag.h"

static const char core_prefix[] = "!<tag:yaml.org,2002:";

ml_bytes ml_yaml_core_word(ml_bytes tag)
{
    if (ml_bytes_starts(tag, core_prefix))
        return ml_bytes_slice(tag, sizeof core_prefix - 1, tag.len - 1);
    return ml_bytes_starts(tag, "!!") ? ml_bytes_slice(tag, 2, tag.len) : ml_bytes_of(NULL, 0);
}

bool ml_yaml_core_type(ml_bytes word, ml_type *type)
{
    static const struct {
        const char *word;
        ml_type type;
    } typed[] = { { "int", ML_TYPE_INT },
                  { "float", ML_TYPE_FLOAT },
                  { "bool", ML_TYPE_BOOL },
                  { "null", ML_TYPE_NULL },
                  { "timestamp", ML_TYPE_TIME } };
    size_t i;

    for (i = 0; i < sizeof typed / sizeof *typed; i++)
        if (ml_bytes_is(word, typed[i].word)) {
            *type = typed[i].type;
            return true;
        }
    return false;
}
