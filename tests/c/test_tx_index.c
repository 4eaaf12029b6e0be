/* test_tx_index.c — records of a list found by their path. */
#include "tests/c/test.h"

#include <stdint.h>
#include <stdio.h>

#include "sys/tx_index.h"

enum { MANY = 5000 };

static char names[MANY][16];

static ml_tx_name name_of(const void *list, size_t number)
{
    const char *const first = list;

    return (ml_tx_name){ (unsigned)(number % 2), first + number * sizeof names[0] };
}

static void finds_each_as_the_list_grows(void **state)
{
    ml_tx_index x = { .name = name_of };
    size_t i;

    (void)state;
    for (i = 0; i < MANY; i++)
        snprintf(names[i], sizeof names[i], "a/%zu", i);
    for (i = 0; i < MANY; i++) {
        assert_int_equal(ml_tx_index_find(&x, names, i, (unsigned)(i % 2), names[i]), SIZE_MAX);
        assert_int_equal(ml_tx_index_find(&x, names, i + 1, (unsigned)(i % 2), names[i]), i);
        assert_int_equal(ml_tx_index_find(&x, names, i + 1, (unsigned)(i % 2), names[i / 2]),
                         i / 2 % 2 == i % 2 ? i / 2 : SIZE_MAX); /* the root counts, too */
    }
    ml_tx_index_clear(&x);
}

static void follows_after_a_record_has_moved(void **state)
{
    ml_tx_index x = { .name = name_of };

    (void)state;
    snprintf(names[0], sizeof names[0], "first");
    snprintf(names[1], sizeof names[1], "second");
    assert_int_equal(ml_tx_index_find(&x, names, 2, 0, "first"), 0);
    ml_tx_index_clear(&x);
    snprintf(names[0], sizeof names[0], "third");
    assert_int_equal(ml_tx_index_find(&x, names, 2, 0, "first"), SIZE_MAX);
    assert_int_equal(ml_tx_index_find(&x, names, 2, 0, "third"), 0);
    ml_tx_index_clear(&x);
    ml_tx_index_clear(&x);
    assert_int_equal(ml_tx_index_find(&x, names, 0, 0, "third"), SIZE_MAX);
    ml_tx_index_clear(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_as_the_list_grows),
        cmocka_unit_test(follows_after_a_record_has_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
