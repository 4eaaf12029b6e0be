/* Edits of documents: what is set, put in, taken out or renamed, and every other byte as it was. */
#include "tests/c/test.h"

#include <stdio.h>
#include <string.h>

#include "doc/change.h"

#define Y ML_FORMAT_YAML
#define J ML_FORMAT_JSON

static ml_doc *parse(ml_format format, const char *text)
{
    ml_doc *d = NULL;
    ml_err e;

    if (ml_doc_parse(&d, format, ml_bytes_text(text), NULL, &e) < 0)
        fail_msg("%s: %s (%lu:%lu)", text, e.message, e.line, e.column);
    return d;
}

static ml_node find(const ml_doc *d, const char *path)
{
    ml_node n = ML_NO_NODE;
    ml_err e;

    if (ml_doc_find(d, ml_doc_root(d, 0), path, &n, &e) < 0)
        fail_msg("%s: %s", path, e.message);
    return n;
}

/* Makes the change, compares the text, reads it again, and lets the change be proved. */
static void check(const ml_doc *d, const ml_change *change, const char *expected)
{
    const char *before = (const char *)ml_doc_text(d).p;
    ml_edits es = { 0 };
    ml_buf out = { 0 };
    ml_doc *fresh;
    ml_err e;

    if (ml_change_edit(change, d, &es, &e) < 0)
        fail_msg("%s: %s", before, e.message);
    assert_int_equal(ml_edits_apply(&es, ml_doc_text(d), &out, &e), 0);
    if (!ml_bytes_is(ml_buf_bytes(&out), expected))
        fail_msg("%s\nbecame\n%.*s\nnot\n%s", before, (int)out.len, (char *)out.p, expected);
    if (ml_doc_parse(&fresh, ml_doc_format(d), ml_buf_bytes(&out), NULL, &e) < 0 ||
        ml_change_check(change, d, fresh, &e) < 0)
        fail_msg("%s: %s", expected, e.message);
    ml_doc_free(fresh);
    ml_edits_free(&es);
    ml_buf_free(&out);
}

