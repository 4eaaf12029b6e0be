/* json_write.c — writing JSON; see json_write.h. */
#include "format/json_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* What level[] holds: the opening bracket, and this bit while nothing stands behind it. */
enum { EMPTY = 0x80, INDENT_MOST = 8 };

static void fail(ml_json_writer *w, const char *code, const char *problem)
{
    if (w->problem == NULL) {
        w->code = code;
        w->problem = problem;
    }
}

void ml_json_writer_start(ml_json_writer *w, ml_buf *out, unsigned indent)
{
    memset(w, 0, sizeof *w);
    w->out = out;
    w->indent = indent < INDENT_MOST ? indent : INDENT_MOST;
}

static void new_line(ml_json_writer *w)
{
    if (w->indent == 0)
        return;
    ml_buf_byte(w->out, '\n');
    ml_buf_repeat(w->out, ' ', w->indent * w->depth);
}

/* Goes to the place of the next child of the innermost container. */
static void next_child(ml_json_writer *w)
{
    unsigned char *level = &w->level[w->depth - 1];

    if ((*level & EMPTY) == 0)
        ml_buf_byte(w->out, ',');
    *level &= (unsigned char)~EMPTY;
    new_line(w);
}

static bool in_object(const ml_json_writer *w)
{
    return w->depth > 0 && (w->level[w->depth - 1] & ~EMPTY) == '{';
}

/* Whether a value may come now; then the output is at its place. */
static bool begin_value(ml_json_writer *w)
{
    if (w->problem != NULL)
        return false;
    if (w->depth == 0 ? w->started : in_object(w) && !w->after_key) {
        fail(w, ML_E_ARGUMENT, w->depth == 0 ? "a second value" : "a value without a key");
        return false;
    }
    if (w->depth > 0 && !w->after_key)
        next_child(w);
    w->started = true;
    w->after_key = false;
    return true;
}

static void open_container(ml_json_writer *w, unsigned char bracket)
{
    if (!begin_value(w))
        return;
    if (w->depth == ML_LIMIT_DEPTH) {
        fail(w, ML_E_LIMIT, "too many levels");
        return;
    }
    w->level[w->depth++] = bracket | EMPTY;
    ml_buf_byte(w->out, bracket);
}

void ml_json_open_array(ml_json_writer *w)
{
    open_container(w, '[');
}

void ml_json_open_object(ml_json_writer *w)
{
    open_container(w, '{');
}

void ml_json_close(ml_json_writer *w)
{
    unsigned char level;

    if (w->problem != NULL)
        return;
    if (w->depth == 0 || w->after_key) {
        fail(w, ML_E_ARGUMENT, w->depth == 0 ? "nothing is open" : "a key without a value");
        return;
    }
    level = w->level[--w->depth];
    if ((level & EMPTY) == 0)
        new_line(w);
    ml_buf_byte(w->out, (level & ~EMPTY) == '{' ? '}' : ']');
}

/* Escapes what JSON demands, and all that a terminal would act on. */
static void write_character(ml_buf *out, uint32_t c, ml_bytes as_it_is)
{
    static const char letters[] = "bfnrt", meaning[] = "\b\f\n\r\t";
    const char *letter = c > 0 && c < ' ' ? strchr(meaning, (int)c) : NULL;

    if (c == '"' || c == '\\')
        ml_buf_byte(out, '\\');
    if (letter != NULL)
        ml_buf_format(out, "\\%c", letters[letter - meaning]);
    else if (c > 0xFFFF && ml_utf8_is_unsafe(c))
        ml_buf_format(out, "\\u%04x\\u%04x", (unsigned)(0xD7C0 + (c >> 10)),
                      (unsigned)(0xDC00 + (c & 0x3FF)));
    else if (ml_utf8_is_unsafe(c))
        ml_buf_format(out, "\\u%04x", (unsigned)c);
    else
        ml_buf_add(out, as_it_is);
}

