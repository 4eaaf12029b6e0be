/* embed.c — builds Lua files into the program: `embed OUTPUT.c OUTPUT.bin FILE…`.
 *
 * Each file goes in byte for byte (what `recipe show` prints, and what line numbers in errors mean)
 * and as the bytecode that this build's own Lua makes of it. The binary half is included by the
 * assembler; sorted names make the build reproducible. */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct output {
    FILE *file;
    size_t written;
} output;

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "embed: %s: %s\n", name, what);
    exit(1);
}

static int write_code(lua_State *L, const void *p, size_t size, void *ud)
{
    output *out = ud;

    (void)L;
    out->written += size;
    return fwrite(p, 1, size, out->file) == size ? 0 : 1;
}

static char *read_file(const char *name, size_t *size)
{
    FILE *file = fopen(name, "rb");
    size_t cap = 1 << 16;
    char *text = malloc(cap);

    if (file == NULL || text == NULL)
        fail("cannot be read", name);
    *size = 0;
    for (;;) {
        const size_t got = fread(text + *size, 1, cap - *size, file);

        *size += got;
        if (got == 0)
            break;
        if (*size == cap && (text = realloc(text, cap *= 2)) == NULL)
            fail("out of memory", name);
    }
    fclose(file);
    return text;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void embed(FILE *table, output *bin, const char *name)
{
    lua_State *L = luaL_newstate();
    size_t size, source_at = bin->written, code_at;
    char *text = read_file(name, &size);

    if (L == NULL)
        fail("out of memory", name);
    if (luaL_loadbufferx(L, text, size, lua_pushfstring(L, "@$/%s", name), "t") != LUA_OK)
        fail(lua_tostring(L, -1), name);
    if (size > 0 && write_code(NULL, text, size, bin) != 0)
        fail("cannot be written", name);
    code_at = bin->written;
    if (lua_dump(L, write_code, bin, 0) != 0)
        fail("cannot be written", name);
    fprintf(table, "    { \"%s\", ml_embedded_bytes + %zu, %zu, ml_embedded_bytes + %zu, %zu },\n",
            name, source_at, size, code_at, bin->written - code_at);
    lua_close(L);
    free(text);
}

int main(int argc, char **argv)
{
    output bin = { NULL, 0 };
    FILE *table;
    int i;

    if (argc < 3)
        fail("usage: embed OUTPUT.c OUTPUT.bin FILE…", "embed");
    table = fopen(argv[1], "wb");
    bin.file = fopen(argv[2], "wb");
    if (table == NULL || bin.file == NULL)
        fail("cannot be written", argv[1]);
    qsort(argv + 3, (size_t)argc - 3, sizeof *argv, by_name);
    fprintf(table,
            "/* made by tools/embed.c */\n#include \"host/loader.h\"\n\n"
            "__asm__(\".section .rodata\\n\"\n"
            "        \".global ml_embedded_bytes\\n\"\n"
            "        \"ml_embedded_bytes:\\n\"\n"
            "        \".incbin \\\"%s\\\"\\n\"\n"
            "        \".byte 0\\n\"\n"
            "        \".previous\\n\");\n"
            "extern const unsigned char ml_embedded_bytes[];\n\n"
            "const ml_embedded ml_embedded_files[] = {\n",
            argv[2]);
    for (i = 3; i < argc; i++)
        embed(table, &bin, argv[i]);
    fprintf(table, "    { 0 }\n};\nconst size_t ml_embedded_file_count = %d;\n", argc - 3);
    if (fclose(table) != 0 || fclose(bin.file) != 0)
        fail("cannot be written", argv[1]);
    return 0;
}
