/* dotenv.c — dotenv files as sops reads them: lines KEY=value split at the first '=', every byte
 * taken as it stands but for `\n`, which is a line break. No quotes, no blanks taken off, no
 * `export`; a carriage return belongs to the value. Lines that begin with '#' are comments. */
#include "base/buf.h"
#include "doc/doc_internal.h"

typedef struct reader {
    ml_doc *d;
    ml_node root, last; /* the value before, or ML_NO_NODE */
    size_t at, end;     /* of the line being read */
    uint32_t line;
} reader;

static ml_node_info part(const reader *r, ml_kind kind, size_t start, size_t end)
{
    ml_node_info info = ml_doc_blank(kind);

    info.parent = r->root;
    info.type = ML_TYPE_STR;
    info.line = r->line;
    info.column = (uint32_t)(start - r->at) + 1;
    info.start = info.content = (uint32_t)start;
    info.end = (uint32_t)end;
    return info;
}

/* Where the next `\n` of a value begins, or its end. */
static size_t find_escape(ml_bytes value, size_t from)
{
    while (from + 1 < value.len && (value.p[from] != '\\' || value.p[from + 1] != 'n'))
        from++;
    return from + 1 < value.len ? from : value.len;
}

static int set_value(reader *r, ml_node n, ml_bytes raw, ml_err *e)
{
    size_t from = 0, at = find_escape(raw, 0);
    ml_buf text = { 0 };
    int status;

    ml_doc_set_text(r->d, n, raw);
    if (at == raw.len)
        return 0;
    for (; at < raw.len; at = find_escape(raw, from)) {
        ml_buf_add(&text, ml_bytes_slice(raw, from, at));
        ml_buf_byte(&text, '\n');
        from = at + 2;
    }
    ml_buf_add(&text, ml_bytes_slice(raw, from, raw.len));
    status = ml_buf_check(&text, e);
    if (status == 0)
        status = ml_doc_copy_text(r->d, n, ml_buf_bytes(&text), e);
    ml_buf_free(&text);
    return status;
}

static int read_pair(reader *r, ml_err *e)
{
    const size_t sign = ml_bytes_find(r->d->text, r->at, '=');
    ml_node_info key, value;
    ml_node n;

    if (sign >= r->end)
        return ml_doc_fail_at(r->d, r->at, e, "the line is neither NAME=value nor a # comment");
    key = part(r, ML_KIND_SCALAR, r->at, sign);
    key.is_key = true;
    if (ml_doc_add(r->d, &key, &n, e) < 0)
        return -1;
    ml_doc_set_text(r->d, n, ml_bytes_slice(r->d->text, r->at, sign));
    value = part(r, ML_KIND_SCALAR, sign + 1, r->end);
    value.key = n;
    if (ml_doc_add(r->d, &value, &r->last, e) < 0)
        return -1;
    return set_value(r, r->last, ml_bytes_slice(r->d->text, sign + 1, r->end), e);
}

static int read_line(reader *r, ml_err *e)
{
    ml_node_info comment;

    if (r->at == r->end)
        return 0;
    if (r->d->text.p[r->at] != '#')
        return read_pair(r, e);
    comment = part(r, ML_KIND_COMMENT, r->at, r->end);
    return ml_doc_add_later(r->d, &comment, r->last, ml_bytes_slice(r->d->text, r->at + 1, r->end),
                            e);
}

int ml_dotenv_parse(ml_doc *d, ml_err *e)
{
    ml_node_info root = ml_doc_blank(ML_KIND_MAP);
    reader r = { .d = d, .last = ML_NO_NODE };

    root.line = root.column = 1;
    root.end = (uint32_t)d->text.len;
    if (ml_doc_add(d, &root, &r.root, e) < 0 || ml_doc_add_root(d, r.root, e) < 0)
        return -1;
    for (r.at = 0, r.line = 1; r.at < d->text.len; r.at = r.end + 1, r.line++) {
        r.end = ml_bytes_find(d->text, r.at, '\n');
        if (r.end == SIZE_MAX)
            r.end = d->text.len;
        if (read_line(&r, e) < 0)
            return -1;
    }
    return 0;
}
