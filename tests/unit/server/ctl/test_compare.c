/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdlib.h>
#include <string.h>

#include "server/ctl/compare.h"

static struct loaded
load(const char *name, const char *text)
{
    struct loaded l = {
        .sources = {.main = {name, text, strlen(text)}},
        .facts = {.version = POLICY_MATCH_VERSION},
    };

    return l;
}

/* What `portcullisctl diff` would print. */
static struct printout
compare(const char *old_text, const char *new_text)
{
    struct loaded old = load("old", old_text), new = load("new", new_text);
    struct comparison *c = calloc(1, sizeof(*c));
    struct printout out = {0};

    assert_int_equal(loaded_renew(&old), 0);
    assert_int_equal(loaded_renew(&new), 0);
    assert_int_equal(compare_all(c, &old, &new), 0);
    assert_null(c->bound);
    printout_add(&out, "%s", "");
    difference_text(&out, &c->differences, &c->census);
    compare_done(c);
    free(c);
    loaded_done(&old);
    loaded_done(&new);
    return out;
}

static void
test_differences_are_told_once(void **state)
{
    static const struct {
        const char *old, *new, *said;
    } rows[] = {
        {"PermitOpen a:1 b:2", "PermitOpen b:2 a:1", ""},
        {"GrantOpen a:* b:1", "GrantOpen a:* b:1\nDenyOpen *:22",
         "open a:22\n"
         "  - allow, permitted by old:1\n"
         "  + deny, denied by new:2\n"
         "    for anybody\n"},
        {"DenyUsers mallory", "",
         "log in\n"
         "  - deny, login-denied (listed in DenyUsers) by old:1\n"
         "  + allow, login-allowed by default\n"
         "    for user mallory\n"},
        {"AllowTcpForwarding no\nMatch Group dba\nGrantOpen a:1\n"
         "AllowTcpForwarding local",
         "AllowTcpForwarding no\nMatch Group dba User !bob,*\nGrantOpen a:1\n"
         "AllowTcpForwarding local",
         "open a:1\n"
         "  - allow, permitted by old:3\n"
         "  + deny, direction-off by new:1\n"
         "    for user bob in dba\n"},
        {"ListenFrom 10.0.0.0/8", "ListenFrom 10.0.0.0/9",
         "accept 10.255.255.255\n"
         "  - allow, permitted by old:1\n"
         "  + deny, source-not-listed by new:1\n"
         "    for anybody\n"
         "accept 10.128.0.0\n"
         "  - allow, permitted by old:1\n"
         "  + deny, source-not-listed by new:1\n"
         "    for anybody\n"},
        {"GrantListenPath /run/a/*", "GrantListenPath /run/*",
         "listen-path /run/a/x\n"
         "  - allow, permitted by old:1\n"
         "  + deny, not-permitted by new:1\n"
         "    for anybody\n"
         "listen-path /run/x\n"
         "  - deny, not-permitted by old:1\n"
         "  + allow, permitted by new:1\n"
         "    for anybody\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct printout out = compare(rows[i].old, rows[i].new);

        assert_string_equal(out.text, rows[i].said);
        printout_done(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences_are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
