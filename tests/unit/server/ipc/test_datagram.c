/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <string.h>

#include "server/ipc/datagram.h"

/* A message of type 7 with a body of one byte, without and with a socket. */
#define PLAIN 0, 0, 0, 5, 0, 0, 0, 0, 7, 'a'
#define WITH_FD 0, 0, 0, 5, 1, 0, 0, 0, 7, 'b'
#define MESSAGE_SIZE 10

static struct datagram
over(const uint8_t *bytes, size_t size, size_t fds)
{
    static uint8_t copy[LIMIT_MESSAGE_BYTES];
    struct datagram d = {.bytes = copy, .size = size, .fd_count = fds};

    memcpy(copy, bytes, size);
    for (size_t i = 0; i < fds; i++) {
        d.fds[i] = 100 + (int)i;
    }
    return d;
}

static void
test_what_is_a_sequence_of_messages(void **state)
{
    static const struct {
        const char *sentence;
        uint8_t bytes[32];
        size_t size, fds;
        bool is_cut;
        int result;
    } rows[] = {
        {"one message", {PLAIN}, 10, 0, false, 0},
        {"two messages", {PLAIN, PLAIN}, 20, 0, false, 0},
        {"a body may be empty", {0, 0, 0, 4, 0, 0, 0, 0, 7}, 9, 0, false, 0},
        {"nothing is no message", {0}, 0, 0, false, -EPROTO},
        {"a head alone", {0, 0, 0, 5, 0}, 5, 0, false, -EPROTO},
        {"half a head", {0, 0, 0}, 3, 0, false, -EPROTO},
        {"no room for a type", {0, 0, 0, 3, 0, 0, 0, 7}, 8, 0, false, -EPROTO},
        {"longer than the datagram",
         {0, 0, 0, 6, 0, 0, 0, 0, 7, 'a'},
         10,
         0,
         false,
         -EPROTO},
        {"as long as can be said",
         {255, 255, 255, 255, 0, 0, 0, 0, 7, 'a'},
         10,
         0,
         false,
         -EPROTO},
        {"a byte left over", {PLAIN, 0}, 11, 0, false, -EPROTO},
        {"a second one that is cut short",
         {PLAIN, PLAIN},
         19,
         0,
         false,
         -EPROTO},
        {"no such flag",
         {0, 0, 0, 5, 2, 0, 0, 0, 7, 'a'},
         10,
         0,
         false,
         -EPROTO},
        {"a descriptor for who asks", {PLAIN, WITH_FD}, 20, 1, false, 0},
        {"two for two", {WITH_FD, WITH_FD}, 20, 2, false, 0},
        {"a descriptor for nobody", {PLAIN}, 10, 1, false, -EPROTO},
        {"one too many", {WITH_FD}, 10, 2, false, -EPROTO},
        {"one too few", {WITH_FD, WITH_FD}, 20, 1, false, -EPROTO},
        {"one too few, and the table is full",
         {WITH_FD, WITH_FD},
         20,
         1,
         true,
         0},
        {"none left, and the table is full", {WITH_FD}, 10, 0, true, 0},
        {"cut off what nobody asked for", {PLAIN}, 10, 0, true, -EPROTO},
        {"cut off behind what is due", {WITH_FD}, 10, 1, true, -EPROTO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct datagram d = over(rows[i].bytes, rows[i].size, rows[i].fds);
        int r = datagram_check(&d, rows[i].is_cut);

        if (r != rows[i].result) {
            fail_msg("%s: %d", rows[i].sentence, r);
        }
    }
}

/* So many messages, the first ones with a descriptor. */
static int
check_many(size_t messages, size_t fds)
{
    static const uint8_t plain[] = {PLAIN}, with_fd[] = {WITH_FD};
    uint8_t bytes[(LIMIT_DATAGRAM_MESSAGES + 1) * MESSAGE_SIZE];
    struct datagram d;

    for (size_t i = 0; i < messages; i++) {
        memcpy(bytes + i * MESSAGE_SIZE, i < fds ? with_fd : plain,
               MESSAGE_SIZE);
    }
    /* As when the receiver got what it has room for. */
    d = over(bytes, messages * MESSAGE_SIZE,
             fds > LIMIT_DATAGRAM_FDS ? LIMIT_DATAGRAM_FDS : fds);
    return datagram_check(&d, fds > LIMIT_DATAGRAM_FDS);
}

static void
test_a_datagram_has_its_ceilings(void **state)
{
    (void)state;
    assert_int_equal(check_many(LIMIT_DATAGRAM_MESSAGES, 0), 0);
    assert_int_equal(check_many(LIMIT_DATAGRAM_MESSAGES + 1, 0), -EPROTO);
    assert_int_equal(check_many(20, LIMIT_DATAGRAM_FDS), 0);
    assert_int_equal(check_many(20, LIMIT_DATAGRAM_FDS + 1), -EPROTO);
}

static void
test_descriptors_belong_to_who_asks_in_order(void **state)
{
    static const uint8_t bytes[] = {WITH_FD, PLAIN, WITH_FD, WITH_FD};
    struct datagram d = over(bytes, sizeof(bytes), 2); /* the third was cut */
    static const int fds[] = {100, -1, 101, -1};
    struct datagram_message m;

    (void)state;
    assert_int_equal(datagram_check(&d, true), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_true(datagram_next(&d, &m));
        assert_int_equal(m.type, 7);
        assert_int_equal(m.size, 1);
        assert_int_equal(m.body[0], i == 1 ? 'a' : 'b');
        assert_int_equal(m.has_fd, i != 1);
        assert_int_equal(m.fd, fds[i]);
    }
    assert_false(datagram_next(&d, &m));
}

static void
test_a_head_is_read_as_it_was_written(void **state)
{
    uint8_t bytes[DATAGRAM_HEAD + 300] = {0};
    struct datagram_message m;
    struct datagram d;

    (void)state;
    datagram_put_head(bytes, 300, true);
    d = over(bytes, sizeof(bytes), 1);
    assert_int_equal(datagram_check(&d, false), 0);
    assert_true(datagram_next(&d, &m));
    assert_int_equal(m.size, 300 - DATAGRAM_TYPE);
    assert_int_equal(m.fd, 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_a_sequence_of_messages),
        cmocka_unit_test(test_a_datagram_has_its_ceilings),
        cmocka_unit_test(test_descriptors_belong_to_who_asks_in_order),
        cmocka_unit_test(test_a_head_is_read_as_it_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
