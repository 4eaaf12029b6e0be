/* metadata_write.c — new sops metadata as text, and changes of single fields; see metadata.h. */
#include <string.h>

#include "doc/value.h"
#include "sops/metadata.h"

typedef struct writer {
    ml_buf *out;
    ml_sops_layout layout;
    const char *unit, *line_break;
    unsigned level; /* of nesting */
    bool first;     /* nothing yet in the innermost map or list */
} writer;

static void new_line(writer *w)
{
    unsigned i;

    ml_buf_text(w->out, w->line_break);
    for (i = 0; i < w->level; i++)
        ml_buf_text(w->out, w->unit);
}

/* Text in double quotes, in a spelling that is the same in JSON and YAML. */
static void quoted(ml_buf *out, ml_bytes text)
{
    size_t i;

    ml_buf_byte(out, '"');
    for (i = 0; i < text.len; i++) {
        const unsigned char c = text.p[i];

        if (c == '"' || c == '\\')
            ml_buf_byte(out, '\\');
        if (c == '\n')
            ml_buf_text(out, "\\n");
        else if (c < 0x20 || c == 0x7F)
            ml_buf_format(out, "\\u%04x", c);
        else
            ml_buf_byte(out, c);
    }
    ml_buf_byte(out, '"');
}

/* Plain where YAML reads the same text back whatever surrounds it, else quoted. */
static void yaml_text(ml_buf *out, ml_bytes text)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                               "_./=+-$^()|\\";
    size_t i;
    bool plain = text.len > 0 && ml_value_yaml_type(text) == ML_TYPE_STR &&
                 strchr("_^(./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                        text.p[0]) != NULL &&
                 text.p[0] != 0;

    for (i = 0; plain && i < text.len; i++)
        plain = text.p[i] != 0 && strchr(safe, text.p[i]) != NULL;
    if (ml_bytes_starts(text, "ENC[AES256_GCM,data:") || (plain && text.len > 4))
        ml_buf_add(out, text);
    else
        quoted(out, text);
}

/* `name:`, or `,"name":`, at the present level. */
static void field(writer *w, const char *name)
{
    if (w->layout == ML_SOPS_BLOCK) {
        new_line(w);
        ml_buf_text(w->out, name);
        ml_buf_byte(w->out, ':');
        return;
    }
    if (!w->first)
        ml_buf_byte(w->out, ',');
    if (w->layout == ML_SOPS_LINES)
        new_line(w);
    else if (!w->first)
        ml_buf_byte(w->out, ' ');
    w->first = false;
    quoted(w->out, ml_bytes_text(name));
    ml_buf_text(w->out, ": ");
}

static void text_field(writer *w, const char *name, ml_bytes text)
{
    if (text.len == 0)
        return;
    field(w, name);
    if (w->layout != ML_SOPS_BLOCK) {
        quoted(w->out, text);
        return;
    }
    ml_buf_byte(w->out, ' ');
    yaml_text(w->out, text);
}

static void open_nest(writer *w, char bracket)
{
    ml_buf_byte(w->out, (unsigned char)bracket);
    w->level++;
    w->first = true;
}

static void close_nest(writer *w, char bracket)
{
    w->level--;
    if (w->layout == ML_SOPS_LINES)
        new_line(w);
    ml_buf_byte(w->out, (unsigned char)bracket);
    w->first = false;
}

/* `- enc: |`, the armor's lines four deeper than the dash, `  recipient: …`. */
static void block_recipient(writer *w, const ml_sops_wrapped *r)
{
    size_t at = 0, end;

    new_line(w);
    ml_buf_text(w->out, "- enc: |");
    while (at < r->enc.len) {
        end = ml_bytes_find(r->enc, at, '\n');
        new_line(w);
        ml_buf_text(w->out, "    ");
        ml_buf_add(w->out, ml_bytes_slice(r->enc, at, end));
        at = end == SIZE_MAX ? r->enc.len : end + 1;
    }
    new_line(w);
    ml_buf_text(w->out, "  recipient: ");
    yaml_text(w->out, r->recipient);
}

