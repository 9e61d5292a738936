/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "server/monitor/outcome.h"

static const struct row {
    const char *sentence;
    struct outcome outcome;
    enum exit_class want;
} rows[] = {
    {"a scanner that names nobody", {0}, EXIT_CLASS_NO_LOGIN},
    {"an unknown user who offers keys",
     {.is_invalid = true},
     EXIT_CLASS_INVALID},
    {"an unknown user who tries a password",
     {.is_invalid = true, .is_attempted = true},
     EXIT_CLASS_ATTEMPTED},
    {"a wrong key", {.is_attempted = true}, EXIT_CLASS_ATTEMPTED},
    {"RefuseConnection, whoever it is",
     {.is_refused = true, .is_invalid = true},
     EXIT_CLASS_REFUSED},
    {"a crash outweighs the attempt that caused it",
     {.has_crashed = true, .is_attempted = true},
     EXIT_CLASS_CRASH},
    {"too slow, whatever was tried",
     {.is_late = true, .is_attempted = true, .is_invalid = true},
     EXIT_CLASS_GRACE},
    {"a login, after failures",
     {.is_admitted = true, .is_attempted = true, .has_crashed = true},
     EXIT_CLASS_CLEAN},
};

static void
test_a_connection_ends_in_its_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum exit_class got = outcome_class(&rows[i].outcome);

        if (got != rows[i].want) {
            fail_msg("%s: %d", rows[i].sentence, (int)got);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_connection_ends_in_its_class),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
