/* tx_journal.c — the text of a journal, written and read; see tx_journal.h. */
#include "sys/tx_journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/provider.h"

static const char FIRST_LINE[] = "moonlatch-journal 1";
static const char *const ACTIONS[] = {
    "write", "link", "remove", "mode", "folder", "remove-folder"
};                                                               /* from ML_TX_WRITE on */
static const char *const PHASES[] = { "gain", "main", "lose" };  /* from ML_TX_GAIN on */
static const char *const KINDS[] = { "file", "folder", "link" }; /* from ML_FILE_FILE on */
static const char *const STATES[] = { "staging", "commit" };     /* from ML_TX_STAGING on */
static const char *const TREATMENTS[] = { "open", "clear" };     /* by ml_entry.clear */

_Static_assert(ML_TX_REMOVE_FOLDER - ML_TX_WRITE == 5, "the order of ACTIONS");
_Static_assert(ML_TX_LOSE - ML_TX_GAIN == 2, "the order of PHASES");
_Static_assert(ML_FILE_LINK - ML_FILE_FILE == 2, "the order of KINDS");

#define COUNT_OF(table) (sizeof(table) / sizeof *(table))

/* --- values --- */

void ml_entry_free(ml_entry *entry)
{
    free(entry->path);
    ml_secret_free(&entry->secret);
    ml_buf_free(&entry->bytes);
    memset(entry, 0, sizeof *entry);
}

void ml_journal_free(ml_journal *j)
{
    size_t i;

    for (i = 0; i < j->count; i++)
        ml_entry_free(&j->entries[i]);
    for (i = 0; i < j->root_count; i++)
        free(j->roots[i].path);
    free(j->entries);
    free(j->roots);
    memset(j, 0, sizeof *j);
}

ml_entry *ml_journal_add(ml_journal *j, ml_err *e)
{
    if (j->count >= ML_LIMIT_TX_ENTRIES) {
        ml_fail(e, ML_E_LIMIT, "more than %d files in one transaction", ML_LIMIT_TX_ENTRIES);
        return NULL;
    }
    if (!ml_list_grow(&j->entries, &j->room, j->count, sizeof *j->entries)) {
        ml_fail_memory(e);
        return NULL;
    }
    memset(&j->entries[j->count], 0, sizeof *j->entries);
    return &j->entries[j->count++];
}

void ml_journal_temp(const ml_journal *j, size_t index, char *out)
{
    char digits[ML_FS_TEMP_DIGITS + 1];
    const char *slash = strrchr(j->entries[index].path, '/');

    snprintf(digits, sizeof digits, "%s%08x", j->id, (unsigned)index);
    ml_fs_temp_name(out, slash == NULL ? j->entries[index].path : slash + 1, digits);
}

bool ml_journal_is_id(const char *name)
{
    return strlen(name) == ML_JOURNAL_ID && strspn(name, "0123456789abcdef") == ML_JOURNAL_ID;
}

/* --- writing --- */

static void put_hex(ml_buf *out, const unsigned char hash[ML_JOURNAL_HASH])
{
    unsigned char *const room = ml_buf_room(out, 2 * ML_JOURNAL_HASH);

    if (room == NULL)
        return;
    ml_hex_encode((char *)room, ml_bytes_of(hash, ML_JOURNAL_HASH));
    out->len += 2 * ML_JOURNAL_HASH;
}

static void put_path(ml_buf *out, const char *path)
{
    for (; *path != '\0'; path++) {
        const unsigned char c = (unsigned char)*path;

        if (c <= ' ' || c == 0x7F || c == '%')
            ml_buf_format(out, "%%%02X", c);
        else
            ml_buf_byte(out, c);
    }
}

static void put_ident(ml_buf *out, const ml_ident *ident, bool clear)
{
    if (!ident->known || ident->kind == ML_FILE_NONE) {
        ml_buf_byte(out, ident->known ? '-' : '?');
        return;
    }
    ml_buf_format(out, "%s:%" PRIu64 ":%" PRIu64 ":%" PRIu64 ":", KINDS[ident->kind - ML_FILE_FILE],
                  ident->device, ident->inode, ident->size);
    if (ident->hashed && !clear)
        put_hex(out, ident->hash);
    else
        ml_buf_byte(out, '-');
}

static void put_entry(ml_buf *out, const ml_entry *entry)
{
    ml_buf_format(out, "entry %s %u %s %s %04o ", ACTIONS[entry->action - ML_TX_WRITE], entry->root,
                  PHASES[entry->phase - ML_TX_GAIN], TREATMENTS[entry->clear],
                  (unsigned)entry->mode);
    put_ident(out, &entry->old, entry->old_clear);
    ml_buf_byte(out, ' ');
    put_ident(out, &entry->new, entry->clear);
    ml_buf_byte(out, ' ');
    put_path(out, entry->path);
    ml_buf_byte(out, '\n');
}

