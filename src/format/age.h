#ifndef ML_FORMAT_AGE_H
#define ML_FORMAT_AGE_H

/* age.h — recipients, identities and whole age files in memory. Format: age-encryption.org/v1 and
 * age's own stanzas for SSH keys. Files too large for memory: age_file.h. Files of identities:
 * age_keyfile.h. */
#include "base/buf.h"
#include "base/secret.h"
#include "crypto/kem.h"
#include "crypto/provider.h"

typedef enum ml_age_kind {
    ML_AGE_X25519,      /* age1… and AGE-SECRET-KEY-1… */
    ML_AGE_SSH_ED25519, /* ssh-ed25519 … and an OpenSSH private key */
    ML_AGE_SSH_RSA,     /* ssh-rsa … and a private key file */
    ML_AGE_HYBRID,      /* age1pq1… and AGE-SECRET-KEY-PQ-1…: ML-KEM-768 with X25519 */
    ML_AGE_TAG,         /* age1tag1…: P-256 in hardware, which only a plugin opens */
    ML_AGE_TAG_HYBRID,  /* age1tagpq1…: likewise, with ML-KEM-768 */
    ML_AGE_PLUGIN /* age1NAME1… and AGE-PLUGIN-NAME-1…: another program's; age_dialogue.h */
} ml_age_kind;

/* The word for a kind in messages and in Lua: "x25519", "ssh-ed25519", "ssh-rsa", "hybrid",
 * "tag", "tag-hybrid", "plugin". */
const char *ml_age_kind_word(ml_age_kind kind);

/* Whether file keys can be wrapped to a recipient of this kind. */
bool ml_age_kind_usable(ml_age_kind kind);

enum { ML_AGE_SSH_TAG = 4 }; /* bytes that name an SSH key in a stanza */

/* Whom to wrap a file key to. Owns its text and key; the rest is computed once, since a batch wraps
 * to the same recipient thousands of times. Zero-initialise ({0}). */
typedef struct ml_age_recipient {
    ml_age_kind kind;
    char *text; /* canonical: age1…, or an SSH key as "TYPE BASE64" without comment; NUL at the end.
                   Of plugin recipients as it was given; empty where nobody knows */
    unsigned char point[ML_X25519_SIZE];      /* X25519, or the Montgomery form of the SSH key */
    unsigned char ed25519[ML_ED25519_PUBLIC]; /* of an Ed25519 SSH key, like tweak */
    unsigned char tweak[ML_X25519_SIZE];      /* age's extra factor, from the SSH key alone */
    unsigned char tag[ML_AGE_SSH_TAG]; /* of an SSH key or one in hardware: its hash, for stanzas */
    unsigned char *key; /* the public key of the kinds with a larger one, as its stanzas need it */
    size_t key_len;
} ml_age_recipient;

/* Makes *r the recipient that `text` says: one word age1…, or an SSH public key line, with no white
 * space around. Fails with "format", and with "unsupported" for SSH keys that age has no stanza
 * for. */
int ml_age_recipient_parse(ml_age_recipient *r, ml_bytes text, ml_err *e);

/* The recipients of keys in hand. Fail with "format" for a point of low order; ssh: also for one
 * outside the prime-order group. rsa: of the wire form of an SSH key; fails as ml_ssh_rsa_check
 * does. */
int ml_age_recipient_x25519(ml_age_recipient *r, const unsigned char point[ML_X25519_SIZE],
                            ml_err *e);
int ml_age_recipient_ssh(ml_age_recipient *r, const unsigned char ed25519[ML_ED25519_PUBLIC],
                         ml_err *e);
int ml_age_recipient_hybrid(ml_age_recipient *r,
                            const unsigned char public_key[ML_KEM_HYBRID_PUBLIC], ml_err *e);
int ml_age_recipient_rsa(ml_age_recipient *r, ml_bytes wire, ml_err *e);

int ml_age_recipient_copy(ml_age_recipient *r, const ml_age_recipient *from, ml_err *e);
void ml_age_recipient_free(ml_age_recipient *r);

/* What opens files. Owns its secret: 32 bytes, the X25519 scalar (unclamped, as it is written down)
 * or the seed of the SSH or hybrid key; of an RSA key its numbers (ssh_rsa.h); of a plugin's
 * identity its text, with which the plugin opens files, and nothing here does. Zero-initialise
 * ({0}). */
