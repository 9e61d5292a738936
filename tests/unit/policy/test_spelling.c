#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/spelling.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What a resolver takes for an address, and what it then is; NULL: a name. */
static const struct {
    const char *host, *address;
} rows[] = {
    {"127.0.0.1", "127.0.0.1"},
    {"127.1", "127.0.0.1"},
    {"127.0.1", "127.0.0.1"},
    {"0x7f000001", "127.0.0.1"},
    {"0X7F.1", "127.0.0.1"},
    {"2130706433", "127.0.0.1"},
    {"017700000001", "127.0.0.1"},
    {"0177.0.0.1", "127.0.0.1"},
    {"10.65536", "10.1.0.0"},
    {"0", "0.0.0.0"},
    {"4294967295", "255.255.255.255"},
    {"::", "::"},
    {"::1", "::1"},
    {"::ffff:127.0.0.1", "127.0.0.1"},
    {"fe80::1%eth0", "fe80::1"},
    {"fe80::1%2", "fe80::1"},
    {"", NULL},
    {".", NULL},
    {"1.", NULL},
    {"127.0.0.1.", NULL},
    {"1.2.3.4.5", NULL},
    {"256.1", NULL},
    {"10.16777216", NULL},
    {"4294967296", NULL},
    {"08", NULL},
    {"0x", NULL},
    {"0xg", NULL},
    {"1..2", NULL},
    {"127.0.0.1 ", NULL},
    {" 127.0.0.1", NULL},
    {"127.0.0.1%lo", NULL},
    {"db", NULL},
    {"1.example", NULL},
    {":::", NULL},
};

static void
test_spellings_are_seen_through(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address a = {0};
        char text[ADDRESS_TEXT_MAX];
        bool is_address = spelling_is_address(rows[i].host, &a);

        if (is_address != (rows[i].address != NULL)) {
            fail_msg("\"%s\"", rows[i].host);
        }
        if (is_address) {
            address_format(&a, text);
            assert_string_equal(text, rows[i].address);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings_are_seen_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
