#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server/ssh/spill.h"

#define ROUNDS 2000

static void
test_empty_holds_no_memory(void **state)
{
    struct spill s = {0};

    (void)state;
    assert_int_equal(spill_size(&s), 0);
    assert_true(spill_put(&s, "abc", 3));
    assert_int_equal(spill_size(&s), 3);
    spill_pass(&s, 2);
    assert_memory_equal(spill_head(&s), "c", 1);
    spill_pass(&s, 1);
    assert_int_equal(spill_size(&s), 0);
    assert_null(s.bytes);
}

/* Put and pass in changing amounts: every byte comes out once, in order. */
static void
test_bytes_come_out_in_order(void **state)
{
    struct spill s = {0};
    uint8_t block[977];
    size_t in = 0, out = 0;

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        size_t put = (size_t)(i * 131 % 977), pass = (size_t)(i * 337 % 991);

        for (size_t k = 0; k < put; k++) {
            block[k] = (uint8_t)((in + k) % 251);
        }
        assert_true(spill_put(&s, block, put));
        in += put;
        pass = pass < spill_size(&s) ? pass : spill_size(&s);
        for (size_t k = 0; k < pass; k++) {
            assert_int_equal(spill_head(&s)[k], (out + k) % 251);
        }
        spill_pass(&s, pass);
        out += pass;
        assert_int_equal(spill_size(&s), in - out);
    }
    spill_drop(&s);
    assert_int_equal(spill_size(&s), 0);
}

static void
test_room_follows_what_waits(void **state)
{
    static uint8_t block[30000];
    struct spill s = {0};

    (void)state;
    assert_true(spill_put(&s, block, sizeof(block)));
    for (int i = 0; i < ROUNDS; i++) {
        assert_true(spill_put(&s, block, sizeof(block)));
        spill_pass(&s, sizeof(block));
        assert_true(s.room <= 16 * sizeof(block));
    }
    spill_drop(&s);
}

/* A window that arrives in packets, is delivered in part at the worst moment
 * and arrives again: the address space that session/main.c reckons with. */
static void
test_room_is_three_times_what_waits(void **state)
{
    static uint8_t block[32768];
    const size_t window = 64 * sizeof(block);

    (void)state;
    for (size_t taken = 0; taken <= window; taken += sizeof(block)) {
        struct spill s = {0};

        for (int round = 0; round < 4; round++) {
            while (spill_size(&s) < window) {
                assert_true(spill_put(&s, block, sizeof(block)));
                assert_true(s.room <= 3 * window);
            }
            spill_pass(&s, taken);
        }
        spill_drop(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_holds_no_memory),
        cmocka_unit_test(test_bytes_come_out_in_order),
        cmocka_unit_test(test_room_follows_what_waits),
        cmocka_unit_test(test_room_is_three_times_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
