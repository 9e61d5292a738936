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

/* Whole texts, and everything that is said to them. */
static const struct row {
    const char *shows;
    const char *text;
    int r;
    const char *said;
} rows[] = {
    {"an empty file is fine", "", 0, ""},
    {"a file without a last newline is fine", "Port 22", 0, ""},
    {"soft errors are all told, then counted",
     "Foo 1\nPort\nBar 2\nPort 22 33\n", -EINVAL,
     "f: line 1: Bad configuration option: Foo\n"
     "f line 2: no argument after keyword \"Port\"\n"
     "f: line 3: Bad configuration option: Bar\n"
     "f line 4: keyword Port extra arguments at end of line\n"
     "f: terminating, 4 bad configuration options\n"},
    {"a hard error is the last word", "Foo 1\nPort 0\nBar 2\n", -EINVAL,
     "f: line 1: Bad configuration option: Foo\n"
     "f line 2: Badly formatted port number.\n"},
    {"quotes must be closed", "Port \"22\n", -EINVAL,
     "f line 1: invalid quotes\n"
     "f: terminating, 1 bad configuration options\n"},
    {"a line that sshd would lose is refused", "\"PermitOpen none\n", -EINVAL,
     "f line 1: invalid quotes\n"
     "f: terminating, 1 bad configuration options\n"},
    {"and so is the other one", "==PermitOpen none\n", -EINVAL,
     "f: line 1: Bad configuration option: \n"
     "f: terminating, 1 bad configuration options\n"},
    {"a keyword is named as it was written", "port 1 2\nPORT\n", -EINVAL,
     "f line 1: keyword port extra arguments at end of line\n"
     "f line 2: no argument after keyword \"PORT\"\n"
     "f: terminating, 2 bad configuration options\n"},
    {"comments may follow values", "Port 22 # as ever\n", 0, ""},
    {"a # inside a word is data", "Port 22#x\n", -EINVAL,
     "f line 1: Badly formatted port number.\n"},
    {"what is global may not stand in a block", "Match User x\n  UsePAM yes\n",
     -EINVAL,
     "f line 2: Directive 'UsePAM' is not allowed within a Match block\n"},
    {"an unknown word in a block is told twice", "Match User x\nFoo 1\n",
     -EINVAL,
     "f: line 2: Bad configuration option: Foo\n"
     "f line 2: Directive 'Foo' is not allowed within a Match block\n"},
    {"deprecated words may not stand in a block", "Match User x\nUseLogin no\n",
     -EINVAL,
     "f line 2: Directive 'UseLogin' is not allowed within a Match block\n"},
    {"Match all is as good as global", "Match all\nUsePAM yes\n", 0, ""},
    {"and so is a Match version that holds",
     "Match version OpenSSH_10*\nUsePAM yes\n", 0, ""},
    {"but not one that does not", "Match version x\nUsePAM yes\n", -EINVAL,
     "f line 2: Directive 'UsePAM' is not allowed within a Match block\n"},
    {"values in blocks are checked", "Match User x\nMaxAuthTries x\n", -EINVAL,
     "f line 2: MaxAuthTries integer value invalid.\n"},
    {"a second value is checked although it comes too late",
     "MaxAuthTries 1\nMaxAuthTries x\n", -EINVAL,
     "f line 2: MaxAuthTries integer value invalid.\n"},
    {"a bad Match says what, then where", "Port 22\nMatch Foo x\n", -EINVAL,
     "Unsupported Match attribute Foo\n"
     "f line 2: Bad Match condition\n"},
    {"a Match without criteria", "Match # x\n", -EINVAL,
     "One or more attributes required for Match\n"
     "f line 1: Bad Match condition\n"},
    {"Include wants an argument", "Include\nInclude \"\"\nInclude #\n", -EINVAL,
     "f line 1: no argument after keyword \"Include\"\n"
     "f line 2: keyword Include empty argument\n"
     "f line 3: Include missing filename argument\n"},
    {"a name for outside of blocks only",
     "DSAAuthentication yes\nMatch User x\nDSAAuthentication no\n", -EINVAL,
     "f line 3: Directive 'DSAAuthentication' is not allowed within a Match "
     "block\n"},
    {"two words that sshd gave up may stand in a block",
     "Match User x\nRSAAuthentication no\nCheckMail no\n", -EINVAL,
     "f line 2: Deprecated option RSAAuthentication\n"
     "f line 3: Directive 'CheckMail' is not allowed within a Match block\n"},
    {"an Include that nobody read is refused", "Include x\n", -EINVAL,
     "f line 1: Include \"x\" was not read\n"},
    {"an algorithm that we lack is a warning",
     "Ciphers aes128-cbc,aes128-ctr\n", 0,
     "f line 1: Ciphers: left out, not provided here: aes128-cbc\n"},
    {"the default only, in a block as well", "Match User x\nRevokedKeys /x\n",
     -EINVAL,
     "f line 2: RevokedKeys: only the default \"none\" is supported so far\n"},
};

