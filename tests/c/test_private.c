/* test_private.c — folders in memory: who sees them, what comes back, what is left. */
#include "tests/c/namespaces.h"
#include "tests/c/temp.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/private.h"
#include "sys/proc.h"

static ml_root state; /* the folder of our state */

static int setup(void **unused)
{
    (void)unused;
    temp_open(&state);
    return setenv("XDG_STATE_HOME", state.real, 1);
}

static int teardown(void **unused)
{
    (void)unused;
    temp_close(&state);
    return unsetenv("XDG_STATE_HOME");
}

/* Opens one that is hidden; skips the test where the kernel does not let us. */
static void open_hidden(ml_private *folder)
{
    ml_err e;

    if (ml_private_open(folder, ML_PRIVATE_HIDDEN, &e) == 0 && ml_private_is_hidden(folder))
        return;
    ml_private_close(folder, &e);
    skip();
}

static void open_shared(ml_private *folder)
{
    ml_err e;

    if (ml_private_open(folder, ML_PRIVATE_SHARED, &e) == 0)
        return;
    assert_string_equal(e.code, ML_E_UNSUPPORTED);
    skip();
}

/* Runs a script with or without the folder; what it wrote goes to `out`. Its $0 is the folder. */
static int run_job(const ml_private *folder, const ml_private *seen, const ml_proc_user *user,
                   const char *script, char *out, size_t size)
{
    const char *const options[] = { "-c", script, folder->root.real };
    ml_proc_job job = { .program = "/bin/sh", .options = options, .option_count = 3, .umask = 022 };
    ml_proc_result r;
    int status;
    ml_err e;

    job.out = ML_PROC_OUT_BUF;
    job.private = seen;
    job.user = user;
    assert_int_equal(ml_proc_run(&job, &r, &e), 0);
    assert_true(r.out.len < size);
    if (r.out.len > 0)
        memcpy(out, r.out.p, r.out.len);
    out[r.out.len] = '\0';
    status = r.status;
    ml_proc_result_free(&r);
    return status;
}

static int run(const ml_private *folder, bool sees, const char *script, char *out, size_t size)
{
    return run_job(folder, sees ? folder : NULL, NULL, script, out, size);
}

static int run_as(const ml_private *folder, const ml_proc_user *user, const char *script, char *out,
                  size_t size)
{
    return run_job(folder, folder, user, script, out, size);
}

static void only_chosen_children_see_it(void **unused)
{
    char out[TEMP_PATH], here[TEMP_PATH];
    ml_private folder;
    ml_err e;

    (void)unused;
    open_hidden(&folder);
    assert_int_equal(ml_fs_replace(&folder.root, "clear", ml_bytes_text("secret"),
                                   &(ml_fs_write){ .kind = ML_FS_CLEAR }, &e),
                     0);
    assert_int_equal(
        run(&folder, true, "cat $0/clear && echo ' more' >> $0/clear", out, sizeof out), 0);
    assert_string_equal(out, "secret");
    assert_int_equal(run(&folder, false, "ls -A $0", out, sizeof out), 0);
    assert_string_equal(out, "");
    assert_int_equal(run(&folder, true, "cat $0/clear; id -u", out, sizeof out), 0);
    snprintf(here, sizeof here, "secret more\n%lu\n", (unsigned long)geteuid());
    assert_string_equal(out, here);
    assert_int_equal(ml_private_close(&folder, &e), 0);
    assert_int_equal(ml_private_close(&folder, &e), 0);
}

static void a_child_works_where_we_do(void **unused)
{
    char out[TEMP_PATH], here[TEMP_PATH];
    ml_private folder;
    ml_err e;

    (void)unused;
    open_hidden(&folder);
    assert_non_null(getcwd(here, sizeof here - 1));
    assert_int_equal(run(&folder, true, "printf %s \"$(pwd -P)\"", out, sizeof out), 0);
    assert_string_equal(out, here);
    assert_int_equal(run(&folder, true, "stat -f -c %T $0; stat -c '%a %u' $0", out, sizeof out),
                     0);
    snprintf(here, sizeof here, "tmpfs\n700 %lu\n", (unsigned long)geteuid());
    assert_string_equal(out, here);
    assert_int_equal(ml_private_close(&folder, &e), 0);
}

/* A process that opens a folder, puts something in it, and is killed. Its path is in `path`. */
static void open_and_die(ml_private_use use, char path[TEMP_PATH])
{
    const ml_fs_write how = { .kind = ML_FS_CLEAR };
    int ends[2], status;
    ml_private folder;
    pid_t pid;
    ml_err e;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (ml_private_open(&folder, use, &e) == 0 &&
            ml_fs_replace(&folder.root, "clear", ml_bytes_text("secret"), &how, &e) == 0)
            (void)!write(ends[1], folder.root.real, strlen(folder.root.real) + 1);
        raise(SIGKILL);
    }
    close(ends[1]);
    assert_true(read(ends[0], path, TEMP_PATH) > 0);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

static void a_shared_one_is_in_memory_and_removed(void **unused)
{
    char path[TEMP_PATH];
    ml_private folder;
    ml_stat st;
    ml_err e;

    (void)unused;
    open_shared(&folder);
    assert_false(ml_private_is_hidden(&folder));
    assert_int_equal(ml_fs_stat(&folder.root, ".", &st, &e), 0);
    assert_true(st.mode == 0700 && st.uid == geteuid());
    temp_write(&folder.root, "clear", "secret", 0600);
    snprintf(path, sizeof path, "%s", folder.root.real);
    assert_int_equal(ml_private_close(&folder, &e), 0);
    assert_int_equal(access(path, F_OK), -1);
}

