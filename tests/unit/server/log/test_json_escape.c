#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server/log/json_escape.h"

static const struct {
    const char *text;
    size_t size, room;
    const char *want;
} rows[] = {
    {"", 0, 10, ""},
    {"db.internal", 11, 20, "db.internal"},
    {"a\"b", 3, 20, "a\\\"b"},
    {"\\", 1, 20, "\\\\\\\\"},                        /* the log shows two */
    {"\n", 1, 20, "\\\\012"},                         /* and \012 here */
    {"\0x", 2, 20, "\\\\000x"},                       /* a NUL is a byte */
    {"\xff", 1, 20, "\\\\377"},                       /* no UTF-8 */
    {"\xc3\xa9", 2, 20, "\xc3\xa9"},                  /* printable */
    {"\xe2\x80\xae", 3, 20, "\\\\342\\\\200\\\\256"}, /* turns the line */
    {"abc", 3, 3, "ab"},
    {"ab\"", 3, 4, "ab"}, /* no half escape */
    {"ab\"", 3, 5, "ab\\\""},
    {"a\n", 2, 6, "a"},
    {"a\n", 2, 7, "a\\\\012"},
    {"a\xc3\xa9", 3, 3, "a"}, /* no half character */
    {"abc", 3, 1, ""},
};

static void
test_every_row(void **state)
{
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t n = json_escape(rows[i].text, rows[i].size, out, rows[i].room);

        assert_string_equal(out, rows[i].want);
        assert_int_equal(n, strlen(out));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
