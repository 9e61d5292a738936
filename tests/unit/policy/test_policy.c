#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/policy/fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The lines of -T that differ from those of an empty file, for one user. */
static const struct row {
    const char *shows;
    const char *user;
    const char *text;
    const char *lines; /* what is new, in the order of -T */
} rows[] = {
    {"the first of two lines wins", "alice", "MaxAuthTries 1\nMaxAuthTries 2\n",
     "MaxAuthTries 1\n"},
    {"a matching block replaces the global value", "alice",
     "MaxAuthTries 1\nMatch User alice\nMaxAuthTries 2\n", "MaxAuthTries 2\n"},
    {"whatever stands first", "alice",
     "Match User alice\nMaxAuthTries 2\nMatch all\nMaxAuthTries 1\n",
     "MaxAuthTries 2\n"},
    {"a block that does not match leaves it", "bob",
     "MaxAuthTries 1\nMatch User alice\nMaxAuthTries 2\n", "MaxAuthTries 1\n"},
    {"of two matching blocks the first wins", "alice",
     "Match User alice\nMaxAuthTries 2\nMatch Group ops\nMaxAuthTries 3\n",
     "MaxAuthTries 2\n"},
    {"each keyword on its own", "alice",
     "Match User alice\nMaxAuthTries 2\n"
     "Match Group ops\nMaxAuthTries 3\nLogLevel ERROR\n",
     "LogLevel ERROR\nMaxAuthTries 2\n"},
    {"Match all at the end overrides what is global", "alice",
     "MaxAuthTries 1\nMatch all\nMaxAuthTries 2\n", "MaxAuthTries 2\n"},
    {"lists add up in the global text", "alice",
     "AllowUsers a b\nAllowUsers c\n",
     "AllowUsers a\nAllowUsers b\nAllowUsers c\n"},
    {"a list in a block replaces the global one", "alice",
     "AllowUsers a\nMatch User alice\nAllowUsers b\n", "AllowUsers b\n"},
    {"lists add up over all matching blocks", "alice",
     "AllowUsers a\nMatch User alice\nAllowUsers b\nMatch User x\n"
     "AllowUsers c\nMatch Group ops\nAllowUsers d\nAllowUsers e\n",
     "AllowUsers b\nAllowUsers d\nAllowUsers e\n"},
    {"a list of one line is the first line", "alice",
     "AuthorizedKeysFile a b\nAuthorizedKeysFile c\n",
     "AuthorizedKeysFile a b\n"},
    {"and so it is for PermitOpen", "alice",
     "PermitOpen a:1 b:2\nPermitOpen c:3\n", "PermitOpen a:1 b:2\n"},
    {"PermitOpen any in a block lifts the global list", "alice",
     "PermitOpen a:1\nMatch User alice\nPermitOpen any\n", ""},
    {"ForceCommand none in a block lifts the global one", "alice",
     "ForceCommand x\nMatch User alice\nForceCommand none\n", ""},
    {"+ in a block adds to the default, not to the global list", "alice",
     "PubkeyAcceptedAlgorithms ssh-ed25519\n"
     "Match User alice\nPubkeyAcceptedAlgorithms -ecdsa*\n",
     "PubkeyAcceptedAlgorithms ssh-ed25519,rsa-sha2-512,rsa-sha2-256\n"},
    {"the parts of RekeyLimit are separate", "alice",
     "RekeyLimit 1G\nRekeyLimit 2G 1h\nRekeyLimit 3G 2h\n",
     "RekeyLimit 1073741824 3600\n"},
    {"the size may be lifted while the time stays", "alice",
     "RekeyLimit 1G 1h\nMatch User alice\nRekeyLimit default\n",
     "RekeyLimit 0 3600\n"},
    {"the last StreamLocalBindMask wins", "alice",
     "StreamLocalBindMask 0111\nStreamLocalBindMask 0222\n",
     "StreamLocalBindMask 0222\n"},
    {"the first Subsystem of a name wins", "alice",
     "Subsystem a x\nSubsystem b y\nSubsystem a z\n",
     "Subsystem a x\nSubsystem b y\n"},
    {"Port and ListenAddress add up, every one with every other", "alice",
     "Port 1\nPort 2\nListenAddress 10.0.0.1\nListenAddress [::1]:9\n",
     "Port 1\nPort 2\nListenAddress 10.0.0.1:1\nListenAddress 10.0.0.1:2\n"
     "ListenAddress [::1]:9\n"},
    {"one family has one address", "alice", "AddressFamily inet\n",
     "AddressFamily inet\n"},
    {"Match all sets global words, too", "alice",
     "Match all\nUsePAM yes\nMatch User bob\nMaxAuthTries 3\n", "UsePAM yes\n"},
};

