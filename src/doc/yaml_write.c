/* yaml_write.c — a typed value written into its place in a YAML text; see yaml_edit.h. */
#include <string.h>

#include "base/text.h"
#include "crypto/encode.h"
#include "doc/value.h"
#include "doc/yaml_edit.h"
#include "doc/yaml_spell.h"

static size_t final_breaks(ml_bytes text)
{
    size_t count = 0;

    while (count < text.len && text.p[text.len - 1 - count] == '\n')
        count++;
    return count;
}

/* The chomping indicator for `count` final line breaks, or '!' when what follows does not allow
 * it: empty lines that stand behind the scalar belong to the file, not to the value. */
static char chomping(const ml_yaml_place *place, size_t count)
{
    if (count == 0)
        return '-';
    if (place->breaks == 0)
        return '!';
    if (count == 1)
        return ' ';
    return place->breaks <= count ? '+' : '!';
}

static bool needs_digit(const ml_yaml_place *place, ml_bytes text)
{
    return place->keep_digit || ml_yaml_block_needs_digit(text);
}

static bool block_fits(const ml_yaml_place *place, ml_bytes text)
{
    const size_t digit = place->indent - place->around;

    if (!place->block || place->flow || place->deep || text.len == 0 ||
        final_breaks(text) == text.len || !ml_yaml_block_fits(text) ||
        chomping(place, final_breaks(text)) == '!')
        return false;
    return !needs_digit(place, text) || (digit >= 1 && digit <= 9);
}

static void write_block(ml_buf *out, const ml_yaml_place *place, bool folded, ml_bytes text)
{
    const size_t count = final_breaks(text);
    const ml_bytes body = ml_bytes_slice(text, 0, text.len - count);
    const char chomp = chomping(place, count);
    size_t more = chomp == '+' ? count - place->breaks : 0;

    ml_buf_byte(out, folded ? '>' : '|');
    if (needs_digit(place, text))
        ml_buf_byte(out, (unsigned char)('0' + place->indent - place->around));
    if (chomp != ' ')
        ml_buf_byte(out, (unsigned char)chomp);
    if (folded)
        ml_yaml_write_folded(out, body, place->indent, place->newline);
    else
        ml_yaml_write_literal(out, body, place->indent, place->newline);
    for (; more > 0; more--)
        ml_buf_add(out, place->newline);
}

static bool plain_fits(const ml_yaml_place *place, bool was_plain, ml_bytes text)
{
    /* a new entry in brackets may come to stand on a line of its own */
    if (!ml_yaml_plain_fits(text, place->flow, place->line_start || (place->flow && !was_plain)))
        return false;
    if (place->typed)
        return true;
    return was_plain ? ml_value_yaml_type(text) == ML_TYPE_STR : ml_yaml_reads_as_text(text);
}

/* The style for a string. */
static ml_style choose(const ml_yaml_place *place, ml_style wanted, bool was_plain, ml_bytes text)
{
    const bool lines = ml_bytes_find(text, 0, '\n') != SIZE_MAX;

    if (wanted == ML_STYLE_PLAIN && plain_fits(place, was_plain, text))
        return ML_STYLE_PLAIN;
    if (wanted == ML_STYLE_SINGLE && ml_yaml_single_fits(text))
        return ML_STYLE_SINGLE;
    if (wanted == ML_STYLE_DOUBLE)
        return ML_STYLE_DOUBLE;
    if ((wanted == ML_STYLE_LITERAL || wanted == ML_STYLE_FOLDED) && block_fits(place, text))
        return wanted;
    if (lines)
        return block_fits(place, text) ? ML_STYLE_LITERAL : ML_STYLE_DOUBLE;
    if (plain_fits(place, false, text))
        return ML_STYLE_PLAIN;
    return ml_yaml_reads_as_text(text) && ml_yaml_single_fits(text) && text.len > 0
               ? ML_STYLE_SINGLE
               : ML_STYLE_DOUBLE;
}

static void write_string(ml_buf *out, const ml_yaml_place *place, ml_style style, ml_bytes text)
{
    switch (style) {
    case ML_STYLE_PLAIN:
        ml_buf_add(out, text);
        break;
    case ML_STYLE_SINGLE:
        ml_yaml_write_single(out, text);
        break;
    case ML_STYLE_DOUBLE:
        ml_yaml_write_double(out, text, false);
        break;
    default:
        write_block(out, place, style == ML_STYLE_FOLDED, text);
        break;
    }
}

static void write_binary(ml_buf *out, ml_bytes bytes)
{
    const size_t size = ml_base64_size(ML_BASE64_PADDED, bytes.len);
    unsigned char *room;

    ml_buf_text(out, "!!binary ");
    room = ml_buf_room(out, size);
    if (room == NULL)
        return;
    ml_base64_encode(ML_BASE64_PADDED, (char *)room, bytes);
    out->len += size;
}

int ml_yaml_write_scalar(ml_buf *out, const ml_yaml_place *place, ml_style wanted, bool was_plain,
                         ml_type type, ml_bytes text, ml_err *e)
{
    switch (type) {
    case ML_TYPE_NULL:
    case ML_TYPE_INT:
    case ML_TYPE_FLOAT:
    case ML_TYPE_BOOL:
    case ML_TYPE_TIME:
        if (ml_value_spell(ML_FORMAT_YAML, type, text, out, e) < 0)
            return -1;
        break;
    default:
        if (ml_utf8_check(text) != SIZE_MAX)
            write_binary(out, text);
        else
            write_string(out, place, choose(place, wanted, was_plain, text), text);
        break;
    }
    return ml_buf_check(out, e);
}
