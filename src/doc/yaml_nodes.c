/* yaml_nodes.c — nodes made of tokens: types, anchors, keys, and the comments given to them; see
 * yaml_parse.h. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/encode.h"
#include "doc/doc_index.h"
#include "doc/value.h"
#include "doc/yaml_parse.h"
#include "doc/yaml_tag.h"
#include "doc/yaml_text.h"

/* The word of a core tag, unless the document gives `!!` a meaning of its own. */
static ml_bytes core_word(const ml_yaml_parse_state *p, ml_bytes tag)
{
    return ml_bytes_starts(tag, "!!") && ml_yaml_has_handle(p, ml_bytes_text("!!"))
               ? ml_bytes_of(NULL, 0)
               : ml_yaml_core_word(tag);
}

static int wrong_tag(ml_yaml_parse_state *p, const ml_yaml_token *token)
{
    ml_fail(p->e, ML_E_FORMAT, "the value does not fit its tag");
    return ml_err_at(p->e, p->d->path, token->line, token->column);
}

/* The decoded text of !!binary, whose base64 may be broken by spaces and lines. */
static int decode_binary(ml_yaml_parse_state *p, ml_node n, const ml_yaml_token *token)
{
    unsigned char *out;
    ml_buf packed = { 0 };
    size_t i, len = 0;

    for (i = 0; i < token->text_len; i++)
        if (token->text[i] != ' ' && token->text[i] != '\n')
            ml_buf_byte(&packed, token->text[i]);
    out = ml_arena_take(&p->d->decoded, ml_base64_room(packed.len), p->e);
    if (out == NULL || ml_buf_check(&packed, p->e) < 0) {
        ml_buf_free(&packed);
        return -1;
    }
    if (ml_base64_decode(ML_BASE64_PADDED, out, &len, ml_buf_bytes(&packed)) < 0) {
        ml_buf_free(&packed);
        return wrong_tag(p, token);
    }
    ml_buf_free(&packed);
    ml_doc_set_text(p->d, n, ml_bytes_of(out, len));
    return 0;
}

/* The type of a scalar by its tag, style and text. */
static int type_of(ml_yaml_parse_state *p, ml_bytes tag, const ml_yaml_token *token, ml_type *type)
{
    const ml_bytes text = ml_bytes_of(token->text, token->text_len);
    ml_type promised;

    *type = ML_TYPE_STR;
    if (tag.len == 0 || ml_bytes_is(tag, "!")) {
        if (token->style == ML_STYLE_PLAIN)
            *type = ml_value_yaml_type(text);
        return 0;
    }
    if (!ml_yaml_core_type(core_word(p, tag), &promised))
        return 0;
    *type = ml_value_yaml_type(text);
    if (*type == ML_TYPE_INT && promised == ML_TYPE_FLOAT)
        *type = ML_TYPE_FLOAT;
    return *type == promised ? 0 : wrong_tag(p, token);
}

/* The slot of an anchor's name in the table: where it is, or where it would go. */
static size_t anchor_slot(const ml_yaml_parse_state *p, ml_bytes name)
{
    const size_t mask = p->slot_count - 1;
    size_t slot = (size_t)ml_bytes_hash(p->d->seed, name) & mask;

    while (p->slots[slot] != 0 && !ml_bytes_equal(p->anchors[p->slots[slot] - 1].name, name))
        slot = (slot + 1) & mask;
    return slot;
}

/* Doubles the table and enters all anchors anew. */
static int grow_anchors(ml_yaml_parse_state *p)
{
    const size_t cap = p->anchor_cap == 0 ? 16 : p->anchor_cap * 2;
    ml_yaml_anchor *grown = realloc(p->anchors, cap * sizeof *grown);
    uint32_t *slots;
    size_t i;

    if (grown == NULL)
        return ml_fail_memory(p->e);
    p->anchors = grown;
    slots = calloc(cap * 2, sizeof *slots);
    if (slots == NULL)
        return ml_fail_memory(p->e);
    free(p->slots);
    p->slots = slots;
    p->slot_count = cap * 2;
    p->anchor_cap = cap;
    for (i = 0; i < p->anchor_count; i++)
        p->slots[anchor_slot(p, p->anchors[i].name)] = (uint32_t)i + 1;
    return 0;
}

