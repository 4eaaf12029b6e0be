#ifndef ML_DOC_YAML_TAG_H
#define ML_DOC_YAML_TAG_H

/* yaml_tag.h — the tags that YAML itself defines. */
#include "doc/doc.h"

/* The word of a core tag (`int` of !!int and of !<tag:yaml.org,2002:int>), or no bytes. */
ml_bytes ml_yaml_core_word(ml_bytes tag);

/* Whether a core tag's word says what type a plain scalar must have. */
bool ml_yaml_core_type(ml_bytes word, ml_type *type);

#endif
