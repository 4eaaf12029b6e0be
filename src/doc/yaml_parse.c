/* yaml_parse.c — the grammar of YAML over tokens, without recursion: a stack of open collections,
 * each with what it expects next. The productions are those of libyaml's parser; what Go's loader
 * refuses besides is refused here and in yaml_nodes.c. */
#include "doc/yaml_parse.h"

#include <stdlib.h>
#include <string.h>

/* The next token; comments that belong before it are taken up. */
static const ml_yaml_token *peek(ml_yaml_parse_state *p)
{
    const ml_yaml_token *token = &p->tokens.list[p->next];

    if (p->comments.any)
        ml_yaml_comments_unfold(&p->comments, token);
    return token;
}

void ml_yaml_skip(ml_yaml_parse_state *p)
{
    const ml_yaml_token *token = &p->tokens.list[p->next];

    switch (token->type) {
    case YAML_BLOCK_SEQUENCE_START_TOKEN:
    case YAML_BLOCK_MAPPING_START_TOKEN:
        p->indents[p->indent_depth++] = token->column - 1;
        break;
    case YAML_BLOCK_END_TOKEN:
        if (p->indent_depth > 0)
            p->indent_depth--;
        break;
    default:
        if (token->end > p->last_end && token->type != YAML_FLOW_ENTRY_TOKEN)
            p->last_end = token->end;
        break;
    }
    if (p->next + 1 < p->tokens.count)
        p->next++;
}

ml_yaml_frame *ml_yaml_top(ml_yaml_parse_state *p)
{
    return p->depth == 0 ? NULL : &p->frames[p->depth - 1];
}

int ml_yaml_refuse(const ml_yaml_parse_state *p, const ml_yaml_token *token, const char *why)
{
    ml_fail(p->e, ML_E_FORMAT, "malformed YAML: %s", why);
    return ml_err_at(p->e, p->d->path, token->line, token->column);
}

/* The innermost collection where one is known to be open. */
static ml_yaml_frame *innermost(ml_yaml_parse_state *p)
{
    return &p->frames[p->depth - 1];
}

/* Anchor and tag, in either order. */
static int read_props(ml_yaml_parse_state *p, ml_yaml_props *props)
{
    const ml_yaml_token *token = peek(p);

    memset(props, 0, sizeof *props);
    while ((token->type == YAML_ANCHOR_TOKEN && props->anchor.len == 0) ||
           (token->type == YAML_TAG_TOKEN && props->tag.len == 0)) {
        const ml_bytes text = ml_bytes_of(token->text, token->text_len);

        if (!props->any) {
            props->start = token->start;
            props->line = token->line;
            props->column = token->column;
        }
        props->any = true;
        props->end = token->end;
        if (token->type == YAML_ANCHOR_TOKEN)
            props->anchor = text;
        else
            props->tag = text;
        if (token->type == YAML_TAG_TOKEN && !ml_yaml_knows_tag(p, text))
            return ml_yaml_refuse(p, token, "the tag's handle is not declared");
        ml_yaml_skip(p);
        token = peek(p);
    }
    return 0;
}

/* A node. `block`: block collections may stand here; `indentless`: a list may begin at the key's
 * own column. */
