/* age_dialogue.c — see age_dialogue.h. */
#include "format/age_dialogue.h"

#include <string.h>

#include "base/limits.h"
#include "crypto/encode.h"
#include "crypto/provider.h"

void ml_age_dialogue_free(ml_age_dialogue *d)
{
    ml_secret_free(&d->out);
    ml_secret_free(&d->in);
    ml_secret_free(&d->body);
    ml_secret_free(&d->labels);
}

/* --- our part --- */

static int say(ml_age_dialogue *d, const ml_bytes *words, size_t count, ml_bytes body, ml_err *e)
{
    const size_t size = ml_age_stanza_size(words, count, body);

    if (ml_secret_grow(&d->out, d->out_len + size, e) < 0)
        return -1;
    ml_age_stanza_write(d->out.p + d->out_len, words, count, body);
    d->out_len += size;
    return 0;
}

static int say_words(ml_age_dialogue *d, const char *first, ml_bytes second, ml_bytes body,
                     ml_err *e)
{
    const ml_bytes words[] = { ml_bytes_text(first), second };

    return say(d, words, second.len > 0 ? 2 : 1, body, e);
}

static int say_word(ml_age_dialogue *d, const char *word, ml_err *e)
{
    return say_words(d, word, ml_bytes_of(NULL, 0), ml_bytes_of(NULL, 0), e);
}

/* Two times of three something that means nothing, so that plugins learn to pass it over. */
static int grease(ml_age_dialogue *d, ml_err *e)
{
    static const char prefix[] = "grease-";
    unsigned char bytes[1 + 4 + 16];
    char word[sizeof prefix + 2 * 4];

    ml_random(bytes, sizeof bytes);
    if (bytes[0] % 3 == 0)
        return 0;
    memcpy(word, prefix, sizeof prefix);
    ml_hex_encode(word + sizeof prefix - 1, ml_bytes_of(bytes + 1, 4));
    word[sizeof word - 1] = '\0';
    return say_words(d, word, ml_bytes_of(NULL, 0), ml_bytes_of(bytes + 5, bytes[0] % 17), e);
}

int ml_age_dialogue_wrap(ml_age_dialogue *d, ml_bytes key,
                         const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e)
{
    const bool identity = ml_bytes_starts(key, "AGE-PLUGIN-");
    const ml_bytes none = ml_bytes_of(NULL, 0);

    d->wraps = true;
    if ((identity ? ml_age_plugin_identity(d->name, key, e)
                  : ml_age_plugin_recipient(d->name, key, e)) < 0)
        return -1;
    if (say_words(d, identity ? "add-identity" : "add-recipient", key, none, e) < 0 ||
        grease(d, e) < 0 ||
        say_words(d, "wrap-file-key", none, ml_bytes_of(file_key, ML_AGE_FILE_KEY), e) < 0)
        return -1;
    return say_word(d, "extension-labels", e) < 0 ? -1 : say_word(d, "done", e);
}

int ml_age_dialogue_unwrap(ml_age_dialogue *d, ml_bytes identity, ml_err *e)
{
    if (ml_age_plugin_identity(d->name, identity, e) < 0 ||
        say_words(d, "add-identity", identity, ml_bytes_of(NULL, 0), e) < 0)
        return -1;
    return grease(d, e);
}

int ml_age_dialogue_offer(ml_age_dialogue *d, const ml_bytes *words, size_t count, ml_bytes body,
                          ml_err *e)
{
    static const char head[] = "-> recipient-stanza 0 ";
    const size_t size = ml_age_stanza_size(words, count, body), more = sizeof head - 1 - 3;

    if (ml_secret_grow(&d->out, d->out_len + more + size, e) < 0)
        return -1;
    ml_age_stanza_write(d->out.p + d->out_len + more, words, count, body);
    memcpy(d->out.p + d->out_len, head, sizeof head - 1); /* over its arrow */
    d->out_len += more + size;
    return 0;
}

int ml_age_dialogue_ready(ml_age_dialogue *d, ml_err *e)
{
    return say_word(d, "done", e);
}

ml_bytes ml_age_dialogue_output(const ml_age_dialogue *d)
{
    return ml_bytes_of(d->out.p, d->out_len);
}

void ml_age_dialogue_sent(ml_age_dialogue *d)
{
    ml_secret_free(&d->out);
    d->out_len = 0;
}

static int reply(ml_age_dialogue *d, const char *first, ml_bytes second, ml_bytes body, ml_err *e)
{
    if (!d->asked)
        return ml_fail(e, ML_E_ARGUMENT, "the plugin waits for no reply");
    d->asked = false;
    return say_words(d, first, second, body, e);
}