static void
test_row(void **state)
{
    const struct row *row = *state;
    struct config c = config_text(row->text);

    assert_string_equal(c.said, row->said);
    assert_int_equal(c.r, row->r);
    policy_free(c.policy);
}

static void
test_a_nul_byte_is_refused(void **state)
{
    static const char text[] = "Port 22\nPermitOpen a:1\0\n";
    const struct sources sources = {.main = {"f", text, sizeof(text) - 1}};
    struct config c = config_parse(&sources);

    (void)state;
    assert_int_equal(c.r, -EINVAL);
    assert_string_equal(c.said, "f line 2: the line contains a NUL byte\n");
}

static void
test_257_ports_are_too_many(void **state)
{
    char text[257 * 10 + 1] = "";
    struct config c;

    (void)state;
    for (int i = 1; i <= 256; i++) {
        snprintf(text + strlen(text), 11, "Port %d\n", i);
    }
    c = config_text(text);
    assert_int_equal(c.r, 0);
    assert_int_equal(policy_global(c.policy)->port.count, 256);
    assert_int_equal(policy_global(c.policy)->port.list[255], 256);
    policy_free(c.policy);

    strcat(text, "Port 9\n");
    c = config_text(text);
    assert_int_equal(c.r, -EINVAL);
    assert_string_equal(c.said, "f line 257: too many ports.\n");
}

/* The command line: text, override, what is said, or the Port lines. */
static const struct {
    const char *override;
    int r;
    const char *said;
} overrides[] = {
    {"Port=77", 0, ""},
    {"# nothing", 0, ""},
    {"", 0, ""},
    {"Foo=1", -EINVAL, "command-line: line 0: Bad configuration option: Foo\n"},
    {"Port", -EINVAL,
     "command-line line 0: no argument after keyword \"Port\"\n"},
    {"Port 1 2", -EINVAL,
     "command-line line 0: keyword Port extra arguments at end of line\n"},
    {"Port=22\"", -EINVAL, "command-line line 0: invalid quotes\n"},
    {"Port=x", -EINVAL, "command-line line 0: Badly formatted port number.\n"},
    {"Match user x", -EINVAL,
     "Match directive not supported as a command-line option\n"},
    {"Include /x", -EINVAL,
     "Include directive not supported as a command-line option\n"},
};

static void
test_overrides(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(overrides); i++) {
        struct config c = config_override("Foo 1\n", overrides[i].override);

        if (overrides[i].r == 0) {
            assert_string_equal(c.said,
                                "f: line 1: Bad configuration option: Foo\n"
                                "f: terminating, 1 bad configuration "
                                "options\n");
        } else {
            assert_string_equal(c.said, overrides[i].said);
        }
        assert_int_equal(c.r, -EINVAL);
    }
}

static void
test_overrides_win(void **state)
{
    struct config c = config_override("MaxAuthTries 9\n", "MaxAuthTries=1");
    const struct settings *s = policy_global(c.policy);

    (void)state;
    assert_int_equal(s->max_auth_tries.value, 1);
    assert_string_equal(s->max_auth_tries.from.file, "command-line");
    assert_int_equal(s->max_auth_tries.from.line, 0);
    assert_false(policy_is_default(&s->max_auth_tries.from));
    policy_free(c.policy);
}

static void
test_ports_of_the_command_line_replace_those_of_the_file(void **state)
{
    struct config c = config_override("Port 1\nPort x\n", "Port 77");

    (void)state;
    assert_int_equal(c.r, -EINVAL);
    c = config_override("Port 1\nPort 2\n", "Port 77");
    assert_int_equal(c.r, 0);
    assert_int_equal(policy_global(c.policy)->port.count, 1);
    assert_int_equal(policy_global(c.policy)->port.list[0], 77);
    policy_free(c.policy);
}

static void
test_host_keys_of_the_command_line_add_up(void **state)
{
    struct config c = config_override("HostKey /b\n", "HostKey /a");
    const struct texts_setting *keys;

    (void)state;
    assert_int_equal(c.r, 0);
    keys = &policy_global(c.policy)->host_key;
    assert_int_equal(keys->count, 2);
    assert_string_equal(keys->list[0].text, "/a");
    assert_string_equal(keys->list[1].text, "/b");
    assert_string_equal(keys->list[1].from.file, "f");
    assert_int_equal(keys->list[1].from.line, 1);
    policy_free(c.policy);
}

