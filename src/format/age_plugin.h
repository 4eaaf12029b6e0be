#ifndef ML_FORMAT_AGE_PLUGIN_H
#define ML_FORMAT_AGE_PLUGIN_H

/* age_plugin.h — the keys of age plugins: age1NAME1… and AGE-PLUGIN-NAME-1…. What stands behind the
 * name is the plugin's business; the program that has it is age-plugin-NAME. */
#include "base/secret.h"

enum { ML_AGE_PLUGIN_NAME = 200 }; /* most characters of a name: it is part of a file's name */

/* Checks the whole text and puts the name, in lower case, into `name`. Fails with "format";
 * messages quote nothing of an identity. */
int ml_age_plugin_recipient(char name[ML_AGE_PLUGIN_NAME + 1], ml_bytes text, ml_err *e);
int ml_age_plugin_identity(char name[ML_AGE_PLUGIN_NAME + 1], ml_bytes text, ml_err *e);

/* Makes *out the owner of the identity without data, for plugins that need none. */
int ml_age_plugin_default_identity(ml_secret *out, ml_bytes name, ml_err *e);

#endif
