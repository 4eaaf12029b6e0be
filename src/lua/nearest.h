#ifndef ML_LUA_NEAREST_H
#define ML_LUA_NEAREST_H

/* nearest.h — the known word that somebody probably meant. */

/* The nearest of `words` (NULL at the end), or NULL when none is near: at most a third of its
 * letters, and at least one, inserted, deleted, changed or swapped. */
const char *ml_nearest(const char *word, const char *const *words);

#endif
