#ifndef ML_DOC_DOC_INDEX_H
#define ML_DOC_DOC_INDEX_H

/* doc_index.h — keys of maps: found fast, and never twice in one map. */
#include "doc/doc_internal.h"

/* Enters the keys of large maps into the document's hash table and refuses equal keys in any map
 * ("format", with both lines). Children must be linked. */
int ml_doc_build_index(ml_doc *d, ml_err *e);

/* A seed that who wrote the file cannot know. */
uint64_t ml_doc_seed(const ml_doc *d);

#endif
