#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "server/dialer/resolve.h"
#include "server/limits.h"
#include "tests/unit/server/dialer/loopback.h"

/*
 * No test asks a name server: names are answered by the getaddrinfo() below,
 * numbers by the same function with AI_NUMERICHOST of the system's family.
 *   "slow..."  waits until the test posts gate, then is 127.0.0.9
 *   "many"     is ::1, ::ffff:127.0.0.5, 127.0.0.5 and 20 more
 *   "deep"     tells of its stack, and is unknown like all others
 */
static sem_t gate;
static size_t stack_size; /* of the thread that looked "deep" up */

static size_t
size_of_stack(void)
{
    pthread_attr_t attributes;
    size_t size = 0;

    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstacksize(&attributes, &size);
    pthread_attr_destroy(&attributes);
    return size;
}

static struct addrinfo *
make_address(const char *text, struct addrinfo *next)
{
    struct addrinfo *ai = calloc(1, sizeof(*ai));
    struct sockaddr_storage *sa = calloc(1, sizeof(*sa));

    ai->ai_addr = (struct sockaddr *)sa;
    ai->ai_addrlen = loopback_sockaddr(text, 0, sa);
    ai->ai_next = next;
    return ai;
}

/* As it comes from a resolver: sockaddr_write() never makes this one. */
static struct addrinfo *
make_mapped(struct addrinfo *next)
{
    struct addrinfo *ai = make_address("::1", next);
    struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)(void *)ai->ai_addr;

    memcpy(&sin6->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\5", 16);
    return ai;
}

static struct addrinfo *
make_many(void)
{
    struct addrinfo *list = NULL;
    char text[] = "127.0.1.a";

    for (int i = 0; i < 20; i++) {
        text[8] = (char)('0' + i % 10);
        text[6] = (char)('1' + i / 10);
        list = make_address(text, list);
    }
    list = make_mapped(make_address("127.0.0.5", list));
    return make_address("::1", list);
}

int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
            struct addrinfo **ret)
{
    struct address a;

    assert_string_equal(service, "0");
    assert_true((hints->ai_flags & AI_NUMERICSERV) != 0);
    assert_int_equal(hints->ai_flags & AI_ADDRCONFIG, 0);
    assert_int_equal(hints->ai_socktype, SOCK_STREAM);
    if (host == NULL) {
        assert_true((hints->ai_flags & AI_PASSIVE) != 0);
        *ret = make_address("0.0.0.0", NULL);
        return 0;
    }
    if (strcmp(host, "127.1") == 0) {
        host = "127.0.0.1";
    }
    if (address_parse(host, &a) == 0) {
        if (a.family == ADDRESS_V4 && hints->ai_family == AF_INET6) {
            return EAI_ADDRFAMILY;
        }
        *ret = make_address(host, NULL);
        return 0;
    }
    if ((hints->ai_flags & AI_NUMERICHOST) != 0) {
        return EAI_NONAME;
    }
    if (strcmp(host, "deep") == 0) {
        stack_size = size_of_stack();
    }
    if (strncmp(host, "slow", 4) == 0) {
        sem_wait(&gate);
        *ret = make_address("127.0.0.9", NULL);
        return 0;
    }
    if (strcmp(host, "many") == 0) {
        *ret = make_many();
        return 0;
    }
    return EAI_NONAME;
}

void
freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;

        free(list->ai_addr);
        free(list);
        list = next;
    }
}

struct seen {
    int calls;
    int failures;
    uint32_t id;
    int lack;
    char error[128];
    struct msg_addresses addresses;
};

static void
report(void *arg, const struct msg_resolved *m)
{
    struct seen *s = arg;

    s->calls++;
    s->failures += m->error[0] != '\0';
    s->id = m->id;
    s->lack = m->lack;
    strncpy(s->error, m->error, sizeof(s->error) - 1);
    s->addresses = m->addresses;
}

struct fixture {
    uv_loop_t loop;
    struct resolve *resolve;
    struct seen seen;
};

static void
begin(struct fixture *f)
{
    *f = (struct fixture){0};
    assert_int_equal(sem_init(&gate, 0, 0), 0);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    assert_int_equal(resolve_new(&f->loop, report, &f->seen, &f->resolve), 0);
}

/* Run to the end, and see that neither handle nor thread is left behind. */
static void
finish(struct fixture *f)
{
    resolve_free(f->resolve);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    sem_destroy(&gate);
}

static void
ask(struct fixture *f, uint32_t id, const char *host, uint8_t family)
{
    const struct msg_resolve m = {.id = id, .host = host, .family = family};

    resolve_start(f->resolve, &m);
}

static void
run_until(struct fixture *f, int calls)
{
    while (f->seen.calls < calls) {
        uv_run(&f->loop, UV_RUN_ONCE);
    }
}

