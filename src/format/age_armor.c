/* age_armor.c — see age_armor.h. Whole texts go through the same reader and writer as pieces. */
#include "format/age_armor.h"

#include <string.h>

#include "crypto/encode.h"
#include "format/age.h"

static const char begin_line[] = "-----BEGIN AGE ENCRYPTED FILE-----";
static const char end_line[] = ML_AGE_ARMOR_END;

static const char no_begin[] = "no BEGIN line, or other text on it";
static const char wrong_columns[] = "a line does not have 4, 8, … or 64 columns";

enum {
    COLUMNS = 64,
    LINE_BYTES = 48,
    AROUND = 1024 /* white space that may stand before BEGIN, and a little less behind END */
};

/* Where the reader stands; zero is the beginning. */
enum { BEFORE, INSIDE, SHORT_LINE_SEEN, AFTER };

/* White space of ASCII, as Go trims it off armor. */
static bool is_ascii_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static bool is_blank(ml_bytes text)
{
    size_t i;

    for (i = 0; i < text.len; i++)
        if (!is_ascii_space(text.p[i]))
            return false;
    return true;
}

bool ml_age_is_armored(ml_bytes text)
{
    size_t at = 0;

    while (at < text.len && at <= 2 * AROUND && is_ascii_space(text.p[at]))
        at++;
    return ml_bytes_starts(ml_bytes_slice(text, at, text.len), begin_line);
}

void ml_age_armor_begin(ml_buf *out)
{
    ml_buf_text(out, begin_line);
    ml_buf_byte(out, '\n');
}

static void write_line(ml_buf *out, ml_bytes part)
{
    const size_t size = ml_base64_size(ML_BASE64_PADDED, part.len);
    unsigned char *room = ml_buf_room(out, size + 1);

    if (room == NULL)
        return;
    ml_base64_encode(ML_BASE64_PADDED, (char *)room, part);
    room[size] = '\n';
    out->len += size + 1;
}

void ml_age_armor_add(ml_age_armor_writer *w, ml_buf *out, ml_bytes binary)
{
    while (w->count + binary.len >= LINE_BYTES) {
        const size_t take = LINE_BYTES - w->count;

        if (w->count == 0) {
            write_line(out, ml_bytes_slice(binary, 0, LINE_BYTES));
        } else {
            memcpy(w->held + w->count, binary.p, take);
            write_line(out, ml_bytes_of(w->held, LINE_BYTES));
            w->count = 0;
        }
        binary = ml_bytes_slice(binary, take, binary.len);
    }
    if (binary.len > 0)
        memcpy(w->held + w->count, binary.p, binary.len);
    w->count += binary.len;
}

void ml_age_armor_end(ml_age_armor_writer *w, ml_buf *out)
{
    if (w->count > 0)
        write_line(out, ml_bytes_of(w->held, w->count));
    w->count = 0;
    ml_buf_text(out, end_line);
    ml_buf_byte(out, '\n');
}

void ml_age_armor_write(ml_buf *out, ml_bytes binary)
{
    ml_age_armor_writer w = { 0 };

    ml_age_armor_begin(out);
    ml_age_armor_add(&w, out, binary);
    ml_age_armor_end(&w, out);
}

static int bad(const ml_age_armor_reader *r, ml_err *e, const char *what)
{
    ml_fail(e, ML_E_FORMAT, "malformed age armor, line %lu: %s", r->number, what);
    ml_err_part(e, ML_AGE_PART_ARMOR);
    return ml_err_at(e, NULL, r->number, 1);
}

