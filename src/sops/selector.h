#ifndef ML_SOPS_SELECTOR_H
#define ML_SOPS_SELECTOR_H

/* selector.h — which values of a document are sealed: the six selectors, compiled once and asked on
 * the way down. A pattern that does not compile is an error here; the real program takes it for
 * "never matches" and leaves the file in clear. */
#include "sops/metadata.h"

typedef struct ml_selector ml_selector;

/* What is known at one nesting level. Begin with {0}; one for each open map or list. */
typedef struct ml_selector_level {
    bool named;     /* some key on the path fits the suffix or pattern */
    bool commented; /* some active comment, of this level or one above, fits */
    bool above;     /* … of one above */
} ml_selector_level;

/* The text of the selectors must outlive it. */
int ml_selector_new(ml_selector **out, const ml_sops_selectors *s, ml_err *e);
void ml_selector_free(ml_selector *s);

/* One step down: into the value of `key`, or (key.p NULL) into an element of a list. */
int ml_selector_down(const ml_selector *s, const ml_selector_level *from, ml_bytes key,
                     ml_selector_level *to, ml_err *e);

/* A comment of this level, in the order of the tree, with the text as it stands in the file (ENC[…]
 * where sealed); *sealed: whether the comment itself is (to be) sealed. */
int ml_selector_comment(const ml_selector *s, ml_selector_level *level, ml_bytes text, bool *sealed,
                        ml_err *e);

/* After an item of this level that is no comment: its comments no longer count. */
void ml_selector_item_done(ml_selector_level *level);

/* Whether a value is sealed that stands where ml_selector_down has led. */
bool ml_selector_picks(const ml_selector *s, const ml_selector_level *at);

/* Whether the text of a sealed comment would itself switch sealing off when the file is read:
 * encryption must fail then. */
int ml_selector_spoiled(const ml_selector *s, ml_bytes sealed_comment, bool *spoiled, ml_err *e);

#endif
