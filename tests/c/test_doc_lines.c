/* dotenv and INI documents: read as sops reads them, and changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "doc/change.h"
#include "test.h"

static ml_doc *parse(ml_format format, const char *text)
{
    ml_doc *d = NULL;
    ml_err e;

    if (ml_doc_parse(&d, format, ml_bytes_text(text), "t", &e) < 0)
        fail_msg("%s: %s", text, e.message);
    return d;
}

/* KEY=value lines, comments as #text, sections as [name: …]. */
static void describe(const ml_doc *d, ml_node map, ml_buf *out)
{
    ml_node n;

    for (n = ml_doc_node(d, map)->first; n != ML_NO_NODE; n = ml_doc_node(d, n)->next) {
        const ml_node_info *info = ml_doc_node(d, n);

        if (out->len > 0 && out->p[out->len - 1] != '[')
            ml_buf_byte(out, '|');
        if (info->kind == ML_KIND_COMMENT) {
            ml_buf_text(out, info->inline_comment ? "##" : "#");
            ml_buf_add(out, ml_doc_scalar(d, n));
            continue;
        }
        ml_buf_add(out, ml_doc_scalar(d, info->key));
        ml_buf_text(out, info->kind == ML_KIND_MAP ? "[" : "=");
        if (info->kind == ML_KIND_MAP)
            describe(d, n, out);
        else
            ml_buf_add(out, ml_doc_scalar(d, n));
        if (info->kind == ML_KIND_MAP)
            ml_buf_byte(out, ']');
    }
}

