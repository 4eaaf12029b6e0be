/* verify.c — what can be seen of a sealed file without any key. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "sops/file_internal.h"

typedef struct report {
    ml_sops *s;
    ml_sops_finding *list;
    size_t count, cap;
    bool failed;
} report;

static void find(report *r, const char *code, unsigned long line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void find(report *r, const char *code, unsigned long line, const char *format, ...)
{
    ml_sops_finding *f;
    va_list args;

    if (!ml_list_grow(&r->list, &r->cap, r->count, sizeof *r->list)) {
        r->failed = true;
        return;
    }
    f = &r->list[r->count++];
    f->code = code;
    f->line = line;
    va_start(args, format);
    vsnprintf(f->message, sizeof f->message, format, args);
    va_end(args);
}

static int check_value(void *context, const ml_walk_place *at, ml_err *e)
{
    report *r = context;
    const ml_doc *d = r->s->doc;
    const ml_node_info *info = ml_doc_node(d, at->node);
    const ml_bytes text = ml_doc_scalar(d, at->node);
    ml_buf path = { 0 };
    ml_sops_enc enc;
    ml_type type;

    (void)e;
    if (!at->picked || info->type == ML_TYPE_NULL)
        return 0;
    if (info->type == ML_TYPE_STR && (text.len == 0 || (ml_sops_enc_parse(&enc, text) == 0 &&
                                                        ml_type_of_word(enc.type, &type) == 0)))
        return text.len > 0 && type == ML_TYPE_COMMENT;
    ml_doc_write_path(d, at->node, &path);
    find(r, "sops.plain-value", info->line, "%.*s: the value should be sealed and is not",
         (int)(path.len > 120 ? 120 : path.len), path.p == NULL ? "" : (const char *)path.p);
    ml_buf_free(&path);
    return 0;
}

static void check_recipients(report *r)
{
    const ml_sops_metadata *m = &r->s->meta;
    size_t i, k;

    if (m->count == 0)
        find(r, "sops.no-recipient", ml_doc_node(r->s->metadata, m->map)->line,
             "the file has no recipient: nobody can open it");
    for (i = 0; i < m->count; i++) {
        const ml_sops_recipient *one = &m->recipients[i];
        ml_age_recipient parsed = { 0 };
        ml_err e;

        if (one->enc.len == 0)
            find(r, "sops.bad-recipient", one->line, "a recipient has no 'enc'");
        if (one->key.kind == ML_SOPS_AGE &&
            ml_age_recipient_parse(&parsed, one->key.name, &e) < 0) {
            if (strcmp(e.code, ML_E_MEMORY) == 0)
                r->failed = true;
            else
                find(r, "sops.bad-recipient", one->line, "not an age recipient: %.100s", e.message);
        }
        ml_age_recipient_free(&parsed);
        for (k = 0; k < i; k++)
            if (one->key.group == m->recipients[k].key.group &&
                ml_sops_key_same(&one->key, &m->recipients[k].key)) {
                find(r, "sops.same-recipient", one->line,
                     "the recipient stands in line %lu already",
                     (unsigned long)m->recipients[k].line);
                break;
            }
    }
}

static void check_stamp(report *r)
{
    const ml_sops_metadata *m = &r->s->meta;
    const unsigned long line = ml_doc_node(r->s->metadata, m->map)->line;
    char time[ML_SOPS_TIME_SIZE];
    ml_sops_enc enc;

    if (m->mac.len == 0)
        find(r, "sops.no-mac", line, "the file has no MAC");
    else if (ml_sops_enc_parse(&enc, m->mac) < 0)
        find(r, "sops.bad-mac", ml_doc_node(r->s->metadata, m->mac_node)->line,
             "the MAC is not a sealed value");
    if (m->version.len == 0)
        find(r, "sops.no-version", line, "the file names no sops version");
    if (ml_sops_time_normal(time, m->lastmodified) < 0)
        find(r, "sops.bad-time", line, "lastmodified is absent or not an RFC 3339 time");
}

int ml_sops_verify(ml_sops *s, ml_sops_finding **list, size_t *count, ml_err *e)
{
    report r = { .s = s };
    const ml_walk_visitor visitor = { check_value, NULL, NULL, &r };

    *list = NULL;
    *count = 0;
    if (ml_walk(s->doc, s->selector, &visitor, e) < 0)
        return -1;
    check_recipients(&r);
    check_stamp(&r);
    if (r.failed) {
        free(r.list);
        return ml_fail_memory(e);
    }
    *list = r.list;
    *count = r.count;
    return 0;
}
