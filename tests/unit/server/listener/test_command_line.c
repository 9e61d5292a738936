/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/listener/command_line.h"

#define WORDS_MAX 16

/* Parse blank-separated words; '_' stands for a blank inside one. */
/* Parse words that blanks separate; '_' stands for a blank inside one. */
static int
parse(const char *words, struct command_line *ret,
      struct command_line_error *reterr)
{
    static char copy[512]; /* outlives *ret */
    char *argv[WORDS_MAX + 1] = {NULL};
    char *rest = copy;
    int argc = 0;

    snprintf(copy, sizeof(copy), "portcullisd%s%s", *words != '\0' ? " " : "",
             words);
    while (argc < WORDS_MAX && rest != NULL) {
        argv[argc++] = strsep(&rest, " ");
    }
    for (int i = 0; i < argc; i++) {
        for (char *p = argv[i]; *p != '\0'; p++) {
            *p = *p == '_' ? ' ' : *p;
        }
    }
    return command_line_parse(argc, argv, ret, reterr);
}

/* The lines that go before the file, joined with ';'. */
static const char *
overrides_of(const struct command_line *c)
{
    static char text[1024];

    text[0] = '\0';
    for (size_t i = 0; i < c->override_count; i++) {
        size_t used = strlen(text);

        snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? ";" : "",
                 c->overrides[i]);
    }
    return text;
}

