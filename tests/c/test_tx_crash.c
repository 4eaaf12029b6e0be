/* test_tx_crash.c — a commit stopped at every operation, on the simulated disk: whatever a power
 * cut takes along, after recovery every file is the old one or every file is the new one, over both
 * roots; and at no moment is there a file that no listed key opens. The recovery is stopped at
 * every operation too. See crash.h and disk.h. */
#include "tests/c/crash.h"

enum { SEEDS = 6 }; /* power cuts by chance for each point of a commit */

typedef struct counts {
    size_t commits, recoveries, made; /* points of commits, of recoveries; ends in the new state */
} counts;

/* `d` is what a crash left: recovers it, also with a recovery that is stopped at each operation. */
static void recover_everywhere(disk *d, const states *s, counts *count)
{
    int stop;
    bool ended = false;
    ml_err e;

    for (stop = 0; !ended; stop++) {
        disk *const r = disk_copy(d);

        r->stop = stop;
        ended = recover(r, &e) == 0;
        check_recovery(crashed(r, DISK_KILL, 0), s);
        check_recovery(crashed(r, DISK_LOSE, 0), s);
        count->recoveries++;
        disk_free(r);
    }
    count->made += check_recovery(disk_copy(d), s);
    disk_free(d);
}

static void stop_everywhere(const plan *p)
{
    disk *const before = build(p);
    states s = both_states(p);
    counts count = { 0 };
    bool committed, ended = false;
    unsigned seed;
    int stop;
    ml_err e;

    before->watch = every_file_opens;
    for (stop = 0; !ended; stop++) {
        disk *const d = disk_copy(before);

        d->stop = stop;
        ended = commit(d, p, &committed, &e) == 0;
        recover_everywhere(crashed(d, DISK_KILL, 0), &s, &count);
        recover_everywhere(crashed(d, DISK_LOSE, 0), &s, &count);
        recover_everywhere(crashed(d, DISK_SOME, (unsigned)stop), &s, &count);
        for (seed = 1; seed < SEEDS; seed++)
            count.made += check_recovery(crashed(d, DISK_SOME, seed + 1000 * (unsigned)stop), &s);
        count.commits++;
        disk_free(d);
    }
    print_message("  %s: %zu crash points of a commit, %zu of recoveries\n", p->name, count.commits,
                  count.recoveries);
    /* each entry alone makes several changes; both ends of the road are met */
    assert_true(count.commits > 4 * (size_t)p->sealed + 40);
    assert_true(count.recoveries > 3 * count.commits);
    assert_true(count.made > 0 && count.made < count.commits * (SEEDS + 2));
    free_states(&s);
    disk_free(before);
}

static void few_files_survive_any_stop(void **state)
{
    (void)state;
    stop_everywhere(&FEW);
}

static void many_files_survive_any_stop(void **state)
{
    (void)state;
    stop_everywhere(&MANY);
}

static void files_with_names_survive_any_stop(void **state)
{
    (void)state;
    stop_everywhere(&NAMED);
}

/* The first commit is killed, recovered, and the second one loses what nobody synced. */
static void the_next_commit_needs_nothing_of_the_first(void **state)
{
    disk *const before = build(&FEW);
    states s = both_states(&FEW);
    bool committed, killed = true, ended;
    size_t made = 0, points = 0;
    int first, second;
    ml_err e;

    (void)state;
    for (first = 0; killed; first++) {
        disk *d = disk_copy(before);

        d->stop = first;
        killed = commit(d, &FEW, &committed, &e) < 0;
        disk_crash(d, DISK_KILL, 0);
        if (recovered(d, &s)) { /* there is nothing left to commit */
            disk_free(d);
            break;
        }
        for (second = 0, ended = false; !ended; second++, points++) {
            disk *const again = disk_copy(d);

            again->stop = second;
            ended = commit(again, &FEW, &committed, &e) == 0;
            made += check_recovery(crashed(again, DISK_LOSE, 0), &s);
            disk_free(again);
        }
        disk_free(d);
    }
    assert_true(made > (size_t)first && made < points);
    free_states(&s);
    disk_free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_files_survive_any_stop),
        cmocka_unit_test(many_files_survive_any_stop),
        cmocka_unit_test(files_with_names_survive_any_stop),
        cmocka_unit_test(the_next_commit_needs_nothing_of_the_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
