/* ini.c — INI files as sops reads them, keeping what it would lose.
 *
 * The root is a map of sections, each a map of texts; keys before the first header are in a section
 * DEFAULT. To sops all comments of a key or header are one: those that stand above it since the one
 * before, and the one on its line. They are one node here, too: of a key the sibling behind the
 * value, of a header the section's first child; both as its target. Its text begins behind the
 * first mark, and shows by blanks what sops could not carry:
 *
 *   - a further line that begins with a blank, or is blank, has one blank more than in the file;
 *   - the comment on the line of the key or header is the last line, with one blank before its
 * mark.
 *
 * A comment that stands alone on the line of a value has the text behind its mark. Behind a header
 * none can be sealed, since a header ends at the last bracket of its line: sealed it stands above.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "doc/doc_internal.h"
#include "doc/ini_read.h"
#include "doc/lines.h"
#include "doc/value.h"

typedef struct reader {
    ml_doc *d;
    ml_bytes text;
    ml_node root, section, last; /* the last value of the section, or ML_NO_NODE */
    size_t run, run_end;         /* the comment being read; SIZE_MAX: none */
    size_t waiting;              /* comments from here on have no owner yet */
    unsigned long unnamed;       /* keys '-' of the section */
    ml_buf buf;
    size_t counted; /* how far lines have been counted */
    uint32_t line;
} reader;

static ml_node_info part(reader *r, ml_kind kind, size_t start, size_t end)
{
    ml_node_info info = ml_doc_blank(kind);

    for (; r->counted < start; r->counted++)
        r->line += r->text.p[r->counted] == '\n';
    info.line = r->line;
    info.column = (uint32_t)(start - ml_line_start(r->text, start)) + 1;
    info.start = info.content = (uint32_t)start;
    info.end = (uint32_t)end;
    return info;
}

static bool is_mark(unsigned char c)
{
    return c == '#' || c == ';';
}

/* A comment that sops has sealed is a line of its own: what was written below it is another. */
static bool is_sealed(ml_bytes line)
{
    size_t at = 0;

    while (at < line.len && (is_mark(line.p[at]) || line.p[at] == ' '))
        at++;
    return ml_bytes_starts(ml_bytes_slice(line, at, line.len), ML_SEALED);
}

/* Appends further lines of a comment, those that begin with a blank with one more. */
static void add_lines(ml_buf *out, ml_bytes raw, size_t at)
{
    size_t next;

    for (; at < raw.len; at = next) {
        next = ml_line_next(raw, at);
        if (ml_text_is_blank(raw.p[at]) || ml_text_trim(ml_bytes_slice(raw, at, next)).len == 0)
            ml_buf_byte(out, ' ');
        ml_buf_add(out, ml_bytes_slice(raw, at, next));
    }
}

/* Keeps a comment with the text in the buffer. */
static int add_text(reader *r, const ml_node_info *info, ml_err *e)
{
    unsigned char *copy;

    if (ml_buf_check(&r->buf, e) < 0)
        return -1;
    copy = ml_arena_take(&r->d->decoded, r->buf.len, e);
    if (copy == NULL)
        return -1;
    memcpy(copy, r->buf.p, r->buf.len);
    return ml_doc_add_later(r->d, info, ML_NO_NODE, ml_bytes_of(copy, r->buf.len), e);
}

/* A comment from its mark to its end; its owner is still to come. */
static int add_comment(reader *r, size_t start, size_t end, bool behind, ml_err *e)
{
    ml_node_info info = part(r, ML_KIND_COMMENT, start, end);
    const unsigned char mark = r->text.p[start];
    size_t at = start;
    ml_bytes raw;

    while (at < end && (r->text.p[at] == mark || r->text.p[at] == ' '))
        at++;
    /* A first line of marks alone is text itself, since sops cannot write an empty line; and so is
     * one of both marks, or the text would begin with the second. */
    if (at < end && r->text.p[at] != '\n' && r->text.p[at] != '\r' && !is_mark(r->text.p[at]))
        info.content = (uint32_t)at;
    info.inline_comment = behind;
    raw = ml_bytes_slice(r->text, info.content, end);
    at = ml_line_next(raw, 0);
    if (at == raw.len)
        return ml_doc_add_later(r->d, &info, ML_NO_NODE, raw, e);
    r->buf.len = 0;
    ml_buf_add(&r->buf, ml_bytes_slice(raw, 0, at));
    add_lines(&r->buf, raw, at);
    return add_text(r, &info, e);
}

