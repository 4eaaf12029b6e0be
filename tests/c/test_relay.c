/* The relay: pieces in order, whoever works on them, and errors in their place. */
#include "tests/c/test.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "sys/relay.h"

enum { SLOTS = 5, PIECES = 1000 };

typedef struct stream {
    size_t end;     /* pieces that there are */
    bool broken;    /* the source ends in an error */
    size_t refused; /* the piece that cannot be given; SIZE_MAX = none */
    size_t taken, given;
    size_t slots[SLOTS]; /* the number of the piece, doubled by the work */
    atomic_size_t worked;
} stream;

static int take(void *context, size_t slot, ml_err *e)
{
    stream *const s = context;

    if (s->taken == s->end)
        return s->broken ? ml_fail(e, ML_E_SYSTEM, "the source is broken") : 0;
    s->slots[slot] = s->taken++;
    return 1;
}

static void work(void *context, size_t slot)
{
    stream *const s = context;

    s->slots[slot] *= 2;
    s->worked++;
}

static int give(void *context, size_t slot, ml_err *e)
{
    stream *const s = context;

    if (s->given == s->refused)
        return ml_fail(e, ML_E_CLOSED, "nobody takes it");
    assert_int_equal(s->slots[slot], 2 * s->given);
    s->given++;
    return 0;
}

static int run(stream *s, size_t slots, unsigned threads, size_t alone, ml_err *e)
{
    const ml_relay relay = { slots, threads, alone, take, work, give, s };

    return ml_relay_run(&relay, e);
}

static void pieces_come_out_in_order(void **state)
{
    static const size_t ends[] = { 0, 1, 2, 3, 4, 5, 6, 7, PIECES };
    size_t i, alone;
    unsigned threads;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof ends / sizeof *ends; i++)
        for (threads = 1; threads < 5; threads++)
            for (alone = 0; alone < 7; alone += 3) {
                stream s = { .end = ends[i], .refused = SIZE_MAX };

                assert_int_equal(run(&s, threads == 1 ? 1 : SLOTS, threads, alone, &e), 0);
                assert_int_equal(s.given, s.end);
                assert_int_equal(s.worked, s.end);
            }
}

static void pieces_before_a_broken_source_are_given(void **state)
{
    size_t end;
    ml_err e;

    (void)state;
    for (end = 0; end < 20; end++) {
        stream s = { .end = end, .broken = true, .refused = SIZE_MAX };

        assert_int_equal(run(&s, SLOTS, 4, 2, &e), -1);
        assert_string_equal(e.code, ML_E_SYSTEM);
        assert_int_equal(s.given, end);
    }
}

static void nothing_is_given_behind_what_was_refused(void **state)
{
    size_t refused;
    ml_err e;

    (void)state;
    for (refused = 0; refused < 20; refused++) {
        stream s = { .end = PIECES, .refused = refused };

        assert_int_equal(run(&s, SLOTS, 4, 2, &e), -1);
        assert_string_equal(e.code, ML_E_CLOSED);
        assert_int_equal(s.given, refused);
        assert_true(s.taken <= refused + SLOTS + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_come_out_in_order),
        cmocka_unit_test(pieces_before_a_broken_source_are_given),
        cmocka_unit_test(nothing_is_given_behind_what_was_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
