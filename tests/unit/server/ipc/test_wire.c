#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "server/ipc/wire.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_numbers_are_in_network_order(void **state)
{
    static const uint8_t bytes[] = {0xfe, 1, 2, 1, 2, 3, 4, 1,
                                    2,    3, 4, 5, 6, 7, 8};
    struct wire w = wire_over(bytes, sizeof(bytes));

    (void)state;
    assert_int_equal(wire_u8(&w), 0xfe);
    assert_int_equal(wire_u16(&w), 0x0102);
    assert_int_equal(wire_u32(&w), 0x01020304);
    assert_int_equal(wire_u64(&w), 0x0102030405060708);
    assert_int_equal(wire_done(&w), 0);
}

static void
test_a_bad_read_makes_all_later_ones_fail(void **state)
{
    static const uint8_t bytes[] = {0, 0, 0, 9, 'x', 1, 2, 3};
    struct wire w = wire_over(bytes, sizeof(bytes));

    (void)state;
    assert_null(wire_string(&w).data);
    assert_int_equal(wire_u8(&w), 0);
    assert_null(wire_raw(&w, 0));
    assert_int_equal(wire_string(&w).size, 0);
    assert_int_equal(wire_done(&w), -EBADMSG);
}

static void
test_bytes_left_over_are_an_error(void **state)
{
    struct wire w = wire_over("\1\2", 2);

    (void)state;
    assert_int_equal(wire_u8(&w), 1);
    assert_int_equal(wire_done(&w), -EBADMSG);
    assert_int_equal(wire_u8(&w), 2);
    assert_int_equal(wire_done(&w), 0);
}

static void
test_strings_point_into_the_bytes(void **state)
{
    static const uint8_t bytes[] = {0, 0, 0, 3, 'a', 0, 'b', 0, 0, 0, 0};
    struct wire w = wire_over(bytes, sizeof(bytes));
    struct wire_bytes b = wire_string(&w);

    (void)state;
    assert_ptr_equal(b.data, bytes + 4);
    assert_int_equal(b.size, 3);
    b = wire_string(&w);
    assert_non_null(b.data);
    assert_int_equal(b.size, 0);
    assert_int_equal(wire_done(&w), 0);
}

static void
test_a_length_of_4_gib_is_refused(void **state)
{
    struct wire w = wire_over("\377\377\377\377xxxx", 8);

    (void)state;
    assert_null(wire_string(&w).data);
    assert_int_equal(wire_done(&w), -EBADMSG);
}

static void
test_text_is_short_and_without_nul(void **state)
{
    static const struct {
        const char *shows, *bytes;
        size_t size;
        const char *text; /* NULL: bad */
    } rows[] = {
        {"text that fits", "\0\0\0\3abc", 7, "abc"},
        {"no text", "\0\0\0\0", 4, ""},
        {"text without room for its NUL", "\0\0\0\4abcd", 8, NULL},
        {"text with a NUL inside", "\0\0\0\3a\0c", 7, NULL},
        {"text that is cut", "\0\0\0\3ab", 6, NULL},
        {"half a length", "\0\0\0", 3, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wire w = wire_over(rows[i].bytes, rows[i].size);
        char out[4] = "old";

        wire_text(&w, out, sizeof(out));
        assert_string_equal(out, rows[i].text == NULL ? "" : rows[i].text);
        assert_int_equal(wire_done(&w), rows[i].text == NULL ? -EBADMSG : 0);
    }
}

static void
test_nothing_at_all_is_bad(void **state)
{
    struct wire w = wire_over(NULL, 0);
    struct wire empty = wire_over("", 0);

    (void)state;
    assert_int_equal(wire_done(&w), -EBADMSG);
    assert_int_equal(wire_done(&empty), 0);
}

static void
test_bytes_are_compared_whole(void **state)
{
    const struct wire_bytes b = {(const uint8_t *)"abc", 2};
    const struct wire_bytes none = {NULL, 0};

    (void)state;
    assert_true(wire_bytes_are(b, "ab"));
    assert_false(wire_bytes_are(b, "abc"));
    assert_false(wire_bytes_are(b, "a"));
    assert_false(wire_bytes_are(b, "xb"));
    assert_false(wire_bytes_are(none, ""));
}

static void
test_what_is_written_is_read_back(void **state)
{
    uint8_t bytes[100];
    struct wire_out out = wire_into(bytes, sizeof(bytes));
    struct wire in = {0};
    char text[10];

    (void)state;
    wire_put_u8(&out, 1);
    wire_put_u16(&out, 0x1234);
    wire_put_u32(&out, 0x12345678);
    wire_put_u64(&out, UINT64_MAX - 1);
    wire_put_text(&out, "name");
    wire_put_text(&out, NULL);
    wire_put_string(&out, "a\0b", 3);
    wire_put_string(&out, NULL, 0);
    wire_put_raw(&out, "xyz", 3);
    assert_int_equal(wire_out_size(&out), 15 + 8 + 4 + 7 + 4 + 3);
    in = wire_over(bytes, (size_t)wire_out_size(&out));
    assert_int_equal(wire_u8(&in), 1);
    assert_int_equal(wire_u16(&in), 0x1234);
    assert_int_equal(wire_u32(&in), 0x12345678);
    assert_true(wire_u64(&in) == UINT64_MAX - 1);
    wire_text(&in, text, sizeof(text));
    assert_string_equal(text, "name");
    wire_text(&in, text, sizeof(text));
    assert_string_equal(text, "");
    assert_memory_equal(wire_string(&in).data, "a\0b", 3);
    assert_int_equal(wire_string(&in).size, 0);
    assert_memory_equal(wire_raw(&in, 3), "xyz", 3);
    assert_int_equal(wire_done(&in), 0);
}

static void
test_a_full_buffer_stays_failed(void **state)
{
    uint8_t bytes[6] = {0, 0, 0, 0, 0, 77};
    struct wire_out out = wire_into(bytes, 5);

    (void)state;
    wire_put_u32(&out, 1);
    assert_int_equal(wire_out_size(&out), 4);
    wire_put_u16(&out, 2);
    assert_int_equal(wire_out_size(&out), -EMSGSIZE);
    wire_put_u8(&out, 3); /* would fit */
    assert_int_equal(wire_out_size(&out), -EMSGSIZE);
    assert_int_equal(bytes[4], 0);
    assert_int_equal(bytes[5], 77);
}

static void
test_a_string_needs_room_for_its_length_too(void **state)
{
    uint8_t bytes[7];

    (void)state;
    for (size_t room = 0; room <= sizeof(bytes); room++) {
        struct wire_out out = wire_into(bytes, room);

        wire_put_string(&out, "abc", 3);
        assert_int_equal(wire_out_size(&out), room < 7 ? -EMSGSIZE : 7);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_in_network_order),
        cmocka_unit_test(test_a_bad_read_makes_all_later_ones_fail),
        cmocka_unit_test(test_bytes_left_over_are_an_error),
        cmocka_unit_test(test_strings_point_into_the_bytes),
        cmocka_unit_test(test_a_length_of_4_gib_is_refused),
        cmocka_unit_test(test_text_is_short_and_without_nul),
        cmocka_unit_test(test_nothing_at_all_is_bad),
        cmocka_unit_test(test_bytes_are_compared_whole),
        cmocka_unit_test(test_what_is_written_is_read_back),
        cmocka_unit_test(test_a_full_buffer_stays_failed),
        cmocka_unit_test(test_a_string_needs_room_for_its_length_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
