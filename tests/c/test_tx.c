/* test_tx.c — transactions on real files. Crash points are in test_tx_crash.c. */
#include "tests/c/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "sys/tx_internal.h"

/* A repository, a folder with a key file, a state folder, and a transaction over the first two. */
typedef struct world {
    ml_root top, repo, home;
    char state[TEMP_PATH];
    ml_tx_setup setup;
    ml_tx *tx;
    unsigned in_repo, in_home;
} world;

static void begin(world *w)
{
    ml_err e;

    assert_int_equal(ml_tx_new(&w->tx, &w->setup, &e), 0);
    assert_int_equal(ml_tx_root(w->tx, w->repo.fd, w->repo.real, &w->in_repo, &e), 0);
    assert_int_equal(ml_tx_root(w->tx, w->home.fd, w->home.real, &w->in_home, &e), 0);
}

static int world_open(void **state)
{
    world *w = calloc(1, sizeof *w);
    char path[TEMP_PATH];
    ml_err e;

    assert_non_null(w);
    umask(077); /* as the program has it */
    temp_open(&w->top);
    mkdir(temp_path(&w->top, "repo", path), 0755);
    mkdir(temp_path(&w->top, "home", path), 0700);
    mkdir(temp_path(&w->top, "state", w->state), 0700);
    assert_int_equal(ml_root_open_below(&w->repo, &w->top, "repo", &e), 0);
    assert_int_equal(ml_root_open_below(&w->home, &w->top, "home", &e), 0);
    w->setup = (ml_tx_setup){ &ml_fs_ops_real, NULL, w->state, 022 };
    temp_write(&w->repo, "sealed.yaml", "old sealed", 0644);
    temp_write(&w->repo, "gone", "to be removed", 0644);
    temp_write(&w->home, "keys.txt", "old key", 0600);
    begin(w);
    *state = w;
    return 0;
}

static int world_close(void **state)
{
    world *w = *state;

    ml_tx_free(w->tx);
    ml_root_close(&w->repo);
    ml_root_close(&w->home);
    temp_close(&w->top);
    free(w);
    return 0;
}

static const ml_tx_how SEALED = { .kind = ML_FS_SEALED };
static const ml_tx_how CLEAR = { .kind = ML_FS_CLEAR };

static void write_text(world *w, unsigned root, const char *path, const char *text,
                       const ml_tx_how *how)
{
    ml_err e;

    assert_int_equal(ml_tx_write(w->tx, root, path, ml_bytes_text(text), how, &e), 0);
}

/* The names in a folder that begin with a dot: staged files that were left. */
static size_t left_over(const ml_root *root)
{
    ml_names names;
    size_t i, count = 0;
    ml_err e;

    assert_int_equal(ml_fs_list(root, ".", &names, &e), 0);
    for (i = 0; i < names.count; i++)
        count += ml_fs_is_temp(names.names[i]);
    ml_names_free(&names);
    return count;
}

static size_t pending(world *w)
{
    ml_tx_pendings list;
    size_t count;
    ml_err e;

    assert_int_equal(ml_tx_pending_list(&w->setup, &list, &e), 0);
    count = list.count;
    ml_tx_pendings_free(&list);
    return count;
}

static void stage_everything(world *w)
{
    static const ml_tx_how gain = { .kind = ML_FS_CLEAR, .phase = ML_TX_GAIN };
    ml_err e;

    write_text(w, w->in_repo, "sealed.yaml", "new sealed", &SEALED);
    write_text(w, w->in_repo, "a/b/new.yaml", "new file", &SEALED);
    write_text(w, w->in_home, "keys.txt", "old key\nnew key", &gain);
    assert_int_equal(ml_tx_remove(w->tx, w->in_repo, "gone", &SEALED, &e), 0);
    assert_int_equal(ml_tx_link(w->tx, w->in_repo, "a/link", "../sealed.yaml", &SEALED, &e), 0);
}

