/* file.c — a sealed file opened: its text, document and metadata; see file.h. */
#include "sops/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "sops/file_internal.h"
#include "sops/flat.h"
#include "sops/walk.h"

static const char *const format_words[] = { "yaml", "json", "binary", "dotenv", "ini" };

ml_sops_format ml_sops_format_of(const char *path)
{
    const ml_bytes name = ml_bytes_text(path);

    return ml_bytes_ends(name, ".yaml") || ml_bytes_ends(name, ".yml") ? ML_SOPS_YAML
           : ml_bytes_ends(name, ".json")                              ? ML_SOPS_JSON
           : ml_bytes_ends(name, ".env")                               ? ML_SOPS_DOTENV
           : ml_bytes_ends(name, ".ini")                               ? ML_SOPS_INI
                                                                       : ML_SOPS_BINARY;
}

const char *ml_sops_format_word(ml_sops_format format)
{
    return format_words[format];
}

ml_format ml_sops_doc_format(ml_sops_format format)
{
    static const ml_format formats[] = {
        [ML_SOPS_YAML] = ML_FORMAT_YAML,   [ML_SOPS_JSON] = ML_FORMAT_JSON,
        [ML_SOPS_BINARY] = ML_FORMAT_JSON, [ML_SOPS_DOTENV] = ML_FORMAT_DOTENV,
        [ML_SOPS_INI] = ML_FORMAT_INI,
    };

    return formats[format];
}

ml_sops_selectors ml_sops_in_force(const ml_sops_selectors *written)
{
    ml_sops_selectors s = *written;

    if (ml_sops_selectors_count(&s) == 0)
        s.unencrypted_suffix = ml_bytes_text("_unencrypted");
    return s;
}

ml_node ml_sops_map_of(const ml_doc *d, size_t index)
{
    const ml_node root = ml_doc_root(d, index);

    if (root == ML_NO_NODE || ml_doc_node(d, root)->kind != ML_KIND_MAP)
        return ML_NO_NODE;
    return ml_doc_get(d, root, ml_bytes_text("sops"));
}

void ml_sops_note_add(ml_sops_notes *notes, unsigned long line, const char *format, ...)
{
    ml_sops_note *note;
    va_list args;

    if (notes == NULL)
        return;
    if (!ml_list_grow(&notes->list, &notes->cap, notes->count, sizeof *notes->list))
        return; /* a note is not worth a failure */
    note = &notes->list[notes->count++];
    note->line = line;
    va_start(args, format);
    vsnprintf(note->text, sizeof note->text, format, args);
    va_end(args);
}

void ml_sops_notes_free(ml_sops_notes *n)
{
    free(n->list);
    memset(n, 0, sizeof *n);
}

/* Whether the letters occur at all: nearly every unsealed file is told by this alone. */
static bool mentions_sops(ml_bytes text)
{
    return text.len > 0 && memmem(text.p, text.len, "sops", 4) != NULL;
}

/* What does not parse is not sealed, but that memory is out says nothing about a text. */
static int not_sealed(const ml_err *e)
{
    return strcmp(e->code, ML_E_MEMORY) == 0 ? -1 : 0;
}

void ml_sops_forget_values(ml_sops *s)
{
    ml_arena_free(&s->arena);
    free(s->plain);
    s->plain = NULL;
    s->mac_checked = false;
}

static void forget_text(ml_sops *s)
{
    ml_sops_forget_values(s);
    ml_sops_forget_reasons(s);
    ml_selector_free(s->selector);
    ml_sops_metadata_free(&s->meta);
    if (s->metadata != s->doc)
        ml_doc_free(s->metadata);
    ml_buf_free(&s->metadata_text);
    ml_doc_free(s->doc);
    ml_buf_free(&s->text);
    s->selector = NULL;
    s->doc = s->metadata = NULL;
}

/* The document of a text, and that of its metadata. */
static int read_documents(ml_sops *s, ml_bytes text, ml_err *e)
{
    if (ml_doc_parse(&s->doc, ml_sops_doc_format(s->format), text, s->path, e) < 0)
        return -1;
    s->metadata = s->doc;
    if (!ml_sops_is_flat(ml_doc_format(s->doc)))
        return 0;
    s->metadata = NULL;
    if (ml_sops_unflatten(&s->metadata_text, s->doc, e) < 0)
        return -1;
    return ml_doc_parse(&s->metadata, ML_FORMAT_JSON, ml_buf_bytes(&s->metadata_text), s->path, e);
}