/* The lines of all that are not in base, line by line. */
static void
new_lines(const char *all, const char *base, struct printout *out)
{
    while (*all != '\0') {
        int len = (int)strcspn(all, "\n") + 1;
        char *line = NULL;

        assert_true(asprintf(&line, "\n%.*s", len, all) > 0);
        if (strstr(base, line) == NULL) {
            printout_add(out, "%s", line + 1);
        }
        free(line);
        all += len;
    }
}

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct config plain = config_text("");
    struct config c = config_text(row->text);
    struct printout base = {0};
    struct printout all = config_dump(config_for(&c, row->user));
    struct printout lines = {0};
    struct printout plain_dump = config_dump(policy_global(plain.policy));

    printout_add(&base, "\n%s", plain_dump.text);
    printout_add(&lines, "%s", "");
    new_lines(all.text, base.text, &lines);
    assert_string_equal(lines.text, row->lines);
    printout_done(&base);
    printout_done(&all);
    printout_done(&lines);
    printout_done(&plain_dump);
    policy_free(plain.policy);
    policy_free(c.policy);
}

/* What Debian 12 installs as /etc/ssh/sshd_config, without its comments. */
static const char debian[] = "Include /etc/ssh/sshd_config.d/*.conf\n"
                             "KbdInteractiveAuthentication no\n"
                             "UsePAM yes\n"
                             "X11Forwarding yes\n"
                             "PrintMotd no\n"
                             "AcceptEnv LANG LC_*\n"
                             "Subsystem\tsftp\t/usr/lib/openssh/sftp-server\n";

static void
test_the_stock_file_of_debian_loads(void **state)
{
    const struct include none = {"/etc/ssh/sshd_config.d/*.conf", NULL, 0};
    struct sources sources = {.main = {"f", debian, sizeof(debian) - 1},
                              .includes = &none,
                              .include_count = 1};
    struct config c = config_parse(&sources);
    const struct settings *s;

    (void)state;
    assert_string_equal(c.said, "");
    assert_int_equal(c.r, 0);
    s = policy_global(c.policy);
    assert_int_equal(s->use_pam.value, 1);
    assert_int_equal(s->use_pam.from.line, 3);
    assert_int_equal(s->kbd_interactive_authentication.value, 0);
    assert_int_equal(s->password_authentication.value, 1);
    assert_int_equal(s->x11_forwarding.value, 1);
    assert_int_equal(s->accept_env.count, 2);
    assert_string_equal(s->subsystem.list[0].text,
                        "sftp /usr/lib/openssh/sftp-server");
    policy_free(c.policy);
}

