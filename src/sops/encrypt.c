/* encrypt.c — a sealed file made from a clear one; see file.h. */
#include <stdlib.h>
#include <string.h>

#include "crypto/provider.h"
#include "sops/file_internal.h"
#include "sops/flat.h"

/* Stands where the MAC will, once it is known. */
static const char no_mac_yet[] = ML_SEALED "data:none,iv:none,tag:none,type:str]";

int ml_sops_stamp(ml_edits *es, const ml_doc *d, ml_bytes mac_text, const char *time, ml_err *e)
{
    size_t i;

    for (i = 0; i < ml_doc_roots(d); i++) {
        const ml_node map = ml_sops_map_of(d, i);
        ml_sops_metadata m;
        int status = 0;

        if (map == ML_NO_NODE)
            continue;
        if (ml_sops_metadata_parse(&m, d, map, e) < 0)
            return -1;
        if (m.mac_node != ML_NO_NODE)
            status = ml_sops_metadata_set(es, d, m.mac_node, mac_text, e);
        if (status == 0 && m.lastmodified_node != ML_NO_NODE && !ml_bytes_is(m.lastmodified, time))
            status = ml_sops_metadata_set(es, d, m.lastmodified_node, ml_bytes_text(time), e);
        ml_sops_metadata_free(&m);
        if (status < 0)
            return -1;
    }
    return 0;
}

int ml_sops_check_map(const ml_doc *d, ml_node root, ml_err *e)
{
    if (ml_doc_node(d, root)->kind == ML_KIND_MAP)
        return 0;
    ml_fail(e, ML_E_FORMAT, "the document's root is not a mapping: sops can seal nothing else");
    ml_err_hint(e, "put it under a key, or seal the file as binary");
    return ml_doc_blame(d, root, e);
}

static int check_root(const ml_doc *d, size_t index, ml_err *e)
{
    const ml_node root = ml_doc_root(d, index);
    ml_node map;

    if (ml_sops_check_map(d, root, e) < 0)
        return -1;
    map = ml_doc_get(d, root, ml_bytes_text("sops"));
    if (map == ML_NO_NODE)
        return 0;
    ml_fail(e, ML_E_EXISTS, "the root has a key 'sops', which is where sops keeps its metadata");
    ml_err_hint(e, "if the file is sealed already, change it with set, edit or update-keys");
    return ml_doc_blame(d, map, e);
}

static int check_flat(const ml_doc *d, ml_err *e)
{
    const ml_node root = ml_doc_root(d, 0);
    ml_node n = ml_doc_node(d, root)->first;

    while (n != ML_NO_NODE && !ml_walk_is_metadata(d, n))
        n = ml_doc_node(d, n)->next;
    if (n == ML_NO_NODE)
        return 0;
    ml_fail(e, ML_E_EXISTS,
            ml_doc_format(d) == ML_FORMAT_INI
                ? "there is a section 'sops', which is where sops keeps its metadata"
                : "a name begins with 'sops_', as those of sops' metadata do");
    ml_err_hint(e, "if the file is sealed already, change it with set, edit or update-keys");
    return ml_doc_blame(d, n, e);
}

/* The old metadata in the way of a root that changed between lines and braces. */
static int lay_out_anew(const ml_sops_making *what, const ml_sops_spot *spot, ml_buf *out,
                        ml_err *e)
{
    ml_sops_tree tree = { 0 };
    ml_buf whole = { 0 };
    ml_doc *d = NULL;
    int status;

    ml_buf_text(&whole, what->raw_flow ? "{" : "");
    ml_buf_add(&whole, what->raw);
    ml_buf_text(&whole, what->raw_flow ? "}" : "\n");
    status = ml_buf_check(&whole, e);
    if (status == 0)
        status = ml_doc_parse(&d, ML_FORMAT_YAML, ml_buf_bytes(&whole), what->path, e);
    if (status == 0)
        status = ml_sops_tree_build(&tree, d, NULL, ml_sops_map_of(d, 0), false, e);
    if (status == 0)
        ml_sops_metadata_write_tree(out, &tree.root, spot->layout, spot->unit, spot->line_break);
    ml_sops_tree_free(&tree);
    ml_doc_free(d);
    ml_buf_free(&whole);
    return status;
}

