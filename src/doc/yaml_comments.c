/* yaml_comments.c — finding comments in the gaps between tokens; see yaml_comments.h.
 *
 * The rules are those of the loader that sops uses, with its quirks, since the result must be the
 * same: a run directly below content that is followed by an empty line is its foot, unless
 * dedented; a comment left of the open block ends the run above it; a run in front of a closing
 * bracket is a foot; whatever remains is the head of the next token. */
#include "doc/yaml_comments.h"

#include <string.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "doc/yaml_text.h"

enum { LOOK_AHEAD = 512 }; /* bytes without a comment after which a run ends */

typedef struct place {
    uint32_t at;
    int64_t line, column; /* from 0 */
} place;

typedef struct finder {
    ml_bytes text;
    ml_yaml_tokens *tokens;
    ml_yaml_comments *c;
    place mark;        /* where the scanner stands */
    unsigned newlines; /* line breaks since the last byte that is not blank */
    int64_t indent;    /* of the open block, -1 outside */
    int64_t indents[ML_LIMIT_DEPTH + 2];
    size_t depth, flow;
} finder;

/* A run being read. */
typedef struct run {
    uint32_t scanned, mark;
    place start;
    uint32_t first, count;
} run;

static bool is_blank(const finder *f, size_t at)
{
    return at < f->text.len && ml_text_is_blank(f->text.p[at]);
}

static bool is_break(const finder *f, size_t at)
{
    return at < f->text.len && ml_yaml_break(f->text, at) > 0;
}

/* Steps over one character or line break. */
static void step(finder *f)
{
    const size_t width = ml_yaml_break(f->text, f->mark.at);

    if (width > 0) {
        f->mark.at += (uint32_t)width;
        f->mark.line++;
        f->mark.column = 0;
        f->newlines++;
        return;
    }
    if (!is_blank(f, f->mark.at))
        f->newlines = 0;
    do
        f->mark.at++;
    while (f->mark.at < f->text.len && (f->text.p[f->mark.at] & 0xC0) == 0x80);
    f->mark.column++;
}

static void step_to(finder *f, uint32_t at)
{
    while (f->mark.at < at)
        step(f);
}

static void add_run(finder *f, ml_yaml_slot slot, const run *r, uint32_t end)
{
    ml_yaml_comments *c = f->c;
    ml_yaml_comment_run *out;

    if (!ml_list_grow(&c->runs, &c->run_cap, c->run_count, sizeof *c->runs)) {
        c->failed = true;
        return;
    }
    out = &c->runs[c->run_count++];
    out->slot = (uint8_t)slot;
    out->mark = r->mark;
    out->scanned = r->scanned;
    out->end = end;
    out->column = (uint32_t)r->start.column;
    out->first = r->first;
    out->count = r->count;
}

/* Reads the comment the scanner stands before up to the end of its line. */
static void read_line(finder *f)
{
    ml_yaml_comments *c = f->c;
    ml_yaml_comment_line *line;

    if (!ml_list_grow(&c->lines, &c->line_cap, c->line_count, sizeof *c->lines)) {
        c->failed = true;
        step_to(f, (uint32_t)ml_yaml_line_end(f->text, f->mark.at));
        return;
    }
    line = &c->lines[c->line_count++];
    line->start = f->mark.at;
    line->line = (uint32_t)f->mark.line + 1;
    line->column = (uint32_t)(f->mark.at - ml_yaml_line_start(f->text, f->mark.at)) + 1;
    line->next = 0;
    line->blank_after = line->placed = false;
    step_to(f, (uint32_t)ml_yaml_line_end(f->text, f->mark.at));
    line->end = f->mark.at;
}

/* A comment behind a token on its line; it belongs to the token at `mark`. */
static void find_line_comment(finder *f, uint32_t mark)
{
    const size_t at = ml_yaml_skip_blanks(f->text, f->mark.at);
    run r;

    if (f->newlines > 0 || !ml_yaml_is_comment(f->text, at))
        return;
    step_to(f, (uint32_t)at);
    memset(&r, 0, sizeof r);
    r.mark = mark;
    r.start = f->mark;
    r.first = (uint32_t)f->c->line_count;
    read_line(f);
    r.count = (uint32_t)f->c->line_count - r.first;
    if (r.count > 0)
        add_run(f, ML_YAML_LINE, &r, 0);
}

/* Ends the run read so far as a foot; what follows is a new one that begins at `here`. */
static void end_as_foot(finder *f, run *r, uint32_t here)
{
    if (r->count > 0)
        add_run(f, ML_YAML_FOOT, r, here);
    r->scanned = r->mark = here;
    r->first += r->count;
    r->count = 0;
}

/* What the walk over a run of comment lines knows. */
typedef struct walk {
    run r;
    bool value;                     /* the token before is a ':' */
    bool recent_empty, first_empty; /* this is, no line before was, an empty line */
    int64_t foot_line;              /* where a comment must begin to be a foot */
    int64_t line, column;           /* of the byte looked at; column from 1 */
    uint32_t peek;                  /* bytes ahead of the scanner */
} walk;

