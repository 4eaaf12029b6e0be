/* Key groups: every change from one choice of keys to another, in every format, with keys of kinds
 * that only key sources can wrap for; what stays keeps its bytes, and what opens it is what should.
 */
#include "tests/c/sops.h"

#include "crypto/encode.h"
#include "sops/shamir.h"

enum { PEOPLE = 6 };

static ml_age_identity people[PEOPLE];

static int make_people(void **state)
{
    size_t i;
    ml_err e;

    (void)state;
    for (i = 0; i < PEOPLE; i++)
        assert_int_equal(ml_age_identity_generate(&people[i], ML_AGE_X25519, &e), 0);
    return 0;
}

static int forget_people(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < PEOPLE; i++)
        ml_age_identity_free(&people[i]);
    return 0;
}

/* Keys of a test: a text such as "ab|c P|K 2". Small letters are age keys of people, capital ones
 * keys of other kinds, bars divide groups, a number at the end is the threshold. */
typedef struct choice {
    ml_sops_key list[MAX_TEST_KEYS];
    ml_sops_keys keys;
} choice;

static void set(ml_sops_key *key, const char *field, const char *text)
{
    const ml_sops_field *f = ml_sops_kind_fields(key->kind);
    size_t i;

    for (i = 0; strcmp(f[i].name, field) != 0; i++)
        ;
    key->text[i] = ml_bytes_text(text);
}

static void other_key(ml_sops_key *key, char letter)
{
    ml_err e;

    memset(key, 0, sizeof *key);
    if (letter == 'P') {
        key->kind = ML_SOPS_PGP;
        set(key, "fp", "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4");
    } else if (letter == 'Q') {
        key->kind = ML_SOPS_PGP;
        set(key, "fp", "ABC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4");
    } else if (letter == 'K') {
        key->kind = ML_SOPS_KMS;
        set(key, "arn", "arn:aws:kms:us-east-1:111122223333:key/abc");
        set(key, "role", "arn:aws:iam::111122223333:role/r");
        key->context = calloc(2, sizeof *key->context);
        key->context[0] = (ml_sops_pair){ ml_bytes_text("yes"), ml_bytes_text("1") };
        key->context[1] = (ml_sops_pair){ ml_bytes_text("App"), ml_bytes_text("a: b") };
        key->context_count = 2;
    } else if (letter == 'G') {
        key->kind = ML_SOPS_GCP_KMS;
        set(key, "resource_id", "projects/p/locations/global/keyRings/r/cryptoKeys/k");
    } else if (letter == 'Z') {
        key->kind = ML_SOPS_AZURE_KV;
        set(key, "vault_url", "https://v.vault.azure.net");
        set(key, "name", "n");
    } else if (letter == 'H') {
        key->kind = ML_SOPS_HCKMS;
        set(key, "key_id", "tr-west-1:abc-123-test-key-id");
    } else {
        key->kind = ML_SOPS_HC_VAULT;
        set(key, "vault_address", "https://vault.example.com:8200");
        set(key, "engine_path", "sops");
        set(key, "key_name", "null");
    }
    assert_int_equal(ml_sops_key_name(key, &e), 0);
}

static void choose(choice *c, const char *text)
{
    memset(c, 0, sizeof *c);
    c->keys.list = c->list;
    c->keys.groups = 1;
    for (; *text != '\0'; text++) {
        ml_sops_key *key = &c->list[c->keys.count];

        if (*text == '|')
            c->keys.groups++;
        else if (*text >= '0' && *text <= '9')
            c->keys.threshold = (uint32_t)(*text - '0');
        else if (*text >= 'a' && *text <= 'f')
            ml_sops_key_age(key, &people[*text - 'a'].recipient);
        else if (*text >= 'A' && *text <= 'Z')
            other_key(key, *text);
        if ((*text >= 'a' && *text <= 'f') || (*text >= 'A' && *text <= 'Z')) {
            key->group = c->keys.groups - 1;
            c->keys.count++;
        }
    }
}

static void free_choice(choice *c)
{
    size_t i;

    for (i = 0; i < c->keys.count; i++)
        ml_sops_key_free(&c->list[i]);
}

