/* ssh_public.c — lines of public keys; see ssh_key.h. */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/encode.h"
#include "format/ssh_key.h"
#include "format/ssh_wire.h"

/* Tabs are white space, and stand in comments. */
static bool is_control(unsigned char c)
{
    return (c < ' ' && c != '\t') || c == 0x7f;
}

void ml_ssh_line_write(ml_buf *out, ml_bytes type, ml_bytes wire, ml_bytes comment)
{
    const size_t size = ml_base64_size(ML_BASE64_PADDED, wire.len);
    unsigned char *room;
    size_t len = 0;

    ml_buf_add(out, type);
    ml_buf_byte(out, ' ');
    room = ml_buf_room(out, size);
    if (room == NULL)
        return;
    ml_base64_encode(ML_BASE64_PADDED, (char *)room, wire);
    out->len += size;
    /* A comment may come from a key file, where it can hold anything; it must not end the line. */
    while (len < comment.len && !is_control(comment.p[len]))
        len++;
    if (len == 0)
        return;
    ml_buf_byte(out, ' ');
    ml_buf_add(out, ml_bytes_slice(comment, 0, len));
}

void ml_ssh_public_write(ml_buf *out, const unsigned char ed25519[ML_ED25519_PUBLIC],
                         ml_bytes comment)
{
    unsigned char wire[ML_SSH_ED25519_WIRE];

    ml_ssh_wire(wire, ed25519);
    ml_ssh_line_write(out, ml_bytes_text("ssh-ed25519"), ml_bytes_of(wire, sizeof wire), comment);
}

/* The first word of *line, which moves behind it and the white space that follows. */
static ml_bytes take_word(ml_bytes *line)
{
    size_t stop = 0, next;
    ml_bytes word;

    while (stop < line->len && !ml_text_is_blank(line->p[stop]))
        stop++;
    word = ml_bytes_slice(*line, 0, stop);
    for (next = stop; next < line->len && ml_text_is_blank(line->p[next]); next++) {
    }
    *line = ml_bytes_slice(*line, next, line->len);
    return word;
}

/* One line without its end and the white space before it; -1 when it is more than one line. */
static int strip_end(ml_bytes *line, ml_err *e)
{
    size_t len = line->len, i;

    if (len > 0 && line->p[len - 1] == '\n')
        len--;
    if (len > 0 && line->p[len - 1] == '\r')
        len--;
    while (len > 0 && ml_text_is_blank(line->p[len - 1]))
        len--;
    if (len > ML_LIMIT_SSH_KEY)
        return ml_fail(e, ML_E_LIMIT, "the line is longer than an SSH key may be (%d bytes)",
                       ML_LIMIT_SSH_KEY);
    for (i = 0; i < len; i++)
        if (is_control(line->p[i]))
            return ml_fail(e, ML_E_FORMAT, "malformed SSH public key: a control character");
    *line = ml_bytes_slice(*line, 0, len);
    return 0;
}

int ml_ssh_public_wire(ml_buf *wire, const ml_ssh_public *p, ml_err *e)
{
    unsigned char *room = ml_buf_room(wire, ml_base64_room(p->base64.len));
    size_t len;

    if (room == NULL)
        return ml_fail_memory(e);
    if (ml_base64_decode(ML_BASE64_PADDED, room, &len, p->base64) < 0)
        return ml_fail(e, ML_E_FORMAT, "malformed SSH public key: not canonical base64");
    wire->len += len;
    return 0;
}

/* The words TYPE BASE64 [COMMENT]. */
static int parse_words(ml_ssh_public *p, ml_bytes line, ml_err *e)
{
    ml_buf wire = { 0 };
    ml_ssh_blob blob;
    int status;

    p->type = take_word(&line);
    p->base64 = take_word(&line);
    p->comment = line;
    p->kind = ml_ssh_kind_of(p->type);
    if (p->base64.len == 0)
        return ml_fail(e, ML_E_FORMAT, "not an SSH public key: it has a type, then base64");
    status = ml_ssh_public_wire(&wire, p, e);
    if (status == 0)
        status = ml_ssh_blob_parse(&blob, ml_buf_bytes(&wire), e);
    if (status == 0 && !ml_bytes_equal(blob.type, p->type))
        status = ml_fail(e, ML_E_FORMAT, "malformed SSH public key: it names two types");
    if (status == 0) {
        p->bits = blob.bits;
        memcpy(p->ed25519, blob.ed25519, sizeof p->ed25519);
        memcpy(p->fingerprint, blob.fingerprint, sizeof p->fingerprint);
    }
    ml_buf_free(&wire);
    return status;
}

