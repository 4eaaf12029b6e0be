/* main.c — the program: hygiene, a runtime, one recipe. */
#include <stdio.h>

#include "moonlatch.h"

int main(int argc, char **argv)
{
    ml_options options = { 0 };
    ml_runtime *runtime;
    int status;

    if (ml_harden(&options.umask) < 0) {
        fputs("moonlatch: the system refuses to switch core dumps off\n", stderr);
        return 2;
    }
    runtime = ml_open(&options);
    if (runtime == NULL) {
        fputs("moonlatch: out of memory\n", stderr);
        return 2;
    }
    status = ml_main(runtime, argc, argv);
    ml_close(runtime);
    return status;
}
