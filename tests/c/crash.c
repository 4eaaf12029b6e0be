/* crash.c — see crash.h. */
#include "tests/c/crash.h"

#include <stdio.h>

const plan FEW = { "few files", 2, false, false };
const plan MANY = { "many files", 4, true, false };
const plan NAMED = { "few files, no nameless ones", 2, true, true };

static const char OLD_FILE[] = "sealed for K1", NEW_FILE[] = "sealed for K2";

/* Two key files: one gains K2, the other loses K1. */
disk *build(const plan *p)
{
    disk *const d = disk_new();
    char path[32];
    int i;

    d->no_nameless = p->no_nameless;
    disk_put_folder(d, "/state", 0700);
    disk_put_folder(d, "/home", 0700);
    disk_put_folder(d, "/repo", 0755);
    disk_put_folder(d, "/repo/retired", 0755);
    disk_put_file(d, "/home/gains.txt", "K0", 0600);
    disk_put_file(d, "/home/loses.txt", "K0 K1", 0600);
    for (i = 0; i < p->sealed; i++) {
        snprintf(path, sizeof path, "/repo/s%d", i);
        disk_put_file(d, path, OLD_FILE, 0644);
    }
    disk_put_file(d, "/repo/gone", OLD_FILE, 0644);
    disk_put_file(d, "/repo/retired/last", OLD_FILE, 0644);
    disk_put_file(d, "/repo/script", "#!/bin/sh", 0644);
    disk_put_file(d, "/repo/clear", "a value", 0600);
    disk_put_link(d, "/repo/current", "s0");
    return d;
}

static void stage(ml_tx *tx, unsigned repo, unsigned home, const plan *p)
{
    static const ml_tx_how sealed = { .kind = ML_FS_SEALED }, clear = { .kind = ML_FS_CLEAR };
    static const ml_tx_how gain = { .kind = ML_FS_CLEAR, .phase = ML_TX_GAIN };
    static const ml_tx_how lose = { .kind = ML_FS_CLEAR, .phase = ML_TX_LOSE };
    const ml_bytes fresh = ml_bytes_text(NEW_FILE);
    char path[32];
    int i, bad = 0;
    ml_err e;

    for (i = 0; i < p->sealed; i++) {
        snprintf(path, sizeof path, "s%d", i);
        bad |= ml_tx_write(tx, repo, path, fresh, &sealed, &e);
    }
    bad |= ml_tx_write(tx, repo, "a/b/new", fresh, &sealed, &e);
    bad |= ml_tx_write(tx, repo, "clear", ml_bytes_text("another value"), &clear, &e);
    bad |= ml_tx_remove(tx, repo, "gone", &sealed, &e);
    bad |= ml_tx_remove(tx, repo, "retired/last", &sealed, &e);
    bad |= ml_tx_remove_folder(tx, repo, "retired", &e);
    bad |= ml_tx_folder(tx, repo, "empty", &sealed, &e);
    bad |= ml_tx_link(tx, repo, "current", "s1", &sealed, &e);
    bad |= ml_tx_link(tx, repo, "a/link", "b/new", &sealed, &e);
    if (p->mode)
        bad |= ml_tx_mode(tx, repo, "script", 0755, &e);
    bad |= ml_tx_write(tx, home, "gains.txt", ml_bytes_text("K0 K2"), &gain, &e);
    bad |= ml_tx_write(tx, home, "loses.txt", ml_bytes_text("K0"), &lose, &e);
    assert_int_equal(bad, 0);
    assert_int_equal(ml_tx_count(tx), p->sealed + 12 + p->mode);
}

static ml_tx_setup setup_on(disk *d)
{
    return (ml_tx_setup){ &disk_ops, d, "/state", 022 };
}

ml_tx *open_tx(disk *d, const plan *p)
{
    const ml_tx_setup setup = setup_on(d);
    const int repo = disk_ops.open_root(d, "/repo"), home = disk_ops.open_root(d, "/home");
    unsigned in_repo, in_home;
    ml_tx *tx;
    ml_err e;

    assert_int_equal(ml_tx_new(&tx, &setup, &e), 0);
    assert_int_equal(ml_tx_root(tx, repo, "/repo", &in_repo, &e), 0);
    assert_int_equal(ml_tx_root(tx, home, "/home", &in_home, &e), 0);
    disk_ops.close(d, repo);
    disk_ops.close(d, home);
    stage(tx, in_repo, in_home, p);
    d->calls = 0;
    assert_int_equal(d->changes, 0); /* nothing is written before the commit */
    return tx;
}

