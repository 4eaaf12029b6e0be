#ifndef ML_SOPS_FLAT_H
#define ML_SOPS_FLAT_H

/* flat.h — metadata flattened to lines, as formats without nesting have it: in dotenv the keys that
 * begin with `sops_`, in INI the section `sops`. Each line names the way to one text:
 * `age__list_0__map_enc`.
 *
 * Lines are but a spelling. All that reads and changes metadata works on the nested document that
 * they stand for, which is JSON. */
#include "doc/edit.h"

/* Whether files of this format have flattened metadata. */
bool ml_sops_is_flat(ml_format format);

/* Whether a key at the root of a document is metadata, or part of it. */
bool ml_sops_is_metadata_key(ml_format format, ml_bytes key);

/* The map that the lines stand in, or ML_NO_NODE; and whether a child of it is such a line. */
ml_node ml_sops_flat_holder(const ml_doc *d);
bool ml_sops_flat_is_line(const ml_doc *d, ml_node n);

/* Appends the metadata of `d` as JSON, `{"sops": {…}}` with every text in the line that it has in
 * the file, or `{}` when there is none. Fails with "format" and the line: two texts of one name, a
 * name that is both text and list or map, a list with gaps. */
int ml_sops_unflatten(ml_buf *out, const ml_doc *d, ml_err *e);

/* Appends such metadata to a clear text. */
int ml_sops_flat_append(ml_edits *es, const ml_doc *clear, const ml_doc *metadata, ml_err *e);

/* Makes the lines of `d` those of `metadata`; lines that say the same already stay. */
int ml_sops_flat_update(ml_edits *es, const ml_doc *d, const ml_doc *metadata, ml_err *e);

/* Takes the lines away. */
int ml_sops_flat_drop(ml_edits *es, const ml_doc *d, ml_err *e);

#endif