/* Adds the metadata to every document of the clear text. *added: bytes before the last one. */
static int add_metadata(const ml_sops_making *what, const ml_doc *clear, ml_secret *out,
                        size_t *added, ml_err *e)
{
    ml_edits es = { 0 };
    ml_buf text = { 0 };
    ml_sops_spot spot;
    size_t i;
    int status = 0;

    *added = 0;
    for (i = 0; i < ml_doc_roots(clear) && status == 0; i++) {
        if (check_root(clear, i, e) < 0 || ml_sops_spot_find(&spot, clear, i, e) < 0) {
            status = -1;
            break;
        }
        text.len = 0;
        ml_buf_text(&text, spot.before);
        if (what->raw.len == 0) {
            ml_sops_metadata_write(&text, what->fields, spot.layout, spot.unit, spot.line_break);
        } else if (what->raw_flow != (spot.layout != ML_SOPS_BLOCK)) {
            status = lay_out_anew(what, &spot, &text, e);
        } else {
            ml_buf_add(&text, what->raw);
        }
        ml_buf_text(&text, spot.after);
        if (status == 0)
            status = ml_buf_check(&text, e);
        if (status == 0)
            status = ml_edits_replace(&es, spot.at, spot.at + spot.taken, ml_buf_bytes(&text), e);
        if (i + 1 < ml_doc_roots(clear))
            *added += text.len - spot.taken;
    }
    if (status == 0)
        status = ml_edits_apply_secret(&es, ml_doc_text(clear), out, e);
    ml_buf_free(&text);
    ml_edits_free(&es);
    return status;
}

/* A selector that picks nothing leaves every value readable: never what was meant. */
static int check_picked(const ml_sops_sealing *done, const char *path, ml_err *e)
{
    if (done->picked > 0 || done->passed == 0)
        return 0;
    ml_fail(e, ML_E_CONFLICT, "the selector picks no value: the whole file would stay in clear");
    ml_err_hint(e, "check encrypted_regex or the suffix against the names of the keys");
    return ml_err_at(e, path, 0, 0);
}

/* Collects the edits that seal the values of `doc`, which is the clear text, perhaps with metadata
 * in it, and the sealed MAC for `time`. */
static int seal_values(ml_sops_sealing *sealing, const ml_sops_making *what, const char *time,
                       ml_edits *es, ml_buf *mac_text, ml_err *e)
{
    char mac[ML_SOPS_MAC_SIZE];
    int status;

    sealing->cipher = what->cipher;
    sealing->only_encrypted = what->fields->selectors.mac_only_encrypted;
    sealing->kept = what->kept;
    sealing->change = what->change;
    sealing->notes = what->notes;
    status =
        ml_sops_seal_document(sealing, es, mac, e) < 0 ? -1 : check_picked(sealing, what->path, e);
    if (status == 0)
        status = ml_sops_seal_mac(what->cipher, mac, time, mac_text, e);
    ml_wipe(mac, sizeof mac);
    return status;
}

/* Metadata within the document: added to it first, so that all edits are of one text. */
static int make_nested(const ml_sops_making *what, ml_sops_sealing *sealing, ml_buf *out, ml_err *e)
{
    char time[ML_SOPS_TIME_SIZE];
    ml_doc *full = NULL;
    ml_edits es = { 0 };
    ml_buf mac = { 0 };
    ml_secret with = { 0 };
    int status = -1;

    ml_sops_time_now(time);
    if (add_metadata(what, sealing->clear, &with, &sealing->added_before_last, e) == 0 &&
        ml_doc_parse(&full, ml_doc_format(sealing->clear), ml_secret_bytes(&with), what->path, e) ==
            0) {
        sealing->doc = full;
        if (seal_values(sealing, what, time, &es, &mac, e) == 0 &&
            ml_sops_stamp(&es, full, ml_buf_bytes(&mac), time, e) == 0)
            status = ml_edits_apply(&es, ml_doc_text(full), out, e);
    }
    ml_edits_free(&es);
    ml_buf_free(&mac);
    ml_doc_free(full);
    ml_secret_free(&with);
    return status;
}

