/* age_seal.c — see age_seal.h. */
#include "format/age_seal.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "format/age_armor.h"
#include "format/age_type.h"
#include "format/age_wrap.h"

static int begin(ml_age_seal *s, size_t count, ml_err *e)
{
    memset(s, 0, sizeof *s);
    if (ml_secret_new(&s->file_key, ML_AGE_FILE_KEY, e) < 0)
        return -1;
    ml_random(s->file_key.p, ML_AGE_FILE_KEY);
    s->shares = calloc(count, sizeof *s->shares);
    if (s->shares == NULL)
        return ml_fail_memory(e);
    s->count = count;
    return 0;
}

static int wrap(ml_age_seal *s, ml_age_share *share, const ml_age_recipient *r, ml_err *e)
{
    if (r->kind == ML_AGE_PLUGIN) {
        share->text = strdup(r->text);
        return share->text == NULL ? ml_fail_memory(e) : 0;
    }
    if (!s->labelled && ml_age_type_of(r->kind)->label != NULL)
        ml_buf_format(&s->labels, "%s\n", ml_age_type_of(r->kind)->label);
    s->labelled = true;
    if (ml_age_wrap(&share->stanzas, r, s->file_key.p, e) < 0)
        return -1;
    return ml_buf_check(&share->stanzas, e) < 0 ? -1 : ml_buf_check(&s->labels, e);
}

int ml_age_seal_begin(ml_age_seal *s, const ml_age_recipient *const *recipients, size_t count,
                      ml_err *e)
{
    size_t i;

    memset(s, 0, sizeof *s);
    if (ml_age_recipients_check(recipients, count, e) < 0)
        return -1;
    if (begin(s, count, e) == 0) {
        for (i = 0; i < count; i++)
            if (wrap(s, &s->shares[i], recipients[i], e) < 0)
                break;
        if (i == count)
            return 0;
    }
    ml_age_seal_free(s);
    return -1;
}

int ml_age_seal_begin_passphrase(ml_age_seal *s, ml_bytes passphrase, unsigned log_n, ml_err *e)
{
    if (begin(s, 1, e) == 0 &&
        ml_age_wrap_passphrase(&s->shares[0].stanzas, passphrase, log_n, s->file_key.p, e) == 0 &&
        ml_buf_check(&s->shares[0].stanzas, e) == 0)
        return 0;
    ml_age_seal_free(s);
    return -1;
}

static int compare_labels(const void *a, const void *b)
{
    return ml_bytes_compare(*(const ml_bytes *)a, *(const ml_bytes *)b);
}

/* Appends the labels as a set: sorted, each once. */
static int add_labels(ml_buf *out, ml_bytes labels, ml_err *e)
{
    ml_bytes *const sorted = calloc(labels.len + 1, sizeof *sorted);
    size_t count = 0, at = 0, i;

    if (sorted == NULL)
        return ml_fail_memory(e);
    while (at < labels.len)
        sorted[count++] = ml_age_stanza_word(labels, &at);
    qsort(sorted, count, sizeof *sorted, compare_labels);
    for (i = 0; i < count; i++) {
        if (i > 0 && ml_bytes_equal(sorted[i], sorted[i - 1]))
            continue;
        ml_buf_add(out, sorted[i]);
        ml_buf_byte(out, '\n');
    }
    free(sorted);
    return ml_buf_check(out, e);
}

/* Sees that the labels are those of all recipients so far. */
static int agree(ml_age_seal *s, ml_bytes labels, ml_err *e)
{
    ml_buf set = { 0 };
    int status = add_labels(&set, labels, e);

    if (status == 0 && s->labelled &&
        !ml_bytes_equal(ml_buf_bytes(&set), ml_buf_bytes(&s->labels))) {
        ml_fail(e, ML_E_ARGUMENT, "incompatible recipients: their labels differ");
        status = ml_err_hint(e, "the file would be as weak as the weakest of them");
    }
    if (status < 0 || s->labelled) {
        ml_buf_free(&set);
        return status;
    }
    s->labels = set;
    s->labelled = true;
    return 0;
}

