#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "server/limits.h"
#include "server/monitor/sign.h"

static const uint8_t hash[SIGN_HASH_MAX + 1] = {1, 2, 3};

static void
test_only_sizes_of_hashes_are_signed(void **state)
{
    (void)state;
    for (size_t size = 0; size <= sizeof(hash); size++) {
        struct signer s = {0};
        bool is_hash = size == 32 || size == 48 || size == 64;

        assert_int_equal(signer_take(&s, hash, size, 0), is_hash ? 0 : -EPERM);
    }
}

static void
test_the_first_hash_is_the_session_id_for_good(void **state)
{
    static const uint8_t other[32] = {9};
    struct signer s = {0};

    (void)state;
    assert_int_equal(signer_take(&s, hash, 32, 0), 0);
    signer_login(&s, 100);
    assert_int_equal(signer_take(&s, other, 32, 100), 0);
    assert_int_equal(s.session_id_size, 32);
    assert_memory_equal(s.session_id, hash, 32);
}

static void
test_before_the_login_there_is_one_signature(void **state)
{
    struct signer s = {0};

    (void)state;
    assert_int_equal(signer_take(&s, hash, 32, 0), 0);
    assert_int_equal(signer_take(&s, hash, 32, 0), -EPERM);
    assert_int_equal(signer_take(&s, hash, 32, 1000000), -EPERM);
}

static void
test_after_the_login_a_burst_then_the_rate(void **state)
{
    struct signer s = {0};
    long wait = 0;

    (void)state;
    signer_take(&s, hash, 32, 0);
    signer_login(&s, 1000);
    for (int i = 0; i < LIMIT_SIGN_BURST; i++) {
        assert_int_equal(signer_take(&s, hash, 32, 1000), 0);
    }
    wait = signer_take(&s, hash, 32, 1000);
    assert_int_equal(wait, 1000 / LIMIT_SIGN_PER_SECOND);
    assert_int_equal(signer_take(&s, hash, 32, 1000 + (uint64_t)wait), 0);
    assert_true(signer_take(&s, hash, 32, 1000 + (uint64_t)wait) > 0);
}

static void
test_proofs_and_rekeys_share_a_ration(void **state)
{
    struct signer s = {0};

    (void)state;
    signer_take(&s, hash, 32, 0);
    signer_login(&s, 1000);
    for (int i = 0; i < LIMIT_SIGN_BURST; i += 2) {
        assert_int_equal(signer_take(&s, hash, 32, 1000), 0);
        assert_int_equal(signer_count(&s, 1000), 0);
    }
    assert_true(signer_take(&s, hash, 32, 1000) > 0);
    assert_int_equal(signer_count(&s, 1000), 1000 / LIMIT_SIGN_PER_SECOND);
    assert_int_equal(signer_count(&s, 1000 + 1000 / LIMIT_SIGN_PER_SECOND), 0);
}

static void
test_a_pause_saves_no_more_than_a_burst(void **state)
{
    struct signer s = {0};
    int granted = 0;

    (void)state;
    signer_take(&s, hash, 32, 0);
    signer_login(&s, 0);
    while (signer_take(&s, hash, 32, 3600000) == 0) {
        granted++;
    }
    assert_int_equal(granted, LIMIT_SIGN_BURST);
}

static void
test_a_fast_client_with_a_small_rekey_limit_never_waits(void **state)
{
    struct signer s = {0};

    (void)state;
    signer_take(&s, hash, 32, 0);
    signer_login(&s, 0);
    for (uint64_t i = 0; i < 40 * 60; i++) { /* RekeyLimit 5M, 200 MB/s */
        assert_int_equal(signer_take(&s, hash, 32, i * 25), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_sizes_of_hashes_are_signed),
        cmocka_unit_test(test_the_first_hash_is_the_session_id_for_good),
        cmocka_unit_test(test_before_the_login_there_is_one_signature),
        cmocka_unit_test(test_after_the_login_a_burst_then_the_rate),
        cmocka_unit_test(test_proofs_and_rekeys_share_a_ration),
        cmocka_unit_test(test_a_pause_saves_no_more_than_a_burst),
        cmocka_unit_test(
            test_a_fast_client_with_a_small_rekey_limit_never_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