int ml_age_dialogue_accept(ml_age_dialogue *d, const char *word, ml_bytes body, ml_err *e)
{
    return reply(d, "ok", ml_bytes_text(word), body, e);
}

int ml_age_dialogue_refuse(ml_age_dialogue *d, ml_err *e)
{
    return reply(d, "fail", ml_bytes_of(NULL, 0), ml_bytes_of(NULL, 0), e);
}

/* --- the plugin's part --- */

static int broken(const ml_age_dialogue *d, const char *what, ml_err *e)
{
    return ml_fail(e, ML_E_CHILD, "age-plugin-%s does not keep to the protocol: %s", d->name, what);
}

static int too_much(const ml_age_dialogue *d, const char *what, ml_err *e)
{
    return ml_fail(e, ML_E_LIMIT, "age-plugin-%s says more than is read: %s", d->name, what);
}

int ml_age_dialogue_feed(ml_age_dialogue *d, ml_bytes bytes, ml_err *e)
{
    d->heard += bytes.len;
    if (d->heard > ML_LIMIT_PLUGIN)
        return too_much(d, "the dialogue is too long", e);
    if (d->in_at > 0) {
        memmove(d->in.p, d->in.p + d->in_at, d->in_len - d->in_at);
        d->in_len -= d->in_at;
        d->in_at = 0;
    }
    if (ml_secret_grow(&d->in, d->in_len + bytes.len, e) < 0)
        return -1;
    d->in_len = ml_secret_put(&d->in, d->in_len, bytes);
    return 0;
}

/* The line at *at, without its end; false when it is not complete yet. */
static bool next_line(ml_bytes text, size_t *at, ml_bytes *line)
{
    const size_t lf = ml_bytes_find(text, *at, '\n');

    if (lf == SIZE_MAX)
        return false;
    *line = ml_bytes_slice(text, *at, lf);
    *at = lf + 1;
    return true;
}

/* What there is of a command may become a whole one, unless it is too long for one. */
static int incomplete(const ml_age_dialogue *d, ml_bytes text, ml_err *e)
{
    return text.len > ML_LIMIT_PLUGIN_STANZA ? too_much(d, "a stanza is too long", e) : 0;
}

/* Reads one command, if it is there as a whole: 1, 0 when it is not, -1. */
static int read_command(ml_age_dialogue *d, ml_age_stanza *s, ml_err *e)
{
    const ml_bytes text = ml_bytes_of(d->in.p + d->in_at, d->in_len - d->in_at);
    const char *wrong;
    size_t at = 0, len = 0, part;
    ml_bytes line;
    int more = 1;

    ml_secret_free(&d->body);
    if (!next_line(text, &at, &line))
        return incomplete(d, text, e);
    if (ml_age_stanza_parse(s, line, &wrong) < 0)
        return broken(d, wrong, e);
    while (more > 0) {
        if (!next_line(text, &at, &line))
            return incomplete(d, text, e);
        if (at > ML_LIMIT_PLUGIN_STANZA)
            return too_much(d, "a stanza is too long", e);
        if (ml_secret_grow(&d->body, len + ML_AGE_STANZA_LINE, e) < 0)
            return -1;
        more = ml_age_stanza_decode(d->body.p + len, &part, line, &wrong);
        if (more < 0)
            return broken(d, wrong, e);
        len += part;
    }
    s->body = ml_bytes_of(d->body.p, len);
    d->in_at += at;
    if (++d->commands > ML_LIMIT_STANZAS)
        return too_much(d, "too many commands", e);
    return 1;
}

/* The index of the file that a command is about: we ask about one. The words behind it are what the
 * command carries. */
static int take_index(const ml_age_dialogue *d, const ml_age_stanza *s, ml_bytes *rest, ml_err *e)
{
    size_t at = 0;

    if (s->count < 2 || !ml_bytes_is(s->arguments[1], "0"))
        return broken(d, "an answer about a file that it was not asked about", e);
    ml_age_stanza_word(s->words, &at);
    ml_age_stanza_word(s->words, &at);
    *rest = ml_bytes_slice(s->words, at, s->words.len);
    return 0;
}

static int on_stanza(ml_age_dialogue *d, const ml_age_stanza *s, ml_age_event *event, ml_err *e)
{
    event->kind = ML_AGE_EVENT_STANZA;
    if (take_index(d, s, &event->words, e) < 0)
        return -1;
    if (event->words.len == 0)
        return broken(d, "a stanza without type", e);
    d->stanzas++;
    return say_word(d, "ok", e);
}

