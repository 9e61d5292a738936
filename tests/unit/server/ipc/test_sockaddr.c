#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "server/ipc/sockaddr.h"

static void
test_addresses_survive_the_way_through_the_kernels_form(void **state)
{
    static const char *const rows[] = {"192.0.2.1", "2001:db8::1", "fe80::1%2",
                                       "0.0.0.0", "::"};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sockaddr_storage sa;
        struct address before, after;
        uint16_t port = 0;

        assert_int_equal(address_parse(rows[i], &before), 0);
        assert_true(sockaddr_write(&before, 8022, &sa) > 0);
        assert_int_equal(sockaddr_read((struct sockaddr *)&sa, &after, &port),
                         0);
        assert_true(address_equal(&before, &after));
        assert_int_equal(port, 8022);
    }
}

static void
test_a_mapped_address_is_read_as_v4(void **state)
{
    struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6,
                                .sin6_port = htons(22)};
    struct address a;
    uint16_t port = 0;

    (void)state;
    memcpy(&sin6.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
    assert_int_equal(sockaddr_read((struct sockaddr *)&sin6, &a, &port), 0);
    assert_int_equal(a.family, ADDRESS_V4);
    assert_memory_equal(a.bytes, "\xc0\0\2\1", 4);
    assert_int_equal(port, 22);
}

static void
test_what_is_not_of_the_network_is_refused(void **state)
{
    const struct address none = {0};
    struct sockaddr_storage sa = {.ss_family = AF_UNIX};
    struct address a;
    uint16_t port = 0;

    (void)state;
    assert_int_equal(sockaddr_read((struct sockaddr *)&sa, &a, &port),
                     -EAFNOSUPPORT);
    assert_int_equal(a.family, ADDRESS_NONE);
    assert_int_equal(sockaddr_write(&none, 22, &sa), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_addresses_survive_the_way_through_the_kernels_form),
        cmocka_unit_test(test_a_mapped_address_is_read_as_v4),
        cmocka_unit_test(test_what_is_not_of_the_network_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
