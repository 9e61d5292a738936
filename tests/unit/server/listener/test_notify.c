/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "server/listener/notify.h"

/* A manager at an abstract address, which leaves no file behind. */
static int
manager(char *name, size_t size)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(name, size, "@test_notify.%ld", (long)getpid());
    memcpy(a.sun_path + 1, name + 1, strlen(name + 1));
    assert_int_equal(bind(fd, (struct sockaddr *)&a,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                                      strlen(name))),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    return fd;
}

static const char *
heard(int fd)
{
    static char text[256];
    ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void
test_each_state_has_its_words(void **state)
{
    char name[64], ready[64];
    int fd = manager(name, sizeof(name));
    unsigned long long us = 0;

    (void)state;
    snprintf(ready, sizeof(ready), "READY=1\nMAINPID=%ld", (long)getpid());
    assert_int_equal(notify_send(NOTIFY_READY), 0);
    assert_string_equal(heard(fd), ready);
    assert_int_equal(notify_send(NOTIFY_STOPPING), 0);
    assert_string_equal(heard(fd), "STOPPING=1");
    assert_int_equal(notify_send(NOTIFY_RELOADING), 0);
    assert_int_equal(sscanf(heard(fd), "RELOADING=1\nMONOTONIC_USEC=%llu", &us),
                     1);
    assert_true(us > 0);
    close(fd);
}

static void
test_without_a_manager_nothing_is_sent(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(notify_send(NOTIFY_READY), 0);
    setenv("NOTIFY_SOCKET", "", 1);
    assert_int_equal(notify_send(NOTIFY_READY), 0);
}

static void
test_addresses_that_lead_nowhere(void **state)
{
    static const struct {
        const char *address;
        int r;
    } rows[] = {
        {"relative", -EINVAL},
        {"@", -EINVAL},
        {"/", -EINVAL},
        {"vsock:2:1", -EINVAL},
        {"/nonexistent", -ENOENT},
        {"@test_notify.nobody", -ECONNREFUSED},
    };
    char longest[109];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("%s\n", rows[i].address);
        setenv("NOTIFY_SOCKET", rows[i].address, 1);
        assert_int_equal(notify_send(NOTIFY_READY), rows[i].r);
    }
    memset(longest, 'x', sizeof(longest));
    longest[0] = '/';
    longest[sizeof(longest) - 1] = '\0';
    setenv("NOTIFY_SOCKET", longest, 1);
    assert_int_equal(notify_send(NOTIFY_READY), -ENAMETOOLONG);
}

/* Others' messages, until there is no room for another. */
static void
fill_queue(int manager_fd)
{
    struct sockaddr_un a;
    socklen_t size = sizeof(a);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_int_equal(getsockname(manager_fd, (struct sockaddr *)&a, &size), 0);
    while (sendto(fd, "X=1", 3, 0, (struct sockaddr *)&a, size) == 3) {
    }
    assert_int_equal(errno, EAGAIN);
    close(fd);
}

/* A manager that reads nothing does not hold us up for ever. */
static void
test_a_full_queue_is_an_error(void **state)
{
    char name[64];
    int fd = manager(name, sizeof(name));

    (void)state;
    fill_queue(fd);
    assert_int_equal(notify_send(NOTIFY_READY), -EAGAIN);
    close(fd);
}

static void *
read_later(void *arg)
{
    const int *fd = arg;
    const struct timespec pause = {.tv_nsec = 50000000};

    nanosleep(&pause, NULL);
    while (strcmp(heard(*fd), "X=1") == 0) {
    }
    return NULL;
}

/* Many start at once when a machine does: READY=1 must not be lost by it. */
static void
test_a_busy_manager_is_waited_for(void **state)
{
    char name[64];
    int fd = manager(name, sizeof(name));
    pthread_t reader;

    (void)state;
    fill_queue(fd);
    assert_int_equal(pthread_create(&reader, NULL, read_later, &fd), 0);
    assert_int_equal(notify_send(NOTIFY_READY), 0);
    assert_int_equal(pthread_join(reader, NULL), 0);
    close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_state_has_its_words),
        cmocka_unit_test(test_without_a_manager_nothing_is_sent),
        cmocka_unit_test(test_addresses_that_lead_nowhere),
        cmocka_unit_test(test_a_full_queue_is_an_error),
        cmocka_unit_test(test_a_busy_manager_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