static void a_commit_makes_all_changes(void **state)
{
    world *w = *state;
    char target[64] = "", path[TEMP_PATH];
    bool committed;
    ml_err e;

    stage_everything(w);
    assert_true(temp_holds(&w->repo, "sealed.yaml", "old sealed"));
    assert_int_equal(ml_tx_commit(w->tx, &committed, &e), 0);
    assert_true(committed);
    assert_true(temp_holds(&w->repo, "sealed.yaml", "new sealed"));
    assert_true(temp_holds(&w->repo, "a/b/new.yaml", "new file"));
    assert_true(temp_holds(&w->home, "keys.txt", "old key\nnew key"));
    assert_true(temp_holds(&w->repo, "gone", NULL));
    assert_true(readlink(temp_path(&w->repo, "a/link", path), target, sizeof target - 1) > 0);
    assert_string_equal(target, "../sealed.yaml");
    assert_int_equal(temp_mode(&w->repo, "a/b/new.yaml"), 0644);
    assert_int_equal(temp_mode(&w->repo, "a/b"), 0755);
    assert_int_equal(temp_mode(&w->home, "keys.txt"), 0600);
    assert_int_equal(left_over(&w->repo), 0);
    assert_int_equal(left_over(&w->home), 0);
    assert_int_equal(pending(w), 0);
    assert_int_equal(ml_tx_count(w->tx), 0);
}

static void modes_follow_the_kind(void **state)
{
    world *w = *state;
    bool committed;
    ml_err e;

    temp_write(&w->repo, "script", "x", 0750);
    temp_write(&w->repo, "open", "x", 0644);
    temp_write(&w->repo, "same", "x", 0644);
    write_text(w, w->in_repo, "script", "y", &SEALED);
    write_text(w, w->in_repo, "open", "secret", &CLEAR);
    write_text(w, w->in_repo, "same", "x", &CLEAR); /* equal bytes: only the mode is changed */
    write_text(w, w->in_repo, "deep/clear", "secret", &CLEAR);
    assert_int_equal(ml_tx_mode(w->tx, w->in_repo, "gone", 0640, &e), 0);
    assert_int_equal(ml_tx_commit(w->tx, &committed, &e), 0);
    assert_int_equal(temp_mode(&w->repo, "script"), 0750);
    assert_int_equal(temp_mode(&w->repo, "open"), 0600);
    assert_int_equal(temp_mode(&w->repo, "same"), 0600);
    assert_int_equal(temp_mode(&w->repo, "deep"), 0700);
    assert_int_equal(temp_mode(&w->repo, "deep/clear"), 0600);
    assert_int_equal(temp_mode(&w->repo, "gone"), 0640);
}

static void equal_bytes_stage_nothing(void **state)
{
    world *w = *state;
    struct stat before, after;
    char path[TEMP_PATH];
    bool committed;
    ml_err e;

    stat(temp_path(&w->repo, "sealed.yaml", path), &before);
    write_text(w, w->in_repo, "sealed.yaml", "something", &SEALED);
    write_text(w, w->in_repo, "sealed.yaml", "old sealed", &SEALED);
    assert_int_equal(ml_tx_count(w->tx), 0);
    assert_int_equal(ml_tx_commit(w->tx, &committed, &e), 0);
    stat(path, &after);
    assert_int_equal(before.st_ino, after.st_ino);
}

