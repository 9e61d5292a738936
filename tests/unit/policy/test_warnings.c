#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/warnings.h"
#include "tests/unit/policy/fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A configuration and all that is said about it. */
static const struct row {
    const char *shows, *config, *said;
} rows[] = {
    {"nothing is said about nothing", "", ""},
    {"nor about what is sensible",
     "PermitOpen a:1\nGrantOpen 10.0.0.0/8:443\nDenyOpen 10.9.0.0/16:*\n"
     "Match User *,!bob\nPermitOpen b:1\n",
     ""},
    {"only negated patterns", "Match User !bob,!eve\nPermitOpen a:1\n",
     "f line 1: this Match never holds: \"!bob,!eve\" only says what does not "
     "match; begin with *\n"},
    {"a second line of the global part", "PermitOpen a:1\nPermitOpen b:1\n",
     "f line 2: PermitOpen has no effect: f line 1 comes first\n"},
    {"a second line of a block",
     "Match User x\nPermitOpen a:1\nPermitOpen b:1\nMatch User y\n"
     "PermitOpen c:1\n",
     "f line 3: PermitOpen has no effect: f line 2 comes first\n"},
    {"grants add up, but not twice", "GrantOpen *.a:*\nGrantOpen x.a:22\n",
     "f line 2: GrantOpen x.a:22 adds nothing: *.a:* of line 1 lists all of "
     "it\n"},
    {"a grant that is denied",
     "GrantOpen 10.1.0.0/16:443\nDenyOpen 10.0.0.0/8:*\n",
     "f line 1: GrantOpen 10.1.0.0/16:443 grants nothing: 10.0.0.0/8:* of line "
     "2 denies all of it\n"},
    {"only in part", "GrantOpen 10.0.0.0/8:*\nDenyOpen 10.1.0.0/16:443\n", ""},
    {"in a block", "DenyOpen db:*\nMatch User x\nGrantOpen db:1\n",
     "f line 3: GrantOpen db:1 grants nothing: db:* of line 1 denies all of "
     "it\n"},
    {"by the block itself", "Match User x\nGrantListen 80\nDenyListen 1-99\n",
     "f line 2: GrantListen 80 grants nothing: 1-99 of line 3 denies all of "
     "it\n"},
    {"GatewayPorts widens a name",
     "GatewayPorts yes\nPermitListen localhost:1\n",
     "f line 2: PermitListen localhost listens on every address: GatewayPorts "
     "is yes at f line 1\n"},
    {"in a block as well",
     "PermitListen localhost:1\nMatch User x\nGatewayPorts yes\n",
     "f line 1: PermitListen localhost listens on every address: GatewayPorts "
     "is yes at f line 3\n"},
    {"any host is meant that way", "GatewayPorts yes\nPermitListen 80\n", ""},
    {"a direction that is off", "AllowTcpForwarding remote\nGrantOpen a:1\n",
     "f line 2: GrantOpen grants nothing: AllowTcpForwarding has no local\n"},
    {"any does not lift a grant", "GrantOpen a:1\nPermitOpen any\n",
     "f line 2: PermitOpen any does not lift the GrantOpen of line 1: write "
     "GrantOpen *:*\n"},
    {"a password gets around a key", "PasswordAuthentication yes\n",
     "f line 1: permitopen= of a key binds nobody who has a password: there is "
     "neither PermitOpen nor GrantOpen\n"},
    {"what has no effect here",
     "X11Forwarding yes\nMatch User x\nPermitTTY no\n",
     "f line 1: X11Forwarding has no effect here\n"
     "f line 3: PermitTTY has no effect here\n"},
};

static void
test_warning_row(void **state)
{
    const struct row *row = *state;
    struct config c = config_text(row->config);

    assert_int_equal(c.r, 0);
    assert_string_equal(c.said, "");
    policy_warnings(c.policy, fixture_report, &c);
    assert_string_equal(c.said, row->said);
    assert_true(*row->said == '\0' || c.last.severity == SEVERITY_WARNING);
    policy_free(c.policy);
}

int
main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_warning_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
