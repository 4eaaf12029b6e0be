#ifndef ML_FORMAT_SSH_KEY_H
#define ML_FORMAT_SSH_KEY_H

/* ssh_key.h — OpenSSH keys: public key lines of every type, private keys of Ed25519 and RSA.
 * Formats: the wire form of RFC 4253 section 6.6 and OpenSSH's PROTOCOL.key ("openssh-key-v1"). */
#include "base/buf.h"
#include "base/secret.h"
#include "crypto/provider.h"

enum {
    ML_SSH_ED25519_WIRE = 51, /* bytes of an Ed25519 public key on the wire */
    ML_SSH_FINGERPRINT = 50,  /* characters of "SHA256:" and 43 of base64 */
    ML_SSH_TYPE = 64          /* longest name of a key type, with its NUL */
};

typedef enum ml_ssh_kind {
    ML_SSH_ED25519,
    ML_SSH_RSA,
    ML_SSH_ECDSA,
    ML_SSH_DSA,
    ML_SSH_SECURITY_KEY, /* sk-…: the private half is in a token */
    ML_SSH_CERTIFICATE,
    ML_SSH_OTHER /* a type that this program has never heard of */
} ml_ssh_kind;

ml_ssh_kind ml_ssh_kind_of(ml_bytes type);

/* One public key line, taken apart. Owns nothing: spans point into the line. */
typedef struct ml_ssh_public {
    ml_ssh_kind kind;
    ml_bytes marker;  /* known_hosts: "@revoked", "@cert-authority", or no bytes */
    ml_bytes hosts;   /* known_hosts: the names; see ssh_hosts.h */
    ml_bytes options; /* authorized_keys: what stands before the key */
    ml_bytes type;    /* "ssh-ed25519", … */
    ml_bytes base64;  /* of the wire form */
    ml_bytes comment; /* or no bytes */
    unsigned bits;    /* as ssh-keygen counts them; 0 for ML_SSH_OTHER */
    unsigned char ed25519[ML_ED25519_PUBLIC]; /* kind ML_SSH_ED25519 only */
    char fingerprint[ML_SSH_FINGERPRINT + 1]; /* of the key itself, also in a certificate */
} ml_ssh_public;

/* Parses "TYPE BASE64 [COMMENT]" as in a .pub file; one line, a line end is allowed. Fails with
 * "format" when the base64 is not canonical, or holds another type than the word before it. */
int ml_ssh_public_parse(ml_ssh_public *p, ml_bytes line, ml_err *e);

/* As above, and also the lines of known_hosts and ssh-keyscan: "[@MARKER] HOSTS TYPE BASE64
 * [COMMENT]". 0 = a key, 1 = a blank line or comment, -1 = malformed. */
int ml_ssh_line_parse(ml_ssh_public *p, ml_bytes line, ml_err *e);

/* "[OPTIONS] TYPE BASE64 [COMMENT]", as in authorized_keys; the options are checked. Result as
 * above. */
int ml_ssh_authorized_parse(ml_ssh_public *p, ml_bytes line, ml_err *e);

/* What limits or widens the use of a key: a name, with a value or alone. */
typedef struct ml_ssh_option {
    ml_bytes name, value;
    bool alone;
} ml_ssh_option;

/* Takes the first option from the front of *options: 1, 0 when there is none left, -1 when it is
 * malformed. In the value \" still stands for ", nothing else is escaped. */
int ml_ssh_authorized_option(ml_bytes *options, ml_ssh_option *option, ml_err *e);

/* Appends the wire form of a key that was parsed. */
int ml_ssh_public_wire(ml_buf *wire, const ml_ssh_public *p, ml_err *e);

/* Appends "TYPE BASE64", with " COMMENT" when there is one, without a line end. A comment is
 * written up to its first control character. */
void ml_ssh_line_write(ml_buf *out, ml_bytes type, ml_bytes wire, ml_bytes comment);

/* The wire form of an Ed25519 key, and its line, as above. */
void ml_ssh_wire(unsigned char out[ML_SSH_ED25519_WIRE],
                 const unsigned char ed25519[ML_ED25519_PUBLIC]);
void ml_ssh_public_write(ml_buf *out, const unsigned char ed25519[ML_ED25519_PUBLIC],
                         ml_bytes comment);

/* What a private key file says in clear, before any passphrase. Owns nothing. */
typedef struct ml_ssh_info {
    bool encrypted;
    ml_ssh_kind kind;
    char type[ML_SSH_TYPE];
    char fingerprint[ML_SSH_FINGERPRINT + 1];
} ml_ssh_info;

/* Reads the clear part of an OpenSSH private key of any type, or the whole of one in another form
 * that ml_ssh_private_parse takes. Appends the line of its public half, unless nobody knows its
 * type. Fails as ml_ssh_private_parse does. */
int ml_ssh_inspect(ml_ssh_info *info, ml_buf *line, ml_bytes file, ml_err *e);

/* A private key, of Ed25519 or RSA. Owns all of it. Zero-initialise ({0}). */
typedef struct ml_ssh_private {
    ml_ssh_kind kind;  /* ML_SSH_ED25519 or ML_SSH_RSA */
    ml_secret seed;    /* ML_SSH_ED25519 only: ML_ED25519_SEED bytes */
    ml_secret numbers; /* ML_SSH_RSA only: what ml_ssh_rsa_private takes apart (ssh_rsa.h) */
    unsigned char ed25519[ML_ED25519_PUBLIC]; /* ML_SSH_ED25519 only */
    ml_buf wire;                              /* of the public key */
    ml_buf comment;
} ml_ssh_private;

/* Reads an OpenSSH private key, or one in the form of PKCS#1 or PKCS#8 that is not encrypted. The
 * passphrase counts only if the key is encrypted. Ciphers: none, aes128/192/256-ctr,
 * aes128/192/256-cbc, aes128/256-gcm, chacha20-poly1305, 3des-cbc. Fails with
 *   "passphrase"   it is encrypted and `passphrase` has no bytes
 *   "auth"         wrong passphrase
 *   "unsupported"  neither an Ed25519 nor an RSA key, another form or another cipher; the message
 *                  names it, the hint says how to convert it
 *   "format", "limit". */
int ml_ssh_private_parse(ml_ssh_private *k, ml_bytes file, ml_bytes passphrase, ml_err *e);

/* A fresh key; and the key of a seed in hand (ML_ED25519_SEED bytes), or of numbers. comment: one
 * line. rsa: "limit" unless bits are from 2048 to ML_LIMIT_RSA_BITS. */
int ml_ssh_private_generate(ml_ssh_private *k, ml_bytes comment, ml_err *e);
int ml_ssh_private_generate_rsa(ml_ssh_private *k, unsigned bits, ml_bytes comment, ml_err *e);
int ml_ssh_private_from_seed(ml_ssh_private *k, ml_bytes seed, ml_bytes comment, ml_err *e);
int ml_ssh_private_from_numbers(ml_ssh_private *k, const ml_rsa_private *key, ml_bytes comment,
                                ml_err *e);

/* Makes *out the owner of the key as an unencrypted OpenSSH file, byte for byte as ssh-keygen
 * writes it. */
int ml_ssh_private_write(ml_secret *out, const ml_ssh_private *k, ml_err *e);
void ml_ssh_private_free(ml_ssh_private *k);

#endif
