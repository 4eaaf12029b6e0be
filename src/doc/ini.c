/* ini.c — INI files as sops reads them (spec/sops.md 4.4), keeping what it would lose.
 *
 * The root is a map of sections, each a map of texts; keys before the first header are in a section
 * DEFAULT. All comments that stand above a key or header since the one before, blank lines among
 * them, are one comment, as they are to sops: its text begins behind the first mark. Of a key it is
 * the sibling behind the value, of a header the section's first child. So is a comment that stands
 * on the line of a value or header, a comment of its own. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "doc/doc_internal.h"
#include "doc/ini_read.h"
#include "doc/lines.h"

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

/* Blank lines among comments are no lines of the text as sops has them, and it cannot write an
 * empty one: they are lines of one blank more than they have. */
static int add_comment_text(reader *r, ml_node_info *info, ml_err *e)
{
    const ml_bytes raw = ml_bytes_slice(r->text, info->content, info->end);
    size_t at, next, from = 0;
    unsigned char *copy;

    r->buf.len = 0;
    for (at = ml_line_next(raw, 0); at < raw.len; at = next) {
        next = ml_line_next(raw, at);
        if (ml_text_trim(ml_bytes_slice(raw, at, next)).len > 0)
            continue;
        ml_buf_add(&r->buf, ml_bytes_slice(raw, from, at));
        ml_buf_byte(&r->buf, ' ');
        from = at;
    }
    if (from == 0)
        return ml_doc_add_later(r->d, info, ML_NO_NODE, raw, e);
    ml_buf_add(&r->buf, ml_bytes_slice(raw, from, raw.len));
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

    while (at < end && (r->text.p[at] == mark || r->text.p[at] == ' '))
        at++;
    /* A first line of marks alone is text itself, since sops cannot write an empty line; and so is
     * one of both marks, or the text would begin with the second. */
    if (at < end && r->text.p[at] != '\n' && r->text.p[at] != '\r' && !is_mark(r->text.p[at]))
        info.content = (uint32_t)at;
    info.inline_comment = behind;
    return add_comment_text(r, &info, e);
}

/* A comment behind a header cannot be sealed there, since a header ends at the last bracket of its
 * line: it goes above. That it came from behind is seen by the blank that its text begins with, its
 * own, which that of no other comment does. */
static int add_header_comment(reader *r, size_t behind, size_t start, size_t end, ml_err *e)
{
    ml_node_info info;

    if (r->text.p[behind] != ' ')
        return add_comment(r, start, end, true, e);
    info = part(r, ML_KIND_COMMENT, behind, end);
    info.inline_comment = true;
    return add_comment_text(r, &info, e);
}

/* The comment that has been read up to here is complete. */
static int end_run(reader *r, ml_err *e)
{
    const size_t start = r->run;

    r->run = SIZE_MAX;
    return start == SIZE_MAX ? 0 : add_comment(r, start, r->run_end, false, e);
}

/* The comments that were waiting belong to `parent`, behind its child `after`. */
static void own_comments(reader *r, ml_node parent, ml_node after)
{
    ml_node_info *owner = ml_doc_edit_info(r->d, parent);

    for (; r->waiting < r->d->later_count; r->waiting++) {
        ml_node_info *comment = &r->d->later[r->waiting].info;

        comment->parent = parent;
        comment->next = after;
        if (comment->end > owner->end)
            owner->end = comment->end;
    }
}

/* Those behind the last key: sops loses them. */
static void own_last_comments(reader *r)
{
    own_comments(r, r->section == ML_NO_NODE ? r->root : r->section, r->last);
}

/* A comment that sops has sealed is a line of its own: what was written below it is another. */
static bool is_sealed(ml_bytes line)
{
    size_t at = 0;

    while (at < line.len && (is_mark(line.p[at]) || line.p[at] == ' '))
        at++;
    return ml_bytes_starts(ml_bytes_slice(line, at, line.len), "ENC[AES256_GCM,");
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
    if (comment != SIZE_MAX && add_header_comment(r, closing, comment, comment_end, e) < 0)
        return -1;
    own_comments(r, r->section, ML_NO_NODE);
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
    if (value.comment != SIZE_MAX && add_comment(r, value.comment, value.comment_end, true, e) < 0)
        return -1;
    own_comments(r, r->section, r->last);
    return 0;
}

static int read_lines(reader *r, ml_err *e)
{
    size_t at = ml_bytes_starts(r->text, "\xEF\xBB\xBF") ? 3 : 0, next;
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
