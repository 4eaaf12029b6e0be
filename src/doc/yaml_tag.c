/* yaml_tag.c — the tags that YAML itself defines, and the handles that a document declares; see
 * yaml_tag.h and yaml_parse.h. */
#include "doc/yaml_tag.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "doc/yaml_parse.h"
#include "doc/yaml_text.h"

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

bool ml_yaml_has_handle(const ml_yaml_parse_state *p, ml_bytes handle)
{
    size_t i;

    for (i = 0; i < p->handle_count; i++)
        if (ml_bytes_equal(p->handles[i], handle))
            return true;
    return false;
}

bool ml_yaml_knows_tag(const ml_yaml_parse_state *p, ml_bytes tag)
{
    size_t end = 1;

    while (end < tag.len && tag.p[end] != '!')
        end++;
    if (end >= tag.len || end == 1 || (tag.len > 1 && tag.p[1] == '<'))
        return true; /* !local, !!core or !<verbatim> */
    return ml_yaml_has_handle(p, ml_bytes_slice(tag, 0, end + 1));
}

int ml_yaml_add_handle(ml_yaml_parse_state *p, const ml_yaml_token *token)
{
    const ml_bytes text = p->d->text;
    const size_t from = ml_yaml_skip_blanks(text, (size_t)token->start + strlen("%TAG"));
    size_t to = from;
    ml_bytes handle, *grown;

    while (to < text.len && !ml_text_is_blank(text.p[to]))
        to++;
    handle = ml_bytes_slice(text, from, to);
    if (ml_yaml_has_handle(p, handle))
        return ml_yaml_refuse(p, token, "the tag handle is declared twice");
    if (p->handle_count >= ML_LIMIT_TAG_HANDLES)
        return ml_yaml_refuse(p, token, "too many tag handles are declared");
    grown = realloc(p->handles, (p->handle_count + 1) * sizeof *grown);
    if (grown == NULL)
        return ml_fail_memory(p->e);
    p->handles = grown;
    p->handles[p->handle_count++] = handle;
    return 0;
}
