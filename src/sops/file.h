#ifndef ML_SOPS_FILE_H
#define ML_SOPS_FILE_H

/* file.h — a sops file: opened, unlocked, decrypted, changed, and made from a clear document.
 *
 * An ml_sops holds the sealed text of one file. Each change (set, unset, update_keys, …) replaces
 * that text as a whole or, when it fails, not at all. Whatever was not changed keeps every byte.
 *
 *   ml_sops_open → recipients, selectors, verify            no key needed
 *   ml_sops_unlock → update_keys                            with the data key
 *   ml_sops_decrypt → value, clear_text, set, unset, reseal, renew
 *
 * A valid MAC says that the file was written by someone who knew its data key, and no more. */
#include "base/buf.h"
#include "base/secret.h"
#include "doc/edit.h"
#include "sops/envelope.h"

typedef enum ml_sops_format {
    ML_SOPS_YAML,
    ML_SOPS_JSON,
    ML_SOPS_BINARY,
    ML_SOPS_DOTENV,
    ML_SOPS_INI
} ml_sops_format;

/* By the end of the name, as sops does: .yaml and .yml, .json, .env, .ini, all else binary. */
ml_sops_format ml_sops_format_of(const char *path);

/* "yaml", "json", "binary", "dotenv", "ini". */
const char *ml_sops_format_word(ml_sops_format format);

/* The version of sops whose files we write. */
#define ML_SOPS_VERSION "3.13.3"

/* 1 if `text` parses and has sops metadata with mac and version, else 0; -1 when memory is out.
 * Cheap when the letters `sops` do not occur. Text that does not parse is not sealed. */
int ml_sops_is_sealed(ml_bytes text, ml_sops_format format, ml_err *e);

/* What a caller may want to tell the user: an alias was expanded, a tag dropped, a comment could
 * not be opened. Zero-initialise. */
typedef struct ml_sops_note {
    unsigned long line; /* of the clear or sealed input; 0 unknown */
    char text[200];     /* no values */
} ml_sops_note;

typedef struct ml_sops_notes {
    ml_sops_note *list;
    size_t count, cap;
} ml_sops_notes;

void ml_sops_notes_free(ml_sops_notes *n);

typedef struct ml_sops ml_sops;

/* Parses a sealed file. The text is copied; `path` (may be NULL) is for messages. Fails with
 * "format", "limit", or "missing" when there is no sops metadata. */
int ml_sops_open(ml_sops **out, ml_bytes text, ml_sops_format format, const char *path, ml_err *e);
void ml_sops_free(ml_sops *s); /* wipes; NULL is fine */

/* The sealed text as it is now, its document and metadata. Each is valid until the next change. */
ml_bytes ml_sops_text(const ml_sops *s);
const ml_doc *ml_sops_doc(const ml_sops *s);
const ml_sops_metadata *ml_sops_meta(const ml_sops *s);
ml_sops_format ml_sops_format_now(const ml_sops *s);

/* Whether a node of the document is metadata: the map `sops`, or a flattened line. */
bool ml_sops_is_metadata(const ml_sops *s, ml_node n);

/* Notes collected since the file was opened. */
const ml_sops_notes *ml_sops_notes_of(const ml_sops *s);

/* Opens the data key: in each key group with an identity (first those whose public half stands
 * there, then all) unless a key source has opened it; of several groups as many are needed as the
 * threshold says. Reports which identity opened which recipient (indices, of the first group that
 * one opened, SIZE_MAX when none did; each may be NULL). Fails with "key" when too few are open. */
int ml_sops_unlock(ml_sops *s, const ml_age_identity *const *identities, size_t count,
                   size_t *identity, size_t *recipient, ml_err *e);

/* What a key source has unwrapped for a recipient, by its place in the metadata: the data key, or
 * the share of its group. It counts in every ml_sops_unlock from now on. Fails with "format" for a
 * wrong length. */
int ml_sops_offer(ml_sops *s, size_t recipient, ml_bytes share, ml_err *e);

/* What the last ml_sops_unlock found: whether a group (from 0) is open; which identity opened which
 * of its recipients, as there; why a recipient did not open, NULL when it did or was not tried. */
bool ml_sops_group_open(const ml_sops *s, uint32_t group);
void ml_sops_group_opener(const ml_sops *s, uint32_t group, size_t *identity, size_t *recipient);
const char *ml_sops_reason(const ml_sops *s, size_t recipient);
bool ml_sops_unlocked(const ml_sops *s);

/* The data key of an unlocked file (32 bytes). */
ml_bytes ml_sops_data_key(const ml_sops *s);

/* Opens every value and checks the MAC; nothing can be read before both have succeeded. With
 * ignore_mac the MAC alone is not checked, and the file cannot be changed afterwards ("mac"). Fails
 * with "auth" or "format" with the line of the value, or "mac". Doing it again is free. */
int ml_sops_decrypt(ml_sops *s, bool ignore_mac, ml_err *e);

/* A scalar of a decrypted file: its type and canonical text; *sealed says whether it was sealed (a
 * secret) or stands in clear. The text lives until the next change. -1 ("argument") for other
 * nodes. */
int ml_sops_value(const ml_sops *s, ml_node n, ml_type *type, ml_bytes *text, bool *sealed,
                  ml_err *e);

/* The whole file in clear, without metadata. Of a file that ml_sops_encrypt made: byte for byte
 * what it was made from (spellings aside that sops' values cannot carry). */