static void
test_options_become_lines_before_the_file(void **state)
{
    static const struct {
        const char *words;
        const char *overrides;
        const char *sentence;
    } rows[] = {
        {"", "", "nothing"},
        {"-p 22 -p 2222", "Port 22;Port 2222", "ports add up"},
        {"-p22", "Port 22", "a value may follow its letter"},
        {"-o Port=22 -o UsePAM_no", "Port=22;UsePAM no", "-o as it is"},
        {"-h /k", "HostKey \"/k\"", "a host key"},
        {"-h /a_\"b\\", "HostKey \"/a \\\"b\\\\\"", "odd paths are quoted"},
        {"-g 2m30s", "LoginGraceTime 2m30s", "login grace time"},
        {"-4", "AddressFamily inet", "IPv4"},
        {"-6", "AddressFamily inet6", "IPv6"},
        {"-46", "AddressFamily inet6;AddressFamily inet", "the last wins"},
        {"-o AddressFamily=inet6 -4", "AddressFamily inet;AddressFamily=inet6",
         "-4 counts for more than -o"},
        {"-o LoginGraceTime=5 -g 6 -g 7",
         "LoginGraceTime 7;LoginGraceTime 6;LoginGraceTime=5",
         "the last -g wins, over -o too"},
        {"-c /a_b", "HostCertificate \"/a b\"", "a host certificate"},
        {"-q", "LogLevel QUIET", "quiet"},
        {"-d", "LogLevel DEBUG1", "debugging"},
        {"-ddd", "LogLevel DEBUG3", "more debugging"},
        {"-ddddd", "LogLevel DEBUG3", "there is no more than that"},
        {"-d -q", "LogLevel QUIET", "quiet comes last"},
        {"-q -d", "LogLevel DEBUG1", "debugging comes last"},
        {"-o LogLevel=INFO -q", "LogLevel QUIET;LogLevel=INFO",
         "-q counts for more than -o"},
        {"-b 1024 -k 1h -u0 -Qr", "", "sshd's old flags mean nothing"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct command_line c;
        struct command_line_error error;

        print_message("%s\n", rows[i].sentence);
        assert_int_equal(parse(rows[i].words, &c, &error), 0);
        assert_string_equal(overrides_of(&c), rows[i].overrides);
        command_line_done(&c);
    }
}

static void
test_v_asks_for_doubts_and_changes_no_mode(void **state)
{
    struct command_line c;
    struct command_line_error error;

    (void)state;
    assert_int_equal(parse("-tv", &c, &error), 0);
    assert_true(c.verbose);
    assert_int_equal(c.mode, COMMAND_TEST);
    command_line_done(&c);
    assert_int_equal(parse("-t", &c, &error), 0);
    assert_false(c.verbose);
    command_line_done(&c);
}

static void
test_flags_set_the_mode(void **state)
{
    static const struct {
        const char *words;
        enum command_mode mode;
    } rows[] = {
        {"", COMMAND_SERVE},           {"-t", COMMAND_TEST},
        {"-T", COMMAND_DUMP},          {"-G", COMMAND_PRINT},
        {"-V", COMMAND_VERSION},       {"-tT", COMMAND_DUMP},
        {"-Tt", COMMAND_DUMP},         {"-tV", COMMAND_VERSION},
        {"-V extra", COMMAND_VERSION},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct command_line c;
        struct command_line_error error;

        assert_int_equal(parse(rows[i].words, &c, &error), 0);
        assert_int_equal(c.mode, rows[i].mode);
        command_line_done(&c);
    }
}

static void
test_flags_may_be_clustered(void **state)
{
    struct command_line c;
    struct command_line_error error;

    (void)state;
    assert_int_equal(parse("-Def /etc/conf -E /var/log/x", &c, &error), 0);
    assert_true(c.foreground);
    assert_true(c.to_stderr);
    assert_string_equal(c.file, "/etc/conf");
    assert_string_equal(c.log_file, "/var/log/x");
    assert_false(c.inetd);
    command_line_done(&c);
    assert_int_equal(parse("-qif /etc/conf", &c, &error), 0);
    assert_true(c.inetd && c.quiet);
    assert_string_equal(c.file, "/etc/conf");
    command_line_done(&c);
}

static void
test_mistakes_end_with_the_status_of_sshd(void **state)
{
    static const struct {
        const char *words;
        int status;
        bool usage;
        const char *text;
    } rows[] = {
        {"-Z", 1, true, "unknown option -- Z"},
        {"-tZ", 1, true, "unknown option -- Z"},
        {"-f", 1, true, "option requires an argument -- f"},
        {"--help", 1, true, "unknown option -- -"},
        {"-p 0", 1, false, "Bad port number."},
        {"-p 65536", 1, false, "Bad port number."},
        {"-p x", 1, false, "Bad port number."},
        {"-p 22x", 1, false, "Bad port number."},
        {"-p 99999999999999999999", 1, false, "Bad port number."},
        {"-g x", 1, false, "Invalid login grace time."},
        {"-g 1x", 1, false, "Invalid login grace time."},
        {"-g 10s5x", 1, false, "Invalid login grace time."},
        {"-g -1", 1, false, "Invalid login grace time."},
        {"-t extra", 1, false, "Extra argument extra."},
        {"-t -- -p", 1, false, "Extra argument -p."},
        {"-C user=a", 255, false,
         "Config test connection parameter (-C) provided without test mode "
         "(-T)"},
        {"-t -C user=a", 255, false,
         "Config test connection parameter (-C) provided without test mode "
         "(-T)"},
        {"-G -C user=a", 255, false,
         "Config test connection parameter (-C) provided without test mode "
         "(-T)"},
        {"-T -C foo=1", 1, false, "Invalid test mode specification foo=1"},
        {"-T -C user=a,bar", 1, false, "Invalid test mode specification bar"},
        {"-T -C lport=x", 1, false,
         "Invalid port 'x' in test mode specification lport=x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct command_line c;
        struct command_line_error error;

        print_message("%s\n", rows[i].words);
        assert_true(parse(rows[i].words, &c, &error) < 0);
        assert_int_equal(error.status, rows[i].status);
        assert_int_equal(error.usage, rows[i].usage);
        assert_string_equal(error.diag.text, rows[i].text);
        command_line_done(&c);
    }
}

static void
test_a_connection_is_described_in_parts_or_at_once(void **state)
{
    static const char *const rows[] = {
        "-T -C user=alice,host=h.example,addr=192.0.2.1,laddr=::1,lport=22,"
        "invalid-user,rdomain=x",
        "-T -C user=alice -C host=h.example -C addr=192.0.2.1 -C laddr=::1 "
        "-C lport=22 -C invalid-user,,nonsense",
        "-T -C user=bob,lport=1,user=alice -C "
        "invalid-user,lport=ssh,addr=192.0.2.1,host=h.example,laddr=::1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct command_line c;
        struct command_line_error error;
        char address[ADDRESS_TEXT_MAX];

        assert_int_equal(parse(rows[i], &c, &error), 0);
        assert_true(c.has_identity && c.identity.test);
        assert_true(c.identity.invalid_user);
        assert_string_equal(c.identity.user, "alice");
        assert_string_equal(c.identity.host, "h.example");
        address_format(&c.identity.address, address);
        assert_string_equal(address, "192.0.2.1");
        address_format(&c.identity.local_address, address);
        assert_string_equal(address, "::1");
        assert_int_equal(c.identity.local_port, 22);
        command_line_done(&c);
    }
}

static void
test_what_is_not_said_of_a_connection_is_unknown(void **state)
{
    struct command_line c;
    struct command_line_error error;

    (void)state;
    assert_int_equal(parse("-T -C addr=no-address,lport=0", &c, &error), 0);
    assert_null(c.identity.user);
    assert_null(c.identity.host);
    assert_int_equal(c.identity.address.family, ADDRESS_NONE);
    assert_int_equal(c.identity.local_port, 0);
    assert_false(c.identity.invalid_user);
    command_line_done(&c);
}

static void
test_the_number_of_options_is_bounded(void **state)
{
    static char *argv[2 + OVERRIDE_MAX];
    static char name[] = "portcullisd";
    static char option[] = "-p22";
    struct command_line c;
    struct command_line_error error;

    (void)state;
    argv[0] = name;
    for (int i = 1; i < 2 + OVERRIDE_MAX; i++) {
        argv[i] = option;
    }
    assert_int_equal(command_line_parse(1 + OVERRIDE_MAX, argv, &c, &error), 0);
    command_line_done(&c);
    assert_true(command_line_parse(2 + OVERRIDE_MAX, argv, &c, &error) < 0);
    assert_int_equal(error.status, 1);
    command_line_done(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_become_lines_before_the_file),
        cmocka_unit_test(test_v_asks_for_doubts_and_changes_no_mode),
        cmocka_unit_test(test_flags_set_the_mode),
        cmocka_unit_test(test_flags_may_be_clustered),
        cmocka_unit_test(test_mistakes_end_with_the_status_of_sshd),
        cmocka_unit_test(test_a_connection_is_described_in_parts_or_at_once),
        cmocka_unit_test(test_what_is_not_said_of_a_connection_is_unknown),
        cmocka_unit_test(test_the_number_of_options_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