static void write_string(ml_json_writer *w, ml_bytes text)
{
    size_t at = 0;

    ml_buf_byte(w->out, '"');
    while (at < text.len) {
        uint32_t c;
        const size_t len = ml_utf8_decode(text, at, &c);

        if (len == 0 || c == 0) {
            fail(w, ML_E_FORMAT, len == 0 ? "text that is not UTF-8" : "text that holds NUL");
            return;
        }
        write_character(w->out, c, ml_bytes_slice(text, at, at + len));
        at += len;
    }
    ml_buf_byte(w->out, '"');
}

void ml_json_add_key(ml_json_writer *w, ml_bytes key)
{
    if (w->problem != NULL)
        return;
    if (!in_object(w) || w->after_key) {
        fail(w, ML_E_ARGUMENT, "a key where none belongs");
        return;
    }
    next_child(w);
    write_string(w, key);
    ml_buf_text(w->out, w->indent > 0 ? ": " : ":");
    w->after_key = true;
}

void ml_json_add_null(ml_json_writer *w)
{
    if (begin_value(w))
        ml_buf_text(w->out, "null");
}

void ml_json_add_bool(ml_json_writer *w, bool value)
{
    if (begin_value(w))
        ml_buf_text(w->out, value ? "true" : "false");
}

void ml_json_add_integer(ml_json_writer *w, int64_t value)
{
    if (begin_value(w))
        ml_buf_format(w->out, "%lld", (long long)value);
}

void ml_json_add_number(ml_json_writer *w, double value)
{
    char text[40];
    int digits;

    if (!isfinite(value)) {
        fail(w, ML_E_FORMAT, "a number that is not finite");
        return;
    }
    if (!begin_value(w))
        return;
    for (digits = 15; digits <= 17; digits++) {
        const int used = snprintf(text, sizeof text, "%.*g", digits, value);

        if (used < 0 || strtod(text, NULL) == value)
            break;
    }
    ml_buf_text(w->out, text);
}

void ml_json_add_string(ml_json_writer *w, ml_bytes text)
{
    if (begin_value(w))
        write_string(w, text);
}

static void add_scalar(ml_json_writer *w, const ml_json *v)
{
    const ml_bytes number = ml_json_number_text(v);
    int64_t integer;

    switch (ml_json_kind_of(v)) {
    case ML_JSON_BOOL:
        ml_json_add_bool(w, ml_json_bool(v));
        break;
    case ML_JSON_STRING:
        ml_json_add_string(w, ml_json_string(v));
        break;
    case ML_JSON_NUMBER:
        if (number.len > 0 && begin_value(w))
            ml_buf_add(w->out, number);
        else if (number.len == 0 && ml_json_integer(v, &integer))
            ml_json_add_integer(w, integer);
        else if (number.len == 0)
            ml_json_add_number(w, ml_json_number(v));
        break;
    default:
        ml_json_add_null(w);
        break;
    }
}

void ml_json_add_value(ml_json_writer *w, const ml_json *v)
{
    const ml_json_kind kind = ml_json_kind_of(v);
    const ml_json *child;

    if (kind != ML_JSON_ARRAY && kind != ML_JSON_OBJECT) {
        add_scalar(w, v);
        return;
    }
    open_container(w, kind == ML_JSON_OBJECT ? '{' : '[');
    /* As deep as the text it was read from, at most ML_LIMIT_DEPTH. */
    for (child = ml_json_first(v); child != NULL; child = ml_json_next(child)) {
        if (kind == ML_JSON_OBJECT)
            ml_json_add_key(w, ml_json_key(child));
        ml_json_add_value(w, child);
    }
    ml_json_close(w);
}

int ml_json_writer_end(const ml_json_writer *w, ml_err *e)
{
    if (w->problem != NULL)
        return ml_fail(e, w->code, "JSON cannot be written: %s", w->problem);
    if (w->depth > 0 || !w->started)
        return ml_fail(e, ML_E_ARGUMENT, "JSON cannot be written: the value is not whole");
    return ml_buf_check(w->out, e);
}
