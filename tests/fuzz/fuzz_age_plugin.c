/* fuzz_age_plugin.c — whatever a plugin says, in whatever pieces: the same events and replies come
 * of it, we say nothing but stanzas, one for each command that has been dealt with, and a file key
 * comes once. The first byte says which dialogue it is, and how what follows is cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/encode.h"
#include "format/age_dialogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
    if (!held)
        abort();
}

/* A record of a dialogue, to compare two of them. */
typedef struct record {
    ml_buf events, replies;
    size_t file_keys, labels, stanzas;
    bool failed, done;
} record;

static void note(record *r, const ml_age_event *event)
{
    ml_buf_format(&r->events, "%d %zu %zu %zu %zu\n", (int)event->kind, event->words.len,
                  event->body.len, event->yes.len, event->no.len);
    ml_buf_add(&r->events, event->words);
    ml_buf_add(&r->events, event->body);
    ml_buf_add(&r->events, event->yes);
    ml_buf_add(&r->events, event->no);
    r->file_keys += event->kind == ML_AGE_EVENT_FILE_KEY;
    r->labels += event->kind == ML_AGE_EVENT_LABELS;
    r->stanzas += event->kind == ML_AGE_EVENT_STANZA;
    r->done = r->done || event->kind == ML_AGE_EVENT_DONE;
}

/* All that we said must be stanzas; how many? */
static size_t count_stanzas(ml_bytes text)
{
    unsigned char room[ML_AGE_STANZA_LINE];
    size_t count = 0, at = 0, len;
    const char *wrong;
    ml_age_stanza s;
    bool body = false;

    while (at < text.len) {
        const size_t lf = ml_bytes_find(text, at, '\n');
        const ml_bytes line = ml_bytes_slice(text, at, lf);

        must(lf != SIZE_MAX);
        at = lf + 1;
        if (body) {
            const int more = ml_age_stanza_decode(room, &len, line, &wrong);

            must(more >= 0);
            body = more > 0;
            continue;
        }
        must(ml_age_stanza_parse(&s, line, &wrong) == 0);
        count++;
        body = true;
    }
    must(!body);
    return count;
}

static void answer(ml_age_dialogue *d, const ml_age_event *event)
{
    const ml_bytes none = ml_bytes_of(NULL, 0);
    ml_err e;

    if (event->kind == ML_AGE_EVENT_CONFIRM)
        must(event->yes.len > 0 ? ml_age_dialogue_accept(d, "yes", none, &e) == 0
                                : ml_age_dialogue_refuse(d, &e) == 0);
    else
        must(ml_age_dialogue_accept(d, NULL, event->body, &e) == 0);
    must(ml_age_dialogue_refuse(d, &e) < 0); /* a second reply */
}

/* The events of what was fed; false once the dialogue is over. */
static bool pump(ml_age_dialogue *d, record *r)
{
    ml_age_event event;
    ml_err e;

    for (;;) {
        if (ml_age_dialogue_next(d, &event, &e) < 0) {
            r->failed = true;
            return false;
        }
        if (event.kind == ML_AGE_EVENT_WAIT)
            return true;
        note(r, &event);
        if (event.kind >= ML_AGE_EVENT_MESSAGE)
            answer(d, &event);
        else if (event.kind == ML_AGE_EVENT_DONE || event.kind == ML_AGE_EVENT_ERROR)
            return false;
    }
}

static void talk(record *r, bool wraps, ml_bytes says, size_t piece)
{
    static const unsigned char file_key[ML_AGE_FILE_KEY];
    ml_age_dialogue d = { 0 };
    ml_secret identity = { 0 };
    size_t at, replies;
    bool more = true;
    ml_err e;

    memset(r, 0, sizeof *r);
    must(ml_age_plugin_default_identity(&identity, ml_bytes_text("fuzz"), &e) == 0);
    must((wraps ? ml_age_dialogue_wrap(&d, ml_secret_bytes(&identity), file_key, &e)
                : ml_age_dialogue_unwrap(&d, ml_secret_bytes(&identity), &e)) == 0);
    must(count_stanzas(ml_age_dialogue_output(&d)) >= 1);
    ml_age_dialogue_sent(&d);
    for (at = 0; at < says.len && more; at += piece) {
        if (ml_age_dialogue_feed(&d, ml_bytes_slice(says, at, at + piece), &e) < 0) {
            r->failed = true;
            break;
        }
        more = pump(&d, r);
    }
    ml_buf_add(&r->replies, ml_age_dialogue_output(&d));
    replies = count_stanzas(ml_buf_bytes(&r->replies));
    must(r->failed ? replies <= d.commands : replies + (r->done ? 1 : 0) == d.commands);
    must(r->file_keys <= (wraps ? 0 : 1) && r->labels <= (wraps ? 1 : 0));
    must(wraps || r->stanzas == 0);
    must(!wraps || !r->done || r->failed || r->stanzas > 0);
    must(d.commands <= ML_LIMIT_STANZAS + 1);
    ml_age_dialogue_free(&d);
    ml_secret_free(&identity);
}

static void free_record(record *r)
{
    ml_buf_free(&r->events);
    ml_buf_free(&r->replies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ml_bytes says = ml_bytes_slice(ml_bytes_of(data, size), 1, size);
    record whole, pieces;

    if (size == 0)
        return 0;
    talk(&whole, (data[0] & 1) != 0, says, says.len + 1);
    talk(&pieces, (data[0] & 1) != 0, says, (size_t)(data[0] >> 1) + 1);
    must(ml_bytes_equal(ml_buf_bytes(&whole.events), ml_buf_bytes(&pieces.events)));
    must(ml_bytes_equal(ml_buf_bytes(&whole.replies), ml_buf_bytes(&pieces.replies)));
    must(whole.failed == pieces.failed && whole.done == pieces.done);
    free_record(&whole);
    free_record(&pieces);
    return 0;
}