static int parse_node(ml_yaml_parse_state *p, bool block, bool indentless)
{
    const ml_yaml_token *token = peek(p);
    ml_yaml_props props;

    if (token->type == YAML_ALIAS_TOKEN)
        return ml_yaml_add_alias(p, token);
    if (read_props(p, &props) < 0)
        return -1;
    token = peek(p);
    if (indentless && token->type == YAML_BLOCK_ENTRY_TOKEN)
        return ml_yaml_open(p, &props, token, ML_KIND_LIST, ML_YAML_INDENTLESS_ENTRY);
    if (token->type == YAML_SCALAR_TOKEN)
        return ml_yaml_add_scalar(p, &props, token);
    if (token->type == YAML_FLOW_SEQUENCE_START_TOKEN)
        return ml_yaml_open(p, &props, token, ML_KIND_LIST, ML_YAML_FLOW_FIRST_ITEM);
    if (token->type == YAML_FLOW_MAPPING_START_TOKEN)
        return ml_yaml_open(p, &props, token, ML_KIND_MAP, ML_YAML_FLOW_FIRST_KEY);
    if (block && token->type == YAML_BLOCK_SEQUENCE_START_TOKEN)
        return ml_yaml_open(p, &props, token, ML_KIND_LIST, ML_YAML_BLOCK_ENTRY);
    if (block && token->type == YAML_BLOCK_MAPPING_START_TOKEN)
        return ml_yaml_open(p, &props, token, ML_KIND_MAP, ML_YAML_BLOCK_KEY);
    if (props.any)
        return ml_yaml_add_empty(p, &props, props.end);
    return ml_yaml_refuse(p, token, "a value was expected here");
}

static int parse_entry(ml_yaml_parse_state *p, bool indentless)
{
    const ml_yaml_token *token = peek(p);
    uint32_t end;
    size_t waiting;
    bool none;

    if (token->type != YAML_BLOCK_ENTRY_TOKEN) {
        if (!indentless && token->type != YAML_BLOCK_END_TOKEN)
            return ml_yaml_refuse(p, token, "an item of the list ('-') was expected here");
        if (ml_yaml_close(p, 0) < 0)
            return -1;
        if (!indentless)
            ml_yaml_skip(p);
        return 0;
    }
    end = token->end;
    waiting = p->comments.head.count;
    ml_yaml_skip(p);
    token = peek(p);
    if (waiting > 0 && (token->type == YAML_BLOCK_SEQUENCE_START_TOKEN ||
                        token->type == YAML_BLOCK_MAPPING_START_TOKEN))
        ml_yaml_comments_set_aside(&p->comments, waiting);
    none = token->type == YAML_BLOCK_ENTRY_TOKEN || token->type == YAML_BLOCK_END_TOKEN ||
           (indentless && (token->type == YAML_KEY_TOKEN || token->type == YAML_VALUE_TOKEN));
    return none ? ml_yaml_add_empty(p, NULL, end) : parse_node(p, true, false);
}

static bool ends_block_part(const ml_yaml_token *token)
{
    return token->type == YAML_KEY_TOKEN || token->type == YAML_VALUE_TOKEN ||
           token->type == YAML_BLOCK_END_TOKEN;
}

static int parse_block_key(ml_yaml_parse_state *p)
{
    const ml_yaml_token *token = peek(p);
    uint32_t end = token->end;

    if (token->type == YAML_BLOCK_END_TOKEN) {
        if (ml_yaml_close(p, 0) < 0)
            return -1;
        ml_yaml_skip(p);
        return 0;
    }
    if (token->type != YAML_KEY_TOKEN)
        return ml_yaml_refuse(p, token, "a key was expected here");
    ml_yaml_skip(p);
    return ends_block_part(peek(p)) ? ml_yaml_add_empty(p, NULL, end) : parse_node(p, true, true);
}

static int parse_block_value(ml_yaml_parse_state *p)
{
    const ml_yaml_token *token = peek(p);
    uint32_t end = token->end;

    if (token->type != YAML_VALUE_TOKEN)
        return ml_yaml_add_empty(p, NULL, p->last_end);
    ml_yaml_skip(p);
    return ends_block_part(peek(p)) ? ml_yaml_add_empty(p, NULL, end) : parse_node(p, true, true);
}

/* The comma between the parts of a flow collection. */
static int pass_comma(ml_yaml_parse_state *p, const char *why)
{
    const ml_yaml_token *token = peek(p);

    if (token->type != YAML_FLOW_ENTRY_TOKEN)
        return ml_yaml_refuse(p, token, why);
    ml_yaml_skip(p);
    return 0;
}