static void texts_are_read_as_sops_reads_them(void **state)
{
    static const struct {
        ml_format format;
        const char *text, *read;
    } rows[] = {
        { ML_FORMAT_DOTENV, "", "" },
        { ML_FORMAT_DOTENV, "A=1\n\nB = x=y \n", "A=1|B = x=y " },
        { ML_FORMAT_DOTENV, "#c\nA=\"1\" # d\n # no=c", "#c|A=\"1\" # d| # no=c" },
        { ML_FORMAT_DOTENV, "A=a\\nb\\\\n\r\nA=2\n=", "A=a\nb\\\n\r|A=2|=" },
        { ML_FORMAT_DOTENV, "export A=\xFF\n#", "export A=\xFF|#" },
        { ML_FORMAT_INI, "", "" },
        { ML_FORMAT_INI, "a=1\n b : 2 \n[s]\n[s]\nc=\n", "DEFAULT[a=1|b=2]|s[]|s[c=]" },
        { ML_FORMAT_INI, "\xEF\xBB\xBF[ a ]b] ; c\nk=v", " a ]b[## ; c|k=v]" },
        { ML_FORMAT_INI, "\"a=b\"=1\n`c:d`=2\n\"\"\"e\"f\"\"\"=3\n",
          "DEFAULT[a=b=1|c:d=2|e\"f=3]" },
        { ML_FORMAT_INI, "-=1\n-=2\n[s]\n-=3\n", "DEFAULT[#1=1|#2=2]|s[#1=3]" },
        { ML_FORMAT_INI, "a='x'\nb=\"x\" ; c\nc=\"a\"b\"\nd=\"\n",
          "DEFAULT[a=x|b=x|##c|c=\"a\"b\"|d=\"]" },
        { ML_FORMAT_INI, "a=\"q#x\"\n", "DEFAULT[a=\"q|##x\"]" },
        { ML_FORMAT_INI, "a=`x;y` ; c\nb=\"\"\"1\n2 # \"\"\" # d\n",
          "DEFAULT[a=x;y|##c|b=1\n2 # |##d]" },
        { ML_FORMAT_INI, "a=1 \\\n  two \\\n\n b=3\n", "DEFAULT[a=1 two |b=3]" },
        { ML_FORMAT_INI, "a=\xC2\xA0x\xE3\x80\x80\r\n", "DEFAULT[a=x]" },
        { ML_FORMAT_INI, "; one\n\n# two\na=1 ; in\n; last\n",
          "DEFAULT[a=1|#one\n \n# two\n ; in|#last]" },
        { ML_FORMAT_INI, ";;\n; x\n[s]\n# ;y\na=1\n", "s[#;;\n; x|a=1|## ;y]" },
        { ML_FORMAT_INI, "[s]\na=1\n; end\n[sops]\nb=1\n", "s[a=1|#end]|sops[b=1]" },
        { ML_FORMAT_INI, "; ENC[AES256_GCM,x]\n; y\na=1\n", "DEFAULT[a=1|#ENC[AES256_GCM,x]|#y]" },
        { ML_FORMAT_INI, "; nothing else", "#nothing else" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_doc *d = parse(rows[i].format, rows[i].text);
        ml_buf read = { 0 };

        describe(d, ml_doc_root(d, 0), &read);
        if (!ml_bytes_is(ml_buf_bytes(&read), rows[i].read))
            fail_msg("row %zu: %.*s", i, (int)read.len, (const char *)read.p);
        ml_buf_free(&read);
        ml_doc_free(d);
    }
}

static void what_cannot_be_kept_is_refused_with_its_line(void **state)
{
    static const struct {
        ml_format format;
        const char *text;
        unsigned long line;
        const char *says;
    } rows[] = {
        { ML_FORMAT_DOTENV, "A=1\nB\n", 2, "neither" },
        { ML_FORMAT_DOTENV, "A=1\n #c", 2, "neither" },
        { ML_FORMAT_INI, "a=1\n[s]\nb=1\nb=2\n", 4, "twice" },
        { ML_FORMAT_INI, "a=1\nb\n", 2, "neither" },
        { ML_FORMAT_INI, " = 1\n", 1, "empty" },
        { ML_FORMAT_INI, "[]\n", 1, "empty" },
        { ML_FORMAT_INI, "[s\n", 1, "bracket" },
        { ML_FORMAT_INI, "\"a=1\n", 1, "quote" },
        { ML_FORMAT_INI, "a=\"\"\"x\ny\n", 1, "quote" },
        { ML_FORMAT_INI, "a=`x` y\n", 1, "drops" },
        { ML_FORMAT_INI, "[s] y\n", 1, "drops" },
        { ML_FORMAT_INI, "a=1 \r; c\n", 1, "carriage" },
        { ML_FORMAT_INI, "a=\r; c\n", 1, "carriage" },
        { ML_FORMAT_INI, "a=\r\rb\n", 1, "carriage" },
        { ML_FORMAT_INI, "a=`x`\r # c\n", 1, "carriage" },
        { ML_FORMAT_INI, "\n[s]\r# c\n", 2, "carriage" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_doc *d;
        ml_err e;

        if (ml_doc_parse(&d, rows[i].format, ml_bytes_text(rows[i].text), NULL, &e) == 0)
            fail_msg("row %zu is read", i);
        if (e.line != rows[i].line || strstr(e.message, rows[i].says) == NULL)
            fail_msg("row %zu: line %lu: %s", i, e.line, e.message);
    }
}

/* The change that a row names. */
typedef struct row {
    ml_format format;
    const char *before;
    ml_change_kind kind;
    const char *path, *key, *text; /* a key: inserted, with `text` a section when it is NULL */
    const char *after;             /* NULL: refused */
} row;

static void check_row(const row *r, size_t number)
{
    ml_doc *d = parse(r->format, r->before), *fresh = NULL;
    const ml_tree leaf = { .kind = ML_KIND_SCALAR,
                           .type = ML_TYPE_STR,
                           .key = ml_bytes_text(r->key),
                           .text = ml_bytes_text(r->text) };
    const ml_tree section = {
        .kind = ML_KIND_MAP, .key = ml_bytes_text("new"), .children = &leaf, .count = 1
    };
    ml_change change = { .kind = r->kind,
                         .after = ML_LAST,
                         .tree =
                             r->format == ML_FORMAT_INI && r->path[0] == '\0' ? &section : &leaf };
    ml_edits es = { 0 };
    ml_buf out = { 0 };
    ml_err e;
    int status;

    if (ml_doc_find(d, ml_doc_root(d, 0), r->path, &change.node, &e) < 0)
        fail_msg("row %zu: %s", number, e.message);
    status = ml_change_edit(&change, d, &es, &e);
    if (status == 0)
        status = ml_edits_apply(&es, ml_doc_text(d), &out, &e);
    if (status == 0)
        status = ml_doc_parse(&fresh, r->format, ml_buf_bytes(&out), NULL, &e);
    if (status == 0)
        status = ml_change_check(&change, d, fresh, &e);
    if (r->after == NULL ? status == 0 : status < 0 || !ml_bytes_is(ml_buf_bytes(&out), r->after))
        fail_msg("row %zu: %s %.*s", number, status < 0 ? e.message : "", (int)out.len,
                 (const char *)out.p);
    ml_doc_free(fresh);
    ml_doc_free(d);
    ml_edits_free(&es);
    ml_buf_free(&out);
}

/* Seconds of this process, however busy the machine is. By far more than what is needed, and by far
 * less than if the rest of the text were looked at for each line. */
static void reading_takes_time_as_the_text_is_long(void **state)
{
    const clock_t began = clock();
    ml_buf text = { 0 };
    ml_doc *d = NULL;
    unsigned i;
    ml_err e;

    (void)state;
    ml_buf_text(&text, "[a]\n");
    for (i = 0; i < 300000; i++)
        ml_buf_format(&text, "; above\nk%u = v ; behind\n", i);
    assert_int_equal(ml_doc_parse(&d, ML_FORMAT_INI, ml_buf_bytes(&text), "t", &e), 0);
    assert_true(clock() - began < 15 * CLOCKS_PER_SEC);
    ml_doc_free(d);
    ml_buf_free(&text);
}

static void a_change_touches_its_span_alone(void **state)
{
    static const row rows[] = {
        { ML_FORMAT_DOTENV, "A=1\r\nB=2", ML_CHANGE_SET, "B", NULL, "x\ny", "A=1\r\nB=x\\ny" },
        { ML_FORMAT_DOTENV, "A=1\n", ML_CHANGE_SET, "A", NULL, "a\\nb", NULL },
        { ML_FORMAT_DOTENV, "A=1\n#c\n", ML_CHANGE_INSERT, "", "B", "2", "A=1\nB=2\n#c\n" },
        { ML_FORMAT_DOTENV, "A=1", ML_CHANGE_INSERT, "", "B", "2", "A=1\nB=2" },
        { ML_FORMAT_DOTENV, "", ML_CHANGE_INSERT, "", "B", "2", "B=2\n" },
        { ML_FORMAT_DOTENV, "A=1\n", ML_CHANGE_INSERT, "", "B=C", "2", NULL },
        { ML_FORMAT_DOTENV, "A=1\n", ML_CHANGE_INSERT, "", "#B", "2", NULL },
        { ML_FORMAT_DOTENV, "A=1\nB=2", ML_CHANGE_REMOVE, "B", NULL, NULL, "A=1" },
        { ML_FORMAT_DOTENV, "A=1\n#c\nB=2\n", ML_CHANGE_REMOVE, "A", NULL, NULL, "#c\nB=2\n" },
        { ML_FORMAT_INI, "a = 1 ; c\n", ML_CHANGE_SET, "DEFAULT/a", NULL, "x;y",
          "a = `x;y` ; c\n" },
        { ML_FORMAT_INI, "a='1'\n", ML_CHANGE_SET, "DEFAULT/a", NULL, "x", "a='x'\n" },
        { ML_FORMAT_INI, "a=1\n", ML_CHANGE_SET, "DEFAULT/a", NULL, " x", "a=\" x\"\n" },
        { ML_FORMAT_INI, "a=1\n", ML_CHANGE_SET, "DEFAULT/a", NULL, "x\ny",
          "a=\"\"\"x\ny\"\"\"\n" },
        { ML_FORMAT_INI, "a=1\n", ML_CHANGE_SET, "DEFAULT/a", NULL, "\"x\"", "a=`\"x\"`\n" },
        { ML_FORMAT_INI, "a =\n", ML_CHANGE_SET, "DEFAULT/a", NULL, "x", "a = x\n" },
        { ML_FORMAT_INI, "a=1\n", ML_CHANGE_SET, "DEFAULT/a", NULL, "\"\"\"`\nx", NULL },
        { ML_FORMAT_INI, "[s]\nlong = 1 ; c\n\n[t]\n", ML_CHANGE_INSERT, "s", "b", "2",
          "[s]\nlong = 1 ; c\nb    = 2\n\n[t]\n" },
        { ML_FORMAT_INI, "[s]\na:1\n", ML_CHANGE_INSERT, "s", "b=c", "2", "[s]\na:1\n`b=c`:2\n" },
        { ML_FORMAT_INI, "[s]\r\n[t]\r\n", ML_CHANGE_INSERT, "s", "a", "1",
          "[s]\r\na = 1\r\n[t]\r\n" },
        { ML_FORMAT_INI, "[s]\na=1\n; e\n", ML_CHANGE_INSERT, "", "b", "2",
          "[s]\na=1\n; e\n\n[new]\nb = 2\n" },
        { ML_FORMAT_INI, "[s]\na=1\n\n[t]\nb=2\n", ML_CHANGE_REMOVE, "t", NULL, NULL,
          "[s]\na=1\n" },
        { ML_FORMAT_INI, "[s]\na=1\nb=2 ; c\nc=3\n", ML_CHANGE_REMOVE, "s/b", NULL, NULL,
          "[s]\na=1\nc=3\n" },
        { ML_FORMAT_INI, "[s]\na=1\n", ML_CHANGE_INSERT, "s", "-", "2", NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i], i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_as_sops_reads_them),
        cmocka_unit_test(what_cannot_be_kept_is_refused_with_its_line),
        cmocka_unit_test(reading_takes_time_as_the_text_is_long),
        cmocka_unit_test(a_change_touches_its_span_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
