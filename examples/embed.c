/* embed.c — moonlatch inside a C program: open a runtime, run Lua that uses its modules, close.
 *
 *   cc embed.c $(pkg-config --cflags --libs moonlatch) && ./a.out
 */
#include <moonlatch.h>
#include <stdio.h>

static const char script[] = "local encode = require 'moonlatch.encode'\n"
                             "local host = require 'moonlatch.host'\n"
                             "assert(host.out(encode.hex('moonlatch') .. '\\n'))\n";

int main(void)
{
    ml_options options = { 0 };
    ml_runtime *runtime;
    int status;

    if (ml_harden(&options.umask) < 0)
        return 2;
    runtime = ml_open(&options);
    if (runtime == NULL) {
        fputs("out of memory\n", stderr);
        return 2;
    }
    status = ml_run(runtime, script, "@example");
    ml_close(runtime);
    return status;
}