static void recipients(writer *w, const ml_sops_fields *f)
{
    size_t i;

    field(w, "age");
    if (w->layout == ML_SOPS_BLOCK) {
        w->level++;
        for (i = 0; i < f->age_count; i++)
            block_recipient(w, &f->age[i]);
        w->level--;
        return;
    }
    open_nest(w, '[');
    for (i = 0; i < f->age_count; i++) {
        if (i > 0)
            ml_buf_byte(w->out, ',');
        if (w->layout == ML_SOPS_LINES)
            new_line(w);
        open_nest(w, '{');
        text_field(w, "enc", f->age[i].enc);
        text_field(w, "recipient", f->age[i].recipient);
        close_nest(w, '}');
    }
    close_nest(w, ']');
}

void ml_sops_metadata_write(ml_buf *out, const ml_sops_fields *f, ml_sops_layout layout,
                            const char *unit, const char *line_break)
{
    const ml_sops_selectors *s = &f->selectors;
    writer w = { .out = out, .layout = layout, .unit = unit, .line_break = line_break, .level = 1 };

    if (layout == ML_SOPS_BLOCK) {
        ml_buf_text(out, "sops:");
    } else {
        ml_buf_text(out, "\"sops\": ");
        open_nest(&w, '{');
    }
    recipients(&w, f);
    text_field(&w, "encrypted_comment_regex", s->encrypted_comment_regex);
    text_field(&w, "encrypted_regex", s->encrypted_regex);
    text_field(&w, "encrypted_suffix", s->encrypted_suffix);
    text_field(&w, "lastmodified", f->lastmodified);
    text_field(&w, "mac", f->mac);
    if (s->mac_only_encrypted) {
        field(&w, "mac_only_encrypted");
        ml_buf_text(out, layout == ML_SOPS_BLOCK ? " true" : "true");
    }
    text_field(&w, "unencrypted_comment_regex", s->unencrypted_comment_regex);
    text_field(&w, "unencrypted_regex", s->unencrypted_regex);
    text_field(&w, "unencrypted_suffix", s->unencrypted_suffix);
    text_field(&w, "version", f->version);
    if (layout != ML_SOPS_BLOCK)
        close_nest(&w, '}');
}

int ml_sops_metadata_set(ml_edits *es, const ml_doc *d, ml_node scalar, ml_bytes text, ml_err *e)
{
    return ml_edit_scalar(es, d, scalar, ML_TYPE_STR, text, e);
}

/* The place of an `age` field that is there and null, as old files have it. */
static ml_node empty_age(const ml_doc *d, const ml_sops_metadata *m)
{
    return ml_doc_get(d, m->map, ml_bytes_text("age"));
}

int ml_sops_metadata_add_age(ml_edits *es, const ml_doc *d, const ml_sops_metadata *m,
                             const ml_sops_wrapped *added, size_t count, ml_err *e)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const ml_tree parts[2] = {
            { .kind = ML_KIND_SCALAR,
              .type = ML_TYPE_STR,
              .key = ml_bytes_text("enc"),
              .text = added[i].enc },
            { .kind = ML_KIND_SCALAR,
              .type = ML_TYPE_STR,
              .key = ml_bytes_text("recipient"),
              .text = added[i].recipient },
        };
        const ml_tree entry = { .kind = ML_KIND_MAP, .children = parts, .count = 2 };
        const ml_tree list = {
            .kind = ML_KIND_LIST, .key = ml_bytes_text("age"), .children = &entry, .count = 1
        };

        if (m->age_list != ML_NO_NODE) {
            if (ml_edit_insert(es, d, m->age_list, ML_LAST, &entry, e) < 0)
                return -1;
        } else if (i > 0) {
            return ml_fail(e, ML_E_ARGUMENT, "the first age recipient must be added alone");
        } else if ((empty_age(d, m) == ML_NO_NODE
                        ? ml_edit_insert(es, d, m->map, ML_NO_NODE, &list, e)
                        : ml_edit_replace(es, d, empty_age(d, m), &list, e)) < 0) {
            return -1;
        }
    }
    return 0;
}

int ml_sops_metadata_drop(ml_edits *es, const ml_doc *d, const ml_sops_recipient *r, ml_err *e)
{
    return ml_edit_remove(es, d, r->entry, e);
}