static void a_scalar_is_set_in_its_own_style(void **state)
{
    static const struct {
        ml_format format;
        const char *text, *path;
        ml_type type;
        const char *value, *expected;
    } rows[] = {
        { Y, "a: 1 # c\nb: 2\n", "a", ML_TYPE_STR, "x", "a: x # c\nb: 2\n" },
        { Y, "a: 'x'\n", "a", ML_TYPE_STR, "it's", "a: 'it''s'\n" },
        { Y, "a: \"x\"\n", "a", ML_TYPE_STR, "1", "a: \"1\"\n" },
        { Y, "a: x\n", "a", ML_TYPE_STR, "1", "a: \"1\"\n" },
        { Y, "a: x\n", "a", ML_TYPE_STR, "yes", "a: \"yes\"\n" },
        { Y, "a: x\n", "a", ML_TYPE_STR, "b: c", "a: 'b: c'\n" },
        { Y, "a: x\n", "a", ML_TYPE_STR, "", "a: \"\"\n" },
        { Y, "a: x\n", "a", ML_TYPE_STR, "\xF0\x9F\x98\x80", "a: \xF0\x9F\x98\x80\n" },
        { Y, "a: x\n", "a", ML_TYPE_STR, "one\ntwo\n", "a: |\n  one\n  two\n" },
        { Y, "a: x # c\n", "a", ML_TYPE_STR, "one\ntwo\n", "a: \"one\\ntwo\\n\" # c\n" },
        { Y, "a: x  \n", "a", ML_TYPE_STR, "one\ntwo\n", "a: \"one\\ntwo\\n\"  \n" },
        { Y, "a: x\n    \nb: 1\n", "a", ML_TYPE_STR, "one\ntwo", "a: \"one\\ntwo\"\n    \nb: 1\n" },
        { Y, "a: x\xE2\x80\xA8", "a", ML_TYPE_STR, "one\ntwo", "a: \"one\\ntwo\"\xE2\x80\xA8" },
        { Y, "a: x\xC2\x85z: 1\n", "a", ML_TYPE_STR, "one\ntwo",
          "a: |-\n  one\n  two\xC2\x85z: 1\n" },
        { Y, "a: x\n\nb: 1\n", "a", ML_TYPE_STR, "one\ntwo", "a: |-\n  one\n  two\n\nb: 1\n" },
        { Y, "a: x\n  # deep\nb: 1\n", "a", ML_TYPE_STR, "one\ntwo",
          "a: \"one\\ntwo\"\n  # deep\nb: 1\n" },
        { Y, "a: |\n    x\nb: 1\n", "a", ML_TYPE_STR, "y\n\nz", "a: |-\n    y\n\n    z\nb: 1\n" },
        { Y, "a: |\n    x\nb: 1\n", "a", ML_TYPE_STR, " y\n", "a: |4\n     y\nb: 1\n" },
        { Y, "a: | # c\n  x\nb: 1\n", "a", ML_TYPE_INT, "7", "a: 7 # c\nb: 1\n" },
        { Y, "a: |#c\n  x\n", "a", ML_TYPE_INT, "7", "a: 7 #c\n" },
        { Y, "a: |\r\n  x\r\nb: 1\r\n", "a", ML_TYPE_STR, "y\nz\n",
          "a: |\r\n  y\r\n  z\r\nb: 1\r\n" },
        { Y, "a:\nb: 1\n", "a", ML_TYPE_STR, "x", "a: x\nb: 1\n" },
        { Y, "a:   # c\n", "a", ML_TYPE_STR, "x", "a: x   # c\n" },
        { Y, "a: 'x'#c\n", "a", ML_TYPE_STR, "v", "a: 'v'#c\n" },
        { Y, "a: 'x'#c\n", "a", ML_TYPE_INT, "7", "a: 7 #c\n" },
        { Y, "? 'a'#c\n", "a", ML_TYPE_STR, "x", "? 'a'\n: x #c\n" },
        { Y, "- \n- y\n", "0", ML_TYPE_STR, "x", "- x \n- y\n" },
        { Y, "? a\n? b\n", "a", ML_TYPE_STR, "x", "? a\n: x\n? b\n" },
        { Y, "{a, b: 1}\n", "a", ML_TYPE_STR, "x", "{a: x, b: 1}\n" },
        { Y, "{a: x, b: [y]}\n", "a", ML_TYPE_STR, "p, q", "{a: 'p, q', b: [y]}\n" },
        { Y, "a: &n x\nb: *n\n", "a", ML_TYPE_STR, "z", "a: &n z\nb: *n\n" },
        { Y, "a: !!int 1\n", "a", ML_TYPE_STR, "x", "a: x\n" },
        { Y, "a: !!str x\n", "a", ML_TYPE_STR, "1", "a: !!str 1\n" },
        { Y, "a: !mine x\n", "a", ML_TYPE_STR, "y", "a: !mine y\n" },
        { Y, "a: x\n", "a", ML_TYPE_NULL, "", "a: null\n" },
        { Y, "a: x\n", "a", ML_TYPE_FLOAT, "1000000", "a: 1e+06\n" },
        { Y, "a: x\n", "a", ML_TYPE_BOOL, "True", "a: true\n" },
        { Y, "&a\nx\n", "", ML_TYPE_STR, "---", "&a\n'---'\n" },
        { J, "{ \"a\" :1 ,\"b\": 2}", "a", ML_TYPE_STR, "q\"\n",
          "{ \"a\" :\"q\\\"\\n\" ,\"b\": 2}" },
        { J, "{\"a\": \"x\"}\n", "a", ML_TYPE_BOOL, "False", "{\"a\": false}\n" },
        { J, "[\r\n\t1\r\n]", "0", ML_TYPE_NULL, "", "[\r\n\tnull\r\n]" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_doc *d = parse(rows[i].format, rows[i].text);
        const ml_tree tree = { .kind = ML_KIND_SCALAR,
                               .type = rows[i].type,
                               .text = ml_bytes_text(rows[i].value) };
        const ml_change change = { .node = find(d, rows[i].path), .tree = &tree };

        check(d, &change, rows[i].expected);
        ml_doc_free(d);
    }
}

/* What is put in: the string "v", or { k: v, l: [w] }; under the key "new" in a map. */
static const ml_tree one_item = { .kind = ML_KIND_SCALAR,
                                  .type = ML_TYPE_STR,
                                  .text = { (const unsigned char *)"w", 1 } };

static ml_tree make_tree(ml_tree children[2], bool nested, bool keyed)
{
    ml_tree tree = { .kind = ML_KIND_SCALAR, .type = ML_TYPE_STR, .text = ml_bytes_text("v") };

    if (nested) {
        children[0] = tree;
        children[0].key = ml_bytes_text("k");
        children[1] = (ml_tree){
            .kind = ML_KIND_LIST, .key = ml_bytes_text("l"), .children = &one_item, .count = 1
        };
        tree = (ml_tree){ .kind = ML_KIND_MAP, .children = children, .count = 2 };
    }
    if (keyed)
        tree.key = ml_bytes_text("new");
    return tree;
}

static void an_entry_is_inserted_as_its_neighbours_stand(void **state)
{
    static const struct {
        ml_format format;
        const char *text, *into;
        const char *after; /* "" the first place, "*" the last, else the path of a child */
        bool nested;
        const char *expected;
    } rows[] = {
        { Y, "a: 1\nb: 2\n", "", "*", false, "a: 1\nb: 2\nnew: v\n" },
        { Y, "a: 1\nb: 2\n", "", "", false, "new: v\na: 1\nb: 2\n" },
        { Y, "a: 1 # c\nb: 2\n", "", "a", false, "a: 1 # c\nnew: v\nb: 2\n" },
        { Y, "a: 1", "", "*", false, "a: 1\nnew: v" },
        { Y, "a: |\n  x", "", "*", false, "a: |-\n  x\nnew: v" },
        { Y, "a: |+\n  x\n\n\nb: 1\n", "", "a", false, "a: |+\n  x\n\n\nnew: v\nb: 1\n" },
        { Y, "a: |+\n  x\n ", "", "*", false, "a: |+\n  x\nnew: v\n " },
        { Y, "? |\n  x", "", "*", false, "? |-\n  x\nnew: v" },
        { Y, "? |+\n  x\n\nb: 1\n", "", "x\n\n", false, "? |+\n  x\n\nnew: v\nb: 1\n" },
        { Y, "?\n|\n  x\n", "", "", false, "new: v\n?\n|\n  x\n" },
        { Y, "?: 1\nb: 2\n", "", "?", false, "?: 1\nnew: v\nb: 2\n" },
        { Y, "a:\n    b: 1\nc: 2\n", "a", "*", true,
          "a:\n    b: 1\n    new:\n        k: v\n        l:\n            - w\nc: 2\n" },
        { Y, "a:\n  - x\n  # c\nb: 1\n", "a", "*", false, "a:\n  - x\n  - v\n  # c\nb: 1\n" },
        { Y, "a:\n- x\nb: 1\n", "a", "*", true, "a:\n- x\n- k: v\n  l:\n  - w\nb: 1\n" },
        { Y, "a:\n- x\n", "a", "", false, "a:\n- v\n- x\n" },
        { Y, "a:\r\n  b: 1\r\n", "a", "*", false, "a:\r\n  b: 1\r\n  new: v\r\n" },
        { Y, "{a: 1}\n", "", "*", true, "{a: 1, new: {k: v, l: [w]}}\n" },
        { Y, "a: [x, y]\n", "a", "", false, "a: [v, x, y]\n" },
        { Y, "a: [x, y]\n", "a", "0", false, "a: [x, v, y]\n" },
        { Y, "a: [\n  x, # c\n  y\n]\n", "a", "*", false, "a: [\n  x, # c\n  y,\n  v\n]\n" },
        { Y, "a: [\n  x,\n  y, # c\n]\n", "a", "*", false, "a: [\n  x,\n  y, # c\n  v,\n]\n" },
        { Y, "a: {b: }\n", "a", "*", false, "a: {b: , new: v }\n" },
        { Y, "a: {-}\n", "a", "*", false, "a: {-, new: v}\n" },
        { Y, "a: {}\n", "a", "*", false, "a:\n  new: v\n" },
        { Y, "[]# c\n", "", "*", false, "- v # c\n" },
        { Y, "a: {\n  x: 1,\n  y:\n}\n", "a", "*", false, "a: {\n  x: 1,\n  y: ,\n  new: v\n}\n" },
        { Y, "a: [] # c\n", "a", "*", false, "a: # c\n  - v\n" },
        { Y, "--- {}\n", "", "*", false, "---\nnew: v\n" },
        { Y, "--- &a []# c\n", "", "*", false, "--- &a\n- v # c\n" },
        { Y, "-    []\n-\n   {}\n", "0", "*", true, "- - k: v\n    l:\n      - w\n-\n   {}\n" },
        { Y, "- &a {}\n-\n   {}\n", "1", "*", false, "- &a {}\n-\n  new: v\n" },
        { Y, "- &a {}\n", "0", "*", false, "- &a\n  new: v\n" },
        { Y, "  [] # c\n", "", "*", true, "- k: v\n  l:\n    - w # c\n" },
        { Y, "a: [\n  x, y\n]\n", "a", "0", false, "a: [\n  x, v, y\n]\n" },
        { Y, "[a, [b]#c\n]\n", "", "*", false, "[a, [b], v #c\n]\n" },
        { Y, "[a:\n#c\n!- ,p:\n ]\n", "", "*", false, "[a:\n#c\n!- ,p: , v\n ]\n" },
        { Y, "[a: 1, #c\n p:\n ]\n", "", "*", false, "[a: 1, #c\n p: ,\n v\n ]\n" },
        { Y, "a: {}# c\n", "a", "*", false, "a: # c\n  new: v\n" },
        { Y, "a:\nb: 1\n", "a", "*", false, "a:\n  new: v\nb: 1\n" },
        { Y, "{}\n", "", "*", false, "new: v\n" },
        { Y, "a: {# c\n}\n", "a", "*", false, "a: {new: v # c\n}\n" },
        { Y, "---\n# only\n", "", "*", false, "---\n# only\nnew: v\n" },
        { J, "{\"a\": 1}", "", "*", false, "{\"a\": 1, \"new\": \"v\"}" },
        { J, "{\"a\":1,\"b\":2}", "", "a", false, "{\"a\":1,\"new\":\"v\",\"b\":2}" },
        { J, "{\n\t\"a\": 1\n}\n", "", "*", true,
          "{\n\t\"a\": 1,\n\t\"new\": {\n\t\t\"k\": \"v\",\n\t\t\"l\": "
          "[\n\t\t\t\"w\"\n\t\t]\n\t}\n}\n" },
        { J, "{\r\n  \"a\": [\r\n    1\r\n  ]\r\n}", "a", "", false,
          "{\r\n  \"a\": [\r\n    \"v\",\r\n    1\r\n  ]\r\n}" },
        { J, "{\"a\": []}", "a", "*", false, "{\"a\": [\"v\"]}" },
        { J, "{ }", "", "*", false, "{\"new\": \"v\"}" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_doc *d = parse(rows[i].format, rows[i].text);
        const ml_node into = find(d, rows[i].into);
        const char *after = rows[i].after;
        ml_tree children[2], tree;
        ml_change change = {
            .kind = ML_CHANGE_INSERT, .node = into, .after = ML_NO_NODE, .tree = &tree
        };

        if (after[0] == '*')
            change.after = ML_LAST;
        else if (after[0] >= '0' && after[0] <= '9')
            change.after = ml_doc_item(d, into, (size_t)(after[0] - '0'));
        else if (after[0] != '\0')
            change.after = ml_doc_get(d, into, ml_bytes_text(after));
        tree = make_tree(children, rows[i].nested, strstr(rows[i].expected, "new") != NULL);
        check(d, &change, rows[i].expected);
        ml_doc_free(d);
    }
}

static void a_text_of_lines_takes_nothing_in(void **state)
{
    static const struct {
        const char *text, *into, *expected;
    } rows[] = {
        { "-  a: 1\n    # c\n", "0", "-  a: 1\n   new: \"v\\nw\\n\"\n    # c\n" },
        { "{} \n", "", "new: \"v\\nw\\n\" \n" },
        { "{} # c\n", "", "new: \"v\\nw\\n\" # c\n" },
        { "{}\n", "", "new: |\n  v\n  w\n" },
    };
    const ml_tree tree = { .kind = ML_KIND_SCALAR,
                           .type = ML_TYPE_STR,
                           .text = ml_bytes_text("v\nw\n"),
                           .key = ml_bytes_text("new") };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_doc *d = parse(Y, rows[i].text);
        const ml_change change = {
            .kind = ML_CHANGE_INSERT, .node = find(d, rows[i].into), .after = ML_LAST, .tree = &tree
        };

        check(d, &change, rows[i].expected);
        ml_doc_free(d);
    }
}

static void an_entry_is_removed_with_what_is_its_own(void **state)
{
    static const struct {
        ml_format format;
        const char *text, *path, *expected;
    } rows[] = {
        { Y, "a: 1\nb: 2 # of b\nc: 3\n", "b", "a: 1\nc: 3\n" },
        { Y, "a: 1\n# above\nb: 2\nc: 3\n", "b", "a: 1\n# above\nc: 3\n" },
        { Y, "a: 1\nb:\n  c: 2\n  # of b\n\nd: 3\n", "b", "a: 1\n\nd: 3\n" },
        { Y, "a: |\n  x\nb: 1\n  # of b\nc: 2\n", "b", "a: |\n  x\nc: 2\n" },
        { Y, "a: 1\nb: 2", "b", "a: 1" },
        { Y, "a: |\n  x\nb: 2", "b", "a: |\n  x\n" },
        { Y, "a: 1\r\nb: 2\r\n", "a", "b: 2\r\n" },
        { Y, "a:\n  b: 1\nc: 2\n", "a/b", "a: {}\nc: 2\n" },
        { Y, "a:\n  - x\nc: 2\n", "a/0", "a: []\nc: 2\n" },
        { Y, "a:\n- x # - c\n- # - c\n  y\n- z\n", "a/1", "a:\n- x # - c\n- z\n" },
        { Y, "- a: 1\n  b: 2\n- c\n", "0/a", "- b: 2\n- c\n" },
        { Y, "a: |+\n  x\n\n\nb: 1\n", "a", "b: 1\n" },
        { Y, "a: |+\n  x\n\nb: 1\n\nc: 2\n", "b", "a: |+\n  x\n\nc: 2\n" },
        { Y, "? a\n: 1\n? b # :\n: 2\nc: 3\n", "b", "? a\n: 1\nc: 3\n" },
        { Y, "a: 1\n?\n\n|\n x\n", "x\n", "a: 1\n" },
        { Y, "?: 1\n# ?\nb: 2\n", "b", "?: 1\n# ?\n" },
        { Y, "?#a: 1\nb: 2\n", "b", "?#a: 1\n" },
        { Y, "a: [x, y, z]\n", "a/1", "a: [x, z]\n" },
        { Y, "a: [x, y]\n", "a/1", "a: [x]\n" },
        { Y, "a: [x,]\n", "a/0", "a: []\n" },
        { Y, "a: {b: 1, c: 2}\n", "a/b", "a: {c: 2}\n" },
        { Y, "a: [\n  x, # c\n  y,\n]\n", "a/0", "a: [\n  y,\n]\n" },
        { Y, "{a: 1\n, b: 2}\n", "a", "{b: 2}\n" },
        { Y, "{? a: 1, ? b : 2}\n", "b", "{? a: 1}\n" },
        { Y, "[-, a]\n", "1", "[-,]\n" },
        { Y, "[-, a,]\n", "1", "[-,]\n" },
        { Y, "[-, a ,]\n", "1", "[-,]\n" },
        { Y, "[\n---, a\n]\n", "1", "[\n---,\n]\n" },
        { Y, "[a\n..., b\n]\n", "1", "[a\n...,\n]\n" },
        { Y, "[a, # of a\n # of b\n b]\n", "0", "[\n # of b\n b]\n" },
        { Y, "[a, # of a\n b]\n", "0", "[b]\n" },
        { Y, "[a, # of a\n # of b\n b]\n", "1", "[a, # of a\n # of b\n ]\n" },
        { Y, "{a: 1 # of a\n , ? # of b\n b: 2,}\n", "b", "{a: 1 # of a\n ,  # of b\n }\n" },
        { Y, "[a, [b]#c\n]\n", "1", "[a #c\n]\n" },
        { Y, "[k: -, a\n]\n", "1", "[k: -,\n]\n" },
        { Y, "[{k: -}, a]\n", "1", "[{k: -}]\n" },
        { Y, "{? #c\n a: 1}\n", "a", "{ #c\n }\n" },
        { Y, "{?\n a\n}\n", "a", "{\n}\n" },
        { Y, "{a: 1, ? #c\n b: 2 #d\n}\n", "b", "{a: 1,  #c\n}\n" },
        { J, "{\"a\": 1, \"b\": 2}", "a", "{\"b\": 2}" },
        { J, "{\"a\":1,\"b\":2}", "b", "{\"a\":1}" },
        { J, "{\n  \"a\": 1,\n  \"b\": 2\n}\n", "b", "{\n  \"a\": 1\n}\n" },
        { J, "{\n  \"a\": 1,\n  \"b\": 2\n}\n", "a", "{\n  \"b\": 2\n}\n" },
        { J, "[ 1 ]", "0", "[]" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_doc *d = parse(rows[i].format, rows[i].text);
        const ml_change change = { .kind = ML_CHANGE_REMOVE, .node = find(d, rows[i].path) };

        check(d, &change, rows[i].expected);
        ml_doc_free(d);
    }
}

static void a_value_is_replaced_by_another_kind(void **state)
{
    static const struct {
        ml_format format;
        const char *text, *path;
        bool nested;
        const char *expected;
    } rows[] = {
        { Y, "a: 1\nb: 2\n", "a", true, "a:\n  k: v\n  l:\n    - w\nb: 2\n" },
        { Y, "a: 1 # c\nb: 2\n", "a", true, "a: # c\n  k: v\n  l:\n    - w\nb: 2\n" },
        { Y, "a:\n  b:\n    c: 1\nd: 2\n", "a", false, "a: v\nd: 2\n" },
        { Y, "a:\n  b: 1\nd: 2\n", "a", true, "a:\n  k: v\n  l:\n    - w\nd: 2\n" },
        { Y, "a:\n- x\n- y\n", "a/0", true, "a:\n- k: v\n  l:\n  - w\n- y\n" },
        { Y, "a: {b: 1}\n", "a/b", true, "a: {b: {k: v, l: [w]}}\n" },
        { Y, "a: {b: 1}\n", "a", false, "a: v\n" },
        { Y, "? a\n: - x\nb: 1\n", "a", false, "? a\n: v\nb: 1\n" },
        { Y, "a: &x\n  b: 1\nc: *x\n", "a", false, "a: &x v\nc: *x\n" },
        { J, "{\"a\": {\"b\": 1}, \"c\": 2}", "a", false, "{\"a\": \"v\", \"c\": 2}" },
        { J, "{\"a\": 1}", "a", true, "{\"a\": {\"k\": \"v\", \"l\": [\"w\"]}}" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_doc *d = parse(rows[i].format, rows[i].text);
        ml_tree children[2], tree = make_tree(children, rows[i].nested, false);
        const ml_change change = { .node = find(d, rows[i].path), .tree = &tree };

        check(d, &change, rows[i].expected);
        ml_doc_free(d);
    }
}

static void an_anchor_is_renamed_with_its_aliases(void **state)
{
    ml_doc *d = parse(Y, "a: &old 1 # &old\nb: [*old, &other 2, *other]\n<<: &m {c: *old}\n");
    const ml_change change = { .kind = ML_CHANGE_RENAME,
                               .node = find(d, "a"),
                               .name = ml_bytes_text("new") };
    ml_edits es = { 0 };
    ml_err e;

    (void)state;
    check(d, &change, "a: &new 1 # &old\nb: [*new, &other 2, *other]\n<<: &m {c: *new}\n");
    assert_int_equal(ml_edit_rename_anchor(&es, d, find(d, "b"), ml_bytes_text("new"), &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_int_equal(ml_edit_rename_anchor(&es, d, find(d, "a"), ml_bytes_text("n w"), &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    ml_doc_free(d);
}

static void what_cannot_be_done_is_refused(void **state)
{
    ml_doc *d = parse(Y, "a: 1\nb: [x]\nc: {d: 1}\n");
    const ml_tree item = one_item;
    ml_tree keyed = one_item;
    ml_edits es = { 0 };
    ml_buf out = { 0 };
    ml_err e;

    (void)state;
    keyed.key = ml_bytes_text("d");
    assert_int_equal(ml_edit_insert(&es, d, find(d, "b"), ML_LAST, &keyed, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_int_equal(ml_edit_insert(&es, d, find(d, "c"), ML_LAST, &item, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_int_equal(ml_edit_insert(&es, d, find(d, "a"), ML_LAST, &keyed, &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_int_equal(ml_edit_insert(&es, d, find(d, "c"), ML_LAST, &keyed, &e), -1);
    assert_string_equal(e.code, ML_E_EXISTS);
    assert_int_equal(e.line, 3);
    assert_int_equal(ml_edit_remove(&es, d, ml_doc_root(d, 0), &e), -1);
    assert_string_equal(e.code, ML_E_ARGUMENT);
    assert_int_equal(ml_edits_replace(&es, 0, 4, ml_bytes_text("x"), &e), 0);
    assert_int_equal(ml_edits_replace(&es, 3, 5, ml_bytes_text("y"), &e), 0);
    assert_int_equal(ml_edits_apply(&es, ml_doc_text(d), &out, &e), -1);
    assert_string_equal(e.code, ML_E_CONFLICT);
    ml_edits_free(&es);
    ml_buf_free(&out);
    ml_doc_free(d);
}

/* A text that is not `before` with the change: what the check is there for. */
static void a_change_that_did_more_is_found(void **state)
{
    static const struct {
        const char *before;
        ml_change_kind kind;
        const char *path, *after;
    } rows[] = {
        { "a: 1\nb: 2\n", ML_CHANGE_SET, "a", "a: w\nb: 3\n" },
        { "a: 1\nb: 2\n", ML_CHANGE_SET, "a", "a: v\nb: 2\n" },
        { "a: 1\nb: 2\n", ML_CHANGE_SET, "a", "c: w\nb: 2\n" },
        { "a: 1\nb: 2\n", ML_CHANGE_SET, "a", "a: w\n" },
        { "a: 1\nb: 2\n", ML_CHANGE_SET, "a", "a: w\nb: 2\nc: 3\n" },
        { "a: 1\nb: 2\n", ML_CHANGE_SET, "a", "a: w\n---\nb: 2\n" },
        { "a: 1\nb: '2'\n", ML_CHANGE_SET, "a", "a: w\nb: 2\n" },
        { "a: 1\nb: !t 2\n", ML_CHANGE_SET, "a", "a: w\nb: 2\n" },
        { "a: &x 1\nb: *x\n", ML_CHANGE_SET, "a", "a: w\nb: w\n" },
        { "a: &x 1\nb: *x\n", ML_CHANGE_SET, "a", "a: &y w\nb: *y\n" },
        { "a: 1 # c\n", ML_CHANGE_SET, "a", "a: w# c\n" },
        { "a: 1 # c\n", ML_CHANGE_SET, "a", "a: w\n" },
        { "a: 1 # c\n", ML_CHANGE_SET, "a", "a: w # d\n" },
        { "a: {b: 1}\nc: 1\n", ML_CHANGE_SET, "a", "a: [w]\nc: 1\n" },
        { "a: [x]\nb: [y]\n", ML_CHANGE_INSERT, "a", "a: [x]\nb: [y, w]\n" },
        { "a: [x]\nb: [y]\n", ML_CHANGE_INSERT, "a", "a: [w, x]\nb: [y]\n" },
        { "a: [x]\nb: [y]\n", ML_CHANGE_INSERT, "a", "a: [x, [w]]\nb: [y]\n" },
        { "a: [x]\nb: [y]\n", ML_CHANGE_INSERT, "a", "a: [x]\nb: [y]\n" },
        { "a: [x]\nb: [y]\n", ML_CHANGE_INSERT, "a", "a: [x, w, w]\nb: [y]\n" },
        { "a: [x] # c\n", ML_CHANGE_INSERT, "a", "a:\n- x\n- w\n" },
        { "a:\nb: 1\n", ML_CHANGE_INSERT, "a", "a: w\nb: 1\n" },
        { "a: 1\nb: 2\n", ML_CHANGE_REMOVE, "a", "a: 1\n" },
        { "a: 1\nb: 2\n", ML_CHANGE_REMOVE, "a", "a: 1\nb: 2\n" },
        { "a: 1\nb: 2\n", ML_CHANGE_REMOVE, "a", "{}\n" },
        { "a: |\n  x\nb: 2\n", ML_CHANGE_REMOVE, "b", "a: |-\n  x\n" },
        { "a: [x, [y]]\n", ML_CHANGE_REMOVE, "a/0", "a: [y]\n" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_doc *d = parse(Y, rows[i].before), *wrong = parse(Y, rows[i].after);
        const ml_change change = {
            .kind = rows[i].kind, .node = find(d, rows[i].path), .after = ML_LAST, .tree = &one_item
        };
        ml_err e;

        if (ml_change_check(&change, d, wrong, &e) == 0)
            fail_msg("%s\nbecame\n%s", rows[i].before, rows[i].after);
        assert_string_equal(e.code, ML_E_UNSUPPORTED);
        ml_doc_free(d);
        ml_doc_free(wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scalar_is_set_in_its_own_style),
        cmocka_unit_test(an_entry_is_inserted_as_its_neighbours_stand),
        cmocka_unit_test(a_text_of_lines_takes_nothing_in),
        cmocka_unit_test(an_entry_is_removed_with_what_is_its_own),
        cmocka_unit_test(a_value_is_replaced_by_another_kind),
        cmocka_unit_test(an_anchor_is_renamed_with_its_aliases),
        cmocka_unit_test(what_cannot_be_done_is_refused),
        cmocka_unit_test(a_change_that_did_more_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