static void
test_numbers_are_answered_at_once(void **state)
{
    static const struct {
        const char *host;
        uint8_t family;
        const char *address; /* NULL: an error */
        const char *why;
    } rows[] = {
        {"127.0.0.1", ADDRESS_NONE, "127.0.0.1", "strict v4"},
        {"::1", ADDRESS_NONE, "::1", "strict v6"},
        {"127.1", ADDRESS_NONE, "127.0.0.1", "what getaddrinfo knows"},
        {"::ffff:127.0.0.1", ADDRESS_NONE, "127.0.0.1", "v4-mapped"},
        {"127.0.0.1", ADDRESS_V4, "127.0.0.1", "the right family"},
        {"::1", ADDRESS_V6, "::1", "the right family"},
        {"127.0.0.1", ADDRESS_V6, NULL, "AddressFamily inet6"},
        {"::ffff:127.0.0.1", ADDRESS_V6, NULL, "mapped is v4 as well"},
        {"", ADDRESS_NONE, NULL, "nothing is no name"},
    };
    struct fixture f;

    (void)state;
    begin(&f);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ask(&f, (uint32_t)i, rows[i].host, rows[i].family);
        assert_int_equal(f.seen.calls, (int)i + 1);
        assert_int_equal(f.seen.id, i);
        if (rows[i].address == NULL) {
            assert_string_not_equal(f.seen.error, "");
            assert_int_equal(f.seen.addresses.count, 0);
        } else {
            struct msg_address a = loopback_address(rows[i].address);

            assert_string_equal(f.seen.error, "");
            assert_int_equal(f.seen.addresses.count, 1);
            assert_memory_equal(&f.seen.addresses.list[0], &a, sizeof(a));
        }
    }
    finish(&f);
}

static void
test_an_unknown_name_has_the_resolvers_words(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    ask(&f, 3, "no.such.name", ADDRESS_NONE);
    run_until(&f, 1);
    assert_int_equal(f.seen.id, 3);
    assert_string_equal(f.seen.error, "Name or service not known");
    finish(&f);
}

static void
test_answers_are_in_order_without_repeats_and_limited(void **state)
{
    struct msg_address first = loopback_address("::1");
    struct msg_address second = loopback_address("127.0.0.5");
    struct fixture f;

    (void)state;
    begin(&f);
    ask(&f, 3, "many", ADDRESS_NONE);
    run_until(&f, 1);
    assert_int_equal(f.seen.addresses.count, LIMIT_ADDRESSES);
    assert_memory_equal(&f.seen.addresses.list[0], &first, sizeof(first));
    assert_memory_equal(&f.seen.addresses.list[1], &second, sizeof(second));
    assert_memory_not_equal(&f.seen.addresses.list[2], &second, sizeof(second));
    ask(&f, 4, "many", ADDRESS_V6);
    run_until(&f, 2);
    assert_int_equal(f.seen.addresses.count, 1);
    finish(&f);
}

static void
test_an_empty_host_to_listen_on_is_the_wildcard(void **state)
{
    const struct msg_resolve m = {.id = 3, .host = "", .passive = 1};
    struct msg_address any = loopback_address("0.0.0.0");
    struct fixture f;

    (void)state;
    begin(&f);
    resolve_start(f.resolve, &m);
    run_until(&f, 1);
    assert_int_equal(f.seen.addresses.count, 1);
    assert_memory_equal(&f.seen.addresses.list[0], &any, sizeof(any));
    finish(&f);
}

static void
test_slow_names_delay_nobody(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    for (uint32_t i = 0; i < 100; i++) {
        ask(&f, i, "slow", ADDRESS_NONE);
    }
    assert_int_equal(f.seen.calls, 0);
    ask(&f, 1000, "127.0.0.1", ADDRESS_NONE);
    assert_int_equal(f.seen.calls, 1);
    ask(&f, 1001, "many", ADDRESS_NONE);
    run_until(&f, 2);
    assert_int_equal(f.seen.id, 1001);
    for (int i = 0; i < 100; i++) {
        sem_post(&gate);
    }
    run_until(&f, 102);
    assert_int_equal(f.seen.failures, 0);
    finish(&f);
}

static void
test_a_cancelled_name_is_not_answered(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    ask(&f, 1, "slow", ADDRESS_NONE);
    ask(&f, 2, "slow", ADDRESS_NONE);
    resolve_cancel(f.resolve, 1);
    resolve_cancel(f.resolve, 99);
    sem_post(&gate);
    sem_post(&gate);
    run_until(&f, 1);
    assert_int_equal(f.seen.id, 2);
    ask(&f, 3, "slow", ADDRESS_NONE);
    sem_post(&gate);
    finish(&f); /* forgets 3 */
    assert_int_equal(f.seen.calls, 1);
}

static void
test_a_lookup_has_the_stack_that_is_stated(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    ask(&f, 1, "deep", ADDRESS_NONE);
    run_until(&f, 1);
    assert_in_range(stack_size, LOOKUP_STACK_SIZE, 2 * LOOKUP_STACK_SIZE - 1);
    finish(&f);
}

/* Also names that were cancelled count, while getaddrinfo() has them. */
static void
test_lookups_have_a_ceiling(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f);
    for (uint32_t i = 0; i < LIMIT_LOOKUPS; i++) {
        ask(&f, i, "slow", ADDRESS_NONE);
        resolve_cancel(f.resolve, i);
    }
    ask(&f, 1000, "slow", ADDRESS_NONE);
    assert_int_equal(f.seen.calls, 1);
    assert_string_equal(f.seen.error, "Resource temporarily unavailable");
    assert_int_equal(f.seen.lack, -EAGAIN);
    for (int i = 0; i < LIMIT_LOOKUPS; i++) {
        sem_post(&gate);
    }
    finish(&f);
    assert_int_equal(f.seen.calls, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_answered_at_once),
        cmocka_unit_test(test_an_unknown_name_has_the_resolvers_words),
        cmocka_unit_test(test_answers_are_in_order_without_repeats_and_limited),
        cmocka_unit_test(test_an_empty_host_to_listen_on_is_the_wildcard),
        cmocka_unit_test(test_slow_names_delay_nobody),
        cmocka_unit_test(test_a_cancelled_name_is_not_answered),
        cmocka_unit_test(test_a_lookup_has_the_stack_that_is_stated),
        cmocka_unit_test(test_lookups_have_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