typedef struct ml_age_identity {
    ml_age_kind kind; /* any but ML_AGE_TAG and ML_AGE_TAG_HYBRID */
    ml_secret secret;
    ml_age_recipient recipient; /* its public half, computed once */
} ml_age_identity;

/* Each fills *i; `scalar` and `seed` have 32 bytes ("argument" otherwise). A new one is made of a
 * kind with a text of age, ML_AGE_X25519 or ML_AGE_HYBRID. */
int ml_age_identity_generate(ml_age_identity *i, ml_age_kind kind, ml_err *e);
int ml_age_identity_x25519(ml_age_identity *i, ml_bytes scalar, ml_err *e);
int ml_age_identity_ssh(ml_age_identity *i, ml_bytes seed, ml_err *e);
int ml_age_identity_hybrid(ml_age_identity *i, ml_bytes seed, ml_err *e);
int ml_age_identity_rsa(ml_age_identity *i, ml_bytes numbers, ml_err *e);

/* One word AGE-SECRET-KEY-1…, AGE-SECRET-KEY-PQ-1… or AGE-PLUGIN-NAME-1…, nothing around it. Fails
 * with "format". Messages never quote the word. */
int ml_age_identity_parse(ml_age_identity *i, ml_bytes text, ml_err *e);

/* The kind that the beginning of an identity word promises; false for none. */
bool ml_age_identity_kind(ml_age_kind *kind, ml_bytes text);

/* Makes *out the owner of the word that ml_age_identity_parse takes. Fails with "unsupported" for
 * an SSH identity, whose text is the OpenSSH key. */
int ml_age_identity_text(ml_secret *out, const ml_age_identity *i, ml_err *e);
int ml_age_identity_copy(ml_age_identity *i, const ml_age_identity *from, ml_err *e);
void ml_age_identity_free(ml_age_identity *i);

/* Appends an age file of `text` for all these recipients. Fails with "unsupported" for one that
 * needs its plugin, "argument" without recipients, "limit" beyond ML_LIMIT_AGE_RECIPIENTS. One
 * recipient and the 32 bytes of a sops data key cost two scalar multiplications and little else. */
int ml_age_encrypt(ml_buf *out, const ml_age_recipient *const *recipients, size_t count,
                   ml_bytes text, bool armor, ml_err *e);

/* As above for a passphrase, with scrypt at N = 2^log_n: 1 … ML_LIMIT_SCRYPT_ASKED, 0 for age's own
 * choice of 18. An empty passphrase is refused. */
int ml_age_encrypt_passphrase(ml_buf *out, ml_bytes passphrase, unsigned log_n, ml_bytes text,
                              bool armor, ml_err *e);

/* Which part of a file is malformed or was changed: ml_err.part. There is none when no key opens
 * the file. */
#define ML_AGE_PART_ARMOR "armor"
#define ML_AGE_PART_HEADER "header" /* up to and with the nonce of the payload */
#define ML_AGE_PART_MAC "mac"       /* the header parses and a key opens it, but it was changed */
#define ML_AGE_PART_PAYLOAD "payload"

/* What a file may be opened with. Nothing is owned. */
typedef struct ml_age_keys {
    const ml_age_identity *const *identities;
    size_t count;
    ml_bytes passphrase; /* for files made with one; no bytes = there is none */
    unsigned most_log_n; /* work factor of scrypt that is taken; 0 = ML_LIMIT_SCRYPT_LOG */
} ml_age_keys;

/* Makes *out the owner of the clear text of `file` (binary or armored: its beginning tells) and
 * puts the index of the identity that opened it into *used (may be NULL; SIZE_MAX for the
 * passphrase). Nothing is released before everything is authentic. Fails with
 *   "key"         no identity fits
 *   "passphrase"  the file was made with a passphrase and none was given
 *   "auth"        the passphrase is wrong, or header or contents were changed
 *   "format", "limit"  not an age file, or one that this program does not take. */
int ml_age_decrypt(ml_secret *out, const ml_age_keys *keys, ml_bytes file, size_t *used, ml_err *e);

#endif