static void
test_the_defaults_are_those_of_sshd(void **state)
{
    struct config c = config_text("");
    const struct settings *s = policy_global(c.policy);

    (void)state;
    assert_int_equal(s->port.count, 1);
    assert_int_equal(s->port.list[0], 22);
    assert_int_equal(s->listen_address.count, 1);
    assert_null(s->listen_address.list[0].host);
    assert_int_equal(s->listen_address.list[0].port, 0);
    assert_int_equal(s->host_key.count, 3);
    assert_string_equal(s->host_key.list[0].text, "/etc/ssh/ssh_host_rsa_key");
    assert_true(policy_is_default(&s->host_key.list[0].from));
    assert_int_equal(s->host_key.list[0].from.line, 0);
    assert_int_equal(s->login_grace_time_s.value, 120);
    assert_int_equal(s->max_auth_tries.value, 6);
    assert_int_equal(s->use_pam.value, 0);
    assert_int_equal(s->strict_modes.value, 1);
    assert_int_equal(s->permit_root_login.value, ROOT_LOGIN_NO_PASSWORD);
    assert_int_equal(s->allow_tcp_forwarding.value, FORWARD_ANY);
    assert_int_equal(s->gateway_ports.value, GATEWAY_NO);
    assert_int_equal(s->permit_open.count, 0);
    assert_int_equal(s->permit_listen.count, 0);
    assert_int_equal(s->allow_users.count, 0);
    assert_int_equal(s->authorized_keys_file.count, 2);
    policy_free(c.policy);
}

static void
test_every_answer_names_its_line(void **state)
{
    struct config c = config_text("PermitOpen a:1\n"
                                  "Match User alice\n"
                                  "PermitOpen b:1 b:2\n"
                                  "DenyUsers x\n"
                                  "Match Group ops\n"
                                  "DenyUsers y\n");
    const struct settings *s = config_for(&c, "alice");

    (void)state;
    assert_int_equal(s->permit_open.from.line, 3);
    assert_int_equal(s->permit_open.list[1].from.line, 3);
    assert_int_equal(s->deny_users.from.line, 4);
    assert_int_equal(s->deny_users.list[0].from.line, 4);
    assert_int_equal(s->deny_users.list[1].from.line, 6);
    assert_string_equal(s->deny_users.list[1].from.file, "f");
    assert_int_equal(config_for(&c, "bob")->deny_users.from.line, 6);
    policy_free(c.policy);
}

static void
test_one_resolution_does_not_touch_another(void **state)
{
    struct config c = config_text("AllowUsers a\n"
                                  "Match User alice\nAllowUsers b\n"
                                  "Match User bob\nAllowUsers c\n");
    const struct settings *alice = config_for(&c, "alice");
    const struct settings *bob = config_for(&c, "bob");
    const struct settings *again = config_for(&c, "alice");

    (void)state;
    assert_string_equal(alice->allow_users.list[0].text, "b");
    assert_string_equal(bob->allow_users.list[0].text, "c");
    assert_string_equal(again->allow_users.list[0].text, "b");
    assert_int_equal(again->allow_users.count, 1);
    assert_string_equal(policy_global(c.policy)->allow_users.list[0].text, "a");
    policy_free(c.policy);
}

static void
test_a_resolution_without_a_user_fails_with_words(void **state)
{
    struct config c = config_text("Match User x\nMaxAuthTries 1\n");
    const struct identity who = {0};
    const struct settings *s = NULL;

    (void)state;
    assert_int_equal(policy_resolve(c.policy, &who, fixture_report, &c, &s),
                     -EINVAL);
    assert_null(s);
    assert_true(c.said[0] != '\0');
    policy_free(c.policy);
}

static void
test_local_port_is_asked_for(void **state)
{
    struct config with = config_text("Match User x LocalPort 22\n");
    struct config without = config_text("Match User x\n");
    static const struct source part = {"p", "Match LocalPort 22\n", 19};
    static const struct include include = {"p", &part, 1};
    static const char text[] = "Match User x\nInclude p\n";
    const struct sources sources = {.main = {"f", text, sizeof(text) - 1},
                                    .includes = &include,
                                    .include_count = 1};
    struct config nested = config_parse(&sources);

    (void)state;
    assert_non_null(config_for(&with, "y"));
    assert_true(policy_needs_local_port(with.policy));
    assert_non_null(config_for(&without, "y"));
    assert_false(policy_needs_local_port(without.policy));
    assert_non_null(config_for(&nested, "y"));
    assert_false(policy_needs_local_port(nested.policy));
    assert_non_null(config_for(&nested, "x"));
    assert_true(policy_needs_local_port(nested.policy));
    policy_free(nested.policy);
    policy_free(with.policy);
    policy_free(without.policy);
}