static int64_t open_indent(const finder *f)
{
    return f->indent < 0 ? 0 : f->indent;
}

/* At an empty line, the end of the text, or a closing bracket: is the run above a foot? */
static void meet_break(finder *f, walk *w, bool closing)
{
    const uint32_t here = f->mark.at + w->peek;
    const bool dedented = w->r.start.column - 1 < open_indent(f);

    if (!closing && w->recent_empty)
        return;
    if (closing ||
        (w->first_empty && ((w->r.start.line == w->foot_line && !w->value) || dedented))) {
        if (w->r.count > 0) {
            if (dedented)
                w->r.mark = w->r.start.at;
            end_as_foot(f, &w->r, here);
        }
    } else if (w->r.count > 0 && here < f->text.len && f->c->line_count > 0) {
        f->c->lines[f->c->line_count - 1].blank_after = true;
    }
}

/* Takes in the comment line at the byte looked at. */
static void take_line(finder *f, walk *w)
{
    if (w->r.count == 0) {
        w->r.start.at = f->mark.at + w->peek;
        w->r.start.line = w->line;
        w->r.start.column = w->column;
        w->r.first = (uint32_t)f->c->line_count;
    }
    w->recent_empty = false;
    step_to(f, f->mark.at + w->peek);
    read_line(f);
    w->r.count = (uint32_t)f->c->line_count - w->r.first;
    w->peek = 0;
    w->column = 0;
    w->line = f->mark.line;
}

/* Looks at the byte `peek` ahead; false when the run ends there. */
static bool look(finder *f, walk *w)
{
    const size_t at = (size_t)f->mark.at + w->peek;
    const unsigned char byte = at < f->text.len ? f->text.p[at] : 0;
    const bool closing = f->flow > 0 && (byte == ']' || byte == '}');

    w->column++;
    if (is_blank(f, at))
        return true;
    if (closing || at >= f->text.len || is_break(f, at)) {
        meet_break(f, w, closing);
        if (closing || at >= f->text.len)
            return false;
        w->first_empty = false;
        w->recent_empty = true;
        w->column = 0;
        w->line++;
        return true;
    }
    if (w->r.count > 0 && w->column - 1 < open_indent(f) && w->column != w->r.start.column)
        end_as_foot(f, &w->r, (uint32_t)at);
    if (byte != '#')
        return false;
    take_line(f, w);
    return true;
}

/* The scanner stands before a '#': reads this and all comment lines that follow. `last` is the
 * index of the token before, `scanned` where the search for the next token began. */
static void find_comments(finder *f, size_t last, place scanned)
{
    const ml_yaml_token *token = &f->tokens->list[last];
    walk w;

    memset(&w, 0, sizeof w);
    if (token->type == YAML_FLOW_ENTRY_TOKEN && last > 0)
        token--;
    w.value = token->type == YAML_VALUE_TOKEN;
    w.r.scanned = scanned.at;
    w.r.mark = token->start;
    w.first_empty = f->newlines <= 1;
    w.line = f->mark.line;
    w.column = f->mark.column;
    w.foot_line = -1;
    if (scanned.line > 0) {
        w.foot_line = f->mark.line - (int64_t)f->newlines + 1;
        if (f->newlines == 0 && f->mark.column > 1)
            w.foot_line++;
    }
    for (w.peek = 0; w.peek < LOOK_AHEAD && look(f, &w); w.peek++)
        continue;
    if (w.r.count > 0) {
        w.r.mark = w.r.start.at;
        add_run(f, ML_YAML_HEAD, &w.r, f->mark.at + w.peek - 1);
    }
}

/* From the end of token `last` to the next one. */
static void cross_gap(finder *f, size_t last)
{
    const place scanned = f->mark;

    for (;;) {
        while (is_blank(f, f->mark.at))
            step(f);
        if (ml_yaml_is_comment(f->text, f->mark.at))
            find_comments(f, last, scanned);
        if (!is_break(f, f->mark.at))
            return;
        step(f);
    }
}

/* Closes block levels down to `column`: gives their BLOCK-END tokens, from index `at` on, the place
 * where the loader has them: before comments that stand in the closing block's own column. */
static size_t unroll(finder *f, size_t at, int64_t column, uint32_t from)
{
    uint32_t mark = from > 0 ? from - 1 : 0;

    while (f->indent > column && f->depth > 0 && at < f->tokens->count &&
           f->tokens->list[at].type == YAML_BLOCK_END_TOKEN) {
        uint32_t stop = mark;
        size_t i = f->c->run_count;

        while (i-- > 0 && f->c->runs[i].end >= stop && f->c->runs[i].end > 0) {
            if ((int64_t)f->c->runs[i].column == f->indent + 1)
                mark = f->c->runs[i].first < f->c->line_count
                           ? f->c->lines[f->c->runs[i].first].start
                           : mark;
            stop = f->c->runs[i].scanned;
        }
        f->tokens->list[at].start = f->tokens->list[at].end = mark;
        f->indent = f->indents[--f->depth];
        at++;
    }
    return at;
}

