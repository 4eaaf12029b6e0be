#ifndef ML_FORMAT_SSH_CERT_H
#define ML_FORMAT_SSH_CERT_H

/* ssh_cert.h — OpenSSH certificates of hosts and users (OpenSSH's PROTOCOL.certkeys): a public key,
 * what it may be used for, and the signature of an authority (CA) over both. */
#include "format/ssh_wire.h"

/* Times are seconds since 1970; these two mean that there is no limit. */
#define ML_SSH_ALWAYS UINT64_C(0)
#define ML_SSH_FOREVER UINT64_MAX

/* A certificate, taken apart or to be made. Owns nothing. */
typedef struct ml_ssh_certificate {
    ml_ssh_blob subject; /* of the certificate; to be made: of the plain public key */
    bool host;           /* else of a user */
    uint64_t serial, valid_after, valid_before;
    ml_bytes key_id;               /* free text that servers log */
    ml_bytes principals;           /* strings: names of hosts or users */
    ml_bytes critical, extensions; /* strings in pairs: a name, and what ml_ssh_take_option reads */
    ml_ssh_blob authority;
    bool verified; /* the signature was checked; false: it is of a kind that is not checked here */
} ml_ssh_certificate;

/* Takes a wire form apart. Fails with "format", and with "auth" when the signature is wrong. */
int ml_ssh_certificate_parse(ml_ssh_certificate *c, ml_bytes wire, ml_err *e);

/* Takes the first pair of a list that ml_ssh_certificate_parse has checked; false at its end. A
 * value in a form that nobody knows is given as it is. */
bool ml_ssh_take_option(ml_bytes *list, ml_ssh_option *option);

/* Appends pairs in the order of their names, in which the list is left. */
void ml_ssh_add_options(ml_buf *to, ml_ssh_option *list, size_t count);

/* Appends the wire form of the certificate, signed by `ca`. c->authority and c->verified do not
 * count. Fails with "argument" for what no certificate may say. */
int ml_ssh_certificate_sign(ml_buf *wire, const ml_ssh_certificate *c, const ml_ssh_private *ca,
                            ml_err *e);

/* The type of certificates for a plain key. */
void ml_ssh_certificate_type(char out[ML_SSH_TYPE], const ml_ssh_blob *key);

#endif
