/* test_tx_errors.c — a commit in which every operation fails in turn, on the simulated disk: what
 * it answers is what is there, and a recovery leads to one of both ends. See crash.h and disk.h. */
#include "tests/c/crash.h"

#include <errno.h>

static const int ERRORS[] = { ENOSPC, EROFS, EIO, EBUSY };
enum { ERROR_COUNT = sizeof ERRORS / sizeof *ERRORS, FOR_EVER = 1 << 30 };

/* After a commit that met an error: what it said must be what is there. */
static void check_answer(const disk *d, const states *s, int status, bool committed,
                         const ml_err *e)
{
    ml_buf now = picture(d);
    const bool is_old = ml_bytes_equal(ml_buf_bytes(&now), ml_buf_bytes(&s->old));
    const bool is_new = ml_bytes_equal(ml_buf_bytes(&now), ml_buf_bytes(&s->new));

    if (status == 0)
        assert_true(committed && is_new && journals(d) == 0);
    else if (journals(d) == 0)
        assert_true(committed ? is_new : is_old);
    else if (strstr(e->hint, "moonlatch recover") == NULL)
        fail_msg("a journal is left, and the message does not say so: %s", e->message);
    if (status < 0)
        assert_true(e->message[0] != '\0');
    ml_buf_free(&now);
}

/* Each call of a commit fails, once or from there on; how many there are. */
static size_t fail_commit(const disk *before, const plan *p, const states *s, int error, int lasts)
{
    bool committed, reached = true;
    int call;
    ml_err e;

    for (call = 0; reached; call++) {
        disk *const d = disk_copy(before);
        ml_tx *const tx = open_tx(d, p);
        int status;

        d->fail_from = call;
        d->fail_count = lasts;
        d->fail_error = error;
        status = ml_tx_commit(tx, &committed, &e);
        reached = d->calls > call;
        ml_tx_free(tx);
        d->fail_from = DISK_NEVER;
        check_answer(d, s, status, committed, &e);
        assert_int_equal(check_recovery(crashed(d, DISK_KILL, 0), s), committed);
        check_recovery(crashed(d, DISK_SOME, (unsigned)call), s);
        disk_free(d);
    }
    return (size_t)call;
}

static void fail_everywhere(const plan *p)
{
    disk *const before = build(p);
    states s = both_states(p);
    size_t i, points = 0;

    before->watch = every_file_opens;
    for (i = 0; i < ERROR_COUNT; i++) {
        points += fail_commit(before, p, &s, ERRORS[i], 1);
        points += fail_commit(before, p, &s, ERRORS[i], FOR_EVER);
    }
    print_message("  %s: %zu errors\n", p->name, points);
    assert_true(points > (size_t)2 * ERROR_COUNT * 100);
    free_states(&s);
    disk_free(before);
}

static void few_files_survive_any_error(void **state)
{
    (void)state;
    fail_everywhere(&FEW);
}

static void many_files_survive_any_error(void **state)
{
    (void)state;
    fail_everywhere(&MANY);
}

/* Each call of a recovery fails: it says so, and the next one goes on. */
static void recoveries_survive_any_error(void **state)
{
    disk *const before = build(&FEW);
    states s = both_states(&FEW);
    bool committed, ended = false, reached;
    size_t points = 0;
    int stop, call;
    ml_err e;

    (void)state;
    for (stop = 0; !ended; stop++) {
        disk *const d = disk_copy(before);

        d->stop = stop;
        ended = commit(d, &FEW, &committed, &e) == 0;
        disk_crash(d, DISK_KILL, 0);
        for (call = 0, reached = true; reached; call++, points++) {
            disk *const r = disk_copy(d);

            r->watch = every_file_opens;
            r->fail_from = call;
            r->fail_count = 1;
            r->fail_error = ERRORS[call % ERROR_COUNT];
            if (recover(r, &e) < 0)
                assert_true(e.message[0] != '\0');
            else
                check_whole(r, &s);
            reached = r->calls > call;
            check_recovery(crashed(r, DISK_KILL, 0), &s);
            disk_free(r);
        }
        disk_free(d);
    }
    print_message("  recoveries: %zu errors\n", points);
    assert_true(points > 1000);
    free_states(&s);
    disk_free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_files_survive_any_error),
        cmocka_unit_test(many_files_survive_any_error),
        cmocka_unit_test(recoveries_survive_any_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
