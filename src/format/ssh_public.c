/* ssh_public.c — public keys of ssh_key.h: kinds, wire form, lines. */
#include <string.h>

#include "base/limits.h"
#include "crypto/encode.h"
#include "format/ssh_key.h"
#include "format/ssh_wire.h"

static const char ed25519_type[] = "ssh-ed25519";

ml_ssh_kind ml_ssh_kind_of(ml_bytes type)
{
    static const struct {
        const char *name;
        ml_ssh_kind kind;
    } known[] = {
        { ed25519_type, ML_SSH_ED25519 },
        { "ssh-rsa", ML_SSH_RSA },
        { "ssh-dss", ML_SSH_DSA },
        { "ecdsa-sha2-nistp256", ML_SSH_ECDSA },
        { "ecdsa-sha2-nistp384", ML_SSH_ECDSA },
        { "ecdsa-sha2-nistp521", ML_SSH_ECDSA },
        { "sk-ssh-ed25519@openssh.com", ML_SSH_SECURITY_KEY },
        { "sk-ecdsa-sha2-nistp256@openssh.com", ML_SSH_SECURITY_KEY },
    };
    size_t i;

    for (i = 0; i < sizeof known / sizeof *known; i++)
        if (ml_bytes_is(type, known[i].name))
            return known[i].kind;
    return ml_bytes_ends(type, "-cert-v01@openssh.com") ? ML_SSH_CERTIFICATE : ML_SSH_OTHER;
}

void ml_ssh_wire(unsigned char out[ML_SSH_ED25519_WIRE],
                 const unsigned char ed25519[ML_ED25519_PUBLIC])
{
    out = ml_ssh_put_string(out, ml_bytes_text(ed25519_type));
    ml_ssh_put_string(out, ml_bytes_of(ed25519, ML_ED25519_PUBLIC));
}

static void fingerprint_of(char out[ML_SSH_FINGERPRINT], ml_bytes wire)
{
    unsigned char hash[ML_SHA256_SIZE];

    ml_sha256(hash, wire);
    memcpy(out, "SHA256:", 7);
    ml_base64_encode(ML_BASE64_BARE, out + 7, ml_bytes_of(hash, sizeof hash));
}

void ml_ssh_fingerprint(char out[ML_SSH_FINGERPRINT],
                        const unsigned char ed25519[ML_ED25519_PUBLIC])
{
    unsigned char wire[ML_SSH_ED25519_WIRE];

    ml_ssh_wire(wire, ed25519);
    fingerprint_of(out, ml_bytes_of(wire, sizeof wire));
}

/* Tabs are white space, and stand in comments. */
static bool is_control(unsigned char c)
{
    return (c < ' ' && c != '\t') || c == 0x7f;
}

void ml_ssh_public_write(ml_buf *out, const unsigned char ed25519[ML_ED25519_PUBLIC],
                         ml_bytes comment)
{
    unsigned char wire[ML_SSH_ED25519_WIRE];
    char text[(ML_SSH_ED25519_WIRE + 2) / 3 * 4];
    size_t len = 0;

    ml_ssh_wire(wire, ed25519);
    ml_base64_encode(ML_BASE64_PADDED, text, ml_bytes_of(wire, sizeof wire));
    ml_buf_text(out, ed25519_type);
    ml_buf_byte(out, ' ');
    ml_buf_add(out, ml_bytes_of(text, sizeof text));
    /* A comment may come from a key file, where it can hold anything; it must not end the line. */
    while (len < comment.len && !is_control(comment.p[len]))
        len++;
    if (len == 0)
        return;
    ml_buf_byte(out, ' ');
    ml_buf_add(out, ml_bytes_slice(comment, 0, len));
}

int ml_ssh_blob_parse(ml_ssh_blob *b, ml_bytes wire, ml_err *e)
{
    ml_bytes rest = wire, point;

    memset(b, 0, sizeof *b);
    if (!ml_ssh_take_string(&rest, &b->type) || b->type.len == 0)
        return ml_fail(e, ML_E_FORMAT, "malformed SSH public key: it does not begin with a type");
    b->kind = ml_ssh_kind_of(b->type);
    fingerprint_of(b->fingerprint, wire);
    if (b->kind != ML_SSH_ED25519)
        return 0;
    if (!ml_ssh_take_string(&rest, &point) || point.len != ML_ED25519_PUBLIC || rest.len != 0)
        return ml_fail(e, ML_E_FORMAT, "malformed SSH public key: an Ed25519 key has 32 bytes");
    memcpy(b->ed25519, point.p, sizeof b->ed25519);
    return 0;
}

static bool is_space(unsigned char c)
{
    return c == ' ' || c == '\t';
}

/* The first word of *line, which moves behind it and the white space that follows. */
static ml_bytes take_word(ml_bytes *line)
{
    size_t stop = 0, next;
    ml_bytes word;

    while (stop < line->len && !is_space(line->p[stop]))
        stop++;
    word = ml_bytes_slice(*line, 0, stop);
    for (next = stop; next < line->len && is_space(line->p[next]); next++) {
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
    while (len > 0 && is_space(line->p[len - 1]))
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

/* The words TYPE BASE64 [COMMENT]. */
static int parse_words(ml_ssh_public *p, ml_bytes line, ml_err *e)
{
    unsigned char *wire;
    ml_buf decoded = { 0 };
    ml_ssh_blob blob;
    size_t len = 0;
    int status;

    p->type = take_word(&line);
    p->base64 = take_word(&line);
    p->comment = line;
    p->kind = ml_ssh_kind_of(p->type);
    if (p->base64.len == 0)
        return ml_fail(e, ML_E_FORMAT, "not an SSH public key: it has a type, then base64");
    wire = ml_buf_room(&decoded, ml_base64_room(p->base64.len));
    if (wire == NULL)
        return ml_fail_memory(e);
    if (ml_base64_decode(ML_BASE64_PADDED, wire, &len, p->base64) < 0)
        status = ml_fail(e, ML_E_FORMAT, "malformed SSH public key: not canonical base64");
    else
        status = ml_ssh_blob_parse(&blob, ml_bytes_of(wire, len), e);
    if (status == 0 && !ml_bytes_equal(blob.type, p->type))
        status = ml_fail(e, ML_E_FORMAT, "malformed SSH public key: it names two types");
    if (status == 0) {
        memcpy(p->ed25519, blob.ed25519, sizeof p->ed25519);
        memcpy(p->fingerprint, blob.fingerprint, sizeof p->fingerprint);
    }
    ml_buf_free(&decoded);
    return status;
}

int ml_ssh_public_parse(ml_ssh_public *p, ml_bytes line, ml_err *e)
{
    memset(p, 0, sizeof *p);
    return strip_end(&line, e) < 0 ? -1 : parse_words(p, line, e);
}

int ml_ssh_line_parse(ml_ssh_public *p, ml_bytes line, ml_err *e)
{
    ml_bytes rest, first;

    memset(p, 0, sizeof *p);
    if (strip_end(&line, e) < 0)
        return -1;
    if (line.len > 0 && is_space(line.p[0]))
        take_word(&line); /* an empty word: what is indented has white space before it */
    if (line.len == 0 || line.p[0] == '#')
        return 1;
    rest = line;
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