/* Metadata as a document of its own, with this MAC. */
static int own_metadata(const ml_sops_making *what, ml_bytes mac, const char *time, ml_buf *out,
                        ml_err *e)
{
    ml_buf text = { 0 };
    ml_edits es = { 0 };
    ml_doc *d = NULL;
    int status;

    if (what->raw.len == 0) {
        ml_buf_byte(&text, '{');
        ml_sops_metadata_write(&text, what->fields, ML_SOPS_COMPACT, "", "");
        ml_buf_byte(&text, '}');
    } else {
        ml_buf_add(&text, what->raw);
    }
    status = ml_buf_check(&text, e);
    if (status == 0)
        status = ml_doc_parse(&d, ML_FORMAT_JSON, ml_buf_bytes(&text), what->path, e);
    if (status == 0)
        status = ml_sops_stamp(&es, d, mac, time, e);
    if (status == 0)
        status = ml_edits_apply(&es, ml_buf_bytes(&text), out, e);
    ml_edits_free(&es);
    ml_doc_free(d);
    ml_buf_free(&text);
    return status;
}

/* Metadata as lines behind the document. */
static int make_flat(const ml_sops_making *what, ml_sops_sealing *sealing, ml_buf *out, ml_err *e)
{
    char time[ML_SOPS_TIME_SIZE];
    ml_buf mac = { 0 }, text = { 0 };
    ml_doc *metadata = NULL;
    ml_edits es = { 0 };
    int status = -1;

    ml_sops_time_now(time);
    sealing->doc = sealing->clear;
    if (check_flat(sealing->clear, e) == 0 && seal_values(sealing, what, time, &es, &mac, e) == 0 &&
        own_metadata(what, ml_buf_bytes(&mac), time, &text, e) == 0 &&
        ml_doc_parse(&metadata, ML_FORMAT_JSON, ml_buf_bytes(&text), what->path, e) == 0 &&
        ml_sops_flat_append(&es, sealing->clear, metadata, e) == 0)
        status = ml_edits_apply(&es, ml_doc_text(sealing->clear), out, e);
    ml_doc_free(metadata);
    ml_edits_free(&es);
    ml_buf_free(&text);
    ml_buf_free(&mac);
    return status;
}

int ml_sops_make(const ml_sops_making *what, ml_buf *out, ml_err *e)
{
    const ml_format format = ml_sops_doc_format(what->format);
    const ml_sops_selectors force = ml_sops_in_force(&what->fields->selectors);
    const size_t before = out->len;
    ml_selector *selector = NULL;
    ml_doc *clear = NULL;
    int status = -1;

    if (ml_selector_new(&selector, &force, e) < 0 ||
        ml_doc_parse(&clear, format, what->clear, what->path, e) < 0) {
        ml_selector_free(selector);
        return ml_err_at(e, what->path, 0, 0);
    }
    if (ml_doc_roots(clear) == 0) {
        ml_fail(e, ML_E_FORMAT, "the document is empty: there is nothing to seal");
        ml_err_at(e, what->path, 0, 0);
    } else {
        ml_sops_sealing sealing = { .clear = clear, .selector = selector };

        status = ml_sops_is_flat(format) ? make_flat(what, &sealing, out, e)
                                         : make_nested(what, &sealing, out, e);
    }
    if (status == 0)
        status = ml_sops_prove(ml_bytes_slice(ml_buf_bytes(out), before, out->len), what->format,
                               what->path, what->cipher, e);
    ml_doc_free(clear);
    ml_selector_free(selector);
    return status;
}

