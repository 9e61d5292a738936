/* What is kept of a client's packets until it is their turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "server/limits.h"
#include "server/ssh/state.h"

#define PACKET_SIZE ((size_t)200 * 1024)

static struct transport t;
static uint8_t packet[PACKET_SIZE];

static int
reset(void **state)
{
    (void)state;
    memset(&t, 0, sizeof(t));
    t.requests.tail = &t.requests.head;
    t.answers.tail = &t.answers.head;
    return 0;
}

static int
drop(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(t.opens) / sizeof(t.opens[0]); i++) {
        while (t.opens[i] != NULL) {
            struct open_request *o = t.opens[i];

            t.opens[i] = o->next;
            free(o);
        }
    }
    while (t.requests.head != NULL) {
        struct event *e = t.requests.head;

        t.requests.head = e->next;
        free(e);
    }
    return 0;
}

/* An open with so many bytes of its own: the number that it got. */
static uint32_t
record_open(size_t rest)
{
    struct hook_replacement replacement = {.size = 0};
    struct wire_out w = wire_into(packet, sizeof(packet));

    wire_put_text(&w, "x11");
    wire_put_u32(&w, 7);
    wire_put_u32(&w, 65536);
    wire_put_u32(&w, 32768);
    assert_int_equal(open_record(&t, (struct wire_bytes){packet, w.used + rest},
                                 &replacement),
                     HOOK_REPLACE);
    assert_true(replacement.size > 0);
    return t.next_id - 1;
}

static const struct open_request *
open_of(uint32_t id)
{
    return t.opens[id % (sizeof(t.opens) / sizeof(t.opens[0]))];
}

static void
test_of_a_short_open_all_is_kept(void **state)
{
    const struct open_request *o = NULL;

    (void)state;
    o = open_of(record_open(1000));
    assert_int_equal(o->size, 4 + 3 + 1000);
    assert_memory_equal(o->payload, "\0\0\0\003x11", 7);
    assert_int_equal(t.opens_size, o->size);
}

static void
test_of_a_long_open_nothing_is_kept_but_its_head(void **state)
{
    const struct open_request *o = NULL;

    (void)state;
    o = open_of(record_open(PACKET_SIZE - 100));
    assert_int_equal(o->size, 0);
    assert_int_equal(o->sender, 7);
    assert_int_equal(t.opens_size, 0);
}

static void
test_opens_that_wait_keep_a_bounded_amount(void **state)
{
    (void)state;
    for (int i = 0; i < 5000; i++) {
        record_open(LIMIT_OPEN_BYTES - 7);
    }
    assert_int_equal(t.opens_size, LIMIT_OPENS_BYTES);
    assert_null(t.hostile);
}

static void
record_request(size_t size)
{
    struct hook_replacement replacement = {.size = 0};

    inbound_packet(&t, HOOK_GLOBAL_REQUEST, (struct wire_bytes){packet, size},
                   &replacement);
}

static void
test_requests_are_bounded_by_bytes(void **state)
{
    size_t fits = LIMIT_EVENTS_BYTES / LIMIT_AUTH_BYTES;

    (void)state;
    for (size_t i = 0; i < fits; i++) {
        record_request(LIMIT_AUTH_BYTES);
        assert_null(t.hostile);
    }
    record_request(LIMIT_AUTH_BYTES);
    assert_non_null(t.hostile);
    assert_int_equal(t.requests.count, fits);
}

static void
test_requests_are_bounded_by_number(void **state)
{
    (void)state;
    for (int i = 0; i < LIMIT_EVENTS; i++) {
        record_request(6);
        assert_null(t.hostile);
    }
    record_request(6);
    assert_non_null(t.hostile);
    assert_int_equal(t.requests.count, LIMIT_EVENTS);
}

static void
test_an_authentication_request_has_a_ceiling(void **state)
{
    struct hook_replacement replacement = {.size = 0};
    struct wire_bytes request = {packet, LIMIT_AUTH_BYTES};

    (void)state;
    inbound_packet(&t, HOOK_AUTH_REQUEST, request, &replacement);
    assert_null(t.hostile);
    assert_int_equal(t.requests.head->size, LIMIT_AUTH_BYTES);
    request.size++;
    inbound_packet(&t, HOOK_AUTH_REQUEST, request, &replacement);
    assert_non_null(t.hostile);
    assert_int_equal(t.requests.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, reset, drop)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_of_a_short_open_all_is_kept),
        TEST(test_of_a_long_open_nothing_is_kept_but_its_head),
        TEST(test_opens_that_wait_keep_a_bounded_amount),
        TEST(test_requests_are_bounded_by_bytes),
        TEST(test_requests_are_bounded_by_number),
        TEST(test_an_authentication_request_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
