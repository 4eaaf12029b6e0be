/* editor.c — see editor.h. */
#include "sys/editor.h"

#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"
#include "sys/tty.h"

typedef char *readline_call(const char *prompt);
typedef int history_call(const char *line);
typedef char *complete_call(const char *word, int state);

/* What is used of libedit's <editline/readline.h>; readline is NULL where there is no libedit. */
struct ml_editor {
    bool settings, looked;
    readline_call *readline;
    history_call *add_history;
    complete_call **complete;
    locale_t text;
};

/* Who completes while libedit waits for a line: its hook has no argument of ours
 * (docs/decisions.md lists it). */
static struct {
    ml_editor_complete *complete;
    void *context;
} asked;

static char *candidate(const char *word, int state)
{
    return asked.complete != NULL ? asked.complete(asked.context, word, (unsigned)state) : NULL;
}

int ml_editor_new(ml_editor **editor, bool settings, ml_err *e)
{
    *editor = calloc(1, sizeof **editor);
    if (*editor == NULL)
        return ml_fail_memory(e);
    (*editor)->settings = settings;
    return 0;
}

void ml_editor_free(ml_editor *editor)
{
    if (editor != NULL && editor->text != (locale_t)0)
        freelocale(editor->text);
    free(editor);
}

/* A symbol's address, copied: C has no cast from an object's pointer to a function's. */
static bool symbol(void *library, const char *name, void *place)
{
    void *const found = dlsym(library, name);

    memcpy(place, &found, sizeof found);
    return found != NULL;
}

/* The library stays mapped: it holds the history and the terminal's description. */
static void find_library(ml_editor *editor)
{
    void *library = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
    readline_call *readline;
    const char **program;
    int *append;

    if (library == NULL)
        return;
    if (!symbol(library, "readline", &readline) ||
        !symbol(library, "add_history", &editor->add_history) ||
        !symbol(library, "rl_completion_entry_function", &editor->complete) ||
        !symbol(library, "rl_completion_append_character", &append) ||
        !symbol(library, "rl_readline_name", &program)) {
        dlclose(library);
        return;
    }
    *program = "moonlatch"; /* for conditions in .editrc */
    *append = '\0';         /* a completed name goes on with a dot or a parenthesis, not a space */
    *editor->complete = candidate;
    /* text is UTF-8 in any locale; only for libedit, because Lua's patterns obey the process's */
    editor->text = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (editor->settings || setenv("EDITRC", "", 1) == 0)
        editor->readline = readline;
}

/* Are both ends a terminal that can move its cursor, and is there a libedit? */
static bool can_edit(ml_editor *editor)
{
    const char *terminal = getenv("TERM");

    if (!ml_tty_is(STDIN_FILENO) || !ml_tty_is(STDOUT_FILENO) || terminal == NULL ||
        *terminal == '\0' || strcmp(terminal, "dumb") == 0)
        return false;
    if (!editor->looked)
        find_library(editor);
    editor->looked = true;
    return editor->readline != NULL;
}

static int edited_line(const ml_editor *editor, const char *prompt, ml_buf *line, ml_err *e)
{
    const locale_t before = editor->text != (locale_t)0 ? uselocale(editor->text) : (locale_t)0;
    char *typed;
    int error;

    errno = 0;
    typed = editor->readline(prompt);
    error = errno;
    if (before != (locale_t)0)
        uselocale(before);
    if (typed == NULL)
        return error == EINTR ? ml_fail(e, ML_E_INTERRUPTED, "interrupted") : 0;
    ml_buf_text(line, typed);
    ml_wipe(typed, strlen(typed));
    free(typed);
    return line->failed ? ml_fail_memory(e) : 1;
}

/* One byte at a time: what follows the line belongs to whatever the line calls. */
static int plain_line(const char *prompt, ml_buf *line, ml_err *e)
{
    unsigned char byte = '\0';
    size_t len = 0;
    ssize_t got;
    int error;

    /* a prompt that cannot be written is no reason not to read */
    if (ml_tty_is(STDIN_FILENO) && write(STDERR_FILENO, prompt, strlen(prompt)) < 0)
        errno = 0;
    for (;;) {
        got = read(STDIN_FILENO, &byte, 1);
        error = errno;
        if (got < 0 && error == EINTR)
            return ml_fail(e, ML_E_INTERRUPTED, "interrupted");
        if (got < 0)
            return ml_fail_errno(e, error, "cannot read standard input");
        if (got == 0)
            return len > 0 ? 1 : 0;
        if (byte == '\n')
            return line->failed ? ml_fail_memory(e) : 1;
        ml_buf_byte(line, byte);
        if (++len > ML_LIMIT_LINE)
            return ml_fail(e, ML_E_LIMIT, "a line has at most %d bytes", (int)ML_LIMIT_LINE);
    }
}

int ml_editor_line(ml_editor *editor, const char *prompt, ml_editor_complete *complete,
                   void *context, ml_buf *line, ml_err *e)
{
    const bool edit = can_edit(editor);
    int status;

    /* a person may think for hours: nothing that the last line did waits on the stack */
    ml_wipe_stack();
    if (!edit)
        return plain_line(prompt, line, e);
    asked.complete = complete;
    asked.context = context;
    status = edited_line(editor, prompt, line, e);
    asked.complete = NULL;
    asked.context = NULL;
    return status;
}

void ml_editor_remember(ml_editor *editor, const char *line)
{
    if (can_edit(editor))
        (void)editor->add_history(line);
}