/* A key source that hides nothing: base64 over two lines for PGP, over one for all else. */
static void fill(ml_sops_envelope *v)
{
    size_t i = 0;
    ml_err e;

    while ((i = ml_sops_envelope_open(v, i)) != SIZE_MAX) {
        const ml_bytes share = ml_sops_envelope_share(v, i);
        char text[128];
        ml_buf enc = { 0 };

        assert_int_not_equal(v->keys.list[i].key->kind, ML_SOPS_AGE);
        assert_true(ml_base64_size(ML_BASE64_PADDED, share.len) < sizeof text);
        ml_base64_encode(ML_BASE64_PADDED, text, share);
        text[ml_base64_size(ML_BASE64_PADDED, share.len)] = '\0';
        ml_buf_format(&enc, v->keys.list[i].key->kind == ML_SOPS_PGP ? "-----BEGIN-----\n%s" : "%s",
                      text);
        assert_int_equal(ml_sops_envelope_give(v, i, ml_buf_bytes(&enc), &e), 0);
        ml_buf_free(&enc);
    }
}

static void offer(ml_sops *s, size_t recipient)
{
    const ml_bytes enc = ml_sops_meta(s)->recipients[recipient].enc;
    const size_t start = ml_bytes_starts(enc, "-----") ? 16 : 0;
    unsigned char share[64];
    size_t len;
    ml_err e;

    assert_true(ml_base64_room(enc.len - start) <= sizeof share);
    assert_int_equal(
        ml_base64_decode(ML_BASE64_PADDED, share, &len, ml_bytes_slice(enc, start, enc.len)), 0);
    assert_int_equal(ml_sops_offer(s, recipient, ml_bytes_of(share, len), &e), 0);
}

/* Whether a choice of keys, as above but without bars, opens the file. */
static bool opens(const ml_sops *of, const char *with)
{
    const ml_age_identity *list[PEOPLE];
    ml_sops *s;
    size_t count = 0, i;
    bool open;
    ml_err e;

    assert_int_equal(ml_sops_open(&s, ml_sops_text(of), ml_sops_format_now(of), NULL, &e), 0);
    for (; *with != '\0'; with++) {
        ml_sops_key key;

        if (*with >= 'a' && *with <= 'f') {
            list[count++] = &people[*with - 'a'];
            continue;
        }
        other_key(&key, *with);
        for (i = 0; i < ml_sops_meta(s)->count; i++)
            if (ml_sops_key_same(&ml_sops_meta(s)->recipients[i].key, &key))
                offer(s, i);
        ml_sops_key_free(&key);
    }
    open = ml_sops_unlock(s, list, count, NULL, NULL, &e) == 0;
    if (open && ml_sops_decrypt(s, false, &e) < 0)
        fail_msg("%s: %s", with, e.message);
    if (!open)
        assert_string_equal(e.code, ML_E_KEY);
    ml_sops_free(s);
    return open;
}

/* The metadata of every document names exactly these keys. */
static void check_keys(const ml_sops *s, const ml_sops_keys *keys, const char *what)
{
    size_t document, i, k;

    for (document = 0; document < ml_doc_roots(s->metadata); document++) {
        ml_sops_metadata m;
        ml_err e;

        assert_int_equal(
            ml_sops_metadata_parse(&m, s->metadata, ml_sops_map_of(s->metadata, document), &e), 0);
        if (m.groups != keys->groups || m.count != keys->count || m.grouped != (keys->groups > 1))
            fail_msg("%s: %u groups, %zu keys\n%.*s", what, m.groups, m.count,
                     (int)ml_sops_text(s).len, (const char *)ml_sops_text(s).p);
        for (i = 0; i < keys->count; i++) {
            for (k = 0; k < m.count; k++)
                if (m.recipients[k].key.group == keys->list[i].group &&
                    ml_sops_key_same(&m.recipients[k].key, &keys->list[i]))
                    break;
            if (k == m.count || m.recipients[k].enc.len == 0)
                fail_msg("%s: %.*s is missing", what, (int)keys->list[i].name.len,
                         (const char *)keys->list[i].name.p);
        }
        if (keys->threshold > 0 && keys->groups > 1)
            assert_int_equal(m.threshold, keys->threshold);
        if (keys->groups == 1)
            assert_int_equal(m.threshold, 0);
        ml_sops_metadata_free(&m);
    }
}