static int remember_anchor(ml_yaml_parse_state *p, ml_bytes name, ml_node n)
{
    size_t slot;

    if (p->anchor_count == p->anchor_cap && grow_anchors(p) < 0)
        return -1;
    slot = anchor_slot(p, name);
    if (p->slots[slot] == 0) {
        p->anchors[p->anchor_count].name = name;
        p->slots[slot] = (uint32_t)++p->anchor_count;
    }
    p->anchors[p->slots[slot] - 1].node = n; /* a later anchor of the same name takes over */
    return 0;
}

void ml_yaml_forget(ml_yaml_parse_state *p)
{
    if (p->anchor_count > 0)
        memset(p->slots, 0, p->slot_count * sizeof *p->slots);
    p->anchor_count = 0;
}

static bool awaits_key(const ml_yaml_frame *top)
{
    return top->state == ML_YAML_BLOCK_KEY || top->state == ML_YAML_FLOW_KEY ||
           top->state == ML_YAML_PAIR_KEY;
}

static bool awaits_value(const ml_yaml_frame *top)
{
    return top->state == ML_YAML_BLOCK_VALUE || top->state == ML_YAML_FLOW_VALUE ||
           top->state == ML_YAML_PAIR_VALUE;
}

static int refuse_key(ml_yaml_parse_state *p, const ml_node_info *info)
{
    ml_fail(p->e, ML_E_FORMAT, "a key of the map is not a string");
    ml_err_hint(p->e, "sops knows string keys only: quote it");
    return ml_err_at(p->e, p->d->path, info->line, info->column);
}

/* Adds a node as item, key or value of the innermost collection, or as a root. */
static int attach(ml_yaml_parse_state *p, ml_node_info *info, const ml_yaml_props *props,
                  ml_node *out)
{
    ml_yaml_frame *top = ml_yaml_top(p);
    const bool is_key = top != NULL && awaits_key(top);

    if (props != NULL && props->any) {
        info->start = props->start;
        info->line = props->line;
        info->column = props->column;
    }
    if (top != NULL) {
        info->parent = top->node;
        info->is_key = is_key;
        info->flow = info->flow || top->flow;
        info->key = awaits_value(top) ? top->key : ML_NO_NODE;
    }
    if (is_key && (info->kind != ML_KIND_SCALAR || info->type != ML_TYPE_STR))
        return refuse_key(p, info);
    if (ml_doc_add(p->d, info, out, p->e) < 0)
        return -1;
    if (top == NULL) {
        if (ml_doc_add_root(p->d, *out, p->e) < 0)
            return -1;
        ml_yaml_comments_root(&p->comments, *out);
    } else if (is_key) {
        top->prior = top->key;
        top->key = *out;
        top->state++; /* the value's state follows the key's */
    } else if (awaits_value(top)) {
        top->state =
            top->state == ML_YAML_PAIR_VALUE ? ML_YAML_PAIR_END : (uint8_t)(top->state - 1);
    }
    if (props == NULL || !props->any)
        return 0;
    if (props->anchor.len > 0 && remember_anchor(p, props->anchor, *out) < 0)
        return -1;
    return ml_doc_add_properties(p->d, *out, props->anchor, props->tag, p->e);
}

/* After a key or value is complete: the loader moves feet of comments to keys. */
static void settle_feet(ml_yaml_parse_state *p, ml_node n)
{
    const ml_yaml_frame *top = ml_yaml_top(p);
    const ml_node_info *info = ml_doc_node(p->d, n);

    if (!p->comments.any || top == NULL)
        return;
    if (info->is_key && !top->flow && top->prior != ML_NO_NODE)
        ml_yaml_comments_move_foot(&p->comments, n, top->prior);
    else if (info->key != ML_NO_NODE && !ml_yaml_comments_has_foot(&p->comments, info->key))
        ml_yaml_comments_move_foot(&p->comments, n, info->key);
}