/* `{ "data": "ENC[…]", "sops": … }`, byte for byte as the real program lays it out. */
static int make_binary(const ml_sops_making *what, ml_buf *out, ml_err *e)
{
    ml_sops_fields fields = *what->fields;
    char mac[ML_SOPS_MAC_SIZE], time[ML_SOPS_TIME_SIZE];
    const size_t before = out->len;
    ml_buf mac_text = { 0 };
    ml_hash hash;
    int status;

    ml_sops_time_now(time);
    ml_sops_hash_begin(&hash, false);
    ml_sha512_add(&hash, what->clear);
    ml_sops_hash_finish(&hash, mac);
    ml_buf_format(out, "{\n%s\"data\": \"", what->unit);
    status =
        ml_sops_value_seal(what->cipher, ML_TYPE_STR, what->clear, ml_bytes_text("data:"), out, e);
    if (status == 0)
        status = ml_sops_seal_mac(what->cipher, mac, time, &mac_text, e);
    if (status == 0) {
        memset(&fields.selectors, 0, sizeof fields.selectors);
        fields.mac = ml_buf_bytes(&mac_text);
        fields.lastmodified = ml_bytes_text(time);
        ml_buf_format(out, "\",\n%s", what->unit);
        ml_sops_metadata_write(out, &fields, ML_SOPS_LINES, what->unit, "\n");
        ml_buf_text(out, "\n}\n");
        status = ml_buf_check(out, e);
    }
    if (status == 0) /* what is too large to be opened again is not sealed */
        status = ml_sops_prove(ml_bytes_slice(ml_buf_bytes(out), before, out->len), what->format,
                               what->path, what->cipher, e);
    ml_wipe(mac, sizeof mac);
    ml_buf_free(&mac_text);
    return status;
}

static int seal_new(const ml_sops_new *what, const ml_sops_cipher *cipher, ml_buf *out,
                    ml_sops_notes *notes, ml_err *e)
{
    char time[ML_SOPS_TIME_SIZE], unit[ML_SOPS_UNIT_SIZE];
    ml_sops_fields fields = { .keys = &what->envelope->keys,
                              .selectors = what->selectors,
                              .mac = ml_bytes_text(no_mac_yet),
                              .version = ml_bytes_text(ML_SOPS_VERSION) };
    const ml_sops_making making = { .clear = what->clear,
                                    .format = what->format,
                                    .path = what->path,
                                    .cipher = cipher,
                                    .fields = &fields,
                                    .unit = unit,
                                    .notes = notes };

    if (ml_sops_indent_unit(unit, what->output, e) < 0)
        return -1;
    ml_sops_time_now(time);
    fields.lastmodified = ml_bytes_text(time);
    if (what->format == ML_SOPS_BINARY)
        return make_binary(&making, out, e);
    fields.selectors = ml_sops_in_force(&what->selectors);
    return ml_sops_make(&making, out, e);
}

/* What is to be sealed in another format is converted, and that is sealed. */
static int encrypt_converted(const ml_sops_new *what, ml_buf *out, ml_sops_notes *notes, ml_err *e)
{
    ml_sops_new converted = *what;
    ml_secret text = { 0 };
    int status = ml_sops_convert(what, notes, &text, e);

    converted.clear = ml_secret_bytes(&text);
    converted.format = what->output->format;
    if (status == 0)
        status = ml_sops_encrypt(&converted, out, notes, e);
    ml_secret_free(&text);
    return status;
}

int ml_sops_encrypt(const ml_sops_new *what, ml_buf *out, ml_sops_notes *notes, ml_err *e)
{
    ml_sops_cipher *cipher = NULL;
    int status = -1;

    if (what->output != NULL && what->output->format != what->format)
        return encrypt_converted(what, out, notes, e);
    if (ml_sops_envelope_use(what->envelope, NULL, e) == 0 &&
        ml_sops_cipher_new(&cipher, ml_secret_bytes(&what->envelope->data_key), e) == 0)
        status = seal_new(what, cipher, out, notes, e);
    ml_sops_cipher_free(cipher);
    return status;
}
