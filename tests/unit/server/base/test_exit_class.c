/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <signal.h>

#include "server/base/exit_class.h"

/* As waitpid(2) gives it: a signal's number, or an exit status above it. */
static void
test_only_faults_of_a_program_are_crashes(void **state)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGTRAP, SIGSYS,
                                  SIGFPE,  SIGILL, SIGABRT};
    static const int others[] = {SIGKILL, SIGTERM, SIGPIPE, SIGHUP};

    (void)state;
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        assert_true(exit_was_crash(crashes[i]));
        assert_true(exit_was_crash(crashes[i] | 0x80)); /* core dumped */
        assert_false(exit_was_crash(crashes[i] << 8));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(exit_was_crash(others[i]));
    }
    assert_false(exit_was_crash(0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_faults_of_a_program_are_crashes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
