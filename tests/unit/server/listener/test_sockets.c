/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/limits.h"
#include "server/listener/sockets.h"
#include "tests/unit/server/dialer/loopback.h"

static char said[4096];

static void
note(void *arg, enum log_level level, const char *text)
{
    size_t used = strlen(said);

    (void)arg;
    snprintf(said + used, sizeof(said) - used, "%d %s\n", (int)level, text);
}

static const struct say to = {note, NULL};

/* A port of the loopback that nobody uses at the moment. */
static uint16_t
free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static struct settings
settings_of(const struct listen_item *items, size_t item_count,
            const uint16_t *ports, size_t port_count)
{
    said[0] = '\0';
    return (struct settings){
        .listen_address = {.list = items, .count = item_count},
        .port = {.list = ports, .count = port_count},
    };
}

/* "ADDRESS PORT" for each, joined with ';'. */
static const char *
plan_text(const struct listen_plan *plan)
{
    static char text[1024];

    text[0] = '\0';
    for (size_t i = 0; i < plan->count; i++) {
        size_t used = strlen(text);
        char host[SOCKET_HOST_MAX];

        socket_address_format(&plan->list[i], host);
        snprintf(text + used, sizeof(text) - used, "%s%s %u", i > 0 ? ";" : "",
                 host, socket_address_port(&plan->list[i]));
    }
    return text;
}

static void
test_addresses_and_ports_are_combined(void **state)
{
    static const uint16_t ports[] = {22, 2222};
    static const struct listen_item items[] = {
        {.host = "127.0.0.1", .port = 0},
        {.host = "127.0.0.2", .port = 443},
        {.host = "127.0.0.1", .port = 2222},
        {.host = "::1", .port = 443},
    };
    struct settings s = settings_of(items, 4, ports, 2);
    struct listen_plan plan;
    struct diag diag;

    (void)state;
    assert_int_equal(listen_plan_make(&s, &plan, &diag), 0);
    assert_string_equal(plan_text(&plan),
                        "127.0.0.1 22;127.0.0.1 2222;127.0.0.2 443;::1 443");
}

static void
test_no_address_means_all_of_the_family(void **state)
{
    static const uint16_t ports[] = {22};
    static const struct listen_item items[] = {{.host = NULL}};
    struct settings s = settings_of(items, 1, ports, 1);
    struct listen_plan plan;
    struct diag diag;

    (void)state;
    assert_int_equal(listen_plan_make(&s, &plan, &diag), 0);
    assert_int_equal(plan.count, 2);
    s.address_family.value = FAMILY_INET;
    assert_int_equal(listen_plan_make(&s, &plan, &diag), 0);
    assert_string_equal(plan_text(&plan), "0.0.0.0 22");
    s.address_family.value = FAMILY_INET6;
    assert_int_equal(listen_plan_make(&s, &plan, &diag), 0);
    assert_string_equal(plan_text(&plan), ":: 22");
}

static void
test_a_host_of_the_wrong_family_names_its_line(void **state)
{
    static const uint16_t ports[] = {22};
    static const struct listen_item items[] = {
        {.host = "::1", .from = {"conf", 7}},
    };
    struct settings s = settings_of(items, 1, ports, 1);
    struct listen_plan plan;
    struct diag diag;

    (void)state;
    s.address_family.value = FAMILY_INET;
    assert_int_equal(listen_plan_make(&s, &plan, &diag), -EINVAL);
    assert_string_equal(diag.file, "conf");
    assert_int_equal(diag.line, 7);
    assert_int_equal(strncmp(diag.text, "bad addr or host: ::1 (", 23), 0);
}

static void
test_the_number_of_sockets_is_bounded(void **state)
{
    static const struct listen_item items[] = {{.host = "127.0.0.1"}};
    uint16_t ports[LISTEN_SOCKET_MAX + 1] = {0};
    struct settings s = settings_of(items, 1, ports, LISTEN_SOCKET_MAX);
    struct listen_plan plan;
    struct diag diag;

    (void)state;
    for (uint16_t i = 0; i <= LISTEN_SOCKET_MAX; i++) {
        ports[i] = (uint16_t)(1000 + i);
    }
    assert_int_equal(listen_plan_make(&s, &plan, &diag), 0);
    s.port.count++;
    assert_int_equal(listen_plan_make(&s, &plan, &diag), -E2BIG);
}

