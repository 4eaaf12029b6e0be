/* path.c — see path.h. */
#include "sops/path.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

static int add_part(ml_sops_path *p, size_t at, bool may_be_number, ml_err *e)
{
    ml_sops_part *grown, *part;
    size_t i;

    if (p->count >= ML_LIMIT_DEPTH)
        return ml_fail(e, ML_E_LIMIT, "the path has more than %d parts", ML_LIMIT_DEPTH);
    grown = realloc(p->parts, (p->count + 1) * sizeof *grown);
    if (grown == NULL)
        return ml_fail_memory(e);
    p->parts = grown;
    part = &p->parts[p->count++];
    part->at = at;
    part->len = p->text.len - at;
    part->index = 0;
    part->number = may_be_number && part->len > 0 && part->len < 10;
    for (i = at; part->number && i < p->text.len; i++) {
        if (p->text.p[i] < '0' || p->text.p[i] > '9')
            part->number = false;
        else
            part->index = part->index * 10 + (size_t)(p->text.p[i] - '0');
    }
    return ml_buf_check(&p->text, e);
}

static int parse_slashes(ml_sops_path *p, const char *path, ml_err *e)
{
    const char *at = path;
    size_t start = p->text.len;

    for (;; at++) {
        if (*at == '/' || *at == '\0') {
            if (add_part(p, start, true, e) < 0)
                return -1;
            start = p->text.len;
            if (*at == '\0')
                return 0;
        } else if (*at == '~') {
            at++;
            if (*at != '0' && *at != '1')
                return ml_fail(e, ML_E_ARGUMENT, "in a path ~ is written ~0 and / is written ~1");
            ml_buf_byte(&p->text, *at == '0' ? '~' : '/');
        } else {
            ml_buf_byte(&p->text, (unsigned char)*at);
        }
    }
}

static int malformed(ml_err *e)
{
    return ml_fail(e, ML_E_ARGUMENT, "the path is not like [\"a\"][0]");
}

static int parse_brackets(ml_sops_path *p, const char *at, ml_err *e)
{
    while (*at == '[') {
        const size_t start = p->text.len;
        const char quote = at[1] == '"' || at[1] == '\'' ? at[1] : '\0';
        const char *end;

        at += quote == '\0' ? 1 : 2;
        end = strchr(at, quote == '\0' ? ']' : quote);
        if (end == NULL || (quote != '\0' && end[1] != ']'))
            return malformed(e);
        ml_buf_add(&p->text, ml_bytes_of(at, (size_t)(end - at)));
        if (add_part(p, start, quote == '\0', e) < 0)
            return -1;
        if (quote == '\0' && !p->parts[p->count - 1].number)
            return malformed(e);
        at = end + (quote == '\0' ? 1 : 2);
    }
    return *at == '\0' ? 0 : malformed(e);
}

int ml_sops_path_parse(ml_sops_path *p, const char *path, ml_err *e)
{
    if (path[0] == '\0')
        return 0;
    return path[0] == '[' ? parse_brackets(p, path, e) : parse_slashes(p, path, e);
}

void ml_sops_path_free(ml_sops_path *p)
{
    ml_buf_free(&p->text);
    free(p->parts);
    memset(p, 0, sizeof *p);
}

ml_bytes ml_sops_path_key(const ml_sops_path *p, size_t i)
{
    return ml_bytes_slice(ml_buf_bytes(&p->text), p->parts[i].at, p->parts[i].at + p->parts[i].len);
}