static ml_node_info blank_at(ml_kind kind, const ml_yaml_token *token)
{
    ml_node_info info = ml_doc_blank(kind);

    info.start = info.content = token->start;
    info.end = token->end;
    info.line = token->line;
    info.column = token->column;
    return info;
}

/* A merge key takes a map, or a list of maps. */
static bool can_merge(const ml_doc *d, ml_node n)
{
    const ml_node value = ml_doc_resolve(d, n), end = ml_doc_behind(d, value);
    ml_node i;

    if (ml_doc_node(d, value)->kind != ML_KIND_LIST)
        return ml_doc_node(d, value)->kind == ML_KIND_MAP;
    /* before the children are linked they are found by their parent */
    for (i = value + 1; i < end; i++)
        if (ml_doc_node(d, i)->parent == value &&
            ml_doc_node(d, ml_doc_resolve(d, i))->kind != ML_KIND_MAP)
            return false;
    return true;
}

/* Checks the value of a plain `<<`. */
static int check_merge(ml_yaml_parse_state *p, ml_node n)
{
    const ml_node key = ml_doc_node(p->d, n)->key;

    if (key == ML_NO_NODE || ml_doc_node(p->d, key)->style != ML_STYLE_PLAIN ||
        !ml_bytes_is(ml_doc_scalar(p->d, key), "<<") || can_merge(p->d, n))
        return 0;
    ml_fail(p->e, ML_E_FORMAT, "the merge key '<<' needs a map or a list of maps");
    return ml_doc_blame(p->d, n, p->e);
}

int ml_yaml_add_scalar(ml_yaml_parse_state *p, const ml_yaml_props *props,
                       const ml_yaml_token *token)
{
    ml_node_info info = blank_at(ML_KIND_SCALAR, token);
    const ml_bytes word = core_word(p, props->tag);
    ml_type type;
    ml_node n;

    if (type_of(p, props->tag, token, &type) < 0)
        return -1;
    if (ml_yaml_top(p) != NULL && ml_yaml_top(p)->flow && token->style == ML_STYLE_PLAIN &&
        ml_bytes_find(ml_bytes_slice(p->d->text, token->start, token->end), 0, '?') != SIZE_MAX)
        return ml_yaml_refuse(p, token, "text with '?' must be quoted inside brackets");
    info.style = token->style;
    info.type = (uint8_t)type;
    if (token->style >= ML_STYLE_LITERAL) {
        const size_t around = p->indent_depth > 0 ? p->indents[p->indent_depth - 1] : 0;

        info.indent = (uint32_t)ml_yaml_block_indent(p->d->text, token->start, token->end, around);
        info.end = (uint32_t)ml_yaml_block_end(p->d->text, token->start, token->end, info.indent);
    }
    if (attach(p, &info, props, &n) < 0)
        return -1;
    ml_doc_set_text(p->d, n, ml_bytes_of(token->text, token->text_len));
    if (ml_bytes_is(word, "binary") && decode_binary(p, n, token) < 0)
        return -1;
    ml_yaml_comments_give(&p->comments, n);
    settle_feet(p, n);
    ml_yaml_skip(p);
    p->last_end = info.end;
    return check_merge(p, n);
}

/* Line and column of an empty node, which lies at or before `token`. */
static void place_empty(ml_bytes text, uint32_t offset, const ml_yaml_token *token,
                        ml_node_info *info)
{
    uint32_t at = offset, breaks = 0;

    while (at < token->start) {
        const size_t width = ml_yaml_break(text, at);

        breaks += width > 0;
        at += width > 0 ? (uint32_t)width : 1;
    }
    info->start = info->end = info->content = offset;
    info->line = token->line > breaks ? token->line - breaks : 1;
    if (breaks == 0 && token->column + offset > token->start)
        info->column = token->column + offset - token->start;
    else
        info->column = offset - (uint32_t)ml_yaml_line_start(text, offset) + 1;
}