static struct listen_plan
plan_for(const char *host, const uint16_t *ports, size_t count)
{
    const struct listen_item item = {.host = host};
    struct settings s = settings_of(&item, 1, ports, count);
    struct listen_plan plan;
    struct diag diag;

    assert_int_equal(listen_plan_make(&s, &plan, &diag), 0);
    return plan;
}

static void
test_a_port_in_use_is_named_and_left_out(void **state)
{
    const uint16_t ports[] = {free_port(), free_port()};
    struct listen_plan one = plan_for("127.0.0.1", ports, 1);
    struct listen_plan both = plan_for("127.0.0.1", ports, 2);
    struct sockets first = {0};
    struct sockets second = {0};
    char expected[256];

    (void)state;
    sockets_open(&first, &one, &to);
    snprintf(expected, sizeof(expected),
             "3 Server listening on 127.0.0.1 port %u.\n", ports[0]);
    assert_string_equal(said, expected);

    said[0] = '\0';
    sockets_open(&second, &both, &to);
    snprintf(expected, sizeof(expected),
             "2 Bind to port %u on 127.0.0.1 failed: Address already in use.\n"
             "3 Server listening on 127.0.0.1 port %u.\n",
             ports[0], ports[1]);
    assert_string_equal(said, expected);
    assert_int_equal(second.count, 1);
    sockets_close(&first);
    sockets_close(&second);
    assert_int_equal(second.count, 0);
}

static void
test_sockets_that_stay_are_not_touched(void **state)
{
    const uint16_t ports[] = {free_port(), free_port(), free_port()};
    struct listen_plan before = plan_for("127.0.0.1", ports, 2);
    struct listen_plan after = plan_for("127.0.0.1", ports + 1, 2);
    struct sockets s = {0};
    int kept = -1;
    int gone = -1;

    (void)state;
    sockets_open(&s, &before, &to);
    assert_int_equal(s.count, 2);
    gone = s.list[0].fd;
    kept = s.list[1].fd;
    sockets_keep(&s, &after);
    assert_int_equal(s.count, 1);
    assert_int_equal(fcntl(gone, F_GETFD), -1);
    sockets_open(&s, &after, &to);
    assert_int_equal(s.count, 2);
    assert_int_equal(s.list[0].fd, kept);
    assert_int_equal(socket_address_port(&s.list[1].address), ports[2]);
    sockets_close(&s);
}

static void
test_sockets_listen_and_close_on_exec(void **state)
{
    const uint16_t port = free_port();
    struct listen_plan plan = plan_for("127.0.0.1", &port, 1);
    struct sockets s = {0};
    int listening = 0;
    socklen_t size = sizeof(listening);

    (void)state;
    sockets_open(&s, &plan, &to);
    assert_int_equal(s.count, 1);
    assert_true((fcntl(s.list[0].fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_true((fcntl(s.list[0].fd, F_GETFL) & O_NONBLOCK) != 0);
    assert_int_equal(
        getsockopt(s.list[0].fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size),
        0);
    assert_int_equal(listening, 1);
    sockets_close(&s);
}

/* The kernel counts from 0, listen(2). */
static void
test_who_waits_to_be_accepted_is_counted(void **state)
{
    const uint16_t port = free_port();
    struct listen_plan plan = plan_for("127.0.0.1", &port, 1);
    struct sockets s = {0};

    (void)state;
    sockets_open(&s, &plan, &to);
    assert_int_equal(loopback_queue("127.0.0.1", port, 2 * LIMIT_ACCEPT_QUEUE),
                     LIMIT_ACCEPT_QUEUE + 1);
    sockets_close(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_and_ports_are_combined),
        cmocka_unit_test(test_no_address_means_all_of_the_family),
        cmocka_unit_test(test_a_host_of_the_wrong_family_names_its_line),
        cmocka_unit_test(test_the_number_of_sockets_is_bounded),
        cmocka_unit_test(test_a_port_in_use_is_named_and_left_out),
        cmocka_unit_test(test_sockets_that_stay_are_not_touched),
        cmocka_unit_test(test_sockets_listen_and_close_on_exec),
        cmocka_unit_test(test_who_waits_to_be_accepted_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