static ml_sops *seal_for(const char *keys, const char *clear, ml_sops_format format)
{
    ml_sops_new what = { .clear = ml_bytes_text(clear), .format = format };
    ml_buf out = { 0 };
    choice c;
    ml_sops *s;
    ml_err e;

    choose(&c, keys);
    assert_int_equal(ml_sops_envelope_new(&what.envelope, &c.keys, &e), 0);
    fill(what.envelope);
    if (ml_sops_encrypt(&what, &out, NULL, &e) < 0)
        fail_msg("%s: %s", keys, e.message);
    ml_sops_envelope_free(what.envelope);
    assert_int_equal(ml_sops_open(&s, ml_buf_bytes(&out), format, NULL, &e), 0);
    check_keys(s, &c.keys, keys);
    ml_buf_free(&out);
    free_choice(&c);
    return s;
}

/* Opens it with everything there is. */
static void unlock_all(ml_sops *s)
{
    const ml_age_identity *list[PEOPLE];
    size_t i;
    ml_err e;

    for (i = 0; i < PEOPLE; i++)
        list[i] = &people[i];
    for (i = 0; i < ml_sops_meta(s)->count; i++)
        if (ml_sops_meta(s)->recipients[i].key.kind != ML_SOPS_AGE)
            offer(s, i);
    if (ml_sops_unlock(s, list, PEOPLE, NULL, NULL, &e) < 0)
        fail_msg("%s", e.message);
}

static void change_to(ml_sops *s, const char *keys, ml_sops_key_changes *changes)
{
    ml_sops_envelope *v;
    choice c;
    ml_err e;

    choose(&c, keys);
    if (ml_sops_envelope_of(&v, s, &c.keys, false, &e) < 0)
        fail_msg("%s: %s", keys, e.message);
    fill(v);
    if (ml_sops_update_keys(s, v, changes, &e) < 0)
        fail_msg("%s: %s\n%.*s", keys, e.message, (int)ml_sops_text(s).len,
                 (const char *)ml_sops_text(s).p);
    ml_sops_envelope_free(v);
    check_keys(s, &c.keys, keys);
    free_choice(&c);
}

static const struct {
    ml_sops_format format;
    const char *clear;
} forms[] = {
    { ML_SOPS_YAML, "a: 1\n# c\nb: 'x'\n" }, { ML_SOPS_YAML, "{a: 1, b: [2]}\n" },
    { ML_SOPS_YAML, "a: 1\r\nb: 2\r\n" },    { ML_SOPS_YAML, "a:\n  b:\n    c: 1" },
    { ML_SOPS_YAML, "a: 1\n---\nb: 2\n" },   { ML_SOPS_JSON, "{\"a\": 1}" },
    { ML_SOPS_JSON, "{\n  \"a\": 1\n}\n" },  { ML_SOPS_BINARY, "any text" },
};

/* From each choice to each other and back, with what opens the one and what does not. */
static void any_choice_becomes_any_other(void **state)
{
    static const struct {
        const char *keys, *opens[3], *closed[3];
    } choices[] = {
        { "a", { "a" }, { "b" } },
        { "ab", { "a", "b" }, { "c" } },
        { "aP", { "a", "P" }, { "b" } },
        { "KGZVHPQ", { "K", "V", "Q" }, { "a" } },
        { "a|b", { "ab" }, { "a", "b" } },
        { "ab|c", { "ac", "bc" }, { "ab", "c" } },
        { "a|b|c 2", { "ab", "bc", "ac" }, { "a", "c" } },
        { "a|b|c 3", { "abc" }, { "ab", "bc" } },
        { "P|aK|Vb 2", { "Pa", "KV", "ab" }, { "P", "aK" } },
        { "Z|H|G|d 3", { "ZHG", "HGd" }, { "Zd" } },
        { "a|a 2", { "a" }, { "b" } },
        { "c|a|b 2", { "ab", "bc" }, { "b" } },
    };
    const size_t count = sizeof choices / sizeof *choices;
    size_t form, from, to, i;

    (void)state;
    for (form = 0; form < sizeof forms / sizeof *forms; form++)
        for (from = 0; from < count; from++)
            for (to = 0; to < count; to++) {
                ml_sops *s = seal_for(choices[from].keys, forms[form].clear, forms[form].format);
                ml_sops_key_changes changes;

                unlock_all(s);
                change_to(s, choices[to].keys, &changes);
                for (i = 0; i < 3; i++) {
                    if (choices[to].opens[i] != NULL && !opens(s, choices[to].opens[i]))
                        fail_msg("%s to %s: not opened by %s", choices[from].keys, choices[to].keys,
                                 choices[to].opens[i]);
                    if (choices[to].closed[i] != NULL && opens(s, choices[to].closed[i]))
                        fail_msg("%s to %s: opened by %s", choices[from].keys, choices[to].keys,
                                 choices[to].closed[i]);
                }
                if (from == to)
                    assert_int_equal(changes.added + changes.removed + changes.rewrapped, 0);
                change_to(s, choices[from].keys, &changes); /* it knows its shares still */
                assert_true(opens(s, choices[from].opens[0]));
                ml_sops_free(s);
            }
}