void ml_journal_text(const ml_journal *j, ml_buf *out)
{
    unsigned char sum[ML_SHA256_SIZE];
    size_t i;

    ml_buf_format(out, "%s\nid %s\nstate %s\nprocess %ld %" PRId64 "\nkey ", FIRST_LINE, j->id,
                  STATES[j->state], (long)j->pid, j->time);
    put_hex(out, j->key);
    ml_buf_byte(out, '\n');
    for (i = 0; i < j->root_count; i++) {
        ml_buf_format(out, "root %" PRIu64 " %" PRIu64 " ", j->roots[i].device, j->roots[i].inode);
        put_path(out, j->roots[i].path);
        ml_buf_byte(out, '\n');
    }
    for (i = 0; i < j->count; i++)
        put_entry(out, &j->entries[i]);
    ml_buf_format(out, "end %zu\n", j->count);
    if (out->failed)
        return;
    ml_sha256(sum, ml_buf_bytes(out));
    ml_buf_text(out, "sum ");
    put_hex(out, sum);
    ml_buf_byte(out, '\n');
}

/* --- reading ---
 *
 * Each `take` moves `at` past what it read and says whether it was there. Leniency in a field (a
 * leading zero, say) does no harm: ml_journal_parse writes the value again and compares. */

typedef struct reader {
    ml_bytes text;
    size_t at;
} reader;

