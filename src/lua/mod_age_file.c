/* mod_age_file.c — part of `moonlatch.age`: files being opened, whole in memory or of any size. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "format/age_reader.h"
#include "lua/mod_age.h"
#include "lua/types.h"

/* A signal sets a hook, which acts when Lua runs again: a long transfer looks for itself. */
static int check_interrupt(const ml_age_transfer *t, ml_err *e)
{
    return lua_gethook(t->L) == t->hook ? 0 : ml_fail(e, ML_E_INTERRUPTED, "interrupted");
}

int ml_age_transfer_read(void *context, unsigned char *p, size_t room, size_t *got, ml_err *e)
{
    ml_age_transfer *const t = context;
    ml_bytes part;
    int status = check_interrupt(t, e);

    *got = 0;
    if (status == 0 && t->input != NULL) {
        status = ml_input_read(t->input, p, room, got, e);
    } else if (status == 0) {
        part = ml_bytes_slice(t->bytes, t->at, t->bytes.len);
        part = ml_bytes_slice(part, 0, room);
        if (part.len > 0)
            memcpy(p, part.p, part.len);
        *got = part.len;
    }
    t->at += *got;
    return status;
}

int ml_age_transfer_write(void *context, ml_bytes part, ml_err *e)
{
    ml_age_transfer *const t = context;

    t->written += part.len;
    return ml_output_write(t->output, part, e);
}

void ml_age_transfer_from(lua_State *L, int arg, ml_age_transfer *t)
{
    t->L = L;
    t->hook = lua_gethook(L);
    t->input = ml_tohandle(L, arg, &ml_type_input);
    if (t->input != NULL)
        return;
    if (luaL_testudata(L, arg, ml_type_input.name) != NULL)
        ml_checkhandle(L, arg, &ml_type_input); /* raises: it is closed */
    t->bytes = ml_checkbytes(L, arg);
}

typedef struct age_file {
    ml_age_reader reader;
    ml_age_transfer from;
    bool used; /* its contents were read */
    ml_age_part part;
} age_file;

static void release_file(void *p)
{
    age_file *file = p;

    ml_age_part_free(&file->part);
    ml_age_reader_free(&file->reader);
    free(file);
}

static bool file_field(lua_State *L, void *p, const char *name)
{
    const age_file *file = p;

    if (strcmp(name, "armored") != 0)
        return false;
    lua_pushboolean(L, file->reader.armored);
    return true;
}

static const ml_handle_type file_type = { "moonlatch.age.file", release_file, file_field };

/* The file at index 1, with what it is read from at hand: that may have been closed or wiped. The
 * call has `last` arguments; above them stands what was pushed. */
static age_file *check_file(lua_State *L, int last)
{
    age_file *file = ml_checkhandle(L, 1, &file_type);

    lua_settop(L, last);
    lua_getiuservalue(L, 1, 1);
    ml_age_transfer_from(L, lua_gettop(L), &file->from);
    return file;
}

/* The same to read its contents, which can be done once. */
static age_file *check_unread(lua_State *L, int last)
{
    age_file *file = check_file(L, last);

    luaL_argcheck(L, !file->used, 1, "the contents were read already");
    return file;
}

/* age.open(bytes | Input) -> AgeFile (field armored) | nil, error: its header is parsed; armor is
 * told by its beginning */
int ml_age_lua_open(lua_State *L)
{
    age_file *file;
    ml_err e;

    lua_settop(L, 1);
    file = ml_newowned(L, &file_type, sizeof *file, 1);
    ml_age_transfer_from(L, 1, &file->from);
    if (file->from.input != NULL)
        file->from.input->last_line = ML_AGE_ARMOR_END;
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 2, 1);
    if (ml_age_reader_open(&file->reader, &(ml_age_source){ ml_age_transfer_read, &file->from },
                           &e) < 0)
        return ml_pushfail(L, &e);
    return 1;
}

