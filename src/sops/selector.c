/* selector.c — see selector.h. */
#include "sops/selector.h"

#include <stdlib.h>

#include "match/regex.h"

typedef enum rule {
    EVERYTHING,
    UNENCRYPTED_SUFFIX,
    ENCRYPTED_SUFFIX,
    UNENCRYPTED_REGEX,
    ENCRYPTED_REGEX,
    UNENCRYPTED_COMMENT,
    ENCRYPTED_COMMENT
} rule;

struct ml_selector {
    rule rule;
    ml_bytes suffix;
    ml_regex *regex;
};

/* The one rule that is set, and its text. */
static rule chosen(const ml_sops_selectors *s, ml_bytes *text)
{
    const struct {
        rule rule;
        ml_bytes text;
    } all[] = { { UNENCRYPTED_SUFFIX, s->unencrypted_suffix },
                { ENCRYPTED_SUFFIX, s->encrypted_suffix },
                { UNENCRYPTED_REGEX, s->unencrypted_regex },
                { ENCRYPTED_REGEX, s->encrypted_regex },
                { UNENCRYPTED_COMMENT, s->unencrypted_comment_regex },
                { ENCRYPTED_COMMENT, s->encrypted_comment_regex } };
    size_t i;

    for (i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].text.len > 0) {
            *text = all[i].text;
            return all[i].rule;
        }
    *text = ml_bytes_of(NULL, 0);
    return EVERYTHING;
}

int ml_selector_new(ml_selector **out, const ml_sops_selectors *s, ml_err *e)
{
    ml_selector *made;

    *out = NULL;
    if (ml_sops_selectors_count(s) > 1) {
        ml_fail(e, ML_E_FORMAT, "more than one selector is set");
        return ml_err_hint(e, "keep one of encrypted_regex, unencrypted_regex, the two suffixes "
                              "and the two comment patterns");
    }
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return ml_fail_memory(e);
    made->rule = chosen(s, &made->suffix);
    if (made->rule >= UNENCRYPTED_REGEX && ml_regex_compile(&made->regex, made->suffix, e) < 0) {
        free(made);
        return -1;
    }
    *out = made;
    return 0;
}

void ml_selector_free(ml_selector *s)
{
    if (s == NULL)
        return;
    ml_regex_free(s->regex);
    free(s);
}

static bool ends_with(ml_bytes text, ml_bytes suffix)
{
    return text.len >= suffix.len &&
           ml_bytes_equal(ml_bytes_slice(text, text.len - suffix.len, text.len), suffix);
}

int ml_selector_down(const ml_selector *s, const ml_selector_level *from, ml_bytes key,
                     ml_selector_level *to, ml_err *e)
{
    to->above = to->commented = from->commented;
    to->named = from->named;
    if (to->named || key.p == NULL)
        return 0;
    if (s->rule == UNENCRYPTED_SUFFIX || s->rule == ENCRYPTED_SUFFIX)
        to->named = ends_with(key, s->suffix);
    else if (s->rule == UNENCRYPTED_REGEX || s->rule == ENCRYPTED_REGEX)
        return ml_regex_match(s->regex, key, &to->named, e);
    return 0;
}

bool ml_selector_picks(const ml_selector *s, const ml_selector_level *at)
{
    switch (s->rule) {
    case UNENCRYPTED_SUFFIX:
    case UNENCRYPTED_REGEX:
        return !at->named;
    case ENCRYPTED_SUFFIX:
    case ENCRYPTED_REGEX:
        return at->named;
    case UNENCRYPTED_COMMENT:
        return !at->commented;
    case ENCRYPTED_COMMENT:
        return at->commented;
    default:
        return true;
    }
}

int ml_selector_comment(const ml_selector *s, ml_selector_level *level, ml_bytes text, bool *sealed,
                        ml_err *e)
{
    bool fits = false;

    /* The marker of encrypted_comment_regex does not count for itself, that of
     * unencrypted_comment_regex does: either way the marker stays readable. */
    if (s->rule == ENCRYPTED_COMMENT)
        *sealed = ml_selector_picks(s, level);
    if (s->rule == UNENCRYPTED_COMMENT || s->rule == ENCRYPTED_COMMENT) {
        if (!level->commented && ml_regex_match(s->regex, text, &fits, e) < 0)
            return -1;
        level->commented = level->commented || fits;
    }
    if (s->rule != ENCRYPTED_COMMENT)
        *sealed = ml_selector_picks(s, level);
    return 0;
}

void ml_selector_item_done(ml_selector_level *level)
{
    level->commented = level->above;
}

int ml_selector_spoiled(const ml_selector *s, ml_bytes sealed_comment, bool *spoiled, ml_err *e)
{
    *spoiled = false;
    if (s->rule != UNENCRYPTED_COMMENT)
        return 0;
    return ml_regex_match(s->regex, sealed_comment, spoiled, e);
}
