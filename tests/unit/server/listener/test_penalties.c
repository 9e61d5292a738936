/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/listener/penalties.h"
#include "tests/unit/server/listener/listener_fixture.h"

/* A table under one configuration after the other. */
struct world {
    struct penalties penalties;
    struct policy *policy;
    uint64_t now_s;
};

static void
configure(struct world *w, const char *text)
{
    policy_free(w->policy);
    w->policy = policy_of(text);
    penalties_reload(&w->penalties, policy_global(w->policy));
}

static const char *
forbids(struct world *w, const char *client)
{
    struct address from = address_of(client);

    return penalties_forbid(&w->penalties, policy_global(w->policy), &from,
                            w->now_s * 1000000);
}

static void
add(struct world *w, const char *client, enum penalty_part why)
{
    struct address from = address_of(client);

    said[0] = '\0';
    penalties_add(&w->penalties, policy_global(w->policy), &from, why,
                  w->now_s * 1000000, &to_said);
}

static void
done(struct world *w)
{
    penalty_table_clear(&w->penalties.v4.table);
    penalty_table_clear(&w->penalties.v6.table);
    policy_free(w->policy);
}

#define FAILED "penalty: failed authentication"

static void
test_small_penalties_add_up_until_they_count(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "");
    for (int i = 0; i < 3; i++) {
        add(&w, "192.0.2.1", PENALTY_AUTHFAIL);
        assert_null(forbids(&w, "192.0.2.1")); /* 15 s are not above 15 s */
    }
    add(&w, "192.0.2.1", PENALTY_AUTHFAIL);
    assert_string_equal(said,
                        "3 srclimit_penalise: 192.0.2.1/32: activating ipv4 "
                        "penalty of 20.000 seconds for " FAILED "\n");
    assert_string_equal(forbids(&w, "192.0.2.1"), FAILED);
    assert_null(forbids(&w, "192.0.2.2"));
    w.now_s += 20;
    assert_non_null(forbids(&w, "192.0.2.1")); /* to the last */
    w.now_s++;
    assert_null(forbids(&w, "192.0.2.1"));
    assert_int_equal(w.penalties.v4.table.count, 0);
    done(&w);
}

static void
test_each_class_has_its_time_and_words(void **state)
{
    static const struct {
        enum penalty_part why;
        unsigned seconds;
        const char *words;
    } rows[] = {
        {PENALTY_CRASH, 90, "penalty: caused crash"},
        {PENALTY_AUTHFAIL, 5, FAILED},
        {PENALTY_NOAUTH, 1,
         "penalty: connections without attempting authentication"},
        {PENALTY_INVALID_USER, 5,
         "penalty: attempted authentication by invalid user"},
        {PENALTY_GRACE_EXCEEDED, 10, "penalty: exceeded LoginGraceTime"},
        {PENALTY_REFUSED, 10,
         "penalty: connection prohibited by RefuseConnection"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world w = {.now_s = 1000};
        char want[256];

        configure(&w, "PerSourcePenalties min:0");
        add(&w, "192.0.2.1", rows[i].why);
        snprintf(want, sizeof(want),
                 "3 srclimit_penalise: ipv4: new 192.0.2.1/32 active penalty "
                 "of %u.000 seconds for %s\n",
                 rows[i].seconds, rows[i].words);
        assert_string_equal(said, want);
        w.now_s += rows[i].seconds;
        assert_string_equal(forbids(&w, "192.0.2.1"), rows[i].words);
        w.now_s++;
        assert_null(forbids(&w, "192.0.2.1"));
        done(&w);
    }
}

static void
test_a_penalty_below_min_is_deferred(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "PerSourcePenalties noauth:0.25");
    add(&w, "2001:db8::1", PENALTY_NOAUTH);
    assert_string_equal(
        said, "4 srclimit_penalise: ipv6: new 2001:db8::1/128 deferred penalty "
              "of 0.250 seconds for penalty: connections without attempting "
              "authentication\n");
    assert_null(forbids(&w, "2001:db8::1"));
    done(&w);
}

static void
test_no_source_has_more_than_max(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "PerSourcePenalties max:2m");
    for (int i = 0; i < 10; i++) {
        add(&w, "192.0.2.1", PENALTY_CRASH);
    }
    w.now_s += 120;
    assert_string_equal(forbids(&w, "192.0.2.1"), "penalty: caused crash");
    w.now_s++;
    assert_null(forbids(&w, "192.0.2.1"));
    done(&w);
}

static void
test_an_active_penalty_stays_active_below_min(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "");
    add(&w, "192.0.2.1", PENALTY_CRASH);
    w.now_s += 89;
    assert_non_null(forbids(&w, "192.0.2.1"));
    done(&w);
}

static void
test_networks_share_their_penalties(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "PerSourceNetBlockSize 24:48");
    add(&w, "192.0.2.1", PENALTY_CRASH);
    add(&w, "2001:db8:1:2::3", PENALTY_CRASH);
    assert_string_equal(said,
                        "3 srclimit_penalise: ipv6: new 2001:db8:1::/48 active "
                        "penalty of 90.000 seconds for penalty: caused "
                        "crash\n");
    assert_non_null(forbids(&w, "192.0.2.255"));
    assert_non_null(forbids(&w, "::ffff:192.0.2.9"));
    assert_null(forbids(&w, "192.0.3.1"));
    assert_non_null(forbids(&w, "2001:db8:1:ffff::"));
    assert_null(forbids(&w, "2001:db8:2::"));
    done(&w);
}

