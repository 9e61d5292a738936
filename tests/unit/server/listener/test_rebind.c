/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/listener/rebind.h"
#include "tests/unit/server/listener/listener_fixture.h"

static struct socket_address
at(const char *host, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct socket_address a = {.size = sizeof(v4)};

    assert_int_equal(inet_pton(AF_INET, host, &v4.sin_addr), 1);
    memcpy(&a.storage, &v4, sizeof(v4));
    return a;
}

static struct listen_plan
plan_of(const struct socket_address *list, size_t count)
{
    struct listen_plan plan = {.count = count};

    for (size_t i = 0; i < count; i++) {
        plan.list[i] = list[i];
    }
    return plan;
}

/* A socket on a port that was free, and somebody else's. */
static int
occupy(const char *host, uint16_t *port)
{
    struct socket_address a = at(host, *port);
    struct sockaddr_in v4;
    socklen_t size = sizeof(v4);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a.storage, a.size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&v4, &size), 0);
    *port = ntohs(v4.sin_port);
    return fd;
}

static uint16_t
free_port(void)
{
    uint16_t port = 0;

    close(occupy("127.0.0.1", &port));
    return port;
}

static struct sockets
opened(const struct listen_plan *plan)
{
    struct sockets s = {0};

    said[0] = '\0';
    sockets_open(&s, plan, &to_said);
    said[0] = '\0';
    return s;
}

static void
test_what_is_in_both_is_not_touched(void **state)
{
    const struct socket_address list[] = {at("127.0.0.1", free_port()),
                                          at("127.0.0.2", free_port()),
                                          at("127.0.0.3", free_port())};
    struct listen_plan before = plan_of(list, 2);
    struct listen_plan next = plan_of(list + 1, 2);
    struct sockets s = opened(&before);
    int kept = s.list[1].fd;

    (void)state;
    assert_int_equal(rebind(&s, &before, &next, &to_said), 0);
    assert_int_equal(s.count, 2);
    assert_false(sockets_have(&s, &list[0]));
    assert_int_equal(s.list[0].fd, kept);
    assert_true(sockets_have(&s, &list[2]));
    assert_non_null(strstr(said, "Server listening on 127.0.0.3"));
    assert_null(strstr(said, "127.0.0.2"));
    sockets_close(&s);
}

static void
test_all_and_one_address_give_way_to_each_other(void **state)
{
    uint16_t port = free_port();
    const struct socket_address list[] = {at("0.0.0.0", port),
                                          at("127.0.0.1", port)};
    struct listen_plan all = plan_of(list, 1);
    struct listen_plan one = plan_of(list + 1, 1);
    struct sockets s = opened(&all);

    (void)state;
    assert_int_equal(rebind(&s, &all, &one, &to_said), 0);
    assert_int_equal(s.count, 1);
    assert_true(sockets_have(&s, &list[1]));
    assert_int_equal(rebind(&s, &one, &all, &to_said), 0);
    assert_int_equal(s.count, 1);
    assert_true(sockets_have(&s, &list[0]));
    sockets_close(&s);
}

/* The port is another's: all stays, and the other new one is not kept. */
static void
test_a_new_address_that_is_taken_changes_nothing(void **state)
{
    uint16_t theirs = 0;
    int other = occupy("127.0.0.1", &theirs);
    const struct socket_address list[] = {at("127.0.0.1", free_port()),
                                          at("127.0.0.2", free_port()),
                                          at("127.0.0.1", theirs)};
    struct listen_plan before = plan_of(list, 1);
    struct listen_plan next = plan_of(list + 1, 2);
    struct sockets s = opened(&before);

    (void)state;
    assert_int_equal(rebind(&s, &before, &next, &to_said), -EADDRINUSE);
    assert_int_equal(s.count, 1);
    assert_true(sockets_have(&s, &list[0]));
    assert_non_null(strstr(said, "on 127.0.0.1 failed: Address already"));
    close(other);
    sockets_close(&s);
}

static void
test_an_address_that_is_not_ours_changes_nothing(void **state)
{
    const struct socket_address list[] = {at("127.0.0.1", free_port()),
                                          at("192.0.2.1", free_port())};
    struct listen_plan before = plan_of(list, 1);
    struct listen_plan next = plan_of(list, 2);
    struct sockets s = opened(&before);
    int kept = s.list[0].fd;

    (void)state;
    assert_int_equal(rebind(&s, &before, &next, &to_said), -EADDRNOTAVAIL);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.list[0].fd, kept);
    sockets_close(&s);
}

static void
test_one_that_never_was_may_stay_closed_or_come(void **state)
{
    uint16_t theirs = 0;
    int other = occupy("127.0.0.1", &theirs);
    const struct socket_address list[] = {at("127.0.0.1", free_port()),
                                          at("127.0.0.1", theirs)};
    struct listen_plan plan = plan_of(list, 2);
    struct sockets s = opened(&plan);

    (void)state;
    assert_int_equal(s.count, 1);
    assert_int_equal(rebind(&s, &plan, &plan, &to_said), 0);
    assert_int_equal(s.count, 1);
    close(other);
    assert_int_equal(rebind(&s, &plan, &plan, &to_said), 0);
    assert_int_equal(s.count, 2);
    sockets_close(&s);
}

static void
test_a_plan_of_which_nothing_can_be_had_is_refused(void **state)
{
    uint16_t theirs = 0;
    int other = occupy("127.0.0.1", &theirs);
    const struct socket_address list[] = {at("127.0.0.1", free_port()),
                                          at("127.0.0.1", theirs)};
    struct listen_plan before = plan_of(list, 2);
    struct listen_plan next = plan_of(list + 1, 1);
    struct sockets s = opened(&before);

    (void)state;
    assert_int_equal(rebind(&s, &before, &next, &to_said), -EADDRNOTAVAIL);
    assert_int_equal(s.count, 1);
    assert_true(sockets_have(&s, &list[0]));
    assert_non_null(strstr(said, "Cannot bind any address."));
    close(other);
    sockets_close(&s);
}

/* Sixteen old and sixteen new ones do not fit side by side. */
static void
test_a_full_list_is_exchanged(void **state)
{
    struct socket_address list[2 * LISTEN_SOCKET_MAX];
    struct listen_plan before, next;
    struct sockets s;

    (void)state;
    for (size_t i = 0; i < 2 * LISTEN_SOCKET_MAX; i++) {
        char host[32];

        snprintf(host, sizeof(host), "127.0.1.%zu", i + 1);
        list[i] = at(host, free_port());
    }
    before = plan_of(list, LISTEN_SOCKET_MAX);
    next = plan_of(list + LISTEN_SOCKET_MAX, LISTEN_SOCKET_MAX);
    s = opened(&before);
    assert_int_equal(s.count, LISTEN_SOCKET_MAX);
    assert_int_equal(rebind(&s, &before, &next, &to_said), 0);
    assert_int_equal(s.count, LISTEN_SOCKET_MAX);
    assert_true(sockets_have(&s, &next.list[0]));
    sockets_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_in_both_is_not_touched),
        cmocka_unit_test(test_all_and_one_address_give_way_to_each_other),
        cmocka_unit_test(test_a_new_address_that_is_taken_changes_nothing),
        cmocka_unit_test(test_an_address_that_is_not_ours_changes_nothing),
        cmocka_unit_test(test_one_that_never_was_may_stay_closed_or_come),
        cmocka_unit_test(test_a_plan_of_which_nothing_can_be_had_is_refused),
        cmocka_unit_test(test_a_full_list_is_exchanged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
