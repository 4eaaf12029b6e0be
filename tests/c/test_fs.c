/* test_fs.c — files below a root, walking, locks, trust. */
#include "tests/c/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "sys/fs_internal.h"
#include "sys/walk.h"

static ml_root top;

static int setup(void **state)
{
    (void)state;
    umask(022);
    temp_open(&top);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    temp_close(&top);
    return 0;
}

static void make_folder(const char *name)
{
    char path[TEMP_PATH];

    assert_int_equal(mkdir(temp_path(&top, name, path), 0755), 0);
}

static void make_link(const char *name, const char *target)
{
    char path[TEMP_PATH];

    assert_int_equal(symlink(target, temp_path(&top, name, path)), 0);
}

static void paths_are_plain_and_relative(void **state)
{
    static const char *const good[] = { "a", "a/b", "..a", ".a/b..", "a b" };
    static const char *const bad[] = { "",   "/",    "/a",  "a/",    "a//b", ".",
                                       "..", "a/..", "./a", "a/./b", "../a" };
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(ml_fs_check_path(good[i], &e), 0);
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ml_fs_check_path(bad[i], &e), -1);
        assert_string_equal(e.code, ML_E_ARGUMENT);
    }
}

/* Both ways of opening must give the same answers. */
static void no_link_is_followed(void **state)
{
    static const struct {
        const char *path;
        int answer; /* 0: opens */
    } cases[] = {
        { "folder/file", 0 },          { "link/file", -ELOOP },        { "folder/tofile", -ELOOP },
        { "folder/out", -ELOOP },      { "folder/deep/file", -ELOOP }, { "nothing", -ENOENT },
        { "folder/file/x", -ENOTDIR },
    };
    size_t i;
    int fd;

    (void)state;
    make_folder("folder");
    make_folder("other");
    temp_write(&top, "folder/file", "x", 0644);
    temp_write(&top, "other/file", "x", 0644);
    make_link("link", "folder");
    make_link("folder/tofile", "file");
    make_link("folder/out", "/etc/passwd");
    make_link("folder/deep", "../other");
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        fd = ml_fs_open_at(top.fd, cases[i].path, O_RDONLY, 0);
        assert_true(cases[i].answer == 0 ? fd >= 0 : fd == cases[i].answer);
        if (fd >= 0)
            close(fd);
        fd = ml_fs_open_stepwise(top.fd, cases[i].path, O_RDONLY, 0);
        assert_true(cases[i].answer == 0 ? fd >= 0 : fd == cases[i].answer);
        if (fd >= 0)
            close(fd);
    }
    assert_int_equal(ml_fs_open_stepwise(top.fd, "folder/../other", O_RDONLY, 0), -EINVAL);
    assert_int_equal(ml_fs_open_at(top.fd, "link", O_PATH, 0), -ELOOP);
    assert_int_equal(ml_fs_open_stepwise(top.fd, "link", O_PATH, 0), -ELOOP);
    assert_int_equal(ml_fs_open_at(top.fd, "link", O_RDONLY | O_DIRECTORY, 0), -ELOOP);
    assert_int_equal(ml_fs_open_stepwise(top.fd, "link", O_RDONLY | O_DIRECTORY, 0), -ELOOP);
}

