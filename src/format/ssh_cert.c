/* ssh_cert.c — see ssh_cert.h. */
#include "format/ssh_cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/ssh_signature.h"

enum { USER = 1, HOST = 2, NONCE = 32, PRINCIPALS_MAX = 256 };

static int bad(ml_err *e, const char *what)
{
    return ml_fail(e, ML_E_FORMAT, "malformed SSH certificate: %s", what);
}

static bool take_number64(ml_bytes *from, uint64_t *number)
{
    uint32_t high, low;

    if (!ml_ssh_take_number(from, &high) || !ml_ssh_take_number(from, &low))
        return false;
    *number = (uint64_t)high << 32 | low;
    return true;
}

static void add_number64(ml_buf *to, uint64_t number)
{
    ml_ssh_add_number(to, (uint32_t)(number >> 32));
    ml_ssh_add_number(to, (uint32_t)number);
}

/* Whether the list is made of strings, or of pairs of them. */
static bool is_list(ml_bytes list, bool pairs)
{
    ml_bytes string;

    while (list.len > 0)
        if (!ml_ssh_take_string(&list, &string) || (pairs && !ml_ssh_take_string(&list, &string)))
            return false;
    return true;
}

bool ml_ssh_take_option(ml_bytes *list, ml_ssh_option *option)
{
    ml_bytes data, value;

    if (!ml_ssh_take_string(list, &option->name) || !ml_ssh_take_string(list, &data))
        return false;
    option->alone = data.len == 0;
    option->value = data;
    if (ml_ssh_take_string(&data, &value) && data.len == 0)
        option->value = value;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return ml_bytes_compare(((const ml_ssh_option *)a)->name, ((const ml_ssh_option *)b)->name);
}

void ml_ssh_add_options(ml_buf *to, ml_ssh_option *list, size_t count)
{
    size_t i;

    if (count > 0)
        qsort(list, count, sizeof *list, by_name);
    for (i = 0; i < count; i++) {
        ml_ssh_add_string(to, list[i].name);
        if (!list[i].alone)
            ml_ssh_add_number(to, (uint32_t)list[i].value.len + 4);
        ml_ssh_add_string(to, list[i].value);
    }
}

int ml_ssh_certificate_parse(ml_ssh_certificate *c, ml_bytes wire, ml_err *e)
{
    ml_bytes rest, reserved, authority, signature;
    uint32_t kind;
    size_t signed_len;
    int status;

    memset(c, 0, sizeof *c);
    if (ml_ssh_blob_parse(&c->subject, wire, e) < 0)
        return -1;
    if (c->subject.kind != ML_SSH_CERTIFICATE)
        return ml_fail(e, ML_E_FORMAT, "this is a public key, not a certificate");
    rest = c->subject.rest;
    if (!take_number64(&rest, &c->serial) || !ml_ssh_take_number(&rest, &kind) ||
        !ml_ssh_take_string(&rest, &c->key_id) || !ml_ssh_take_string(&rest, &c->principals) ||
        !take_number64(&rest, &c->valid_after) || !take_number64(&rest, &c->valid_before) ||
        !ml_ssh_take_string(&rest, &c->critical) || !ml_ssh_take_string(&rest, &c->extensions) ||
        !ml_ssh_take_string(&rest, &reserved) || !ml_ssh_take_string(&rest, &authority))
        return bad(e, "it is cut short");
    signed_len = wire.len - rest.len;
    if (!ml_ssh_take_string(&rest, &signature) || rest.len != 0)
        return bad(e, "it is cut short, or too long");
    if (kind != USER && kind != HOST)
        return bad(e, "it is neither of a host nor of a user");
    c->host = kind == HOST;
    if (!is_list(c->principals, false))
        return bad(e, "its principals");
    if (!is_list(c->critical, true) || !is_list(c->extensions, true))
        return bad(e, "its options");
    if (ml_ssh_blob_parse(&c->authority, authority, e) < 0)
        return -1;
    if (c->authority.kind == ML_SSH_CERTIFICATE)
        return bad(e, "it is signed by a certificate");
    status = ml_ssh_signature_check(&c->authority, authority, signature,
                                    ml_bytes_slice(wire, 0, signed_len), e);
    if (status < 0)
        return strcmp(e->code, ML_E_AUTH) == 0
                   ? ml_fail(e, ML_E_AUTH, "the signature of the SSH certificate is wrong")
                   : bad(e, "its signature");
    c->verified = status > 0;
    return 0;
}

void ml_ssh_certificate_type(char out[ML_SSH_TYPE], const ml_ssh_blob *key)
{
    snprintf(out, ML_SSH_TYPE, "%.*s-cert-v01@openssh.com", (int)strcspn(key->key_type, "@"),
             key->key_type);
}

static int check(const ml_ssh_certificate *c, ml_err *e)
{
    ml_bytes list = c->principals, name;
    size_t count = 0;

    if (c->subject.key_type == NULL || c->subject.kind == ML_SSH_CERTIFICATE)
        return ml_fail(e, ML_E_ARGUMENT, "a certificate is for a public key of a known type");
    if (c->valid_after >= c->valid_before)
        return ml_fail(e, ML_E_ARGUMENT, "the certificate would end before it begins");
    if (c->host && (c->critical.len > 0 || c->extensions.len > 0))
        return ml_fail(e, ML_E_ARGUMENT, "certificates of hosts have no options");
    for (; ml_ssh_take_string(&list, &name); count++)
        if (name.len == 0)
            return ml_fail(e, ML_E_ARGUMENT, "a principal without a name");
    if (count > PRINCIPALS_MAX)
        return ml_fail(e, ML_E_LIMIT, "a certificate may name %d principals", PRINCIPALS_MAX);
    return 0;
}

int ml_ssh_certificate_sign(ml_buf *wire, const ml_ssh_certificate *c, const ml_ssh_private *ca,
                            ml_err *e)
{
    unsigned char nonce[NONCE];
    char type[ML_SSH_TYPE];
    const size_t start = wire->len;
    ml_ssh_certificate made;

    if (check(c, e) < 0)
        return -1;
    ml_ssh_certificate_type(type, &c->subject);
    ml_random(nonce, sizeof nonce);
    ml_ssh_add_string(wire, ml_bytes_text(type));
    ml_ssh_add_string(wire, ml_bytes_of(nonce, sizeof nonce));
    ml_buf_add(wire, c->subject.key);
    add_number64(wire, c->serial);
    ml_ssh_add_number(wire, c->host ? HOST : USER);
    ml_ssh_add_string(wire, c->key_id);
    ml_ssh_add_string(wire, c->principals);
    add_number64(wire, c->valid_after);
    add_number64(wire, c->valid_before);
    ml_ssh_add_string(wire, c->critical);
    ml_ssh_add_string(wire, c->extensions);
    ml_ssh_add_string(wire, ml_bytes_of(NULL, 0)); /* reserved */
    ml_ssh_add_string(wire, ml_buf_bytes(&ca->wire));
    if (ml_buf_check(wire, e) < 0 ||
        ml_ssh_signature_add(wire, ca, ml_bytes_slice(ml_buf_bytes(wire), start, wire->len), e) < 0)
        return -1;
    /* what this program cannot read is not handed out */
    return ml_ssh_certificate_parse(&made, ml_bytes_slice(ml_buf_bytes(wire), start, wire->len), e);
}
