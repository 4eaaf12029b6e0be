/* ini_write.c — INI text made; see ini_write.h. What is written is read again at once: the reader
 * has so many rules that no list of exceptions would be trusted. */
#include "doc/ini_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "doc/ini_read.h"
#include "doc/lines.h"
#include "doc/value.h"

static const char *quote_of(ml_style style)
{
    switch (style) {
    case ML_STYLE_SINGLE:
        return "'";
    case ML_STYLE_DOUBLE:
        return "\"";
    case ML_STYLE_BACKTICK:
        return "`";
    case ML_STYLE_TRIPLE:
        return "\"\"\"";
    default:
        return "";
    }
}

static void add_quoted(ml_buf *out, ml_bytes text, ml_style style)
{
    ml_buf_text(out, quote_of(style));
    ml_buf_add(out, text);
    ml_buf_text(out, quote_of(style));
}

/* Whether what stands in `line`, a value with the rest of its line, is read as `value`. */
static bool reads_as(ml_bytes line, size_t end, ml_bytes value, ml_buf *scratch)
{
    ml_ini_value read;

    return ml_ini_read_value(&read, line, 0, scratch) == NULL && !read.joined &&
           (value.len == 0 ? read.text.len == 0
                           : ml_bytes_equal(read.text, value) && read.end == end);
}

int ml_ini_write_value(ml_buf *out, ml_bytes value, ml_style style, ml_bytes rest, ml_err *e)
{
    const bool raw =
        ml_bytes_find(value, 0, '\n') != SIZE_MAX || ml_bytes_find(value, 0, '`') != SIZE_MAX;
    const ml_style ways[] = { style,
                              ML_STYLE_PLAIN,
                              ML_STYLE_DOUBLE,
                              raw ? ML_STYLE_TRIPLE : ML_STYLE_BACKTICK,
                              raw ? ML_STYLE_BACKTICK : ML_STYLE_TRIPLE,
                              ML_STYLE_SINGLE };
    ml_buf line = { 0 }, scratch = { 0 };
    bool fits = false, failed;
    size_t i;

    for (i = 0; i < sizeof ways / sizeof *ways && !fits; i++) {
        size_t end;

        line.len = 0;
        add_quoted(&line, value, ways[i]);
        end = line.len;
        ml_buf_add(&line, rest);
        fits = !line.failed && reads_as(ml_buf_bytes(&line), end, value, &scratch);
        if (fits)
            add_quoted(out, value, ways[i]);
    }
    failed = line.failed;
    ml_buf_free(&scratch);
    ml_buf_free(&line);
    if (failed)
        return ml_fail_memory(e);
    if (!fits) {
        ml_fail(e, ML_E_UNSUPPORTED, "no quotes of INI can carry this value");
        return ml_err_hint(e, "keep it in a YAML or JSON file");
    }
    return ml_buf_check(out, e);
}

int ml_ini_write_key(ml_buf *out, ml_bytes name, ml_err *e)
{
    static const ml_style ways[] = { ML_STYLE_PLAIN, ML_STYLE_BACKTICK, ML_STYLE_TRIPLE,
                                     ML_STYLE_DOUBLE };
    ml_buf line = { 0 };
    bool fits = false, failed;
    size_t i;

    for (i = 0; i < sizeof ways / sizeof *ways && !fits; i++) {
        ml_ini_key key;

        line.len = 0;
        add_quoted(&line, name, ways[i]);
        ml_buf_text(&line, " = ");
        /* a byte order mark would go, if the line were the first */
        if (line.failed || memchr("#;[", line.p[0], 3) != NULL ||
            ml_ini_begin(ml_buf_bytes(&line)) > 0 ||
            ml_text_trim_left(ml_buf_bytes(&line)).len != line.len)
            continue;
        fits = ml_ini_read_key(&key, ml_buf_bytes(&line), 0, line.len) == NULL &&
               ml_bytes_equal(key.name, name) && key.behind == line.len - 1;
        if (fits)
            add_quoted(out, name, ways[i]);
    }
    failed = line.failed;
    ml_buf_free(&line);
    if (failed)
        return ml_fail_memory(e);
    if (!fits || ml_bytes_is(name, "-") || ml_bytes_find(name, 0, '\n') != SIZE_MAX)
        return ml_fail(e, ML_E_UNSUPPORTED, "an INI file cannot hold a key of this name");
    return ml_buf_check(out, e);
}

int ml_ini_write_section(ml_buf *out, ml_bytes name, ml_err *e)
{
    if (name.len == 0 || ml_bytes_find(name, 0, '\n') != SIZE_MAX)
        return ml_fail(e, ML_E_UNSUPPORTED, "an INI file cannot hold a section of this name");
    ml_buf_byte(out, '[');
    ml_buf_add(out, name);
    ml_buf_byte(out, ']');
    return ml_buf_check(out, e);
}

