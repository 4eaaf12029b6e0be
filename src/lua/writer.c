/* writer.c — see writer.h. */
#include "lua/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"
#include "base/text.h"

enum { SHORTEST_LINE = 8 };

static const char shown[] = "<secret>";

static bool known(const ml_writer *w, ml_bytes bytes)
{
    size_t i;

    for (i = 0; i < w->count; i++)
        if (ml_bytes_equal(ml_secret_bytes(&w->masked[i]), bytes))
            return true;
    return false;
}

static int mask_one(ml_writer *w, ml_bytes bytes, ml_err *e)
{
    if (known(w, bytes))
        return 0;
    if (!ml_list_grow(&w->masked, &w->cap, w->count, sizeof *w->masked))
        return ml_fail_memory(e);
    memset(&w->masked[w->count], 0, sizeof w->masked[w->count]);
    if (ml_secret_copy(&w->masked[w->count], bytes, e) < 0)
        return -1;
    w->count++;
    return 0;
}

int ml_writer_mask(ml_writer *w, ml_bytes bytes, ml_err *e)
{
    size_t start = 0;

    if (bytes.len >= ML_WRITER_SHORTEST && mask_one(w, bytes, e) < 0)
        return -1;
    while (start < bytes.len) {
        size_t end = ml_bytes_find(bytes, start, '\n');

        if (end == SIZE_MAX)
            end = bytes.len;
        if (end - start >= SHORTEST_LINE && end - start < bytes.len &&
            mask_one(w, ml_bytes_slice(bytes, start, end), e) < 0)
            return -1;
        start = end + 1;
    }
    return 0;
}

/* The longest masked secret that begins at `at`, as a length; 0 for none. */
static size_t secret_at(const ml_writer *w, ml_bytes text, size_t at)
{
    size_t longest = 0, i;

    for (i = 0; i < w->count; i++) {
        const ml_secret *s = &w->masked[i];

        if (s->len > longest && s->len <= text.len - at && s->p[0] == text.p[at] &&
            memcmp(s->p, text.p + at, s->len) == 0)
            longest = s->len;
    }
    return longest;
}

void ml_writer_hide(const ml_writer *w, ml_bytes text, ml_buf *out)
{
    size_t at = 0, from = 0;

    while (at < text.len) {
        const size_t len = secret_at(w, text, at);

        if (len == 0) {
            at++;
            continue;
        }
        ml_buf_add(out, ml_bytes_slice(text, from, at));
        ml_buf_text(out, shown);
        at += len;
        from = at;
    }
    ml_buf_add(out, ml_bytes_slice(text, from, text.len));
}

void ml_writer_escape(ml_bytes text, bool lines, ml_buf *out)
{
    size_t at = 0;

    while (at < text.len) {
        uint32_t point = 0;
        const size_t len = ml_utf8_decode(text, at, &point);

        if (len == 0) {
            ml_buf_format(out, "\\x%02x", text.p[at]);
            at++;
            continue;
        }
        if (lines && (point == '\n' || point == '\t' ||
                      (point == '\r' && at + 1 < text.len && text.p[at + 1] == '\n')))
            ml_buf_byte(out, text.p[at]);
        else if (!ml_utf8_is_unsafe(point))
            ml_buf_add(out, ml_bytes_slice(text, at, at + len));
        else if (point == '\n')
            ml_buf_text(out, "\\n");
        else if (point == '\t')
            ml_buf_text(out, "\\t");
        else if (point < 0x80)
            ml_buf_format(out, "\\x%02x", (unsigned)point);
        else
            ml_buf_format(out, "\\u{%x}", (unsigned)point);
        at += len;
    }
}

void ml_writer_text(const ml_writer *w, ml_bytes text, bool lines, ml_buf *out)
{
    ml_buf hidden = { 0 };

    ml_writer_hide(w, text, &hidden);
    if (hidden.failed)
        out->failed = true;
    else
        ml_writer_escape(ml_buf_bytes(&hidden), lines, out);
    ml_buf_free(&hidden);
}

int ml_writer_put(int fd, ml_bytes bytes, ml_err *e)
{
    size_t done = 0;

    while (done < bytes.len) {
        const ssize_t n = write(fd, bytes.p + done, bytes.len - done);
        const int errnum = errno;

        if (n < 0 && errnum == EINTR)
            continue;
        if (n < 0)
            return ml_fail_errno(e, errnum, "cannot write the output");
        done += (size_t)n;
    }
    return 0;
}

void ml_writer_free(ml_writer *w)
{
    size_t i;

    for (i = 0; i < w->count; i++)
        ml_secret_free(&w->masked[i]);
    free(w->masked);
    memset(w, 0, sizeof *w);
}
