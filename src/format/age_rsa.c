/* age_rsa.c — the type ssh-rsa, whose file key is encrypted to an SSH key by RSA-OAEP (format:
 * age's own). */
#include <string.h>

#include "crypto/encode.h"
#include "format/age_type.h"
#include "format/ssh_key.h"
#include "format/ssh_rsa.h"

static const char label[] = "age-encryption.org/v1/ssh-rsa";

int ml_age_recipient_rsa(ml_age_recipient *r, ml_bytes wire, ml_err *e)
{
    unsigned char hash[ML_SHA256_SIZE];
    ml_buf text = { 0 };
    ml_rsa_public key;
    int status;

    memset(r, 0, sizeof *r);
    r->kind = ML_AGE_SSH_RSA;
    if (ml_ssh_rsa_public(&key, wire, e) < 0)
        return -1;
    ml_sha256(hash, wire);
    memcpy(r->tag, hash, sizeof r->tag);
    ml_ssh_line_write(&text, ml_bytes_text("ssh-rsa"), wire, ml_bytes_of(NULL, 0));
    status = ml_buf_check(&text, e);
    if (status == 0)
        status = ml_age_recipient_text(r, ml_buf_bytes(&text), e);
    if (status == 0)
        status = ml_age_recipient_key(r, wire, e);
    ml_buf_free(&text);
    if (status < 0)
        ml_age_recipient_free(r);
    return status;
}

int ml_age_identity_rsa(ml_age_identity *i, ml_bytes numbers, ml_err *e)
{
    ml_bytes rest = numbers;
    ml_buf wire = { 0 };
    ml_rsa_private key;
    int status;

    memset(i, 0, sizeof *i);
    i->kind = ML_AGE_SSH_RSA;
    if (ml_ssh_rsa_private(&key, &rest, e) < 0)
        return -1;
    ml_ssh_rsa_wire(&wire, &key.public);
    status = ml_buf_check(&wire, e);
    if (status == 0)
        status = ml_age_recipient_rsa(&i->recipient, ml_buf_bytes(&wire), e);
    if (status == 0)
        status = ml_secret_copy(&i->secret, numbers, e);
    ml_buf_free(&wire);
    if (status < 0)
        ml_age_identity_free(i);
    return status;
}

int ml_age_rsa_wrap(ml_buf *header, const ml_age_recipient *r,
                    const unsigned char file_key[ML_AGE_FILE_KEY], ml_err *e)
{
    unsigned char body[ML_RSA_MAX];
    char tag[ML_AGE_TAG_TEXT];
    ml_rsa_public key;
    ml_age_stanza s;

    if (ml_ssh_rsa_public(&key, ml_bytes_of(r->key, r->key_len), e) < 0 ||
        ml_rsa_oaep_seal(body, &key, ml_bytes_text(label), ml_bytes_of(file_key, ML_AGE_FILE_KEY),
                         e) < 0)
        return -1;
    ml_base64_encode(ML_BASE64_BARE, tag, ml_bytes_of(r->tag, sizeof r->tag));
    memset(&s, 0, sizeof s);
    s.arguments[s.count++] = ml_bytes_text("ssh-rsa");
    s.arguments[s.count++] = ml_bytes_of(tag, ML_AGE_TAG_TEXT);
    s.body = ml_bytes_of(body, key.n.len);
    ml_age_header_stanza(header, &s);
    return 0;
}

int ml_age_rsa_unwrap(unsigned char file_key[ML_AGE_FILE_KEY], const ml_age_identity *i,
                      const ml_age_stanza *s, ml_err *e)
{
    ml_bytes numbers = ml_secret_bytes(&i->secret);
    char tag[ML_AGE_TAG_TEXT];
    ml_rsa_private key;

    if (s->count != 2)
        return ml_age_stanza_bad(e, "ssh-rsa");
    ml_base64_encode(ML_BASE64_BARE, tag, ml_bytes_of(i->recipient.tag, ML_AGE_SSH_TAG));
    if (!ml_bytes_equal(s->arguments[1], ml_bytes_of(tag, ML_AGE_TAG_TEXT)))
        return 0;
    if (ml_ssh_rsa_private(&key, &numbers, e) < 0)
        return -1;
    if (ml_rsa_oaep_open(file_key, ML_AGE_FILE_KEY, &key, ml_bytes_text(label), s->body, e) == 0)
        return 1;
    return strcmp(e->code, ML_E_AUTH) == 0 ? 0 : -1;
}