/* What was wrapped for a person, in the first place where it stands. */
static ml_buf enc_of(const ml_sops *s, char person)
{
    ml_sops_key key;
    ml_buf copy = { 0 };
    size_t i;

    ml_sops_key_age(&key, &people[person - 'a'].recipient);
    for (i = 0; i < ml_sops_meta(s)->count; i++)
        if (ml_sops_key_same(&ml_sops_meta(s)->recipients[i].key, &key)) {
            ml_buf_add(&copy, ml_sops_meta(s)->recipients[i].enc);
            return copy;
        }
    fail_msg("%c is not in the file", person);
    return copy;
}

static void unlock_with(ml_sops *s, const char *with)
{
    const ml_age_identity *list[PEOPLE];
    size_t count = 0;
    ml_err e;

    for (; *with != '\0'; with++)
        list[count++] = &people[*with - 'a'];
    assert_int_equal(ml_sops_unlock(s, list, count, NULL, NULL, &e), 0);
}

static bool keeps(const ml_sops *s, char person, const ml_buf *before)
{
    ml_buf now = enc_of(s, person);
    const bool same = ml_bytes_equal(ml_buf_bytes(&now), ml_buf_bytes(before));

    ml_buf_free(&now);
    return same;
}

/* Two of three groups are open; somebody joins the third, whose share nobody could open. */
static void a_closed_groups_share_is_computed(void **state)
{
    size_t form;

    (void)state;
    for (form = 0; form < sizeof forms / sizeof *forms; form++) {
        ml_sops *s = seal_for("a|b|c 2", forms[form].clear, forms[form].format);
        ml_buf a = enc_of(s, 'a'), c = enc_of(s, 'c');
        ml_sops_key_changes changes;

        unlock_with(s, "ab");
        change_to(s, "a|b|cd 2", &changes);
        assert_true(changes.added == 1 && changes.rewrapped == 0 && changes.removed == 0);
        assert_true(keeps(s, 'a', &a) && keeps(s, 'c', &c));
        assert_true(opens(s, "ad") && opens(s, "bd") && opens(s, "ac") && !opens(s, "cd"));
        unlock_with(s, "bd");
        change_to(s, "ae|b|d 2", &changes);
        assert_true(changes.added == 1 && changes.rewrapped == 0 && changes.removed == 1);
        assert_true(keeps(s, 'a', &a));
        assert_true(opens(s, "ed") && opens(s, "eb") && !opens(s, "ec"));
        unlock_with(s, "bd");
        change_to(s, "ae|b|d 3", &changes); /* another threshold: everybody gets a new share */
        assert_true(changes.rewrapped == 4 && !keeps(s, 'a', &a));
        assert_true(opens(s, "abd") && !opens(s, "bd"));
        ml_buf_free(&a);
        ml_buf_free(&c);
        ml_sops_free(s);
    }
}

static void rewrapping_keeps_the_shares(void **state)
{
    ml_sops *s = seal_for("a|b|c 2", "a: 1\n", ML_SOPS_YAML);
    ml_buf before = enc_of(s, 'c'), old = text_of(s);
    ml_sops *earlier;
    choice c;
    ml_err e;

    (void)state;
    unlock_with(s, "ab");
    choose(&c, "a|b|c");
    assert_int_equal(update_to(s, &c.keys, true, NULL, &e), 0);
    assert_false(keeps(s, 'c', &before));
    /* the share of before and one of now belong together */
    assert_int_equal(ml_sops_open(&earlier, ml_buf_bytes(&old), ML_SOPS_YAML, NULL, &e), 0);
    assert_int_not_equal(
        ml_sops_unlock(earlier, (const ml_age_identity *[]){ &people[0] }, 1, NULL, NULL, &e), 0);
    unlock_with(s, "bc");
    assert_int_equal(ml_sops_offer(s, 0, ml_secret_bytes(&earlier->parts[0].share), &e), 0);
    unlock_with(s, "c");
    assert_int_equal(ml_sops_decrypt(s, false, &e), 0);
    ml_buf_free(&before);
    ml_buf_free(&old);
    ml_sops_free(earlier);
    ml_sops_free(s);
}