static void reading_takes_regular_files_within_the_limit(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char path[TEMP_PATH], here[TEMP_PATH];
    ml_secret secret;
    ml_buf text = { 0 };
    ml_stat st;
    int fd;
    ml_err e;

    (void)state;
    temp_write(&top, "file", "hello", 0640);
    assert_int_equal(ml_fs_read(&top, "file", 5, &text, &st, &e), 0);
    assert_true(ml_bytes_is(ml_buf_bytes(&text), "hello"));
    assert_true(st.kind == ML_FILE_FILE && st.size == 5 && st.mode == 0640 && st.links == 1);
    assert_int_equal(ml_fs_read_secret(&top, "file", 0, &secret, NULL, &e), 0);
    assert_true(ml_bytes_is(ml_secret_bytes(&secret), "hello"));
    ml_secret_free(&secret);
    assert_int_equal(ml_fs_read(&top, "file", 4, &text, NULL, &e), -1);
    assert_string_equal(e.code, ML_E_LIMIT);
    assert_int_equal(ml_fs_read(&top, "none", 0, &text, NULL, &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    assert_string_equal(e.path, "none");
    assert_int_equal(mkfifo(temp_path(&top, "fifo", path), 0600), 0);
    assert_int_equal(ml_fs_read(&top, "fifo", 0, &text, NULL, &e), -1);
    assert_string_equal(e.code, ML_E_UNSUPPORTED);
    /* Bound by a relative name: an address has room for 107 bytes. */
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(top.real), 0);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "socket");
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(ml_fs_read(&top, "socket", 0, &text, NULL, &e), -1);
    assert_string_equal(e.code, ML_E_UNSUPPORTED);
    close(fd);
    make_folder("folder");
    assert_int_equal(ml_fs_read(&top, "folder", 0, &text, NULL, &e), -1);
    assert_string_equal(e.code, ML_E_UNSUPPORTED);
    ml_buf_free(&text);
}

/* A file that grows while it is read, and pipes: the size is not known before. */
static void reading_a_pipe_grows_in_locked_memory(void **state)
{
    static const size_t total = 50000;
    char path[64];
    ml_secret secret;
    int ends[2];
    size_t i;
    ml_err e;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    for (i = 0; i < total; i++)
        assert_int_equal(write(ends[1], &"0123456789"[i % 10], 1), 1);
    close(ends[1]);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    assert_int_equal(ml_fs_read_named(path, 0, &secret, &e), 0);
    assert_int_equal(secret.len, total);
    for (i = 0; i < total; i++)
        assert_int_equal(secret.p[i], '0' + (int)(i % 10));
    ml_secret_free(&secret);
    close(ends[0]);
}

static void nothing(int number)
{
    (void)number;
}

/* Signals this process again and again: one may come just before the wait. */
static pid_t nag(void)
{
    const pid_t pid = fork();

    assert_true(pid >= 0);
    while (pid == 0 && kill(getppid(), SIGUSR1) == 0)
        poll(NULL, 0, 5);
    return pid;
}

static void waiting_for_a_pipe_ends_when_we_are_told_to_end(void **state)
{
    struct sigaction handle = { .sa_handler = nothing }, before;
    char path[TEMP_PATH];
    ml_secret out;
    int writer;
    pid_t pid;
    ml_err e;

    (void)state;
    sigaction(SIGUSR1, &handle, &before);
    assert_int_equal(mkfifo(temp_path(&top, "pipe", path), 0600), 0);
    pid = nag();
    assert_int_equal(ml_fs_read_named(path, 0, &out, &e), -1); /* for one who opens it */
    assert_string_equal(e.code, ML_E_INTERRUPTED);
    writer = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(ml_fs_read_named(path, 0, &out, &e), -1); /* for one who writes */
    assert_string_equal(e.code, ML_E_INTERRUPTED);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(writer);
    sigaction(SIGUSR1, &before, NULL);
}