/* A line of base64, without its end. */
static int read_data(ml_age_armor_reader *r, ml_buf *out, ml_bytes line, ml_err *e)
{
    unsigned char decoded[LINE_BYTES + 3];
    size_t len;

    if (r->part == SHORT_LINE_SEEN)
        return bad(r, e, "a line behind one that is shorter than 64 columns");
    if (line.len == 0 || line.len > COLUMNS || line.len % 4 != 0)
        return bad(r, e, wrong_columns);
    if (ml_base64_decode(ML_BASE64_PADDED, decoded, &len, line) < 0)
        return bad(r, e, "not canonical base64");
    if (len < LINE_BYTES)
        r->part = SHORT_LINE_SEEN;
    ml_buf_add(out, ml_bytes_of(decoded, len));
    return 0;
}

/* One line without its LF; it is not blank when it stands before BEGIN. */
static int read_line(ml_age_armor_reader *r, ml_buf *out, ml_bytes line, ml_err *e)
{
    r->number++;
    if (ml_bytes_ends(line, "\r"))
        line.len--;
    if (r->part == BEFORE) {
        if (!ml_bytes_is(line, begin_line))
            return bad(r, e, no_begin);
        r->part = INSIDE;
        return 0;
    }
    if (!ml_bytes_is(line, end_line))
        return read_data(r, out, line, e);
    r->part = AFTER;
    r->around = 0;
    return 0;
}

/* Takes the white space before the BEGIN line off *text; none may stand on that line itself. */
static int skip_before(ml_age_armor_reader *r, ml_bytes *text, ml_err *e)
{
    size_t i;

    for (i = 0; i < text->len && is_ascii_space(text->p[i]); i++) {
        const bool end = text->p[i] == '\n';

        r->around += !(end && r->cr); /* CRLF counts as one, as it does in age */
        r->cr = text->p[i] == '\r';
        r->indented = !end;
        r->number += end;
        if (r->around > AROUND)
            return bad(r, e, "too much white space before the BEGIN line");
    }
    *text = ml_bytes_slice(*text, i, text->len);
    if (!r->indented || text->len == 0)
        return 0;
    r->number++;
    return bad(r, e, no_begin);
}

/* Takes white space behind the END line. */
static int read_after(ml_age_armor_reader *r, ml_bytes text, ml_err *e)
{
    r->around += text.len;
    return r->around < AROUND && is_blank(text) ? 0 : bad(r, e, "text behind the END line");
}

int ml_age_armor_feed(ml_age_armor_reader *r, ml_buf *out, ml_bytes text, ml_err *e)
{
    while (text.len > 0) {
        size_t stop;

        if (r->part == AFTER)
            return read_after(r, text, e);
        if (r->part == BEFORE && r->held == 0) {
            if (skip_before(r, &text, e) < 0)
                return -1;
            if (text.len == 0)
                break;
        }
        stop = ml_bytes_find(text, 0, '\n');
        if (stop > text.len)
            stop = text.len;
        if (stop > sizeof r->line - r->held) {
            r->number++;
            return bad(r, e, r->part == BEFORE ? no_begin : wrong_columns);
        }
        memcpy(r->line + r->held, text.p, stop);
        r->held += stop;
        if (stop == text.len)
            break;
        text = ml_bytes_slice(text, stop + 1, text.len);
        if (read_line(r, out, ml_bytes_of(r->line, r->held), e) < 0)
            return -1;
        r->held = 0;
    }
    return ml_buf_check(out, e);
}

int ml_age_armor_finish(ml_age_armor_reader *r, ml_buf *out, ml_err *e)
{
    /* The last line may lack its end. */
    if (r->held > 0 && read_line(r, out, ml_bytes_of(r->line, r->held), e) < 0)
        return -1;
    r->held = 0;
    if (r->part == BEFORE)
        return bad(r, e, no_begin);
    if (r->part != AFTER)
        return bad(r, e, "no END line");
    return ml_buf_check(out, e);
}

int ml_age_armor_read(ml_buf *out, ml_bytes text, ml_err *e)
{
    ml_age_armor_reader r = { 0 };

    return ml_age_armor_feed(&r, out, text, e) < 0 ? -1 : ml_age_armor_finish(&r, out, e);
}