/* Shares of another split combine to something; it is not wrapped for anybody. */
static void shares_that_do_not_belong_together_are_found(void **state)
{
    ml_sops *s = seal_for("a|b|c 2", "a: 1\n", ML_SOPS_YAML);
    unsigned char share[33];
    choice c;
    ml_err e;

    (void)state;
    memset(share, 7, sizeof share);
    share[32] = 2;
    choose(&c, "a|b|cd 2");
    assert_int_equal(ml_sops_offer(s, 1, ml_bytes_of(share, sizeof share), &e), 0);
    unlock_with(s, "a");
    assert_int_equal(update_to(s, &c.keys, false, NULL, &e), -1);
    assert_string_equal(e.code, ML_E_AUTH);
    assert_int_equal(ml_sops_offer(s, 1, ml_bytes_of(share, 32), &e), -1);
    assert_string_equal(e.code, ML_E_FORMAT);
    ml_sops_free(s);
}

/* Which identity opened a group says nothing about the next time. */
static void what_is_offered_was_opened_by_no_identity(void **state)
{
    ml_sops *s = seal_for("a|b|c 2", "a: 1\n", ML_SOPS_YAML);
    unsigned char shares[3][33];
    size_t identity = 0, recipient = 0, i;
    ml_err e;

    (void)state;
    unlock_with(s, "abc");
    for (i = 0; i < 3; i++)
        memcpy(shares[i], s->parts[i].share.p, sizeof shares[i]);
    for (i = 1; i < 3; i++)
        assert_int_equal(ml_sops_offer(s, i, ml_bytes_of(shares[i], sizeof shares[i]), &e), 0);
    assert_int_equal(ml_sops_unlock(s, NULL, 0, &identity, &recipient, &e), 0);
    assert_true(identity == SIZE_MAX);
    assert_int_equal(recipient, 2);
    ml_sops_free(s);
}

/* A file that does not say how many groups are needed, and of which not all are open: its shares
 * cannot be known, so everybody gets a new one, also who has a key of another kind. */
static void unknown_shares_are_made_anew(void **state)
{
    ml_sops *s = seal_for("a|bK|cP 2", "a: 1\n", ML_SOPS_YAML), *t;
    const ml_bytes text = ml_sops_text(s);
    const unsigned char *line = memmem(text.p, text.len, "    shamir_threshold: 2\n", 24);
    ml_buf without = { 0 };
    ml_sops_key_changes changes;
    ml_err e;

    (void)state;
    ml_buf_add(&without, ml_bytes_of(text.p, (size_t)(line - text.p)));
    ml_buf_add(&without, ml_bytes_slice(text, (size_t)(line - text.p) + 24, text.len));
    assert_int_equal(ml_sops_open(&t, ml_buf_bytes(&without), ML_SOPS_YAML, NULL, &e), 0);
    unlock_with(t, "ab");
    change_to(t, "a|bK|cPd 3", &changes);
    assert_true(changes.added == 1 && changes.rewrapped == 5);
    assert_true(opens(t, "aKP") && opens(t, "abd") && !opens(t, "KP"));
    ml_buf_free(&without);
    ml_sops_free(s);
    ml_sops_free(t);
}

static void renewing_makes_everything_new(void **state)
{
    ml_sops *s = seal_for("a|bP|c 2", "a: 1\nb: x\n", ML_SOPS_YAML);
    ml_buf before = text_of(s), a = enc_of(s, 'a');
    ml_sops_envelope *v;
    choice c;
    ml_err e;

    (void)state;
    unlock_all(s);
    assert_int_equal(ml_sops_decrypt(s, false, &e), 0);
    choose(&c, "a|bP|c 2");
    assert_int_equal(ml_sops_envelope_new(&v, &c.keys, &e), 0);
    assert_int_equal(ml_sops_renew(s, v, &e), -1); /* P is open */
    assert_string_equal(e.code, ML_E_SOURCE);
    assert_true(ml_bytes_equal(ml_sops_text(s), ml_buf_bytes(&before)));
    fill(v);
    assert_int_equal(ml_sops_renew(s, v, &e), 0);
    assert_false(keeps(s, 'a', &a));
    assert_true(opens(s, "ab") && opens(s, "Pc") && !opens(s, "bP"));
    assert_int_equal(ml_sops_renew(s, v, &e), -1); /* an envelope serves once */
    assert_string_equal(e.code, ML_E_ARGUMENT);
    ml_sops_envelope_free(v);
    ml_buf_free(&before);
    ml_buf_free(&a);
    free_choice(&c);
    ml_sops_free(s);
}