static void
test_exempt_addresses_are_never_penalised(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "");
    add(&w, "192.0.2.1", PENALTY_CRASH);
    configure(&w, "PerSourcePenaltyExemptList 192.0.2.0/24,!192.0.2.9");
    assert_null(forbids(&w, "192.0.2.1")); /* at once */
    add(&w, "192.0.2.2", PENALTY_CRASH);
    assert_string_equal(said, "");
    add(&w, "192.0.2.9", PENALTY_CRASH);
    assert_non_null(forbids(&w, "192.0.2.9"));
    configure(&w, "");
    assert_non_null(forbids(&w, "192.0.2.1"));
    assert_null(forbids(&w, "192.0.2.2"));
    done(&w);
}

static void
test_a_full_table_forgets_the_first_to_be_free(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "PerSourcePenalties max-sources4:2 overflow6:deny-all");
    add(&w, "192.0.2.1", PENALTY_CRASH);
    w.now_s++;
    add(&w, "192.0.2.2", PENALTY_CRASH);
    w.now_s++;
    add(&w, "192.0.2.3", PENALTY_CRASH);
    assert_null(forbids(&w, "192.0.2.1"));
    assert_non_null(forbids(&w, "192.0.2.2"));
    assert_non_null(forbids(&w, "192.0.2.3"));
    assert_int_equal(w.penalties.v4.table.count, 2);
    done(&w);
}

static void
test_a_full_table_may_deny_all(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "PerSourcePenalties max-sources4:1 overflow:deny-all\n"
                  "PerSourcePenaltyExemptList 192.0.2.7");
    assert_null(forbids(&w, "192.0.2.5"));
    add(&w, "192.0.2.1", PENALTY_AUTHFAIL); /* deferred counts as well */
    assert_string_equal(forbids(&w, "192.0.2.5"),
                        "too many penalised addresses");
    assert_null(forbids(&w, "192.0.2.7"));
    assert_null(forbids(&w, "2001:db8::1"));
    add(&w, "192.0.2.2", PENALTY_CRASH);
    assert_string_equal(said, "4 srclimit_penalise: ipv4 penalty table full, "
                              "cannot penalise 192.0.2.2/32 for penalty: "
                              "caused crash\n");
    w.now_s += 6;
    assert_null(forbids(&w, "192.0.2.5"));
    done(&w);
}

static void
test_without_penalties_nothing_is_held_against_anybody(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "");
    add(&w, "192.0.2.1", PENALTY_CRASH);
    configure(&w, "PerSourcePenalties no");
    assert_int_equal(w.penalties.v4.table.count, 0);
    assert_null(forbids(&w, "192.0.2.1"));
    add(&w, "192.0.2.1", PENALTY_CRASH);
    assert_string_equal(said, "");
    configure(&w, "PerSourcePenalties crash:0");
    add(&w, "192.0.2.1", PENALTY_CRASH);
    add(&w, "192.0.2.1", PENALTY_NONE);
    assert_int_equal(w.penalties.v4.table.count, 0);
    done(&w);
}

/* What a reload may change. */
static void
test_other_networks_make_the_family_forgotten(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "");
    add(&w, "192.0.2.1", PENALTY_CRASH);
    add(&w, "2001:db8::1", PENALTY_CRASH);
    configure(&w, "PerSourceNetBlockSize 24:128");
    assert_null(forbids(&w, "192.0.2.1"));
    assert_non_null(forbids(&w, "2001:db8::1"));
    done(&w);
}

static void
test_less_room_takes_effect_at_once(void **state)
{
    struct world w = {.now_s = 1000};

    (void)state;
    configure(&w, "");
    for (int i = 0; i < 100; i++) {
        char text[32];

        snprintf(text, sizeof(text), "192.0.2.%d", i);
        add(&w, text, PENALTY_CRASH);
    }
    configure(&w, "PerSourcePenalties max-sources4:10");
    assert_null(forbids(&w, "192.0.2.200"));
    assert_int_equal(w.penalties.v4.table.count, 10);
    done(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_penalties_add_up_until_they_count),
        cmocka_unit_test(test_each_class_has_its_time_and_words),
        cmocka_unit_test(test_a_penalty_below_min_is_deferred),
        cmocka_unit_test(test_no_source_has_more_than_max),
        cmocka_unit_test(test_an_active_penalty_stays_active_below_min),
        cmocka_unit_test(test_networks_share_their_penalties),
        cmocka_unit_test(test_exempt_addresses_are_never_penalised),
        cmocka_unit_test(test_a_full_table_forgets_the_first_to_be_free),
        cmocka_unit_test(test_a_full_table_may_deny_all),
        cmocka_unit_test(
            test_without_penalties_nothing_is_held_against_anybody),
        cmocka_unit_test(test_other_networks_make_the_family_forgotten),
        cmocka_unit_test(test_less_room_takes_effect_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