/* The metadata of the first document; *map is ML_NO_NODE when there is none. */
static int read_metadata(ml_sops *s, ml_node *map, ml_err *e)
{
    *map = ml_sops_map_of(s->metadata, 0);
    if (*map == ML_NO_NODE || ml_sops_metadata_parse(&s->meta, s->metadata, *map, e) == 0)
        return 0;
    if (s->metadata != s->doc)
        e->column = 0; /* the lines are the file's, columns are not */
    return -1;
}

int ml_sops_is_sealed(ml_bytes text, ml_sops_format format, ml_err *e)
{
    ml_sops s = { .format = format };
    ml_node map;
    int sealed;

    if (!mentions_sops(text))
        return 0;
    if (read_documents(&s, text, e) < 0 || read_metadata(&s, &map, e) < 0)
        sealed = not_sealed(e);
    else
        sealed = map != ML_NO_NODE && ml_sops_metadata_seals(&s.meta);
    forget_text(&s);
    return sealed;
}

/* Everything that is read off the text. */
static int read_text(ml_sops *s, ml_err *e)
{
    ml_sops_selectors force;
    ml_node map;

    if (read_documents(s, ml_buf_bytes(&s->text), e) < 0 || read_metadata(s, &map, e) < 0)
        return -1;
    if (map == ML_NO_NODE) {
        ml_fail(e, ML_E_MISSING, "there is no sops metadata: the file is not sealed");
        return ml_err_at(e, s->path, 0, 0);
    }
    force = ml_sops_in_force(&s->meta.selectors);
    if (ml_selector_new(&s->selector, &force, e) < 0)
        return ml_sops_metadata_blame(&s->meta, s->metadata, e);
    return 0;
}

int ml_sops_open(ml_sops **out, ml_bytes text, ml_sops_format format, const char *path, ml_err *e)
{
    ml_sops *s = calloc(1, sizeof *s);

    *out = NULL;
    if (s == NULL)
        return ml_fail_memory(e);
    s->format = format;
    s->path = path == NULL ? NULL : strdup(path);
    ml_buf_add(&s->text, text);
    if (path != NULL && s->path == NULL)
        s->text.failed = true;
    if (ml_buf_check(&s->text, e) < 0 || read_text(s, e) < 0) {
        ml_sops_free(s);
        return -1;
    }
    *out = s;
    return 0;
}

void ml_sops_free(ml_sops *s)
{
    if (s == NULL)
        return;
    forget_text(s);
    ml_sops_forget_parts(s);
    ml_sops_cipher_free(s->cipher);
    ml_sops_notes_free(&s->notes);
    free(s->path);
    free(s);
}

int ml_sops_adopt(ml_sops *s, ml_buf *text, ml_err *e)
{
    ml_sops fresh = { .format = s->format, .path = s->path, .text = *text };

    memset(text, 0, sizeof *text);
    if (read_text(&fresh, e) < 0) {
        forget_text(&fresh);
        return -1;
    }
    forget_text(s);
    s->text = fresh.text;
    s->doc = fresh.doc;
    s->metadata = fresh.metadata;
    s->metadata_text = fresh.metadata_text;
    s->meta = fresh.meta;
    s->selector = fresh.selector;
    s->generation++;
    return 0;
}

ml_bytes ml_sops_text(const ml_sops *s)
{
    return ml_buf_bytes(&s->text);
}

const ml_doc *ml_sops_doc(const ml_sops *s)
{
    return s->doc;
}

const ml_sops_metadata *ml_sops_meta(const ml_sops *s)
{
    return &s->meta;
}

ml_sops_format ml_sops_format_now(const ml_sops *s)
{
    return s->format;
}

bool ml_sops_is_metadata(const ml_sops *s, ml_node n)
{
    return ml_walk_is_metadata(s->doc, n);
}

const ml_sops_notes *ml_sops_notes_of(const ml_sops *s)
{
    return &s->notes;
}

bool ml_sops_unlocked(const ml_sops *s)
{
    return s->cipher != NULL;
}

ml_bytes ml_sops_data_key(const ml_sops *s)
{
    return s->cipher == NULL ? ml_bytes_of(NULL, 0) : ml_sops_cipher_key(s->cipher);
}

int ml_sops_may_change(const ml_sops *s, ml_err *e)
{
    if (s->plain == NULL)
        return ml_fail(e, ML_E_ARGUMENT, "the file must be decrypted first");
    if (!s->mac_checked)
        return ml_fail(e, ML_E_MAC, "the file was decrypted without its MAC and is not changed");
    return 0;
}
