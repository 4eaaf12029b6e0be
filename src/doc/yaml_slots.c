/* yaml_slots.c — runs of comments on their way from tokens to the slots of nodes; see
 * yaml_comments.h. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "doc/yaml_comments.h"

static void push(ml_yaml_comments *c, ml_yaml_comment_list *list, uint32_t line)
{
    if (ml_list_grow(&list->list, &list->cap, list->count, sizeof *list->list))
        list->list[list->count++] = line;
    else
        c->failed = true;
}

/* The slots of a node; NULL, with `failed` set, when memory is out. */
static ml_yaml_slots *slots_of(ml_yaml_comments *c, ml_node n)
{
    if (n >= c->slot_count) {
        const size_t wanted = ((size_t)n + 64) * 2;
        ml_yaml_slots *grown = realloc(c->slots, wanted * sizeof *grown);

        if (grown == NULL) {
            c->failed = true;
            return NULL;
        }
        memset(grown + c->slot_count, 0, (wanted - c->slot_count) * sizeof *grown);
        c->slots = grown;
        c->slot_count = wanted;
    }
    return &c->slots[n];
}

/* Gives a waiting list to a slot of a node, behind what is there, and empties it. */
static void give_list(ml_yaml_comments *c, ml_yaml_comment_list *list, ml_node n, ml_yaml_slot slot)
{
    ml_yaml_slots *s = list->count == 0 ? NULL : slots_of(c, n);
    size_t i;

    for (i = 0; s != NULL && i < list->count; i++) {
        const uint32_t line = list->list[i] + 1;

        if (s->last[slot] == 0)
            s->first[slot] = line;
        else
            c->lines[s->last[slot] - 1].next = line;
        c->lines[line - 1].next = 0;
        s->last[slot] = line;
    }
    list->count = 0;
}

void ml_yaml_comments_unfold(ml_yaml_comments *c, const ml_yaml_token *token)
{
    while (c->run_next < c->run_count && token->start >= c->runs[c->run_next].mark) {
        const ml_yaml_comment_run *r = &c->runs[c->run_next];
        ml_yaml_comment_list *list = r->slot == ML_YAML_HEAD   ? &c->head
                                     : r->slot == ML_YAML_LINE ? &c->line
                                                               : &c->foot;
        uint32_t i;

        /* An end has no head: it waits for what follows. */
        if (r->slot == ML_YAML_HEAD && token->type == YAML_BLOCK_END_TOKEN)
            return;
        for (i = 0; i < r->count; i++)
            push(c, list, r->first + i);
        c->run_next++;
    }
}

void ml_yaml_comments_give(ml_yaml_comments *c, ml_node n)
{
    give_list(c, &c->head, n, ML_YAML_HEAD);
    give_list(c, &c->line, n, ML_YAML_LINE);
    give_list(c, &c->foot, n, ML_YAML_FOOT);
    c->stem.count = 0;
}

void ml_yaml_comments_give_stem(ml_yaml_comments *c, ml_node n)
{
    give_list(c, &c->stem, n, ML_YAML_HEAD);
}

void ml_yaml_comments_set_aside(ml_yaml_comments *c, size_t count)
{
    size_t i;

    c->stem.count = 0;
    for (i = 0; i < count && i < c->head.count; i++)
        push(c, &c->stem, c->head.list[i]);
    if (count < c->head.count)
        memmove(c->head.list, c->head.list + count, (c->head.count - count) * sizeof *c->head.list);
    c->head.count -= count < c->head.count ? count : c->head.count;
}

static void lose(ml_yaml_comments *c, ml_node n, ml_yaml_slot slot)
{
    if (n < c->slot_count)
        c->slots[n].first[slot] = c->slots[n].last[slot] = 0;
}

void ml_yaml_comments_end(ml_yaml_comments *c, ml_node n, bool take)
{
    lose(c, n, ML_YAML_LINE);
    lose(c, n, ML_YAML_FOOT);
    if (!take)
        return;
    c->head.count = 0; /* the loader has no slot for it */
    give_list(c, &c->line, n, ML_YAML_LINE);
    give_list(c, &c->foot, n, ML_YAML_FOOT);
    c->stem.count = 0;
}

uint32_t ml_yaml_comments_first(const ml_yaml_comments *c, ml_node n, ml_yaml_slot slot)
{
    return n < c->slot_count ? c->slots[n].first[slot] : 0;
}

bool ml_yaml_comments_has_foot(const ml_yaml_comments *c, ml_node n)
{
    return ml_yaml_comments_first(c, n, ML_YAML_FOOT) != 0;
}

void ml_yaml_comments_move_foot(ml_yaml_comments *c, ml_node a, ml_node b)
{
    const uint32_t first = ml_yaml_comments_first(c, a, ML_YAML_FOOT);
    ml_yaml_slots *to;

    if (first == 0 || a == b)
        return;
    to = slots_of(c, b); /* may move the array */
    if (to == NULL)
        return;
    to->first[ML_YAML_FOOT] = first;
    to->last[ML_YAML_FOOT] = c->slots[a].last[ML_YAML_FOOT];
    lose(c, a, ML_YAML_FOOT);
}

void ml_yaml_comments_begin_document(ml_yaml_comments *c)
{
    size_t own_part = c->head.count;

    while (own_part > 0 && !c->lines[c->head.list[own_part - 1]].blank_after)
        own_part--;
    c->document.count = 0;
    if (own_part > 0) {
        size_t i;

        for (i = 0; i < own_part; i++)
            push(c, &c->document, c->head.list[i]);
        memmove(c->head.list, c->head.list + own_part,
                (c->head.count - own_part) * sizeof *c->head.list);
        c->head.count -= own_part;
    }
}

void ml_yaml_comments_root(ml_yaml_comments *c, ml_node root)
{
    give_list(c, &c->document, root, ML_YAML_HEAD);
}

void ml_yaml_comments_end_document(ml_yaml_comments *c, ml_node root)
{
    if (c->foot.count == 0)
        give_list(c, &c->head, root, ML_YAML_FOOT);
    else
        give_list(c, &c->foot, root, ML_YAML_FOOT);
    c->head.count = c->line.count = c->foot.count = c->stem.count = 0;
}

void ml_yaml_comments_free(ml_yaml_comments *c)
{
    free(c->lines);
    free(c->runs);
    free(c->head.list);
    free(c->line.list);
    free(c->foot.list);
    free(c->stem.list);
    free(c->document.list);
    free(c->slots);
    memset(c, 0, sizeof *c);
}
