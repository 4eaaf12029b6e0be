#ifndef ML_TESTS_FUZZ_DOCUMENT_H
#define ML_TESTS_FUZZ_DOCUMENT_H

/* document.h — what must hold for every document that parses, in either format; fuzz_yaml.c and
 * fuzz_json_doc.c ask it of random texts.
 *
 *   1. The text is its leaves and comments, in order, with nothing but structure between them
 *      (text.h).
 *   2. Setting each scalar to the value it has changes nothing (values.h).
 *   3. After one scalar is set, a fresh parse differs in exactly that node, and no byte outside its
 *      span has changed. An entry inserted or removed changes that entry alone, and so does a tree
 *      in place of a value, where it is not refused. No comment goes but with what it belongs to.
 *      The check that every change goes through agrees (entries.h).
 *   4. Sealed and opened again the document has the same values and comments; whatever is not a
 *      scalar keeps every byte, and so does a scalar in sops' own spelling. Doing it once more
 *      changes nothing at all (sealing.h). */
#include "tests/fuzz/entries.h"
#include "tests/fuzz/sealing.h"

/* Everything above, for a text that may be no document at all. */
static inline void check_document(ml_format format, ml_bytes text)
{
    ml_doc *d;
    ml_err e;

    if (ml_doc_parse(&d, format, text, "fuzz", &e) < 0) {
        must(e.code != NULL && e.message[0] != '\0');
        return;
    }
    check_text(d);
    set_each_to_itself(d);
    if (!has_loose_tab(text) && (text.len == 0 || !has_inner_mark(text))) {
        set_some(d);
        insert_one(d);
        remove_one(d);
        put_some(d);
    }
    check_sealing(d);
    ml_doc_free(d);
}

#endif
