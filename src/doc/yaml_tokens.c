/* yaml_tokens.c — libyaml's scanner run over the whole text; see yaml_tokens.h.
 *
 * Marks of libyaml count characters. In ASCII text without CR that is bytes; elsewhere a cursor
 * follows lines and columns through the text, which costs one pass. */
#include "doc/yaml_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "doc/yaml_memory.h"
#include "doc/yaml_text.h"

static const char bom[] = "\xEF\xBB\xBF"; /* byte order mark */

/* Where a mark's position is in bytes. Marks come nearly in order, so each is found from the one
 * before. */
typedef struct cursor {
    ml_bytes text;
    bool direct;                 /* index == byte */
    size_t base;                 /* bytes of the BOM */
    size_t line, column, offset; /* column in characters */
    size_t line_start;           /* byte offset of the line's beginning */
} cursor;

typedef struct scan {
    ml_doc *d;
    ml_yaml_tokens *out;
    yaml_parser_t parser;
    cursor at;
    size_t depth;
    size_t covered; /* end of the last token: what is beyond it is a gap */
    ml_err *e;
} scan;

static bool is_direct(ml_bytes text)
{
    return ml_ascii_end(text, 0) == text.len && ml_bytes_find(text, 0, '\r') == SIZE_MAX;
}

/* libyaml also skips a byte order mark at the beginning of any later line, and is a column off
 * there. */
static int check_marks(scan *s)
{
    const ml_bytes text = s->d->text;
    size_t at = s->at.base;

    while (at < text.len) {
        if (ml_bytes_starts(ml_bytes_slice(text, at, text.len), bom))
            return ml_doc_fail_at(s->d, at, s->e,
                                  "a byte order mark stands in the middle of the text");
        at = ml_yaml_line_end(text, at);
        at += at < text.len ? ml_yaml_break(text, at) : 0;
    }
    return 0;
}

/* Moves the cursor back to the beginning of the text when a mark lies before it. */
static void rewind_before(cursor *c, const yaml_mark_t *mark)
{
    if (mark->line > c->line || (mark->line == c->line && mark->column >= c->column))
        return;
    if (mark->line == c->line) {
        c->column = 0;
        c->offset = c->line_start;
        return;
    }
    c->line = c->column = 0;
    c->offset = c->line_start = c->base;
}

static size_t offset_of(cursor *c, const yaml_mark_t *mark)
{
    if (c->direct) {
        const size_t offset = mark->index + c->base;

        if (mark->line != c->line) {
            c->line = mark->line;
            c->line_start = offset >= mark->column ? offset - mark->column : 0;
        }
        return offset > c->text.len ? c->text.len : offset;
    }
    rewind_before(c, mark);
    while (c->line < mark->line && c->offset < c->text.len) {
        const size_t width = ml_yaml_break(c->text, c->offset);

        c->offset += width > 0 ? width : 1;
        if (width > 0) {
            c->line++;
            c->column = 0;
            c->line_start = c->offset;
        }
    }
    while (c->line == mark->line && c->column < mark->column && c->offset < c->text.len) {
        do
            c->offset++;
        while (c->offset < c->text.len && (c->text.p[c->offset] & 0xC0) == 0x80);
        c->column++;
    }
    return c->offset;
}

static int add_token(scan *s, const ml_yaml_token *token)
{
    ml_yaml_tokens *t = s->out;

    if (t->count >= 4u * ML_LIMIT_NODES)
        return ml_fail(s->e, ML_E_LIMIT, "the document has more than %d nodes", ML_LIMIT_NODES);
    if (!ml_list_grow(&t->list, &t->cap, t->count, sizeof *t->list))
        return ml_fail_memory(s->e);
    t->list[t->count++] = *token;
    return 0;
}

/* A scalar's decoded text: the source span where that is the same, else a copy. */
static int set_text(scan *s, ml_yaml_token *token, ml_bytes value)
{
    const ml_bytes text = s->d->text;
    const size_t quote = token->style == ML_STYLE_SINGLE || token->style == ML_STYLE_DOUBLE ? 1 : 0;
    unsigned char *copy;

    token->text_len = (uint32_t)value.len;
    if (token->style <= ML_STYLE_DOUBLE && token->start + quote + value.len <= token->end &&
        (value.len == 0 || memcmp(text.p + token->start + quote, value.p, value.len) == 0)) {
        token->text = text.p + token->start + quote;
        return 0;
    }
    copy = ml_arena_take(&s->d->decoded, value.len, s->e);
    if (copy == NULL)
        return -1;
    memcpy(copy, value.p, value.len);
    token->text = copy;
    return 0;
}

/* The one escape that libyaml knows and Go's loader does not. */
static int check_escapes(const scan *s, const ml_yaml_token *token)
{
    const ml_bytes raw = ml_bytes_slice(s->d->text, 0, token->end);
    size_t at = token->start;

    for (; (at = ml_bytes_find(raw, at, '\\')) != SIZE_MAX; at += 2)
        if (at + 1 < raw.len && raw.p[at + 1] == '/')
            return ml_doc_fail_at(s->d, at, s->e, "malformed YAML: \\/ is no escape of YAML 1.1");
    return 0;
}

static ml_style style_of(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return ML_STYLE_SINGLE;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return ML_STYLE_DOUBLE;
    case YAML_LITERAL_SCALAR_STYLE:
        return ML_STYLE_LITERAL;
    case YAML_FOLDED_SCALAR_STYLE:
        return ML_STYLE_FOLDED;
    default:
        return ML_STYLE_PLAIN;
    }
}