static int on_labels(ml_age_dialogue *d, const ml_age_stanza *s, ml_age_event *event, ml_err *e)
{
    size_t at = 0;

    event->kind = ML_AGE_EVENT_LABELS;
    if (d->labelled)
        return broken(d, "labels twice", e);
    d->labelled = true;
    ml_age_stanza_word(s->words, &at);
    event->words = ml_bytes_slice(s->words, at, s->words.len);
    return say_word(d, "ok", e);
}

static int on_file_key(ml_age_dialogue *d, const ml_age_stanza *s, ml_age_event *event, ml_err *e)
{
    event->kind = ML_AGE_EVENT_FILE_KEY;
    if (take_index(d, s, &event->words, e) < 0)
        return -1;
    if (d->opened)
        return broken(d, "a file key twice", e);
    if (s->body.len != ML_AGE_FILE_KEY || event->words.len > 0)
        return broken(d, "a file key that is none", e);
    d->opened = true;
    return say_word(d, "ok", e);
}

static int on_error(ml_age_dialogue *d, const ml_age_stanza *s, ml_age_event *event, ml_err *e)
{
    (void)s;
    event->kind = ML_AGE_EVENT_ERROR;
    d->ended = true;
    return say_word(d, "ok", e);
}

static int on_done(ml_age_dialogue *d, const ml_age_stanza *s, ml_age_event *event, ml_err *e)
{
    (void)s;
    event->kind = ML_AGE_EVENT_DONE;
    if (d->wraps && d->stanzas == 0)
        return broken(d, "it wrapped nothing", e);
    d->ended = true;
    return 0;
}

static int on_message(ml_age_dialogue *d, const ml_age_stanza *s, ml_age_event *event, ml_err *e)
{
    (void)e;
    event->kind = ml_bytes_is(s->arguments[0], "msg")              ? ML_AGE_EVENT_MESSAGE
                  : ml_bytes_is(s->arguments[0], "request-secret") ? ML_AGE_EVENT_SECRET
                                                                   : ML_AGE_EVENT_PUBLIC;
    d->asked = true;
    return 0;
}

/* The words to choose between are base64 in the arguments. */
static int on_confirm(ml_age_dialogue *d, const ml_age_stanza *s, ml_age_event *event, ml_err *e)
{
    ml_bytes *const choices[] = { &event->yes, &event->no };
    size_t i, len, at = 0;

    event->kind = ML_AGE_EVENT_CONFIRM;
    if (s->count < 2 || s->count > 3)
        return broken(d, "a question with no choice, or too many", e);
    ml_secret_free(&d->labels);
    if (ml_secret_new(&d->labels, 2 * ml_base64_room(s->words.len), e) < 0)
        return -1;
    for (i = 1; i < s->count; i++) {
        if (ml_base64_decode(ML_BASE64_BARE, d->labels.p + at, &len, s->arguments[i]) < 0)
            return broken(d, "a choice that is not canonical base64", e);
        *choices[i - 1] = ml_bytes_of(d->labels.p + at, len);
        at += ml_base64_room(s->arguments[i].len);
    }
    d->asked = true;
    return 0;
}

typedef int handler(ml_age_dialogue *d, const ml_age_stanza *s, ml_age_event *event, ml_err *e);

/* What a command of this name means here; NULL: nothing. */
static handler *handler_of(const ml_age_dialogue *d, ml_bytes name)
{
    static const struct {
        const char *name;
        bool wraps, unwraps;
        handler *handle;
    } commands[] = {
        { "recipient-stanza", true, false, on_stanza },
        { "labels", true, false, on_labels },
        { "file-key", false, true, on_file_key },
        { "msg", true, true, on_message },
        { "request-public", true, true, on_message },
        { "request-secret", true, true, on_message },
        { "confirm", true, true, on_confirm },
        { "error", true, true, on_error },
        { "done", true, true, on_done },
    };
    size_t i;

    for (i = 0; i < sizeof commands / sizeof *commands; i++)
        if (ml_bytes_is(name, commands[i].name) &&
            (d->wraps ? commands[i].wraps : commands[i].unwraps))
            return commands[i].handle;
    return NULL;
}

int ml_age_dialogue_next(ml_age_dialogue *d, ml_age_event *event, ml_err *e)
{
    for (;;) {
        ml_age_stanza s;
        handler *handle;
        int status;

        memset(event, 0, sizeof *event);
        if (d->asked || d->ended)
            return ml_fail(e, ML_E_ARGUMENT, "the plugin %s",
                           d->asked ? "waits for a reply" : "has nothing more to say");
        status = read_command(d, &s, e);
        if (status <= 0)
            return status;
        handle = handler_of(d, s.arguments[0]);
        if (handle != NULL) {
            event->body = s.body;
            return handle(d, &s, event, e);
        }
        if (say_word(d, "unsupported", e) < 0)
            return -1;
    }
}