/* Opens the block levels that begin at tokens from `at` on which have no width of their own. */
static size_t open_levels(finder *f, size_t at)
{
    for (; at < f->tokens->count; at++) {
        const ml_yaml_token *token = &f->tokens->list[at];

        if (token->type == YAML_BLOCK_SEQUENCE_START_TOKEN ||
            token->type == YAML_BLOCK_MAPPING_START_TOKEN) {
            f->indents[f->depth++] = f->indent;
            f->indent = (int64_t)token->column - 1;
        } else if (token->type != YAML_KEY_TOKEN || token->end > token->start) {
            break;
        }
    }
    return at;
}

/* The scanner reads a token: where it stands then, and the comment behind the token. */
static void pass_token(finder *f, size_t at)
{
    const ml_yaml_token *token = &f->tokens->list[at];
    const unsigned char byte = token->start < f->text.len ? f->text.p[token->start] : 0;
    uint32_t mark = token->start;

    if (at > 0 && ((f->flow == 0 && byte == ':') || (f->flow > 0 && byte == ',')))
        mark = f->tokens->list[at - 1].start;
    if (token->type == YAML_SCALAR_TOKEN && token->style >= ML_STYLE_LITERAL) {
        const size_t end = ml_yaml_line_end(f->text, token->start);
        const size_t hash = ml_bytes_find(ml_bytes_slice(f->text, 0, end), token->start, '#');

        step(f);
        if (hash < end) {
            step_to(f, (uint32_t)hash);
            find_line_comment(f, token->start);
        }
    }
    step_to(f, token->end);
    if (token->type == YAML_SCALAR_TOKEN && token->style == ML_STYLE_PLAIN)
        while (is_blank(f, f->mark.at) || is_break(f, f->mark.at))
            step(f);
    if (token->type == YAML_SCALAR_TOKEN && token->style >= ML_STYLE_LITERAL)
        while (f->mark.at < f->text.len && f->text.p[f->mark.at] == ' ')
            step(f);
    if (token->type == YAML_FLOW_SEQUENCE_START_TOKEN ||
        token->type == YAML_FLOW_MAPPING_START_TOKEN)
        f->flow++;
    if ((token->type == YAML_FLOW_SEQUENCE_END_TOKEN ||
         token->type == YAML_FLOW_MAPPING_END_TOKEN) &&
        f->flow > 0)
        f->flow--;
    if (token->type == YAML_VERSION_DIRECTIVE_TOKEN || token->type == YAML_TAG_DIRECTIVE_TOKEN) {
        /* The loader drops a comment behind a directive: a line that is in no run. */
        step_to(f, (uint32_t)ml_yaml_skip_blanks(f->text, f->mark.at));
        if (ml_yaml_is_comment(f->text, f->mark.at))
            read_line(f);
        step_to(f, (uint32_t)ml_yaml_line_end(f->text, f->mark.at));
        if (f->mark.at < f->text.len)
            step(f);
    } else if (token->type != YAML_BLOCK_ENTRY_TOKEN && token->type != YAML_DOCUMENT_START_TOKEN &&
               token->type != YAML_DOCUMENT_END_TOKEN) {
        find_line_comment(f, mark);
    }
}

/* The index of the next token that has a place of its own in the text. */
static size_t next_solid(const finder *f, size_t at)
{
    while (at + 1 < f->tokens->count) {
        const ml_yaml_token *token = &f->tokens->list[at];

        if (token->type != YAML_BLOCK_END_TOKEN && token->type != YAML_BLOCK_SEQUENCE_START_TOKEN &&
            token->type != YAML_BLOCK_MAPPING_START_TOKEN &&
            (token->type != YAML_KEY_TOKEN || token->end > token->start))
            break;
        at++;
    }
    return at;
}

int ml_yaml_comments_find(ml_bytes text, ml_yaml_tokens *tokens, ml_yaml_comments *out, ml_err *e)
{
    finder f;
    size_t at = 1; /* behind STREAM-START */

    memset(&f, 0, sizeof f);
    f.text = text;
    f.tokens = tokens;
    f.c = out;
    f.indent = -1;
    f.mark.at = tokens->count > 0 ? tokens->list[0].end : 0;
    out->any = true;
    while (at < tokens->count) {
        const size_t solid = next_solid(&f, at);
        const place scanned = f.mark;

        cross_gap(&f, at - 1);
        if (f.flow == 0) {
            at = unroll(&f, at, f.mark.column, scanned.at);
            at = unroll(&f, at, -1, f.mark.at);
            at = open_levels(&f, at);
        } else {
            at = solid;
        }
        if (at >= tokens->count || tokens->list[at].type == YAML_STREAM_END_TOKEN)
            break;
        pass_token(&f, at++);
    }
    return out->failed ? ml_fail_memory(e) : 0;
}