int ml_sops_clear_text(ml_sops *s, ml_secret *out, ml_err *e);

/* A format to write in, and how a level is indented there: columns in YAML, blanks in JSON, where
 * -1 is a tab; as sops takes its settings (0 in YAML is its default, what is out of bounds is 2).
 */
typedef struct ml_sops_output {
    ml_sops_format format;
    bool indented; /* else as sops does without a setting: 4 columns, a tab */
    int indent;
} ml_sops_output;

/* As above in another format, by sops' own rules of writing: the first document, with a note when
 * there are more. Fails with "unsupported" where the target cannot hold it. In the file's own
 * format it is the text as above. */
int ml_sops_clear_text_as(ml_sops *s, const ml_sops_output *output, ml_secret *out, ml_err *e);

/* One value below the root: a scalar's exact bytes, or a container as a document. */
int ml_sops_clear_node(ml_sops *s, ml_node n, const ml_sops_output *output, ml_secret *out,
                       ml_err *e);

/* How values may be changed. */
typedef struct ml_sops_change {
    const ml_bytes *clear; /* names of keys whose *new* values may stand in clear */
    size_t clear_count;
    bool all_clear; /* any may, as in sops itself */
} ml_sops_change;

/* Sets the value at `path` (doc.h: a/b/0 or ["a"][0]) of the first document, making missing maps on
 * the way; one past the end of a list appends. Values that the selectors pick are sealed. Only the
 * value, mac and lastmodified change. Fails with "argument" for the key `sops`, "conflict" when a
 * new value would stand in clear and is not named in change->clear. */
int ml_sops_set(ml_sops *s, const char *path, const ml_tree *value, const ml_sops_change *change,
                ml_err *e);
int ml_sops_unset(ml_sops *s, const char *path, ml_err *e);

/* Seals a new clear text with this file's data key and metadata; values that are what they were
 * keep their sealed text. */
int ml_sops_reseal(ml_sops *s, ml_bytes clear, const ml_sops_change *change, ml_err *e);

/* Gives a file that was decrypted with ignore_mac the MAC of the values that it has now, so that it
 * can be changed again: somebody has looked at them and wants them so. A file that has no MAC at
 * all gets none ("mac"). */
int ml_sops_repair(ml_sops *s, ml_err *e);

/* What changed in the keys that can open a file. */
typedef struct ml_sops_key_changes {
    size_t added, removed, rewrapped;
} ml_sops_key_changes;

/* Makes the keys those of an envelope that ml_sops_envelope_of made for this file. An envelope in
 * which all keys are kept, and none is missing, changes nothing at all. The data key stays: after
 * removing someone call ml_sops_renew. */
int ml_sops_update_keys(ml_sops *s, ml_sops_envelope *v, ml_sops_key_changes *changes, ml_err *e);

/* The new data key of an envelope that ml_sops_envelope_new made: every sealed value, the mac and
 * every `enc` are made anew, all other bytes stay. */
int ml_sops_renew(ml_sops *s, ml_sops_envelope *v, ml_err *e);

/* What is wrong with a file as far as can be seen without a key. */
typedef struct ml_sops_finding {
    const char *code; /* "sops.plain-value", "sops.no-mac", "sops.no-version", "sops.no-recipient",
                         "sops.bad-recipient", "sops.same-recipient", "sops.bad-time",
                         "sops.bad-mac", "sops.selector" */
    unsigned long line;
    char message[200];
} ml_sops_finding;

/* Fills a list that the caller frees with free(). 0 also when there are findings. */
int ml_sops_verify(ml_sops *s, ml_sops_finding **list, size_t *count, ml_err *e);

/* What a new sealed file is made from. */
typedef struct ml_sops_new {
    ml_bytes clear;
    ml_sops_format format;
    const char *path;             /* for messages; may be NULL */
    ml_sops_envelope *envelope;   /* of ml_sops_envelope_new */
    ml_sops_selectors selectors;  /* none set: unencrypted_suffix _unencrypted (none for binary) */
    const ml_sops_output *output; /* converted to that first, as ml_sops_clear_text_as does; NULL:
                                     not */
} ml_sops_new;

/* Seals `clear` under the envelope's data key. Refused, with the line: a root that is no map, a key
 * `sops` at the root, a bad pattern, more than one selector, a selector that picks nothing, a
 * document that is sealed already, values that sops cannot hold. `notes` may be NULL. */
int ml_sops_encrypt(const ml_sops_new *what, ml_buf *out, ml_sops_notes *notes, ml_err *e);

/* One file of a batch: opened, unlocked, given these keys, and written to `out`. Keys of other
 * kinds than age can only stay: where one would have to be wrapped for, the error is "key-source".
 */
typedef struct ml_sops_update {
    ml_bytes text;
    ml_sops_format format;
    const char *path;
    const ml_sops_keys *keys; /* approved */
    bool rewrap, renew;
    /* results */
    ml_buf out; /* empty when nothing changed; free with ml_buf_free */
    ml_sops_key_changes changes;
    ml_err e; /* meaningful when status is -1 */
    int status;
} ml_sops_update;

/* All files of a batch over up to `threads` threads (0: one for each processor). Returns how many
 * failed. */
size_t ml_sops_update_many(ml_sops_update *list, size_t count,
                           const ml_age_identity *const *identities, size_t identity_count,
                           unsigned threads);

#endif
