#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/policy/fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Whatever is printed is read again, and printed the same. */
static const char *const texts[] = {
    "",
    "Port 1\nPort 2\nListenAddress ::1\nListenAddress a.example:9\n",
    "AddressFamily inet6\nPort 1\nPort 2\n",
    "PermitOpen none\nPermitListen none\n",
    "PermitOpen [::1]:* a:1 \"b c:2\" :3\nPermitListen 1 *:2 [a:b]:3\n",
    "AuthorizedKeysFile none\nPidFile none\n",
    "AuthorizedKeysFile \"a b\" 'c\"d' e\\\\f \"#g\"\n",
    "AllowUsers \"a b\" c@10.0.0.0/8 d\\'\nDenyUsers #x\nDenyGroups y\n",
    "Ciphers -*ctr\nMACs +hmac-sha1\nKexAlgorithms ^ecdh-sha2-nistp521\n",
    "ForceCommand = a \"b\" # c\n",
    "ForceCommand == a\n",
    "SetEnv A=\"b c\" =d\n",
    "SetEnv A=\"b c\" D=\n",
    "Subsystem sftp \"a b\" 'c\\\\d'\nSubsystem x y\n",
    "RekeyLimit 1G 1h\nLoginGraceTime 1h\nStreamLocalBindMask 0\n",
    "AcceptEnv LANG LC_*\nPermitUserEnvironment A*\n",
};

static void
test_what_is_printed_is_a_fixpoint(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct config c = config_text(texts[i]);
        struct config again;
        struct printout first, second;

        if (c.r < 0) {
            assert_true(c.said[0] != '\0');
            continue;
        }
        first = config_dump(policy_global(c.policy));
        again = config_text(first.text);
        assert_string_equal(again.said, "");
        second = config_dump(policy_global(again.policy));
        assert_string_equal(second.text, first.text);
        printout_done(&first);
        printout_done(&second);
        policy_free(c.policy);
        policy_free(again.policy);
    }
}

/* Parts of the output for a text, in their order. */
static void
test_lists_are_printed_one_a_line(void **state)
{
    static const char *const rows[][2] = {
        {"Port 44\nPort 55\n",
         "Port 44\nPort 55\nListenAddress [::]:44\nListenAddress 0.0.0.0:44\n"
         "ListenAddress [::]:55\nListenAddress 0.0.0.0:55\n"},
        {"AddressFamily inet\n", "Port 22\nListenAddress 0.0.0.0:22\nAddr"},
        {"AddressFamily inet6\n", "Port 22\nListenAddress [::]:22\nAddr"},
        {"HostKey /a\nHostKey \"/b c\"\n",
         "\nHostKey /a\nHostKey \"/b c\"\nHostKeyA"},
        {"", "\nHostKey /etc/ssh/ssh_host_rsa_key\n"
             "HostKey /etc/ssh/ssh_host_ecdsa_key\n"
             "HostKey /etc/ssh/ssh_host_ed25519_key\n"},
        {"", "\nAuthenticationMethods any\n"},
        {"", "\nPermitOpen any\nPermitListen any\n"},
        {"", "\nRekeyLimit 0 0\n"},
        {"", "\nPidFile /run/portcullisd.pid\n"},
        {"PermitOpen none\n", "\nPermitOpen none\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct config c = config_text(rows[i][0]);
        struct printout dump = config_dump(policy_global(c.policy));

        assert_non_null(strstr(dump.text, rows[i][1]));
        printout_done(&dump);
        policy_free(c.policy);
    }
}

static int
stop_at_third(void *arg, const char *line)
{
    int *lines = arg;

    (void)line;
    return ++*lines == 3 ? -EPIPE : 0;
}

static void
test_printing_stops_when_told_to(void **state)
{
    struct config c = config_text("");
    int lines = 0;

    (void)state;
    assert_int_equal(
        policy_dump(policy_global(c.policy), stop_at_third, &lines), -EPIPE);
    assert_int_equal(lines, 3);
    policy_free(c.policy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_printed_is_a_fixpoint),
        cmocka_unit_test(test_lists_are_printed_one_a_line),
        cmocka_unit_test(test_printing_stops_when_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
