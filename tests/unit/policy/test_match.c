#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "policy/match.h"
#include "tests/unit/policy/fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const groups[] = {"alice", "staff", "ops"};

static const struct identity alice = {
    .user = "alice",
    .groups = groups,
    .group_count = COUNT(groups),
    .host = "10.1.2.3",
    .address = {.family = ADDRESS_V4, .bytes = {10, 1, 2, 3}},
    .local_address = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 1}},
    .local_port = 22,
};

static const struct identity stranger = {
    .user = "mallory",
    .invalid_user = true,
    .host = "2001:db8::1",
    .address = {.family = ADDRESS_V6, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 1}},
};

static const struct identity nobody_known = {.test = true};

/* For alice, for the stranger, and when nothing is known (-T without -C). */
static const struct row {
    const char *criteria;
    bool alice, stranger, unknown;
} rows[] = {
    {"all", true, true, true},
    {"ALL # the end", true, true, true},
    {"User alice", true, false, false},
    {"User=alice", true, false, false},
    {"user \"alice\"", true, false, false},
    {"User Alice", false, false, false},
    {"User a*,bob", true, false, false},
    {"User !bob", false, false, false},
    {"User *,!bob", true, true, false},
    {"User !alice,*", false, true, false},
    {"User =", false, false, false},
    {"Group ops", true, false, false},
    {"Group st?ff", true, false, false},
    {"Group *,!ops", false, false, false},
    {"Group *", true, false, false},
    {"Group OPS", false, false, false},
    {"Host 10.*", true, false, false},
    {"Host 2001:DB8::1", false, true, false},
    {"Address 10.0.0.0/8", true, false, false},
    {"Address 10.0.0.0/8,!10.1.2.3", false, false, false},
    {"Address 10.1.*", true, false, false},
    {"Address 2001:db8::/32", false, true, false},
    {"Address *", true, true, false},
    {"Address 0.0.0.0/0", true, false, false},
    {"Address db.example", false, false, false},
    {"LocalAddress 192.0.2.0/24", true, false, false},
    {"LocalPort 22", true, false, false},
    {"LocalPort 23", false, false, false},
    {"LocalPort 0", false, false, false},
    {"LocalPort postgresql", false, false, false},
    {"RDomain *", false, false, false},
    {"Invalid-User", false, true, false},
    {"Invalid-User User m*", false, true, false},
    {"Version OpenSSH_*", true, true, true},
    {"Version OpenSSH_10.5,!x", true, true, true},
    {"Version OpenSSH_9*", false, false, false},
    {"Version OpenSSH_* User alice", true, false, false},
    {"User alice Address 10.0.0.0/8 Group ops LocalPort=22", true, false,
     false},
    {"User alice Group nobody", false, false, false},
};

static bool
evaluate(const struct condition *condition, const struct identity *who)
{
    struct diag err = {0};
    bool holds = false;

    assert_int_equal(match_evaluate(condition, who, &holds, &err), 0);
    return holds;
}

static int
read_condition(struct arena *arena, const char *text, struct condition *ret,
               struct diag *err)
{
    struct words words = {0};

    assert_int_equal(lexer_split(arena, text, &words), 0);
    return match_parse(arena, &fixture_facts, &words, ret, err);
}

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new();
    struct condition condition = {0};
    struct diag err = {0};

    assert_int_equal(read_condition(arena, row->criteria, &condition, &err), 0);
    assert_int_equal(evaluate(&condition, &alice), row->alice);
    assert_int_equal(evaluate(&condition, &stranger), row->stranger);
    assert_int_equal(evaluate(&condition, &nobody_known), row->unknown);
    assert_int_equal(match_always(&condition), row->unknown);
    arena_free(arena);
}

static void
test_bad_criteria_are_refused_with_words(void **state)
{
    static const char *const bad[][2] = {
        {"", "One or more attributes required for Match"},
        {"# x", "One or more attributes required for Match"},
        {"User", "Missing Match criteria for User"},
        {"User=", "Missing Match criteria for User"},
        {"User \"\"", "Missing Match criteria for User"},
        {"User a, b", "Missing Match criteria for b"},
        {"all User x", "'all' cannot be combined with other Match attributes"},
        {"User x all", "'all' cannot be combined with other Match attributes"},
        {"Final x", "Unsupported Match attribute Final"},
        {"exec x", "Unsupported Match attribute exec"},
        {"all=x", "Unsupported Match attribute all=x"},
        {"LocalPort 1,2", "Invalid LocalPort '1,2' on Match line"},
        {"LocalPort 65536", "Invalid LocalPort '65536' on Match line"},
        {"Address 10.0.0.1/8", "Invalid Match address argument '10.0.0.1/8'"},
        {"Address a,,b", "Invalid Match address argument 'a,,b'"},
        {"LocalAddress 10.0.0.0/33",
         "Invalid Match localaddress argument '10.0.0.0/33'"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct arena *arena = arena_new();
        struct condition condition = {0};
        struct diag err = {0};

        assert_int_equal(read_condition(arena, bad[i][0], &condition, &err),
                         -EINVAL);
        assert_string_equal(err.text, bad[i][1]);
        arena_free(arena);
    }
}

static void
test_a_missing_user_is_an_error_outside_of_tests(void **state)
{
    const struct identity who = {.host = "10.1.2.3"};
    struct arena *arena = arena_new();
    struct condition condition = {0};
    struct diag err = {0};
    bool holds = true;

    (void)state;
    assert_int_equal(read_condition(arena, "User *", &condition, &err), 0);
    assert_int_equal(match_evaluate(&condition, &who, &holds, &err), -EINVAL);
    assert_true(err.text[0] != '\0');
    arena_free(arena);
}

static void
test_zeroed_memory_matches_nobody(void **state)
{
    const struct criterion never = {0};
    const struct condition empty = {0};
    const struct condition one = {.list = &never, .count = 1};

    (void)state;
    assert_false(evaluate(&empty, &alice));
    assert_false(evaluate(&one, &alice));
    assert_false(match_always(&empty));
    assert_false(match_always(&one));
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {
        cmocka_unit_test(test_bad_criteria_are_refused_with_words),
        cmocka_unit_test(test_a_missing_user_is_an_error_outside_of_tests),
        cmocka_unit_test(test_zeroed_memory_matches_nobody),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 3] = (struct CMUnitTest){
            .name = rows[i].criteria,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