/* Closes a flow collection: the comments at its bracket are its own. */
static int close_flow(ml_yaml_parse_state *p, const ml_yaml_token *token)
{
    if (ml_yaml_close(p, token->end) < 0)
        return -1;
    ml_yaml_skip(p);
    return 0;
}

static int parse_flow_item(ml_yaml_parse_state *p, bool first)
{
    const ml_yaml_token *token = peek(p);

    if (token->type != YAML_FLOW_SEQUENCE_END_TOKEN && !first) {
        if (pass_comma(p, "',' or ']' was expected here") < 0)
            return -1;
        token = peek(p);
    }
    if (token->type == YAML_FLOW_SEQUENCE_END_TOKEN)
        return close_flow(p, token);
    innermost(p)->state = ML_YAML_FLOW_ITEM;
    if (token->type == YAML_KEY_TOKEN) {
        if (ml_yaml_open(p, NULL, token, ML_KIND_MAP, ML_YAML_PAIR_KEY) < 0)
            return -1;
        ml_yaml_skip(p);
        return 0;
    }
    return parse_node(p, false, false);
}

static bool ends_flow_part(const ml_yaml_token *token)
{
    return token->type == YAML_VALUE_TOKEN || token->type == YAML_FLOW_ENTRY_TOKEN ||
           token->type == YAML_FLOW_MAPPING_END_TOKEN ||
           token->type == YAML_FLOW_SEQUENCE_END_TOKEN;
}

/* What stands behind the indicator of a key or value in brackets. */
static int parse_flow_part(ml_yaml_parse_state *p)
{
    return ends_flow_part(peek(p)) ? ml_yaml_add_empty(p, NULL, p->last_end)
                                   : parse_node(p, false, false);
}

static int parse_flow_key(ml_yaml_parse_state *p, bool first)
{
    const ml_yaml_token *token = peek(p);

    if (token->type != YAML_FLOW_MAPPING_END_TOKEN && !first) {
        if (pass_comma(p, "',' or '}' was expected here") < 0)
            return -1;
        token = peek(p);
    }
    if (token->type == YAML_FLOW_MAPPING_END_TOKEN)
        return close_flow(p, token);
    innermost(p)->state = ML_YAML_FLOW_KEY;
    innermost(p)->bare_key = token->type != YAML_KEY_TOKEN;
    if (token->type != YAML_KEY_TOKEN)
        return parse_node(p, false, false);
    ml_yaml_skip(p);
    return parse_flow_part(p);
}

/* A value in a flow map or in a pair without braces. */
static int parse_flow_value(ml_yaml_parse_state *p)
{
    if (peek(p)->type != YAML_VALUE_TOKEN || innermost(p)->bare_key)
        return ml_yaml_add_empty(p, NULL, p->last_end);
    ml_yaml_skip(p);
    return parse_flow_part(p);
}

static int parse_step(ml_yaml_parse_state *p)
{
    switch (innermost(p)->state) {
    case ML_YAML_BLOCK_ENTRY:
        return parse_entry(p, false);
    case ML_YAML_INDENTLESS_ENTRY:
        return parse_entry(p, true);
    case ML_YAML_BLOCK_KEY:
        return parse_block_key(p);
    case ML_YAML_BLOCK_VALUE:
        return parse_block_value(p);
    case ML_YAML_FLOW_FIRST_ITEM:
        return parse_flow_item(p, true);
    case ML_YAML_FLOW_ITEM:
        return parse_flow_item(p, false);
    case ML_YAML_FLOW_FIRST_KEY:
        return parse_flow_key(p, true);
    case ML_YAML_FLOW_KEY:
        return parse_flow_key(p, false);
    case ML_YAML_PAIR_KEY:
        return parse_flow_part(p);
    case ML_YAML_PAIR_END:
        peek(p);
        return ml_yaml_close(p, p->last_end);
    default:
        return parse_flow_value(p);
    }
}

