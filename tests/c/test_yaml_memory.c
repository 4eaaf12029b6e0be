/* libyaml's copies of scalars, which may be secrets, are wiped: doc/yaml_memory.c takes the place
 * of its allocator. The whole memory of the process is searched for what was parsed. */
#include "tests/c/memory.h"

#include "doc/doc.h"
#include "doc/yaml_memory.h"

enum { NEEDLE = 24 };

static void no_copy_of_a_scalar_is_left_by_libyaml(void **state)
{
    unsigned char text[NEEDLE + 16] = "k: \"\\x41", inverse[NEEDLE];
    const size_t before = strlen((const char *)text);
    ml_doc *d;
    ml_err e;
    size_t i;

    (void)state;
    if (!ml_yaml_memory_wipes())
        skip(); /* the sanitizers keep libyaml's own */
    for (i = 0; i < NEEDLE; i++) {
        text[before + i] = (unsigned char)('a' + (i * i * 7 + i * 3) % 26);
        inverse[i] = (unsigned char)~text[before + i];
    }
    text[before + NEEDLE] = '"';
    assert_int_equal(
        ml_doc_parse(&d, ML_FORMAT_YAML, ml_bytes_of(text, before + NEEDLE + 1), NULL, &e), 0);
    /* the document's own copy: the search does find */
    assert_true(copies_in_memory(inverse, NEEDLE) >= 1);
    ml_doc_free(d);
    memset(text, 0, sizeof text);
    assert_int_equal(copies_in_memory(inverse, NEEDLE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_copy_of_a_scalar_is_left_by_libyaml),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