/* Fields that nobody knows, kinds that do not exist yet, comments: byte for byte. */
static void what_is_unknown_stays(void **state)
{
    static const char before[] = "            - created_at: \"2024-01-02T03:04:05Z\" # when\n"
                                 "              enc: old\n"
                                 "              fp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4\n"
                                 "              strange: [1, 2]\n";
    static const char unknown[] = "          quantum:\n            - {id: 7}\n";
    ml_sops *s = seal_for("a|b|cP 2", "a: 1\n", ML_SOPS_YAML), *t;
    ml_buf text = { 0 };
    const ml_bytes whole = ml_sops_text(s);
    const unsigned char *at = memmem(whole.p, whole.len, "          pgp:\n", 15);
    const size_t start = (size_t)(at - whole.p) + 15;
    const size_t end =
        (size_t)((const unsigned char *)memmem(whole.p, whole.len, "    lastmodified", 16) -
                 whole.p);
    ml_sops_key_changes changes;
    ml_err e;

    (void)state;
    ml_buf_add(&text, ml_bytes_slice(whole, 0, start));
    ml_buf_text(&text, before);
    ml_buf_text(&text, unknown);
    ml_buf_add(&text, ml_bytes_slice(whole, end, whole.len));
    assert_int_equal(ml_sops_open(&t, ml_buf_bytes(&text), ML_SOPS_YAML, NULL, &e), 0);
    unlock_with(t, "ab");
    change_to(t, "a|bd|cP 2", &changes);
    assert_int_equal(changes.added, 1);
    change_to(t, "a|bd|eP 2", &changes);
    assert_non_null(memmem(ml_sops_text(t).p, ml_sops_text(t).len, before, strlen(before)));
    assert_non_null(memmem(ml_sops_text(t).p, ml_sops_text(t).len, unknown, strlen(unknown)));
    change_to(t, "a|bd|e 2", &changes);
    assert_non_null(memmem(ml_sops_text(t).p, ml_sops_text(t).len, unknown, strlen(unknown)));
    assert_null(memmem(ml_sops_text(t).p, ml_sops_text(t).len, "pgp:", 4));
    ml_buf_free(&text);
    ml_sops_free(s);
    ml_sops_free(t);
}

/* A group goes, and the maps of the others are where they were. */
static void a_group_that_goes_leaves_the_others(void **state)
{
    ml_sops *s = seal_for("a|b|c 2", "a: 1\n", ML_SOPS_YAML);
    ml_buf marked = { 0 };
    const ml_bytes text = ml_sops_text(s);
    const size_t at =
        (size_t)((const unsigned char *)memmem(text.p, text.len, "    lastmodified", 16) - text.p);
    ml_sops *t;
    ml_sops_key_changes changes;
    ml_err e;

    (void)state;
    ml_buf_add(&marked, ml_bytes_slice(text, 0, at));
    ml_buf_text(&marked, "          owner: c\n");
    ml_buf_add(&marked, ml_bytes_slice(text, at, text.len));
    assert_int_equal(ml_sops_open(&t, ml_buf_bytes(&marked), ML_SOPS_YAML, NULL, &e), 0);
    unlock_with(t, "ab");
    change_to(t, "a|c 2", &changes);
    assert_non_null(memmem(ml_sops_text(t).p, ml_sops_text(t).len, "          owner: c\n", 19));
    change_to(t, "a|f|c 2", &changes);
    assert_non_null(memmem(ml_sops_text(t).p, ml_sops_text(t).len, "          owner: c\n", 19));
    assert_true(opens(t, "ac") && opens(t, "fc") && !opens(t, "c"));
    ml_buf_free(&marked);
    ml_sops_free(s);
    ml_sops_free(t);
}