void ml_ini_write_comment(ml_buf *out, ml_bytes text)
{
    size_t at = ml_line_next(text, 0), next;

    ml_buf_add(out, ml_bytes_slice(text, 0, at));
    for (; at < text.len; at = next) {
        const bool spare = text.p[at] == ' '; /* see ini.c */
        ml_bytes content;

        next = ml_line_next(text, at);
        content = ml_text_trim(ml_bytes_slice(text, at, next));
        if (content.len > 0 && content.p[0] != '#' && content.p[0] != ';')
            ml_buf_text(out, "; ");
        ml_buf_add(out, ml_bytes_slice(text, at + spare, next));
    }
}

/* A comment as lines with their marks. */
static void add_comment_lines(ml_buf *out, ml_bytes text)
{
    ml_buf_text(out, text.len > 0 && (text.p[0] == '#' || text.p[0] == ';') ? "" : "; ");
    ml_ini_write_comment(out, ml_bytes_slice(text, ml_bytes_starts(text, " ") ? 1 : 0, text.len));
}

/* The keys as they are written, one behind the other; *width: of the longest. */
static int write_names(ml_buf *names, size_t *ends, size_t *width, const ml_tree *section,
                       ml_err *e)
{
    size_t i, before;

    *width = 0;
    for (i = 0; i < section->count; i++) {
        before = names->len;
        if (section->children[i].kind == ML_KIND_COMMENT) {
            ends[i] = before;
            continue;
        }
        if (ml_ini_write_key(names, section->children[i].key, e) < 0)
            return -1;
        ends[i] = names->len;
        if (names->len - before > *width)
            *width = names->len - before;
    }
    return 0;
}

static int write_entry(ml_buf *out, const ml_tree *tree, ml_bytes name, size_t width, ml_err *e)
{
    ml_buf text = { 0 };
    int status;

    if (tree->kind == ML_KIND_COMMENT) {
        add_comment_lines(out, tree->text);
        return 0;
    }
    if (tree->kind != ML_KIND_SCALAR)
        return ml_fail(e, ML_E_UNSUPPORTED,
                       "cannot use complex value in INI file; offending key %.*s",
                       (int)(tree->key.len > 100 ? 100 : tree->key.len),
                       tree->key.p == NULL ? "" : (const char *)tree->key.p);
    ml_buf_add(out, name);
    ml_buf_repeat(out, ' ', width - name.len);
    ml_buf_text(out, " = ");
    status = ml_value_spell(ML_FORMAT_INI, tree->type, tree->text, &text, e);
    if (status == 0)
        status =
            ml_ini_write_value(out, ml_buf_bytes(&text), ML_STYLE_PLAIN, ml_bytes_text("\n"), e);
    ml_buf_free(&text);
    return status;
}

int ml_ini_write_keys(ml_buf *out, const ml_tree *section, const char *line_break, ml_err *e)
{
    size_t *ends = calloc(section->count + 1, sizeof *ends);
    size_t width = 0, i, from = 0;
    ml_buf names = { 0 };
    int status;

    if (ends == NULL)
        return ml_fail_memory(e);
    status = write_names(&names, ends, &width, section, e);
    for (i = 0; i < section->count && status == 0; i++) {
        if (i > 0)
            ml_buf_text(out, line_break);
        status = write_entry(out, &section->children[i],
                             ml_bytes_slice(ml_buf_bytes(&names), from, ends[i]), width, e);
        from = ends[i];
    }
    ml_buf_free(&names);
    free(ends);
    return status;
}

/* The comment at the beginning of a section stands above its header, which the first one has only
 * when it is not DEFAULT. */
static int write_section(ml_buf *out, const ml_tree *section, bool first, ml_err *e)
{
    const bool commented = section->count > 0 && section->children[0].kind == ML_KIND_COMMENT;
    const bool named = !first || !ml_bytes_is(section->key, "DEFAULT");
    const ml_tree keys = { .children = section->children + (commented && named),
                           .count = section->count - (commented && named) };

    if (commented && named) {
        add_comment_lines(out, section->children[0].text);
        ml_buf_byte(out, '\n');
    }
    if (named && ml_ini_write_section(out, section->key, e) < 0)
        return -1;
    if (named && keys.count > 0)
        ml_buf_byte(out, '\n');
    return ml_ini_write_keys(out, &keys, "\n", e);
}

int ml_ini_write_tree(ml_buf *out, const ml_tree *tree, ml_err *e)
{
    size_t i;

    for (i = 0; i < tree->count; i++) {
        const ml_tree *child = &tree->children[i];
        const size_t before = out->len;

        if (child->kind == ML_KIND_COMMENT) {
            add_comment_lines(out, child->text);
            ml_buf_byte(out, '\n');
            continue;
        }
        if (child->kind != ML_KIND_MAP)
            return ml_fail(e, ML_E_UNSUPPORTED,
                           "Section values should always be TreeBranches: in an INI file '%.*s' "
                           "cannot stand outside of a section",
                           (int)(child->key.len > 100 ? 100 : child->key.len),
                           child->key.p == NULL ? "" : (const char *)child->key.p);
        if (write_section(out, child, i == 0, e) < 0)
            return -1;
        if (out->len > before && i + 1 < tree->count)
            ml_buf_text(out, "\n\n");
    }
    return 0;
}