static int fill_token(scan *s, const yaml_token_t *from, ml_yaml_token *token)
{
    const ml_bytes text = s->d->text;

    switch (from->type) {
    case YAML_SCALAR_TOKEN:
        token->style = (uint8_t)style_of(from->data.scalar.style);
        if (token->style == ML_STYLE_DOUBLE && check_escapes(s, token) < 0)
            return -1;
        return set_text(s, token, ml_bytes_of(from->data.scalar.value, from->data.scalar.length));
    case YAML_ANCHOR_TOKEN:
    case YAML_ALIAS_TOKEN:
        token->text = text.p + token->start + 1;
        token->text_len = token->end - token->start - 1;
        break;
    case YAML_TAG_TOKEN:
        token->text = text.p + token->start;
        token->text_len = token->end - token->start;
        break;
    case YAML_VERSION_DIRECTIVE_TOKEN:
        token->style =
            from->data.version_directive.major != 1 || from->data.version_directive.minor != 1;
        break;
    default:
        break;
    }
    return 0;
}

static int count_depth(scan *s, const ml_yaml_token *token)
{
    switch (token->type) {
    case YAML_BLOCK_SEQUENCE_START_TOKEN:
    case YAML_BLOCK_MAPPING_START_TOKEN:
    case YAML_FLOW_SEQUENCE_START_TOKEN:
    case YAML_FLOW_MAPPING_START_TOKEN:
        if (++s->depth <= ML_LIMIT_DEPTH)
            return 0;
        ml_fail(s->e, ML_E_LIMIT, "the document is nested more than %d levels deep",
                ML_LIMIT_DEPTH);
        return ml_err_at(s->e, NULL, token->line, token->column);
    case YAML_BLOCK_END_TOKEN:
    case YAML_FLOW_SEQUENCE_END_TOKEN:
    case YAML_FLOW_MAPPING_END_TOKEN:
        if (s->depth > 0)
            s->depth--;
        return 0;
    default:
        return 0;
    }
}

static bool has_hash(ml_bytes text, size_t from, size_t to)
{
    return ml_bytes_find(ml_bytes_slice(text, from, to), 0, '#') != SIZE_MAX;
}

/* Notes whether the gap before a token holds a comment. A block scalar's header may, too. */
static void look_for_comment(scan *s, const ml_yaml_token *token)
{
    const ml_bytes text = s->d->text;

    if (s->out->comments)
        return;
    if (token->start > s->covered)
        s->out->comments = has_hash(text, s->covered, token->start);
    if (token->type == YAML_SCALAR_TOKEN && token->style >= ML_STYLE_LITERAL &&
        has_hash(text, token->start, ml_yaml_line_end(text, token->start)))
        s->out->comments = true;
    if (token->end > s->covered)
        s->covered = token->end;
}

static int take_token(scan *s, const yaml_token_t *from)
{
    ml_yaml_token token;

    memset(&token, 0, sizeof token);
    token.type = (uint8_t)from->type;
    token.start = (uint32_t)offset_of(&s->at, &from->start_mark);
    token.line = (uint32_t)from->start_mark.line + 1;
    token.column = (uint32_t)(token.start - s->at.line_start) + 1;
    token.end = (uint32_t)offset_of(&s->at, &from->end_mark);
    if (fill_token(s, from, &token) < 0 || count_depth(s, &token) < 0)
        return -1;
    look_for_comment(s, &token);
    return add_token(s, &token);
}

/* What libyaml complains about, with its place. Its messages are constant texts. */
static int fail_scan(scan *s)
{
    const yaml_parser_t *p = &s->parser;

    if (p->error == YAML_MEMORY_ERROR)
        return ml_fail_memory(s->e);
    if (p->error == YAML_READER_ERROR)
        return ml_doc_fail_at(s->d, p->problem_offset + s->at.base, s->e, "malformed YAML: %s",
                              p->problem);
    ml_fail(s->e, ML_E_FORMAT, "malformed YAML%s%s: %s", p->context == NULL ? "" : " ",
            p->context == NULL ? "" : p->context,
            p->problem == NULL ? "unknown problem" : p->problem);
    return ml_err_at(s->e, s->d->path, (unsigned long)p->problem_mark.line + 1,
                     (unsigned long)p->problem_mark.column + 1);
}

static int scan_all(scan *s)
{
    bool end = false;

    while (!end) {
        yaml_token_t token;
        int result;

        if (!yaml_parser_scan(&s->parser, &token))
            return fail_scan(s);
        end = token.type == YAML_STREAM_END_TOKEN || token.type == YAML_NO_TOKEN;
        result = take_token(s, &token);
        yaml_token_delete(&token);
        if (result < 0)
            return -1;
    }
    return 0;
}

int ml_yaml_scan(ml_doc *d, ml_yaml_tokens *out, ml_err *e)
{
    scan s;
    int result;

    (void)ml_yaml_memory_wipes(); /* so that the linker takes the allocator, too */
    memset(&s, 0, sizeof s);
    s.d = d;
    s.out = out;
    s.e = e;
    s.at.text = d->text;
    s.at.base = ml_bytes_starts(d->text, bom) ? strlen(bom) : 0;
    s.at.offset = s.at.line_start = s.covered = s.at.base;
    s.at.direct = is_direct(ml_bytes_slice(d->text, s.at.base, d->text.len));
    if (!s.at.direct && check_marks(&s) < 0)
        return -1;
    if (!yaml_parser_initialize(&s.parser))
        return ml_fail_memory(e);
    yaml_parser_set_encoding(&s.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &s.parser, d->text.len == 0 ? (const unsigned char *)"" : d->text.p + s.at.base,
        d->text.len - s.at.base);
    result = scan_all(&s);
    yaml_parser_delete(&s.parser);
    return result;
}

void ml_yaml_tokens_free(ml_yaml_tokens *t)
{
    free(t->list);
    memset(t, 0, sizeof *t);
}