/* The directives before a `---`: only %YAML 1.1, once, and %TAG. */
static int read_directives(ml_yaml_parse_state *p)
{
    const ml_yaml_token *token = peek(p);
    bool version = false;

    p->handle_count = 0;
    for (; token->type == YAML_VERSION_DIRECTIVE_TOKEN || token->type == YAML_TAG_DIRECTIVE_TOKEN;
         token = peek(p)) {
        if (token->type == YAML_VERSION_DIRECTIVE_TOKEN) {
            if (version || token->style != 0)
                return ml_yaml_refuse(p, token,
                                      "only one %YAML directive, of version 1.1, is understood");
            version = true;
        } else if (ml_yaml_add_handle(p, token) < 0) {
            return -1;
        }
        ml_yaml_skip(p);
    }
    return 0;
}

static bool begins_document(const ml_yaml_token *token)
{
    return token->type == YAML_VERSION_DIRECTIVE_TOKEN || token->type == YAML_TAG_DIRECTIVE_TOKEN ||
           token->type == YAML_DOCUMENT_START_TOKEN;
}

static int parse_content(ml_yaml_parse_state *p, bool explicit)
{
    const ml_yaml_token *token = peek(p);

    if (explicit && (begins_document(token) || token->type == YAML_DOCUMENT_END_TOKEN ||
                     token->type == YAML_STREAM_END_TOKEN)) {
        if (ml_yaml_add_empty(p, NULL, p->last_end) < 0)
            return -1;
    } else if (parse_node(p, true, false) < 0) {
        return -1;
    }
    while (p->depth > 0)
        if (parse_step(p) < 0)
            return -1;
    return 0;
}

/* One document; `first` may begin without `---`. */
static int parse_document(ml_yaml_parse_state *p, bool first)
{
    const ml_yaml_token *token = peek(p);
    const bool explicit = !first || begins_document(token);

    if (explicit) {
        if (read_directives(p) < 0)
            return -1;
        token = peek(p);
        if (token->type != YAML_DOCUMENT_START_TOKEN)
            return ml_yaml_refuse(p, token, "the beginning of a document ('---') was expected");
        ml_yaml_skip(p);
    } else {
        p->handle_count = 0;
        ml_yaml_comments_begin_document(&p->comments);
    }
    if (parse_content(p, explicit) < 0)
        return -1;
    token = peek(p);
    if (token->type == YAML_DOCUMENT_END_TOKEN)
        ml_yaml_skip(p);
    ml_yaml_comments_end_document(&p->comments, ml_doc_root(p->d, p->d->root_count - 1));
    ml_yaml_forget(p);
    return 0;
}

static int parse_stream(ml_yaml_parse_state *p)
{
    const ml_yaml_token *token;
    bool first = true;

    ml_yaml_skip(p); /* STREAM-START */
    for (;;) {
        token = peek(p);
        while (!first && token->type == YAML_DOCUMENT_END_TOKEN) {
            ml_yaml_skip(p);
            token = peek(p);
        }
        if (token->type == YAML_STREAM_END_TOKEN)
            return 0;
        if (parse_document(p, first) < 0)
            return -1;
        first = false;
    }
}

int ml_yaml_parse(ml_doc *d, ml_err *e)
{
    ml_yaml_parse_state *p = calloc(1, sizeof *p);
    int result;

    if (p == NULL)
        return ml_fail_memory(e);
    p->d = d;
    p->e = e;
    result = ml_yaml_scan(d, &p->tokens, e);
    if (result == 0 && p->tokens.comments)
        result = ml_yaml_comments_find(d->text, &p->tokens, &p->comments, e);
    if (result == 0)
        result = parse_stream(p);
    ml_yaml_tokens_free(&p->tokens);
    if (result == 0 && p->comments.failed)
        result = ml_fail_memory(e);
    if (result == 0)
        result = ml_yaml_keep_comments(d, &p->comments, e);
    ml_yaml_comments_free(&p->comments);
    free(p->anchors);
    free(p->slots);
    free(p->handles);
    free(p);
    return result;
}