int commit(disk *d, const plan *p, bool *committed, ml_err *e)
{
    ml_tx *const tx = open_tx(d, p);
    const int status = ml_tx_commit(tx, committed, e);

    ml_tx_free(tx);
    return status;
}

int recover(disk *d, ml_err *e)
{
    const ml_tx_setup setup = setup_on(d);
    ml_tx_pendings list;
    ml_tx_outcome outcome;
    size_t i;
    int status = ml_tx_pending_list(&setup, &list, e);

    for (i = 0; i < list.count && status == 0; i++) {
        status = ml_tx_recover(&setup, list.list[i].id, &outcome, e);
        ml_tx_outcome_free(&outcome);
    }
    ml_tx_pendings_free(&list);
    return status;
}

/* --- what must hold --- */

static void describe(void *arg, const char *path, const disk_node *node, const char *text)
{
    ml_buf_format(arg, "%s %d %04o %s\n", path, node->kind, (unsigned)node->mode, text);
}

/* Staged files that were left are seen as well. */
ml_buf picture(const disk *d)
{
    ml_buf text = { 0 };

    disk_list(d, "/repo", describe, &text);
    disk_list(d, "/home", describe, &text);
    ml_buf_byte(&text, '\0');
    assert_false(text.failed);
    return text;
}

static void count_journal(void *arg, const char *path, const disk_node *node, const char *text)
{
    (void)node;
    (void)text;
    *(size_t *)arg += ml_journal_is_id(strrchr(path, '/') + 1);
}

size_t journals(const disk *d)
{
    size_t count = 0;

    disk_list(d, "/state", count_journal, &count);
    return count;
}

static void check_key(void *arg, const char *path, const disk_node *node, const char *text)
{
    static const char sealed[] = "sealed for ";
    const char *key;

    (void)node;
    if (ml_fs_is_temp(strrchr(path, '/') + 1) || strncmp(text, sealed, sizeof sealed - 1) != 0)
        return;
    key = text + sizeof sealed - 1;
    if (strstr(disk_text(arg, "/home/gains.txt"), key) == NULL &&
        strstr(disk_text(arg, "/home/loses.txt"), key) == NULL)
        fail_msg("no listed key opens %s", path);
}

void every_file_opens(disk *d)
{
    disk_list(d, "/repo", check_key, d);
}

bool check_whole(const disk *d, const states *s)
{
    ml_buf now = picture(d);
    const bool is_new = ml_bytes_equal(ml_buf_bytes(&now), ml_buf_bytes(&s->new));

    if (!is_new && !ml_bytes_equal(ml_buf_bytes(&now), ml_buf_bytes(&s->old)))
        fail_msg("neither old nor new:\n%s", (const char *)now.p);
    assert_int_equal(journals(d), 0);
    ml_buf_free(&now);
    return is_new;
}

bool recovered(disk *d, const states *s)
{
    ml_err e;

    if (recover(d, &e) < 0)
        fail_msg("recovery: %s", e.message);
    return check_whole(d, s);
}

bool check_recovery(disk *d, const states *s)
{
    const bool is_new = recovered(d, s);

    disk_crash(d, DISK_LOSE, 0);
    assert_int_equal(recovered(d, s), is_new);
    disk_free(d);
    return is_new;
}

states both_states(const plan *p)
{
    disk *const d = build(p);
    states s;
    bool committed;
    ml_err e;

    s.old = picture(d);
    assert_int_equal(commit(d, p, &committed, &e), 0);
    s.new = picture(d);
    assert_int_equal(journals(d), 0);
    disk_free(d);
    return s;
}

void free_states(states *s)
{
    ml_buf_free(&s->old);
    ml_buf_free(&s->new);
}

disk *crashed(const disk *d, disk_loss loss, unsigned seed)
{
    disk *const c = disk_copy(d);

    disk_crash(c, loss, seed);
    every_file_opens(c);
    return c;
}
