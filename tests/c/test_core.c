/* test_core.c — the program leaves no core dump, even where every other program would. PROGRAM says
 * which program. */
#include "tests/c/temp.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static char *program;

/* A program that opened a file and holds its value, and is killed by its own child. */
static const char dies[] =
    "local files, proc = require 'moonlatch.files', require 'moonlatch.proc'\n"
    "local file = assert(files.decrypt '../sealed.yaml')\n"
    "local value = assert(file:value 'token')\n"
    "proc.run { program = 'sh', options = { '-c', 'kill -SEGV $PPID' } }\n"
    "return #value\n";

/* Runs `words` in the folder with the limits of somebody who wants cores; its status. */
static int run_in(const char *folder, const char *const *words)
{
    const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
    const pid_t pid = fork();
    char *const *argv;
    int status = 0;

    memcpy(&argv, &words, sizeof argv); /* execvp leaves them alone, and cannot say so */
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setrlimit(RLIMIT_CORE, &all); /* root may; others keep what they have */
        if (chdir(folder) == 0)
            execvp(argv[0], argv);
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static size_t files_in(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void expect(const char *folder, const char *const *words)
{
    const int status = run_in(folder, words);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* A key, and a file that is sealed for it. */
static void prepare(const ml_root *top)
{
    char key[TEMP_PATH], public[256] = "";
    char *line = NULL;
    FILE *file;

    temp_write(top, "die.lua", dies, 0600);
    temp_write(top, "clear.yaml", "token: planted\n", 0600);
    expect(top->real, (const char *[]){ program, "keygen", "-q", "-o", "key.txt", NULL });
    file = fopen(temp_path(top, "key.txt", key), "r");
    assert_non_null(file);
    while (line == NULL && fgets(public, sizeof public, file) != NULL)
        line = strstr(public, "age1");
    fclose(file);
    assert_non_null(line);
    line[strcspn(line, "\n")] = '\0';
    expect(top->real, (const char *[]){ program, "encrypt", "-q", "-a", line, "clear.yaml", "-o",
                                        "sealed.yaml", NULL });
    assert_int_equal(setenv("SOPS_AGE_KEY_FILE", key, 1), 0);
}

static void a_crash_leaves_no_core(void **state)
{
    char cores[TEMP_PATH], made[TEMP_PATH];
    ml_root top;
    int status;

    (void)state;
    temp_open(&top);
    assert_int_equal(setenv("HOME", top.real, 1), 0);
    assert_int_equal(unsetenv("XDG_STATE_HOME"), 0);
    assert_int_equal(mkdir(temp_path(&top, "cores", cores), 0700), 0);
    assert_int_equal(mkdir(temp_path(&top, "control", made), 0700), 0);
    run_in(made, (const char *[]){ "sh", "-c", "kill -SEGV $$", NULL });
    if (files_in(made) == 0) {
        temp_close(&top);
        print_message("no program leaves a core in this place\n");
        skip();
    }
    prepare(&top);
    status = run_in(cores, (const char *[]){ program, "run", "../die.lua", NULL });
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(files_in(cores), 0);
    temp_close(&top);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_crash_leaves_no_core) };

    program = realpath(getenv("PROGRAM") != NULL ? getenv("PROGRAM") : "", NULL);
    if (program == NULL) {
        fputs("PROGRAM must name the program to test\n", stderr);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
