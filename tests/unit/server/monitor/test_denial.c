#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/monitor/denial.h"

static const struct {
    enum explain_denials level;
    const char *open, *reason, *goodbye;
} rows[] = {
    {EXPLAIN_NONE, "open failed", "", "the server ends the connection"},
    {EXPLAIN_BRIEF, "not permitted", "not-permitted", "too old"},
    {EXPLAIN_FULL, "not permitted: not-permitted by /etc/x:12",
     "not-permitted by /etc/x:12", "too old by /etc/x:12"},
};

static void
test_each_level_says_so_much(void **state)
{
    const struct decision why = {
        .reason = REASON_NOT_PERMITTED,
        .from = {"/etc/x", 12},
    };
    char out[DENIAL_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct settings s = {
            .explain_denials = {.value = (int)rows[i].level}};

        denial_open(out, &s, &why);
        assert_string_equal(out, rows[i].open);
        denial_reason(out, &s, &why);
        assert_string_equal(out, rows[i].reason);
        denial_goodbye(out, &s, "too old", &why.from);
        assert_string_equal(out, rows[i].goodbye);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_level_says_so_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
