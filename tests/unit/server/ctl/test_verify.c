/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "policy/arena.h"
#include "server/ctl/verify.h"

static void
no_complaint(void *arg, const struct diag *diag)
{
    (void)arg;
    fail_msg("%u: %s", diag->line, diag->text);
}

static void
test_failures_name_the_line_that_decided(void **state)
{
    static const char config[] = "GrantOpen 10.0.0.0/8:1\nDenyUsers eve\n";
    static const char text[] = "allow open db:1 address=10.0.0.1\n"
                               "allow open db:1\n"
                               "allow eve open 10.0.0.1:1\n"
                               "deny open 10.0.0.1:1\n";
    const struct source source = {"t", text, strlen(text)};
    struct loaded l = {
        .sources = {.main = {"c", config, strlen(config)}},
        .facts = {.version = POLICY_MATCH_VERSION},
    };
    struct arena *arena = arena_new();
    const struct expectation *list = NULL;
    struct verify_count count = {0};
    struct printout out = {0};

    (void)state;
    assert_int_equal(loaded_renew(&l), 0);
    assert_int_equal(
        expectation_read_all(arena, &source, NULL, no_complaint, NULL, &list),
        0);
    assert_int_equal(verify_all(&l, list, &out, &count), 0);
    assert_int_equal(count.held, 1);
    assert_int_equal(count.failed, 3);
    assert_string_equal(
        out.text, "t:2: allow open db:1\n"
                  "    expected allow, got ask-address: awaits-address by c:1"
                  " (say what it resolves to with address=)\n"
                  "t:3: allow eve open 10.0.0.1:1\n"
                  "    expected allow, got deny: login-denied by c:2 (listed "
                  "in DenyUsers)\n"
                  "t:4: deny open 10.0.0.1:1\n"
                  "    expected deny, got allow: permitted by c:1\n");
    printout_done(&out);
    arena_free(arena);
    loaded_done(&l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures_name_the_line_that_decided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
