#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server/monitor/exec_words.h"

static const struct {
    const char *command;
    enum exec_word word;
    uint64_t sleep_ms;
} rows[] = {
    {"", EXEC_SHELL, 0},
    {"  ", EXEC_SHELL, 0},
    {"true", EXEC_TRUE, 0},
    {" true ", EXEC_TRUE, 0},
    {"help", EXEC_HELP, 0},
    {"policy", EXEC_POLICY, 0},
    {"status", EXEC_STATUS, 0},
    {"status --json", EXEC_STATUS_JSON, 0},
    {"status  --json", EXEC_UNKNOWN, 0},
    {"status --xml", EXEC_UNKNOWN, 0},
    {"status;", EXEC_UNKNOWN, 0},
    {"true; id", EXEC_UNKNOWN, 0},
    {"true && id", EXEC_UNKNOWN, 0},
    {"true | id", EXEC_UNKNOWN, 0},
    {"true\nid", EXEC_UNKNOWN, 0},
    {"$(id)", EXEC_UNKNOWN, 0},
    {"`id`", EXEC_UNKNOWN, 0},
    {"true $(id)", EXEC_UNKNOWN, 0},
    {"true `id`", EXEC_UNKNOWN, 0},
    {"'true'", EXEC_UNKNOWN, 0},
    {"\"true\"", EXEC_UNKNOWN, 0},
    {"sleep '1'", EXEC_UNKNOWN, 0},
    {"sleep $(id)", EXEC_UNKNOWN, 0},
    {"sleep 1&", EXEC_UNKNOWN, 0},
    {"tru\\e", EXEC_UNKNOWN, 0},
    {"true > /tmp/x", EXEC_UNKNOWN, 0},
    {"sleep 10", EXEC_SLEEP, 10000},
    {"sleep\t10", EXEC_SLEEP, 10000},
    {"sleep   10", EXEC_SLEEP, 10000},
    {"sleep 0", EXEC_SLEEP, 0},
    {"sleep 0.5", EXEC_SLEEP, 500},
    {"sleep .5", EXEC_SLEEP, 500},
    {"sleep 1.", EXEC_SLEEP, 1000},
    {"sleep 0.1239", EXEC_SLEEP, 123},
    {"sleep 2s", EXEC_SLEEP, 2000},
    {"sleep 5m", EXEC_SLEEP, 300000},
    {"sleep 1.5h", EXEC_SLEEP, 5400000},
    {"sleep 2d", EXEC_SLEEP, 172800000},
    {"sleep 999999999d", EXEC_SLEEP, UINT64_C(86399999913600000)},
    {"sleep infinity", EXEC_SLEEP, EXEC_FOREVER},
    {"sleep inf", EXEC_SLEEP, EXEC_FOREVER},
    {"sleep", EXEC_UNKNOWN, 0},
    {"sleep ", EXEC_UNKNOWN, 0},
    {"sleep .", EXEC_UNKNOWN, 0},
    {"sleep -1", EXEC_UNKNOWN, 0},
    {"sleep 1e3", EXEC_UNKNOWN, 0},
    {"sleep 1x", EXEC_UNKNOWN, 0},
    {"sleep 1ms", EXEC_UNKNOWN, 0},
    {"sleep 1 2", EXEC_UNKNOWN, 0},
    {"sleep 9999999999", EXEC_UNKNOWN, 0},
    {"sleep 1; id", EXEC_UNKNOWN, 0},
    {"sleep10", EXEC_UNKNOWN, 0},
    {"TRUE", EXEC_UNKNOWN, 0},
    {"true\n", EXEC_UNKNOWN, 0},
    {"/bin/true", EXEC_UNKNOWN, 0},
    {"ls", EXEC_UNKNOWN, 0},
};

static struct exec_command
parse(const void *data, size_t size)
{
    return exec_words_parse((struct wire_bytes){data, size});
}

static void
test_every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct exec_command c = parse(rows[i].command, strlen(rows[i].command));

        if (c.word != rows[i].word ||
            (c.word == EXEC_SLEEP && c.sleep_ms != rows[i].sleep_ms)) {
            fail_msg("\"%s\": word %d, %llu ms", rows[i].command, (int)c.word,
                     (unsigned long long)c.sleep_ms);
        }
    }
}

static void
test_what_is_not_text_is_unknown(void **state)
{
    char huge[5000];

    (void)state;
    memset(huge, ' ', sizeof(huge));
    assert_int_equal(parse("true\0", 5).word, EXEC_UNKNOWN);
    assert_int_equal(parse("tr\0ue", 5).word, EXEC_UNKNOWN);
    assert_int_equal(parse(NULL, 0).word, EXEC_SHELL);
    assert_int_equal(parse(huge, sizeof(huge)).word, EXEC_SHELL);
    memset(huge, 'a', sizeof(huge));
    assert_int_equal(parse(huge, sizeof(huge)).word, EXEC_UNKNOWN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_what_is_not_text_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
