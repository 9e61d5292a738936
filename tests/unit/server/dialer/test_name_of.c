#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "server/dialer/name_of.h"
#include "server/ipc/sockaddr.h"

/*
 * No test asks a name server: 192.0.2.1 has a name, 192.0.2.2 has one once
 * the test posts gate, and nothing else has any.
 */
static sem_t gate;

int
getnameinfo(const struct sockaddr *sa, socklen_t size, char *host,
            socklen_t host_size, char *service, socklen_t service_size,
            int flags)
{
    char text[ADDRESS_TEXT_MAX];
    struct address address;
    uint16_t port;

    (void)size;
    (void)service;
    (void)service_size;
    if ((flags & NI_NAMEREQD) == 0 || sockaddr_read(sa, &address, &port) < 0) {
        return EAI_FAIL;
    }
    address_format(&address, text);
    if (strcmp(text, "192.0.2.2") == 0) {
        sem_wait(&gate);
    } else if (strcmp(text, "192.0.2.1") != 0) {
        return EAI_NONAME;
    }
    snprintf(host, host_size, "name.of.%s", text);
    return 0;
}

struct fixture {
    uv_loop_t loop;
    struct name_of *names;
    int calls;
    uint32_t id;
    char name[80];
};

static void
report(void *arg, const struct msg_named *m)
{
    struct fixture *f = arg;

    f->calls++;
    f->id = m->id;
    snprintf(f->name, sizeof(f->name), "%s", m->name);
}

static void
begin(struct fixture *f)
{
    *f = (struct fixture){0};
    assert_int_equal(sem_init(&gate, 0, 0), 0);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    assert_int_equal(name_of_new(&f->loop, report, f, &f->names), 0);
}

/* Run to the end, and see that neither handle nor thread is left behind. */
static void
finish(struct fixture *f)
{
    name_of_free(f->names);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    sem_destroy(&gate);
}

static void
ask(struct fixture *f, uint32_t id, const char *text)
{
    struct msg_name_of m = {.id = id, .address = {.count = 1}};
    struct address address;

    assert_int_equal(address_parse(text, &address), 0);
    m.address.list[0] = msg_address_of(&address);
    name_of_start(f->names, &m);
}

static void
run_until(struct fixture *f, int calls)
{
    while (f->calls < calls) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
}

static void
test_an_address_has_a_name_or_none(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    ask(&f, 1, "192.0.2.1");
    run_until(&f, 1);
    assert_int_equal(f.id, 1);
    assert_string_equal(f.name, "name.of.192.0.2.1");
    ask(&f, 2, "2001:db8::1");
    run_until(&f, 2);
    assert_int_equal(f.id, 2);
    assert_string_equal(f.name, "");
    finish(&f);
}

static void
test_there_is_one_lookup_at_a_time(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    ask(&f, 1, "192.0.2.2");
    ask(&f, 2, "192.0.2.1");
    assert_int_equal(f.calls, 1);
    assert_int_equal(f.id, 2);
    assert_string_equal(f.name, "");
    sem_post(&gate);
    run_until(&f, 2);
    assert_int_equal(f.id, 1);
    assert_string_equal(f.name, "name.of.192.0.2.2");
    finish(&f);
}

static void
test_what_is_no_address_has_no_name(void **state)
{
    struct msg_name_of m = {.id = 7};
    struct fixture f;

    (void)state;
    begin(&f);
    name_of_start(f.names, &m);
    assert_int_equal(f.calls, 1);
    m.address.count = 1;
    name_of_start(f.names, &m);
    assert_int_equal(f.calls, 2);
    assert_string_equal(f.name, "");
    finish(&f);
}

static void
test_nothing_is_reported_after_the_end(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    ask(&f, 1, "192.0.2.2");
    name_of_free(f.names);
    f.names = NULL;
    sem_post(&gate);
    finish(&f);
    assert_int_equal(f.calls, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_has_a_name_or_none),
        cmocka_unit_test(test_there_is_one_lookup_at_a_time),
        cmocka_unit_test(test_what_is_no_address_has_no_name),
        cmocka_unit_test(test_nothing_is_reported_after_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