/* A comment behind a value or header, from its mark to the line's end. It goes above when it is
 * sealed: to the one that stands there, if it is not sealed. */
static int add_behind(reader *r, size_t start, ml_err *e)
{
    const ml_bytes raw = ml_line_rest(r->text, start);
    ml_doc_entry *above =
        r->waiting < r->d->later_count ? &r->d->later[r->d->later_count - 1] : NULL;
    ml_node_info info;

    r->buf.len = 0;
    if (above != NULL && !is_sealed(ml_bytes_of(above->text, above->text_len))) {
        ml_buf_add(&r->buf, ml_bytes_of(above->text, above->text_len));
        ml_buf_byte(&r->buf, '\n');
        info = above->info;
        r->d->later_count--;
    } else {
        info = part(r, ML_KIND_COMMENT, start, start + raw.len);
        info.inline_comment = true;
    }
    ml_buf_byte(&r->buf, ' ');
    ml_buf_add(&r->buf, raw);
    return add_text(r, &info, e);
}

/* The comment that has been read up to here is complete. */
static int end_run(reader *r, ml_err *e)
{
    const size_t start = r->run;

    r->run = SIZE_MAX;
    return start == SIZE_MAX ? 0 : add_comment(r, start, r->run_end, false, e);
}

/* The comments that were waiting belong to `parent`, behind its child `after`, and to `target`. */
static void own_comments(reader *r, ml_node parent, ml_node after, ml_node target)
{
    ml_node_info *owner = ml_doc_edit_info(r->d, parent);

    for (; r->waiting < r->d->later_count; r->waiting++) {
        ml_node_info *comment = &r->d->later[r->waiting].info;

        comment->parent = parent;
        comment->next = after;
        comment->target = target;
        if (comment->end > owner->end)
            owner->end = comment->end;
    }
}

/* Those behind the last key: sops loses them. */
static void own_last_comments(reader *r)
{
    own_comments(r, r->section == ML_NO_NODE ? r->root : r->section, r->last, ML_NO_NODE);
}

static int read_comment(reader *r, ml_bytes line, ml_err *e)
{
    const size_t start = (size_t)(line.p - r->text.p);
    const bool sealed = is_sealed(line);

    if (sealed && end_run(r, e) < 0)
        return -1;
    if (r->run == SIZE_MAX)
        r->run = start;
    r->run_end = start + ml_text_trim(line).len;
    return sealed ? end_run(r, e) : 0;
}

static int add_section(reader *r, ml_bytes name, size_t start, size_t end, ml_err *e)
{
    ml_node_info key = part(r, ML_KIND_SCALAR, start, end), map;
    ml_node n;

    key.is_key = true;
    key.parent = r->root;
    key.type = ML_TYPE_STR;
    if (ml_doc_add(r->d, &key, &n, e) < 0)
        return -1;
    ml_doc_set_text(r->d, n, name);
    map = part(r, ML_KIND_MAP, end, end);
    map.parent = r->root;
    map.key = n;
    r->last = ML_NO_NODE;
    r->unnamed = 0;
    return ml_doc_add(r->d, &map, &r->section, e);
}

/* `[name]` up to the line's last bracket. Comments above the metadata are the end of what stands
 * before it: metadata has none of the user's. */
static int read_header(reader *r, size_t at, size_t next, ml_err *e)
{
    size_t closing = next, comment, comment_end;
    const char *wrong;
    ml_bytes name;

    while (closing > at && r->text.p[closing - 1] != ']')
        closing--;
    if (closing == at)
        return ml_doc_fail_at(r->d, at, e, "the closing bracket of the section is missing");
    if (closing == at + 2)
        return ml_doc_fail_at(r->d, at, e, "the section's name is empty");
    if (end_run(r, e) < 0)
        return -1;
    name = ml_bytes_slice(r->text, at + 1, closing - 1);
    if (ml_bytes_is(name, "sops"))
        own_last_comments(r);
    if (add_section(r, name, at + 1, closing - 1, e) < 0)
        return -1;
    wrong = ml_ini_read_rest(r->text, closing, next, &comment, &comment_end);
    if (wrong != NULL)
        return ml_doc_fail_at(r->d, closing, e, "%s", wrong);
    if (comment != SIZE_MAX && add_behind(r, comment, e) < 0)
        return -1;
    own_comments(r, r->section, ML_NO_NODE, r->section);
    return 0;
}

