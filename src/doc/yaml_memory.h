#ifndef ML_DOC_YAML_MEMORY_H
#define ML_DOC_YAML_MEMORY_H

/* yaml_memory.h — the wiping allocator that libyaml is made to use. */
#include <stdbool.h>

/* Whether this build has it (not with the sanitizers). Referring to it also makes the linker take
 * the file with the allocator out of the archive. */
bool ml_yaml_memory_wipes(void);

#endif
