/* bench.c — runs programs in turn and says what each took: `bench RUNS -- NAME PREPARE PROGRAM
 * [ARGUMENT…] [-- …]`.
 *
 * PREPARE is a shell line that runs before each run, untimed; it may be empty. The programs take
 * turns, so that a machine that others use too is as busy for one as for the other. One line each,
 * fields split by tabs: NAME, least and median time, least processor time (ms), most memory (MiB).
 * A program that fails ends it all: what failed has not been measured. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

typedef struct sample {
    double wall, processor; /* ms */
    double memory;          /* MiB */
} sample;

typedef struct candidate {
    char *name, *prepare;
    char **command; /* ends with NULL */
    sample *samples;
} candidate;

static void fail(const char *name, const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", name, what);
    exit(2);
}

/* What the program said on stderr is shown only if it failed. */
static void complain(const candidate *c, int log, int status)
{
    char text[4096];
    ssize_t got;

    lseek(log, 0, SEEK_SET);
    while ((got = read(log, text, sizeof text)) > 0)
        fwrite(text, 1, (size_t)got, stderr);
    fprintf(stderr, "bench: %s: status %d\n", c->name,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    exit(2);
}

static double milliseconds(struct timeval t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static sample run(const candidate *c)
{
    const int log = memfd_create("stderr", MFD_CLOEXEC);
    posix_spawn_file_actions_t files;
    struct rusage used;
    sample s;
    pid_t child;
    int status;

    if (log < 0 || posix_spawn_file_actions_init(&files) != 0 ||
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) != 0 ||
        posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0) != 0 ||
        posix_spawn_file_actions_adddup2(&files, log, 2) != 0)
        fail(c->name, strerror(errno));
    s.wall = now();
    errno = posix_spawnp(&child, c->command[0], &files, NULL, c->command, environ);
    if (errno != 0 || wait4(child, &status, 0, &used) != child)
        fail(c->name, strerror(errno));
    s.wall = now() - s.wall;
    s.processor = milliseconds(used.ru_utime) + milliseconds(used.ru_stime);
    s.memory = (double)used.ru_maxrss / 1024;
    if (status != 0)
        complain(c, log, status);
    posix_spawn_file_actions_destroy(&files);
    close(log);
    return s;
}

static int by_wall(const void *a, const void *b)
{
    const sample *left = a, *right = b;

    return (left->wall > right->wall) - (left->wall < right->wall);
}

static void report(candidate *c, size_t runs)
{
    double processor = c->samples[0].processor, memory = 0;
    size_t i;

    for (i = 0; i < runs; i++) {
        if (c->samples[i].processor < processor)
            processor = c->samples[i].processor;
        if (c->samples[i].memory > memory)
            memory = c->samples[i].memory;
    }
    qsort(c->samples, runs, sizeof *c->samples, by_wall);
    printf("%s\t%.2f\t%.2f\t%.2f\t%.1f\n", c->name, c->samples[0].wall, c->samples[runs / 2].wall,
           processor, memory);
}

/* Cuts argv into candidates; each `--` begins one. */
static size_t take(char **words, candidate *list, size_t runs)
{
    size_t count = 0;

    while (*words != NULL) {
        candidate *c = &list[count++];

        if (words[1] == NULL || words[2] == NULL || words[3] == NULL)
            fail("usage", "-- NAME PREPARE PROGRAM");
        *words = NULL; /* ends the command before */
        c->name = words[1];
        c->prepare = words[2];
        c->command = words + 3;
        c->samples = calloc(runs, sizeof *c->samples);
        if (c->samples == NULL)
            fail(c->name, "out of memory");
        for (words += 3; *words != NULL && strcmp(*words, "--") != 0;)
            words++;
    }
    return count;
}

int main(int argc, char **argv)
{
    const size_t runs = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    candidate *list;
    size_t count, i, turn;

    if (runs == 0 || argc < 3 || strcmp(argv[2], "--") != 0)
        fail("usage", "bench RUNS -- NAME PREPARE PROGRAM [ARGUMENT…] [-- …]");
    list = calloc((size_t)argc, sizeof *list);
    if (list == NULL)
        fail("bench", "out of memory");
    count = take(argv + 2, list, runs);
    for (turn = 0; turn < runs; turn++)
        for (i = 0; i < count; i++) {
            if (list[i].prepare[0] != '\0' && system(list[i].prepare) != 0)
                fail(list[i].name, "cannot be prepared");
            list[i].samples[turn] = run(&list[i]);
        }
    for (i = 0; i < count; i++) {
        report(&list[i], runs);
        free(list[i].samples);
    }
    free(list);
    return 0;
}