int ml_ssh_public_parse(ml_ssh_public *p, ml_bytes line, ml_err *e)
{
    memset(p, 0, sizeof *p);
    return strip_end(&line, e) < 0 ? -1 : parse_words(p, line, e);
}

/* One line without its end and indentation: 1 when it is blank or a comment, or -1. */
static int begin(ml_ssh_public *p, ml_bytes *line, ml_err *e)
{
    memset(p, 0, sizeof *p);
    if (strip_end(line, e) < 0)
        return -1;
    if (line->len > 0 && ml_text_is_blank(line->p[0]))
        take_word(line); /* an empty word: what is indented has white space before it */
    return line->len == 0 || line->p[0] == '#';
}

int ml_ssh_line_parse(ml_ssh_public *p, ml_bytes line, ml_err *e)
{
    const int blank = begin(p, &line, e);
    ml_bytes rest = line, first;

    if (blank != 0)
        return blank;
    first = take_word(&rest);
    if (first.p[0] == '@') {
        p->marker = first;
        p->hosts = take_word(&rest);
        return parse_words(p, rest, e);
    }
    /* A first word that is no type is the hosts of known_hosts, or a type too new for us. */
    if (parse_words(p, line, e) == 0)
        return 0;
    if (p->kind != ML_SSH_OTHER)
        return -1;
    memset(p, 0, sizeof *p);
    p->hosts = first;
    return parse_words(p, rest, e);
}

/* How many bytes of a line its options are: up to white space outside of quotes. */
static size_t options_end(ml_bytes line)
{
    bool quoted = false;
    size_t i;

    for (i = 0; i < line.len && (quoted || !ml_text_is_blank(line.p[i])); i++) {
        if (line.p[i] == '\\' && i + 1 < line.len && line.p[i + 1] == '"')
            i++;
        else if (line.p[i] == '"')
            quoted = !quoted;
    }
    return i;
}

int ml_ssh_authorized_parse(ml_ssh_public *p, ml_bytes line, ml_err *e)
{
    const int blank = begin(p, &line, e);
    ml_ssh_option option;
    ml_bytes options;
    int more;

    if (blank != 0 || parse_words(p, line, e) == 0)
        return blank;
    if (p->kind != ML_SSH_OTHER)
        return -1;
    memset(p, 0, sizeof *p);
    options = ml_bytes_slice(line, 0, options_end(line));
    line = ml_bytes_slice(line, options.len, line.len);
    p->options = options;
    do
        more = ml_ssh_authorized_option(&options, &option, e);
    while (more > 0);
    if (more < 0)
        return -1;
    take_word(&line);
    return parse_words(p, line, e);
}

static bool is_name(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '@' || c == '.' || c == '_';
}

int ml_ssh_authorized_option(ml_bytes *options, ml_ssh_option *option, ml_err *e)
{
    const ml_bytes text = *options;
    size_t at = 0, start;

    if (text.len == 0)
        return 0;
    while (at < text.len && is_name(text.p[at]))
        at++;
    option->name = ml_bytes_slice(text, 0, at);
    option->alone = at == text.len || text.p[at] != '=';
    option->value = ml_bytes_slice(text, at, at);
    if (!option->alone) {
        start = at + 2;
        for (at = start; at < text.len && text.p[at] != '"'; at++)
            at += text.p[at] == '\\' && at + 1 < text.len && text.p[at + 1] == '"';
        if (at >= text.len || text.p[start - 1] != '"')
            return ml_fail(e, ML_E_FORMAT, "malformed options: a value stands in double quotes");
        option->value = ml_bytes_slice(text, start, at++);
    }
    if (option->name.len == 0 || (at < text.len && text.p[at] != ',') || at + 1 == text.len)
        return ml_fail(e, ML_E_FORMAT,
                       "malformed options: names, each with its value or alone, "
                       "have one comma between them");
    *options = ml_bytes_slice(text, at + 1, text.len);
    return 1;
}
