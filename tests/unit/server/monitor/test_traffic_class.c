#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>
#include <unistd.h>

#include "policy/settings.h"
#include "server/monitor/traffic_class.h"

static int
option(int fd, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof(value);

    assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
    return value;
}

static void
test_ipv4_has_a_type_of_service(void **state)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(traffic_class_set(fd, 0x20), 0);
    assert_int_equal(option(fd, IPPROTO_IP, IP_TOS), 0x20);
    assert_int_equal(traffic_class_set(fd, QOS_NONE), 0);
    assert_int_equal(option(fd, IPPROTO_IP, IP_TOS), 0x20);
    assert_int_equal(traffic_class_set(fd, 0), 0);
    assert_int_equal(option(fd, IPPROTO_IP, IP_TOS), 0);
    close(fd);
}

static void
test_ipv6_has_a_traffic_class(void **state)
{
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    (void)state;
    if (fd < 0) {
        skip();
    }
    assert_int_equal(traffic_class_set(fd, 0xb8), 0);
    assert_int_equal(option(fd, IPPROTO_IPV6, IPV6_TCLASS), 0xb8);
    close(fd);
}

static void
test_other_sockets_have_none(void **state)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(traffic_class_set(fd, 0x20), 0);
    close(fd);
    assert_int_equal(traffic_class_set(fd, 0x20), -EBADF);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ipv4_has_a_type_of_service),
        cmocka_unit_test(test_ipv6_has_a_traffic_class),
        cmocka_unit_test(test_other_sockets_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