static int add_key(reader *r, const ml_ini_key *key, ml_node *n, ml_err *e)
{
    ml_node_info info = part(r, ML_KIND_SCALAR, key->start, key->end);
    char name[32];

    info.is_key = true;
    info.parent = r->section;
    info.type = ML_TYPE_STR;
    if (ml_doc_add(r->d, &info, n, e) < 0)
        return -1;
    ml_doc_set_text(r->d, *n, key->name);
    if (!ml_bytes_is(key->name, "-"))
        return 0;
    snprintf(name, sizeof name, "#%lu", ++r->unnamed);
    return ml_doc_copy_text(r->d, *n, ml_bytes_text(name), e);
}

static int add_value_comment(reader *r, const ml_ini_value *value, ml_err *e)
{
    return r->waiting == r->d->later_count
               ? add_comment(r, value->comment, value->comment_end, true, e)
               : add_behind(r, value->comment, e);
}

/* A key with its value; *next is the line behind it. */
static int read_key(reader *r, size_t at, size_t *next, ml_err *e)
{
    ml_ini_key key;
    ml_ini_value value;
    ml_node_info info;
    ml_node n;
    const char *wrong;

    if (end_run(r, e) < 0)
        return -1;
    wrong = ml_ini_read_key(&key, r->text, at, *next);
    if (wrong != NULL)
        return ml_doc_fail_at(r->d, at, e, "%s", wrong);
    wrong = ml_ini_read_value(&value, r->text, key.behind, &r->buf);
    if (wrong != NULL)
        return ml_doc_fail_at(r->d, key.behind, e, "%s", wrong);
    *next = value.next;
    if (r->section == ML_NO_NODE && add_section(r, ml_bytes_text("DEFAULT"), at, at, e) < 0)
        return -1;
    if (add_key(r, &key, &n, e) < 0)
        return -1;
    info = part(r, ML_KIND_SCALAR, value.start, value.end);
    info.parent = r->section;
    info.key = n;
    info.type = ML_TYPE_STR;
    info.style = (uint8_t)value.style;
    if (ml_doc_add(r->d, &info, &r->last, e) < 0)
        return -1;
    ml_doc_set_text(r->d, r->last, value.text);
    if (value.joined && (ml_buf_check(&r->buf, e) < 0 ||
                         ml_doc_copy_text(r->d, r->last, ml_buf_bytes(&r->buf), e) < 0))
        return -1;
    ml_doc_edit_info(r->d, r->section)->end = info.end;
    if (value.comment != SIZE_MAX && add_value_comment(r, &value, e) < 0)
        return -1;
    own_comments(r, r->section, r->last, r->last);
    return 0;
}

static int read_lines(reader *r, ml_err *e)
{
    size_t at = ml_ini_begin(r->text), next;
    ml_bytes line;

    for (; at < r->text.len; at = next) {
        int status = 0;

        next = ml_line_next(r->text, at);
        line = ml_text_trim_left(ml_bytes_slice(r->text, at, next));
        if (line.len == 0)
            continue;
        at = (size_t)(line.p - r->text.p);
        if (is_mark(line.p[0]))
            status = read_comment(r, line, e);
        else if (line.p[0] == '[')
            status = read_header(r, at, next, e);
        else
            status = read_key(r, at, &next, e);
        if (status < 0)
            return -1;
    }
    if (end_run(r, e) < 0)
        return -1;
    own_last_comments(r);
    return 0;
}

int ml_ini_parse(ml_doc *d, ml_err *e)
{
    reader r = { .d = d, .text = d->text, .section = ML_NO_NODE, .last = ML_NO_NODE };
    ml_node_info root = ml_doc_blank(ML_KIND_MAP);
    int status;

    r.run = SIZE_MAX;
    r.line = root.line = root.column = 1;
    root.end = (uint32_t)d->text.len;
    if (ml_doc_add(d, &root, &r.root, e) < 0 || ml_doc_add_root(d, r.root, e) < 0)
        return -1;
    status = read_lines(&r, e);
    ml_buf_free(&r.buf);
    return status;
}