static void reading_sees_what_is_staged(void **state)
{
    world *w = *state;
    ml_secret secret;
    ml_buf text = { 0 };
    ml_err e;

    write_text(w, w->in_repo, "sealed.yaml", "staged", &SEALED);
    write_text(w, w->in_home, "keys.txt", "staged key", &CLEAR);
    assert_int_equal(ml_tx_read(w->tx, w->in_repo, "sealed.yaml", 0, &text, &e), 0);
    assert_true(ml_bytes_is(ml_buf_bytes(&text), "staged"));
    assert_int_equal(ml_tx_read(w->tx, w->in_home, "keys.txt", 0, &text, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_int_equal(ml_tx_read_secret(w->tx, w->in_home, "keys.txt", 0, &secret, &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&secret), "staged key"));
    assert_int_equal(ml_tx_remove(w->tx, w->in_repo, "sealed.yaml", &SEALED, &e), 0);
    assert_int_equal(ml_tx_read(w->tx, w->in_repo, "sealed.yaml", 0, &text, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    ml_secret_free(&secret);
    ml_buf_free(&text);
}

/* Each way in which the disk may differ from what was read. */
static void what_changed_meanwhile_stops_the_commit(void **state)
{
    world *w = *state;
    ml_buf text = { 0 };
    bool committed;
    int i;
    ml_err e;

    for (i = 0; i < 4; i++) {
        ml_buf_free(&text);
        assert_int_equal(ml_tx_read(w->tx, w->in_repo, "gone", 0, &text, &e), 0);
        assert_int_equal(ml_tx_read(w->tx, w->in_repo, "absent", 0, &text, &e), -1);
        stage_everything(w);
        assert_int_equal(ml_tx_unstage(w->tx, w->in_repo, "gone", &e), 0);
        switch (i) {
        case 0:
            temp_write(&w->repo, "sealed.yaml", "by another", 0644); /* a target */
            break;
        case 1:
            temp_write(&w->home, "keys.txt", "OLD KEY", 0600); /* in clear, equal length */
            break;
        case 2:
            temp_write(&w->repo, "gone", "else", 0644); /* an input */
            break;
        default:
            temp_write(&w->repo, "absent", "now there", 0644); /* that it was not there */
        }
        assert_int_equal(ml_tx_commit(w->tx, &committed, &e), -1);
        assert_string_equal(e.code, ML_E_CHANGED);
        assert_false(committed);
        assert_true(temp_holds(&w->repo, "a", NULL));
        assert_int_equal(left_over(&w->repo) + left_over(&w->home), 0);
        assert_int_equal(pending(w), 0);
        ml_tx_free(w->tx);
        begin(w);
    }
    ml_buf_free(&text);
}

static void a_link_in_place_of_what_was_read_is_a_change(void **state)
{
    world *w = *state;
    char path[TEMP_PATH];
    ml_buf text = { 0 };
    ml_err e;

    assert_int_equal(ml_tx_read(w->tx, w->in_repo, "gone", 0, &text, &e), 0);
    assert_int_equal(ml_tx_input_absent(w->tx, w->in_repo, "absent", &e), 0);
    assert_int_equal(unlink(temp_path(&w->repo, "gone", path)), 0);
    assert_int_equal(symlink("sealed.yaml", path), 0);
    assert_int_equal(symlink("sealed.yaml", temp_path(&w->repo, "absent", path)), 0);
    assert_int_equal(ml_tx_write(w->tx, w->in_repo, "gone", ml_bytes_text("x"), &SEALED, &e), -1);
    assert_string_equal(e.code, ML_E_CHANGED);
    assert_int_equal(ml_tx_write(w->tx, w->in_repo, "absent", ml_bytes_text("x"), &SEALED, &e), -1);
    assert_string_equal(e.code, ML_E_CHANGED);
    ml_buf_free(&text);
}

static void links_on_the_way_are_not_followed(void **state)
{
    world *w = *state;
    char path[TEMP_PATH];
    bool committed;
    ml_err e;

    mkdir(temp_path(&w->repo, "admin", path), 0755);
    assert_int_equal(symlink("admin", temp_path(&w->repo, "public", path)), 0);
    assert_int_equal(
        ml_tx_write(w->tx, w->in_repo, "public/x", ml_bytes_text("through a link"), &SEALED, &e),
        -1);
    assert_string_equal(e.code, ML_E_UNSUPPORTED);
    /* A link that takes the place of a folder between staging and commit. */
    ml_tx_free(w->tx);
    begin(w);
    mkdir(temp_path(&w->repo, "real", path), 0755);
    write_text(w, w->in_repo, "real/x", "x", &SEALED);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("admin", path), 0);
    assert_int_equal(ml_tx_commit(w->tx, &committed, &e), -1);
    assert_true(temp_holds(&w->repo, "admin/x", NULL));
    assert_int_equal(pending(w), 0);
}

static void special_files_are_refused(void **state)
{
    world *w = *state;
    char path[TEMP_PATH];
    ml_err e;

    assert_int_equal(mkfifo(temp_path(&w->repo, "fifo", path), 0600), 0);
    assert_int_equal(ml_tx_write(w->tx, w->in_repo, "fifo", ml_bytes_text("x"), &SEALED, &e), -1);
    assert_string_equal(e.code, ML_E_UNSUPPORTED);
    assert_int_equal(ml_tx_write(w->tx, w->in_repo, "../x", ml_bytes_text("x"), &SEALED, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_int_equal(ml_tx_write(w->tx, w->in_repo, ".", ml_bytes_text("x"), &SEALED, &e), -1);
    assert_int_equal(ml_tx_remove(w->tx, w->in_repo, "nothing", &SEALED, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
}

static void the_plan_tells_what_will_be_done(void **state)
{
    world *w = *state;
    char path[TEMP_PATH], other[TEMP_PATH];
    ml_buf old = { 0 };
    ml_tx_change c;
    ml_err e;

    assert_int_equal(
        link(temp_path(&w->repo, "sealed.yaml", path), temp_path(&w->repo, "second-name", other)),
        0);
    stage_everything(w);
    assert_int_equal(ml_tx_count(w->tx), 7);
    assert_int_equal(ml_tx_change_at(w->tx, 0, &c, &e), 0);
    assert_true(c.action == ML_TX_FOLDER && strcmp(c.path, "a") == 0);
    assert_int_equal(ml_tx_change_at(w->tx, 2, &c, &e), 0);
    assert_true(c.phase == ML_TX_GAIN && c.clear && c.old_clear);
    assert_int_equal(ml_tx_old(w->tx, 2, &old, &e), -1);
    assert_int_equal(ml_tx_change_at(w->tx, 6, &c, &e), 0);
    assert_string_equal(c.path, "sealed.yaml");
    assert_true(c.breaks_hard_link && !c.clear);
    assert_true(ml_bytes_is(c.bytes, "new sealed"));
    assert_int_equal(ml_tx_old(w->tx, 6, &old, &e), 0);
    assert_true(ml_bytes_is(ml_buf_bytes(&old), "old sealed"));
    assert_int_equal(ml_tx_change_at(w->tx, 7, &c, &e), -1);
    ml_buf_free(&old);
}

/* A child takes the lock as a live transaction does, until *let_go is closed. */
static pid_t hold_the_lock(world *w, int *let_go)
{
    ml_tx_place place;
    int locks[2], ready[2], go[2];
    char byte;
    pid_t child;
    ml_err e;

    assert_int_equal(pipe(ready) | pipe(go), 0);
    child = fork();
    if (child == 0) {
        close(go[1]);
        if (ml_tx_place_open(&place, &w->setup, true, &e) < 0 ||
            ml_tx_lock_roots(&place, &w->tx->journal, 0, locks, &e) < 0 ||
            write(ready[1], "r", 1) != 1)
            _exit(1);
        _exit(read(go[0], &byte, 1) == 0 ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    *let_go = go[1];
    return child;
}

static void has_ended(pid_t child)
{
    int status;

    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

/* Begins w->tx anew with another way to lock. */
static void begin_with_lock(world *w, ml_fs_ops *ops, void *disk,
                            int (*lock)(void *, int, const char *, int, pid_t *))
{
    *ops = ml_fs_ops_real;
    ops->lock = lock;
    ml_tx_free(w->tx);
    w->setup.ops = ops;
    w->setup.disk = disk;
    begin(w);
    stage_everything(w);
}

static int lock_at_once(void *disk, int folder, const char *name, int patience, pid_t *owner)
{
    (void)disk;
    assert_true(patience > 0);
    return ml_fs_ops_real.lock(NULL, folder, name, 0, owner);
}

static void two_at_once_are_kept_apart(void **state)
{
    static ml_fs_ops ops;
    world *w = *state;
    char pid[32];
    int let_go;
    const pid_t child = hold_the_lock(w, &let_go);
    bool committed;
    ml_err e;

    begin_with_lock(w, &ops, NULL, lock_at_once);
    assert_int_equal(ml_tx_commit(w->tx, &committed, &e), -1);
    assert_string_equal(e.code, ML_E_BUSY);
    snprintf(pid, sizeof pid, "process %ld", (long)child);
    assert_non_null(strstr(e.message, pid));
    close(let_go);
    has_ended(child);
    assert_int_equal(ml_tx_commit(w->tx, &committed, &e), 0);
}

/* The other lets go only when this one has met its lock. */
static int lock_when_it_is_free(void *disk, int folder, const char *name, int patience,
                                pid_t *owner)
{
    int *const let_go = disk;

    if (*let_go >= 0) {
        assert_int_equal(ml_fs_ops_real.lock(NULL, folder, name, 0, owner), -EWOULDBLOCK);
        close(*let_go);
        *let_go = -1;
    }
    return ml_fs_ops_real.lock(NULL, folder, name, patience, owner);
}

static void a_commit_waits_for_the_one_before_it(void **state)
{
    static ml_fs_ops ops;
    static int let_go;
    world *w = *state;
    const pid_t child = hold_the_lock(w, &let_go);
    bool committed;
    ml_err e;

    begin_with_lock(w, &ops, &let_go, lock_when_it_is_free);
    assert_int_equal(ml_tx_commit(w->tx, &committed, &e), 0);
    has_ended(child);
}

static void many_files_are_committed_with_syncfs(void **state)
{
    world *w = *state;
    char name[64];
    bool committed;
    int i;
    ml_err e;

    for (i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "d%d/file-%d", i % 7, i);
        write_text(w, w->in_repo, name, name, i % 5 == 0 ? &CLEAR : &SEALED);
    }
    assert_int_equal(ml_tx_commit(w->tx, &committed, &e), 0);
    for (i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "d%d/file-%d", i % 7, i);
        assert_true(temp_holds(&w->repo, name, name));
    }
}

/* The program's disk, but the rename of one name fails, as over a mounted file. */
static int refuse_rename(void *disk, int folder, const char *from, const char *to)
{
    return strcmp(to, disk) == 0 ? -EBUSY : ml_fs_ops_real.rename(NULL, folder, from, to);
}

/* Commits everything, and sealed.yaml cannot be replaced. `ops` is what w->setup uses then, as long
 * as this transaction lives. */
static void commit_and_fail_at_the_last_rename(world *w, ml_fs_ops *ops, ml_err *e)
{
    static char victim[] = "sealed.yaml";
    bool committed;

    *ops = ml_fs_ops_real;
    ops->rename = refuse_rename;
    ml_tx_free(w->tx);
    w->setup.ops = ops;
    w->setup.disk = victim;
    begin(w);
    stage_everything(w);
    assert_int_equal(ml_tx_commit(w->tx, &committed, e), -1);
    assert_true(committed);
}

static void a_rename_that_fails_keeps_the_journal(void **state)
{
    world *w = *state;
    ml_fs_ops ops;
    char id[64];
    ml_tx_outcome outcome;
    ml_tx_pendings list;
    bool committed;
    ml_err e;

    commit_and_fail_at_the_last_rename(w, &ops, &e);
    assert_string_equal(e.code, ML_E_BUSY);
    assert_non_null(strstr(e.hint, "recover"));
    assert_true(temp_holds(&w->repo, "sealed.yaml", "old sealed"));
    assert_true(temp_holds(&w->home, "keys.txt", "old key\nnew key"));
    /* The next transaction there is refused. */
    write_text(w, w->in_repo, "x", "x", &SEALED);
    assert_int_equal(ml_tx_commit(w->tx, &committed, &e), -1);
    assert_string_equal(e.code, ML_E_CONFLICT);
    ml_tx_free(w->tx);
    w->setup.ops = &ml_fs_ops_real;
    w->setup.disk = NULL;
    begin(w);
    assert_int_equal(ml_tx_pending_list(&w->setup, &list, &e), 0);
    assert_int_equal(list.count, 1);
    assert_true(list.list[0].state == ML_TX_COMMIT && !list.list[0].running);
    assert_int_equal(list.list[0].root_count, 2);
    snprintf(id, sizeof id, "%s", list.list[0].id);
    ml_tx_pendings_free(&list);
    /* Somebody edits the target before recovery: it stops and touches nothing. */
    temp_write(&w->repo, "sealed.yaml", "edited by hand", 0644);
    assert_int_equal(ml_tx_recover(&w->setup, id, &outcome, &e), -1);
    assert_string_equal(e.code, ML_E_CHANGED);
    ml_tx_outcome_free(&outcome);
    assert_true(temp_holds(&w->repo, "sealed.yaml", "edited by hand"));
    /* The old bytes again, in another inode: now it finishes. */
    temp_write(&w->repo, "sealed.yaml", "old sealed", 0644);
    assert_int_equal(ml_tx_recover(&w->setup, id, &outcome, &e), 0);
    assert_true(outcome.finished && outcome.count == 7);
    assert_true(outcome.files[6].found == ML_TX_FOUND_NEW);
    ml_tx_outcome_free(&outcome);
    assert_true(temp_holds(&w->repo, "sealed.yaml", "new sealed"));
    assert_int_equal(left_over(&w->repo), 0);
    assert_int_equal(pending(w), 0);
}

/* Another process ends well, which removes its journal (`disk`), when this one has listed it … */
static int list_before_the_end(void *disk, int folder, ml_names *out)
{
    const int error = ml_fs_ops_real.list(NULL, folder, out);

    assert_int_equal(unlink(disk), 0);
    return error;
}

/* … or has read it. */
static int lock_after_the_end(void *disk, int folder, const char *name, int patience, pid_t *owner)
{
    assert_true(unlink(disk) == 0 || errno == ENOENT); /* it comes once for each root */
    return ml_fs_ops_real.lock(NULL, folder, name, patience, owner);
}

/* `ops` ends the process to which the one journal belongs. */
static void is_not_pending(world *w, ml_fs_ops *ops)
{
    ml_fs_ops failing;
    ml_tx_pendings list;
    char journal[sizeof w->state + 64];
    ml_err e;

    commit_and_fail_at_the_last_rename(w, &failing, &e);
    w->setup.ops = &ml_fs_ops_real;
    assert_int_equal(ml_tx_pending_list(&w->setup, &list, &e), 0);
    assert_int_equal(list.count, 1);
    snprintf(journal, sizeof journal, "%s/tx/%s", w->state, list.list[0].id);
    ml_tx_pendings_free(&list);
    w->setup.ops = ops;
    w->setup.disk = journal;
    assert_int_equal(ml_tx_pending_list(&w->setup, &list, &e), 0);
    assert_int_equal(list.count, 0);
    ml_tx_pendings_free(&list);
    ml_tx_free(w->tx); /* before `failing` goes */
    w->tx = NULL;
}

static void what_ended_after_it_was_listed_is_not_pending(void **state)
{
    ml_fs_ops ops = ml_fs_ops_real;

    ops.list = list_before_the_end;
    is_not_pending(*state, &ops);
}

static void what_ended_after_it_was_read_is_not_pending(void **state)
{
    ml_fs_ops ops = ml_fs_ops_real;

    ops.lock = lock_after_the_end;
    is_not_pending(*state, &ops);
}

static void giving_up_says_which_files_are_new(void **state)
{
    world *w = *state;
    ml_fs_ops ops;
    char id[64];
    ml_tx_outcome outcome;
    ml_err e;

    commit_and_fail_at_the_last_rename(w, &ops, &e);
    snprintf(id, sizeof id, "%s", ml_tx_id(w->tx));
    w->setup.ops = &ml_fs_ops_real;
    assert_int_equal(ml_tx_give_up(&w->setup, id, &outcome, &e), 0);
    assert_false(outcome.finished);
    assert_int_equal(outcome.files[2].found, ML_TX_FOUND_NEW); /* keys.txt */
    assert_int_equal(outcome.files[6].found, ML_TX_FOUND_OLD); /* sealed.yaml */
    ml_tx_outcome_free(&outcome);
    assert_int_equal(left_over(&w->repo), 0);
    assert_int_equal(pending(w), 0);
    w->setup.ops = &ops; /* of the transaction that is freed after this */
    ml_tx_free(w->tx);
    w->setup.ops = &ml_fs_ops_real;
    begin(w);
}

/* Reads a journal as often as *disk says; then memory is out. */
static int read_until_memory_is_out(void *disk, int folder, const char *name, size_t limit,
                                    ml_buf *buf, ml_secret *secret, ml_stat *st)
{
    int *const left = disk;

    return (*left)-- > 0 ? ml_fs_ops_real.read(NULL, folder, name, limit, buf, secret, st)
                         : -ENOMEM;
}

static void giving_up_without_memory_keeps_the_journal(void **state)
{
    world *w = *state;
    ml_fs_ops ops, failing = ml_fs_ops_real;
    ml_tx_outcome outcome;
    ml_tx_pendings list;
    int times, left;
    ml_err e;

    commit_and_fail_at_the_last_rename(w, &ops, &e);
    failing.read = read_until_memory_is_out;
    for (times = 0; times < 2; times++) {
        left = times;
        w->setup.ops = &failing;
        w->setup.disk = &left;
        assert_int_equal(ml_tx_give_up(&w->setup, ml_tx_id(w->tx), &outcome, &e), -1);
        assert_string_equal(e.code, ML_E_MEMORY);
        ml_tx_outcome_free(&outcome);
        w->setup.ops = &ml_fs_ops_real;
        w->setup.disk = NULL;
        assert_int_equal(ml_tx_pending_list(&w->setup, &list, &e), 0);
        assert_int_equal(list.count, 1);
        ml_tx_pendings_free(&list);
    }
    ml_tx_free(w->tx); /* before `ops` goes */
    w->tx = NULL;
}

/* Journals that somebody put there. */
static void planted_journals_are_never_acted_on(void **state)
{
    static const char id[] = "0123456789abcdef01234567";
    world *w = *state;
    char name[128];
    ml_tx_outcome outcome;
    ml_tx_pendings list;
    ml_journal j;
    ml_buf text = { 0 };
    ml_err e;
    int i;

    assert_int_equal(ml_fs_mkdirs(&w->top, "state/tx", 0700, &e), 0);
    snprintf(name, sizeof name, "state/tx/%s", id);
    temp_write(&w->repo, ".sealed.yaml.ml-0123456789abcdef0123456700000000", "staged", 0600);
    for (i = 0; i < 4; i++) {
        memset(&j, 0, sizeof j);
        memcpy(j.id, i == 1 ? "ffffffffffffffffffffffff" : id, sizeof j.id);
        j.state = ML_TX_STAGING;
        j.roots = calloc(1, sizeof *j.roots);
        j.root_count = 1;
        j.roots[0].path = strdup(w->repo.real);
        j.roots[0].inode = i == 3 ? 1 : 0;
        {
            ml_entry *entry = ml_journal_add(&j, &e);

            entry->action = ML_TX_WRITE;
            entry->path = strdup(i == 0 ? "../outside" : "sealed.yaml");
            entry->old.known = true;
        }
        ml_buf_free(&text);
        ml_journal_text(&j, &text);
        ml_buf_byte(&text, '\0');
        temp_write(&w->top, name, (const char *)text.p, i == 2 ? 0644 : 0600);
        ml_journal_free(&j);
        assert_int_equal(ml_tx_recover(&w->setup, id, &outcome, &e), -1);
        assert_string_equal(e.code, i == 2 ? ML_E_PERMISSION : i == 3 ? ML_E_CHANGED : ML_E_FORMAT);
        ml_tx_outcome_free(&outcome);
        assert_int_equal(left_over(&w->repo), 1);
        assert_int_equal(ml_tx_pending_list(&w->setup, &list, &e), 0);
        assert_int_equal(list.count, 1);
        assert_int_equal(list.list[0].state, i == 3 ? ML_TX_STAGING : ML_TX_UNREADABLE);
        ml_tx_pendings_free(&list);
    }
    temp_write(&w->top, name, "nonsense", 0600);
    assert_int_equal(ml_tx_give_up(&w->setup, id, &outcome, &e), 0);
    ml_tx_outcome_free(&outcome);
    assert_int_equal(pending(w), 0);
    assert_int_equal(ml_tx_recover(&w->setup, "../../etc/passwd", &outcome, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    ml_buf_free(&text);
}

static void an_open_state_folder_is_refused(void **state)
{
    world *w = *state;
    bool committed;
    ml_err e;

    stage_everything(w);
    assert_int_equal(chmod(w->state, 0755), 0);
    assert_int_equal(ml_tx_commit(w->tx, &committed, &e), -1);
    assert_string_equal(e.code, ML_E_PERMISSION);
    assert_true(temp_holds(&w->repo, "a", NULL));
}

static void journals_read_back_as_written(void **state)
{
    ml_journal j = { .state = ML_TX_COMMIT, .pid = 7, .time = 99 }, again;
    ml_buf text = { 0 };
    size_t i;
    ml_err e;

    (void)state;
    memcpy(j.id, "0123456789abcdef01234567", sizeof j.id);
    j.roots = calloc(1, sizeof *j.roots);
    j.root_count = 1;
    j.roots[0] = (ml_journal_root){ strdup("/r with space%"), 3, 4 };
    for (i = 0; i < 3; i++) {
        ml_entry *entry = ml_journal_add(&j, &e);

        entry->action = (ml_tx_action)(ML_TX_WRITE + i);
        entry->path = strdup(i == 0 ? "a\nb/\xC3\xA4" : "plain");
        entry->phase = (ml_tx_phase)((int)i - 1);
        entry->old.known = entry->new.known = true;
        entry->new.kind = i == 2 ? ML_FILE_NONE : ML_FILE_FILE;
        entry->new.hashed = i == 1;
        entry->clear = i == 0;
        entry->mode = 04755;
    }
    ml_journal_text(&j, &text);
    assert_int_equal(ml_journal_parse(&again, ml_buf_bytes(&text), &e), 0);
    assert_string_equal(again.entries[0].path, "a\nb/\xC3\xA4");
    assert_string_equal(again.roots[0].path, "/r with space%");
    assert_true(again.entries[0].clear && again.entries[1].new.hashed);
    ml_journal_free(&again);
    /* Every single byte counts: any change, cut or addition is refused. */
    for (i = 0; i < text.len; i++) {
        text.p[i] ^= 1;
        assert_int_equal(ml_journal_parse(&again, ml_buf_bytes(&text), &e), -1);
        ml_journal_free(&again);
        text.p[i] ^= 1;
        assert_int_equal(ml_journal_parse(&again, ml_bytes_of(text.p, i), &e), -1);
        ml_journal_free(&again);
    }
    ml_buf_byte(&text, '\n');
    assert_int_equal(ml_journal_parse(&again, ml_buf_bytes(&text), &e), -1);
    ml_journal_free(&again);
    ml_journal_free(&j);
    ml_buf_free(&text);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(a_commit_makes_all_changes),
        WORLD(modes_follow_the_kind),
        WORLD(equal_bytes_stage_nothing),
        WORLD(reading_sees_what_is_staged),
        WORLD(what_changed_meanwhile_stops_the_commit),
        WORLD(a_link_in_place_of_what_was_read_is_a_change),
        WORLD(links_on_the_way_are_not_followed),
        WORLD(special_files_are_refused),
        WORLD(the_plan_tells_what_will_be_done),
        WORLD(two_at_once_are_kept_apart),
        WORLD(a_commit_waits_for_the_one_before_it),
        WORLD(many_files_are_committed_with_syncfs),
        WORLD(a_rename_that_fails_keeps_the_journal),
        WORLD(what_ended_after_it_was_listed_is_not_pending),
        WORLD(what_ended_after_it_was_read_is_not_pending),
        WORLD(giving_up_says_which_files_are_new),
        WORLD(giving_up_without_memory_keeps_the_journal),
        WORLD(planted_journals_are_never_acted_on),
        WORLD(an_open_state_folder_is_refused),
        cmocka_unit_test(journals_read_back_as_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
