/* test_base.c — spans, errors, buffers, lists, secret memory, UTF-8. */
#include "tests/c/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/secret.h"
#include "base/text.h"

static void bytes_slices_stay_inside(void **state)
{
    const ml_bytes all = ml_bytes_text("abcdef");

    (void)state;
    assert_true(ml_bytes_is(ml_bytes_slice(all, 2, 4), "cd"));
    assert_true(ml_bytes_is(ml_bytes_slice(all, 4, 99), "ef"));
    assert_int_equal(ml_bytes_slice(all, 5, 2).len, 0);
    assert_int_equal(ml_bytes_find(all, 0, 'd'), 3);
    assert_true(ml_bytes_find(all, 4, 'd') == SIZE_MAX);
    assert_true(ml_bytes_starts(all, "abc") && ml_bytes_ends(all, "ef"));
    assert_false(ml_bytes_starts(ml_bytes_text("ab"), "abc"));
    assert_true(ml_bytes_compare(ml_bytes_text("a"), all) < 0);
}

static void errors_carry_code_place_and_hint(void **state)
{
    char path[400];
    ml_err e;

    (void)state;
    assert_int_equal(ml_fail_errno(&e, ENOENT, "%s", "cannot open x"), -1);
    assert_string_equal(e.code, ML_E_MISSING);
    assert_string_equal(e.message, "cannot open x: No such file or directory");
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    memcpy(path + sizeof path - 6, "/end", 4);
    ml_err_at(&e, path, 7, 2);
    ml_err_at(&e, "other", 9, 9);
    assert_int_equal(e.line, 7);
    assert_non_null(strstr(e.path, "/end"));
    assert_memory_equal(e.path, "...", 3);
}

static void buffers_grow_and_refuse_the_impossible(void **state)
{
    ml_buf b = { 0 };
    ml_err e;
    int i;

    (void)state;
    for (i = 0; i < 1000; i++)
        ml_buf_format(&b, "%d,", i);
    assert_int_equal(ml_buf_check(&b, &e), 0);
    assert_true(ml_bytes_ends(ml_buf_bytes(&b), "998,999,"));
    assert_null(ml_buf_room(&b, SIZE_MAX / 2));
    assert_int_equal(ml_buf_check(&b, &e), -1);
    assert_string_equal(e.code, ML_E_MEMORY);
    ml_buf_free(&b);
    ml_buf_free(&b);
}

static void lists_grow_and_refuse_the_impossible(void **state)
{
    uint32_t *list = NULL, *before, i;
    size_t room = 0, huge = SIZE_MAX / 4;

    (void)state;
    for (i = 0; i < 1000; i++) {
        assert_true(ml_list_grow(&list, &room, i, sizeof *list));
        assert_true(room > i);
        list[i] = i;
    }
    for (i = 0; i < 1000; i++)
        assert_int_equal(list[i], i);
    before = list;
    assert_false(ml_list_grow(&list, &huge, huge, sizeof *list)); /* the size would wrap around */
    assert_true(list == before && huge == SIZE_MAX / 4);
    free(list);
}

static void a_secret_that_grows_keeps_its_bytes(void **state)
{
    ml_secret s = { 0 };
    size_t len;
    ml_err e;

    (void)state;
    assert_int_equal(ml_secret_grow(&s, 1, &e), 0);
    s.p[0] = 'a';
    for (len = 2; len < 100000; len *= 3) {
        assert_int_equal(ml_secret_grow(&s, len, &e), 0);
        assert_true(s.len >= len);
        assert_int_equal(s.p[0], 'a');
        assert_int_equal(s.p[len - 1], 0);
    }
    ml_secret_free(&s);
}

static void secrets_are_zeroed_separate_and_reused(void **state)
{
    static const size_t sizes[] = { 0, 1, 32, 64, 65, 4000, 4096, 70000 };
    ml_secret all[8][80];
    ml_err e;
    size_t i, j;

    (void)state;
    for (i = 0; i < 8; i++) {
        for (j = 0; j < 80; j++) {
            assert_int_equal(ml_secret_new(&all[i][j], sizes[i], &e), 0);
            assert_non_null(all[i][j].p);
            assert_true(sizes[i] == 0 || all[i][j].p[sizes[i] - 1] == 0);
            memset(all[i][j].p, (int)(i * 80 + j) & 0xFF, sizes[i]);
        }
    }
    for (i = 0; i < 8; i++)
        for (j = 0; j < 80; j++)
            assert_true(sizes[i] == 0 || all[i][j].p[0] == (unsigned char)(i * 80 + j));
    for (i = 0; i < 8; i++) {
        for (j = 0; j < 80; j++) {
            ml_secret_free(&all[i][j]);
            ml_secret_free(&all[i][j]);
        }
    }
    for (i = 0; i < 8; i++) { /* what is given back and kept is handed out again */
        assert_int_equal(ml_secret_new(&all[i][0], sizes[i], &e), 0);
        for (j = 0; j < sizes[i]; j++)
            assert_int_equal(all[i][0].p[j], 0);
        ml_secret_free(&all[i][0]);
    }
}

static void arenas_do_not_move(void **state)
{
    ml_arena a = { 0 };
    unsigned char *first, *p;
    ml_err e;
    int i;

    (void)state;
    first = ml_arena_take(&a, 5, &e);
    assert_non_null(first);
    memcpy(first, "hello", 5);
    for (i = 0; i < 2000; i++) {
        p = ml_arena_take(&a, (size_t)i * 7 % 300, &e);
        assert_non_null(p);
        memset(p, 0xAA, (size_t)i * 7 % 300);
    }
    assert_non_null(ml_arena_take(&a, 200000, &e));
    assert_memory_equal(first, "hello", 5);
    ml_arena_free(&a);
    ml_arena_free(&a);
}

static void utf8_is_strict(void **state)
{
    static const char *const bad[] = { "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                       "\xE2\x82", "\x80",         "\xFF",
                                       "a\xC3" };
    unsigned char out[4];
    unsigned long line, column;
    uint32_t c, point;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(ml_utf8_check(ml_bytes_text(bad[i])) != SIZE_MAX);
    for (c = 0; c < 0x110000; c += 7) {
        const size_t len = ml_utf8_encode(c, out);

        if (len == 0)
            assert_true(c >= 0xD800 && c < 0xE000);
        else
            assert_true(ml_utf8_decode(ml_bytes_of(out, len), 0, &point) == len && point == c);
    }
    ml_text_position(ml_bytes_text("ab\ncd\n"), 4, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_slices_stay_inside),
        cmocka_unit_test(errors_carry_code_place_and_hint),
        cmocka_unit_test(buffers_grow_and_refuse_the_impossible),
        cmocka_unit_test(lists_grow_and_refuse_the_impossible),
        cmocka_unit_test(a_secret_that_grows_keeps_its_bytes),
        cmocka_unit_test(secrets_are_zeroed_separate_and_reused),
        cmocka_unit_test(arenas_do_not_move),
        cmocka_unit_test(utf8_is_strict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