int ml_age_seal_give(ml_age_seal *s, size_t index, const ml_age_stanza *stanzas, size_t count,
                     ml_bytes labels, ml_err *e)
{
    ml_age_share *const share = index < s->count ? &s->shares[index] : NULL;
    ml_buf text = { 0 };
    size_t i;

    if (share == NULL || share->text == NULL || share->stanzas.len > 0)
        return ml_fail(e, ML_E_ARGUMENT, "recipient %zu waits for no stanzas", index + 1);
    if (count == 0 || count > ML_LIMIT_STANZAS)
        return ml_fail(e, ML_E_FORMAT, "a plugin made %zu stanzas for one recipient", count);
    for (i = 0; i < count && (count > 1 || s->count > 1); i++)
        if (ml_bytes_is(stanzas[i].arguments[0], "scrypt"))
            return ml_fail(e, ML_E_FORMAT,
                           "incompatible recipients: a passphrase stanza stands alone");
    for (i = 0; i < count; i++) {
        const ml_age_stanza whole = { { stanzas[i].words }, 1, .body = stanzas[i].body };

        ml_age_header_stanza(&text, &whole);
    }
    if (agree(s, labels, e) < 0 || ml_buf_check(&text, e) < 0) {
        ml_buf_free(&text);
        return -1;
    }
    share->stanzas = text;
    return 0;
}

/* Appends the header; then the file key is used up. */
static int finish_header(const ml_age_seal *s, ml_buf *out, ml_err *e)
{
    size_t i;

    if (s->file_key.p == NULL)
        return ml_fail(e, ML_E_CLOSED, "a file was sealed with this already");
    ml_age_header_begin(out);
    for (i = 0; i < s->count; i++) {
        if (s->shares[i].stanzas.len == 0)
            return ml_fail(e, ML_E_UNSUPPORTED, "recipient %zu waits for its plugin", i + 1);
        ml_buf_add(out, ml_buf_bytes(&s->shares[i].stanzas));
    }
    ml_age_header_finish(out, s->file_key.p);
    return ml_buf_check(out, e);
}

int ml_age_seal_text(ml_age_seal *s, ml_buf *out, ml_bytes text, bool armor, ml_err *e)
{
    ml_buf file = { 0 };
    int status = finish_header(s, &file, e);

    if (status == 0) {
        ml_age_stream_seal(&file, s->file_key.p, text);
        ml_secret_free(&s->file_key);
        status = ml_buf_check(&file, e);
    }
    if (status == 0 && armor)
        ml_age_armor_write(out, ml_buf_bytes(&file));
    else if (status == 0)
        ml_buf_add(out, ml_buf_bytes(&file));
    ml_buf_free(&file);
    return status < 0 ? -1 : ml_buf_check(out, e);
}

/* A sink that puts armor around what goes through it. */
typedef struct armored_sink {
    ml_age_armor_writer writer;
    ml_buf text;
    const ml_age_sink *to;
} armored_sink;

static int pass_on(armored_sink *a, ml_err *e)
{
    const int status = ml_buf_check(&a->text, e) < 0
                           ? -1
                           : a->to->write(a->to->context, ml_buf_bytes(&a->text), e);

    a->text.len = 0;
    return status;
}

static int write_armored(void *context, ml_bytes part, ml_err *e)
{
    armored_sink *a = context;

    ml_age_armor_add(&a->writer, &a->text, part);
    return pass_on(a, e);
}

/* Header and payload to a sink that wants binary. */
static int stream_binary(ml_age_seal *s, const ml_age_source *source, const ml_age_sink *sink,
                         ml_err *e)
{
    ml_buf header = { 0 };
    int status = finish_header(s, &header, e);

    if (status == 0)
        status = sink->write(sink->context, ml_buf_bytes(&header), e);
    if (status == 0)
        status = ml_age_stream_encrypt(s->file_key.p, source, sink, e);
    ml_secret_free(&s->file_key);
    ml_buf_free(&header);
    return status;
}

int ml_age_seal_stream(ml_age_seal *s, bool armor, const ml_age_source *source,
                       const ml_age_sink *sink, ml_err *e)
{
    armored_sink a = { .to = sink };
    const ml_age_sink through = { write_armored, &a };
    int status;

    if (!armor)
        return stream_binary(s, source, sink, e);
    ml_age_armor_begin(&a.text);
    status = stream_binary(s, source, &through, e);
    if (status == 0) {
        ml_age_armor_end(&a.writer, &a.text);
        status = pass_on(&a, e);
    }
    ml_buf_free(&a.text);
    return status;
}

void ml_age_seal_free(ml_age_seal *s)
{
    size_t i;

    for (i = 0; i < s->count; i++) {
        free(s->shares[i].text);
        ml_buf_free(&s->shares[i].stanzas);
    }
    free(s->shares);
    ml_buf_free(&s->labels);
    ml_secret_free(&s->file_key);
    memset(s, 0, sizeof *s);
}