static void root_gives_one_to_another_user(void **unused)
{
    char out[TEMP_PATH];
    ml_proc_user user;
    ml_private folder;
    ml_err e;

    (void)unused;
    if (geteuid() != 0)
        skip();
    assert_int_equal(ml_private_open(&folder, ML_PRIVATE_GIVEN, &e), 0);
    assert_int_equal(ml_proc_user_find(&user, "nobody", &e), 0);
    temp_write(&folder.root, "clear", "given\n", 0444);
    assert_int_not_equal(run_as(&folder, &user, "cat $0/clear && id -u", out, sizeof out), 0);
    assert_int_equal(ml_private_give(&folder, user.uid, user.gid, &e), 0);
    assert_int_equal(run_as(&folder, &user, "cat $0/clear && id -u", out, sizeof out), 0);
    assert_string_equal(out, "given\n65534\n");
    ml_proc_user_free(&user);
    assert_int_equal(ml_private_close(&folder, &e), 0);
}

static void leftovers_of_the_dead_are_swept(void **unused)
{
    char path[TEMP_PATH], kept[TEMP_PATH];
    ml_private living, next;
    ml_err e;

    (void)unused;
    open_shared(&living);
    temp_write(&living.root, "clear", "mine", 0600);
    snprintf(kept, sizeof kept, "%s", living.root.real);
    open_and_die(ML_PRIVATE_SHARED, path);
    /* not asked whether it is there: a run beside this one sweeps, too */
    assert_int_equal(ml_private_open(&next, ML_PRIVATE_HIDDEN, &e), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_true(temp_holds(&living.root, "clear", "mine"));
    assert_int_equal(ml_private_close(&next, &e), 0);
    assert_int_equal(ml_private_close(&living, &e), 0);
    assert_int_equal(access(kept, F_OK), -1);
}

static void a_name_of_ours_that_is_none_of_ours_stays(void **unused)
{
    char path[TEMP_PATH], name[64];
    ml_private folder;
    ml_root runtime;
    ml_err e;

    (void)unused;
    snprintf(name, sizeof name, "moonlatch-mine-%ld", (long)getpid());
    open_shared(&folder);
    snprintf(path, sizeof path, "%s", folder.root.real);
    *strrchr(path, '/') = '\0';
    assert_int_equal(ml_private_close(&folder, &e), 0);
    assert_int_equal(ml_root_open(&runtime, path, &e), 0);
    assert_int_equal(ml_fs_mkdirs(&runtime, name, 0700, &e), 0);
    open_shared(&folder);
    assert_int_equal(ml_private_close(&folder, &e), 0);
    assert_int_equal(ml_fs_remove(&runtime, name, &e), 0);
    ml_root_close(&runtime);
}

/* Without a place to mount over there is no namespace: the folder is one with a name. */
static void where_nothing_can_be_hidden_it_has_a_name(void **unused)
{
    char path[TEMP_PATH];
    ml_private folder;
    ml_err e;

    (void)unused;
    temp_write(&state, "file", "", 0600);
    setenv("XDG_STATE_HOME", temp_path(&state, "file", path), 1);
    if (ml_private_open(&folder, ML_PRIVATE_HIDDEN, &e) < 0) {
        assert_string_equal(e.code, ML_E_UNSUPPORTED);
        assert_true(e.hint[0] != '\0');
        skip();
    }
    assert_false(ml_private_is_hidden(&folder));
    assert_int_equal(ml_private_close(&folder, &e), 0);
}

/* In a process that may make none: 0 when the folder has a name, 1 when not, 77 when this kernel
 * cannot be asked. */
static int open_without_namespaces(void)
{
    ml_private folder;
    ml_err e;

    if (!refuse_namespaces())
        return 77;
    if (ml_private_open(&folder, ML_PRIVATE_HIDDEN, &e) < 0)
        return strcmp(e.code, ML_E_UNSUPPORTED) == 0 ? 77 : 1;
    if (ml_private_is_hidden(&folder) || access(folder.root.real, X_OK) != 0)
        return 1;
    return ml_private_close(&folder, &e) == 0 ? 0 : 1;
}

static void where_namespaces_are_refused_it_has_a_name(void **unused)
{
    int status;
    pid_t pid;

    (void)unused;
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(open_without_namespaces());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Its path leads to the folder that was mounted over, on the disk. */
static void a_killed_process_leaves_nothing_of_a_hidden_one(void **unused)
{
    char path[TEMP_PATH];
    ml_private folder;
    DIR *dir;
    struct dirent *entry;
    int found = 0;
    ml_err e;

    (void)unused;
    open_hidden(&folder);
    assert_int_equal(ml_private_close(&folder, &e), 0);
    open_and_die(ML_PRIVATE_HIDDEN, path);
    dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        found++;
    closedir(dir);
    assert_int_equal(found, 2); /* "." and ".." */
}

#define IN_TEMP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TEMP(only_chosen_children_see_it),
        IN_TEMP(a_child_works_where_we_do),
        IN_TEMP(a_shared_one_is_in_memory_and_removed),
        IN_TEMP(root_gives_one_to_another_user),
        IN_TEMP(leftovers_of_the_dead_are_swept),
        IN_TEMP(a_name_of_ours_that_is_none_of_ours_stays),
        IN_TEMP(where_nothing_can_be_hidden_it_has_a_name),
        IN_TEMP(where_namespaces_are_refused_it_has_a_name),
        IN_TEMP(a_killed_process_leaves_nothing_of_a_hidden_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
