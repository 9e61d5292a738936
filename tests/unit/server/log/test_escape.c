/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "server/log/escape.h"

static void
test_escape_keeps_text_and_shows_the_rest_in_octal(void **state)
{
    static const struct {
        const char *text;
        const char *expected;
        const char *sentence;
    } rows[] = {
        {"plain text", "plain text", "printable ASCII stays"},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
         "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "so does UTF-8"},
        {"a\nb\r\tc", "a\\012b\\015\\011c", "a line stays one line"},
        {"\x1b[2J", "\\033[2J", "no terminal sequences"},
        {"\xc2\x9b", "\\302\\233", "nor their one-byte form, C1"},
        {"\x7f", "\\177", "DEL"},
        {"a\\012b", "a\\\\012b", "a backslash cannot forge an escape"},
        {"\xc0\xaf", "\\300\\257", "overlong two bytes"},
        {"\xe0\x80\xaf", "\\340\\200\\257", "overlong three bytes"},
        {"\xf0\x80\x80\xaf", "\\360\\200\\200\\257", "overlong four bytes"},
        {"\xed\xa0\x80", "\\355\\240\\200", "a surrogate"},
        {"\xf4\x90\x80\x80", "\\364\\220\\200\\200", "beyond Unicode"},
        {"\xf5\x80\x80\x80", "\\365\\200\\200\\200", "no such first byte"},
        {"\xe2\x82", "\\342\\202", "cut off at the end"},
        {"\xe2x", "\\342x", "cut off by another character"},
        {"\x80", "\\200", "a continuation byte alone"},
        {"\xe2\x80\xae", "\\342\\200\\256", "right-to-left override"},
        {"\xe2\x80\xa8", "\\342\\200\\250", "line separator"},
        {"", "", "nothing"},
    };
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t n =
            escape_text(rows[i].text, strlen(rows[i].text), out, sizeof(out));

        print_message("%s\n", rows[i].sentence);
        assert_string_equal(out, rows[i].expected);
        assert_int_equal(n, strlen(rows[i].expected));
    }
}

static void
test_a_nul_is_escaped_like_any_other_control(void **state)
{
    char out[16];

    (void)state;
    assert_int_equal(escape_text("a\0b", 3, out, sizeof(out)), 6);
    assert_string_equal(out, "a\\000b");
}

static void
test_what_does_not_fit_is_left_out_whole(void **state)
{
    static const struct {
        size_t size;
        const char *expected;
    } rows[] = {
        {1, ""}, {2, "a"}, {5, "a"}, {6, "a\\012"}, {7, "a\\012b"},
    };
    char out[8];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        escape_text("a\nb", 3, out, rows[i].size);
        assert_string_equal(out, rows[i].expected);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape_keeps_text_and_shows_the_rest_in_octal),
        cmocka_unit_test(test_a_nul_is_escaped_like_any_other_control),
        cmocka_unit_test(test_what_does_not_fit_is_left_out_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