/* file:stanzas() -> { { type =, args =, body = }, … } */
static int file_stanzas(lua_State *L)
{
    const ml_age_header *header = &check_file(L, 1)->reader.header;
    size_t i;

    lua_createtable(L, (int)header->count, 0);
    for (i = 0; i < header->count; i++) {
        const ml_age_stanza *stanza = &header->stanzas[i];
        lua_Integer count = 0;
        size_t at = 0;

        lua_createtable(L, 0, 3);
        ml_setbytes(L, "type", ml_age_stanza_word(stanza->words, &at));
        ml_setbytes(L, "body", stanza->body);
        lua_newtable(L);
        while (at < stanza->words.len) {
            ml_pushbytes(L, ml_age_stanza_word(stanza->words, &at));
            lua_rawseti(L, -2, ++count);
        }
        lua_setfield(L, -2, "args");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* file:unlock(identities) -> index of the one that opens it | nil, error ("key": none does) */
static int file_unlock(lua_State *L)
{
    age_file *file = check_file(L, 2);
    ml_age_keys keys = { 0 };
    size_t used;
    ml_err e;

    keys.identities = ml_checkidentities(L, 2, &keys.count);
    if (ml_age_reader_unlock(&file->reader, &keys, &used, &e) < 0)
        return ml_pushfail(L, &e);
    lua_pushinteger(L, (lua_Integer)used + 1);
    return 1;
}

/* file:unlock_passphrase(bytes[, { work_factor = 22 }]) -> true | nil, error ("auth": it is
 * another; "key": the file was made without) */
static int file_unlock_passphrase(lua_State *L)
{
    static const char *const options[] = { "work_factor", NULL };
    age_file *file = check_file(L, 3);
    ml_age_keys keys = { .passphrase = ml_checkbytes(L, 2) };
    ml_err e;

    ml_checkoptions(L, 3, options);
    keys.most_log_n =
        (unsigned)ml_optnumber(L, 3, "work_factor", 1, ML_LIMIT_SCRYPT_ASKED, ML_LIMIT_SCRYPT_LOG);
    return ml_pushdone(L, ml_age_reader_unlock(&file->reader, &keys, NULL, &e), &e);
}

/* file:offer(bytes) -> true | nil, error ("auth": not the file key of this file) */
static int file_offer(lua_State *L)
{
    age_file *file = check_file(L, 2);
    const ml_bytes file_key = ml_checkbytes(L, 2);
    ml_err e;

    return ml_pushdone(L, ml_age_reader_offer(&file->reader, file_key, &e), &e);
}

/* A secret that grows. */
typedef struct collector {
    ml_secret *text; /* of which `used` bytes are filled */
    size_t used;
} collector;

static int collect(void *context, ml_bytes part, ml_err *e)
{
    collector *const c = context;

    if (part.len > ML_LIMIT_FILE - c->used)
        return ml_fail(e, ML_E_LIMIT, "the contents have more than %d bytes", ML_LIMIT_FILE);
    if (ml_secret_grow(c->text, c->used + part.len, e) < 0)
        return -1;
    c->used = ml_secret_put(c->text, c->used, part);
    return 0;
}

/* How many bytes the contents have at most, or 0 when that cannot be told. */
static size_t expected(const ml_age_transfer *from)
{
    if (from->input == NULL)
        return from->bytes.len;
    return from->input->st.size < ML_LIMIT_FILE ? (size_t)from->input->st.size : 0;
}

/* file:text() -> Secret | nil, error: the whole contents, all or nothing */
static int file_text(lua_State *L)
{
    age_file *file = check_unread(L, 1);
    collector c = { .text = ml_newemptysecret(L) };
    ml_err e;

    if (file->reader.file_key.p != NULL)
        file->used = true;
    if (ml_secret_new(c.text, expected(&file->from), &e) < 0 ||
        ml_age_reader_decrypt(&file->reader, &(ml_age_sink){ collect, &c }, &e) < 0) {
        ml_secret_free(c.text);
        return ml_pushfail(L, &e);
    }
    ml_secret_shrink(c.text, c.used);
    return 1;
}

/* file:decrypt(output) -> number of bytes | nil, error. What was written counts for nothing when it
 * fails: it is then not to be committed. */
static int file_decrypt(lua_State *L)
{
    age_file *file = check_unread(L, 2);
    ml_age_transfer to = { .output = ml_checkhandle(L, 2, &ml_type_output) };
    ml_err e;

    if (file->reader.file_key.p != NULL)
        file->used = true;
    to.output->how.kind = ML_FS_CLEAR;
    if (ml_age_reader_decrypt(&file->reader, &(ml_age_sink){ ml_age_transfer_write, &to }, &e) < 0)
        return ml_pushfail(L, &e);
    lua_pushinteger(L, (lua_Integer)to.written);
    return 1;
}

static int read_place(void *context, uint64_t offset, unsigned char *p, size_t room, size_t *got,
                      ml_err *e)
{
    const ml_age_transfer *const from = context;
    ml_bytes part;

    if (from->input != NULL)
        return ml_input_read_at(from->input, offset, p, room, got, e);
    part = ml_bytes_slice(from->bytes, (size_t)offset, from->bytes.len);
    *got = part.len < room ? part.len : room;
    if (*got > 0)
        memcpy(p, part.p, *got);
    return 0;
}

static ml_age_place place_of(ml_age_transfer *from)
{
    ml_age_place place = { read_place, from, from->bytes.len };

    if (from->input != NULL && from->input->st.size > from->input->start)
        place.size = from->input->st.size - from->input->start;
    return place;
}

/* file:read(offset, length) -> Secret | nil, error: a part of the contents, offset from 0, shorter
 * only at the end; of bytes, or of a regular file, without armor */
static int file_read(lua_State *L)
{
    age_file *file = check_file(L, 3);
    const lua_Integer offset = luaL_checkinteger(L, 2), length = luaL_checkinteger(L, 3);
    ml_age_place place = place_of(&file->from);
    ml_secret *out;
    ml_err e;

    luaL_argcheck(L, offset >= 0, 2, "not an offset");
    luaL_argcheck(L, length >= 0 && length <= ML_LIMIT_FILE, 3, "not a length");
    out = ml_newemptysecret(L);
    if (file->part.memory.p == NULL &&
        ml_age_reader_part(&file->reader, &file->part, &place, &e) < 0)
        return ml_pushfail(L, &e);
    if (ml_age_part_read(&file->part, (uint64_t)offset, (size_t)length, out, &e) < 0)
        return ml_pushfail(L, &e);
    return 1;
}

/* file:inspect() -> { version, armored, postquantum = "yes" | "no" | "unknown", sizes = { header,
 * armor, overhead, text } } | nil, error: what can be told without a key */
static int file_inspect(lua_State *L)
{
    static const char *const words[] = { "unknown", "no", "yes" };
    age_file *file = check_unread(L, 1);
    ml_age_sizes sizes;
    ml_err e;

    file->used = true;
    if (ml_age_reader_measure(&file->reader, &sizes, &e) < 0)
        return ml_pushfail(L, &e);
    lua_createtable(L, 0, 4);
    ml_settext(L, "version", ML_AGE_VERSION);
    ml_setflag(L, "armored", file->reader.armored);
    ml_settext(L, "postquantum", words[ml_age_reader_is_postquantum(&file->reader) + 1]);
    lua_createtable(L, 0, 4);
    ml_setinteger(L, "header", (lua_Integer)sizes.header);
    ml_setinteger(L, "armor", (lua_Integer)sizes.armor);
    ml_setinteger(L, "overhead", (lua_Integer)sizes.overhead);
    ml_setinteger(L, "text", (lua_Integer)sizes.text);
    lua_setfield(L, -2, "sizes");
    return 1;
}

/* age.decrypt(identities, bytes) -> Secret, index of the identity that opened it | nil, error */
int ml_age_lua_decrypt(lua_State *L)
{
    const ml_bytes file = ml_checkbytes(L, 2);
    ml_age_keys keys = { 0 };
    size_t used = 0;
    ml_secret *out;
    ml_err e;

    keys.identities = ml_checkidentities(L, 1, &keys.count);
    out = ml_newemptysecret(L);
    if (ml_age_decrypt(out, &keys, file, &used, &e) < 0)
        return ml_pushfail(L, &e);
    lua_pushinteger(L, (lua_Integer)used + 1);
    return 2;
}

/* age.decrypt_passphrase(passphrase, bytes) -> Secret | nil, error */
int ml_age_lua_decrypt_passphrase(lua_State *L)
{
    const ml_age_keys keys = { .passphrase = ml_checkbytes(L, 1) };
    const ml_bytes file = ml_checkbytes(L, 2);
    ml_secret *out = ml_newemptysecret(L);
    ml_err e;

    return ml_age_decrypt(out, &keys, file, NULL, &e) < 0 ? ml_pushfail(L, &e) : 1;
}

static const luaL_Reg file_methods[] = {
    { "decrypt", file_decrypt },
    { "inspect", file_inspect },
    { "offer", file_offer },
    { "read", file_read },
    { "stanzas", file_stanzas },
    { "text", file_text },
    { "unlock", file_unlock },
    { "unlock_passphrase", file_unlock_passphrase },
    { NULL, NULL },
};

void ml_age_file_type(lua_State *L)
{
    ml_newtype(L, &file_type, file_methods, NULL);
}