static void a_named_path_is_resolved_once(void **state)
{
    char path[TEMP_PATH], wanted[TEMP_PATH];
    char *rest;
    ml_root root;
    ml_err e;

    (void)state;
    make_folder("real");
    temp_write(&top, "real/file", "x", 0644);
    make_link("alias", "real");
    make_link("tofile", "real/file");
    make_link("dangling", "nowhere");
    temp_path(&top, "real", wanted);
    assert_int_equal(ml_fs_locate(&root, &rest, temp_path(&top, "alias/file", path), &e), 0);
    assert_string_equal(root.real, wanted);
    assert_string_equal(rest, "file");
    free(rest);
    ml_root_close(&root);
    assert_int_equal(ml_fs_locate(&root, &rest, temp_path(&top, "tofile", path), &e), 0);
    assert_string_equal(root.real, wanted);
    free(rest);
    ml_root_close(&root);
    assert_int_equal(ml_fs_locate(&root, &rest, temp_path(&top, "alias/new/deep/x", path), &e), 0);
    assert_string_equal(root.real, wanted);
    assert_string_equal(rest, "new/deep/x");
    free(rest);
    ml_root_close(&root);
    assert_int_equal(ml_fs_locate(&root, &rest, temp_path(&top, "alias/", path), &e), 0);
    assert_string_equal(rest, ".");
    free(rest);
    ml_root_close(&root);
    assert_int_equal(ml_fs_locate(&root, &rest, "no-such-file-here", &e), 0);
    assert_string_equal(rest, "no-such-file-here");
    free(rest);
    ml_root_close(&root);
    assert_int_equal(ml_fs_locate(&root, &rest, temp_path(&top, "dangling", path), &e), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    assert_int_equal(ml_fs_locate(&root, &rest, temp_path(&top, "new/../x", path), &e), -1);
    assert_null(rest);
    assert_int_equal(ml_fs_locate(&root, &rest, "", &e), -1);
}

static void replacing_keeps_mode_and_leaves_nothing_behind(void **state)
{
    static const ml_fs_write sealed = { .kind = ML_FS_SEALED, .umask = 027 };
    static const ml_fs_write clear = { .kind = ML_FS_CLEAR, .umask = 022 };
    static const ml_fs_write once = { .kind = ML_FS_SEALED, .umask = 022, .exclusive = true };
    ml_names names;
    ml_err e;

    (void)state;
    temp_write(&top, "old", "old", 0604);
    temp_write(&top, "open", "old", 0644);
    assert_int_equal(ml_fs_replace(&top, "old", ml_bytes_text("new"), &sealed, &e), 0);
    assert_int_equal(ml_fs_replace(&top, "fresh", ml_bytes_text("new"), &sealed, &e), 0);
    assert_int_equal(ml_fs_replace(&top, "open", ml_bytes_text("key"), &clear, &e), 0);
    assert_int_equal(ml_fs_replace(&top, "once", ml_bytes_text("1"), &once, &e), 0);
    assert_int_equal(ml_fs_replace(&top, "once", ml_bytes_text("2"), &once, &e), -1);
    assert_string_equal(e.code, ML_E_EXISTS);
    assert_true(temp_holds(&top, "old", "new") && temp_holds(&top, "once", "1"));
    assert_int_equal(temp_mode(&top, "old"), 0604);
    assert_int_equal(temp_mode(&top, "fresh"), 0640);
    assert_int_equal(temp_mode(&top, "open"), 0600);
    make_link("link", "old");
    assert_int_equal(ml_fs_replace(&top, "link", ml_bytes_text("x"), &sealed, &e), -1);
    assert_string_equal(e.code, ML_E_UNSUPPORTED);
    assert_true(temp_holds(&top, "old", "new"));
    assert_int_equal(ml_fs_list(&top, ".", &names, &e), 0);
    assert_int_equal(names.count, 5);
    ml_names_free(&names);
}

/* A device that is always full, and a name that cannot be. */
static void a_failed_write_leaves_the_old_file(void **state)
{
    static const ml_fs_write sealed = { .kind = ML_FS_SEALED };
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    char longest[300];
    ml_names names;
    ml_err e;

    (void)state;
    assert_true(full >= 0);
    assert_int_equal(ml_fs_write_fd(full, ml_bytes_text("x")), -ENOSPC);
    close(full);
    memset(longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(ml_fs_replace(&top, longest, ml_bytes_text("x"), &sealed, &e), -1);
    assert_int_equal(ml_fs_list(&top, ".", &names, &e), 0);
    assert_int_equal(names.count, 0);
    ml_names_free(&names);
    longest[255] = '\0'; /* as long as a name may be: the staged name is cut */
    assert_int_equal(ml_fs_replace(&top, longest, ml_bytes_text("x"), &sealed, &e), 0);
    assert_true(temp_holds(&top, longest, "x"));
}

static void a_folder_that_may_not_be_written_is_said(void **state)
{
    static const ml_fs_write sealed = { .kind = ML_FS_SEALED };
    ml_err e;

    (void)state;
    if (geteuid() == 0)
        skip(); /* nothing is denied to root */
    assert_int_equal(ml_fs_mkdirs(&top, "closed", 0500, &e), 0);
    assert_int_equal(ml_fs_replace(&top, "closed/x", ml_bytes_text("x"), &sealed, &e), -1);
    assert_string_equal(e.code, ML_E_PERMISSION);
}

static void folders_and_trees_are_made_and_removed(void **state)
{
    char path[TEMP_PATH];
    ml_err e;

    (void)state;
    assert_int_equal(ml_fs_mkdirs(&top, "a/b/c", 0750, &e), 0);
    assert_int_equal(ml_fs_mkdirs(&top, "a/b/c", 0700, &e), 0);
    assert_int_equal(temp_mode(&top, "a/b"), 0750);
    temp_write(&top, "outside", "keep", 0644);
    temp_write(&top, "a/b/c/file", "x", 0400);
    make_link("a/b/out", "../../outside");
    make_link("a/up", "..");
    assert_int_equal(ml_fs_remove(&top, "a", &e), -1);
    assert_string_equal(e.code, ML_E_EXISTS);
    assert_int_equal(ml_fs_remove_tree(&top, "a", &e), 0);
    assert_true(temp_holds(&top, "outside", "keep"));
    assert_true(temp_holds(&top, "a", NULL));
    assert_int_equal(ml_fs_symlink(&top, "l", "outside", &e), 0);
    assert_int_equal(ml_fs_symlink(&top, "l", "outside", &e), -1);
    assert_string_equal(e.code, ML_E_EXISTS);
    assert_int_equal(ml_fs_remove(&top, "l", &e), 0);
    make_link("folder-link", "a2");
    make_folder("a2");
    assert_int_equal(ml_fs_mkdirs(&top, "folder-link/x", 0700, &e), -1);
    assert_int_equal(ml_fs_remove_tree(&top, "folder-link", &e), -1);
    assert_int_equal(access(temp_path(&top, "a2", path), F_OK), 0);
}

static int ignore_build(void *context, const char *path, bool folder, ml_err *e)
{
    (void)e;
    return folder && strcmp(path, context) == 0;
}

static void the_walk_is_sorted_and_stays_inside(void **state)
{
    static const char *const expected[] = { "FIFO", "a",    "b/inner", "b/link",
                                            "big",  "nest", "users",   "z" };
    char build[] = "build", path[TEMP_PATH];
    const ml_walk_options options = { ignore_build, build, 100, false };
    ml_walk walk;
    size_t i;
    ml_err e;

    (void)state;
    make_folder(".git");
    make_folder("b");
    make_folder("build");
    make_folder("nest");
    make_folder("nest/.git");
    temp_write(&top, "nest/hidden", "x", 0644);
    temp_write(&top, "build/x", "x", 0644);
    temp_write(&top, ".git/config", "x", 0644);
    temp_write(&top, "z", "x", 0644);
    temp_write(&top, "a", "x", 0644);
    temp_write(&top, "b/inner", "x", 0644);
    temp_write(&top, ".z.ml-0123456789abcdef0123456789abcdef", "x", 0644);
    make_link("b/link", "..");
    make_link("users", "/etc");
    assert_int_equal(mkfifo(temp_path(&top, "FIFO", path), 0600), 0);
    temp_write(&top, "big", "x", 0644);
    assert_int_equal(truncate(temp_path(&top, "big", path), 101), 0);
    assert_int_equal(ml_walk_list(&top, ".", &options, &walk, &e), 0);
    assert_int_equal(walk.count, sizeof expected / sizeof *expected);
    for (i = 0; i < walk.count; i++) {
        assert_string_equal(walk.entries[i].path, expected[i]);
        assert_int_equal(walk.entries[i].note != NULL, i == 0 || i == 4 || i == 5);
    }
    assert_true(walk.entries[3].st.kind == ML_FILE_LINK && walk.entries[6].st.kind == ML_FILE_LINK);
    ml_walk_free(&walk);
    assert_int_equal(ml_walk_list(&top, "b", NULL, &walk, &e), 0);
    assert_int_equal(walk.count, 2);
    assert_string_equal(walk.entries[0].path, "b/inner");
    ml_walk_free(&walk);
    assert_int_equal(ml_walk_list(&top, "users", NULL, &walk, &e), -1);
    assert_string_equal(e.code, ML_E_UNSUPPORTED);
}

static void temp_names_are_told_apart(void **state)
{
    char name[ML_FS_NAME], longest[256];

    (void)state;
    ml_fs_temp_name(name, "x.yaml", "0123456789abcdef0123456789abcdef");
    assert_string_equal(name, ".x.yaml.ml-0123456789abcdef0123456789abcdef");
    assert_true(ml_fs_is_temp(name));
    assert_false(ml_fs_is_temp(name + 1));
    name[strlen(name) - 1] = 'g';
    assert_false(ml_fs_is_temp(name));
    assert_false(ml_fs_is_temp(".x.ml-0123"));
    /* A long name of two-byte characters is cut between two of them. */
    memset(longest, 0, sizeof longest);
    memset(longest, 'a', 1);
    for (size_t i = 1; i + 1 < 255; i += 2)
        memcpy(longest + i, "\xC3\xA4", 2);
    ml_fs_temp_name(name, longest, "0123456789abcdef0123456789abcdef");
    assert_true(ml_fs_is_temp(name));
    assert_int_equal(strlen(name), 1 + 199 + 4 + 32);
}

/* The real path of a folder below another, where no /proc says it; exits with 0 when it is right.
 */
static void tell_real_path_without_proc(void)
{
    char wanted[TEMP_PATH];
    ml_root below;
    ml_err e;

    if (unshare(CLONE_NEWNS) != 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/proc", "tmpfs", 0, NULL) != 0)
        _exit(77);
    _exit(ml_root_open_below(&below, &top, "inner", &e) == 0 &&
                  strcmp(below.real, temp_path(&top, "inner", wanted)) == 0
              ? 0
              : 1);
}

static void the_real_path_is_known_without_proc(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    make_folder("inner");
    pid = fork();
    if (pid == 0)
        tell_real_path_without_proc();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
}

static void trust_needs_nobody_else_to_be_able_to_write(void **state)
{
    char path[TEMP_PATH], folder[TEMP_PATH];
    ml_err e;

    (void)state;
    make_folder("bin");
    temp_write(&top, "bin/tool", "x", 0755);
    temp_path(&top, "bin/tool", path);
    temp_path(&top, "bin", folder);
    assert_int_equal(ml_fs_trusted(path, false, &e), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(ml_fs_trusted(path, false, &e), -1);
    assert_string_equal(e.code, ML_E_PERMISSION);
    assert_string_equal(e.path, folder);
    assert_int_equal(chmod(folder, 01777), 0); /* sticky: accepted on the way */
    assert_int_equal(ml_fs_trusted(path, false, &e), 0);
    assert_int_equal(ml_fs_trusted(folder, false, &e), -1);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chmod(path, 0775), 0);
    assert_int_equal(ml_fs_trusted(path, false, &e), -1);
    assert_int_equal(chmod(path, 0755), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
        assert_int_equal(ml_fs_trusted(path, false, &e), -1);
    } else {
        assert_int_equal(ml_fs_trusted(path, true, &e), -1);
    }
}

#define IN_TEMP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_plain_and_relative),
        IN_TEMP(no_link_is_followed),
        IN_TEMP(reading_takes_regular_files_within_the_limit),
        cmocka_unit_test(reading_a_pipe_grows_in_locked_memory),
        IN_TEMP(waiting_for_a_pipe_ends_when_we_are_told_to_end),
        IN_TEMP(a_named_path_is_resolved_once),
        IN_TEMP(replacing_keeps_mode_and_leaves_nothing_behind),
        IN_TEMP(a_failed_write_leaves_the_old_file),
        IN_TEMP(a_folder_that_may_not_be_written_is_said),
        IN_TEMP(folders_and_trees_are_made_and_removed),
        IN_TEMP(the_walk_is_sorted_and_stays_inside),
        cmocka_unit_test(temp_names_are_told_apart),
        IN_TEMP(the_real_path_is_known_without_proc),
        IN_TEMP(trust_needs_nobody_else_to_be_able_to_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