int ml_yaml_add_empty(ml_yaml_parse_state *p, const ml_yaml_props *props, uint32_t offset)
{
    const ml_yaml_token *token = &p->tokens.list[p->next];
    ml_node_info info = blank_at(ML_KIND_SCALAR, token);
    ml_yaml_token empty;
    ml_type type;
    ml_node n;

    memset(&empty, 0, sizeof empty);
    empty.line = token->line;
    empty.column = token->column;
    if (type_of(p, props == NULL ? ml_bytes_of(NULL, 0) : props->tag, &empty, &type) < 0)
        return -1;
    place_empty(p->d->text, offset, token, &info);
    info.type = (uint8_t)type;
    if (attach(p, &info, props, &n) < 0)
        return -1;
    ml_doc_set_text(p->d, n, ml_bytes_slice(p->d->text, offset, offset));
    settle_feet(p, n);
    return check_merge(p, n);
}

int ml_yaml_add_alias(ml_yaml_parse_state *p, const ml_yaml_token *token)
{
    const ml_bytes name = ml_bytes_of(token->text, token->text_len);
    ml_node_info info = blank_at(ML_KIND_ALIAS, token);
    size_t i;
    ml_node n;

    i = p->anchor_count == 0 ? 0 : p->slots[anchor_slot(p, name)];
    if (i == 0)
        return ml_yaml_refuse(p, token, "the alias has no anchor before it");
    info.target = p->anchors[i - 1].node;
    for (i = 0; i < p->depth; i++)
        if (p->frames[i].node == info.target)
            return ml_yaml_refuse(p, token, "the alias stands inside its own anchor");
    if (attach(p, &info, NULL, &n) < 0)
        return -1;
    ml_doc_set_text(p->d, n, name);
    ml_yaml_comments_give(&p->comments, n);
    settle_feet(p, n);
    ml_yaml_skip(p);
    return check_merge(p, n);
}

int ml_yaml_open(ml_yaml_parse_state *p, const ml_yaml_props *props, const ml_yaml_token *token,
                 ml_kind kind, ml_yaml_state state)
{
    ml_node_info info = blank_at(kind, token);
    const bool pair = state == ML_YAML_PAIR_KEY;
    const bool braces = state == ML_YAML_FLOW_FIRST_ITEM || state == ML_YAML_FLOW_FIRST_KEY;
    ml_yaml_frame *frame;
    ml_node n;

    if (p->depth >= sizeof p->frames / sizeof *p->frames) {
        ml_fail(p->e, ML_E_LIMIT, "the document is nested more than %d levels deep",
                ML_LIMIT_DEPTH);
        return ml_err_at(p->e, p->d->path, token->line, token->column);
    }
    info.flow = pair || braces;
    info.indent = info.flow ? 0 : token->column - 1;
    if (attach(p, &info, props, &n) < 0)
        return -1;
    if (braces)
        ml_yaml_comments_give(&p->comments, n);
    else if (!pair && state != ML_YAML_INDENTLESS_ENTRY)
        ml_yaml_comments_give_stem(&p->comments, n);
    frame = &p->frames[p->depth++];
    memset(frame, 0, sizeof *frame);
    frame->node = n;
    frame->state = (uint8_t)state;
    frame->flow = info.flow;
    frame->key = frame->prior = ML_NO_NODE;
    if (!pair && state != ML_YAML_INDENTLESS_ENTRY)
        ml_yaml_skip(p);
    return 0;
}

int ml_yaml_close(ml_yaml_parse_state *p, uint32_t end)
{
    const ml_yaml_frame frame = p->frames[--p->depth];
    ml_node_info *info = ml_doc_edit_info(p->d, frame.node);
    const bool pair = frame.state == ML_YAML_PAIR_END;

    info->end = end > 0 ? end : p->last_end;
    if (check_merge(p, frame.node) < 0)
        return -1;
    if (!p->comments.any)
        return 0;
    ml_yaml_comments_end(&p->comments, frame.node,
                         !pair && (frame.flow || info->kind == ML_KIND_MAP));
    if (!frame.flow && info->kind == ML_KIND_MAP && frame.key != ML_NO_NODE)
        ml_yaml_comments_move_foot(&p->comments, frame.node, frame.key);
    settle_feet(p, frame.node);
    return 0;
}