static bool take(reader *r, const char *word)
{
    const size_t len = strlen(word);

    if (r->text.len - r->at < len || memcmp(r->text.p + r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

static bool take_number(reader *r, uint64_t most, uint64_t *number)
{
    const size_t from = r->at;

    *number = 0;
    while (r->at < r->text.len && r->text.p[r->at] >= '0' && r->text.p[r->at] <= '9') {
        const unsigned digit = (unsigned)(r->text.p[r->at] - '0');

        if (*number > (most - digit) / 10)
            return false;
        *number = *number * 10 + digit;
        r->at++;
    }
    return r->at > from;
}

static bool take_mode(reader *r, mode_t *mode)
{
    size_t i;

    *mode = 0;
    for (i = 0; i < 4; i++, r->at++) {
        if (r->at >= r->text.len || r->text.p[r->at] < '0' || r->text.p[r->at] > '7')
            return false;
        *mode = *mode << 3 | (mode_t)(r->text.p[r->at] - '0');
    }
    return true;
}

static bool take_hex(reader *r, unsigned char *bytes, size_t len)
{
    if (r->text.len - r->at < 2 * len ||
        ml_hex_decode(bytes, ml_bytes_slice(r->text, r->at, r->at + 2 * len)) < 0)
        return false;
    r->at += 2 * len;
    return true;
}

/* The number of the word in `table` that stands here, or -1. No word begins another, but for
 * "remove" and "remove-folder": the longest wins. */
static int take_word(reader *r, const char *const *table, size_t count)
{
    size_t i, longest = 0;
    int found = -1;

    for (i = 0; i < count; i++) {
        const size_t len = strlen(table[i]);

        if (len > longest && r->text.len - r->at >= len &&
            memcmp(r->text.p + r->at, table[i], len) == 0) {
            longest = len;
            found = (int)i;
        }
    }
    r->at += longest;
    return found;
}

/* To the end of the line. NULL if it is malformed (or memory is out: the same refusal). */
static char *take_path(reader *r)
{
    const size_t end = ml_bytes_find(r->text, r->at, '\n');
    char *path = end == SIZE_MAX ? NULL : malloc(end - r->at + 1);
    size_t len = 0;

    if (path == NULL)
        return NULL;
    while (r->at < end) {
        unsigned char c = r->text.p[r->at];

        if (c == '%') {
            r->at++;
            if (end - r->at < 2 || !take_hex(r, &c, 1) || c == 0) {
                free(path);
                return NULL;
            }
        } else {
            r->at++;
        }
        path[len++] = (char)c;
    }
    path[len] = '\0';
    r->at++;
    return path;
}

static bool take_ident(reader *r, ml_ident *ident)
{
    int kind;

    if (take(r, "?"))
        return true;
    ident->known = true;
    if (take(r, "-"))
        return true;
    kind = take_word(r, KINDS, COUNT_OF(KINDS));
    if (kind < 0 || !take(r, ":") || !take_number(r, UINT64_MAX, &ident->device) || !take(r, ":") ||
        !take_number(r, UINT64_MAX, &ident->inode) || !take(r, ":") ||
        !take_number(r, UINT64_MAX, &ident->size) || !take(r, ":"))
        return false;
    ident->kind = (ml_file_kind)(kind + ML_FILE_FILE);
    if (take(r, "-"))
        return true;
    ident->hashed = take_hex(r, ident->hash, sizeof ident->hash);
    return ident->hashed;
}

/* After "entry ". */
static bool take_entry(reader *r, const ml_journal *j, ml_entry *entry)
{
    const int action = take_word(r, ACTIONS, COUNT_OF(ACTIONS));
    uint64_t root;
    int phase, treatment;
    ml_err ignored;

    if (action < 0 || !take(r, " ") || !take_number(r, UINT32_MAX, &root) || root >= j->root_count)
        return false;
    entry->action = (ml_tx_action)(action + ML_TX_WRITE);
    entry->root = (unsigned)root;
    if (!take(r, " ") || (phase = take_word(r, PHASES, COUNT_OF(PHASES))) < 0 || !take(r, " ") ||
        (treatment = take_word(r, TREATMENTS, COUNT_OF(TREATMENTS))) < 0 || !take(r, " "))
        return false;
    entry->phase = (ml_tx_phase)(phase + ML_TX_GAIN);
    entry->clear = treatment == 1;
    if (!take_mode(r, &entry->mode) || !take(r, " ") || !take_ident(r, &entry->old) ||
        !take(r, " ") || !take_ident(r, &entry->new) || !take(r, " "))
        return false;
    entry->old_clear = entry->old.kind != ML_FILE_NONE && !entry->old.hashed;
    entry->path = take_path(r);
    return entry->path != NULL && ml_fs_check_path(entry->path, &ignored) == 0 &&
           entry->old.known && (j->state == ML_TX_STAGING || entry->new.known);
}

static bool take_root(reader *r, ml_journal *j)
{
    ml_journal_root *grown = realloc(j->roots, (j->root_count + 1) * sizeof *grown);
    ml_journal_root *root;
    ml_err ignored;

    if (grown == NULL)
        return false;
    j->roots = grown;
    root = &grown[j->root_count];
    memset(root, 0, sizeof *root);
    if (!take_number(r, UINT64_MAX, &root->device) || !take(r, " ") ||
        !take_number(r, UINT64_MAX, &root->inode) || !take(r, " "))
        return false;
    root->path = take_path(r);
    if (root->path == NULL)
        return false;
    j->root_count++;
    return root->path[0] == '/' &&
           (root->path[1] == '\0' || ml_fs_check_path(root->path + 1, &ignored) == 0);
}

static bool take_head(reader *r, ml_journal *j)
{
    uint64_t pid, time;
    int state;

    if (!take(r, FIRST_LINE) || !take(r, "\nid ") || r->text.len - r->at < ML_JOURNAL_ID)
        return false;
    memcpy(j->id, r->text.p + r->at, ML_JOURNAL_ID);
    r->at += ML_JOURNAL_ID;
    if (!ml_journal_is_id(j->id) || !take(r, "\nstate "))
        return false;
    state = take_word(r, STATES, COUNT_OF(STATES));
    if (state < 0 || !take(r, "\nprocess ") || !take_number(r, INT32_MAX, &pid) || !take(r, " ") ||
        !take_number(r, INT64_MAX, &time) || !take(r, "\nkey ") ||
        !take_hex(r, j->key, sizeof j->key) || !take(r, "\n"))
        return false;
    j->state = (ml_tx_state)state;
    j->pid = (pid_t)pid;
    j->time = (int64_t)time;
    while (take(r, "root "))
        if (!take_root(r, j))
            return false;
    return j->root_count > 0;
}

static bool is_canonical(const ml_journal *j, ml_bytes text)
{
    ml_buf again = { 0 };
    bool same;

    ml_journal_text(j, &again);
    same = !again.failed && ml_bytes_equal(ml_buf_bytes(&again), text);
    ml_buf_free(&again);
    return same;
}

int ml_journal_parse(ml_journal *j, ml_bytes text, ml_err *e)
{
    reader r = { text, 0 };
    ml_entry *entry;
    unsigned long line, column;

    memset(j, 0, sizeof *j);
    if (!take_head(&r, j))
        goto malformed;
    while (take(&r, "entry ")) {
        entry = ml_journal_add(j, e);
        if (entry == NULL)
            return -1;
        if (!take_entry(&r, j, entry))
            goto malformed;
    }
    /* The count and the sum are compared by writing them again. */
    if (is_canonical(j, text))
        return 0;
malformed:
    ml_text_position(text, r.at < text.len ? r.at : text.len, &line, &column);
    ml_fail(e, ML_E_FORMAT, "malformed journal");
    return ml_err_at(e, NULL, line, column);
}