static void what_is_no_choice_of_keys(void **state)
{
    static const struct {
        const char *keys, *code;
    } rows[] = {
        { "", ML_E_ARGUMENT },      { "|a", ML_E_FORMAT },    { "a|", ML_E_FORMAT },
        { "a||b", ML_E_FORMAT },    { "a|b 1", ML_E_FORMAT }, { "a|b 3", ML_E_FORMAT },
        { "a|b|c 4", ML_E_FORMAT },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops_envelope *v;
        choice c;
        ml_err e;

        choose(&c, rows[i].keys);
        if (ml_sops_envelope_new(&v, &c.keys, &e) == 0)
            fail_msg("taken: %s", rows[i].keys);
        assert_string_equal(e.code, rows[i].code);
        assert_null(v);
    }
}

static void names_are_those_that_sops_prints(void **state)
{
    static const struct {
        char letter;
        const char *name;
    } rows[] = {
        { 'P', "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4" },
        { 'K', "arn:aws:kms:us-east-1:111122223333:key/abc+arn:aws:iam::111122223333:role/r|"
               "App:a: b,yes:1" },
        { 'G', "projects/p/locations/global/keyRings/r/cryptoKeys/k" },
        { 'Z', "https://v.vault.azure.net/keys/n/" },
        { 'V', "https://vault.example.com:8200/v1/sops/keys/null" },
        { 'H', "tr-west-1:abc-123-test-key-id" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof *rows; i++) {
        ml_sops_key key;

        other_key(&key, rows[i].letter);
        if (!ml_bytes_is(key.name, rows[i].name))
            fail_msg("%c is %.*s", rows[i].letter, (int)key.name.len, (const char *)key.name.p);
        ml_sops_key_free(&key);
    }
}

/* The real program reads what was made and changed here, and knows the keys by the same names. */
static void the_real_program_opens_the_groups(void **state)
{
    static const char *const ways[][3] = {
        { "a|b", "a|b", "ab" },          { "a|b|c 2", "a|b|c 2", "bc" },
        { "a", "a|b|c 2", "ac" },        { "aP", "P|a|b 2", "ab" },
        { "a|b|c 2", "a", "a" },         { "KGVH a|PQ", "KGVH a|PQ b", "ab" },
        { "a|b|c 2", "a|bd|c 2", "dc" },
    };
    const char *sops = find_sops();
    size_t form, i, k;

    (void)state;
    if (sops == NULL) {
        skip();
        return;
    }
    for (form = 0; form < sizeof forms / sizeof *forms; form++)
        for (i = 0; i < sizeof ways / sizeof *ways; i++) {
            ml_sops *s = seal_for(ways[i][0], forms[form].clear, forms[form].format);
            ml_buf keys = { 0 }, clear;
            ml_sops_key_changes changes;
            ml_err e;

            unlock_all(s);
            change_to(s, ways[i][1], &changes);
            for (k = 0; ways[i][2][k] != '\0'; k++) {
                ml_secret text = { 0 };

                assert_int_equal(ml_age_identity_text(&text, &people[ways[i][2][k] - 'a'], &e), 0);
                ml_buf_format(&keys, "%.*s ", (int)text.len, (char *)text.p);
                ml_secret_free(&text);
            }
            ml_buf_byte(&keys, 0);
            clear = decrypt_with_sops_keys(sops, ml_sops_text(s),
                                           ml_sops_format_word(forms[form].format),
                                           (const char *)keys.p);
            assert_true(clear.len > 0);
            ml_buf_free(&clear);
            ml_buf_free(&keys);
            ml_sops_free(s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_choice_becomes_any_other),
        cmocka_unit_test(a_closed_groups_share_is_computed),
        cmocka_unit_test(rewrapping_keeps_the_shares),
        cmocka_unit_test(shares_that_do_not_belong_together_are_found),
        cmocka_unit_test(what_is_offered_was_opened_by_no_identity),
        cmocka_unit_test(unknown_shares_are_made_anew),
        cmocka_unit_test(renewing_makes_everything_new),
        cmocka_unit_test(what_is_unknown_stays),
        cmocka_unit_test(a_group_that_goes_leaves_the_others),
        cmocka_unit_test(what_is_no_choice_of_keys),
        cmocka_unit_test(names_are_those_that_sops_prints),
        cmocka_unit_test(the_real_program_opens_the_groups),
    };

    return cmocka_run_group_tests(tests, make_people, forget_people);
}