/* Quadratic work would take minutes here. */
static void
test_large_files_are_read_in_one_go(void **state)
{
    struct printout text = {0};
    struct config c;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        printout_add(&text, "Match User u%d\nAllowUsers a%d b%d\n", i, i, i);
        printout_add(&text, "Match all\nDenyUsers d%d\n", i);
    }
    c = config_text(text.text);
    assert_int_equal(c.r, 0);
    for (int i = 0; i < 10; i++) {
        const struct settings *s = config_for(&c, "u19999");

        assert_int_equal(s->allow_users.count, 2);
        assert_int_equal(s->deny_users.count, 20000);
    }
    policy_free(c.policy);
    printout_done(&text);
}

static void
test_complaints_have_the_two_shapes_of_sshd(void **state)
{
    static const struct {
        struct diag diag;
        const char *text;
    } shapes[] = {
        {{.file = "f", .line = 3, .text = "missing address"},
         "f line 3: missing address"},
        {{.file = "f", .line = 3, .text = "Bad configuration option: X"},
         "f: line 3: Bad configuration option: X"},
        {{.file = "f", .text = "terminating, 2 bad configuration options"},
         "f: terminating, 2 bad configuration options"},
        {{.file = "command-line", .text = "invalid quotes"},
         "command-line line 0: invalid quotes"},
        {{.text = "Unsupported Match attribute x"},
         "Unsupported Match attribute x"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        char out[200];
        char small[5];
        int len = policy_diag_format(&shapes[i].diag, out, sizeof(out));

        assert_string_equal(out, shapes[i].text);
        assert_int_equal(len, strlen(out));
        assert_int_equal(
            policy_diag_format(&shapes[i].diag, small, sizeof(small)), len);
    }
}

static void
test_freeing_nothing_is_fine(void **state)
{
    (void)state;
    policy_free(NULL);
}

static void
test_the_highest_ceiling_is_found_wherever_it_stands(void **state)
{
    struct config plain = config_text("");
    struct config c = config_text("MaxForwards 10\n"
                                  "Match User a\n  MaxForwards 5000\n"
                                  "Match User b\n  MaxForwards 700\n");
    const struct number_setting *most = policy_highest_forwards(c.policy);

    (void)state;
    assert_int_equal(most->value, 5000);
    assert_int_equal(most->from.line, 3);
    assert_int_equal(policy_highest_forwards(plain.policy)->value, 512);
    policy_free(c.policy);
    policy_free(plain.policy);
}

int
main(void)
{
    const struct CMUnitTest single[] = {
        cmocka_unit_test(test_the_stock_file_of_debian_loads),
        cmocka_unit_test(test_the_defaults_are_those_of_sshd),
        cmocka_unit_test(test_every_answer_names_its_line),
        cmocka_unit_test(test_one_resolution_does_not_touch_another),
        cmocka_unit_test(test_a_resolution_without_a_user_fails_with_words),
        cmocka_unit_test(test_local_port_is_asked_for),
        cmocka_unit_test(test_the_highest_ceiling_is_found_wherever_it_stands),
        cmocka_unit_test(test_large_files_are_read_in_one_go),
        cmocka_unit_test(test_complaints_have_the_two_shapes_of_sshd),
        cmocka_unit_test(test_freeing_nothing_is_fine),
    };
    struct CMUnitTest tests[COUNT(rows) + COUNT(single)];

    memcpy(tests, single, sizeof(single));
    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[COUNT(single) + i] = (struct CMUnitTest){
            .name = rows[i].shows,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