static const struct source part_a = {"a", "MaxAuthTries 1\nFoo\n", 19};
static const struct source part_b = {"b", "Match User bob\nMaxAuthTries 2\n",
                                     30};
static const struct source part_c[] = {
    {"c1", "AllowUsers c1\n", 14},
    {"c2", "AllowUsers c2\n", 14},
};
static const struct source part_d = {
    "d", "MaxAuthTries 4\nMatch all\nLogLevel DEBUG\n", 40};

static struct config
include_text(const char *text)
{
    const struct source self = {"self", text, strlen(text)};
    const struct include includes[] = {
        {"part-c", part_c, 2}, {"part-a", &part_a, 1}, {"part-b", &part_b, 1},
        {"nothing", NULL, 0},  {"self", &self, 1},     {"part-d", &part_d, 1},
    };
    struct sources sources = {
        .main = {"f", text, strlen(text)},
        .includes = includes,
        .include_count = COUNT(includes),
    };

    return config_parse(&sources);
}

static void
test_included_files_speak_for_themselves(void **state)
{
    struct config c = include_text("\nInclude part-a\n");

    (void)state;
    assert_int_equal(c.r, -EINVAL);
    assert_string_equal(c.said,
                        "a line 2: no argument after keyword \"Foo\"\n"
                        "a: terminating, 1 bad configuration options\n");
}

static void
test_what_is_included_first_wins(void **state)
{
    struct config c = include_text("Include nothing part-d\nMaxAuthTries 9\n");

    (void)state;
    assert_int_equal(c.r, 0);
    assert_int_equal(policy_global(c.policy)->max_auth_tries.value, 4);
    assert_string_equal(policy_global(c.policy)->max_auth_tries.from.file, "d");
    policy_free(c.policy);
}

static void
test_an_include_reads_all_its_files_in_order(void **state)
{
    struct config c = include_text("Include part-c\nAllowUsers f\n");
    const struct texts_setting *users = &policy_global(c.policy)->allow_users;

    (void)state;
    assert_int_equal(users->count, 3);
    assert_string_equal(users->list[0].text, "c1");
    assert_string_equal(users->list[1].text, "c2");
    assert_string_equal(users->list[2].text, "f");
    policy_free(c.policy);
}

static void
test_a_match_ends_with_its_file(void **state)
{
    struct config c = include_text("Include part-b\nUsePAM yes\n");

    (void)state;
    assert_int_equal(c.r, 0);
    assert_int_equal(policy_global(c.policy)->max_auth_tries.value, 6);
    assert_int_equal(config_for(&c, "bob")->max_auth_tries.value, 2);
    policy_free(c.policy);
}

static void
test_an_included_match_needs_the_block_around_it(void **state)
{
    struct config c =
        include_text("Match User bob\nInclude part-d\nLogLevel ERROR\n");

    (void)state;
    assert_int_equal(c.r, 0);
    assert_int_equal(policy_global(c.policy)->log_level.value, LOG_LEVEL_INFO);
    assert_int_equal(config_for(&c, "alice")->log_level.value, LOG_LEVEL_INFO);
    assert_int_equal(config_for(&c, "alice")->max_auth_tries.value, 6);
    assert_int_equal(config_for(&c, "bob")->log_level.value, LOG_LEVEL_DEBUG1);
    assert_int_equal(config_for(&c, "bob")->max_auth_tries.value, 4);
    policy_free(c.policy);
}

static void
test_includes_end_at_their_depth(void **state)
{
    struct config c = include_text("Include self self\n");

    (void)state;
    assert_int_equal(c.r, -EINVAL);
    assert_string_equal(
        c.said, "self line 1: Too many recursive configuration includes\n");
}

int
main(void)
{
    const struct CMUnitTest single[] = {
        cmocka_unit_test(test_a_nul_byte_is_refused),
        cmocka_unit_test(test_257_ports_are_too_many),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_overrides_win),
        cmocka_unit_test(
            test_ports_of_the_command_line_replace_those_of_the_file),
        cmocka_unit_test(test_host_keys_of_the_command_line_add_up),
        cmocka_unit_test(test_included_files_speak_for_themselves),
        cmocka_unit_test(test_what_is_included_first_wins),
        cmocka_unit_test(test_an_include_reads_all_its_files_in_order),
        cmocka_unit_test(test_a_match_ends_with_its_file),
        cmocka_unit_test(test_an_included_match_needs_the_block_around_it),
        cmocka_unit_test(test_includes_end_at_their_depth),
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
