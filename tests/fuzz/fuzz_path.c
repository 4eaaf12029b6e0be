/* fuzz_path.c — paths of values: `a/b/0` and sops' `["a"][0]`. What parses, written out in the
 * first form, parses to the same parts. */
#include <stdint.h>
#include <stdlib.h>

#include "sops/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void escape(ml_buf *out, ml_bytes key)
{
    size_t i;

    for (i = 0; i < key.len; i++) {
        if (key.p[i] == '~')
            ml_buf_text(out, "~0");
        else if (key.p[i] == '/')
            ml_buf_text(out, "~1");
        else
            ml_buf_byte(out, key.p[i]);
    }
}

static void check_again(const ml_sops_path *path)
{
    ml_sops_path again = { 0 };
    ml_buf text = { 0 };
    size_t i;
    ml_err e;

    for (i = 0; i < path->count; i++) {
        if (i > 0)
            ml_buf_byte(&text, '/');
        escape(&text, ml_sops_path_key(path, i));
    }
    ml_buf_byte(&text, '\0');
    /* a first key that is empty or begins with [ would say something else there */
    if (path->count > 0 && text.p[0] != '[' && text.p[0] != '\0') {
        if (ml_sops_path_parse(&again, (const char *)text.p, &e) < 0 || again.count != path->count)
            abort();
        for (i = 0; i < path->count; i++)
            if (!ml_bytes_equal(ml_sops_path_key(&again, i), ml_sops_path_key(path, i)) ||
                (path->parts[i].number &&
                 (!again.parts[i].number || again.parts[i].index != path->parts[i].index)))
                abort();
    }
    ml_sops_path_free(&again);
    ml_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ml_sops_path path = { 0 };
    ml_buf text = { 0 };
    ml_err e;

    ml_buf_add(&text, ml_bytes_of(data, size));
    ml_buf_byte(&text, '\0');
    if (ml_sops_path_parse(&path, (const char *)text.p, &e) == 0)
        check_again(&path);
    ml_sops_path_free(&path);
    ml_buf_free(&text);
    return 0;
}
