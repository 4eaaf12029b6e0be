/* age_keyfile.c — see age_keyfile.h. */
#include "format/age_keyfile.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "format/age_armor.h"

ml_age_keyfile_form ml_age_keyfile_sniff(ml_bytes file)
{
    if (ml_bytes_starts(file, "age-encryption") || ml_age_is_armored(file))
        return ML_AGE_KEYFILE_SEALED;
    return ml_bytes_starts(ml_text_trim_left(file), "-----BEGIN") ? ML_AGE_KEYFILE_PEM
                                                                  : ML_AGE_KEYFILE_LINES;
}

const char *ml_age_line_word(ml_age_line_kind kind)
{
    static const char *const words[] = { "blank", "comment", "x25519", "hybrid", "plugin" };

    return words[kind];
}

static int parse_identity(ml_age_line *line, ml_err *e)
{
    ml_age_kind kind;
    size_t i;

    for (i = 0; i < line->text.len; i++)
        if (line->text.p[i] <= ' ' || line->text.p[i] == 0x7f)
            return ml_fail(e, ML_E_FORMAT,
                           "malformed key file: white space on the line of an identity");
    if (ml_utf8_check(line->text) != SIZE_MAX)
        return ml_fail(e, ML_E_FORMAT, "malformed key file: a line is not UTF-8");
    if (ml_bytes_starts(line->text, "age1"))
        return ml_fail(e, ML_E_FORMAT, "apparent recipient found in identities file");
    if (!ml_age_identity_kind(&kind, line->text)) {
        ml_fail(e, ML_E_FORMAT, "malformed key file: a line that is no identity and no comment");
        return ml_err_hint(e, "identities begin with AGE-SECRET-KEY-1, comments with #");
    }
    line->kind = kind == ML_AGE_PLUGIN   ? ML_AGE_LINE_PLUGIN
                 : kind == ML_AGE_HYBRID ? ML_AGE_LINE_HYBRID
                                         : ML_AGE_LINE_X25519;
    return ml_age_identity_parse(&line->identity, line->text, e);
}

static int parse_line(ml_age_line *line, ml_err *e)
{
    if (line->text.len == 0) {
        line->kind = ML_AGE_LINE_BLANK;
        return 0;
    }
    if (line->text.p[0] != '#')
        return parse_identity(line, e);
    line->kind = ML_AGE_LINE_COMMENT;
    line->comment = ml_bytes_slice(line->text, 1, line->text.len);
    if (ml_bytes_starts(line->comment, " "))
        line->comment = ml_bytes_slice(line->comment, 1, line->comment.len);
    return 0;
}

/* The next line of the file, at the end of f->lines, with its spans filled. */
static ml_age_line *add_line(ml_age_keyfile *f, size_t *at, size_t *cap, ml_err *e)
{
    const ml_bytes file = ml_secret_bytes(&f->file);
    const size_t lf = ml_bytes_find(file, *at, '\n');
    const size_t next = lf == SIZE_MAX ? file.len : lf + 1;
    ml_age_line *line;

    if (f->count == ML_LIMIT_KEY_LINES) {
        ml_fail(e, ML_E_LIMIT, "a key file may have %d lines", ML_LIMIT_KEY_LINES);
        return NULL;
    }
    if (!ml_list_grow(&f->lines, cap, f->count, sizeof *f->lines)) {
        ml_fail_memory(e);
        return NULL;
    }
    line = &f->lines[f->count++];
    memset(line, 0, sizeof *line);
    line->number = (unsigned long)f->count;
    line->whole = ml_bytes_slice(file, *at, next);
    line->text = line->whole;
    if (lf != SIZE_MAX)
        line->text.len--;
    if (ml_bytes_ends(line->text, "\r"))
        line->text.len--;
    *at = next;
    return line;
}

static int copy_file(ml_age_keyfile *f, ml_bytes file, ml_err *e)
{
    memset(f, 0, sizeof *f);
    if (file.len > ML_LIMIT_KEY_FILE)
        return ml_fail(e, ML_E_LIMIT, "a key file may have %d bytes", ML_LIMIT_KEY_FILE);
    return ml_secret_copy(&f->file, file, e);
}

static int parse_lines(ml_age_keyfile *f, ml_err *e)
{
    size_t at = 0, cap = 0;

    while (at < f->file.len) {
        ml_age_line *line = add_line(f, &at, &cap, e);

        if (line == NULL || parse_line(line, e) < 0) {
            ml_err_at(e, NULL, line == NULL ? 0 : line->number, 0);
            ml_age_keyfile_free(f);
            return -1;
        }
        if (line->kind != ML_AGE_LINE_BLANK && line->kind != ML_AGE_LINE_COMMENT)
            f->identities++;
    }
    return 0;
}

int ml_age_keyfile_parse(ml_age_keyfile *f, ml_bytes file, ml_err *e)
{
    return copy_file(f, file, e) < 0 ? -1 : parse_lines(f, e);
}

int ml_age_keyfile_parse_words(ml_age_keyfile *f, ml_bytes words, ml_err *e)
{
    bool comment = false, line_start = true;
    size_t i;

    if (copy_file(f, words, e) < 0)
        return -1;
    for (i = 0; i < f->file.len; i++) {
        unsigned char *c = &f->file.p[i];

        comment = line_start ? *c == '#' : comment;
        line_start = *c == '\n';
        if (!comment && (*c == ' ' || *c == '\t'))
            *c = '\n';
    }
    return parse_lines(f, e);
}

void ml_age_keyfile_free(ml_age_keyfile *f)
{
    size_t i;

    for (i = 0; i < f->count; i++)
        ml_age_identity_free(&f->lines[i].identity);
    free(f->lines);
    ml_secret_free(&f->file);
    memset(f, 0, sizeof *f);
}
