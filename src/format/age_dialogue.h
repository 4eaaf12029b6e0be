#ifndef ML_FORMAT_AGE_DIALOGUE_H
#define ML_FORMAT_AGE_DIALOGUE_H

/* age_dialogue.h — what is said between us and an age plugin, without saying it: the state machines
 * recipient-v1 and identity-v1. Whoever moves the bytes gives what the plugin wrote to
 * ml_age_dialogue_feed, sends it what stands in ml_age_dialogue_output, and deals with the events.
 *
 * The plugin is another program and may say anything: what is against the rules, or more than the
 * limits allow (ML_LIMIT_PLUGIN, …_STANZA), ends the dialogue with "child" or "limit". All that is
 * said lives in locked memory, since file keys and PINs are part of it. */
#include "base/secret.h"
#include "format/age_header.h"
#include "format/age_plugin.h"

/* Zero-initialise ({0}); free it also after a failure. */
typedef struct ml_age_dialogue {
    char name[ML_AGE_PLUGIN_NAME + 1]; /* of the plugin */
    bool wraps;                        /* recipient-v1, not identity-v1 */
    ml_secret out, in, body, labels;
    size_t out_len, in_len, in_at;       /* used of out and in, and what of in was dealt with */
    size_t heard, commands, stanzas;     /* for the limits */
    bool labelled, opened, asked, ended; /* what must happen once; a reply is due; no more */
} ml_age_dialogue;

/* Begins a dialogue in which the plugin wraps a file key: for its recipient age1NAME1…, or for its
 * identity AGE-PLUGIN-NAME-1…. Fails with "format" for another text. */
int ml_age_dialogue_wrap(ml_age_dialogue *d, ml_bytes key,
                         const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e);

/* Begins one in which it unwraps with its identity. Then each stanza of the header is offered
 * (words: its type and arguments), and `ready` ends our part. */
int ml_age_dialogue_unwrap(ml_age_dialogue *d, ml_bytes identity, ml_err *e);
int ml_age_dialogue_offer(ml_age_dialogue *d, const ml_bytes *words, size_t count, ml_bytes body,
                          ml_err *e);
int ml_age_dialogue_ready(ml_age_dialogue *d, ml_err *e);

/* What is to be sent, and that it was. */
ml_bytes ml_age_dialogue_output(const ml_age_dialogue *d);
void ml_age_dialogue_sent(ml_age_dialogue *d);

/* Takes what the plugin wrote. */
int ml_age_dialogue_feed(ml_age_dialogue *d, ml_bytes bytes, ml_err *e);

typedef enum ml_age_event_kind {
    ML_AGE_EVENT_WAIT,     /* nothing more in what was fed */
    ML_AGE_EVENT_STANZA,   /* words and body: goes into the header */
    ML_AGE_EVENT_LABELS,   /* words */
    ML_AGE_EVENT_FILE_KEY, /* body */
    ML_AGE_EVENT_ERROR,    /* body: why it will not do it. The dialogue has failed */
    ML_AGE_EVENT_DONE,
    /* From here on a reply is due: the body is for a person. */
    ML_AGE_EVENT_MESSAGE,
    ML_AGE_EVENT_PUBLIC, /* asks for a line */
    ML_AGE_EVENT_SECRET, /* asks for a passphrase or PIN */
    ML_AGE_EVENT_CONFIRM /* asks to choose between `yes` and, if it is not empty, `no` */
} ml_age_event_kind;

/* Its spans live until the next call. */
typedef struct ml_age_event {
    ml_age_event_kind kind;
    ml_bytes words, body, yes, no;
} ml_age_event;

int ml_age_dialogue_next(ml_age_dialogue *d, ml_age_event *event, ml_err *e);

/* The reply that is due: "ok" with an optional word and a body, or "fail". */
int ml_age_dialogue_accept(ml_age_dialogue *d, const char *word, ml_bytes body, ml_err *e);
int ml_age_dialogue_refuse(ml_age_dialogue *d, ml_err *e);

void ml_age_dialogue_free(ml_age_dialogue *d);

#endif
